"""What a piece of a document is read together with: its title, its headings, and what leads it.

A table's head leads its rows, a line that ends in a colon the list below it, an item those nested in it, a question
its answer. Such words are found and read with the piece, but they are no part of it: no quote and no answer is ever
taken from them. Knows blocks; knows nothing of tokens or chunks.
"""

# ruff: noqa: RUF001 - these bullets are meant

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from qabot.datatypes import Block, Document, Span
from qabot.documents.heading_words import heading_words
from qabot.documents.headings import HeadingPaths
from qabot.documents.tables import head_words

MAX_PART_CHARS = 120  # of a title, heading or lead; whoever counts tokens may shorten further
_MAX_QUESTION_CHARS = 200

_MARKS = "*_\"'”’)» \t\r\n"
_LABEL = re.compile(r"(\*\*|__)[^*_\r\n]+\1:?")  # a line in bold
_ASKED = re.compile(r"(?:\*\*|__)?Q(?:uestion)?[ \t]?\d{0,3}[.:)][^?\r\n]*\?(?:\*\*|__)?|(\*\*|__)[^?*_\r\n]*\?\1")
_BEFORE_LAST_SENTENCE = re.compile(r".*[.!?][*_\"”’)]*\s+", re.DOTALL)
_ITEM_MARKER = re.compile(r"\A(?:[-*+•‣⁃–]|\(?(?:\d{1,3}|[a-zA-Z]|#)[.)])[ \t]+")


class _Lead(NamedTuple):
    """The part of a block that belongs with what follows it; without words where others say them (headings do)."""

    span: Span
    words: str = ""


class _Open(NamedTuple):
    """What leads the next block."""

    label: str = ""  # a bold line or a marked question: holds until the next one or a heading
    once: str = ""  # a plain question: holds for one block
    intro: str = ""  # a sentence that ended with a colon: holds for one block, a list, a table or code
    listed: bool = False  # whether its list, table or code has begun
    items: tuple[tuple[int, str], ...] = ()  # level and words of the items around
    head: tuple[str, ...] = ()  # rows of the table's head
    body: bool = False  # whether rows below the head have come

    def words(self) -> tuple[str, ...]:
        found = (self.label, self.once, self.intro, *(words for _, words in self.items), head_words(self.head))
        return tuple(words for words in found if words)


class Contexts:
    """The contexts of one document's places; made once, then asked often."""

    def __init__(self, document: Document) -> None:
        walk = _Walk(document)
        self._paths = HeadingPaths(document)
        self._starts = [block.span.start for block in document.blocks]
        self._above = list(walk.above())
        self._leading = walk.leading

    def at(self, offset: int) -> tuple[str, ...]:
        """Title, headings and leads above ``offset``, outermost first; nothing stands above itself.

        Each is one line of at most ``MAX_PART_CHARS`` characters.
        """
        block = bisect_right(self._starts, offset) - 1
        leads = self._above[block] if block >= 0 else ()
        own = self._leading.get(block)
        if own is not None and own.words and own.span.end <= offset:
            leads = (own.words,)
        return tuple(_shortened(part) for part in (*self._paths.titled(offset), *leads))

    def leads(self, span: Span) -> bool:
        """Whether the sentence at ``span`` belongs with what follows it: a heading, a table's head, a question."""
        own = self._leading.get(bisect_right(self._starts, span.start) - 1)
        return own is not None and own.span.contains(span)


