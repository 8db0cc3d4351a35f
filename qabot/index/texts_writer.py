"""The documents' part of a segment, written: documents and chunks in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qabot.index.entry import Entry, embedded_text

TEXTS_NAME = "documents.sqlite"

_SCHEMA = """
create table documents (
    row integer primary key, id text not null unique, title text, date text, url text, encoding text,
    extractor text not null, sha256 text not null, text_sha256 text not null, date_span text, notes text not null,
    pages text not null, chars integer not null, first_chunk integer not null, chunks integer not null
);
create table texts (document integer primary key, text text not null, sentences blob not null, blocks text not null);
create table chunks (
    row integer primary key, document integer not null, start integer not null, end integer not null,
    context text not null, text_key blob not null
);
"""


class TextsWriter:
    """Fills a new file; row numbers of documents and chunks count from 0 in the order of ``add``."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # The file counts only once it is flushed, summed and named by a manifest: SQLite's own journal would be waste.
        self._connection.executescript(f"pragma journal_mode=off; pragma synchronous=off; begin; {_SCHEMA}")
        self.documents = 0
        self.chunks = 0

    def add(self, entry: Entry) -> list[tuple[int, str]]:
        """Store one document; returns the row and the embedded text of each of its chunks.

        Raises:
            sqlite3.OperationalError: if the disk refuses.
        """
        meta = (entry.id, entry.title, entry.date, entry.url, entry.encoding, entry.extractor, entry.sha256)
        rest = (entry.text_sha256, entry.date_span, entry.notes, entry.pages)
        counts = (entry.chars, self.chunks, len(entry.chunks))
        self._insert("documents", (self.documents, *meta, *rest, *counts))
        self._insert("texts", (self.documents, entry.text, entry.sentences, entry.blocks))
        added = []
        for row, chunk in enumerate(entry.chunks, start=self.chunks):
            self._insert("chunks", (row, self.documents, chunk.start, chunk.end, chunk.context, chunk.text_key))
            added.append((row, embedded_text(chunk.context, entry.text[chunk.start : chunk.end])))
        self.documents += 1
        self.chunks += len(entry.chunks)
        return added

    def text_keys(self) -> list[bytes]:
        """The text key of each chunk, by row."""
        return [key for (key,) in self._connection.execute("select text_key from chunks order by row")]

    def chunk_texts(self, rows: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Row and embedded text of each of ``rows``, ascending; one document's text in memory at a time."""
        text, of_document = "", -1
        for row in rows:
            document, start, end, context = self._one(
                "select document, start, end, context from chunks where row = ?", row
            )
            if document != of_document:
                (text,) = self._one("select text from texts where document = ?", document)
                of_document = document
            yield row, embedded_text(context, text[start:end])

    def finish(self) -> None:
        """Commit and close.

        Raises:
            sqlite3.OperationalError: if the disk refuses.
        """
        self._connection.execute("create index chunks_of on chunks (document)")
        self._connection.execute("commit")
        self.close()

    def close(self) -> None:
        """Let go of the file, finished or not."""
        self._connection.close()

    def _one(self, query: str, key: int) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._connection.execute(query, (key,)).fetchone()
        return found

    def _insert(self, table: str, values: tuple[object, ...]) -> None:
        marks = ", ".join("?" * len(values))
        self._connection.execute(f"insert into {table} values ({marks})", values)  # noqa: S608 - our own table names
