"""One document with its sentences and chunks, packed as it lies in the index.

Packing is apart from storing so that an unchanged document goes from one generation to the next without being read,
split or even unpacked.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import starmap

import numpy as np

from qabot.datatypes import Block, Chunk, Document, Span


@dataclass(frozen=True, slots=True)
class PackedChunk:
    """A chunk without its document. ``text_key`` is the SHA-256 of what is embedded for it."""

    start: int
    end: int
    context: str
    text_key: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the documents' table and what belongs to it."""

    id: str
    title: str | None
    date: str | None
    url: str | None
    encoding: str | None
    extractor: str
    sha256: str
    text_sha256: str
    date_span: str | None  # JSON [start, end]
    notes: str  # JSON list
    pages: str  # JSON list of where pages begin
    chars: int
    text: str
    sentences: bytes  # pairs of little-endian uint32: start, end
    blocks: str  # JSON list of [kind, start, end, level]
    chunks: tuple[PackedChunk, ...]


def embedded_text(context: str, text: str) -> str:
    """What is embedded and indexed for a chunk: what it stands under, then its own words."""
    return f"{context}\n{text}" if context else text


def pack(document: Document, sentences: tuple[Span, ...], chunks: tuple[Chunk, ...]) -> Entry:
    """Make an entry of a document."""
    span = document.date_span
    return Entry(
        id=document.id,
        title=document.title,
        date=document.date,
        url=document.url,
        encoding=document.encoding,
        extractor=document.extractor,
        sha256=document.sha256,
        text_sha256=document.text_sha256,
        date_span=None if span is None else json.dumps([span.start, span.end]),
        notes=json.dumps(document.notes),
        pages=json.dumps(document.pages),
        chars=len(document.text),
        text=document.text,
        sentences=np.array([(s.start, s.end) for s in sentences], dtype="<u4").tobytes(),
        blocks=json.dumps([(b.kind, b.span.start, b.span.end, b.level) for b in document.blocks]),
        chunks=tuple(_pack_chunk(document.text, chunk) for chunk in chunks),
    )


def _pack_chunk(text: str, chunk: Chunk) -> PackedChunk:
    words = embedded_text(chunk.context, chunk.span.of(text))
    key = hashlib.sha256(words.encode("utf-8")).digest()
    return PackedChunk(chunk.span.start, chunk.span.end, chunk.context, key)


def unpack_sentences(packed: bytes) -> tuple[Span, ...]:
    """The sentences of an entry."""
    return tuple(starmap(Span, np.frombuffer(packed, dtype="<u4").reshape(-1, 2).tolist()))


def unpack_blocks(packed: str) -> tuple[Block, ...]:
    """The blocks of an entry."""
    return tuple(Block(kind, Span(start, end), level) for kind, start, end, level in json.loads(packed))


def unpack_date_span(packed: str | None) -> Span | None:
    """Where the text states its date."""
    return None if packed is None else Span(*json.loads(packed))


def unpack_pages(packed: str) -> tuple[int, ...]:
    """Where the pages of an entry begin."""
    return tuple(json.loads(packed))


def unpack_notes(packed: str) -> tuple[str, ...]:
    """The notes of an entry."""
    return tuple(json.loads(packed))
