"""Writes one new segment: fresh documents, and living ones of older segments as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qabot.encoder import Encoder
from qabot.index.embedding import embed
from qabot.index.entry import Entry
from qabot.index.manifest import SegmentRecord
from qabot.index.segment import Segment, part_names
from qabot.index.terms import TermsWriter
from qabot.index.texts_writer import TextsWriter
from qabot.index.vectors import to_bytes


class SegmentWriter:
    """Documents are added in the order of their ids; rows count from 0 in that order."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        texts, vectors, terms = part_names(number)
        self._texts = TextsWriter(folder / texts)
        self._terms = TermsWriter()
        self._vectors_path, self._terms_path = folder / vectors, folder / terms
        self._taken: dict[int, tuple[Segment, NDArray[np.int64], NDArray[np.int64]]] = {}

    def add(self, entry: Entry) -> None:
        """Store a document and count its terms.

        Raises:
            sqlite3.OperationalError: if the disk refuses.
        """
        document = self._texts.documents
        self._terms.add(document, entry.text, self._texts.add(entry))

    def take(self, document_id: str, segment: Segment, number: int) -> None:
        """Store a document of an older segment, whose terms are counted already.

        Raises:
            sqlite3.OperationalError: if the disk refuses.
        """
        if number not in self._taken:
            self._taken[number] = (segment, _unset(len(segment.places)), _unset(segment.terms.count))
        _, documents, chunks = self._taken[number]
        place, document = segment.places[document_id], self._texts.documents
        rows = [row for row, _ in self._texts.add(segment.texts.entry(document_id))]
        documents[place.row] = document
        chunks[place.first_chunk : place.first_chunk + place.chunks] = rows
        self._terms.pass_over(rows)

    def finish(
        self, encoder: Encoder, *, known: Iterable[Segment], progress: Callable[[int, int], None]
    ) -> tuple[SegmentRecord, int]:
        """Write what is left, not yet flushed; its record, and how many chunks were embedded.

        Args:
            encoder: embeds what is not known.
            known: segments with vectors that it made.
            progress: called with how many are done and how many there are to embed.

        Raises:
            OSError, sqlite3.OperationalError: if the disk refuses.
            ModelError: if the encoder fails.
        """
        for segment, documents, chunks in self._taken.values():
            self._terms.take(segment.terms, documents=documents, chunks=chunks)
        self._terms_path.write_bytes(self._terms.to_bytes())
        found = embed(self._texts.text_keys(), self._texts.chunk_texts, encoder, known=known, progress=progress)
        self._vectors_path.write_bytes(to_bytes(found.vectors))
        self._texts.finish()
        record = SegmentRecord(self.number, documents=self._texts.documents, chunks=self._texts.chunks)
        return record, found.computed

    def close(self) -> None:
        """Let go of the files, finished or not."""
        self._texts.close()


def _unset(size: int) -> NDArray[np.int64]:
    return np.full(size, -1, dtype=np.int64)
