"""Each question with its own passage: read under its title, then its likeliest sentences once more, as in service.

No search, no other passage, no corrected question; rows are not read by themselves, and words of the question near a
span count for nothing. Confidence is fitted to how much the best span beats "no answer" at either look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from qabot.calibration import GivenCalibration
from qabot.datatypes import Document, Quote, Span
from qabot.documents.plain import plain_blocks
from qabot.evaluation.datasets import Question
from qabot.evaluation.outcomes import Outcome, Prediction
from qabot.quotes import make_quote, sentences_around
from qabot.reader import Reader
from qabot.second_look import likeliest, look_again, pieces_of
from qabot.sentences import sentence_spans


@dataclass(frozen=True, slots=True)
class Seen:
    """A span of the passage, how much it beats "no answer" in it, and by how much more at the second look; logits."""

    span: Span
    margin: float
    again: float


class PassageAsker:
    """Asks the reader about the passage that a question names."""

    def __init__(
        self,
        passages: Mapping[str, str],
        reader: Reader,
        calibration: GivenCalibration,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._passages = passages
        self._reader = reader
        self._calibration = calibration
        self._clock = clock
        self._read = cache(self._document)  # questions about one passage follow each other, but need not

    def __call__(self, question: Question) -> Outcome:
        """What the reader takes for the answer, in the words of the passage."""
        document, sentences = self._read(str(question.source))
        began = self._clock()
        seen = seen_twice(self._reader, question.text.strip(), document, sentences, title=question.article or "")
        elapsed_ms = 1000 * (self._clock() - began)
        if not seen:
            return Outcome(question, Prediction(None, "", 0.0, elapsed_ms))
        confidence, best = max(((self._probability(one), one) for one in seen), key=lambda pair: pair[0])
        quote = make_quote(document, sentences, best.span)
        return Outcome(question, Prediction(quote, _answer(quote), confidence, elapsed_ms))

    def _probability(self, seen: Seen) -> float:
        return self._calibration.probability(seen.margin, seen.again)

    def _document(self, source: str) -> tuple[Document, tuple[Span, ...]]:
        return as_document(source, self._passages[source])


def as_document(name: str, passage: str) -> tuple[Document, tuple[Span, ...]]:
    """The passage as a text file would be, and its sentences."""
    blocks = plain_blocks(passage, 0)
    document = Document(name, passage, sha256="", encoding="utf-8", extractor="plain", blocks=blocks)
    return document, sentence_spans(document)


def seen_twice(
    reader: Reader, question: str, passage: Document, sentences: tuple[Span, ...], *, title: str
) -> list[Seen]:
    """The spans of a first look at the passage, best first, each with what the second one says of it.

    Of spans that overlap only the first is kept: the first look, where a longer span costs, chooses the words, and the
    second one the place.
    """
    context = title.replace("_", " ")  # SQuAD's titles are written as in addresses
    first = reader.read(question, passage.text, context=context)

    def sentence_of(span: Span) -> tuple[str, int]:
        return passage.id, sentences_around(sentences, span)[0]

    again = likeliest((sentence_of(scored.span), context) for scored in first.spans)
    pieces = pieces_of(again, lambda _: sentences)
    if sentences and [piece.span for piece in pieces] == [Span(sentences[0].start, sentences[-1].end)]:
        pieces = []  # nothing is left out: that would be the first look again
    look = look_again(reader, question, again, pieces, lambda _: passage.text)
    seen: list[Seen] = []
    for scored in first.spans:
        if any(one.span.overlaps(scored.span) for one in seen):
            continue
        margin, second = first.margin(scored), look.margin(sentence_of(scored.span), scored.span)
        seen.append(Seen(scored.span, margin, 0.0 if second is None else second - margin))
    return seen


def _answer(quote: Quote) -> str:
    return quote.answer_text or ""
