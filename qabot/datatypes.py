"""The nouns of qabot: immutable values and their invariants.

This module knows what the words mean; it computes nothing and reads nothing.
All offsets are half-open spans in Unicode code points of ``Document.text``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Progress = Callable[[str, int, int], None]
"""Called with a stage ("reading", "embedding"), how much of it is done, and of how much."""

BlockKind = Literal["header", "heading", "paragraph", "item", "row", "code"]

Reason = Literal[
    "below_threshold",
    "no_candidates",
    "empty_question",
    "too_long",
    "greeting",
    "unsupported_language",
    "empty_corpus",
    "ambiguous",
    "outdated",
]


def silent(stage: str, done: int, total: int) -> None:
    """The ``Progress`` where nobody watches."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range ``[start, end)`` of code points; never empty.

    Raises:
        ValueError: unless ``0 <= start < end``.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise ValueError(f"a span needs 0 <= start < end, got [{self.start}, {self.end})")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """The words of the span in ``text``.

        Raises:
            ValueError: if the span reaches beyond the text (slicing would silently shorten it).
        """
        if self.end > len(text):
            raise ValueError(f"span [{self.start}, {self.end}) ends after the text's {len(text)} characters")
        return text[self.start : self.end]

    def shifted(self, by: int) -> Span:
        """The same range counted from another origin, ``by`` code points later."""
        return Span(self.start + by, self.end + by)

    def contains(self, other: Span) -> bool:
        """Whether every position of ``other`` is in this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one position."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's structure. Blocks are in order, do not overlap, and hold all that is not white space."""

    kind: BlockKind
    span: Span
    level: int = 0  # headings: 1 is the outermost; items: depth of nesting; rows: 1 heads its table; else 0


@dataclass(frozen=True)
class Document:
    """One file after decoding. ``text`` is canonical from here on: everything else counts in it."""

    id: str  # POSIX path under seeds/
    text: str
    sha256: str  # of the file's bytes
    encoding: str | None  # None where the text was extracted rather than decoded
    extractor: str  # "plain", or "name version"
    blocks: tuple[Block, ...] = ()
    title: str | None = None
    date: str | None = None  # ISO 8601, YYYY-MM-DD
    date_span: Span | None = None  # where the text itself states the date
    url: str | None = None
    pages: tuple[int, ...] = ()  # where each page begins in ``text``, the first at 0; () where there are none
    notes: tuple[str, ...] = ()  # what a person should know of the decoding, e.g. a guessed encoding

    @cached_property
    def text_sha256(self) -> str:
        """SHA-256 of ``text`` in UTF-8, hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A slice of one document made of whole sentences: the unit of the index."""

    document_id: str
    span: Span
    context: str = ""  # title and headings above it; found and read with the chunk, never quoted


@dataclass(frozen=True, slots=True)
class Problem:
    """A file under seeds/ that is not in the index, and what its owner can do about it."""

    id: str
    reason: str  # a clause that follows the id and a colon: "it is no regular file"; never names the file again
    remedy: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may be searched. An empty field does not restrict; the fields restrict together."""

    sources: frozenset[str] = frozenset()  # document ids
    collections: frozenset[str] = frozenset()  # a folder includes its sub-folders; ".": the files in no folder
    since: str | None = None  # ISO dates, inclusive; undated documents pass neither bound
    until: str | None = None
    excluded: frozenset[str] = frozenset()  # collections that are left out, whatever the other fields say
    sealed: bool = False  # answer as if nothing but ``collections`` without ``excluded`` existed, statistics included

    @property
    def restricts(self) -> bool:
        """Whether any document could be left out."""
        return bool(self.sources or self.collections or self.since or self.until or self.excluded)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk and why it was found. ``None`` means: not among the best of that half of the search."""

    row: int  # of the chunk in its generation
    chunk: Chunk
    text: str
    dense_score: float | None  # cosine, [-1, 1]
    lexical_score: float | None  # BM25, >= 0
    fused_score: float  # for ordering only


@dataclass(frozen=True, slots=True)
class Quote:
    """Whole sentences of a named version of a named document, with the short answer's place inside them.

    Raises:
        ValueError: if the text is not as long as its span, or the answer lies outside of the quote.
    """

    text: str
    source: str  # Document.id
    span: Span
    answer: Span | None  # same origin as ``span``; None for a passage that only lies near
    line_start: int | None  # 1-based
    line_end: int | None
    page: int | None
    heading: str | None
    date: str | None
    encoding: str | None
    extractor: str
    sha256: str
    text_sha256: str
    cut_start: bool = False  # its first sentence, too long to quote, began before; for people only, not in the JSON
    cut_end: bool = False  # its last sentence goes on

    def __post_init__(self) -> None:
        if len(self.text) != len(self.span):
            raise ValueError(f"a quote of {len(self.text)} characters cannot span {len(self.span)}")
        if self.answer is not None and not self.span.contains(self.answer):
            raise ValueError(f"the answer {self.answer} lies outside of its quote {self.span}")

    @property
    def answer_text(self) -> str | None:
        """The short answer, sliced from the quote."""
        if self.answer is None:
            return None
        return self.answer.shifted(-self.span.start).of(self.text)


@dataclass(frozen=True, slots=True)
class OtherAnswer:
    """A different answer that the documents also support."""

    text: str
    confidence: float
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the documents say. ``text`` is the short answer of the first quote, verbatim.

    Raises:
        ValueError: without quotes, with a confidence outside [0, 1], or with a text that the first quote does not mark.
    """

    question: str
    text: str
    confidence: float  # calibrated probability that the answer is right
    quotes: tuple[Quote, ...]
    generation: str
    elapsed_ms: float
    others: tuple[OtherAnswer, ...] = ()
    question_understood: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)  # how it was found, for :why

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence is a probability, got {self.confidence}")
        if not self.quotes or self.quotes[0].answer_text != self.text:
            raise ValueError("an answer needs a first quote that marks exactly its text")


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """That the documents do not say it, and why qabot thinks so."""

    question: str
    reason: Reason
    confidence: float  # of the best rejected span, 0.0 if there was none
    generation: str
    elapsed_ms: float
    missing_terms: tuple[str, ...] = ()  # content words of the question that occur nowhere
    nearest: tuple[Quote, ...] = ()
    question_understood: str | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)
    behind: int = 0  # files that are new or changed, and could not be taken into the index yet

    def __post_init__(self) -> None:
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence is a probability, got {self.confidence}")
