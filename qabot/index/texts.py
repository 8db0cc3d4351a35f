"""The documents' part of a segment, read: from the bytes of its SQLite file, in memory, from any thread."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

from qabot.datatypes import Chunk, Document, Filters, Span
from qabot.errors import UsageError
from qabot.index import entry as packing
from qabot.index.entry import Entry, PackedChunk

_META = "id, title, date, url, encoding, extractor, sha256, text_sha256, date_span, notes, pages, chars"


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What a list of documents shows; the text stays in the index."""

    id: str
    title: str | None
    date: str | None  # ISO 8601
    url: str | None
    encoding: str | None
    extractor: str
    sha256: str  # of the file's bytes
    text_sha256: str
    pages: int  # 0 where there are none
    chars: int
    chunks: int
    notes: tuple[str, ...]


class Place(NamedTuple):
    """The rows of a document in its segment, and what it may be filtered by."""

    row: int
    first_chunk: int
    chunks: int
    date: str | None


class Texts:
    """Documents and chunks of one segment, by its own rows. Thread-safe."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        # SQLite itself is thread-safe, Python's statement cache is not: two threads may step the same statement.
        self._lock = threading.Lock()

    @classmethod
    def from_bytes(cls, data: bytes) -> Texts:
        """Open the bytes of a file written by TextsWriter.

        Raises:
            sqlite3.DatabaseError: if they are no database.
        """
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.deserialize(data)
        connection.execute("pragma query_only = on")
        return cls(connection)

    def counts(self) -> tuple[int, int]:
        """How many documents and how many chunks the tables hold."""
        ((documents, chunks),) = self._all("select (select count(*) from documents), (select count(*) from chunks)")
        return documents, chunks

    def places(self) -> dict[str, Place]:
        """Where each document lies, by id."""
        rows = self._all("select id, row, first_chunk, chunks, date from documents")
        return {document_id: Place(*place) for document_id, *place in rows}

    def documents(self) -> tuple[IndexedDocument, ...]:
        """Every document, sorted by id."""
        rows = self._all(f"select {_META}, chunks from documents order by id")  # noqa: S608 - a constant
        return tuple(_indexed(row) for row in rows)

    def document(self, document_id: str) -> Document:
        """The document as it was read.

        Raises:
            UsageError: if the index has no such document.
        """
        _, found = self._stored(document_id)
        return Document(
            id=document_id,
            text=found["text"],
            sha256=found["sha256"],
            encoding=found["encoding"],
            extractor=found["extractor"],
            blocks=packing.unpack_blocks(found["blocks"]),
            title=found["title"],
            date=found["date"],
            date_span=packing.unpack_date_span(found["date_span"]),
            url=found["url"],
            notes=packing.unpack_notes(found["notes"]),
            pages=packing.unpack_pages(found["pages"]),
        )

    def entry(self, document_id: str) -> Entry:
        """The document as it is stored.

        Raises:
            UsageError: if the index has no such document.
        """
        row, found = self._stored(document_id)
        chunks = self._all("select start, end, context, text_key from chunks where document = ? order by row", row)
        return Entry(**found, chunks=tuple(PackedChunk(*chunk) for chunk in chunks))

    def text(self, document_id: str) -> str:
        """The canonical text of a document.

        Raises:
            UsageError: if the index has no such document.
        """
        return str(self._column(document_id, "text"))

    def sentences(self, document_id: str) -> tuple[Span, ...]:
        """The sentences of a document.

        Raises:
            UsageError: if the index has no such document.
        """
        return packing.unpack_sentences(self._column(document_id, "sentences"))

    def chunk(self, row: int) -> Chunk:
        """The chunk in a row.

        Raises:
            IndexError: if there is no such row.
        """
        query = "select d.id, c.start, c.end, c.context from chunks c join documents d on d.row = c.document"
        found = self._all(f"{query} where c.row = ?", row)
        if not found:
            raise IndexError(f"there is no chunk in row {row}")
        ((document_id, start, end, context),) = found
        return Chunk(document_id, Span(start, end), context)

    def text_keys(self) -> list[bytes]:
        """The text key of each chunk, by row."""
        return [key for (key,) in self._all("select text_key from chunks order by row")]

    def close(self) -> None:
        """Free the memory."""
        with self._lock:
            self._connection.close()

    def _stored(self, document_id: str) -> tuple[int, dict[str, Any]]:
        """The row of a document and the fields of its Entry but the chunks."""
        columns = f"{_META}, text, sentences, blocks"
        query = f"select row, {columns} from documents d join texts t on d.row = t.document where d.id = ?"  # noqa: S608
        ((row, *values),) = self._some(query, document_id)
        return row, dict(zip(columns.split(", "), values, strict=True))

    def _column(self, document_id: str, column: str) -> Any:
        query = f"select t.{column} from texts t join documents d on d.row = t.document where d.id = ?"  # noqa: S608
        ((value,),) = self._some(query, document_id)
        return value

    def _some(self, query: str, document_id: str) -> list[tuple[Any, ...]]:
        rows = self._all(query, document_id)
        if not rows:
            raise UsageError(f"the index has no document {document_id}", remedy="qabot sources lists them.")
        return rows

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()


def passes(filters: Filters, document_id: str, date: str | None) -> bool:
    """Whether a document may be searched."""
    if filters.sources and document_id not in filters.sources:
        return False
    if filters.collections and not any(inside(document_id, folder) for folder in filters.collections):
        return False
    if any(inside(document_id, folder) for folder in filters.excluded):
        return False
    if filters.since is None and filters.until is None:
        return True
    if date is None:
        return False
    return (filters.since is None or filters.since <= date) and (filters.until is None or date <= filters.until)


def inside(document_id: str, folder: str) -> bool:
    """Whether a document lies in a collection; ``.`` holds the files that lie in no folder, "" everything."""
    trimmed = folder.strip("/")
    if trimmed == ".":
        return "/" not in document_id
    return not trimmed or document_id.startswith(f"{trimmed}/")


def _indexed(row: tuple[Any, ...]) -> IndexedDocument:
    document_id, title, date, url, encoding, extractor, sha256, text_sha256, _, notes, pages, chars, chunks = row
    return IndexedDocument(
        id=document_id,
        title=title,
        date=date,
        url=url,
        encoding=encoding,
        extractor=extractor,
        sha256=sha256,
        text_sha256=text_sha256,
        pages=len(packing.unpack_pages(pages)),
        chars=chars,
        chunks=chunks,
        notes=packing.unpack_notes(notes),
    )
