"""`qabot watch`, and what `qabot chat` follows seeds/ with: from a watcher's notices to lines."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from threading import Event
from typing import Protocol

from qabot.config import Config
from qabot.datatypes import Problem
from qabot.errors import IndexLocked, QabotError
from qabot.index.manifest import Fingerprint
from qabot.index.settling import state_of
from qabot.listing import unread_lines
from qabot.pinned import PinnedQuestions
from qabot.pinned.running import AskedEngine
from qabot.progress import UpdatedEngine
from qabot.render import SCHEMA, json_line
from qabot.terminal import one_line
from qabot.watching.notices import Blind, Failed, Notice, PinnedAsked, Rebuilt, Waiting
from qabot.watching.showing import notice_as_json, notice_lines
from qabot.watching.watcher import Followed, Watcher

_LOOK_S = 0.5  # for a watcher that ended by itself


class FollowedEngine(AskedEngine, UpdatedEngine, Protocol):
    """What is needed of the Engine."""

    def tidy(self) -> bool:
        """As WatchedEngine says."""


def watcher_of(engine: FollowedEngine, config: Config, tell: Callable[[Notice], None]) -> Watcher:
    """A watcher that also asks the pinned questions of each new generation. ``tell`` is called in its thread."""
    followed = Followed(config.seeds_dir, config.embeddings_dir, config.seeds.sweep_s)
    return Watcher(engine, followed, tell, after=_PinnedAsker(engine, config, tell))


class _PinnedAsker:
    """Asks the pinned questions of each new generation, and when their file is another one than at the last look."""

    def __init__(self, engine: AskedEngine, config: Config, tell: Callable[[Notice], None]) -> None:
        self._engine = engine
        self._path = config.pinned_path
        self._questions = PinnedQuestions(config.pinned_path, config.embeddings_dir)
        self._tell = tell
        self._seen: Fingerprint | None = None

    def __call__(self, stopped: Callable[[], bool], *, switched: bool) -> None:
        """As AfterLook says."""
        before, self._seen = self._seen, state_of(self._path)
        if not switched and before == self._seen:
            return
        try:
            report = self._questions.run(self._engine, stopped=stopped)
        except QabotError as error:
            told = f"the pinned questions could not be asked: {error.problem}"
            self._tell(Failed(told, error.remedy, index=False))
        else:
            if report is not None and report.outcomes:
                self._tell(PinnedAsked(report))


@contextmanager
def following(engine: FollowedEngine, config: Config, hear: Callable[[str], None]) -> Iterator[None]:
    """Follow seeds/ for the length of the block; ``hear`` gets what is worth telling somebody who asks questions.

    Failures are left out: the next question meets them by itself.
    """
    known = frozenset(engine.problems())

    def tell(notice: Notice) -> None:
        nonlocal known
        if isinstance(notice, Rebuilt):
            new = [one for one in notice.report.failed if one not in known]
            for line in (*notice_lines(notice), *unread_lines(new)):
                hear(line)
            known = frozenset(notice.report.failed)
        elif isinstance(notice, Blind) or (isinstance(notice, PinnedAsked) and notice.report.broken):
            for line in notice_lines(notice):
                hear(line)

    watcher = watcher_of(engine, config, tell)
    watcher.start().add_done_callback(lambda future: _hear_of_defect(future, hear))
    try:
        yield
    finally:
        watcher.stop()


def watch_command(
    engine: FollowedEngine,
    config: Config,
    *,
    as_json: bool,
    write: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Follow seeds/ and write a line for whatever happens, until SIGTERM or SIGINT."""
    lines = _Lines(frozenset(engine.problems_before), write=write, say=say)
    tell = (lambda notice: write(json_line(notice_as_json(notice)))) if as_json else lines.tell
    with _told_to_stop() as stop:
        _tell_opening(engine, tell)
        if as_json:
            write(json_line({"schema": SCHEMA, "event": "following", "generation": engine.generation_id}))
        else:
            say("following seeds/; Ctrl-C ends")
        watcher = watcher_of(engine, config, tell)
        future = watcher.start()
        try:
            while not stop.wait(_LOOK_S) and not future.done():
                pass
        finally:
            ended = watcher.stop()
        if ended:
            future.result()


class _Lines:
    """Writes what happened, and says what is wrong. ``known``: the files whose problems were told before."""

    def __init__(self, known: frozenset[Problem], *, write: Callable[[str], None], say: Callable[[str], None]) -> None:
        self._known = known
        self._pinned_told = False
        self._write = write
        self._say = say

    def tell(self, notice: Notice) -> None:
        """One notice; which pinned questions fail is told the first time and when that changes."""
        lines = notice_lines(notice)
        if isinstance(notice, PinnedAsked):
            changed = notice.report.broken or notice.report.mended
            lines = lines if changed or not self._pinned_told else lines[:1]
            self._pinned_told = True
        for line in lines:
            if isinstance(notice, Failed | Waiting | Blind):
                self._say(line)
            else:
                self._write(f"{datetime.now().astimezone():%H:%M:%S}  {one_line(line)}")
        if isinstance(notice, Rebuilt):
            for line in unread_lines([one for one in notice.report.failed if one not in self._known]):
                self._say(line)
            self._known = frozenset(notice.report.failed)


def _tell_opening(engine: FollowedEngine, tell: Callable[[Notice], None]) -> None:
    if engine.last_report is not None:
        tell(Rebuilt(engine.last_report, engine.last_repair.problem if engine.last_repair else None))
    failure = engine.last_failure
    if isinstance(failure, IndexLocked):
        tell(Waiting(failure.problem))
    elif failure is not None:
        tell(Failed(failure.problem, failure.remedy))


def _hear_of_defect(future: Future[None], hear: Callable[[str], None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        hear(f"changes are no longer followed ({type(error).__name__}: {error}), but looked for before each question")


@contextmanager
def _told_to_stop() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, instead of what they do otherwise."""
    stop = Event()
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
