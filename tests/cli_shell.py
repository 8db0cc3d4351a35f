"""Runs the command line inside the test's process, over a folder of its own, with the line engine."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from line_engine import LineEngine

from qabot.cli import main
from qabot.config import Config
from qabot.datatypes import Filters


@dataclass
class Shell:
    """Runs commands over one folder with the line engine; keeps the engines that were opened."""

    root: Path
    capsys: pytest.CaptureFixture[str]
    engines: list[LineEngine] = field(default_factory=list)

    def __call__(self, *argv: str, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of one run."""
        try:
            code = main(list(argv), open_engine=self.open, environ={"QABOT_ROOT": str(self.root), **(environ or {})})
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = self.capsys.readouterr()
        return code, out, err

    def open(self, config: Config, *, progress: Callable[[str, int, int], None], full: bool) -> LineEngine:
        """Open the line engine and remember it."""
        self.engines.append(LineEngine.open(config, progress=progress, full=full))
        return self.engines[-1]

    @property
    def asked(self) -> tuple[str, Filters, int]:
        """The last question that reached the engine."""
        return self.engines[-1].asked[-1]


def two_documents(root: Path) -> None:
    """Seeds that were indexed before: two documents, one of them in a collection inside a collection."""
    (root / "seeds/law/civil").mkdir(parents=True)
    (root / "seeds/facts.txt").write_text("capital: Paris\nriver: Seine\n", encoding="utf-8")
    (root / "seeds/law/civil/code.txt").write_text("age: 18 years\ncapital: Lyon\n", encoding="utf-8")
    (root / "seeds/.indexed").touch()


def stdin_of(raw: bytes) -> io.TextIOWrapper:
    """A standard input that holds these bytes."""
    return io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8")
