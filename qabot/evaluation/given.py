"""Each question with its own passage, read by the reader alone: no search, no other passage.

Confidence is fitted to how much the best span beats "no answer", and to nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache

from qabot.calibration import GivenCalibration
from qabot.datatypes import Document, Quote, Span
from qabot.documents.plain import plain_blocks
from qabot.evaluation.datasets import Question
from qabot.evaluation.outcomes import Outcome, Prediction
from qabot.quotes import make_quote
from qabot.reader import Reader
from qabot.sentences import sentence_spans


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
        source = str(question.source)
        began = self._clock()
        reading = self._reader.read(question.text.strip(), self._passages[source])
        elapsed_ms = 1000 * (self._clock() - began)
        if not reading.spans:
            return Outcome(question, Prediction(None, "", 0.0, elapsed_ms))
        document, sentences = self._read(source)
        best = reading.spans[0]
        quote = make_quote(document, sentences, best.span)
        confidence = self._calibration.probability(reading.margin(best))
        return Outcome(question, Prediction(quote, _answer(quote), confidence, elapsed_ms))

    def _document(self, source: str) -> tuple[Document, tuple[Span, ...]]:
        text = self._passages[source]
        document = Document(source, text, sha256="", encoding="utf-8", extractor="plain", blocks=plain_blocks(text, 0))
        return document, sentence_spans(document)


def _answer(quote: Quote) -> str:
    return quote.answer_text or ""
