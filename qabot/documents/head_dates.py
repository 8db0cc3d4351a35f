"""The date that a document states in or below its title: "Published: 14 March 2026", "Minutes of 4 June 2026".

The head ends with the first line that is prose, a list, a table or a second heading. A date counts if its whole line
says that it is the document's own; what a text tells of other days never does.
"""

# ruff: noqa: RUF001 - these dashes are meant

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from qabot.datatypes import Block, Document, Span
from qabot.documents.dates import FoundDate, find_date
from qabot.documents.lines import lines_of, trimmed

_MAX_LINES = 10
_MAX_LINE_CHARS, _MAX_LINE_WORDS = 80, 12  # of a line that is no prose: a subtitle, an author, an address
_MAX_KEYED_CHARS = 200

# By rank: when it was published counts before when it was changed.
_KEYS = (
    r"dated?|(?:first )?(?:published|posted|issued|written)|publication date|date of (?:publication|issue)",
    r"created",
    r"(?:last )?(?:update|updated|revised|modified|changed|edited)|as of|version of",
)
_KEYED = re.compile(
    rf"[\s>*_(\[]*(?:{'|'.join(f'({keys})' for keys in _KEYS)})(?: on)?(?![\w'’])[ \t]*[:*_–—-]*[ \t]*"
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?[ \t]+|(?:mon|tue|wed|thu|fri|sat|sun)\.?,?[ \t]+)?",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:T[\d:.Z+-]+|,?[ \t]+(?:at[ \t]+)?\d{1,2}[:.]\d\d(?:[ \t]?[ap]\.?m\.?)?)?"
    r"(?:[ \t]+by[ \t]+(?-i:[A-Z])[^.,!?]{0,40})?[.*_)\] \t]*(?:[|·•(].{0,60})?",
    re.IGNORECASE,
)
_OWN_DAY = re.compile(
    r"[\s#>*_=]*(?:draft |approved )?(?:(?:minutes|protocol|transcript|proceedings)\b[^.;:]{0,80}?"
    r"|(?:notes|record|summary)\b (?:of|from) [^.;:]{0,60}\b(?:meeting|assembly|session|conference|call)\b[^.;:]{0,20}?"
    r"|(?:newsletter|bulletin|circular|press release|letter|memo(?:randum)?)(?: (?:no\. ?)?\d+)?)[ \t,(–—-]*"
    r"(?:(?:of|on|from|held on)[ \t]+)?(?:the[ \t]+)?",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[\s.*_)\]#]*")
_SENTENCE_END = (".", "!", "?", ",", ";", "…")


class _HeadLine(NamedTuple):
    block: int  # index of the block it lies in
    span: Span
    titles: bool  # whether it is the first line with words


def with_head_date(document: Document) -> Document:
    """The document with the date that its head states, if its header states none; the line becomes a header.

    What a file's properties say of its date gives way: they tell when it was saved.
    """
    if document.date_span is not None:
        return document
    stated = _stated(document.text, document.blocks)
    if stated is None:
        return document
    line, found = stated
    blocks = _marked(document.text, document.blocks, line)
    return replace(document, blocks=blocks, date=found.iso, date_span=Span(found.start, found.end))


def _stated(text: str, blocks: Sequence[Block]) -> tuple[_HeadLine, FoundDate] | None:
    """The line whose date counts most, and its date; a title's only if no other line has one."""
    best: tuple[int, _HeadLine, FoundDate] | None = None
    for line in _head(text, blocks):
        ranked = _ranked(text, line)
        if ranked is not None and (best is None or ranked[0] < best[0]):
            best = (ranked[0], line, ranked[1])
    return None if best is None else best[1:]


def _head(text: str, blocks: Sequence[Block]) -> Iterator[_HeadLine]:
    """The lines before the body that are in no header, at most ``_MAX_LINES``."""
    taken, titled = 0, False
    for at, block in enumerate(blocks):
        if block.kind == "header":
            continue
        if block.kind not in ("heading", "paragraph") or (titled and _begins_section(text, block)):
            return
        for span in _line_spans(text, block):
            line = _HeadLine(at, span, titles=not titled and any(map(str.isalpha, span.of(text))))
            if taken == _MAX_LINES or (block.kind == "paragraph" and _is_prose(text, line)):
                return
            yield line
            taken, titled = taken + 1, titled or line.titles


def _begins_section(text: str, block: Block) -> bool:
    """Whether it is a heading; in plain text a lone "Date: 14 March 2026" looks like one."""
    marked = text.startswith("#", block.span.start)
    return block.kind == "heading" and (marked or _ranked(text, _HeadLine(0, block.span, titles=False)) is None)


def _line_spans(text: str, block: Block) -> list[Span]:
    lines = lines_of(text[: block.span.end], block.span.start)
    spans = (trimmed(text, line.start, line.end) for line in lines[: _MAX_LINES + 1])
    return [span for span in spans if span is not None]


def _is_prose(text: str, line: _HeadLine) -> bool:
    words = text[line.span.start : min(line.span.end, line.span.start + _MAX_KEYED_CHARS + 1)]
    is_short = len(words) <= _MAX_LINE_CHARS and len(words.split()) <= _MAX_LINE_WORDS
    return not (is_short and not words.rstrip('*_)]"”’').endswith(_SENTENCE_END)) and _ranked(text, line) is None


def _ranked(text: str, line: _HeadLine) -> tuple[int, FoundDate] | None:
    """The date that the line states as the document's own, and how much it counts: 0 most."""
    start, end = line.span.start, line.span.end
    if end - start > _MAX_KEYED_CHARS:
        return None
    key = _KEYED.match(text, start, end)
    found = find_date(text, key.end(), end) if key and _begins_line(key.group()) else None
    if key and found and found.start == key.end() and _AFTER.fullmatch(text, found.end, end):
        return next(rank for rank, keys in enumerate(key.groups()) if keys), found
    found = find_date(text, start, end) if line.titles else None
    if found and _OWN_DAY.fullmatch(text, start, found.start) and _CLOSING.fullmatch(text, found.end, end):
        return len(_KEYS), found
    return None


def _begins_line(key: str) -> bool:
    """Whether the key is written as one begins a line, rather than on in a sentence: "published on"."""
    return ":" in key or not key[0].islower()


def _marked(text: str, blocks: Sequence[Block], line: _HeadLine) -> tuple[Block, ...]:
    """The blocks, the line as a header of its own unless it is a title that names its day."""
    block = blocks[line.block]
    if _KEYED.match(text, line.span.start, line.span.end) is None:
        return tuple(blocks)
    before = trimmed(text, block.span.start, line.span.start)
    after = trimmed(text, line.span.end, block.span.end)
    parts = [
        *([replace(block, span=before)] if before else []),
        Block("header", line.span),
        *([replace(block, span=after)] if after else []),
    ]
    return (*blocks[: line.block], *parts, *blocks[line.block + 1 :])
