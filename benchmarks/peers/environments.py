"""A virtual environment for each peer, made from its requirements file, and how much it takes on the disk.

    python benchmarks/peers/environments.py [--peers haystack,txtai]

run.py makes those that are missing. They lie in benchmarks/peers/.venvs, which git ignores; --environments names
another folder. Each takes a gigabyte or two, nearly all of it PyTorch, and minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
TOP = HERE.parent.parent
sys.path.append(str(HERE.parent))

from install import disk_bytes  # noqa: E402 - benchmarks/ is on the path from here on

DEFAULT = HERE / ".venvs"
PEERS = ("qabot", "haystack", "txtai", "cosine")


class EnvironmentMissing(Exception):
    """A peer cannot be installed here; the message ends with the remedy."""


def python_of(peer: str, folder: Path = DEFAULT) -> Path:
    """The interpreter of a peer's environment, which is made or brought up to date first.

    Raises:
        EnvironmentMissing: if pip fails.
    """
    environment = folder / peer
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    requirements, stamp = HERE / f"requirements-{peer}.txt", environment / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return python
    print(f"{peer}: installing {requirements.name} into {environment}, which takes minutes", file=sys.stderr)
    if not python.exists():
        venv.create(environment, with_pip=False, symlinks=sys.platform != "win32")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "-r", str(requirements)]
    if subprocess.run(command, check=False, cwd=TOP).returncode:
        raise EnvironmentMissing(
            f"{peer} cannot be installed, see pip's message above: mend that, or leave it out with --peers."
        )
    stamp.write_text(wanted, encoding="ascii")
    return python


def installed_bytes(python: Path) -> int:
    """What the packages of an environment take on the disk, byte code included; pip itself is not in there."""
    site = next(path for path in python.parent.parent.rglob("site-packages") if path.is_dir())
    return disk_bytes(site)


def main() -> None:
    """Make the environments and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--environments", type=Path, default=DEFAULT)
    arguments = parser.parse_args()
    for peer in arguments.peers.split(","):
        try:
            python = python_of(peer, arguments.environments)
        except EnvironmentMissing as error:
            sys.exit(str(error))
        print(f"{peer}: {installed_bytes(python) / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
