"""The terms of each chunk, counted in memory, so that BM25 can be taken over some of the documents alone.

Tantivy counts over everything it holds, so its scores tell of documents that the asker may not see. Here the number
of chunks, their mean length and how many hold a term are counted among the visible ones. The formula is Tantivy's,
lengths rounded as it rounds them, so that the order is the same as in an index of the visible documents only.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qabot.index.entry import Entry, embedded_text
from qabot.index.texts import Texts
from qabot.index.texts_writer import words_of

_K1, _B = 1.2, 0.75
_EXACT = 40  # lengths up to here are kept as they are
_Ints = NDArray[np.int32]
_Mask = NDArray[np.bool_]


@dataclass(slots=True)
class Lexicon:
    """A number for each term, in the order in which they were met."""

    numbers: dict[str, int] = field(default_factory=dict)

    def counted(self, counts: Mapping[str, int]) -> tuple[_Ints, _Ints]:
        """The numbers of the terms and how often each occurs, shape (n,) both."""
        numbers = [self.numbers.setdefault(term, len(self.numbers)) for term in counts]
        return np.array(numbers, dtype=np.int32), np.array(list(counts.values()), dtype=np.int32)


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """One document's terms: entries of (chunk, term, count), the chunks' lengths in terms, and its words."""

    key: str  # of what was counted
    chunk: _Ints
    term: _Ints
    count: _Ints
    lengths: _Ints
    words: tuple[_Ints, _Ints]


class Postings:
    """Which chunks hold which terms, for all documents of a generation. Read only: threads may share it."""

    def __init__(self, lexicon: Lexicon, words: Lexicon, documents: Mapping[str, DocumentTerms]) -> None:
        self.lexicon = lexicon
        self.words = words
        self.documents = documents
        counted = list(documents.values())
        firsts = np.cumsum([0, *(len(one.lengths) for one in counted)])
        row = _joined([one.chunk + first for one, first in zip(counted, firsts, strict=False)])
        term = _joined([one.term for one in counted])
        order = np.argsort(term, kind="stable")
        self._rows, self._counts = row[order], _joined([one.count for one in counted])[order]
        self._starts = np.searchsorted(term[order], np.arange(len(lexicon.numbers) + 1))
        self._lengths = _joined([one.lengths for one in counted])

    @classmethod
    def of(cls, texts: Texts, analyse: Callable[[str], list[str]], before: Postings | None = None) -> Postings:
        """Count every document, taking over from ``before`` what did not change."""
        lexicon = before.lexicon if before else Lexicon()
        words = before.words if before else Lexicon()
        # Terms are only added, and other threads read a Postings' own arrays: sharing the numbers is safe.
        counted: dict[str, DocumentTerms] = {}
        for listed in texts.documents():
            entry = texts.entry(listed.id)
            key, known = _key(entry), before.documents.get(listed.id) if before else None
            counted[listed.id] = known if known and known.key == key else _count(entry, key, analyse, lexicon, words)
        return cls(lexicon, words, counted)

    def search(
        self, terms: Sequence[str], k: int, *, visible: _Mask, rows: NDArray[np.int64]
    ) -> list[tuple[int, float]]:
        """The ``k`` of ``rows`` with the highest BM25 for any of ``terms``; best first, equal ones by row.

        Args:
            terms: stems; repeated ones count once.
            k: how many at most.
            visible: shape (chunks,), the chunks that statistics are taken over.
            rows: the ones that may be returned; all of them visible.
        """
        scores = np.zeros(len(self._lengths), dtype=np.float32)
        norms = self._norms(visible)
        for term in dict.fromkeys(terms):
            held, counts = self._posted(term)
            seen = visible[held]
            held, counts = held[seen], counts[seen].astype(np.float32)
            weight = np.float32(_idf(int(visible.sum()), len(held)) * (1 + _K1))
            scores[held] += weight * (counts / (counts + norms[held]))
        found = rows[scores[rows] > 0]
        best = found[np.lexsort((found, -scores[found]))][: max(0, k)]
        return [(int(row), float(scores[row])) for row in best]

    def occurring(self, stems: Iterable[str], rows: NDArray[np.int64]) -> frozenset[str]:
        """Those of the stems that any of ``rows`` holds."""
        among = np.zeros(len(self._lengths), dtype=bool)
        among[rows] = True
        return frozenset(stem for stem in stems if among[self._posted(stem)[0]].any())

    def vocabulary(self, document_ids: Iterable[str]) -> tuple[str, ...]:
        """The words of these documents, the most frequent first, equal ones in alphabetical order."""
        total = np.zeros(len(self.words.numbers), dtype=np.int64)
        for document_id in document_ids:
            numbers, counts = self.documents[document_id].words
            total[numbers] += counts
        # Another thread may be counting the next generation's documents and add words meanwhile.
        names = list(self.words.numbers)[: len(total)]
        found = [(-int(total[number]), names[number]) for number in np.flatnonzero(total)]
        return tuple(word for _, word in sorted(found))

    def _posted(self, term: str) -> tuple[_Ints, _Ints]:
        number = self.lexicon.numbers.get(term, len(self._starts))
        if number + 1 >= len(self._starts):
            return self._rows[:0], self._counts[:0]
        held = slice(self._starts[number], self._starts[number + 1])
        return self._rows[held], self._counts[held]

    def _norms(self, visible: _Mask) -> NDArray[np.float32]:
        mean = self._lengths[visible].sum() / max(1, int(visible.sum()))
        return np.asarray(_K1 * (1 - _B + _B * rounded(self._lengths) / max(mean, 1e-9)), dtype=np.float32)


def rounded(lengths: _Ints) -> NDArray[np.int64]:
    """Lengths as Tantivy and Lucene keep them in one byte: rounded down to three bits behind the leading one.

    Source: Lucene's SmallFloat.intToByte4; 24 values are added so that small lengths stay exact.
    """
    above = np.maximum(lengths.astype(np.int64) - 24, 0)
    shift = np.maximum(np.floor(np.log2(np.maximum(above, 1))).astype(np.int64) - 3, 0)
    return np.where(lengths <= _EXACT, lengths, 24 + (above >> shift << shift))


def _idf(chunks: int, holding: int) -> float:
    return float(np.log(1 + (chunks - holding + 0.5) / (holding + 0.5)))


def _key(entry: Entry) -> str:
    sums = b"".join(chunk.text_key for chunk in entry.chunks)
    return entry.text_sha256 + hashlib.sha256(sums).hexdigest()


def _count(
    entry: Entry, key: str, analyse: Callable[[str], list[str]], lexicon: Lexicon, words: Lexicon
) -> DocumentTerms:
    """Count one document as it is indexed: each chunk with its context."""
    chunks, terms, counts, lengths = [], [], [], []
    for at, chunk in enumerate(entry.chunks):
        stems = analyse(embedded_text(chunk.context, entry.text[chunk.start : chunk.end]))
        numbers, often = lexicon.counted(Counter(stems))
        chunks.append(np.full(len(numbers), at, dtype=np.int32))
        terms.append(numbers)
        counts.append(often)
        lengths.append(len(stems))
    return DocumentTerms(
        key,
        chunk=_joined(chunks),
        term=_joined(terms),
        count=_joined(counts),
        lengths=np.array(lengths, dtype=np.int32),
        words=words.counted(words_of(entry.text)),
    )


def _joined(arrays: Sequence[NDArray[np.generic]]) -> _Ints:
    return np.concatenate(arrays).astype(np.int32) if arrays else np.empty(0, dtype=np.int32)
