"""A progress bar for builds that take long enough to wonder about, on a terminal only.

This module knows when to show a bar; it knows nothing of what is being built.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TextIO

_PATIENCE_S = 1.0  # most updates are over before a bar would help


class Progress:
    """Called with ``(stage, done, total)`` as often as the work likes; shows a bar once the work has taken a second.

    A context manager: leaving it removes the bar.
    """

    def __init__(self, stream: TextIO | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream if stream is not None and stream.isatty() else None
        self._clock = clock
        self._started_s: float | None = None
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """``done`` of ``total`` steps of ``stage`` are done."""
        if self._stream is None:
            return
        if self._started_s is None:
            self._started_s = self._clock()
        if self._clock() - self._started_s >= _PATIENCE_S:
            self._show(stage, done, total)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _show(self, stage: str, done: int, total: int) -> None:
        if self._bar is None or self._bar.desc != f"{stage}: ":
            from tqdm import tqdm  # most runs never show a bar

            self._close()
            self._bar = tqdm(desc=stage, total=total, initial=done, file=self._stream, leave=False, dynamic_ncols=True)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
