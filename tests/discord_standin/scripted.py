"""A small real engine: it answers from a table, as slowly or as badly as the table says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from qabot.datatypes import Answer, Document, Filters, NoAnswer, OtherAnswer, Problem, Progress, Quote, Span, silent
from qabot.support import Supported

Entry = Answer | NoAnswer | Exception | Callable[[], Answer | NoAnswer]


@dataclass(frozen=True)
class ListedDocument:
    """A document as the engine lists it."""

    id: str
    title: str | None = None
    date: str | None = None
    chars: int = 100
    sha256: str = "0" * 64
    chunks: int = 2
    pages: int = 0
    url: str | None = None


@dataclass
class KeptCalibration:
    """Why the calibration that is kept with the index is not used; None if it is, or there is none."""

    ignored: str | None = None


@dataclass
class ScriptedEngine:
    """Implements what the bot uses of Engine, and remembers who called it from which thread."""

    table: Mapping[str, Entry] = field(default_factory=dict)
    listed: tuple[ListedDocument, ...] = (ListedDocument("report.txt", "The report"), ListedDocument("notes/b.md"))
    refreshes: list[object | Exception] = field(default_factory=list)
    unreadable: tuple[Problem, ...] = ()
    unsettled: tuple[str, ...] = ()
    threads: set[int] = field(default_factory=set)
    asked: list[tuple[str, Filters]] = field(default_factory=list)
    closed: bool = False
    own_calibration: KeptCalibration = field(default_factory=KeptCalibration)
    prepared: list[Filters] = field(default_factory=list)
    claims: Mapping[str, tuple[Supported, ...]] = field(default_factory=dict)

    def ask(self, question: str, *, filters: Filters = Filters(), top: int = 3) -> Answer | NoAnswer:  # noqa: B008
        """The table's entry; a function is called, an error raised; "no answer" for all other questions."""
        del top
        self.threads.add(threading.get_ident())
        self.asked.append((question, filters))
        entry = self.table.get(question, no_answer(question))
        if isinstance(entry, Exception):
            raise entry
        return entry() if callable(entry) else entry

    def prepare(self, filters: Filters) -> None:
        """Nothing is counted here."""
        self.threads.add(threading.get_ident())
        self.prepared.append(filters)

    def refresh(self, progress: Progress = silent, *, full: bool = False) -> object | None:
        """The next of the scripted outcomes; nothing changed once they are used up, unless all is built again."""
        progress("embedding", 1, 2)
        self.threads.add(threading.get_ident())
        outcome = self.refreshes.pop(0) if self.refreshes else full or None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def documents(self) -> tuple[ListedDocument, ...]:
        """What is listed now."""
        self.threads.add(threading.get_ident())
        return self.listed

    def problems(self) -> tuple[Problem, ...]:
        """What could not be read."""
        return self.unreadable

    def document(self, document_id: str) -> Document:
        """A text that says its name."""
        self.threads.add(threading.get_ident())
        return Document(document_id, f"The text of {document_id}.\nIts second line.", "0" * 64, "utf-8", "plain")

    def find_source(self, message: str, *, filters: Filters) -> tuple[Supported, ...]:
        """The support of the table of claims, without one for all other messages."""
        self.threads.add(threading.get_ident())
        self.asked.append((message, filters))
        return tuple(self.claims.get(message, (Supported(message, None),) if message.strip() else ()))

    def close(self) -> None:
        """Remember it."""
        self.closed = True


def quote(text: str, answer: str | None, *, source: str = "report.txt", start: int = 10, **more: object) -> Quote:
    """A quote of ``text`` with the first occurrence of ``answer`` marked."""
    at = None if answer is None else start + text.index(answer)
    fields = {
        "line_start": 3, "line_end": 4, "page": None, "heading": None, "date": "2022-03-23", "encoding": "utf-8",
        "extractor": "plain", "sha256": "0" * 64, "text_sha256": "1" * 64, **more,
    }  # fmt: skip
    span = Span(start, start + len(text))
    marked = None if at is None or answer is None else Span(at, at + len(answer))
    return Quote(text=text, source=source, span=span, answer=marked, **fields)  # type: ignore[arg-type]


def answer(question: str, *quotes: Quote, confidence: float = 0.934, others: tuple[OtherAnswer, ...] = ()) -> Answer:
    """An answer with the short answer of its first quote."""
    short = quotes[0].answer_text or ""
    return Answer(question, short, confidence, quotes, generation="g1", elapsed_ms=12.0, others=others)


def no_answer(question: str, reason: str = "below_threshold", **more: object) -> NoAnswer:
    """A refusal."""
    return NoAnswer(question, reason, 0.2, generation="g1", elapsed_ms=9.0, **more)  # type: ignore[arg-type]
