"""What the bot knows of its documents between two refreshes: their names and sums, and since when they are so.

This module knows what changed and tells who wants to hear; it refuses to know when the index is brought up to date.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from qabot.datatypes import Filters
from qabot.discord_bot.askable import AskableEngine
from qabot.discord_bot.catalogue import Catalogue
from qabot.discord_bot.document_names import DocumentNames
from qabot.discord_bot.holdings import Holdings

_log = logging.getLogger(__name__)


class Overview:
    """Threads share it: what it holds is replaced by something new, never changed."""

    def __init__(self) -> None:
        self.names = DocumentNames()
        self.held = Holdings()
        self.behind_s: float | None = None  # since when changes cannot be taken up, since the epoch; None: they can
        self._uncalibrated: str | None = None
        self._opened_s = 0.0
        self._changed: dict[str, tuple[str, float]] = {}  # document -> its sum ("": gone), and since when
        self._hear: Callable[[], None] | None = None
        self._listing = threading.Lock()  # or an older list could be kept after a newer one

    def begin(self, engine: AskableEngine) -> None:
        """The engine was opened just now."""
        self._opened_s = time.time()
        self.take_up(engine)

    def when_changed(self, hear: Callable[[], None]) -> None:
        """Have ``hear`` called after each change of the documents, in any thread."""
        self._hear = hear

    def follows(self, *, behind: bool) -> None:
        """Whether changes could be taken up this time; ``behind``: they could not."""
        self.behind_s = (self.behind_s or time.time()) if behind else None

    def take_up(self, engine: AskableEngine) -> None:
        """List the documents as the engine has them now."""
        with self._listing:
            changed = self._listed(engine)
        if changed and self._hear is not None:
            self._hear()

    def _listed(self, engine: AskableEngine) -> bool:
        """Whether the documents, or what is wrong with them, are others than before."""
        self._tell_if_uncalibrated(engine)
        documents = tuple(engine.documents())
        self.names = DocumentNames((listed.id, listed.title) for listed in documents)
        now_s, sums = time.time(), {one.id: one.sha256 for one in documents}
        changed = {
            name: (sums.get(name, ""), now_s)
            for name in self._changed.keys() | sums.keys()
            if self._changed.get(name, (None,))[0] != sums.get(name, "")
        }
        self._changed = self._changed | changed  # a new one: other threads may be reading the old one
        held = Holdings.of(documents, engine.problems())
        known, self.held = self.held.state, held
        return held.state != known

    def catalogue(self, engine: AskableEngine, filters: Filters) -> Catalogue:
        """What passes ``filters``."""
        from qabot.index import passes

        return Catalogue(
            documents=tuple(one for one in engine.documents() if passes(filters, one.id, one.date)),
            problems=tuple(one for one in engine.problems() if passes(filters, one.id, None)),
            unsettled=tuple(name for name in engine.unsettled if passes(filters, name, None)),
            behind_s=self.behind_s,
            uncalibrated=self._uncalibrated is not None,
            changed_s=max(
                [self._opened_s, *(at for one, (_, at) in self._changed.items() if passes(filters, one, None))]
            ),
        )

    def _tell_if_uncalibrated(self, engine: AskableEngine) -> None:
        """That the calibration kept with the index is not used, once for each cause."""
        told, self._uncalibrated = self._uncalibrated, engine.own_calibration.ignored
        if self._uncalibrated is not None and self._uncalibrated != told:
            _log.warning("%s", self._uncalibrated)
