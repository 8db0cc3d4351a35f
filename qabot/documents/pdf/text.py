"""Pieces of columns become the text of a document, and it is known where each page begins in it.

A paragraph that goes on in the next column or on the next page is one. Blank lines part paragraphs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qabot.datatypes import Block, Span
from qabot.documents.pdf.hyphens import Joiner
from qabot.documents.pdf.paragraphs import Piece, ends_sentence
from qabot.documents.pdf.typography import Typography

_SMALL = 0.95  # of the usual size: footnotes and captions
_FULL_LINE_POINTS = 3.0
_BESIDE_EACH_OTHER = ("item", "row")


class Composed(NamedTuple):
    """The text, its structure, and where each page begins in it."""

    text: str
    blocks: tuple[Block, ...]
    pages: tuple[int, ...]


def continued(columns: Sequence[Sequence[Piece]], usual: Typography) -> list[Piece]:
    """The pieces in order, those that go on in the next column or on the next page put together.

    Footnotes and turned text at the end of a column come before the paragraph that goes on behind them.
    """
    pieces: list[Piece] = []
    for column in columns:
        last = _last_of_text(pieces, usual)
        if column and last is not None and _goes_on(pieces[last], column[0]):
            ahead = pieces.pop(last)
            ahead.lines += column[0].lines
            ahead.right = column[0].right
            pieces += [ahead, *column[1:]]
        else:
            pieces += column
    return pieces


def _last_of_text(pieces: Sequence[Piece], usual: Typography) -> int | None:
    """The index of the last piece that is neither footnote, caption nor turned text."""
    for at in range(len(pieces) - 1, -1, -1):
        piece = pieces[at]
        if not piece.aside and (piece.kind == "heading" or piece.lines[0].size >= _SMALL * usual.size):
            return at
    return None


def _goes_on(piece: Piece, following: Piece) -> bool:
    """Whether ``following``, the first of the next column, is the rest of ``piece``."""
    if piece.kind not in ("paragraph", "item") or following.kind != "paragraph" or following.aside:
        return False
    last, first = piece.lines[-1], following.lines[0]
    if abs(last.size - first.size) > 0.05 * last.size or ends_sentence(last.text):
        return False
    if first.text[0].islower():
        return True
    # A name may begin the next page: believed between two paragraphs of several lines, the upper one full to its edge.
    is_full = last.right >= piece.right - _FULL_LINE_POINTS and last.text[-1].isalpha()
    return is_full and len(piece.lines) > 1 and len(following.lines) > 1


def compose(pieces: Sequence[Piece], joiner: Joiner, pages: int) -> Composed:
    """The text of the pieces, in order.

    Args:
        pieces: none of them without lines.
        joiner: for the lines of paragraphs.
        pages: how many the document has, those without text included.
    """
    parts: list[str] = []
    blocks: list[Block] = []
    begins: dict[int, int] = {}
    length = 0
    before: Piece | None = None
    for piece in pieces:
        text, starts = joiner.join([line.text for line in piece.lines]) if piece.text is None else (piece.text, [0])
        separator = _separator(before, piece)
        length += len(separator)
        for line, start in zip(piece.lines, starts, strict=False):  # rows and listings lie on one page
            begins.setdefault(line.page, length + start)
        parts += [separator, text]
        blocks.append(Block(piece.kind, Span(length, length + len(text)), piece.level))
        length += len(text)
        before = piece
    return Composed("".join(parts), tuple(blocks), _page_starts(begins, pages, length))


def _separator(before: Piece | None, piece: Piece) -> str:
    if before is None:
        return ""
    is_close = before.kind == piece.kind and piece.kind in _BESIDE_EACH_OTHER
    return "\n" if is_close and not (piece.kind == "row" and piece.level) else "\n\n"


def _page_starts(begins: dict[int, int], pages: int, length: int) -> tuple[int, ...]:
    """Where each page begins; one without text where the next begins, so that the last page to begin there has it."""
    starts = [length] * pages
    following = length
    for page in range(pages, 0, -1):
        following = starts[page - 1] = begins.get(page, following)
    if starts:
        starts[0] = 0
    return tuple(starts)
