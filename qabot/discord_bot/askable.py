"""What the bot needs of an engine and of the files, as Protocols, so that tests can put small ones in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from qabot.datatypes import Answer, Document, Filters, NoAnswer, Problem, Progress
from qabot.discord_bot.catalogue import ListedDocument
from qabot.discord_bot.rereading import Reread, Seen
from qabot.progress import UsedCalibration
from qabot.support import Supported


class AskableEngine(Protocol):
    """The part of qabot.engine.Engine that the bot uses; every method is thread-safe and may take its time."""

    @property
    def own_calibration(self) -> UsedCalibration:
        """The calibration that is kept with the index, if any."""

    @property
    def unsettled(self) -> Sequence[str]:
        """The files that the last update left for a later one, since they are being written to."""

    def ask(self, question: str, *, filters: Filters = ..., top: int = ...) -> Answer | NoAnswer:
        """Answer one question."""

    def prepare(self, filters: Filters) -> None:
        """Count what questions with these filters are answered from, so that the first of them does not wait."""

    def refresh(self, progress: Progress = ..., *, full: bool = ...) -> object | None:
        """Take up changed seeds, or build everything again; None if nothing changed."""

    def document(self, document_id: str) -> Document:
        """A document as it was read."""

    def problems(self) -> Iterable[Problem]:
        """The files that could not be read."""

    def documents(self) -> Iterable[ListedDocument]:
        """All that can be asked about."""

    def find_source(self, message: str, *, filters: Filters) -> Sequence[Supported]:
        """The sentences that say what the message claims."""

    def close(self) -> None:
        """Give everything back."""


class ReadableFiles(Protocol):
    """The part of qabot.discord_bot.rereading.SeedFiles that the desk uses; it takes its time."""

    def reread(self, seen: Sequence[Seen], visible: Mapping[str, str]) -> list[Reread]:
        """What became of each quote in the files that may be seen (id -> SHA-256), in order."""


class Follower(Protocol):
    """The part of qabot.discord_bot.following.SeedsFollower that the desk uses."""

    def start(self, engine: Any, noticed: Callable[..., None]) -> None:
        """Begin to follow seeds/; ``noticed(behind=...)`` is called in another thread."""

    def stop(self) -> bool:
        """End; whether it has ended."""


OpenEngine = Callable[[Progress], AskableEngine]
