"""Outcomes for tests of the evaluation."""

from results import quote

from qabot.evaluation.datasets import Gold, Question, with_words
from qabot.evaluation.outcomes import Outcome, Prediction


def outcome(
    golds: str,
    said: str | None,
    confidence: float = 0.9,
    *,
    article: str | None = None,
    rank: int | None = None,
    elapsed_ms: float = 10.0,
) -> Outcome:
    """A question with gold answers divided by "/", and what was said to it: "" is no answer, None no prediction.

    The quote is the short answer itself, so that the answer is right if a gold answer's words stand in it.
    """
    question = Question("?", with_words(map(Gold, golds.split("/"))), "line 1", article=article)
    quoted = quote(said, (0, len(said))) if said else None
    prediction = None if said is None else Prediction(quoted, said, confidence if said else 0.0, elapsed_ms)
    return Outcome(question, prediction, rank)
