"""A small real engine for tests of the command line: each line ``key: value`` of seeds/*.txt answers "what is KEY?".

Files that do not end in .txt cannot be read; ``seeds/.indexed`` says that an earlier run has read them all, .damaged
that its index was, .locked that another process is building, and .unsettled that half.txt is being written to. Run as
a program it is the whole command line over such a folder: ``python tests/line_engine.py --root DIR ask ...``
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from qabot.calibration import Calibration, Recalibration
from qabot.cli import main
from qabot.config import Config
from qabot.datatypes import (
    Answer,
    Candidate,
    Chunk,
    Document,
    Filters,
    NoAnswer,
    OtherAnswer,
    Problem,
    Quote,
    Reason,
    Span,
)
from qabot.documents.plain import plain_blocks
from qabot.errors import IndexDamaged, IndexLocked, IndexUnusable

BROKEN_QUESTION = "is the index damaged?"
DAMAGED = IndexDamaged("vectors.bin differs from its checksum", remedy="Run `qabot index --full`.")
LOCKED = IndexLocked("another process is building the index", remedy="Wait until it has finished.")


@dataclass(frozen=True)
class LineDocument:
    """A document as ``documents()`` lists it."""

    id: str
    chars: int
    chunks: int
    title: str | None = None
    date: str | None = "2022-03-23"
    sha256: str = "b" * 64
    encoding: str | None = "utf-8"
    extractor: str = "plain"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineReport:
    """What an opening or a refresh changed."""

    generation: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    removed: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    unchanged: int = 0
    failed: tuple[Problem, ...] = ()
    unsettled: tuple[str, ...] = ()
    chunks_embedded: int = 0
    chunks_reused: int = 0
    elapsed_ms: float = 400.0
    compared: bool = True
    repaired: str | None = None


@dataclass
class LineCalibration:
    """Remembers what is kept, and says why nothing is used if it is told so."""

    ignored: str | None = None
    kept: list[tuple[Recalibration, Mapping[str, Any]]] = field(default_factory=list)
    before: Mapping[str, Any] | None = None  # what was found some other day

    @property
    def threshold(self) -> float:
        """The shipped one."""
        return Calibration.load().threshold

    def kept_in_use(self) -> Mapping[str, Any] | None:
        """Nothing, unless it is told otherwise."""
        return self.before

    def keep(self, recalibration: Recalibration, found_on: Mapping[str, Any]) -> None:
        """Remember it."""
        self.kept.append((recalibration, found_on))


@dataclass
class LineEngine:
    """Answers from the lines of the files it has read; ``refresh`` reads them again."""

    seeds: Path
    full: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    last_repair: IndexUnusable | None = None
    problems_before: tuple[Problem, ...] = ()
    last_report: LineReport | None = None
    last_failure: IndexUnusable | None = None
    asked: list[tuple[str, Filters, int]] = field(default_factory=list)
    closed: bool = False
    unsettled: tuple[str, ...] = ()
    own_calibration: LineCalibration = field(default_factory=LineCalibration)
    aside: bool = False

    @classmethod
    def open(cls, config: Config, *, progress: Callable[[str, int, int], None], full: bool = False) -> LineEngine:
        """Read the seeds."""
        progress("embedding", 1, 1)
        engine = cls(config.seeds_dir, full=full)
        report = engine._read_again()
        engine.problems_before = engine.problems() if engine._has(".known") else ()
        engine.last_report = None if engine._has(".indexed") and not full else report
        engine.unsettled = ("half.txt",) if engine._has(".unsettled") else ()
        engine.last_repair = DAMAGED if engine._has(".damaged") else None
        engine.last_failure = LOCKED if engine._has(".locked") else None
        engine.own_calibration.ignored = "calibration.json is not used." if engine._has(".uncalibrated") else None
        return engine

    @property
    def generation_id(self) -> str:
        """A name that changes with the texts."""
        return sha256(repr(sorted(self.texts.items())).encode()).hexdigest()[:8]

    def tidy(self) -> bool:
        """There are no pieces."""
        return False

    def refresh(
        self,
        progress: Callable[[str, int, int], None] | None = None,
        *,
        repair: bool = False,
        patient: bool = False,
    ) -> LineReport | None:
        """Read the files again; None if no text changed."""
        del progress, repair, patient
        if self._has(".locked"):
            raise LOCKED
        return self._read_again()

    def _has(self, name: str) -> bool:
        return (self.seeds / name).exists()

    def _read_again(self) -> LineReport | None:
        paths = sorted(self.seeds.rglob("*.txt"))
        now = {p.relative_to(self.seeds).as_posix(): p.read_bytes().decode("utf-8") for p in paths}
        before, self.texts = self.texts, now
        if now == before:
            return None
        return LineReport(
            generation=self.generation_id,
            added=tuple(name for name in now if name not in before),
            changed=tuple(name for name in now if name in before and now[name] != before[name]),
            removed=tuple(name for name in before if name not in now),
            unchanged=sum(before.get(name) == text for name, text in now.items()),
            failed=self.problems(),
            chunks_embedded=len(now),
            compared=not self._has(".damaged"),
        )

    def documents(self) -> tuple[LineDocument, ...]:
        """One entry a file; a file that begins with "note:" carries that line as its note."""
        return tuple(
            LineDocument(name, len(text), chunks=text.count("\n"), title=f"About {name}", notes=_notes(text))
            for name, text in self.texts.items()
        )

    def problems(self) -> tuple[Problem, ...]:
        """The files that are no .txt."""
        others = (p for p in sorted(self.seeds.rglob("*")) if p.is_file() and p.suffix not in {".txt", ""})
        return tuple(Problem(p.name, f"{p.suffix} is not supported", "Save it as .txt.") for p in others)

    def ask(self, question: str, *, filters: Filters = Filters(), top: int = 3) -> Answer | NoAnswer:  # noqa: B008
        """The values of the lines whose key stands in the question."""
        self.asked.append((question, filters, top))
        if question == BROKEN_QUESTION:
            raise DAMAGED
        found = [quote for quote in self._quotes(filters) if _key(quote) in question.casefold()]
        if not question.strip() or not found:
            return self._no_answer(question, filters, top)
        answers: dict[str, list[Quote]] = {}
        for quote in found:
            answers.setdefault(str(quote.answer_text), []).append(quote)
        (best, quotes), *rest = answers.items()
        others = tuple(OtherAnswer(text, 0.35, tuple(quotes)) for text, quotes in rest[: top - 1])
        notes = ("dense and lexical search agree", "2 passages read")
        return Answer(question, best, 0.93, tuple(quotes), self.generation_id, 12.5, others=others, notes=notes)

    def candidates(self, question: str, k: int) -> tuple[Candidate, ...]:
        """The lines whose key stands in the question, then the others."""
        asked = question.casefold()
        quotes = sorted(self._quotes(Filters()), key=lambda quote: _key(quote) not in asked)
        return tuple(
            Candidate(row, Chunk(quote.source, quote.span), quote.text, None, None, 1.0 / (row + 1))
            for row, quote in enumerate(quotes[:k])
        )

    def document(self, document_id: str) -> Document:
        """A document of lines."""
        text = self.texts[document_id]
        return Document(document_id, text, sha256(text.encode()).hexdigest(), "utf-8", "plain", plain_blocks(text, 0))

    def set_calibration_aside(self) -> None:
        """Remember that the shipped probabilities are wanted."""
        self.aside = True

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    def _no_answer(self, question: str, filters: Filters, top: int) -> NoAnswer:
        reason: Reason = "below_threshold" if question.strip() else "empty_question"
        everything = " ".join(self.texts.values()).casefold()
        missing = tuple(word for word in re.findall(r"\w{4,}", question) if word.casefold() not in everything)
        nearest = tuple(_unmarked(quote) for quote in list(self._quotes(filters))[:top]) if question.strip() else ()
        return NoAnswer(question, reason, 0.12, self.generation_id, 8.25, missing_terms=missing, nearest=nearest)

    def _quotes(self, filters: Filters) -> list[Quote]:
        chosen = [name for name in self.texts if not filters.sources or name in filters.sources]
        return [quote for name in chosen for quote in _quotes_of(name, self.texts[name])]


def _quotes_of(name: str, text: str) -> list[Quote]:
    return [
        Quote(
            text=line.group(),
            source=name,
            span=Span(*line.span()),
            answer=Span(*line.span("value")),
            line_start=text.count("\n", 0, line.start()) + 1,
            line_end=text.count("\n", 0, line.start()) + 1,
            page=None,
            heading=None,
            date="2022-03-23",
            encoding="utf-8",
            extractor="plain",
            sha256=sha256(text.encode()).hexdigest(),
            text_sha256=sha256(text.encode()).hexdigest(),
        )
        for line in re.finditer(r"(?m)^(?P<key>[^:\n]+): (?P<value>[^\n]*[^\s.])\.?$", text)
    ]


def _key(quote: Quote) -> str:
    return quote.text.partition(":")[0].casefold()


def _unmarked(quote: Quote) -> Quote:
    return Quote(**{name: None if name == "answer" else getattr(quote, name) for name in Quote.__slots__})


def _notes(text: str) -> tuple[str, ...]:
    return (text.partition("\n")[0].removeprefix("note: "),) if text.startswith("note: ") else ()


if __name__ == "__main__":
    sys.exit(main(open_engine=LineEngine.open))
