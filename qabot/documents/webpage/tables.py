"""Tables of a web page: which of them hold data, and their rows as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from qabot.documents.webpage.tree import Element, inline_text

CELL_SEPARATOR = " | "
_MAX_CELL_CHARS = 800  # longer cells are prose that was put side by side
_MAX_SPAN = 65_534  # the standard's limit for rowspan
_MAX_COLUMNS = 1_000
_MAX_REPEATS = 20_000  # cells that rowspan repeats in one table: a page of 3 MB could ask for a thousand million
_MAX_REPEATED_CHARS = 200_000


class Row(NamedTuple):
    """One row as a line, and whether it heads its table."""

    text: str
    heads: bool


class _Cell(NamedTuple):
    text: str
    columns: int
    rows: int


def is_data_table(table: Element, skip: frozenset[str]) -> bool:
    """Whether rows and columns mean something; a table of one row or one column is there for the looks, too."""
    if table.attributes.get("role", "").lower() in ("presentation", "none") or table.is_layout:
        return False
    rows = [_cells(row) for row in _rows(table) if row.dropped not in skip]
    if max((sum(cell.chars > 0 for cell in row) for row in rows), default=0) < 2:
        return False
    cells = [cell for row in rows for cell in row]
    if any(cell.chars > _MAX_CELL_CHARS or _paragraphs(cell) > 1 for cell in cells):
        return False
    return len(rows) > 1 or any(cell.tag == "th" for cell in cells)


def table_rows(table: Element, skip: frozenset[str]) -> Iterator[Row]:
    """The rows that hold words. The words of a cell that spans rows are repeated in each of them."""
    below: dict[int, tuple[int, str]] = {}  # by column: for how many more rows a cell goes on, and its words
    budget = _Budget()
    at_top = True
    for row in _rows(table):
        if row.dropped in skip:
            continue
        cells = [cell for cell in _cells(row) if cell.dropped not in skip]
        line = CELL_SEPARATOR.join(_line(cells, below, budget, skip)).strip()
        if line.replace("|", "").strip():
            heads = at_top and _heads(row, cells)
            at_top = heads
            yield Row(line, heads)


def _line(
    cells: list[Element], below: dict[int, tuple[int, str]], budget: _Budget, skip: frozenset[str]
) -> Iterator[str]:
    column = 0
    going_on: dict[int, tuple[int, str]] = {}
    before = sorted(below.items(), reverse=True)
    below.clear()
    for cell in (*(_measured(cell, skip) for cell in cells), None):
        while before and (cell is None or before[-1][0] <= column):
            column, (rows, text) = before.pop()
            if budget.allows(text):
                yield text
                going_on |= {column: (rows - 1, text)} if rows > 1 else {}
            column += 1
        if cell is not None:
            yield cell.text
            if cell.rows > 1:
                going_on[column] = (cell.rows - 1, cell.text)
            column += cell.columns
    below.update(going_on)


class _Budget:
    """How much may still be repeated in one table."""

    def __init__(self) -> None:
        self._cells = _MAX_REPEATS
        self._chars = _MAX_REPEATED_CHARS

    def allows(self, text: str) -> bool:
        self._cells -= 1
        self._chars -= len(text)
        return self._cells >= 0 and self._chars >= 0


def _measured(cell: Element, skip: frozenset[str]) -> _Cell:
    columns = _span(cell, "colspan", _MAX_COLUMNS)
    rows = _span(cell, "rowspan", _MAX_SPAN)
    return _Cell(inline_text(cell, skip), columns or 1, rows or _MAX_SPAN)  # rowspan=0: to the end


def _span(cell: Element, name: str, most: int) -> int:
    value = cell.attributes.get(name, "1").strip()
    return min(int(value), most) if value.isascii() and value.isdigit() and len(value) < 9 else 1


def _heads(row: Element, cells: list[Element]) -> bool:
    in_head = row.parent is not None and row.parent.tag == "thead"
    return in_head or (len(cells) > 1 and all(cell.tag == "th" for cell in cells))


def _rows(table: Element) -> Iterator[Element]:
    for part in table.elements:
        if part.tag == "tr":
            yield part
        elif part.tag in ("thead", "tbody", "tfoot"):
            yield from (row for row in part.elements if row.tag == "tr")


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row.elements if cell.tag in ("td", "th")]


def _paragraphs(cell: Element) -> int:
    return sum(child.tag == "p" and child.chars > 0 for child in cell.elements)
