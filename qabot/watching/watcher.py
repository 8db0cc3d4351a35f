"""The watcher's thread: waits for changes, lets them settle, has the index brought up to date, and tells of it.

Answers never wait for it: the engine builds aside and switches. What goes wrong is told once and tried again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from qabot.datatypes import Progress
from qabot.documents import scan
from qabot.errors import IndexDamaged, IndexLocked, QabotError
from qabot.listing import Changes, Report
from qabot.watching.comparing import FilesInService
from qabot.watching.events import Events
from qabot.watching.notices import Blind, Failed, Notice, Rebuilt, Recovered, TakenOver, Waiting
from qabot.watching.parts import PartsOnDisk
from qabot.watching.pending import Pending

_SETTLE_S = 0.1  # between two looks at a file
_BLIND_SWEEP_S = 5.0  # the longest between two sweeps where the system tells of no changes
_SWEEP_SHARE = 0.02  # of the time that sweeps may take, however many files there are
_SUMS_EVERY_S = 3_600.0
_FIRST_AGAIN_S = 1.0  # until what failed is tried again, then twice as long each time, up to the sweep's time
_STOP_WITHIN_S = 5.0


class _Stopped(Exception):
    """Ends a build in the middle: the process is about to end. Never leaves the module."""


class WatchedEngine(Protocol):
    """What a watcher needs of the Engine."""

    @property
    def generation_id(self) -> str:
        """The index in service."""

    @property
    def unsettled(self) -> Sequence[str]:
        """The files that the last refresh left for a later one, since they are being written to."""

    def refresh(self, progress: Progress = ..., *, repair: bool = ..., patient: bool = ...) -> Report | None:
        """Bring the index up to date with seeds/, after another thread's refresh; ``repair``: build in any case."""

    def tidy(self) -> bool:
        """Merge the index's pieces if that is due; whether it was."""


class AfterLook(Protocol):
    """What else is to be done in the watcher's thread."""

    def __call__(self, stopped: Callable[[], bool], *, switched: bool) -> None:
        """At the start and after each look that went well; it is to end soon when ``stopped`` says so.

        ``switched``: another generation than after the last look is in service, or it is the first.
        """


@dataclass(frozen=True, slots=True)
class Followed:
    """Which folders are followed, and how often they are swept at least."""

    seeds: Path
    embeddings: Path
    sweep_s: float


