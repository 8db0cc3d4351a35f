"""What a person is told of the index while waiting for something else: a bar during a build, then what became of it.

This module knows when to tell what; it knows nothing of how an index is built.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from qabot.datatypes import Problem
from qabot.errors import IndexLocked, IndexUnusable, QabotError
from qabot.listing import Report, changes, unread_lines
from qabot.terminal import visible

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


class UsedCalibration(Protocol):
    """Whether the calibration that is kept with the index is used."""

    @property
    def ignored(self) -> str | None:
        """Why it is not, with the remedy; None if it is, or there is none."""


class UpdatedEngine(Protocol):
    """What there is to tell of the Engine's index."""

    @property
    def last_repair(self) -> IndexUnusable | None:
        """Why the index that the opening found could not be used; None if it could, or there was none."""

    @property
    def problems_before(self) -> Sequence[Problem]:
        """The files that the index that the opening found did not hold."""

    @property
    def last_report(self) -> Report | None:
        """What the opening changed; None if nothing."""

    @property
    def last_failure(self) -> QabotError | None:
        """Why the opening could not update the index, so that the one before answers."""

    @property
    def unsettled(self) -> Sequence[str]:
        """The files that the last update left for a later one, since they are being written to."""

    @property
    def own_calibration(self) -> UsedCalibration:
        """The calibration that is kept with the index, if any."""

    def refresh(
        self, progress: Callable[[str, int, int], None] = ..., *, repair: bool = ..., patient: bool = ...
    ) -> Report | None:
        """Bring the index up to date; None if nothing changed. Options as in ``qabot.engine``."""

    def problems(self) -> Sequence[Problem]:
        """The files that the index does not hold."""


def waiting_text(problem: str) -> str:
    """That another process is at it, which is no failure; ``problem``: an IndexLocked's."""
    return f"{problem}; until it is done, the one before answers"


class News:
    """Tells what became of the index, at the opening and before later questions, through ``say``; each thing once."""

    def __init__(self, engine: UpdatedEngine, say: Callable[[str], None]) -> None:
        self._engine = engine
        self._say = say
        self._named = frozenset(engine.problems())  # by the run that found them
        self._failure: str | None = None
        self._ignored: str | None = None
        self._unsettled: Collection[str] = ()

    def tell_opening(self, *, problems: bool = True) -> None:
        """What the opening changed, with the files newly found unreadable (unless a list follows), and what failed."""
        report = self._engine.last_report
        if report is not None:
            self._say(changes(report, self._engine.last_repair))
        if report is not None and problems:
            self._tell_new(report.failed, self._engine.problems_before)
        if self._engine.last_failure is not None:
            self._tell_failure(self._engine.last_failure)
        self._tell_unsettled()
        self._tell_ignored()

    def refresh(self) -> None:
        """Bring the index up to date and tell what changed; where that fails, tell why: the old index answers."""
        try:
            report = self._engine.refresh()
        except QabotError as error:
            self._tell_failure(error)
            return
        self._failure = None
        self._tell_unsettled()
        self._tell_ignored()
        if report is None:
            return
        self._say(changes(report))
        self._tell_new(report.failed, self._named)
        self._named = frozenset(report.failed)

    def _tell_new(self, problems: Collection[Problem], known: Collection[Problem]) -> None:
        for line in unread_lines([problem for problem in problems if problem not in known]):
            self._say(line)

    def _tell_unsettled(self) -> None:
        unsettled = self._engine.unsettled
        new = [name for name in unsettled if name not in self._unsettled]
        if new:
            more = f" and {len(new) - 1:,} more" if len(new) > 1 else ""
            said = f"{visible(new[0])}{more} not up to date in the index: still being written to"
            self._say(f"{said}. Ask again, or run qabot index.")
        self._unsettled = unsettled

    def _tell_ignored(self) -> None:
        ignored = self._engine.own_calibration.ignored
        if ignored is not None and ignored != self._ignored:
            self._say(ignored)
        self._ignored = ignored

    def _tell_failure(self, error: QabotError) -> None:
        if str(error) != self._failure:
            failed = f"the index could not be updated, so the one before answers: {error}"
            self._say(waiting_text(error.problem) if isinstance(error, IndexLocked) else failed)
        self._failure = str(error)
