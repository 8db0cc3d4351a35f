"""Which chunk is which row: the living documents of all segments in the order of their ids, chunk after chunk.

So the rows of a generation are those that an index built at once would have, whatever segments it consists of.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qabot.errors import UsageError
from qabot.index.manifest import FileRecord
from qabot.index.segment import Segment
from qabot.index.texts import Place

Rows = NDArray[np.int64]


class Living(NamedTuple):
    """A document that can be asked: the number of its segment, its rows there, and its first row among all."""

    id: str
    segment: int
    place: Place
    first: int


class RowMap:
    """From rows to documents and segments. Read only: threads may share it."""

    def __init__(self, segments: Mapping[int, Segment], files: Iterable[FileRecord]) -> None:
        """Lay out the documents that ``files``, sorted by id, says are alive.

        Raises:
            ValueError: if a segment does not hold what is said of it.
        """
        self.documents: dict[str, Living] = {}
        self._ordered: list[Living] = []
        self._firsts: list[int] = []
        self.total = 0
        for record in files:
            if record.problem is None:
                self._add(segments, record)
        self.of_segment = self._rows_of_segments(segments)

    def living(self, document_id: str) -> Living:
        """Where a document is.

        Raises:
            UsageError: if there is no such document.
        """
        try:
            return self.documents[document_id]
        except KeyError:
            raise UsageError(f"the index has no document {document_id}", remedy="qabot sources lists them.") from None

    def find(self, row: int) -> tuple[Living, int]:
        """The document of a row, and which row of its segment that is.

        Raises:
            IndexError: if there is no such row.
        """
        if not 0 <= row < self.total:
            raise IndexError(f"there is no chunk in row {row}")
        living = self._ordered[bisect_right(self._firsts, row) - 1]
        return living, living.place.first_chunk + row - living.first

    def passing(self, lets_pass: Callable[[str, str | None], bool]) -> Rows:
        """The rows of the documents whose id and date pass, ascending, shape (n,)."""
        ranges = [
            np.arange(one.first, one.first + one.place.chunks, dtype=np.int64)
            for one in self._ordered
            if lets_pass(one.id, one.place.date)
        ]
        return np.concatenate(ranges) if ranges else np.empty(0, dtype=np.int64)

    def marked_documents(self, number: int, segment: Segment, ids: Iterable[str]) -> NDArray[np.bool_]:
        """Which documents of a segment are alive and among ``ids``, shape (documents,)."""
        marked = np.zeros(len(segment.places), dtype=bool)
        found = (self.documents.get(document_id) for document_id in ids)
        marked[[one.place.row for one in found if one is not None and one.segment == number]] = True
        return marked

    def _add(self, segments: Mapping[int, Segment], record: FileRecord) -> None:
        place = segments[record.segment].places.get(record.id) if record.segment in segments else None
        if place is None or place.chunks != record.chunks:
            raise ValueError(f"the segment {record.segment} does not hold {record.id} as the manifest says")
        living = Living(record.id, record.segment, place, self.total)
        self.documents[record.id] = living
        if place.chunks:
            self._ordered.append(living)
            self._firsts.append(self.total)
        self.total += place.chunks

    def _rows_of_segments(self, segments: Mapping[int, Segment]) -> dict[int, Rows]:
        """The row of all that each row of a segment is; those of dead documents are ``total``."""
        become = {
            number: np.full(segment.terms.count, self.total, dtype=np.int64) for number, segment in segments.items()
        }
        every_row = np.arange(self.total)
        for one in self._ordered:
            there, chunks = one.place.first_chunk, one.place.chunks
            become[one.segment][there : there + chunks] = every_row[one.first : one.first + chunks]
        return become
