"""A generation as someone sees it who may see only some collections: as if the others did not exist.

Everything that an answer is computed from comes from the visible documents: which there are, how many chunks, which
words occur and how rare they are. With and without hidden documents the outputs are equal (a test compares them).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from qabot.datatypes import Chunk, Document, Filters, Span
from qabot.errors import UsageError
from qabot.index.generation import Generation
from qabot.index.rows import Rows
from qabot.index.texts import IndexedDocument, passes


class Searchable(Protocol):
    """What answering needs of an index: a Generation, or a part of one. Rows count chunks."""

    @property
    def id(self) -> str: ...  # noqa: D102 - described in Generation, here and below
    @property
    def chunk_count(self) -> int: ...  # noqa: D102
    def documents(self) -> tuple[IndexedDocument, ...]: ...  # noqa: D102
    def document(self, document_id: str) -> Document: ...  # noqa: D102
    def sentences(self, document_id: str) -> tuple[Span, ...]: ...  # noqa: D102
    def passages(self, rows: Iterable[int]) -> list[tuple[Chunk, str]]: ...  # noqa: D102
    def rows_of(self, filters: Filters) -> Rows | None: ...  # noqa: D102
    def dense(self, vector: NDArray[np.float32], k: int, rows: Rows | None = None) -> list[tuple[int, float]]: ...  # noqa: D102
    def lexical(self, terms: Sequence[str], k: int, rows: Rows | None = None) -> list[tuple[int, float]]: ...  # noqa: D102
    def analyse(self, text: str) -> list[str]: ...  # noqa: D102
    def occurring(self, stems: Iterable[str], rows: Rows | None = None) -> frozenset[str]: ...  # noqa: D102
    def vocabulary(self) -> tuple[str, ...]: ...  # noqa: D102


class VisiblePart:
    """The documents of a generation that ``filters`` lets pass, and nothing else. Threads may share it."""

    def __init__(self, generation: Generation, filters: Filters) -> None:
        self._generation = generation
        self._documents = tuple(one for one in generation.documents() if passes(filters, one.id, one.date))
        self._ids = frozenset(one.id for one in self._documents)
        rows = generation.rows_of(filters)
        self._rows = np.arange(generation.chunk_count, dtype=np.int64) if rows is None else rows
        self._mask = np.zeros(generation.chunk_count, dtype=bool)
        self._mask[self._rows] = True
        self._ranking = generation.ranking(self._mask)

    @cached_property
    def id(self) -> str:
        """A name that changes only when a visible document does; not the generation's, which tells of all."""
        seen = "\n".join(f"{one.id}\0{one.sha256}\0{one.text_sha256}" for one in self._documents)
        return "part-" + hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def chunk_count(self) -> int:
        """How many chunks can be seen."""
        return len(self._rows)

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Every visible document, sorted by id."""
        return self._documents

    def document(self, document_id: str) -> Document:
        """A document as it was read.

        Raises:
            UsageError: if there is no such document to be seen.
        """
        self._require_visible(document_id)
        return self._generation.document(document_id)

    def sentences(self, document_id: str) -> tuple[Span, ...]:
        """The sentences of a document.

        Raises:
            UsageError: if there is no such document to be seen.
        """
        self._require_visible(document_id)
        return self._generation.sentences(document_id)

    def passages(self, rows: Iterable[int]) -> list[tuple[Chunk, str]]:
        """Chunk and text of each row, in the order asked for."""
        return self._generation.passages(rows)

    def rows_of(self, filters: Filters) -> Rows:
        """Visible rows that ``filters`` lets pass, ascending."""
        rows = self._generation.rows_of(filters)
        return self._rows if rows is None else rows[self._mask[rows]]

    def dense(self, vector: NDArray[np.float32], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """As Generation.dense, among the visible rows."""
        return self._generation.dense(vector, k, self._rows if rows is None else rows)

    def lexical(self, terms: Sequence[str], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """As Generation.lexical, with BM25 over the visible chunks."""
        return self._ranking.search(terms, k, rows)

    def analyse(self, text: str) -> list[str]:
        """The stems of ``text`` as they are indexed."""
        return self._generation.analyse(text)

    def occurring(self, stems: Iterable[str], rows: Rows | None = None) -> frozenset[str]:
        """Those of the stems that any of ``rows`` (None: any visible row) holds."""
        return self._ranking.occurring(stems, self._rows if rows is None else rows)

    def vocabulary(self) -> tuple[str, ...]:
        """The words of the visible documents, the most frequent first."""
        return self._vocabulary

    @cached_property
    def _vocabulary(self) -> tuple[str, ...]:
        return self._generation.words_of(self._ids)

    def _require_visible(self, document_id: str) -> None:
        if document_id not in self._ids:
            raise UsageError(f"the index has no document {document_id}", remedy="qabot sources lists them.")
