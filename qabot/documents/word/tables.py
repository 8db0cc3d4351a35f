"""The grid of a Word table: its rows and cells, which cells are merged, and whether the first row heads the others.

A cell that spans columns is said once. One that spans rows is said again in each row if it is short, so that each row
can be read by itself; what is long is said in the first row only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qabot.documents.word.styles import Styles
from qabot.documents.word.xml import Element, child, contents, number, switch, value, w

_ROW, _CELL = w("tr"), w("tc")
_MAX_REPEATED_CHARS = 80
_MAX_HEADER_CHARS = 60  # in a cell of a row that is only believed to be a header
_FIRST_ROW_BIT = 0x0020  # of w:tblLook/@w:val
_MAX_SPAN = 63  # columns that a Word table can have


class Cell(NamedTuple):
    """One cell; ``text`` comes when it is read."""

    element: Element
    column: int
    continues: bool = False  # it only goes on with the cell above
    text: str = ""
    bold: bool = False


class Row(NamedTuple):
    """One row that is not deleted."""

    cells: list[Cell]
    is_header: bool  # as the file says: it is repeated on each page


def rows_of(table: Element) -> Iterator[Row]:
    """The rows of a table with their cells, not read yet."""
    for row in contents(table):
        properties = child(row, "trPr")
        if row.tag == _ROW and child(properties, "del") is None:
            first = min(number(properties, "gridBefore") or 0, _MAX_SPAN)
            yield Row(list(_cells(row, first)), switch(properties, "tblHeader") or False)


def _cells(row: Element, column: int) -> Iterator[Cell]:
    for cell in contents(row):
        properties = child(cell, "tcPr")
        if cell.tag == _CELL and child(properties, "cellDel") is None:
            merged = child(properties, "vMerge")
            continues = merged is not None and value(merged) != "restart"
            yield Cell(cell, column, continues)
            column += min(number(properties, "gridSpan") or 1, _MAX_SPAN)


def with_header(
    table: Element, rows: Sequence[Row], read: Sequence[list[Cell]], styles: Styles
) -> Iterator[tuple[list[Cell], bool]]:
    """The rows with merged cells filled in, and whether each heads the table."""
    stated = any(row.is_header for row in rows)
    believed = not stated and _first_row_heads(table, read, styles)
    above: dict[int, str] = {}
    for at, (row, cells) in enumerate(zip(rows, read, strict=True)):
        filled = [cell._replace(text=above.get(cell.column, "")) if cell.continues else cell for cell in cells]
        above = {cell.column: cell.text for cell in filled if len(cell.text) <= _MAX_REPEATED_CHARS}
        yield filled, row.is_header or (believed and at == 0)


def _first_row_heads(table: Element, read: Sequence[list[Cell]], styles: Styles) -> bool:
    """Whether the first row, marked as special by the table's look, reads like a header.

    Word marks it in almost every table, so more is asked: a style that shows it, bold type, three columns, or a column
    of figures under a word.
    """
    properties = child(table, "tblPr")
    if not _looks_special(child(properties, "tblLook")) or len(read) < 2:
        return False
    first = read[0]
    texts = [cell.text for cell in first]
    if not any(texts) or max(map(len, texts)) > _MAX_HEADER_CHARS:
        return False
    shown = styles.style(value(properties, "tblStyle")).marks_first_row or _is_bold(first)
    if shown:
        return True
    plain = all(texts) and len(set(texts)) == len(texts) and not any(_has_figures(text) for text in texts)
    return plain and (len(texts) > 2 or any(_is_figures(read[1:], cell.column) for cell in first))


def _looks_special(look: Element | None) -> bool:
    if look is None:
        return False
    named = look.get(w("firstRow"))
    if named is not None:
        return named in ("1", "true", "on")
    try:
        return bool(int(look.get(w("val"), "0")[:8], 16) & _FIRST_ROW_BIT)
    except ValueError:
        return False


def _is_bold(cells: Sequence[Cell]) -> bool:
    return all(cell.bold for cell in cells if cell.text)


def _is_figures(rows: Sequence[list[Cell]], column: int) -> bool:
    texts = [cell.text for row in rows for cell in row if cell.column == column]
    return bool(texts) and all(_has_figures(text) for text in texts)


def _has_figures(text: str) -> bool:
    return any(character.isdigit() for character in text)
