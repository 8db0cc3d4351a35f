"""Which of the spans that were read is the answer: features, probabilities, and the merging of equal answers.

This module knows how spans from different passages are compared; it refuses to know how passages were found or read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from qabot.calibration import Calibration, Features
from qabot.datatypes import Candidate, Document, Span
from qabot.question import share_named
from qabot.quotes import is_pronoun, names_someone, sentences_around, tidy, with_limit
from qabot.reader import Reading
from qabot.retriever import BEST_FUSED_SCORE

_SPANS_PER_PASSAGE = 5
_ARTICLES = frozenset({"a", "an", "the"})
_KEY_WORD = re.compile(r"\w+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Terms:
    """The question, its content words as the index counts them, and which of them the searched documents have."""

    question: str
    stems: frozenset[str]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A span that may be the answer, in its document."""

    document_id: str
    span: Span
    text: str
    features: Features
    probability: float


def weigh(
    candidate: Candidate,
    reading: Reading,
    *,
    document: Document,
    sentences: Sequence[Span],
    terms: Terms,
    analyse: Callable[[str], list[str]],
    calibration: Calibration,
    beside: str = "",
    may_answer: Callable[[Span], bool] = lambda _: True,
) -> list[Found]:
    """The best spans of one reading with their probabilities, best first; of those that overlap, the reading's first.

    Args:
        candidate: the passage that was read; the reading's spans count from its start.
        reading: what the reader saw in it.
        document: the candidate's document.
        sentences: the document's sentence spans, in order.
        terms: the question's.
        analyse: text -> stems, as the index counts words.
        calibration: scores -> probability.
        beside: words that each of the spans was read with beside the passage's context, e.g. the columns' names.
        may_answer: whether a span of the document may be an answer; those that may not stand in no other's way.
    """
    context = f"{candidate.chunk.context} {beside}"
    whole = f"{candidate.chunk.context} {candidate.text}"
    passage = share(terms.stems, analyse(whole))
    named = share_named(terms.question, whole)
    found: list[Found] = []
    for scored in reading.spans:
        span = tidy(document.text, scored.span.shifted(candidate.chunk.span.start))
        first, last = sentences_around(sentences, span)
        if first != last:
            continue  # no short answer runs from one sentence into the next
        limited = with_limit(document.text, span)
        span = limited if sentences[first].contains(limited) else span
        if (
            not may_answer(span)
            or says_nothing(span.of(document.text))
            or any(span.overlaps(better.span) for better in found)
        ):
            continue
        text = span.of(document.text)
        features = Features(
            margin=reading.margin(scored),
            near=share(terms.stems, analyse(f"{context} {sentences[first].of(document.text)}")),
            passage=passage,
            rank=candidate.fused_score / BEST_FUSED_SCORE,
            named=named,
        )
        found.append(Found(document.id, span, text, features, calibration.probability(features)))
    return sorted(found, key=best_first)[:_SPANS_PER_PASSAGE]


def says_nothing(text: str) -> bool:
    """Whether it is punctuation only, such as the "-" of an empty cell; a sign such as "+" or an emoji may answer."""
    return all(unicodedata.category(character)[0] in "PZC" or character == "|" for character in text)


def share(stems: frozenset[str], text_stems: Iterable[str]) -> float:
    """The share of the question's stems that the text has; 0 for a question without content words."""
    return len(stems.intersection(text_stems)) / len(stems) if stems else 0.0


def merge(found: Iterable[Found]) -> list[tuple[Found, ...]]:
    """The answers, best first; each with all the places that say the same, best first, no place twice.

    Spans that overlap are one place: its best span speaks for it. Places are equal if their words are, regardless of
    case, articles and punctuation.
    """
    places: list[Found] = []
    for candidate in sorted(found, key=best_first):
        if not any(_same_place(candidate, place) for place in places):
            places.append(candidate)
    answers: dict[str, list[Found]] = {}
    for place in places:
        answers.setdefault(answer_key(place.text), []).append(place)
    return [tuple(group) for group in answers.values()]


def answer_key(text: str) -> str:
    """What two answers share if they say the same: lower-case words without articles; the text if it has no words.

    Source: answer normalisation of the SQuAD evaluation script (Rajpurkar et al. 2016), but "3.5" keeps its point.
    """
    words = [word for word in _KEY_WORD.findall(text.casefold()) if word not in _ARTICLES]
    return " ".join(words) or text


def name_for_pronoun(best: Found, found: Iterable[Found], document: Document, reach: Span) -> Found:
    """If ``best`` is a pronoun, the best span that names someone within ``reach`` (its quote); else ``best`` itself."""
    if not is_pronoun(best.text):
        return best
    named = (
        other
        for other in found
        if other.document_id == best.document_id
        and reach.contains(other.span)
        and not is_pronoun(other.text)
        and names_someone(document.text, other.span)
    )
    return min(named, key=best_first, default=best)


def _same_place(one: Found, other: Found) -> bool:
    return one.document_id == other.document_id and one.span.overlaps(other.span)


def best_first(found: Found) -> tuple[float, str, Span]:
    """The sorting key."""
    return -found.probability, found.document_id, found.span
