"""What parent and child of the sandbox say to each other, and what the parent believes of it.

A frame is two lengths, a JSON object and raw bytes; nothing in it can run. The parent takes each answer for one that a
hostile file may have written: it is a Document only if every number holds, and its sums are the parent's own.
This module knows the form; it refuses to know of processes and limits.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol, get_args

from qabot.datatypes import Block, BlockKind, Document, Span
from qabot.documents.decoding import decode
from qabot.documents.folder import suffix_of
from qabot.documents.formats import library_of
from qabot.errors import DocumentError

MAX_BLOCKS = 1_000_000
_MAX_HEAD_BYTES = 4_000_000  # a hundred thousand pages and their places are one of these
_MAX_LINE_CHARS = 500  # of a title, an address, a note and a problem
_MAX_NOTES = 20

_LENGTHS = struct.Struct(">IQ")
_BLOCK = struct.Struct("<BHII")  # kind, level, start, end
_MAX_LEVEL = 0xFFFF
_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
# Characters that could steer a terminal, turn a line around, or cannot be written down.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ADDRESS = re.compile(r"https?://\S+")


class Garbage(ValueError):
    """An answer that no honest child gives. Never leaves the package."""


class Stream(Protocol):
    """A raw pipe: both methods may do less than they are asked for."""

    def write(self, data: memoryview, /) -> int | None: ...  # noqa: D102 - described above
    def readinto(self, buffer: memoryview, /) -> int | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    head: Mapping[str, Any]
    body: bytes | bytearray = field(default=b"", repr=False)


def send(stream: Stream, frame: Frame) -> None:
    """Write one frame.

    Raises:
        OSError: if nobody reads any more.
    """
    head = json.dumps(frame.head).encode("ascii")
    for part in (_LENGTHS.pack(len(head), len(frame.body)) + head, frame.body):
        rest = memoryview(part)
        while rest:
            rest = rest[stream.write(rest) or 0 :]


def receive(stream: Stream, *, max_body_bytes: int) -> Frame:
    """Read one frame, waiting for it.

    Raises:
        EOFError: if the stream ends.
        Garbage: if it is no frame, or longer than it may be.
    """
    head_bytes, body_bytes = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if head_bytes > _MAX_HEAD_BYTES or body_bytes > max_body_bytes:
        raise Garbage(f"a frame of {head_bytes} and {body_bytes} bytes")
    raw = _exactly(stream, head_bytes)
    try:
        head = json.loads(raw)
    except (ValueError, RecursionError):
        raise Garbage("a frame without JSON") from None
    if not isinstance(head, dict):
        raise Garbage("a frame without a JSON object")
    return Frame(head, _exactly(stream, body_bytes))


def _exactly(stream: Stream, count: int) -> bytearray:
    data = bytearray(count)
    rest = memoryview(data)
    while rest:
        read = stream.readinto(rest)
        if not read:
            raise EOFError
        rest = rest[read:]
    return data


def max_answer_bytes(max_text_chars: int) -> int:
    """How long the body of an answer can be."""
    return 4 * max_text_chars + _BLOCK.size * MAX_BLOCKS


def packed(document: Document) -> Frame:
    """A document as its child sends it: names and notes cut, and no sums, since the parent computes them."""
    text = document.text.encode("utf-8")
    span = document.date_span
    blocks = (
        _BLOCK.pack(_KINDS.index(block.kind), min(block.level, _MAX_LEVEL), block.span.start, block.span.end)
        for block in document.blocks
    )
    head = {
        "text_bytes": len(text),
        "encoding": document.encoding,
        "extractor": document.extractor,
        "title": _cleaned(document.title),
        "date": document.date,
        "date_span": None if span is None else [span.start, span.end],
        "url": _cleaned(document.url),
        "pages": list(document.pages),
        "notes": list(_notes(list(document.notes))),
    }
    return Frame(head, text + b"".join(blocks))


def packed_refusal(error: DocumentError) -> Frame:
    """That the child's extractor refuses the file."""
    return Frame({"problem": error.problem, "remedy": error.remedy})


