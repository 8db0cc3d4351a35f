"""Log lines for the operator: one line each, without tokens, paths of this machine, or signs that instruct a terminal.

All are kept out where the line is made, whatever library wrote it: the bot's token is cut out of the finished line, an
exception is told as its chain of causes with modules and line numbers instead of a traceback, and escape sequences
(a file's name may hold them) are shown instead of obeyed.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TextIO

from qabot.datatypes import Progress
from qabot.terminal import visible

_log = logging.getLogger(__name__)

_PROGRESS_EVERY_S = 5.0

# discord.py writes addresses and events at level DEBUG. The token of an interaction lets anyone answer in its place.
_INTERACTION_TOKENS = re.compile(
    r"(/interactions/\d+/|/webhooks/\d+/)[^/\s'\"]+|(['\"]token['\"]: ?['\"])[^'\"]+|aW50ZXJhY3Rpb24[\w=+/-]*"
)
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """Formats a record on one line without the ``secrets`` (each cut out wherever it stands)."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        """The finished line."""
        record.exc_text = None  # another handler may have left a traceback here
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "[token]")
        line = _INTERACTION_TOKENS.sub(lambda found: (found[1] or found[2] or "") + "[token]", line)
        return visible(re.sub(r"\r\n|\r|\n", " | ", line))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name that logging calls
        """The chain of causes instead of a traceback."""
        return f"cause: {causes(ei[1])}" if ei[1] is not None else ""


def causes(error: BaseException) -> str:
    """``ValueError: no (at module.inner:12 < module.outer:7) <- KeyError: 'x' (...)``, what caused it last."""
    parts = []
    seen: set[int] = set()
    step: BaseException | None = error
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        words = " ".join(str(step).split())
        parts.append(f"{type(step).__name__}: {words} (at {_calls(step)})" if step.__traceback__ else f"{step!r}")
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
    return " <- ".join(parts)


def _calls(error: BaseException) -> str:
    """The calls that led to the error, without the folders that their files lie in."""
    frames = list(traceback.walk_tb(error.__traceback__))[::-1][:8]
    return " < ".join(
        f"{frame.f_globals.get('__name__', Path(frame.f_code.co_filename).name)}.{frame.f_code.co_name}:{line}"
        for frame, line in frames
    )


def _is_of_interest(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in {"qabot", "discord"}


@contextmanager
def logging_to(stream: TextIO | None, *, level: str, secrets: tuple[str, ...]) -> Iterator[None]:
    """Send log lines to ``stream`` (default: stderr) while the block runs.

    Ours and discord.py's from ``level`` on; other libraries', which tell how they load, from WARNING on.

    Raises:
        ValueError: for a level that logging does not know.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(secrets))
    handler.setLevel(level)
    handler.addFilter(_is_of_interest)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before or logging.WARNING, handler.level))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def logged_progress() -> Progress:
    """A progress function for long builds that says something every few seconds."""
    last = time.monotonic()

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_EVERY_S:
            last = time.monotonic()
            _log.info("%s: %d of %d", stage, done, total)

    return progress
