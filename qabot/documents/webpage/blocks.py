"""The text of a web page and its blocks: block elements end a block, inline ones never separate.

White space collapses as in a browser, except in ``pre``. The marks of lists ("- ", "3. "), the colon after a term and
the bars between cells stand for what a browser shows there. Pictures' alternative texts are left out: nobody who looks
at the page could find a quote of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from qabot.datatypes import Block, BlockKind
from qabot.documents.lines import trimmed
from qabot.documents.webpage.lists import Counter, list_counter
from qabot.documents.webpage.tables import is_data_table, table_rows
from qabot.documents.webpage.tree import BLOCKS, HEADINGS, LISTS, Element, inline_text

_WHITE = re.compile(r"[ \t\n]+")
_SPACES = re.compile(r" {2,}")
_AROUND_BREAK = re.compile(r" ?\n ?")
_BREAKS = re.compile(r"\n{2,}")
_PREFORMATTED = ("pre", "listing", "xmp", "plaintext")
_MAX_INDENTS = 8  # of an item that is nested deeper, only the block knows the depth
_ENDS_TERM = (":", "?", "!", ".")


class _Piece(NamedTuple):
    kind: BlockKind
    text: str
    level: int = 0
    group: int = 0  # of the list or table that it belongs to: within, a line each; 0 for none


@dataclass
class _Lead:
    """What comes before the next words: a list's mark, or a term that is about to be defined."""

    text: str
    is_term: bool = False


def page_blocks(body: Element, skip: frozenset[str]) -> tuple[str, tuple[Block, ...]]:
    """Text and blocks of everything in ``body`` but the parts marked with one of ``skip``."""
    flow = _Flow(skip)
    flow.read(body)
    return _joined(flow.pieces)


def _joined(pieces: list[_Piece]) -> tuple[str, tuple[Block, ...]]:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    length = 0
    for at, piece in enumerate(pieces):
        together = (
            at > 0 and piece.group > 0 and (piece.group, piece.kind) == (pieces[at - 1].group, pieces[at - 1].kind)
        )
        between = "" if at == 0 else "\n" if together else "\n\n"
        parts += (between, piece.text)
        places.append((length + len(between), length + len(between) + len(piece.text)))
        length = places[-1][1]
    text = "".join(parts)
    spans = (trimmed(text, start, end) for start, end in places)
    blocks = (Block(p.kind, span, p.level) for p, span in zip(pieces, spans, strict=True) if span is not None)
    return text, tuple(blocks)


class _Flow:
    """Walks the elements once and collects the words of the block that is open."""

    def __init__(self, skip: frozenset[str]) -> None:
        self.pieces: list[_Piece] = []
        self._skip = skip
        self._words: list[str] = []
        self._heading = 0  # level of the heading that is open
        self._preformatted = 0
        self._lists: list[Counter | None] = []  # None for a list of definitions
        self._lead: _Lead | None = None
        self._groups = 0

    def read(self, body: Element) -> None:
        """Everything in ``body``, without recursion: pages nest as deep as they like."""
        opened: list[tuple[Element, Iterator[Element | str]]] = [(body, iter(body.children))]
        while opened:
            element, children = opened[-1]
            child = next(children, None)
            if child is None:
                opened.pop()
                self._leave(element)
            elif isinstance(child, str):
                self._words.append(child if self._preformatted else _WHITE.sub(" ", child))
            elif self._enter(child):
                opened.append((child, iter(child.children)))

    def _enter(self, element: Element) -> bool:
        """Whether what the element holds is still to be read."""
        if element.dropped in self._skip:
            return False
        if element.tag == "br":
            self._words.append("\n")
        if element.tag not in BLOCKS:
            return True
        self._end_block()
        if element.tag == "table" and is_data_table(element, self._skip):
            self._table(element)
            return False
        self._open(element)
        return True

    def _open(self, element: Element) -> None:
        if element.tag in HEADINGS:
            self._heading = int(element.tag[1])
        elif element.tag in _PREFORMATTED:
            self._preformatted += 1
        elif element.tag in LISTS:
            self._settle()
            self._groups += not self._lists
            self._lists.append(None if element.tag == "dl" else list_counter(element))
        elif element.tag == "li":
            self._settle()
            counter = self._lists[-1] if self._lists else None
            self._lead = _Lead(counter.mark(element) if counter else "- ")

    def _leave(self, element: Element) -> None:
        if element.tag == "dt":
            self._end_term()
        if element.tag in BLOCKS:
            self._end_block()
        if element.tag in HEADINGS:
            self._heading = 0
        elif element.tag in _PREFORMATTED:
            self._preformatted -= 1
        elif element.tag in ("li", "dd", "dl", "body"):
            self._settle()
        if element.tag in LISTS:
            self._lists.pop()

    def _end_term(self) -> None:
        words = " ".join(self._taken().split())
        if words and self._lead and self._lead.is_term:
            self._lead = _Lead(f"{self._lead.text}, {words}", is_term=True)
        elif words:
            self._lead = _Lead((self._lead.text if self._lead else "") + words, is_term=True)

    def _settle(self) -> None:
        """Give up waiting for the words after a mark or a term; a term is a block by itself."""
        lead, self._lead = self._lead, None
        if lead is not None and lead.is_term:
            self._item(lead.text)

    def _item(self, text: str) -> None:
        level = max(1, len(self._lists))
        indent = "  " * min(level - 1, _MAX_INDENTS)
        self.pieces.append(_Piece("item", indent + text, level, self._groups if self._lists else 0))

    def _taken(self) -> str:
        words, self._words = "".join(self._words), []
        return words

    def _end_block(self) -> None:
        words = self._taken()
        if not _has_words(words):
            return
        if self._preformatted:
            self._settle()
            self.pieces.append(_Piece("code", words.strip("\n").rstrip()))
            return
        lines = _AROUND_BREAK.sub("\n", _SPACES.sub(" ", words)).strip()
        for part in _BREAKS.split(lines):  # two line breaks in a row are an old way to write a paragraph
            if _has_words(part):
                self._add(part)

    def _add(self, words: str) -> None:
        if self._heading:
            mark = self._lead.text if self._lead and self._lead.text[0].isalnum() and not self._lead.is_term else ""
            self._settle()
            self.pieces.append(_Piece("heading", mark + words, self._heading))
        elif self._lead is not None:
            lead, self._lead = self._lead, None
            between = "" if not lead.is_term else " " if lead.text.endswith(_ENDS_TERM) else ": "
            self._item(lead.text + between + words)
        else:
            self.pieces.append(_Piece("paragraph", words))

    def _table(self, table: Element) -> None:
        self._settle()
        for part in table.elements:
            caption = inline_text(part, self._skip) if part.tag == "caption" else ""
            if _has_words(caption):
                self.pieces.append(_Piece("paragraph", caption))
        self._groups += 1
        rows = (_Piece("row", row.text, int(row.heads), self._groups) for row in table_rows(table, self._skip))
        self.pieces.extend(rows)


def _has_words(text: str) -> bool:
    """Whether there is something to see; a lone direction mark is nothing."""
    return any(character.isprintable() and not character.isspace() for character in text)
