"""The terms' part of a segment: the stems of each chunk and the words of each document, counted.

Only counts: how much a term weighs depends on all documents that may be seen, and is reckoned when they are searched.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qabot.index.analysis import analyse
from qabot.index.arrays import Numbers, pack, smallest, unpack
from qabot.index.occurrences import Occurrences, OccurrencesWriter

TERMS_NAME = "terms.bin"
_WORD = re.compile(r"[^\W\d_]{3,}")


def words_of(text: str) -> Counter[str]:
    """Lower-cased words of at least three letters and how often they stand in ``text``."""
    return Counter(_WORD.findall(text.lower()))


class Terms:
    """The counts of one segment, by its own rows. Read only: threads may share it."""

    def __init__(self, *, terms: Occurrences, words: Occurrences, lengths: Numbers) -> None:
        self.terms = terms  # stems in chunks
        self.words = words  # words in documents
        self.lengths = lengths  # of each chunk, in stems

    @classmethod
    def from_bytes(cls, data: bytes) -> Terms:
        """Open the bytes that TermsWriter gave.

        Raises:
            ValueError: if they are something else.
        """
        arrays = unpack(data)
        try:
            terms, words = (Occurrences.from_arrays(arrays, prefix) for prefix in ("terms", "words"))
            return cls(terms=terms, words=words, lengths=arrays["lengths"])
        except KeyError as error:
            raise ValueError(f"the terms of the index lack {error}") from error

    @property
    def count(self) -> int:
        """How many chunks were counted."""
        return len(self.lengths)


class TermsWriter:
    """Counts documents in the order of their rows; those of older segments are joined to them at the end."""

    def __init__(self) -> None:
        self._terms, self._words = OccurrencesWriter(), OccurrencesWriter()
        self._lengths = array("I")

    def add(self, document: int, text: str, chunks: Sequence[tuple[int, str]]) -> None:
        """Count a document and the rows and embedded texts of its chunks."""
        self._words.add(document, words_of(text))
        for row, words in chunks:
            stems = analyse(words)
            self._terms.add(row, Counter(stems))
            self._measured(row, len(stems))

    def pass_over(self, rows: Sequence[int]) -> None:
        """Leave room for chunks that ``take`` will bring."""
        for row in rows:
            self._measured(row, 0)

    def take(self, other: Terms, *, documents: NDArray[np.int64], chunks: NDArray[np.int64]) -> None:
        """Join the counts of another segment: which rows its documents and chunks become here, -1 for none."""
        self._words.take(other.words, documents)
        self._terms.take(other.terms, chunks)
        kept = chunks >= 0
        np.frombuffer(self._lengths, dtype=np.uintc)[chunks[kept]] = other.lengths[kept]

    def to_bytes(self) -> bytes:
        """All counts, for Terms."""
        lengths = smallest(np.frombuffer(self._lengths, dtype=np.uintc))
        return pack({**self._terms.arrays("terms"), **self._words.arrays("words"), "lengths": lengths})

    def _measured(self, row: int, length: int) -> None:
        if row != len(self._lengths):
            raise ValueError(f"rows are counted in order: expected {len(self._lengths)}, got {row}")
        self._lengths.append(length)
