"""Table rows as the reader understands them: one row at a time, each cell behind its column's name.

Given several rows under one head the reader takes a number from any of them; given ``Article: Ember kettle | Price:
29.00`` it seldom errs (docs/experiments.md). The names are put in for reading only: a span is taken back to its place
in the document, and one that lies in a name has none. This module knows rows; it refuses to know what answers are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qabot.datatypes import Block, Document, Span
from qabot.documents.tables import cell_places, column_names, is_rule
from qabot.reader import Reading, ScoredSpan

_JOINT = " | "


@dataclass(frozen=True, slots=True)
class Row:
    """A row below its table's head. ``names`` has as many entries as ``cells``; cells are spans of the document."""

    span: Span
    names: tuple[str, ...]
    cells: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """A row in words, and where its cells stand in them and in the document."""

    row: Row
    text: str
    starts: tuple[int, ...]  # of each cell in ``text``

    @classmethod
    def of(cls, row: Row, text: str) -> ReadableRow:
        """Each cell of ``row``, a row of the document's ``text``, behind its name."""
        words, starts = "", []
        for name, cell in zip(row.names, row.cells, strict=True):
            words += (_JOINT if words else "") + (f"{name}: " if name else "")
            starts.append(len(words))
            words += cell.of(text)
        return cls(row, words, tuple(starts))

    def place(self, span: Span) -> Span | None:
        """Where a span of ``text`` stands in the document: its part in the first cell that it touches, if any."""
        for start, cell in zip(self.starts, self.row.cells, strict=True):
            first, last = max(span.start, start), min(span.end, start + len(cell))
            if first < last:
                return Span(first, last).shifted(cell.start - start)
        return None

    def placed(self, reading: Reading, origin: int) -> Reading:
        """A reading of ``text`` with its spans counted from ``origin`` in the document; those without a place go."""
        places = ((self.place(scored.span), scored.span_score) for scored in reading.spans)
        spans = tuple(ScoredSpan(span.shifted(-origin), score) for span, score in places if span is not None)
        return Reading(spans, reading.null_score)


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The content words of a question, as the index counts them, and how it counts."""

    stems: frozenset[str]
    analyse: Callable[[str], list[str]]

    def of(self, words: str) -> frozenset[str]:
        """Those that some words have."""
        return self.stems.intersection(self.analyse(words))

    def in_row(self, row: Row, text: str) -> int:
        """How many a row has with its columns' names; 0 if its cells have none, since names alone fit any row."""
        own = self.of(" ".join(cell.of(text) for cell in row.cells))
        return len(own | self.of(" ".join(row.names))) if own else 0

    def asked_for(self, row: Row, text: str) -> Row:
        """The row with those cells only that the question names, or asks for by their columns; all if it asks for none.

        A cell that has a word of the question says which row is meant; it is not what is asked for.
        """
        named = [bool(self.of(cell.of(text))) for cell in row.cells]
        asked = [bool(self.of(name)) and not known for name, known in zip(row.names, named, strict=True)]
        kept = [at for at in range(len(asked)) if asked[at] or named[at]]
        if not any(asked):
            return row
        return Row(row.span, tuple(row.names[at] for at in kept), tuple(row.cells[at] for at in kept))


def headed_rows(document: Document, within: Span) -> tuple[Row, ...]:
    """The rows wholly inside of ``within`` that have a cell for each column which their table's head names."""
    names: tuple[str, ...] | None = None
    found = []
    for at, block in _blocks(document, within):
        if block.kind != "row" or block.level:
            names = None
        elif within.contains(block.span):
            names = _names(document, at) if names is None else names
            row = _row(document, block, names)
            found += [row] if row is not None else []
    return tuple(found)


def _blocks(document: Document, within: Span) -> Iterator[tuple[int, Block]]:
    """The blocks that share a character with ``within``, numbered as in the document."""
    first = bisect_right(document.blocks, within.start, key=lambda block: block.span.start) - 1
    for at, block in enumerate(document.blocks[max(first, 0) :], max(first, 0)):
        if block.span.start >= within.end:
            return
        if block.span.overlaps(within):
            yield at, block


def _row(document: Document, block: Block, names: Sequence[str]) -> Row | None:
    words = block.span.of(document.text)
    places = [] if is_rule(words) else cell_places(words)
    if not names or len(places) != len(names):
        return None
    filled = [(name, start, end) for name, (start, end) in zip(names, places, strict=True) if start < end]
    spans = tuple(Span(start, end).shifted(block.span.start) for _, start, end in filled)
    return Row(block.span, tuple(name for name, _, _ in filled), spans) if filled else None


def _names(document: Document, at: int) -> tuple[str, ...]:
    """The columns' names for the body row ``blocks[at]``: the last line of its table's head that has words."""
    for block in _above(document.blocks, at):
        if block.level and (names := column_names(block.span.of(document.text))):
            return tuple(names)
    return ()


def _above(blocks: Sequence[Block], at: int) -> Iterator[Block]:
    """The rows before ``blocks[at]``, nearest first, as far as they belong to the same table."""
    in_head = False
    for before in range(at - 1, -1, -1):
        block = blocks[before]
        if block.kind != "row" or (in_head and not block.level):
            return
        in_head = bool(block.level)
        yield block
