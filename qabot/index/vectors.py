"""The vectors' part of a segment: a flat FAISS index of inner products, row for row with the chunks.

Flat means exact: the best row is found, always. Vectors are L2-normalised, so the inner product is the cosine.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qabot.index.ranking import best

VECTORS_NAME = "vectors.faiss"
_MORE = 16


class Vectors:
    """Search over the vectors of one segment. Thread-safe: FAISS allows parallel searches of one index."""

    def __init__(self, index: Any) -> None:
        self._index = index  # faiss.IndexFlatIP; its stubs do not know what its Python layer adds

    @classmethod
    def from_bytes(cls, data: bytes) -> Vectors:
        """Open the bytes that ``to_bytes`` gave.

        Raises:
            RuntimeError: if they are no FAISS index.
        """
        import faiss  # here and below: 0.1 s that a list of documents need not pay

        return cls(faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8)))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and dimensions."""
        return self._index.ntotal, self._index.d

    def vector(self, row: int) -> NDArray[np.float32]:
        """The vector in a row, shape (dim,)."""
        found: NDArray[np.float32] = self._index.reconstruct(row)
        return found

    def vectors(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors in those rows, shape (n, dim)."""
        found: NDArray[np.float32] = self._index.reconstruct_batch(rows)
        return found

    def search(
        self, vector: NDArray[np.float32], k: int, rows: NDArray[np.int64] | None = None
    ) -> list[tuple[int, float]]:
        """The ``k`` rows nearest to ``vector``, shape (dim,), with their cosines; best first, equal ones by row.

        Args:
            vector: float32, L2-normalised.
            k: how many at most; fewer are returned if fewer may be searched.
            rows: the only ones that may be returned, int64; None: every row.

        Raises:
            ValueError: if the vector has another shape or type.
        """
        total, dim = self.shape
        if vector.shape != (dim,) or vector.dtype != np.float32:
            raise ValueError(f"expected a float32 vector of shape ({dim},), got {vector.dtype} {vector.shape}")
        most = total if rows is None else len(rows)
        if min(k, most) <= 0:
            return []
        parameters = None if rows is None else _only(rows, total)
        depth = min(k + _MORE, most)
        while True:
            scores, found = self._index.search(vector[np.newaxis], depth, params=parameters)
            # FAISS keeps any of equal rows (copies of a text) at its limit; ours are the first ones, so all are needed.
            if depth == most or scores[0, depth - 1] < scores[0, k - 1]:
                return best(scores[0], found[0], k)
            depth = min(4 * depth, most)


def to_bytes(vectors: NDArray[np.float32]) -> bytes:
    """Vectors of shape (rows, dim), float32, as the bytes of a flat index."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    data: bytes = faiss.serialize_index(index).tobytes()
    return data


def _only(rows: NDArray[np.int64], total: int) -> Any:
    """Parameters of a search among ``rows``; FAISS reads the bits of a byte from the lowest."""
    import faiss

    mask = np.zeros(total, dtype=bool)
    mask[rows] = True
    # The stubs show the C++ constructors; the Python layer takes an array and keywords, and keeps both alive.
    selector = faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
    return faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
