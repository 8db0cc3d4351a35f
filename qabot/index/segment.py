"""A segment: some documents with their chunks, vectors and terms, in three files that never change.

A segment knows only its own rows. Which of its documents are alive, and which rows they are for those who ask, is the
generation's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qabot.index.manifest import SegmentRecord
from qabot.index.terms import TERMS_NAME, Terms
from qabot.index.texts import IndexedDocument, Place, Texts
from qabot.index.texts_writer import TEXTS_NAME
from qabot.index.vectors import VECTORS_NAME, Vectors

_KEY_BYTES = 32


def part_names(number: int) -> tuple[str, str, str]:
    """The files of a segment: texts, vectors, terms."""
    return f"{number}-{TEXTS_NAME}", f"{number}-{VECTORS_NAME}", f"{number}-{TERMS_NAME}"


class Segment:
    """An open segment. Threads may share it, and so may generations."""

    def __init__(self, *, texts: Texts, vectors: Vectors, terms: Terms) -> None:
        self.texts = texts
        self.vectors = vectors
        self.terms = terms

    @classmethod
    def from_bytes(cls, *, texts: bytes, vectors: bytes, terms: bytes) -> Segment:
        """Open verified parts.

        Raises:
            ValueError, RuntimeError, sqlite3.DatabaseError: if one is not such a part.
        """
        return cls(texts=Texts.from_bytes(texts), vectors=Vectors.from_bytes(vectors), terms=Terms.from_bytes(terms))

    def compare_counts(self, record: SegmentRecord, *, dim: int) -> None:
        """Rows must be the same rows in every part: one that was dropped somewhere would shift all later answers.

        Raises:
            ValueError: if they are not, or not as many as the manifest says.
        """
        documents, chunks = self.texts.counts()
        rows, found_dim = self.vectors.shape
        if not (documents, chunks) == (record.documents, record.chunks) or not chunks == rows == self.terms.count:
            raise ValueError(
                f"its parts hold {documents} documents, {chunks} chunks, {rows} vectors and {self.terms.count} rows "
                f"of terms, its manifest says {record}"
            )
        if found_dim != dim:
            raise ValueError(f"its parts hold vectors of {found_dim} dimensions, its manifest says {dim}")

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Where each document lies, by id; read once."""
        return self.texts.places()

    @cached_property
    def documents(self) -> tuple[IndexedDocument, ...]:
        """Every document as a list shows it, dead ones too; read once."""
        return self.texts.documents()

    def rows_of_keys(self, keys: NDArray[np.uint8]) -> NDArray[np.int64]:
        """A row with each text key, shape (n, 32); -1 where there is none."""
        mine, heads, order = self._sorted_keys
        if not len(mine) or not len(keys):
            return np.full(len(keys), -1, dtype=np.int64)
        rows = order[np.minimum(np.searchsorted(heads, _heads(keys)), len(mine) - 1)]
        return np.where((mine[rows] == keys).all(axis=1), rows, -1)

    def close(self) -> None:
        """Free the memory. Nothing may be asked afterwards."""
        self.texts.close()

    @cached_property
    def _sorted_keys(self) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.int64]]:
        """The text key of each row, shape (rows, 32); the keys' first eight bytes, sorted, and the row of each."""
        keys = key_array(self.texts.text_keys())
        heads = _heads(keys)
        order = np.argsort(heads, kind="stable")
        return keys, heads[order], order


def key_array(keys: Sequence[bytes]) -> NDArray[np.uint8]:
    """Text keys as an array of shape (n, 32)."""
    return np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, _KEY_BYTES)


def _heads(keys: NDArray[np.uint8]) -> NDArray[np.uint64]:
    heads: NDArray[np.uint64] = np.ascontiguousarray(keys).view("<u8")[:, 0]
    return heads
