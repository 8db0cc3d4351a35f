"""The structure of reStructuredText by a small set of own rules: titles, lists, fields, literal blocks, tables.

Not docutils: that parses everything, runs directives, drops comments and keeps no character offsets. The rules follow
https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html as far as structure goes; text stays as it is.
"""

# ruff: noqa: RUF001 - these bullets are meant

from __future__ import annotations

import re

from qabot.datatypes import Block, BlockKind, Span
from qabot.documents.heading_words import ADORNMENT
from qabot.documents.lines import Line, lines_of, trimmed
from qabot.documents.metadata import (
    DATE_KEYS,
    TITLE_KEYS,
    URL_KEYS,
    Field,
    Header,
    first_lines,
    header_of,
    plain_header,
)
from qabot.documents.tables import head_lines

_MARKER = re.compile(
    r"[ \t]*(?:[-*+•‣⁃][ \t]|(?:\d{1,3}|[a-zA-Z]|#)[.)][ \t]|\((?:\d{1,3}|[a-zA-Z]|#)\)[ \t]|:[^:\s][^:]*:(?:[ \t]|$))"
)
_FIELD = re.compile(r":(?P<key>[^:\s][^:]*):[ \t]+(?P<value>\S.*)")
_CODE_DIRECTIVE = re.compile(r"[ \t]*\.\. (?:code|code-block|sourcecode|parsed-literal|math)::")
_DIRECTIVE = re.compile(r"[ \t]*\.\.(?:[ \t]|$)")
_TABLE_DIRECTIVE = re.compile(r"[ \t]*\.\. (?P<kind>csv|list)-table::")
_OPTION = re.compile(r"[ \t]*:(?P<key>[^:\s][^:]*):(?:[ \t]+(?P<value>\S.*))?")
_LIST_ROW = re.compile(r"[ \t]*\*[ \t]+-(?:[ \t]|$)")
_SIMPLE_TABLE = re.compile(r"[ \t]*=+(?:[ \t]+=+)+[ \t]*")
_DOCINFO_KEYS = (
    "author",
    "authors",
    "organization",
    "contact",
    "address",
    "version",
    "status",
    "copyright",
    "revision",
)


def rst_header(text: str) -> Header:
    """The field list at the very top, or docutils' docinfo: the one that follows the title; else as in plain text."""
    lines = first_lines(text)
    first = _docinfo_start(lines)
    fields: list[Field] = []
    spans: list[Span] = []
    body_start = 0
    for line in lines[first:]:
        match = _FIELD.fullmatch(line.content)
        span = trimmed(text, line.start, line.end)
        if span is None or (match is None and not (spans and line.indent)):
            break
        if match is not None:
            value = (line.start + match.start("value"), line.start + match.end("value"))
            fields.append(Field(match["key"].lower(), *value))
        spans.append(span)
        body_start = line.end
    known = (*TITLE_KEYS, *DATE_KEYS, *URL_KEYS, *_DOCINFO_KEYS)
    if not any(field.key in known for field in fields):
        return plain_header(text)
    return header_of(text, fields, tuple(Block("header", span) for span in spans), body_start)


def _docinfo_start(lines: list[Line]) -> int:
    """The index of the first line that is not blank, after the document's title if there is one."""
    at = _skip_blank(lines, 0)
    title = _title_at(lines, at)
    return _skip_blank(lines, at + title) if title else at


def _skip_blank(lines: list[Line], at: int) -> int:
    while at < len(lines) and lines[at].blank:
        at += 1
    return at


def rst_blocks(text: str, start: int) -> tuple[Block, ...]:
    """The blocks of ``text[start:]``, counted in ``text``."""
    return _Reader(text, lines_of(text, start)).read()


