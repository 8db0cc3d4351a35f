"""The header of a document: title, date and address that its first lines state, and where they end.

A header is metadata *and* stays text: its lines become blocks of their own, so that a quote can show them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qabot.datatypes import Block, Span
from qabot.documents.dates import WRITTEN_DATE, find_date
from qabot.documents.lines import Line, lines_of, trimmed

TITLE_KEYS = ("title", "subject", "headline")
DATE_KEYS = (
    "date",
    "published",
    "publication date",
    "publication-date",
    "pubdate",
    "created",
    "updated",
    "last updated",
)
URL_KEYS = ("url", "source", "link", "permalink", "canonical")
_OTHER_KEYS = (
    "author", "authors", "byline", "from", "to", "cc", "bcc", "sent", "reply-to", "tags", "keywords", "category",
    "categories", "section", "language", "lang", "slug", "summary", "description", "version", "status", "id",
)  # fmt: skip
_KEYS = (*TITLE_KEYS, *DATE_KEYS, *URL_KEYS, *_OTHER_KEYS)
# A key that is enough to believe in a header; "To: ..." or "Summary: ..." alone is prose.
_TELLING_KEYS = (*TITLE_KEYS, *DATE_KEYS, *URL_KEYS, "author", "authors", "byline", "from")
_MAX_HEADER_LINE_CHARS = 500
_MAX_HEADER_CHARS = 20_000

_KEY_VALUE = re.compile(r"[ \t]*(?P<key>[A-Za-z]+(?:[- ][A-Za-z]+){0,3})[ \t]*:[ \t]*(?P<value>\S.*)?")
_BARE = re.compile(r"[ \t]*(?P<key>date|published|url|source|link|title)[ \t]+(?P<value>\S.*)")
_INLINE_DATE = re.compile(rf"\s*(?P<header>(?:date[ \t]|(?i:date|published)[ \t]*:)[ \t]*{WRITTEN_DATE})(?=[ \t]+\S)")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


class Header(NamedTuple):
    """What the first lines of a document state. ``body_start`` is where the rest of the text begins."""

    blocks: tuple[Block, ...] = ()
    body_start: int = 0
    title: str | None = None
    date: str | None = None
    date_span: Span | None = None
    url: str | None = None
    note: str | None = None


class Field(NamedTuple):
    """One ``key: value`` of a header and where its value lies."""

    key: str  # lower case
    start: int
    end: int


def plain_header(text: str) -> Header:
    """The header of plain text: ``date 2022-03-23`` before the first sentence, or lines of ``key: value``."""
    inline = _INLINE_DATE.match(text)
    if inline is not None and find_date(text, *inline.span("header")) is not None:
        block = Block("header", Span(*inline.span("header")))
        return header_of(text, [Field("date", *inline.span("header"))], (block,), inline.end("header"))
    return _lines_header(text)


def first_lines(text: str) -> list[Line]:
    """The whole lines that a header may take."""
    return lines_of(text[:_MAX_HEADER_CHARS])[: None if len(text) <= _MAX_HEADER_CHARS else -1]


def _lines_header(text: str) -> Header:
    fields: list[Field] = []
    blocks: list[Block] = []
    body_start = 0
    for line in first_lines(text):
        span = trimmed(text, line.start, line.end)
        if span is None and not blocks:
            continue
        field = _field(line)
        if span is None or (field is None and not (blocks and line.content[0].isspace())):
            break
        if field is not None:
            fields.append(field)
        blocks.append(Block("header", span))
        body_start = line.end
    if not _believable(text, fields):
        return Header()
    return header_of(text, fields, tuple(blocks), body_start)


def _field(line: Line) -> Field | None:
    if len(line.content) > _MAX_HEADER_LINE_CHARS:
        return None
    match = _KEY_VALUE.fullmatch(line.content) or _BARE.fullmatch(line.content)
    if match is None or match["value"] is None:
        return None
    key = match["key"].lower()
    hyphenated = "-" in match["key"] and match["key"][0].isupper()  # Message-ID, X-Mailer
    if key not in _KEYS and not hyphenated:
        return None
    return Field(key, line.start + match.start("value"), line.start + match.end("value"))


def _believable(text: str, fields: list[Field]) -> bool:
    """Whether the lines are a header rather than prose that begins like one ("Title fights are rare")."""
    if not any(field.key in _TELLING_KEYS for field in fields):
        return False
    if any(text[field.start - 1] == ":" or ":" in text[field.start - 4 : field.start] for field in fields):
        return True
    return all(_bare_is_telling(text, field) for field in fields)


def _bare_is_telling(text: str, field: Field) -> bool:
    if field.key in DATE_KEYS:
        found = find_date(text, field.start, field.end)
        return found is not None and found.end - found.start == field.end - field.start
    return field.key in URL_KEYS and _ADDRESS.match(text, field.start, field.end) is not None


def header_of(
    text: str, fields: list[Field], blocks: tuple[Block, ...], body_start: int, note: str | None = None
) -> Header:
    """The header that the fields make; the first field of a kind counts, dates by the order of ``DATE_KEYS``."""
    found = None
    for field in sorted((f for f in fields if f.key in DATE_KEYS), key=lambda f: DATE_KEYS.index(f.key)):
        found = found or find_date(text, field.start, field.end)
    return Header(
        blocks=blocks,
        body_start=body_start,
        title=_title(text, fields),
        date=found.iso if found else None,
        date_span=Span(found.start, found.end) if found else None,
        url=_url(text, fields),
        note=note,
    )


def _title(text: str, fields: list[Field]) -> str | None:
    for field in fields:
        if field.key in TITLE_KEYS:
            return text[field.start : field.end].strip().strip("\"'") or None
    return None


def _url(text: str, fields: list[Field]) -> str | None:
    for field in fields:
        address = _ADDRESS.search(text, field.start, field.end) if field.key in URL_KEYS else None
        if address is not None:
            return address.group()
    return None
