"""How much an install takes on the disk: a fresh environment, `pip install` of this clone, and what lies there then."""

from __future__ import annotations

import subprocess
import sys
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

TOP = Path(__file__).parent.parent
LARGEST = 10


def measure(folder: Path, *, extra: str = "") -> dict[str, Any]:
    """Install qabot (with an extra) into a new environment in ``folder``, at the versions of constraints.txt.

    pip stays outside and is not counted; the byte code that it compiles is.

    Raises:
        subprocess.CalledProcessError: if pip fails.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = next(path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists())
    wanted = f"{TOP}[{extra}]" if extra else str(TOP)
    command = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet")
    subprocess.run([*command, "-c", str(TOP / "constraints.txt"), wanted], check=True)
    site = next(path for path in folder.rglob("site-packages") if path.is_dir())
    packages = {found.name: _size(found) for found in distributions(path=[str(site)])}
    largest = sorted(packages.items(), key=lambda item: -item[1])[:LARGEST]
    return {
        "bytes": disk_bytes(site),
        "packages": len(packages),
        "torch": "torch" in packages,
        "largest": dict(largest),
    }


def disk_bytes(folder: Path) -> int:
    """What the files of a folder take on the disk: whole blocks where the system tells, else their lengths."""
    files = (path.lstat() for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sum(512 * found.st_blocks if hasattr(found, "st_blocks") else found.st_size for found in files)


def _size(package: Distribution) -> int:
    """The lengths of a package's files, in bytes; what it leaves outside of site-packages counts, too."""
    paths = [Path(str(package.locate_file(file))) for file in package.files or ()]
    return sum(path.stat().st_size for path in paths if path.is_file())
