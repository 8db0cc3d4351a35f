"""The bot follows seeds/: a watcher beside it, whose news go to the log and to the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from qabot.config import Config
from qabot.watching import Failed, Notice, PinnedAsked, Rebuilt, Recovered, TakenOver, Waiting, Watcher, notice_lines
from qabot.watching.command import FollowedEngine, watcher_of

_log = logging.getLogger(__name__)

_STOP_WITHIN_S = 1.0  # the answers that are running need the rest of the time that a container runtime leaves


class Noticed(Protocol):
    """Told in the watcher's thread."""

    def __call__(self, *, behind: bool) -> None:
        """The index was brought up to date; ``behind``: it could not be."""


class SeedsFollower:
    """Follows from ``start`` to ``stop``."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._watcher: Watcher | None = None

    def start(self, engine: FollowedEngine, noticed: Noticed) -> None:
        """Begin, with the engine that answers."""
        self._watcher = watcher_of(engine, self._config, _telling(noticed))
        self._watcher.start().add_done_callback(_log_defect)

    def stop(self) -> bool:
        """End; whether the thread has ended. One that reads a long file is left alone."""
        return self._watcher is None or self._watcher.stop(within_s=_STOP_WITHIN_S)


def _telling(noticed: Noticed) -> Callable[[Notice], None]:
    def tell(notice: Notice) -> None:
        if isinstance(notice, Rebuilt | TakenOver | Recovered):
            noticed(behind=False)
        elif isinstance(notice, Waiting) or (isinstance(notice, Failed) and notice.index):
            noticed(behind=True)
        good = isinstance(notice, Rebuilt | TakenOver | Waiting | Recovered) or (
            isinstance(notice, PinnedAsked) and not notice.report.broken
        )
        for line in notice_lines(notice):
            _log.log(logging.INFO if good else logging.WARNING, "%s", line)

    return tell


def _log_defect(future: Future[None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        _log.error(
            "Changes are no longer followed, but looked for at each question: %s: %s", type(error).__name__, error
        )
