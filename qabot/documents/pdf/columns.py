"""The reading order of a page, told by where things stand and never by the order of the content stream.

A page is cut where a gutter runs through lines of prose on both of its sides; what lies across the gutter (a title, a
wide table) parts what is above it from what is below. Each side is cut again, so three columns are two cuts. A page
in one column has no gutter and comes out as it is, and so does a table: its cells are no prose.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from qabot.documents.pdf.lines import Fragment, Line, lines_of_fragments

_MIN_LINES = 3  # of prose on the left of a gutter, and at its right edge
_MAX_CANDIDATES = 20
_MIN_PROSE_CHARS = 15  # of the middle line; cells of tables are shorter
_FULL_LINE = 0.7  # of the column's width
_MAX_CELL_CHARS = 22
_EDGE_POINTS = 2.0
_MAX_DEPTH = 12  # real pages need three or four; a page made to be cut without end is left uncut


class _Cut(NamedTuple):
    """Consecutive parts of a region, top down: those with two sides are columns."""

    parts: list[tuple[list[Fragment], list[Fragment]]]  # left side, right side; the latter empty where uncut
    gained: int  # fragments that lie in columns


def columns(fragments: Sequence[Fragment], depth: int = 0) -> list[list[Line]]:
    """The regions of a page in reading order, each with its lines from top to bottom; ``depth`` cuts were made."""
    cut = _best_cut(fragments) if depth < _MAX_DEPTH else None
    if cut is None:
        return [lines_of_fragments(fragments)] if fragments else []
    regions: list[list[Line]] = []
    for left, right in cut.parts:
        regions.extend(columns(left, depth + 1))
        regions.extend(columns(right, depth + 1))
    return regions


def _best_cut(fragments: Sequence[Fragment]) -> _Cut | None:
    if len(fragments) < 2 * _MIN_LINES:
        return None
    lines = lines_of_fragments(fragments)
    wide_rows = _table_rows(lines)
    cuts = (_cut_at(edge, fragments, wide_rows) for edge in _edges(fragments))
    best = max(cuts, key=lambda cut: cut.gained, default=None)
    return best if best is not None and best.gained else None


def _edges(fragments: Sequence[Fragment]) -> list[float]:
    """Where several fragments begin at the same x, the most common places first; the leftmost is no gutter."""
    lefts = sorted(fragment.left for fragment in fragments)
    groups: list[list[float]] = []
    for left in lefts:
        if groups and left - groups[-1][0] <= _EDGE_POINTS:
            groups[-1].append(left)
        else:
            groups.append([left])
    found = [group for group in groups[1:] if len(group) >= _MIN_LINES]
    return [group[0] for group in sorted(found, key=len, reverse=True)[:_MAX_CANDIDATES]]


def _table_rows(lines: Sequence[Line]) -> dict[int, Line]:
    """By fragment identity, the rows of tables: three or more short cells, under or over a row of as many."""
    rows: dict[int, Line] = {}
    short = [len(line.cells) >= 3 and all(len(cell.text) <= _MAX_CELL_CHARS for cell in line.cells) for line in lines]
    for at, (line, is_short) in enumerate(zip(lines, short, strict=True)):
        near = [other for other in (at - 1, at + 1) if 0 <= other < len(lines) and short[other]]
        if is_short and any(abs(len(lines[other].cells) - len(line.cells)) <= 1 for other in near):
            rows.update((id(word), line) for cell in line.cells for word in cell.words)
    return rows


def _cut_at(edge: float, fragments: Sequence[Fragment], wide_rows: dict[int, Line]) -> _Cut:
    """The region cut at the gutter that ends at ``edge``, where prose stands on both of its sides."""
    parts: list[tuple[list[Fragment], list[Fragment]]] = []
    gained = 0
    ordered = sorted(fragments, key=lambda fragment: fragment.base)
    for crosses, run in groupby(ordered, key=lambda fragment: _crosses(fragment, edge, wide_rows)):
        members = list(run)
        left = [fragment for fragment in members if fragment.left < edge - _EDGE_POINTS]
        right = [fragment for fragment in members if fragment.left >= edge - _EDGE_POINTS]
        if not crosses and _are_columns(left, right):
            parts.append((left, right))
            gained += len(members)
        elif parts and not parts[-1][1]:
            parts[-1][0].extend(members)
        else:
            parts.append((members, []))
    return _Cut(parts, gained)


def _crosses(fragment: Fragment, edge: float, wide_rows: dict[int, Line]) -> bool:
    row = wide_rows.get(id(fragment.words[0]))
    if row is not None and row.left < edge - _EDGE_POINTS and row.right > edge + fragment.size:
        return True
    return fragment.left < edge - _EDGE_POINTS and fragment.right > edge - fragment.size / 2


def _are_columns(left: list[Fragment], right: list[Fragment]) -> bool:
    if not left or not right:
        return False
    one, other = lines_of_fragments(left), lines_of_fragments(right)
    return len(one) >= _MIN_LINES and _is_prose(one) and _is_prose(other) and not _begin_together(one, other)


def _is_prose(lines: Sequence[Line]) -> bool:
    """Whether most lines fill the column, or the few that there are look like sentences."""
    if median(len(line.text) for line in lines) < _MIN_PROSE_CHARS:
        return False
    width = max(line.right for line in lines) - min(line.left for line in lines)
    full = sum(line.right - line.left >= _FULL_LINE * width for line in lines)
    return 2 * full >= len(lines)


def _begin_together(one: Sequence[Line], other: Sequence[Line]) -> bool:
    """Whether the blocks of both sides begin at the same heights, as the cells of a table with long texts do."""
    mine, its = _block_tops(one), _block_tops(other)
    if len(mine) < 3 or len(its) < 3:
        return False
    same = sum(any(abs(top - its_top) <= _EDGE_POINTS for its_top in its) for top in mine)
    return same >= 0.8 * max(len(mine), len(its))


def _block_tops(lines: Sequence[Line]) -> list[float]:
    """The baselines of lines that follow a gap wider than the one between most lines."""
    gaps = [below.base - above.base for above, below in pairwise(lines)]
    usual = median(gaps) if gaps else 0.0
    return [lines[0].base, *(line.base for gap, line in zip(gaps, lines[1:], strict=True) if gap > 1.3 * usual)]
