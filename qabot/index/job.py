"""The inside of one build: fills a folder with the parts of a generation and remembers what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from qabot.datatypes import Progress
from qabot.encoder import Encoder
from qabot.index.changes import Comparison
from qabot.index.durable import sum_parts, write_durably
from qabot.index.embedding import embed
from qabot.index.entry import Entry
from qabot.index.manifest import Counts, FileRecord, Manifest
from qabot.index.previous import Previous
from qabot.index.reading import Reading
from qabot.index.terms import TERMS_NAME, TermsWriter
from qabot.index.texts_writer import TEXTS_NAME, TextsWriter, words_of
from qabot.index.vectors import VECTORS_NAME, to_bytes


@dataclass(slots=True)
class Job:
    """One build. ``write`` once, then ``manifest``."""

    reading: Reading
    encoder: Encoder
    previous: Previous
    comparison: Comparison
    progress: Progress
    records: list[FileRecord] = field(default_factory=list)
    chunks: int = 0
    embedded: int = 0
    _words: Counter[str] = field(default_factory=Counter)

    def write(self, folder: Path) -> None:
        """Write every part but the manifest, not yet flushed.

        Raises:
            IndexNotWritten, OSError, sqlite3.OperationalError: if the disk refuses.
            ModelError: if the encoder fails.
        """
        with closing(TextsWriter(folder / TEXTS_NAME, self._words)) as texts:
            terms = TermsWriter(folder / TERMS_NAME)
            for entry in self._entries():
                terms.add(texts.add(entry))
            terms.finish()
            self._embed(texts, folder / VECTORS_NAME)
            texts.finish()

    def manifest(self, folder: Path, *, scanned_ns: int, created_ns: int) -> Manifest:
        """The manifest of what ``write`` left in ``folder``, which is flushed here.

        Raises:
            OSError: if the disk refuses.
        """
        documents = sum(record.problem is None for record in self.records)
        return Manifest(
            identity=self.reading.identity,
            counts=Counts(documents=documents, chunks=self.chunks, vectors=self.chunks, terms=self.chunks),
            files=tuple(self.records),
            scan_problems=self.comparison.scan_problems,
            parts=sum_parts(folder),
            scanned_ns=scanned_ns,
            created_ns=created_ns,
        )

    def _entries(self) -> Iterator[Entry]:
        """Every readable document, sorted by id; its record is kept."""
        same = {record.id: record for record in self.comparison.same}
        self._start_words(same.keys())
        fresh = {file.id: file for file in self.comparison.fresh}
        before = {record.id: record for record in self._read_before() if record.stops}
        names = sorted([*same, *fresh])
        for done, name in enumerate(names):
            self.progress("reading", done, len(names))
            record, entry = self._take(same[name]) if name in same else self.reading.read(fresh[name], before.get(name))
            self.records.append(record)
            if entry is not None:
                if name in fresh:
                    self._words.update(words_of(entry.text))
                yield entry
        self.progress("reading", len(names), len(names))

    def _read_before(self) -> tuple[FileRecord, ...]:
        """What the previous build read in the same way."""
        return () if self.previous.texts is None else self.previous.texts.manifest.files

    def _take(self, record: FileRecord) -> tuple[FileRecord, Entry | None]:
        if record.problem is not None or self.previous.texts is None:
            return record, None
        return record, self.previous.texts.texts.entry(record.id)

    def _start_words(self, kept: Container[str]) -> None:
        """The previous generation's words without those of documents that are not taken over as they are."""
        if self.previous.texts is None:
            return
        texts = self.previous.texts.texts
        self._words.update(texts.word_counts())
        for record in self.previous.files:
            if record.problem is None and record.id not in kept:
                self._words.subtract(words_of(texts.text(record.id)))

    def _embed(self, texts: TextsWriter, path: Path) -> None:
        progress = partial(self.progress, "embedding")
        keys = texts.text_keys()
        found = embed(keys, texts.chunk_texts, self.encoder, previous=self.previous.vectors, progress=progress)
        write_durably(path, to_bytes(found.vectors))
        self.chunks, self.embedded = len(keys), found.computed
