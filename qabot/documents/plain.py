"""The structure of plain text: headings, list items, table rows and paragraphs, told by blank lines and signs.

Conservative on purpose: what is not clearly a heading, an item or a row is a paragraph, and hard-wrapped lines belong
to one paragraph.
"""

# ruff: noqa: RUF001 - these bullets are meant

from __future__ import annotations

import re
from collections.abc import Iterator

from qabot.datatypes import Block, BlockKind
from qabot.documents.lines import Line, lines_of, trimmed
from qabot.documents.tables import head_lines, is_rule

_MARKER = re.compile(r"[ \t]*(?:[-*•‣–][ \t]|\d{1,3}[.)][ \t]|[a-zA-Z]\)[ \t]|\((?:\d{1,3}|[a-zA-Z])\)[ \t])")
_UNDERLINE = re.compile(r"[ \t]*(?:={3,}|-{3,}|~{3,})[ \t]*")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?[ \t]+[A-Z]")
_BEFORE_ITEM = (":", ".", ";", "!", "?", ",")
_MAX_HEADING_CHARS = 80
_MAX_HEADING_WORDS = 12
_TITLE_LEVEL, _CAPITALS_LEVEL, _LINE_LEVEL = 1, 2, 3


def plain_blocks(text: str, start: int) -> tuple[Block, ...]:
    """The blocks of ``text[start:]``, counted in ``text``."""
    groups = list(_groups(lines_of(text, start)))
    blocks: list[Block] = []
    for at, group in enumerate(groups):
        following = groups[at + 1] if at + 1 < len(groups) else None
        blocks.extend(_group_blocks(text, group, following, blocks))
    return tuple(blocks)


def _groups(lines: list[Line]) -> Iterator[list[Line]]:
    """Runs of lines that are not blank."""
    group: list[Line] = []
    for line in lines:
        if not line.blank:
            group.append(line)
        elif group:
            yield group
            group = []
    if group:
        yield group


def _group_blocks(text: str, group: list[Line], following: list[Line] | None, before: list[Block]) -> list[Block]:
    if _is_table(group):
        head = head_lines([line.content for line in group])
        return [_block(text, "row", [line], int(at < head)) for at, line in enumerate(group)]
    if len(group) > 1 and len(group[0].content) <= _MAX_HEADING_CHARS and _UNDERLINE.fullmatch(group[1].content):
        level = _TITLE_LEVEL if "=" in group[1].content else _CAPITALS_LEVEL
        return [_block(text, "heading", group[:2], level), *_prose(text, group[2:])]
    if len(group) == 1:
        level = _lone_heading_level(group[0], following, before)
        return [_block(text, "heading", group, level)] if level else _prose(text, group)
    # Capitals that go on in the next line are a loud paragraph.
    if _is_capitals(group[0].content) and not group[1].content.isupper():
        return [
            _block(text, "heading", group[:1], _CAPITALS_LEVEL if before else _TITLE_LEVEL),
            *_prose(text, group[1:]),
        ]
    return _prose(text, group)


def _is_table(group: list[Line]) -> bool:
    """Whether each of several lines, but for drawn ones, holds a bar or an inner tab."""
    written = [line.content for line in group if not is_rule(line.content)]
    if len(written) < 2 or any(_MARKER.match(content) for content in written):
        return False
    return any(all(sign in content.strip() for content in written) for sign in "|\t")


def _lone_heading_level(line: Line, following: list[Line] | None, before: list[Block]) -> int:
    """The level of a heading that stands between blank lines; 0 if the line is none."""
    if following is None or not looks_like_heading(line.content):
        return 0
    if _MARKER.match(line.content):
        in_list = bool(before) and before[-1].kind == "item"
        is_heading = not in_list and not _MARKER.match(following[0].content)
        return _LINE_LEVEL if is_heading and _NUMBERED.match(line.content) else 0
    if not before:
        return _TITLE_LEVEL
    if _is_capitals(line.content):
        return _CAPITALS_LEVEL
    # Lone short lines in a row are a list or a poem, not headings without text.
    alone = len(following) == 1 and looks_like_heading(following[0].content)
    return 0 if alone else _LINE_LEVEL


def looks_like_heading(content: str) -> bool:
    """Whether a line is short, begins with a capital or a digit and ends without punctuation."""
    content = content.strip() if len(content) <= 2 * _MAX_HEADING_CHARS else ""
    return (
        0 < len(content) <= _MAX_HEADING_CHARS
        and len(content.split()) <= _MAX_HEADING_WORDS
        and (content[0].isupper() or content[0].isdigit())
        and (content[-1].isalnum() or content[-1] == ")")
        and any(character.isalpha() for character in content)
    )


def _is_capitals(content: str) -> bool:
    letters = sum(character.isalpha() for character in content[:_MAX_HEADING_CHARS])
    return looks_like_heading(content) and content.isupper() and letters >= 4


def _prose(text: str, group: list[Line]) -> list[Block]:
    """Items and paragraphs of one group of lines."""
    parts: list[list[Line]] = []
    in_list = False
    for line in group:
        marked = _MARKER.match(line.content) is not None
        # A wrapped line may begin with "- " or "5. " by chance; after the end of a clause it hardly does.
        begins = marked and (not parts or in_list or parts[-1][-1].content.rstrip().endswith(_BEFORE_ITEM))
        if begins or not parts:
            parts.append([line])
        else:
            parts[-1].append(line)
        in_list = in_list or begins
    return _items_and_paragraphs(text, parts)


def _items_and_paragraphs(text: str, parts: list[list[Line]]) -> list[Block]:
    blocks: list[Block] = []
    indents: list[int] = []
    for part in parts:
        if not _MARKER.match(part[0].content):
            blocks.append(_block(text, "paragraph", part))
            continue
        while indents and indents[-1] >= part[0].indent:
            indents.pop()
        indents.append(part[0].indent)
        blocks.append(_block(text, "item", part, len(indents)))
    return blocks


def _block(text: str, kind: BlockKind, lines: list[Line], level: int = 0) -> Block:
    span = trimmed(text, lines[0].start, lines[-1].end)
    if span is None:
        raise ValueError(f"a block of blank lines at {lines[0].start}")
    return Block(kind, span, level)
