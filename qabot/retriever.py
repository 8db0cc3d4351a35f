"""Question -> candidates: the chunks worth reading, by meaning and by words together.

This module knows how two rankings become one; it refuses to know what a good answer is. If either half fails the search
fails: half a search would look like a whole one.
"""

from __future__ import annotations

from collections.abc import Sequence

from qabot.datatypes import Candidate, Filters
from qabot.encoder import Encoder
from qabot.index import Searchable

POOL = 50  # of each half
READ_WHOLE = 8  # so few chunks are all candidates: leaving one out could only lose the answer
_RRF_K = 60  # Cormack, Clarke, Buettcher (SIGIR 2009): Reciprocal Rank Fusion outperforms Condorcet
BEST_FUSED_SCORE = 2 / (_RRF_K + 1)  # of a row that both rankings put first


class Retriever:
    """Searches one generation. Thread-safe as far as its encoder is."""

    def __init__(self, generation: Searchable, encoder: Encoder) -> None:
        self._generation = generation
        self._encoder = encoder

    def candidates(self, question: str, k: int, filters: Filters = Filters()) -> tuple[Candidate, ...]:  # noqa: B008 - immutable
        """The ``k`` chunks most worth reading for ``question``, best first; ties by row, so the order is reproducible.

        Where at most ``READ_WHOLE`` chunks pass ``filters``, all of them are returned.

        Raises:
            ValueError: unless ``k`` is positive.
        """
        if k < 1:
            raise ValueError(f"candidates needs k >= 1, got {k}")
        rows = self._generation.rows_of(filters)
        count = self._generation.chunk_count if rows is None else len(rows)
        if count == 0:
            return ()
        wanted = count if count <= READ_WHOLE else min(k, count)
        depth = max(POOL, wanted)
        dense = self._generation.dense(self._encoder.encode(question), depth, rows)
        lexical = self._generation.lexical(self._generation.analyse(question), depth, rows)
        return self._candidates(dense, lexical, wanted)

    def _candidates(
        self, dense: list[tuple[int, float]], lexical: list[tuple[int, float]], wanted: int
    ) -> tuple[Candidate, ...]:
        fused = fuse([row for row, _ in dense], [row for row, _ in lexical])[:wanted]
        cosines, bm25s = dict(dense), dict(lexical)
        passages = self._generation.passages(row for row, _ in fused)
        return tuple(
            Candidate(row, chunk, text, cosines.get(row), bm25s.get(row), score)
            for (row, score), (chunk, text) in zip(fused, passages, strict=True)
        )


def fuse(*rankings: Sequence[int]) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: a row's score is the sum of 1 / (60 + rank) over the rankings that hold it, rank from 1.

    Returns:
        Rows and scores, best first, ties by row.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1.0 / (_RRF_K + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))
