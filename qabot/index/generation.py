"""One complete built index, open for questions: segments, and which of their documents are alive.

A generation never changes and needs nothing from the disk once it is open. What it answers is what an index of one
segment would answer: the same rows, the same scores, bit for bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from qabot.datatypes import Chunk, Document, Filters, Problem, Span
from qabot.index.analysis import analyse
from qabot.index.entry import Entry
from qabot.index.kept import Kept, Unpacked
from qabot.index.manifest import Manifest
from qabot.index.open_segments import open_segments
from qabot.index.ranking import Ranked, Ranking
from qabot.index.rows import RowMap, Rows
from qabot.index.segment import Segment
from qabot.index.texts import IndexedDocument, passes

_Mask = NDArray[np.bool_]


class Generation:
    """Reads and searches of one generation, safe from several threads. Rows count chunks from 0."""

    def __init__(self, manifest: Manifest, *, id: str, segments: Mapping[int, Segment]) -> None:  # noqa: A002 - the contract's word
        """Take over the segments, which are borrowed and given back by ``close``.

        Raises:
            ValueError: if they do not hold what the manifest says.
        """
        self.manifest = manifest
        self.id = id
        self._rows = RowMap(segments, manifest.files)
        self._segments = dict(segments)
        self._ranking = self.ranking(None)
        self._unpacked = Kept(self._unpack)

    @property
    def segments(self) -> Mapping[int, Segment]:
        """The segments by number, for the next build."""
        return self._segments

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Files under seeds/ that are not in this generation, sorted by id."""
        return self.manifest.problems

    @property
    def chunk_count(self) -> int:
        """How many rows there are."""
        return self._rows.total

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Every document, sorted by id."""
        return self._documents

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

    def entry(self, document_id: str) -> Entry:
        """The document as it is stored.

        Raises:
            UsageError: if there is no such document.
        """
        return self._segment_of(document_id).texts.entry(document_id)

    def chunk(self, row: int) -> Chunk:
        """The chunk in a row.

        Raises:
            IndexError: if there is no such row.
        """
        living, there = self._rows.find(row)
        return self._segments[living.segment].texts.chunk(there)

    def passages(self, rows: Iterable[int]) -> list[tuple[Chunk, str]]:
        """Chunk and text of each row, in the order asked for; each document's text is fetched once.

        Raises:
            IndexError: if there is no such row.
        """
        chunks = [self.chunk(row) for row in rows]
        ids = {chunk.document_id for chunk in chunks}
        texts = {document_id: self._segment_of(document_id).texts.text(document_id) for document_id in ids}
        return [(chunk, chunk.span.of(texts[chunk.document_id])) for chunk in chunks]

    def vector(self, row: int) -> NDArray[np.float32]:
        """The vector of a row, float32, shape (dim,)."""
        living, there = self._rows.find(row)
        return self._segments[living.segment].vectors.vector(there)

    def rows_of(self, filters: Filters) -> Rows | None:
        """Rows that ``filters`` lets pass, shape (n,), ascending and distinct; None: every row."""
        return self._rows.passing(partial(passes, filters)) if filters.restricts else None

    def dense(self, vector: NDArray[np.float32], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """The ``k`` rows nearest to an L2-normalised float32 vector of shape (dim,), with cosines, best first.

        Raises:
            ValueError: if the vector has another shape or type.
        """
        dim = self.manifest.identity.encoder.dim
        if vector.shape != (dim,) or vector.dtype != np.float32:
            raise ValueError(f"expected a float32 vector of shape ({dim},), got {vector.dtype} {vector.shape}")
        hits: list[tuple[int, float]] = []
        for number, segment in self._segments.items():
            become = self._rows.of_segment[number]
            found = segment.vectors.search(vector, k, self._among(become, rows))
            hits += [(int(become[row]), score) for row, score in found]
        return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[: max(0, k)]

    def lexical(self, terms: Sequence[str], k: int, rows: Rows | None = None) -> list[tuple[int, float]]:
        """The ``k`` rows with the highest BM25 for any of ``terms`` (from ``analyse``), best first."""
        return self._ranking.search(terms, k, rows)

    def ranking(self, visible: _Mask | None) -> Ranking:
        """BM25 among the visible rows, shape (rows,); None: every row."""
        total = self._rows.total
        segments = []
        for number, segment in self._segments.items():
            rows = self._rows.of_segment[number]
            if visible is not None:
                rows = np.where(np.append(visible, [False])[rows], rows, total)
            segments.append(Ranked(segment.terms, rows))
        return Ranking(segments, total)

    def analyse(self, text: str) -> list[str]:
        """The stems of ``text`` as they are indexed."""
        return analyse(text)

    def occurring(self, stems: Iterable[str], rows: Rows | None = None) -> frozenset[str]:
        """Those of the stems that any of ``rows`` (None: any row) holds."""
        return self._ranking.occurring(stems, rows)

    def vocabulary(self) -> tuple[str, ...]:
        """Lower-cased words of three letters or more as they stand in the texts, the most frequent first."""
        return self._vocabulary

    def words_of(self, document_ids: Iterable[str]) -> tuple[str, ...]:
        """The words of these documents, the most frequent first, equal ones in alphabetical order."""
        ids = frozenset(document_ids)
        totals: Counter[str] = Counter()
        for number, segment in self._segments.items():
            counted = segment.terms.words
            marked = self._rows.marked_documents(number, segment, ids)
            totals.update(dict(zip(counted.names(), counted.totals(marked).tolist(), strict=True)))
        return tuple(word for word, count in sorted(totals.items(), key=lambda item: (-item[1], item[0])) if count)

    def close(self) -> None:
        """Let go of the segments. Nothing may be asked afterwards."""
        segments, self._segments = self._segments, {}
        for segment in segments.values():
            open_segments.give_back(segment)

    @cached_property
    def _documents(self) -> tuple[IndexedDocument, ...]:
        listed = (
            one
            for number, segment in self._segments.items()
            for one in segment.documents
            if (living := self._rows.documents.get(one.id)) and living.segment == number
        )
        return tuple(sorted(listed, key=lambda one: one.id))

    @cached_property
    def _vocabulary(self) -> tuple[str, ...]:
        return self.words_of(self._rows.documents)

    def _among(self, become: Rows, rows: Rows | None) -> Rows | None:
        """The rows of a segment that are alive and among ``rows``; None: all of them."""
        total = self._rows.total
        allowed = np.zeros(total + 1, dtype=bool)
        allowed[slice(total) if rows is None else rows] = True
        found = np.flatnonzero(allowed[become])
        return None if len(found) == len(become) else found

    def _segment_of(self, document_id: str) -> Segment:
        return self._segments[self._rows.living(document_id).segment]

    def _unpack(self, document_id: str) -> Unpacked:
        texts = self._segment_of(document_id).texts
        return Unpacked(texts.document(document_id), texts.sentences(document_id))
