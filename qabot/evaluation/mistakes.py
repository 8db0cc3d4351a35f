"""The mistakes worth looking at: wrong answers that were shown, right ones that were refused, and what was not found.

This module chooses them and finds the passages that explain them; it refuses to know how they are shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from qabot.datatypes import Span
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.outcomes import Outcome, Prediction, is_right

MOST_CHARS = 1_500  # of a passage that are shown
_WHITE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Passage:
    """A slice of a document that begins at ``start``, with the places of the gold answers and of what was said.

    All places count in the document's text.
    """

    source: str
    start: int
    text: str
    gold: tuple[Span, ...] = ()
    said: tuple[Span, ...] = ()
    cut_before: bool = False  # whether text that belongs to it is left out there
    cut_after: bool = False

    @property
    def span(self) -> Span:
        """The slice."""
        return Span(self.start, self.start + len(self.text))


def wrong_ones(outcomes: Sequence[Outcome], threshold: float) -> list[Outcome]:
    """The wrong answers that were shown, the most confident first; equals as in the file."""
    wrong = [one for one in outcomes if _sure(one) >= threshold and not one.right]
    return sorted((one for one in wrong if _is_offered(one)), key=_sure, reverse=True)


def refused_ones(outcomes: Sequence[Outcome], threshold: float) -> list[Outcome]:
    """The right answers below the threshold, the nearest to it first."""
    return sorted((one for one in outcomes if one.right and _sure(one) < threshold), key=_sure, reverse=True)


def missed_ones(outcomes: Sequence[Outcome], threshold: float) -> list[Outcome]:
    """The answerable questions that were refused and whose best answer, if any, was wrong; the surest first."""
    missed = [one for one in outcomes if one.question.answerable and one.prediction and not one.right]
    return sorted((one for one in missed if not _is_offered(one) or _sure(one) < threshold), key=_sure, reverse=True)


def why_wrong(outcome: Outcome) -> str | None:
    """Why an answer in the right words is wrong all the same; None for any other."""
    question, quote = outcome.question, outcome.prediction.quote if outcome.prediction else None
    if quote is None or outcome.right or not is_right(_anywhere(question), quote):
        return None
    if question.source not in (None, quote.source):
        return f"The words are right, but not from {question.source}, which is the question's document."
    return "The words are right, but they are meant at another place."


def _anywhere(question: Question) -> Question:
    return replace(question, source=None, golds=tuple(Gold(gold.text) for gold in question.golds))


def passages_of(outcome: Outcome, texts: Mapping[str, str]) -> list[Passage]:
    """Where the given answer stands and, as far as that is known, the right one; one passage if they share it.

    ``texts``: the file's own passages by document id.
    """
    said, right = _said_passage(outcome.prediction, texts), _right_passage(outcome, texts)
    if said and right and said.source == right.source and right.span.contains(said.span):
        return [_cut(replace(right, said=said.said))]
    return [_cut(passage) for passage in (said, right) if passage]


def _is_offered(outcome: Outcome) -> bool:
    return outcome.prediction is not None and outcome.prediction.quote is not None


def _sure(outcome: Outcome) -> float:
    return outcome.prediction.confidence if outcome.prediction else 0.0


def _right_passage(outcome: Outcome, texts: Mapping[str, str]) -> Passage | None:
    """The question's own passage in the file, else the one that the search found."""
    question, found = outcome.question, outcome.passage
    if not question.answerable:
        return None
    if question.source is not None and question.source in texts:
        return _with_golds(Passage(question.source, 0, texts[question.source]), question)
    if found is None:
        return None
    return _with_golds(Passage(found.chunk.document_id, found.chunk.span.start, found.text), question)


def _said_passage(prediction: Prediction | None, texts: Mapping[str, str]) -> Passage | None:
    """The whole passage that the answer is from, or only its quote."""
    quote = prediction.quote if prediction else None
    if quote is None or quote.answer is None:
        return None
    if quote.source in texts:
        return Passage(quote.source, 0, texts[quote.source], said=(quote.answer,))
    return Passage(quote.source, quote.span.start, quote.text, said=(quote.answer,))


def _with_golds(passage: Passage, question: Question) -> Passage:
    """With the places of the golds; where only their words are known, everywhere that these stand."""
    places = (span for gold in question.golds for span in _places(passage, gold))
    return replace(passage, gold=tuple(dict.fromkeys(places)))


def _places(passage: Passage, gold: Gold) -> list[Span]:
    if gold.span is not None:
        return [gold.span]
    words = r"\s+".join(map(re.escape, gold.text.split()))
    found = re.finditer(rf"(?<!\w){words}(?!\w)", passage.text, re.IGNORECASE)
    return [Span(*match.span()).shifted(passage.start) for match in found]


def _cut(passage: Passage) -> Passage:
    """At most ``MOST_CHARS`` around the first answer in it, between words; answers that are cut are not marked."""
    text, size = passage.text, len(passage.text)
    if size <= MOST_CHARS:
        return passage
    answer = min((span.start - passage.start for span in (*passage.said, *passage.gold)), default=0)
    start = max(0, min(answer - MOST_CHARS // 2, size - MOST_CHARS))
    end = start + MOST_CHARS
    start += _to_white(text[start:end]) if start else 0
    end -= _to_white(text[start:end][::-1]) if end < size else 0
    kept = Passage(passage.source, passage.start + start, text[start:end], cut_before=start > 0, cut_after=end < size)
    gold, said = (tuple(filter(kept.span.contains, spans)) for spans in (passage.gold, passage.said))
    return replace(kept, gold=gold, said=said)


def _to_white(text: str) -> int:
    """How many characters to leave out so that no word is cut; none where no white space is near."""
    found = _WHITE.search(text, 0, 40)
    return found.start() if found else 0
