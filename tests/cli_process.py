"""The command line with the line engine as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAM = (sys.executable, "-W", "error", str(HERE / "line_engine.py"))
SENTENCE = "river: Seine, which runs through the capital and several other towns before it reaches the sea."


def one_document(root: Path) -> Path:
    """A folder with one document that holds an escape sequence."""
    (root / "seeds").mkdir()
    (root / "seeds/.indexed").touch()
    (root / "seeds/facts.txt").write_text(f"{SENTENCE}\nevil: \x1b]0;owned\x07 text\n", encoding="utf-8")
    return root


def environment(root: Path, **more: str) -> dict[str, str]:
    """A small environment; the package is found beside the tests."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "SYSTEMROOT"}}
    return {**kept, "PYTHONPATH": str(HERE.parent), "QABOT_ROOT": str(root), **more}


def run(
    root: Path, *argv: str, stdin: bytes = b"", program: tuple[str, ...] = PROGRAM, **environ: str
) -> subprocess.CompletedProcess[bytes]:
    """One run without a terminal."""
    return subprocess.run(  # noqa: S603 - this package under this interpreter
        [*program, *argv], input=stdin, capture_output=True, env=environment(root, **environ), timeout=60, check=False
    )
