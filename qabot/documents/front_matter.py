"""YAML front matter of a Markdown file: the lines between two ``---`` at its very top.

The YAML is composed into nodes, never constructed: nothing is executed, "30 February" raises nothing, and each value
knows where it stands in the text.
"""

from __future__ import annotations

import re

from qabot.datatypes import Block
from qabot.documents.lines import lines_of, trimmed
from qabot.documents.metadata import Field, Header, header_of, plain_header

_MAX_CHARS = 10_000  # PyYAML takes quadratic time for what is deeply nested
_OPENING = re.compile(r"---[ \t]*(?=\r\n|\r|\n)")
_CLOSING = re.compile(r"(?:\r\n|\r|\n)(?P<mark>(?:---|\.\.\.)[ \t]*)(?=\r\n|\r|\n|$(?!.))", re.DOTALL)
_SIMPLE = re.compile(r"(?P<key>[A-Za-z][\w-]*)[ \t]*:[ \t]+(?P<value>\S.*)")


def markdown_header(text: str) -> Header:
    """Front matter if there is some, else a header as in plain text."""
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end(), _MAX_CHARS) if opening else None
    if opening is None or closing is None:
        return plain_header(text)
    inside = (opening.end(), closing.start())
    lines = lines_of(text[: closing.end()])
    spans = (trimmed(text, line.start, line.end) for line in lines)
    blocks = tuple(Block("header", span) for span in spans if span is not None)
    fields = _yaml_fields(text, *inside)
    if fields is None:
        note = "its front matter is not valid YAML; read line by line"
        return header_of(text, _simple_fields(text, *inside), blocks, closing.end(), note)
    return header_of(text, fields, blocks, closing.end())


def _yaml_fields(text: str, start: int, end: int) -> list[Field] | None:
    """The scalar values at the top level; None if it is no YAML or no mapping."""
    import yaml  # a fifth of the time of a cold start, and only Markdown with front matter needs it

    try:
        root = yaml.compose(text[start:end], Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if root is None:
        return []
    if not isinstance(root, yaml.MappingNode):
        return None
    return [
        Field(_key(key.value), start + value.start_mark.index, start + value.end_mark.index)
        for key, value in root.value
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    ]


def _simple_fields(text: str, start: int, end: int) -> list[Field]:
    fields = []
    for line in lines_of(text[:end], start):
        match = _SIMPLE.fullmatch(line.content)
        if match is not None:
            value = (line.start + match.start("value"), line.start + match.end("value"))
            fields.append(Field(_key(match["key"]), *value))
    return fields


def _key(written: str) -> str:
    """A key as in ``DATE_KEYS``: ``last_updated`` is "last updated"."""
    return written.lower().replace("_", " ")