class _Reader:
    """Walks the lines once; each rule takes the lines that are its own."""

    def __init__(self, text: str, lines: list[Line]) -> None:
        self._text = text
        self._lines = lines
        self._at = 0
        self._blocks: list[Block] = []
        self._styles: list[str] = []  # title adornments in the order in which they first appear: their level
        self._indents: list[int] = []  # of the list items that are open

    def read(self) -> tuple[Block, ...]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.blank:
                self._at += 1
            elif height := _title_at(self._lines, self._at):
                self._title(height)
            elif _SIMPLE_TABLE.fullmatch(line.content) or line.content.lstrip().startswith(("+-", "|")):
                self._rows()
            elif _DIRECTIVE.match(line.content):
                self._explicit(line)
            else:
                self._prose(line)
        return tuple(self._blocks)

    def _title(self, height: int) -> None:
        marks = self._lines[self._at + height - 1].content.strip()[0]
        style = marks + ("overlined" if height == 3 else "")
        if style not in self._styles:
            self._styles.append(style)
        self._take("heading", height, level=1 + self._styles.index(style))
        self._indents.clear()

    def _rows(self) -> None:
        """Rows up to a blank line; a simple table may hold blank lines, its last line is its third border at most."""
        end = self._at
        while end < len(self._lines) and not self._lines[end].blank:
            end += 1
        table = [line.content for line in self._lines[self._at : end]]
        head = head_lines(table) if len(table) > 1 else 0
        for at in range(len(table)):
            self._take("row", 1, level=int(at < head))

    def _explicit(self, line: Line) -> None:
        """A directive, comment or footnote: its first line by itself, its body as what it is."""
        is_code = _CODE_DIRECTIVE.match(line.content) is not None
        table = _TABLE_DIRECTIVE.match(line.content)
        self._take("paragraph", 1)
        if is_code:
            self._literal(line.indent)
        elif table is not None:
            self._table_directive(line.indent, is_list=table["kind"] == "list")

    def _table_directive(self, indent: int, *, is_list: bool) -> None:
        """The options and rows of a csv-table or list-table; a row of the latter begins with ``* -``."""
        head = self._table_options(indent)
        row = 0
        while self._skipped_blank() and (line := self._lines[self._at]).indent > indent:
            height = 1
            while is_list and self._in_list_row(self._at + height, line):
                height += 1
            self._take("row", height, level=int(row < head))
            row += 1

    def _table_options(self, indent: int) -> int:
        """Takes the options as rows that head the table, as ``:header:`` does; returns how many rows follow suit."""
        head = 0
        while self._at < len(self._lines) and (line := self._lines[self._at]).indent > indent:
            option = _OPTION.fullmatch(line.content)
            if option is None:
                break
            if option["key"] == "header-rows" and (option["value"] or "").strip().isdecimal():
                head = int(option["value"])
            self._take("row", 1, level=1)
        return head

    def _skipped_blank(self) -> bool:
        """Moves on to the next line that is not blank; whether there is one."""
        self._at = _skip_blank(self._lines, self._at)
        return self._at < len(self._lines)

    def _in_list_row(self, at: int, first: Line) -> bool:
        if at >= len(self._lines):
            return False
        line = self._lines[at]
        return not line.blank and line.indent >= first.indent and _LIST_ROW.match(line.content) is None

    def _literal(self, indent: int) -> None:
        """The indented lines that follow, blank ones within included."""
        first = _skip_blank(self._lines, self._at)
        end = first
        while end < len(self._lines) and (self._lines[end].blank or self._lines[end].indent > indent):
            end += 1
        if end > first:
            self._at = first
            self._take("code", end - first)

    def _prose(self, line: Line) -> None:
        marked = _MARKER.match(line.content) is not None
        height = 1
        while self._continues(self._at + height, line, marked=marked):
            height += 1
        last = self._lines[self._at + height - 1].content.rstrip()
        self._take("item" if marked else "paragraph", height, level=self._depth(line) if marked else 0)
        if last.endswith("::"):
            self._literal(line.indent)

    def _continues(self, at: int, first: Line, *, marked: bool) -> bool:
        """Whether line ``at`` still belongs to the item or paragraph that ``first`` began."""
        if at >= len(self._lines) or self._lines[at].blank:
            return False
        line = self._lines[at]
        if _MARKER.match(line.content):
            return not marked and line.indent <= first.indent and not line.content.lstrip().startswith(":")
        return line.indent > first.indent or not marked

    def _depth(self, line: Line) -> int:
        while self._indents and self._indents[-1] >= line.indent:
            self._indents.pop()
        self._indents.append(line.indent)
        return len(self._indents)

    def _take(self, kind: BlockKind, height: int, level: int = 0) -> None:
        taken = self._lines[self._at : self._at + height]
        self._at += height
        span = trimmed(self._text, taken[0].start, taken[-1].end)
        if span is not None:
            self._blocks.append(Block(kind, span, level))


def _title_at(lines: list[Line], at: int) -> int:
    """How many lines the section title at ``at`` takes: 2, 3 with an overline, 0 if there is none."""
    if at + 1 >= len(lines) or (at > 0 and not lines[at - 1].blank):
        return 0
    first, second = lines[at].content.rstrip(), lines[at + 1].content.rstrip()
    if ADORNMENT.fullmatch(first) and at + 2 < len(lines) and lines[at + 2].content.rstrip() == first:
        return 3 if second and not ADORNMENT.fullmatch(second) else 0
    is_underline = ADORNMENT.fullmatch(second) and len(second) >= min(4, len(first))
    return 2 if first and not first[0].isspace() and is_underline and not ADORNMENT.fullmatch(first) else 0
