"""A question meets the documents: its spelling follows them, and its content words are looked up in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from qabot.datatypes import Filters
from qabot.index import Searchable
from qabot.question import content_words, correct_spelling, sentence_asked
from qabot.selection import Terms


@dataclass(frozen=True)
class Request:
    """A cleaned question and how it is to be answered."""

    text: str
    filters: Filters
    top: int
    drop_stale: bool
    checked: dict[str, bool] = field(default_factory=dict)  # document -> whether its file is as it was indexed


@dataclass(frozen=True)
class Question:
    """A question on its way: as it was asked, and as it is searched and read."""

    request: Request
    corrected: str
    terms: Terms
    missing: tuple[str, ...]  # content words that occur nowhere in the documents searched


def understand(request: Request, generation: Searchable, *, is_word: Callable[[str], bool]) -> Question:
    """Correct the spelling and look the content words up, both in the documents that the request may search.

    Args:
        request: whose text was cleaned.
        generation: the documents.
        is_word: whether a lower-case word is English, and so not to be "corrected" into a word of the documents.
    """
    rows = generation.rows_of(request.filters)

    @cache
    def stems(word: str) -> frozenset[str]:
        return frozenset(generation.analyse(word))

    @cache
    def occurring(word: str) -> frozenset[str]:
        return generation.occurring(stems(word), rows)

    corrected = correct_spelling(
        sentence_asked(request.text),
        is_known=lambda word: bool(occurring(word)) or is_word(word),
        vocabulary=generation.vocabulary,
    )
    words = content_words(corrected)
    asked: frozenset[str] = frozenset().union(*map(stems, words))
    known: frozenset[str] = frozenset().union(*map(occurring, words))
    missing = tuple(word for word in words if not occurring(word))
    return Question(request, corrected, Terms(corrected, asked, known), missing)
