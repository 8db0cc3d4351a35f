"""The structure of Markdown (CommonMark and tables), by markdown-it-py's block rules and their line numbers.

Inline markup is not parsed: the text stays as it is, and a line of three megabytes costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from qabot.datatypes import Block, BlockKind
from qabot.documents.lines import Line, lines_of, trimmed

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


class _Range(NamedTuple):
    """Lines ``[first, end)`` and what they are."""

    kind: BlockKind
    first: int
    end: int
    level: int = 0


def markdown_blocks(text: str, start: int) -> tuple[Block, ...]:
    """The blocks of ``text[start:]``, counted in ``text``. Lines that no rule claims become paragraphs."""
    lines = lines_of(text, start)
    tokens = _parser().parse(text[start:])
    blocks: list[Block] = []
    done = 0
    for found in _ranges(tokens):
        first = max(found.first, done)  # a fence that opens on its item's line begins on the same line
        if first < found.end:
            blocks.extend(_leftover(text, lines[done:first], blocks))
            blocks.extend(_claimed(text, lines[first : found.end], found))
            done = found.end
    blocks.extend(_leftover(text, lines[done:], blocks))
    return tuple(blocks)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # 50 ms to import, and only a build needs it

    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _ranges(tokens: Sequence[Token]) -> Iterator[_Range]:
    depth = 0
    begins_item = in_head = False
    for token in tokens:
        in_head = token.type == "thead_open" or (in_head and token.type != "thead_close")
        depth += {"list_item_open": 1, "list_item_close": -1}.get(token.type, 0)
        if token.type == "list_item_open":
            begins_item = True
        elif token.map is not None and (found := _range(token, depth if begins_item else 0)) is not None:
            yield found._replace(level=1) if in_head and found.kind == "row" else found
            begins_item = False


def _range(token: Token, item_depth: int) -> _Range | None:
    first, end = token.map or (0, 0)
    if token.type == "heading_open" and token.level == 0:
        return _Range("heading", first, end, int(token.tag[1:]))
    if token.type in ("fence", "code_block"):
        return _Range("code", first, end)
    if token.type == "tr_open":
        return _Range("row", first, end)
    if token.type in ("paragraph_open", "heading_open", "html_block"):
        return _Range("item", first, end, item_depth) if item_depth else _Range("paragraph", first, end)
    return None


def _claimed(text: str, lines: list[Line], found: _Range) -> list[Block]:
    span = trimmed(text, lines[0].start, lines[-1].end)
    return [Block(found.kind, span, found.level)] if span is not None else []


def _leftover(text: str, lines: list[Line], before: list[Block]) -> list[Block]:
    """Rules, link definitions, the line under a table's head (part of it): text all the same, a block each."""
    if not lines or (span := trimmed(text, lines[0].start, lines[-1].end)) is None:
        return []
    after_row = bool(before) and before[-1].kind == "row" and set(span.of(text)) <= set("|-: \t")
    if after_row:
        return [Block("row", span, before[-1].level)]
    spans = (trimmed(text, line.start, line.end) for line in lines)
    return [Block("paragraph", span) for span in spans if span is not None]
