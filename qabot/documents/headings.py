"""Which headings a place of a document stands under."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from qabot.datatypes import Document
from qabot.documents.heading_words import heading_words


class _Heading(NamedTuple):
    start: int
    end: int
    path: tuple[str, ...]  # itself last


class HeadingPaths:
    """The headings of one document; made once, then asked often."""

    def __init__(self, document: Document) -> None:
        self._title = " ".join((document.title or "").split())
        self._headings = tuple(_headings(document))
        self._ends = [heading.end for heading in self._headings]

    def at(self, offset: int) -> tuple[str, ...]:
        """The headings above ``offset``, outermost first; a heading does not stand above itself."""
        above = bisect_right(self._ends, offset)
        if above < len(self._headings) and self._headings[above].start <= offset:
            return self._headings[above].path[:-1]
        return self._headings[above - 1].path if above else ()

    def titled(self, offset: int) -> tuple[str, ...]:
        """Title and headings above ``offset``, empty ones left out.

        The title is left out where a heading, also one that begins at ``offset``, says the same or more.
        """
        path = self.at(offset)
        if self._title and not any(self._title in words for words in (*path, self._words_at(offset))):
            path = (self._title, *path)
        return tuple(part for part in path if part)

    def _words_at(self, offset: int) -> str:
        above = bisect_right(self._ends, offset)
        inside = above < len(self._headings) and self._headings[above].start <= offset
        return self._headings[above].path[-1] if inside else ""


def _headings(document: Document) -> Iterator[_Heading]:
    open_: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.kind == "heading":
            while open_ and open_[-1][0] >= block.level:
                open_.pop()
            open_.append((block.level, heading_words(document.id, block.span.of(document.text))))
            yield _Heading(block.span.start, block.span.end, tuple(words for _, words in open_))
