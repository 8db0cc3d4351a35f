"""How far down the search finds a right passage: one that holds a whole gold span.

Questions are searched as they are answered, with their spelling corrected; what is refused unread is not searched for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from qabot.config import Config
from qabot.datatypes import Candidate, Filters
from qabot.encoder import load_encoder
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.figures import RANKS
from qabot.evaluation.metrics import holds_words
from qabot.index import Generation, IndexIdentity, open_current
from qabot.question import clean, refusal
from qabot.retriever import Retriever
from qabot.understanding import Request, understand
from qabot.weights import load_tokenizer


@dataclass(frozen=True)
class Search:
    """The search over one index that is up to date."""

    generation: Generation
    retriever: Retriever
    max_question_chars: int

    def rank(self, question: Question) -> int:
        """The place, from 1, of the first right passage for a question; 0 if it is not among the first 20."""
        request = Request(clean(question.text), Filters(), top=1, drop_stale=True)
        if not self.generation.chunk_count or refusal(request.text, max_chars=self.max_question_chars) is not None:
            return 0
        tokenizer = load_tokenizer()
        asked = understand(request, self.generation, is_word=lambda word: tokenizer.token_to_id(word) is not None)
        return rank_among(self.retriever.candidates(asked.corrected, max(RANKS)), question)


@contextmanager
def opened(config: Config) -> Iterator[Search]:
    """The search over the configured index, which must be there.

    Raises:
        IndexUnusable: if it is not, or not as configured.
        ModelError: if the encoder cannot be used.
    """
    encoder = load_encoder(config.encoder)
    identity = IndexIdentity.of(encoder.identity, chunks=config.chunks, seeds=config.seeds)
    generation = open_current(config.embeddings_dir, identity)
    try:
        yield Search(generation, Retriever(generation, encoder), config.answers.max_question_chars)
    finally:
        generation.close()


def rank_among(candidates: Sequence[Candidate], question: Question) -> int:
    """The place, from 1, of the first candidate of the question's passage with a whole gold; 0 if there is none."""
    for place, candidate in enumerate(candidates, start=1):
        own = candidate.chunk.document_id == question.source
        if own and any(_holds(candidate, gold) for gold in question.golds):
            return place
    return 0


def _holds(candidate: Candidate, gold: Gold) -> bool:
    if gold.span is None:
        return holds_words(candidate.text, gold.text)
    return candidate.chunk.span.contains(gold.span)
