"""BM25 over chunks of several segments, with the statistics of those that may be seen and of no others.

How rare a term is, how many chunks there are and how long they are on average is counted among the visible chunks: what
is dead, or hidden from the asker, has no influence. So the scores are those of an index of just the visible documents,
however they are spread over segments. The formula is Lucene's and Tantivy's, lengths rounded as they round them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qabot.index.terms import Terms

_K1, _B = 1.2, 0.75
_EXACT = 40  # lengths up to here are kept as they are
_FREQUENT = 16  # a term that more than one of so many chunks holds is kept as a column
_COLUMNS = 64
_Ints = NDArray[np.integer[Any]]


class Ranked(NamedTuple):
    """A segment's counts, and the row of all that each of its chunks is; hidden ones are row ``total``."""

    terms: Terms
    rows: NDArray[np.int64]


class Ranking:
    """Search over the visible chunks among rows 0 to ``total``. Threads may share it."""

    def __init__(self, segments: Sequence[Ranked], total: int) -> None:
        self._segments = segments
        self._total = total
        self._columns: OrderedDict[str, _Ints] = OrderedDict()  # frequent terms: the count in every row
        self._lock = Lock()

    def search(self, terms: Sequence[str], k: int, rows: NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` visible rows with the highest BM25 for any of ``terms``; best first, equal ones by row.

        Args:
            terms: stems; repeated ones count once.
            k: how many at most; rows with none of the terms are not returned.
            rows: the only ones that may be returned; None: every visible one.
        """
        scores = np.zeros(self._total + 1, dtype=np.float32)  # the last one gathers what is hidden
        for term in dict.fromkeys(terms):
            self._add(term, scores)
        found = np.flatnonzero(scores[: self._total]) if rows is None else rows[scores[rows] > 0]
        return best(scores[found], found, k)

    def occurring(self, stems: Iterable[str], rows: NDArray[np.int64] | None = None) -> frozenset[str]:
        """Those of the stems that any of ``rows`` (None: any visible row) holds."""
        among = np.zeros(self._total + 1, dtype=bool)
        among[slice(self._total) if rows is None else rows] = True
        return frozenset(stem for stem in stems if any(among[held].any() for held, _ in self._held(stem)))

    def _add(self, term: str, scores: NDArray[np.float32]) -> None:
        """Add what a term is worth in each row. Rows do not share numbers, so the order of segments does not matter."""
        column = self._column(term)
        if column is not None:
            counts = column.astype(np.float32)
            scores += self._weight(int(np.count_nonzero(column[: self._total]))) * (counts / (counts + self._norms))
            return
        held = list(self._held(term))
        weight = self._weight(sum(int(np.count_nonzero(rows < self._total)) for rows, _ in held))
        for rows, often in held:
            counts = often.astype(np.float32)
            scores[rows] += weight * (counts / (counts + self._norms[rows]))

    def _held(self, term: str) -> Iterable[tuple[NDArray[np.int64], _Ints]]:
        for segment in self._segments:
            held, counts = segment.terms.terms.of(term)
            if len(held):
                yield segment.rows[held], counts

    def _column(self, term: str) -> _Ints | None:
        """The counts of a frequent term in every row, since adding columns is faster; None for a rare one."""
        with self._lock:
            if term in self._columns:
                self._columns.move_to_end(term)
                return self._columns[term]
        held = list(self._held(term))
        if sum(len(rows) for rows, _ in held) * _FREQUENT <= self._total:
            return None
        column = np.zeros(self._total + 1, dtype=np.result_type(*(counts for _, counts in held)))
        for rows, counts in held:
            column[rows] = counts
        with self._lock:
            self._columns[term] = column
            if len(self._columns) > _COLUMNS:
                self._columns.popitem(last=False)
        return column

    def _weight(self, holding: int) -> np.float32:
        idf = np.log(1 + (self._visible - holding + 0.5) / (holding + 0.5))
        return np.float32(idf * (1 + _K1))

    @cached_property
    def _visible(self) -> int:
        return sum(int(np.count_nonzero(segment.rows < self._total)) for segment in self._segments)

    @cached_property
    def _norms(self) -> NDArray[np.float32]:
        """What the counts in each row are damped by: more in longer chunks; shape (total + 1,)."""
        lengths = np.zeros(self._total + 1, dtype=np.int64)
        for segment in self._segments:
            lengths[segment.rows] = segment.terms.lengths
        lengths[self._total] = 0
        mean = lengths.sum() / max(1, self._visible)
        return np.asarray(_K1 * (1 - _B + _B * rounded(lengths) / max(mean, 1e-9)), dtype=np.float32)


def best(scores: NDArray[np.float32], rows: NDArray[np.int64], k: int) -> list[tuple[int, float]]:
    """The ``k`` rows with the highest scores, best first, equal ones by row; both of shape (n,)."""
    if k <= 0 or not len(rows):
        return []
    if len(rows) > k:
        among = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        scores, rows = scores[among], rows[among]
    order = np.lexsort((rows, -scores))[:k]
    return [(int(row), float(score)) for row, score in zip(rows[order], scores[order], strict=True)]


def rounded(lengths: _Ints) -> NDArray[np.int64]:
    """Lengths as Tantivy and Lucene keep them in one byte: rounded down to three bits behind the leading one.

    Source: Lucene's SmallFloat.intToByte4; 24 values are added so that small lengths stay exact.
    """
    above = np.maximum(lengths.astype(np.int64) - 24, 0)
    shift = np.maximum(np.floor(np.log2(np.maximum(above, 1))).astype(np.int64) - 3, 0)
    return np.where(lengths <= _EXACT, lengths, 24 + (above >> shift << shift))
