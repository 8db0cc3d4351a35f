"""Title and date of a PDF: what its first lines state, else what its metadata says.

Many programs write a file name, their own name or nothing into the title; such titles are passed over. The date of
creation is the document's date only if no line of the text states one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import PurePosixPath

from qabot.datatypes import Block, Span
from qabot.documents.dates import FoundDate, find_date
from qabot.documents.metadata import DATE_KEYS

_MAX_TITLE_CHARS = 300
_FILE_NAME = re.compile(r"\S*\.(?:docx?|pdf|odt|rtf|txt|tex|dvi|pptx?|xlsx?|indd|qxd|pages|html?|ps)", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)\b.*|(?:untitled|unnamed|document|title|presentation|slide)[ _-]*\d*"
    r"|powerpoint presentation|print(?:ing)?|scan\w*[ _-]*\d*|\W*)",
    re.IGNORECASE,
)
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d{2})(\d{2})")
_STATED = re.compile(rf"(?:{'|'.join(map(re.escape, DATE_KEYS))})(?:[ \t]+on)?[ \t]*[:\t ][ \t]*", re.IGNORECASE)
_FIRST_BLOCKS = 8
_MAX_STATED_CHARS = 80


def sensible_title(stated: str, id_: str) -> str | None:
    """The title of the metadata if it is one rather than the name of a file or program."""
    title = " ".join("".join(sign if sign.isprintable() else " " for sign in stated).split())
    file_name = PurePosixPath(id_).stem.casefold()
    if not any(map(str.isalpha, title)) or len(title) > _MAX_TITLE_CHARS or title.casefold() == file_name:
        return None
    if _NO_TITLE.fullmatch(title) or _FILE_NAME.fullmatch(title.rsplit(" - ", maxsplit=1)[-1]):
        return None
    return title


def title_heading(text: str, blocks: Sequence[Block]) -> str | None:
    """The outermost heading if there is one only, or if it comes first: chapters are no titles."""
    outermost = [block for block in blocks if block.kind == "heading" and block.level == 1]
    if outermost and (len(outermost) == 1 or outermost[0] is blocks[0]):
        return outermost[0].span.of(text)
    return None


def created(stated: str) -> str | None:
    """The date of the metadata, ``D:20240312101500+01'00'`` and the like (ISO 32000-1, 7.9.4), as ISO 8601."""
    match = _CREATED.match(stated.strip())
    if match is None:
        return None
    try:
        return date(*map(int, match.groups())).isoformat()
    except ValueError:
        return None


def stated_date(text: str, blocks: Sequence[Block]) -> tuple[int, FoundDate] | None:
    """The index of the block among the first that states the document's date, and the date.

    It begins with a word such as "Date:" or "Published", or is nothing but a date.
    """
    for at, block in enumerate(blocks[:_FIRST_BLOCKS]):
        if block.kind not in ("paragraph", "row") or len(block.span) > _MAX_STATED_CHARS:
            continue
        key = _STATED.match(text, block.span.start, block.span.end)
        found = find_date(text, key.end() if key else block.span.start, block.span.end)
        if found is None or not (key or found.start == block.span.start):
            continue
        if (key and found.start - key.end() <= 12) or (found.start, found.end) == (block.span.start, block.span.end):
            return at, found
    return None


def as_header(blocks: Sequence[Block], at: int) -> tuple[Block, ...]:
    """The blocks, the one at ``at`` as a header, since it speaks about the document."""
    header = Block("header", Span(blocks[at].span.start, blocks[at].span.end))
    return (*blocks[:at], header, *blocks[at + 1 :])
