"""What was said to a question, and whether that was right.

Right: the short answer overlaps a gold span that its quote contains. Where only the gold's words are known: one of the
two holds the other's words, and the quote holds the gold's. If the question names its document, the quote is from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from qabot.datatypes import Candidate, Quote
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.metrics import holds_words


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best answer, shown from some threshold on; without a quote there is none at any threshold."""

    quote: Quote | None
    text: str
    confidence: float  # [0, 1]
    elapsed_ms: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question and what became of it. ``prediction`` None: it is missing, which is neither right nor a refusal."""

    question: Question
    prediction: Prediction | None
    rank: int | None = None  # of the first right passage, from 1; 0: not among those looked at; None: nothing searched
    passage: Candidate | None = None  # at that rank

    @property
    def right(self) -> bool:
        """Whether the prediction is right if it is shown."""
        quote = self.prediction.quote if self.prediction else None
        return quote is not None and is_right(self.question, quote)


def is_right(question: Question, quote: Quote) -> bool:
    """Whether the quote and the short answer marked in it are right."""
    if question.source is not None and quote.source != question.source:
        return False
    return any(_supports(quote, gold) for gold in question.golds)


def _supports(quote: Quote, gold: Gold) -> bool:
    if quote.answer is None or quote.answer_text is None:
        return False
    if gold.span is not None:
        return quote.answer.overlaps(gold.span) and quote.span.contains(gold.span)
    alike = holds_words(quote.answer_text, gold.text) or holds_words(gold.text, quote.answer_text)
    return alike and holds_words(quote.text, gold.text)
