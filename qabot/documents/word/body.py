"""The body of a Word document as pieces in reading order: headings, paragraphs, items, table rows.

A text box and the notes of a paragraph follow it as paragraphs of their own; the notes of a table follow the table.
Page headers, footers and comments lie in other parts and are not read; a table of contents repeats the headings and is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from qabot.datatypes import BlockKind
from qabot.documents.word.numbering import BULLET, Numbering
from qabot.documents.word.styles import Style, Styles
from qabot.documents.word.tables import Cell, Row, rows_of, with_header
from qabot.documents.word.text import Note, ParagraphText, TextReader
from qabot.documents.word.xml import Element, child, contents, w

_PARAGRAPH, _TABLE, _EMBEDDED = w("p"), w("tbl"), w("altChunk")
_SEPARATOR = " | "
EMBEDDED_NOTE = "another document that is embedded in it is not read"


class Piece(NamedTuple):
    """A block before it has its place in the text; ``text`` is trimmed and not empty."""

    kind: BlockKind
    text: str
    level: int = 0
    is_title: bool = False
    bold: bool = False
    table: int = 0  # which table a row belongs to


class BodyReader:
    """Reads the body once, in order: list numbers are counted on the way.

    Args:
        styles: of the document.
        numbering: its lists, none counted yet.
        notes: the foot- and endnotes by kind and id.
    """

    def __init__(self, styles: Styles, numbering: Numbering, notes: dict[Note, Element]) -> None:
        self.problems: set[str] = set()
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._texts = TextReader(styles)
        self._pending: list[Note] = []
        self._carried: list[str] = []  # text before deleted paragraph marks: it belongs to the next paragraph
        self._tables = 0

    def read(self, body: Iterable[Element]) -> Iterator[Piece]:
        """The pieces of the body, each note once."""
        for block in body:
            yield from self._block(block, in_cell=False)
            yield from self._noted()
        if left := "".join(self._carried).strip():
            yield Piece("paragraph", left)

    def _block(self, block: Element, *, in_cell: bool) -> Iterator[Piece]:
        if block.tag == _PARAGRAPH:
            yield from self._paragraph(block, in_cell=in_cell)
        elif block.tag == _TABLE:
            yield from self._table(block, in_cell=in_cell)
        elif block.tag == _EMBEDDED:
            self.problems.add(EMBEDDED_NOTE)

    def _paragraph(self, paragraph: Element, *, in_cell: bool) -> Iterator[Piece]:
        properties = child(paragraph, "pPr")
        style = self._styles.of_paragraph(properties)
        read = self._texts.read(paragraph, style)
        self._carried.append(read.text)
        if not _ends_deleted(properties):
            text = "".join(self._carried).strip()
            self._carried.clear()
            if not style.is_contents:
                yield from self._piece(properties, style, read._replace(text=text), in_cell=in_cell)
        self._pending += read.notes
        for box in read.boxes:
            yield from self._blocks(box, in_cell=in_cell)

    def _blocks(self, parent: Element, *, in_cell: bool) -> Iterator[Piece]:
        for block in contents(parent):
            yield from self._block(block, in_cell=in_cell)

    def _piece(
        self, properties: Element | None, style: Style, read: ParagraphText, *, in_cell: bool
    ) -> Iterator[Piece]:
        place = self._numbering.place(properties, style)
        label = self._numbering.label(*place) if place else ""
        text = read.text
        if not text and not (in_cell and label not in ("", BULLET)):  # a column may hold nothing but numbers
            return
        level = self._styles.heading_level(properties)
        text = f"{label} {text}".strip() if label else text
        if level:
            yield Piece("heading", text.replace("\n", " "), level, is_title=style.is_title)
        elif place and label:
            yield Piece("item", text, place[1] + 1, bold=read.bold)
        else:
            yield Piece("paragraph", text, bold=read.bold)

    def _table(self, table: Element, *, in_cell: bool) -> Iterator[Piece]:
        self._tables += 1
        number = self._tables
        rows = list(rows_of(table))
        if all(len(row.cells) <= 1 for row in rows):  # a frame around text
            for row in rows:
                for cell in row.cells:
                    yield from self._blocks(cell.element, in_cell=in_cell)
            return
        read = [self._cells(row) for row in rows]
        for cells, heads in with_header(table, rows, read, self._styles):
            text = _SEPARATOR.join(cell.text for cell in cells).strip()
            if text.strip("| "):
                yield Piece("row", text, level=int(heads), table=number)

    def _cells(self, row: Row) -> list[Cell]:
        """The cells of a row with their texts, each in one line; lists, paragraphs and tables within are strung up."""
        cells = []
        for cell in row.cells:
            pieces = [] if cell.continues else list(self._blocks(cell.element, in_cell=True))
            text = " ".join(" ".join(piece.text.split()) for piece in pieces)
            bold = bool(pieces) and all(piece.bold or piece.kind == "heading" for piece in pieces)
            cells.append(cell._replace(text=text, bold=bold))
        return cells

    def _noted(self) -> Iterator[Piece]:
        """The notes that were referred to since the last call."""
        while self._pending:
            note = self._notes.pop(self._pending.pop(0), None)
            if note is not None:
                yield from self._blocks(note, in_cell=False)


def _ends_deleted(properties: Element | None) -> bool:
    """Whether the paragraph's mark is deleted or moved away, so that the paragraph goes on in the next."""
    return any(child(properties, "rPr", name) is not None for name in ("del", "moveFrom"))
