"""What the bot remembers between restarts, as values, and the store as its users see it.

Two kinds of things are kept. Always, since it tells nothing of a person: which words stand quoted in which message, so
that its buttons go on working. With logging on only: who asked what, and what they thought of the answer.
This module knows what is kept; it refuses to know where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from qabot.datatypes import Span

Verdict = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """A quote of a message. The words themselves are not kept: they stand in the document."""

    source: str  # Document.id
    span: Span
    answer: Span | None  # None for a nearest passage
    sha256: str  # of the file's bytes
    text_sha256: str
    rank: int  # 0: of the answer shown; 1, 2, ...: of the other answers, best first
    confidence: float


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A public message of the bot with quotes. Holds nothing about a person."""

    message_id: int
    channel_id: int
    server_id: int | None  # None: direct messages
    generation: str
    quotes: tuple[KeptQuote, ...]
    posted_s: float  # seconds since the epoch
    expires_s: float
    marked: frozenset[int] = frozenset()  # places in ``quotes`` of those that the message says are outdated


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with who asked it; kept with logging on only."""

    message_id: int | None  # of the answer; None in what earlier versions kept of private ones
    channel_id: int
    server_id: int | None
    member_id: int
    question: str
    answered: bool
    confidence: float
    asked_s: float
    understood: str | None = None  # what was asked of the documents, where that is more
    source: str | None = None  # the one document that was asked


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question whose answer a member wants to be told; kept with logging on only."""

    message_id: int  # of the refusal
    channel_id: int
    server_id: int | None
    member_id: int  # who waits, who may be another one than who asked
    question: str  # as it is asked of the documents
    source: str | None
    private: bool  # whether the refusal was
    since_s: float


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What a server's managers set with /settings; it only narrows what the operator granted."""

    channels: frozenset[int] = frozenset()  # empty: all channels
    threads_only: bool = False
    mentions: bool = True
    private_by_default: bool = False
    minimum_confidence: float | None = None  # None: the calibrated threshold
    roles: tuple[tuple[str, frozenset[int]], ...] = ()  # collection, roles that may see it; not listed: everybody


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question that found no answer, and how often it was asked."""

    question: str
    times: int
    last_s: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A question whose answer was judged, with the thumbs that count (each member's latest)."""

    question: str
    up: int
    down: int
    last_s: float


class Store(Protocol):
    """Where all this is kept. Every method may block on the disk: call it in a worker thread, never on the loop."""

    def keep_message(self, message: KeptMessage) -> None:
        """Remember the quotes of a message; one of the same id is replaced."""

    def message(self, message_id: int) -> KeptMessage | None:
        """The quotes of a message; None if it is unknown or expired."""

    def forget_message(self, message_id: int) -> None:
        """The message is gone."""

    def to_look_at(self, sums: Mapping[str, str]) -> list[tuple[int, int]]:
        """Of each channel the newest message that was not held against these documents, as (channel, message).

        ``sums``: of each document the SHA-256 of its file, or another word for a file that says nothing.
        """

    def looked_at(self, message_id: int, sums: Mapping[str, str], *, marked: frozenset[int]) -> None:
        """A message was held against these documents, and says of ``marked`` that they are outdated."""

    def settings(self, server_id: int) -> ServerSettings:
        """The settings of a server; the default ones if nothing was set."""

    def all_settings(self) -> dict[int, ServerSettings]:
        """Those of each server where something was set: who sees what is asked on the loop, from memory."""

    def change_settings(self, server_id: int, settings: ServerSettings) -> None:
        """Replace the settings of a server."""

    def log(self, asked: Asked) -> None:
        """Keep a question, if logging is on; does nothing otherwise."""

    def asked_under(self, message_id: int) -> Asked | None:
        """The question that a message answers, if it was kept."""

    def wait(self, waiting: Waiting) -> bool:
        """Keep that a member waits; False with logging off, or if the member waits for too much already."""

    def waiting(self, state: str, *, limit: int) -> list[Waiting]:
        """Questions that were not asked again of the documents in this state, oldest first."""

    def tried(self, waiting: Waiting, state: str) -> None:
        """It was asked again of the documents in this state, without an answer."""

    def stop_waiting(self, waiting: Waiting) -> bool:
        """Delete it; whether it was still there."""

    def judge(self, *, message_id: int, member_id: int, verdict: Verdict, at_s: float) -> bool:
        """Keep a member's latest thumb on a message, if logging is on; whether it was kept."""

    def unanswered(self, server_id: int | None, *, limit: int) -> list[Unanswered]:
        """Questions without an answer, newest first; empty with logging off."""

    def judged(self, server_id: int | None, *, limit: int) -> list[Judged]:
        """Questions whose answers were judged, newest first; empty with logging off."""

    def purge(self) -> None:
        """Delete what has expired."""

    def forget_member(self, member_id: int) -> int:
        """Delete all that is kept about a member; how many rows that were."""

    def forget_server(self, server_id: int) -> None:
        """Delete all that belongs to a server: the bot was removed from it."""

    def close(self) -> None:
        """Let go of the file."""
