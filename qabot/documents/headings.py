"""Which headings a place of a document stands under, and the line of context that follows from them."""

# ruff: noqa: RUF001 - the separator is meant

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qabot.datatypes import Document
from qabot.documents.heading_words import heading_words

MAX_CONTEXT_CHARS = 120
CONTEXT_SEPARATOR = " › "


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

    def context(self, offset: int) -> str:
        """Title and headings above ``offset`` in one line of at most ``MAX_CONTEXT_CHARS`` characters.

        The title is left out where a heading, also one that begins at ``offset``, says the same.
        """
        path = self.at(offset)
        if self._title and self._title not in (*path, self._words_at(offset)):
            path = (self._title, *path)
        while len(path) > 2 and len(CONTEXT_SEPARATOR.join(path)) > MAX_CONTEXT_CHARS:
            path = (path[0], *path[2:])  # title and innermost heading say most
        return _shortened(path)

    def _words_at(self, offset: int) -> str | None:
        above = bisect_right(self._ends, offset)
        inside = above < len(self._headings) and self._headings[above].start <= offset
        return self._headings[above].path[-1] if inside else None


def _headings(document: Document) -> Iterator[_Heading]:
    open_: list[tuple[int, str]] = []
    for block in document.blocks:
        if block.kind == "heading":
            while open_ and open_[-1][0] >= block.level:
                open_.pop()
            open_.append((block.level, heading_words(document.id, block.span.of(document.text))))
            yield _Heading(block.span.start, block.span.end, tuple(words for _, words in open_))


def _shortened(path: Sequence[str]) -> str:
    """The parts joined, those without words left out, each cut to its share if they are too long together."""
    path = [part for part in path if part]
    joined = CONTEXT_SEPARATOR.join(path)
    if len(joined) <= MAX_CONTEXT_CHARS:
        return joined
    share = (MAX_CONTEXT_CHARS - len(CONTEXT_SEPARATOR) * (len(path) - 1)) // len(path)
    return CONTEXT_SEPARATOR.join(part if len(part) <= share else part[: share - 1].rstrip() + "…" for part in path)