class _Walk:
    """Goes through the blocks of a document once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._text = document.text
        self.leading: dict[int, _Lead] = {}  # by block; complete after the walk

    def above(self) -> Iterator[tuple[str, ...]]:
        """For each block the words that lead it, outermost first."""
        open_ = _Open()
        before = 0
        for at, (block, following) in enumerate(pairwise((*self._document.blocks, None))):
            if block is None:
                return
            open_ = self._closed(open_, block, before)
            before = block.span.end
            yield open_.words()
            lead, open_ = self._opened(open_, block, following)
            if lead is not None:
                self.leading[at] = lead

    def _closed(self, open_: _Open, block: Block, before: int) -> _Open:
        """What still holds where ``block`` begins, the block before it having ended at ``before``."""
        if block.kind in ("heading", "header"):
            return _Open()
        if block.kind != "row" or self._begins_table(open_, block, before):
            open_ = open_._replace(head=(), body=False)
        if block.kind == "item":
            return open_._replace(items=tuple(item for item in open_.items if item[0] < block.level))
        if block.kind != "paragraph" or self._indented(block):
            return open_ if block.kind == "paragraph" else open_._replace(items=())
        return open_._replace(items=(), intro="" if open_.listed else open_.intro)

    def _opened(self, open_: _Open, block: Block, following: Block | None) -> tuple[_Lead | None, _Open]:
        """What leads from within ``block``, and what holds after it."""
        if block.kind in ("heading", "header"):
            return _Lead(block.span), open_
        if block.kind == "row" and block.level:
            return _Lead(block.span), open_._replace(listed=True, head=(*open_.head, block.span.of(self._text)))
        if block.kind in ("row", "code"):
            return None, open_._replace(once="", listed=True, body=block.kind == "row")
        if following is None or following.kind in ("heading", "header"):
            return self._asked_inside(block), open_
        return self._led(open_, block, following)

    def _led(self, open_: _Open, block: Block, following: Block) -> tuple[_Lead | None, _Open]:
        """The same for a paragraph or item that something follows."""
        asked = self._asked_inside(block)
        if asked is not None:
            return asked, _Open(label=asked.words)
        words = block.span.of(self._text)
        if block.kind == "paragraph" and _LABEL.fullmatch(words):
            return _Lead(block.span), _Open(label=self._words(words))
        if self._is_question(block) and self._answers(block, following):
            return _Lead(block.span), open_._replace(once=self._words(words), intro="")
        if block.kind == "item":
            return None, open_._replace(once="", listed=True, items=(*open_.items, (block.level, self._words(words))))
        if self._indented(block) and open_.items:
            return None, open_._replace(once="")
        return self._introduced(open_, block)

    def _introduced(self, open_: _Open, block: Block) -> tuple[_Lead | None, _Open]:
        """The same for a paragraph that is neither question nor label: its last sentence if it ends with a colon."""
        words = block.span.of(self._text)
        if not words.rstrip(_MARKS).endswith(":"):
            return None, open_._replace(once="", intro="")
        before = _BEFORE_LAST_SENTENCE.match(words)
        start = block.span.start + (before.end() if before else 0)
        intro = Span(start, block.span.end)
        return _Lead(intro), open_._replace(once="", intro=self._words(intro.of(self._text)), listed=False)

    def _asked_inside(self, block: Block) -> _Lead | None:
        """The question that a block begins with, where signs mark it as one: ``Q: May I?``, ``**May I?**``."""
        words = block.span.of(self._text)
        marker = _ITEM_MARKER.match(words) if block.kind == "item" else None
        found = _ASKED.match(words, marker.end() if marker else 0)
        if found is None or found.end() > _MAX_QUESTION_CHARS:
            return None
        span = Span(block.span.start, block.span.start + found.end())
        return _Lead(span, self._words(found[0]))

    def _is_question(self, block: Block) -> bool:
        words = block.span.of(self._text) if len(block.span) <= _MAX_QUESTION_CHARS else ""
        return words.rstrip(_MARKS).endswith("?") and _BEFORE_LAST_SENTENCE.match(words) is None

    def _answers(self, block: Block, following: Block) -> bool:
        """Whether ``following`` may answer the question ``block``: it is none itself, nor the next point of a list."""
        next_point = block.kind == following.kind == "item" and following.level <= block.level
        return not next_point and not self._is_question(following)

    def _begins_table(self, open_: _Open, row: Block, before: int) -> bool:
        """Whether a row belongs to another table than the row before it.

        Extracted text parts tables by a blank line; in a text file such a line may stand inside of a table's directive.
        """
        parted = self._document.encoding is None and "\n\n" in self._text[before : row.span.start]
        return parted or bool(row.level and open_.body)

    def _indented(self, block: Block) -> bool:
        return block.span.start > 0 and self._text[block.span.start - 1] in " \t"

    def _words(self, text: str) -> str:
        return heading_words(self._document.id, _ITEM_MARKER.sub("", text, count=1))


def _shortened(part: str) -> str:
    """At most ``MAX_PART_CHARS`` characters, cut between words where that is possible."""
    if len(part) <= MAX_PART_CHARS:
        return part
    cut = part[: MAX_PART_CHARS - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[MAX_PART_CHARS // 2 :] else cut).rstrip() + "…"