class Watcher:
    """Follows seeds/ from ``start`` until ``stop``.

    ``tell`` and ``after`` are called in the watcher's thread. ``clock``: seconds that only grow.
    """

    def __init__(
        self,
        engine: WatchedEngine,
        followed: Followed,
        tell: Callable[[Notice], None],
        *,
        after: AfterLook | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._followed = followed
        self._tell = tell
        self._after = after
        self._clock = clock
        self._stop = Event()
        self._pending = Pending(clock)
        self._parts = PartsOnDisk(followed.embeddings)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="qabot-watch")
        self._running: Future[None] | None = None
        self._generation = engine.generation_id
        self._files = FilesInService(followed.embeddings)
        self._looked_after: str | None = None
        self._failure: str | None = None
        self._untidy: str | None = None  # why the pieces could not be merged
        self._blind: str | None = None
        self._again_s = _FIRST_AGAIN_S
        self._sweep_at = clock()
        self._sums_at = clock() + _SUMS_EVERY_S
        self._parts_due = False

    def start(self) -> Future[None]:
        """Begin. The future ends after ``stop``, or with an error that only a defect of qabot can cause."""
        self._running = self._pool.submit(self._follow)
        return self._running

    def stop(self, *, within_s: float = _STOP_WITHIN_S) -> bool:
        """End, also in the middle of a build; whether the thread has ended, which one long file may delay."""
        self._stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        return self._running is None or not wait([self._running], timeout=within_s).not_done

    def _follow(self) -> None:
        self._files.changed_to(self._generation)
        self._look_after()  # before the first change, which is to be told by what it changed
        with closing(Events(self._followed.seeds, self._stop)) as events:
            while not self._stop.is_set():
                until_s = _SETTLE_S if self._pending else max(0.0, self._sweep_at - self._clock())
                self._pending.look(events.wait(until_s))
                self._tell_if_blind(events)
                if self._stop.is_set():
                    return
                if self._clock() >= self._sweep_at:
                    self._sweep(events)
                elif self._pending.due():
                    self._take_up()

    def _sweep(self, events: Events) -> None:
        """Look at everything: what no event told of, and what lies on the disk."""
        began_s = time.thread_time()  # without the waiting
        events.look_again()
        self._pending.look([*self._moving(), str(self._followed.seeds)])
        self._parts_due = True
        often_s = min(self._followed.sweep_s, _BLIND_SWEEP_S) if events.blind else self._followed.sweep_s
        self._sweep_at = self._clock() + max(often_s, (time.thread_time() - began_s) / _SWEEP_SHARE)

    def _moving(self) -> list[str]:
        """The files that are being written to right now."""
        try:
            before = set(scan(self._followed.seeds).files)
            self._stop.wait(_SETTLE_S)
            return [str(self._followed.seeds / file.id) for file in set(scan(self._followed.seeds).files) - before]
        except QabotError:
            return []  # the refresh will tell

    def _take_up(self) -> None:
        """Bring the index up to date, and tell what became of it."""
        self._pending.taken()
        try:
            damage = self._damage() if self._parts_due else None
            report = self._engine.refresh(self._progress, repair=damage is not None, patient=True)
        except _Stopped:
            return
        except (QabotError, OSError, sqlite3.Error, MemoryError) as error:
            self._failed(error)
            return
        self._pending.look(str(self._followed.seeds / name) for name in self._engine.unsettled)
        had_failed = self._failure is not None
        self._failure, self._again_s, self._parts_due = None, _FIRST_AGAIN_S, False
        self._tell_of(report, damage, had_failed=had_failed)
        self._generation = self._engine.generation_id
        self._look_after()
        if report is None:
            self._tidy()

    def _look_after(self) -> None:
        switched, self._looked_after = self._generation != self._looked_after, self._generation
        if self._after is not None:
            self._after(self._stop.is_set, switched=switched)

    def _tell_of(self, report: Report | None, damage: str | None, *, had_failed: bool) -> None:
        """What is in service now, and why."""
        generation = self._engine.generation_id
        switched = generation != self._generation
        changes = self._files.changed_to(generation) if switched else None
        if report is not None and not (changes is not None and _by_another(report, changes)):
            self._tell(Rebuilt(report, damage))
        elif switched:
            self._tell(TakenOver(generation, changes, damage))
        elif had_failed:
            self._tell(Recovered(generation))

    def _tidy(self) -> None:
        """Merge the index's pieces while nothing else is to do. That is another generation, and no news."""
        try:
            merged = self._engine.tidy()
        except (QabotError, OSError, sqlite3.Error, MemoryError) as error:
            self._left_untidy(error)
            return
        self._untidy = None
        if merged:
            was, self._generation = self._generation, self._engine.generation_id
            self._looked_after = self._generation if self._looked_after == was else self._looked_after

    def _left_untidy(self, error: Exception) -> None:
        """The index is up to date all the same, so this is no failed rebuild: told once, tried at the next sweep."""
        failed = _in_words(error)
        if failed.problem == self._untidy:
            return
        self._untidy = failed.problem
        if isinstance(error, IndexDamaged):
            self._sums_at = self._clock()  # the next sweep finds which part, and has it built again
        self._tell(Failed(f"the index's pieces could not be merged: {failed.problem}", failed.remedy, index=False))

    def _damage(self) -> str | None:
        sums = self._clock() >= self._sums_at
        if sums:
            self._sums_at = self._clock() + _SUMS_EVERY_S
        return self._parts.damage(sums=sums, stopped=self._stop.is_set)

    def _failed(self, error: Exception) -> None:
        self._sweep_at = min(self._sweep_at, self._clock() + self._again_s)
        self._again_s = min(2 * self._again_s, self._followed.sweep_s)
        failed = _in_words(error)
        if failed.problem != self._failure:
            self._tell(Waiting(failed.problem) if isinstance(error, IndexLocked) else failed)
        self._failure = failed.problem

    def _tell_if_blind(self, events: Events) -> None:
        if events.blind is not None and events.blind != self._blind:
            often_s = min(self._followed.sweep_s, _BLIND_SWEEP_S)
            self._sweep_at = min(self._sweep_at, self._clock() + often_s)
            self._tell(Blind(events.blind, often_s))
            self._blind = events.blind

    def _progress(self, stage: str, done: int, total: int) -> None:
        del stage, done, total
        if self._stop.is_set():
            raise _Stopped


def _by_another(report: Report, changes: Changes) -> bool:
    """Whether documents changed that the report of this process's build does not know of: it had nothing to do."""
    return _any(changes) and not _any(report) and not report.chunks_embedded


def _any(changes: Changes) -> bool:
    return bool(changes.added or changes.changed or changes.renamed or changes.removed or changes.unreadable)


def _in_words(error: Exception) -> Failed:
    if isinstance(error, QabotError):
        return Failed(error.problem.rstrip("."), error.remedy)
    said = str(error) or type(error).__name__
    return Failed(f"the index could not be brought up to date: {said}", "It is tried again by itself.")
