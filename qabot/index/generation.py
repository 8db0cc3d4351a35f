"""One complete built index, open for questions: texts, vectors and terms that belong together.

A generation never changes and needs nothing from the disk once it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from qabot.datatypes import Chunk, Document, Filters, Problem, Span
from qabot.index.kept import Kept, Unpacked
from qabot.index.manifest import Manifest
from qabot.index.terms import Terms
from qabot.index.texts import IndexedDocument, Texts
from qabot.index.vectors import Vectors

Rows = NDArray[np.int64]


class Generation:
    """Reads and searches of one generation, safe from several threads. Rows count chunks from 0."""

    def __init__(self, manifest: Manifest, *, id: str, texts: Texts, vectors: Vectors, terms: Terms) -> None:  # noqa: A002 - the contract's word
        self.manifest = manifest
        self.id = id
        self._texts = texts
        self._vectors = vectors
        self._terms = terms
        self._unpacked = Kept(lambda document_id: Unpacked(texts.document(document_id), texts.sentences(document_id)))

    @property
    def texts(self) -> Texts:
        """The documents' part, for the next build."""
        return self._texts

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files under seeds/ that are not in this generation, sorted by id."""
        return self.manifest.problems

    @property
    def chunk_count(self) -> int:
        """How many rows there are."""
        return self.manifest.counts.chunks

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Every document, sorted by id."""
        return self._texts.documents()

    def document(self, document_id: str) -> Document:
        """A document as it was read.

        Raises:
            UsageError: if there is no such document.
        """
        return self._unpacked(document_id).document

    def sentences(self, document_id: str) -> tuple[Span, ...]:
        """The sentences of a document.

        Raises:
            UsageError: if there is no such document.
        """
        return self._unpacked(document_id).sentences

    def chunk(self, row: int) -> Chunk:
        """The chunk in a row.

        Raises:
            IndexError: if there is no such row.
        """
        return self._texts.chunk(row)

    def passages(self, rows: Iterable[int]) -> list[tuple[Chunk, str]]:
        """Chunk and text of each row, in the order asked for.

        Raises:
            IndexError: if there is no such row.
        """
        return self._texts.passages(rows)

    def vector(self, row: int) -> NDArray[np.float32]:
        """The vector of a row, float32, shape (dim,)."""
        return self._vectors.vector(row)

    def rows_of(self, filters: Filters) -> Rows | None:
        """Rows that ``filters`` lets pass, shape (n,), ascending and distinct; None: every row."""
        return self._texts.rows_of(filters)

    def dense(self, vector: NDArray[np.float32], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """The ``k`` rows nearest to an L2-normalised float32 vector of shape (dim,), with cosines, best first.

        Raises:
            ValueError: if the vector has another shape or type.
        """
        return self._vectors.search(vector, k, rows)

    def lexical(self, terms: Sequence[str], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """The ``k`` rows with the highest BM25 for any of ``terms`` (from ``analyse``), best first."""
        return self._terms.search(terms, k, rows)

    def analyse(self, text: str) -> list[str]:
        """The stems of ``text`` as they are indexed."""
        return self._terms.analyse(text)

    def occurring(self, stems: Iterable[str], rows: Rows | None = None) -> frozenset[str]:
        """Those of the stems that any of ``rows`` (None: any row) holds."""
        return self._terms.occurring(stems, rows)

    def vocabulary(self) -> tuple[str, ...]:
        """Lower-cased words of three letters or more as they stand in the texts, the most frequent first."""
        return self._texts.words()

    def close(self) -> None:
        """Free the memory. Nothing may be asked afterwards."""
        self._texts.close()
