"""Where words stand in a document as it is now. Exact words only; pure functions over text.

Words count where they stand as words: "No." is not found in "No.5", nor "yes" in "yesterday".
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from qabot.datatypes import Document, Span
from qabot.documents import line_of
from qabot.sentences import cut_at

_MOST_TRIES = 10_000  # inside of longer words, before the words are given up as not found


@dataclass(frozen=True, slots=True)
class Place:
    """A span of a document in the terms of a quote."""

    source: str
    span: Span
    line_start: int | None  # 1-based; None where the text was extracted
    line_end: int | None
    page: int | None
    cut_start: bool = False  # the first sentence, too long to quote, began before; as in Quote not in the JSON
    cut_end: bool = False  # the last one goes on


def place_of(document: Document, span: Span) -> Place:
    """Lines or page of a span, and whether sentences that were cut go on around it."""
    plain = document.encoding is not None
    return Place(
        source=document.id,
        span=span,
        line_start=line_of(document.text, span.start) if plain else None,
        line_end=line_of(document.text, span.end - 1) if plain else None,
        page=bisect_right(document.pages, span.start) or None,
        cut_start=cut_at(document, span.start),
        cut_end=cut_at(document, span.end),
    )


def nearest_occurrence(text: str, words: str, start: int) -> Span | None:
    """The span of exactly these words whose start is nearest to ``start``; None if they stand nowhere."""
    after = _first(text, words, start)
    # Backwards in reversed text, since str.rfind may take quadratic time and str.find does not.
    found = _first(text[::-1], words[::-1], max(len(text) - len(words) - start + 1, 0))
    before = None if found is None else len(text) - len(words) - found
    starts = [at for at in (before, after) if at is not None]
    if not starts:
        return None
    at = min(starts, key=lambda one: abs(one - start))
    return Span(at, at + len(words))


def stands_at(text: str, words: str, start: int) -> bool:
    """Whether exactly these words stand there, as words."""
    return text[start : start + len(words)] == words and _whole(text, start, start + len(words))


def is_repeated(text: str, found: Span) -> bool:
    """Whether the words of a place, which stand there as words, do so at another place too."""
    words = found.of(text)
    return _first(text, words, 0) != found.start or _first(text, words, found.start + 1) is not None


def _first(text: str, words: str, at: int) -> int | None:
    for _ in range(_MOST_TRIES):
        at = text.find(words, at)
        if at < 0:
            return None
        if _whole(text, at, at + len(words)):
            return at
        at += 1
    return None


def _whole(text: str, start: int, end: int) -> bool:
    """Whether the span cuts no word at its edges."""
    cut_before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
    cut_after = end < len(text) and text[end - 1].isalnum() and text[end].isalnum()
    return not (cut_before or cut_after)
