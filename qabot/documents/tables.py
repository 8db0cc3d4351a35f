"""Tables drawn with signs: which of their first lines head the rows below.

Knows lines of text only, so that plain text and reStructuredText share it; Markdown's own rules say it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_RULE = re.compile(r"[ \t]*[-=|+:][-=|+: \t]*[-=]{2}[-=|+: \t]*")
_OPTION = re.compile(r":(?!header:)[\w-]+:")
_ROW_BEGINS = re.compile(r'(?::header:|\*[ \t]+-(?=\s|$))?[ \t]*\|?[ \t]*"?')
_GAP = re.compile(r'"[ \t]*,[ \t]*"|[\r\n]+[ \t]*-(?:[ \t]+|$)|[ \t]*\|[ \t]*|[ \t]*\t[ \t]*|[ ]{2,}')
_MAX_RULED_HEAD = 3  # lines; below more a rule rather divides the table
_MAX_CELL_CHARS = 40
_DIGIT = re.compile(r"\d")


def is_rule(line: str) -> bool:
    """Whether a line is drawn, not written: ``|---|---|``, ``+====+``, ``===  ===``."""
    return _RULE.fullmatch(line) is not None


def cell_places(row: str) -> list[tuple[int, int]]:
    """Where the cells of a row are, between bars, tabs, gaps of two spaces or quotation marks.

    Empty ones inside of the row are kept, with ``start == end``. A row of a reStructuredText list-table has a cell a
    line, each with its marker.
    """
    begins = _ROW_BEGINS.match(row)
    start = begins.end() if begins else 0
    closed = row.rstrip()
    if "|" in row[:start]:  # then the last bar closes the row, else an empty cell follows it
        closed = closed.removesuffix("|").rstrip()
    end = max(start, len(closed.removesuffix('"')))
    places = []
    for gap in _GAP.finditer(row, start, end):
        places.append((start, gap.start()))
        start = gap.end()
    return [*places, (start, end)] if places or start < end else []


def cells(row: str) -> list[str]:
    """The words of each cell."""
    return [row[start:end] for start, end in cell_places(row)]


def column_names(row: str) -> list[str]:
    """The cells of a row in a table's head, without emphasis; a rule or an option of a directive names none."""
    if is_rule(row) or _OPTION.match(row):
        return []
    names = [name.strip("*_` ") for name in cells(row)]
    return names if any(names) else []


def head_words(rows: Iterable[str]) -> str:
    """The names of a table's columns in one line: ``Day | Room``."""
    return " / ".join(" | ".join(names) for row in rows if (names := column_names(row)))


def head_lines(table: Sequence[str]) -> int:
    """How many of the first lines of a table head it, rules included; 0 if none clearly does."""
    rules = [at for at, line in enumerate(table) if is_rule(line)]
    if not rules:
        return int(_names_columns(table))
    if rules[0] > 0:
        return rules[0] + 1 if rules[0] <= _MAX_RULED_HEAD and rules[0] + 1 < len(table) else 0
    double = [at for at in rules if "=" in table[at]]
    if "=" in table[0]:  # a simple table: two borders hold its body, three its head and its body
        return double[1] + 1 if len(double) >= 3 else 0
    if double:
        return double[0] + 1
    return rules[1] + 1 if len(rules) == 3 and rules[1] + 1 < rules[2] else 0


def _names_columns(table: Sequence[str]) -> bool:
    """Whether the first of at least three lines holds names without digits, and a column below mostly digits."""
    first, *body = (cells(line) for line in table)
    if len(body) < 2 or len(first) < 2:
        return False
    named = all(cell and len(cell) <= _MAX_CELL_CHARS and not _DIGIT.search(cell) for cell in first)
    rows = [row for row in body if len(row) == len(first)]
    if not named or 2 * len(rows) < len(body):
        return False
    return any(2 * sum(_DIGIT.search(row[at]) is not None for row in rows) > len(rows) for at in range(len(first)))