def believed_refusal(frame: Frame, id_: str) -> DocumentError | None:
    """The refusal in a frame; None if it holds none."""
    problem, remedy = frame.head.get("problem"), frame.head.get("remedy")
    if not (isinstance(problem, str) and isinstance(remedy, str)):
        return None
    said = _line(problem.removeprefix(f"{id_} ")) or "cannot be read"
    return DocumentError(f"{id_} {said}", remedy=_line(remedy) or "Remove it from seeds/.")


def believed(frame: Frame, id_: str, raw: bytes, *, max_text_chars: int) -> Document:
    """The document that a frame holds.

    Title, address and notes are cut and cleaned; everything else is as it must be, or the frame is not believed.

    Raises:
        Garbage: if the frame cannot be what an extractor made of these bytes.
    """
    head = frame.head
    text = _text(frame, max_text_chars)
    encoding, extractor = _origin(head, text, id_, raw)
    url, date = _cleaned(head.get("url")), head.get("date")
    return Document(
        id=id_,
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        encoding=encoding,
        extractor=extractor,
        blocks=_blocks(frame, len(text)),
        title=_cleaned(head.get("title")),
        date=date if isinstance(date, str) and _DATE.fullmatch(date) else None,
        date_span=_date_span(head.get("date_span"), len(text)),
        url=url if url and _ADDRESS.fullmatch(url) else None,
        pages=_pages(head.get("pages"), len(text)),
        notes=_notes(head.get("notes")),
    )


def _text(frame: Frame, max_text_chars: int) -> str:
    try:
        text = frame.body[: _natural(frame.head.get("text_bytes"))].decode("utf-8")
    except UnicodeDecodeError:
        raise Garbage("text that is no UTF-8") from None
    _require(len(text) <= max_text_chars and not text.isspace() and text != "", "a text of impossible length")
    return text


def _origin(head: Mapping[str, Any], text: str, id_: str, raw: bytes) -> tuple[str | None, str]:
    """Encoding and extractor, which follow from the file; decoded text is compared with the file's own bytes."""
    library = library_of(suffix_of(id_))
    if library:
        _require(head.get("encoding") is None and head.get("extractor") == library, "another library's answer")
        return None, library
    decoded = decode(raw)
    _require(decoded.text == text, "a text that does not stand in the file")
    return decoded.encoding, "plain"


def _blocks(frame: Frame, chars: int) -> tuple[Block, ...]:
    packed_blocks = memoryview(frame.body)[frame.head["text_bytes"] :]
    _require(len(packed_blocks) % _BLOCK.size == 0, "half a block")
    blocks = []
    before = 0
    for kind, level, start, end in _BLOCK.iter_unpack(packed_blocks):
        _require(kind < len(_KINDS) and before <= start < end <= chars, "a block out of order or outside of the text")
        blocks.append(Block(_KINDS[kind], Span(start, end), level))
        before = end
    return tuple(blocks)


def _date_span(value: object, chars: int) -> Span | None:
    if value is None:
        return None
    start, end = (_natural(place) for place in _list(value, exactly=2))
    _require(start < end <= chars, "a date outside of the text")
    return Span(start, end)


def _pages(value: object, chars: int) -> tuple[int, ...]:
    pages = tuple(_natural(place) for place in _list(value))
    in_order = all(before <= after for before, after in pairwise(pages))
    _require(not pages or (pages[0] == 0 and in_order and pages[-1] <= chars), "pages out of order")
    return pages


def _notes(value: object) -> tuple[str, ...]:
    notes = (_cleaned(note) for note in _list(value)[:_MAX_NOTES])
    return tuple(note for note in notes if note)


def _cleaned(value: object) -> str | None:
    """A string on one safe line, at most 500 characters of it; None if there is nothing."""
    _require(value is None or isinstance(value, str), "something else than a string")
    return (_line(value) or None) if isinstance(value, str) else None


def _line(value: str) -> str:
    return " ".join(_UNSAFE.sub(" ", value[:_MAX_LINE_CHARS]).split())


def _natural(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Garbage("something else than a length or place")
    return value


def _list(value: object, exactly: int | None = None) -> Sequence[object]:
    if not isinstance(value, list) or (exactly is not None and len(value) != exactly):
        raise Garbage("something else than a list")
    return value


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Garbage(otherwise)
