"""Rows of tables: consecutive lines with cells at the same places.

Conservative, since a paragraph that is taken for a table loses its sentences: three rows of two cells or two rows of
three, each column with a common left edge, right edge or middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from qabot.documents.pdf.lines import Fragment, Line
from qabot.documents.pdf.markers import is_marker

CELL_SEPARATOR = " | "

_ALIGNED_POINTS = 3.0
_ALIGNED_SHARE = 0.6  # of a column's cells; numbers may hang by their points, heads are centred
_WRAPPED = 0.8  # of the usual distance between rows: a line that near goes on with the row above it
_MAX_DISTANCE_EMS = 4.0  # from baseline to baseline within one table
_LEADING_EMS = 1.4  # the wrapped end of a cell is as near as the lines of a paragraph
_MAX_CELL_CHARS = 200
_NARROW_GAP_EMS = 0.4
_LONG_TRY_LINES = 8


class Row(NamedTuple):
    """One row of a table."""

    lines: tuple[Line, ...]
    text: str
    is_head: bool


@dataclass(eq=False)
class _Column:
    """A vertical strip of the table and the cells in it, by line."""

    left: float
    right: float
    cells: dict[int, Fragment] = field(default_factory=dict)

    def overlaps(self, cell: Fragment) -> bool:
        return cell.left < self.right and self.left < cell.right

    def add(self, line: int, cell: Fragment) -> None:
        self.cells[line] = cell
        self.left, self.right = min(self.left, cell.left), max(self.right, cell.right)

    def is_aligned(self) -> bool:
        cells = list(self.cells.values())
        if len(cells) < 3:
            return True
        edges = (
            [cell.left for cell in cells],
            [cell.right for cell in cells],
            [(cell.left + cell.right) / 2 for cell in cells],
        )
        return any(sum(abs(x - median(xs)) <= _ALIGNED_POINTS for x in xs) >= _ALIGNED_SHARE * len(xs) for xs in edges)


def table_at(lines: Sequence[Line], start: int) -> tuple[list[Row], int]:
    """The rows of the table that begins at line ``start``, and before which line no other begins.

    Without rows, the lines up to there are text: a long try that failed is not made again from each of its lines.
    """
    grid = _Grid(lines, start)
    while grid.takes(grid.end):
        grid.end += 1
    grid.drop_loose_end()
    if grid.is_table():
        return grid.rows(), grid.end
    return [], grid.end if grid.end - start >= _LONG_TRY_LINES else start + 1


def cells_of(line: Line) -> tuple[Fragment, ...]:
    """The cells, with the sign or number of a list item as part of the one that follows it."""
    cells = line.cells
    if len(cells) > 1 and is_marker(cells[0].text):
        return (Fragment(cells[0].words + cells[1].words), *cells[2:])
    return cells


class _Grid:
    """The columns of consecutive lines, grown line by line."""

    def __init__(self, lines: Sequence[Line], start: int) -> None:
        self._lines = lines
        self._start = start
        self._columns: list[_Column] = []
        self._lefts: set[int] = set()  # of its cells, in whole points
        self._widest_gap = 0.0  # from baseline to baseline
        self.end = start

    def takes(self, at: int) -> bool:
        """Whether the line at ``at`` is the next of the table; its cells are then in the columns."""
        if at >= len(self._lines) or (at > self._start and not self._is_near(at)):
            return False
        cells = [part for cell in cells_of(self._lines[at]) for part in self._split(cell)]
        homes = [[column for column in self._columns if column.overlaps(cell)] for cell in cells]
        too_long = max(len(cell.text) for cell in cells) > _MAX_CELL_CHARS
        if too_long or self._lines[at].is_of_contents or not self._fit(at, homes):
            return False
        self._add(at, cells, homes)
        return True

    def _split(self, cell: Fragment) -> Iterator[Fragment]:
        """The cell, cut where a word begins just where cells above begin: a full cell nearly touches the next."""
        start = 0
        for at, (before, word) in enumerate(pairwise(cell.words), start=1):
            is_apart = word.left - before.right > _NARROW_GAP_EMS * word.size
            if is_apart and {round(word.left) + near for near in (-1, 0, 1)} & self._lefts:
                yield Fragment(cell.words[start:at])
                start = at
        yield Fragment(cell.words[start:])

    def _fit(self, at: int, homes: Sequence[list[_Column]]) -> bool:
        """Whether cells that overlap these columns make a row: each one column at most, and a column one cell."""
        if not self._columns:
            return len(homes) > 1
        taken = [home[0] for home in homes if home]
        if not taken or any(len(home) > 1 for home in homes) or len(set(map(id, taken))) < len(taken):
            return False
        return len(homes) > 1 or taken[0] is not self._columns[0] or self._is_wrapped(at)

    def _is_near(self, at: int) -> bool:
        return 0 < self._gap(at) <= _MAX_DISTANCE_EMS * self._lines[at].size

    def _add(self, at: int, cells: Sequence[Fragment], homes: Sequence[list[_Column]]) -> None:
        self._widest_gap = max(self._widest_gap, self._gap(at) if at > self._start else 0.0)
        for cell, home in zip(cells, homes, strict=True):
            column = home[0] if home else _Column(cell.left, cell.right)
            if not home:
                self._columns.append(column)
            column.add(at, cell)
            self._lefts.add(round(cell.left))
        self._columns.sort(key=lambda column: column.left)

    def drop_loose_end(self) -> None:
        """Leave out lines of one cell at the end that are too far away to be the wrapped end of a row."""
        while self.end > self._start and self._width(self.end - 1) == 1:
            last = self.end - 1
            is_near = self._gap(last) <= _LEADING_EMS * self._lines[last].size
            if is_near and not self._is_first_column_only(last):
                return
            self._forget(last)

    def _width(self, at: int) -> int:
        """How many cells the line has."""
        return sum(at in column.cells for column in self._columns)

    def _forget(self, at: int) -> None:
        for column in self._columns:
            column.cells.pop(at, None)
        self.end = at

    def _is_first_column_only(self, at: int) -> bool:
        return at in self._columns[0].cells and not any(at in column.cells for column in self._columns[1:])

    def is_table(self) -> bool:
        widths = [self._width(at) for at in range(self._start, self.end)]
        two, three = sum(width >= 2 for width in widths), sum(width >= 3 for width in widths)
        return (two >= 3 or three >= 2) and all(column.is_aligned() for column in self._columns)

    def rows(self) -> list[Row]:
        groups: list[list[int]] = []
        for at in range(self._start, self.end):
            if groups and self._continues(at):
                groups[-1].append(at)
            else:
                groups.append([at])
        texts = [[self._cell_text(column, group) for column in self._columns] for group in groups]
        heads = self._has_head(groups, texts)
        return [
            Row(tuple(self._lines[at] for at in group), _row_text(cells), heads and not number)
            for number, (group, cells) in enumerate(zip(groups, texts, strict=True))
        ]

    def _continues(self, at: int) -> bool:
        """Whether the line goes on with the row above it, because a cell was too long for one line."""
        if at in self._columns[0].cells:
            return self._is_wrapped(at)
        inner = [column.cells[at].text for column in self._columns[1:] if at in column.cells]
        return len(inner) < len(self._columns) - 1 or self._is_wrapped(at) or any(text[0].islower() for text in inner)

    def _is_wrapped(self, at: int) -> bool:
        """Whether the line is nearer to the one above it than rows are to each other."""
        near = min(_WRAPPED * self._widest_gap, _LEADING_EMS * self._lines[at].size)
        return at > self._start and self._gap(at) < near

    def _gap(self, at: int) -> float:
        return self._lines[at].base - self._lines[at - 1].base

    def _cell_text(self, column: _Column, group: Sequence[int]) -> str:
        return " ".join(column.cells[at].text for at in group if at in column.cells)

    def _has_head(self, groups: Sequence[Sequence[int]], texts: Sequence[Sequence[str]]) -> bool:
        """Whether the first row names the columns: it alone is bold, or it alone has no digits."""
        bold = [
            all(column.cells[at].bold for column in self._columns for at in group if at in column.cells)
            for group in groups
        ]
        digits = [any(map(str.isdigit, "".join(cells))) for cells in texts]
        if len(texts) < 2 or not all(texts[0]):
            return False
        return (bold[0] and not all(bold[1:])) or (not digits[0] and all(digits[1:]))


def _row_text(cells: list[str]) -> str:
    """The cells with bars between them; empty ones only before others."""
    filled = max((number for number, cell in enumerate(cells, start=1) if cell), default=0)
    return CELL_SEPARATOR.join(cells[:filled])
