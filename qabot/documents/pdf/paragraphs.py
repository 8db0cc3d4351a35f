"""Lines of a column become pieces: headings, paragraphs, list items, rows of tables and listings.

A paragraph ends at a gap, an indent, another size, a marker, or a last line that had room for the next word. Where
nothing shows an end, lines belong together: a sentence in one piece is worth more than a break too many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qabot.datatypes import BlockKind
from qabot.documents.pdf.lines import Line
from qabot.documents.pdf.markers import begins_item, is_certain
from qabot.documents.pdf.tables import table_at
from qabot.documents.pdf.typography import Typography, rounded

SENTENCE_ENDS = (".", "!", "?", ":", "\u2026")
_CLOSERS = "\"'\u201d\u2019)]\u00bb"
_CLAUSE_ENDS = (*SENTENCE_ENDS, ";", ",")

_GAP = 1.3  # times the usual distance of lines
_INDENT_EMS = 0.8
_MAX_INDENT_EMS = 6.0
_CENTRED_POINTS = 2.0
_SHORT = 0.75  # of the column's width: far shorter than ragged lines are
_SPACE_EMS = 0.25
_CODE_CHAR_EMS = 0.6  # how wide the characters of Courier are


@dataclass(eq=False)
class Piece:
    """Lines that belong together. A row and a listing have their text already; others are joined later."""

    kind: BlockKind
    lines: list[Line]
    level: int = 0
    text: str | None = None
    right: float = 0.0  # edge of the column, in points
    aside: bool = False  # turned text: the page's own goes on behind it


class Column:
    """One column of one page; read once, from top to bottom."""

    def __init__(self, lines: Sequence[Line], usual: Typography, *, aside: bool = False) -> None:
        self._lines = lines
        self._usual = usual
        self._aside = aside
        self._right = max((line.right for line in lines), default=0.0)
        self._left = min((line.left for line in lines), default=0.0)
        self._indents: list[float] = []  # of the list items that are open

    def pieces(self) -> list[Piece]:
        """The pieces from top to bottom."""
        found: list[Piece] = []
        group: list[Line] = []
        at = no_table_before = 0
        while at < len(self._lines):
            rows, end = table_at(self._lines, at) if at >= no_table_before else ([], no_table_before)
            no_table_before = end
            code = 0 if rows else self._listing_length(at)
            if group and (rows or code or self._ends(group, at)):
                found.append(self._prose(group))
                group = []
            if rows:
                found.extend(Piece("row", list(row.lines), level=int(row.is_head), text=row.text) for row in rows)
                at = end
            elif code:
                found.append(self._listing(self._lines[at : at + code]))
                at += code
            else:
                group.append(self._lines[at])
                at += 1
        if group:
            found.append(self._prose(group))
        for piece in found:
            piece.right, piece.aside = self._right, self._aside
        return found

    def _listing_length(self, at: int) -> int:
        """How many lines of equally wide characters follow each other, in a document that has others."""
        length = 0
        while not self._usual.fixed and at + length < len(self._lines) and self._lines[at + length].whole.fixed:
            length += 1
        return length

    def _listing(self, lines: Sequence[Line]) -> Piece:
        left = min(line.left for line in lines)
        texts = [" " * round((line.left - left) / (_CODE_CHAR_EMS * line.size)) + line.text for line in lines]
        return Piece("code", list(lines), text="\n".join(texts))

    def _ends(self, group: Sequence[Line], at: int) -> bool:
        """Whether the group of lines ends before line ``at``."""
        before, line = group[-1], self._lines[at]
        if before.is_of_contents:
            return True
        if rounded(before.size) != rounded(line.size) and abs(before.size - line.size) > 0.1 * before.size:
            return True
        if not 0 < line.base - before.base <= _GAP * self._usual.leading(line.size):
            return True
        return self._is_marked(before, line) or self._is_indented(group, at) or self._was_short(group, line)

    def _is_marked(self, before: Line, line: Line) -> bool:
        if not begins_item(line.text):
            return False
        return is_certain(line.text) or before.text.endswith(_CLAUSE_ENDS) or self._had_room(before, line)

    def _is_indented(self, group: Sequence[Line], at: int) -> bool:
        """Whether the line begins at another x than its paragraph does, other than by a first or a centred line."""
        before, line = group[-1], self._lines[at]
        if abs(before.left + before.right - line.left - line.right) <= 2 * _CENTRED_POINTS:
            return False
        shift = (line.left - before.left) / line.size
        if len(group) > 1:
            return abs(shift) > _INDENT_EMS
        if begins_item(before.text):
            return shift < -_INDENT_EMS
        if shift > _INDENT_EMS:  # a hanging indent, unless the line after it is back at the edge
            following = self._lines[at + 1] if at + 1 < len(self._lines) else None
            is_back = following is not None and (line.left - following.left) / line.size > _INDENT_EMS
            return before.text.endswith(SENTENCE_ENDS) or is_back
        return shift < -_MAX_INDENT_EMS

    def _was_short(self, group: Sequence[Line], line: Line) -> bool:
        """Whether the line before ended although the next word had room, in a way that shows an end."""
        before = group[-1]
        if line.text[0].islower() or not self._had_room(before, line):
            return False
        if abs(before.left + before.right - line.left - line.right) <= 2 * _CENTRED_POINTS and len(group) < 3:
            return before.text.endswith(SENTENCE_ENDS)
        is_short = before.right - self._left < _SHORT * (self._right - self._left)
        bold_ends = before.whole.bold != line.whole.bold
        return ends_sentence(before.text) or is_short or bold_ends

    def _had_room(self, before: Line, line: Line) -> bool:
        word = line.cells[0].words[0]
        return before.right + word.right - word.left + _SPACE_EMS * line.size < self._right - 1

    def _prose(self, lines: list[Line]) -> Piece:
        text = " ".join(line.text for line in lines)
        of_contents = lines[-1].is_of_contents
        level = 0 if is_certain(text) or of_contents else self._usual.heading_level(lines, text)
        if level:
            self._indents.clear()
            return Piece("heading", lines, level)
        if begins_item(text) or of_contents:
            return Piece("item", lines, self._depth(lines[0]))
        self._indents.clear()
        return Piece("paragraph", lines)

    def _depth(self, line: Line) -> int:
        while self._indents and self._indents[-1] >= line.left - _CENTRED_POINTS:
            self._indents.pop()
        self._indents.append(line.left)
        return len(self._indents)


def ends_sentence(text: str) -> bool:
    """Whether the text ends with a mark that ends sentences, perhaps within quotation marks or brackets."""
    return text.rstrip(_CLOSERS).endswith(SENTENCE_ENDS)
