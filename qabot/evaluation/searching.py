"""How far down the search finds a right passage: one that holds a whole gold.

A right passage is of the question's document. Where the question names none, as in JSONL without ``source``, the words
of a gold are enough wherever they stand (as in Karpukhin et al. 2020), which flatters golds of a single common word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qabot.datatypes import Candidate
from qabot.evaluation.asking import EvaluatedEngine
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.figures import RANKS
from qabot.evaluation.metrics import holds_words
from qabot.evaluation.outcomes import Outcome


def searched(outcome: Outcome, engine: EvaluatedEngine) -> Outcome:
    """The outcome with its right passage and that passage's place; unchanged where no passage could be right."""
    question = outcome.question
    if not question.answerable:
        return outcome
    candidates = engine.candidates(question.text, max(RANKS))
    rank = rank_among(candidates, question)
    return replace(outcome, rank=rank, passage=candidates[rank - 1] if rank else None)


def rank_among(candidates: Sequence[Candidate], question: Question) -> int:
    """The place, from 1, of the first right passage for a question; 0 if there is none."""
    for place, candidate in enumerate(candidates, start=1):
        own = question.source in (None, candidate.chunk.document_id)
        if own and any(_holds(candidate, gold) for gold in question.golds):
            return place
    return 0


def _holds(candidate: Candidate, gold: Gold) -> bool:
    if gold.span is None:
        return holds_words(candidate.text, gold.text)
    return candidate.chunk.span.contains(gold.span)
