"""Running headers, footers and page numbers: what stands at the same place of most pages and says the same there.

A number in it may be the page's, which grows with the pages, or stay the same; any other difference makes it text
(invoices with a number at the top are text). What is dropped lies outermost and apart from the rest of the page, so
that the head of a table that goes on over pages is kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from statistics import median
from typing import NamedTuple

from qabot.documents.pdf.lines import Fragment

_ZONE = 0.15  # of the page's height, at the top and at the bottom
_MIN_PAGES = 3
_MIN_SHARE = 0.3  # of the pages: left and right pages may have different ones, first pages none
_APART_EMS = 1.5  # baseline to baseline; more than between the lines of a paragraph
_PLACE_POINTS = 3.0
_MIN_RUNNING = 0.7  # of the pages where the text stands
_MAX_NUMBERS = 8
_FIRST, _LAST = "page number first", "page number last"  # chapters have titles of their own beside it
_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(r"\W*(?:page\s+)?#(?:\s*(?:/|of)\s*#)?\W*", re.IGNORECASE)


class PageFragments(NamedTuple):
    """The upright fragments of one page, top down."""

    number: int  # of the page, counted from 1
    height: float  # in points
    fragments: list[Fragment]


class _Seen(NamedTuple):
    """One occurrence of a text in a page's margin."""

    page: int
    base: float
    is_small: bool  # no larger than most of the text: a title that two pages share is no running header
    numbers: tuple[int, ...]


def without_running(pages: Sequence[PageFragments]) -> list[list[Fragment]]:
    """The fragments of each page but for those that run through the document."""
    seen: dict[str, list[_Seen]] = {}
    usual = median(sizes) if (sizes := [one.size for page in pages for one in page.fragments]) else 0.0
    for page in pages:
        for fragment in _in_margins(page):
            for key, numbers in _keys(fragment.text):
                one = _Seen(page.number, fragment.base, fragment.size <= usual, numbers)
                seen.setdefault(key, []).append(one)
    places = {key: _running_bases(key, found, len(pages)) for key, found in seen.items()}
    rest = [_rest(page, places) for page in pages]
    if sum(not fragments for fragments in rest) * 2 > len(pages):
        return [page.fragments for page in pages]  # pages of one line each, all alike: that line is the text
    return rest


def _keys(text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What the text is looked up by, with the numbers in it: by its words, and by a page number at an end of it."""
    numbers = tuple(int(number) for number in _NUMBER.findall(text)[:_MAX_NUMBERS] if len(number) < 10)
    yield _NUMBER.sub("#", text), numbers
    if numbers and text[0].isdigit():
        yield _FIRST, numbers[:1]
    if numbers and text[-1].isdigit():
        yield _LAST, numbers[-1:]


def _in_margins(page: PageFragments) -> list[Fragment]:
    top, bottom = _ZONE * page.height, (1 - _ZONE) * page.height
    return [fragment for fragment in page.fragments if fragment.base < top or fragment.base > bottom]


def _running_bases(key: str, found: Sequence[_Seen], pages: int) -> list[tuple[float, float]]:
    """The ranges of baselines where the text runs through the document."""
    both_pages = pages == 2 and all(one.is_small for one in found)
    enough = 2 if both_pages or _PAGE_NUMBER.fullmatch(key) else max(_MIN_PAGES, _MIN_SHARE * pages)
    ranges: list[tuple[float, float]] = []
    group: list[_Seen] = []
    for one in [*sorted(found, key=lambda one: one.base), None]:
        if one is not None and (not group or one.base - group[-1].base <= _PLACE_POINTS):
            group.append(one)
            continue
        if len({member.page for member in group}) >= enough and _numbers_run(
            group, only_growing=key in (_FIRST, _LAST)
        ):
            ranges.append((group[0].base, group[-1].base))
        group = [one] if one is not None else []
    return ranges


def _numbers_run(group: Sequence[_Seen], *, only_growing: bool) -> bool:
    """Whether each number in the text stays the same or grows with the pages; on most pages, since covers differ."""
    slots = min(len(member.numbers) for member in group)
    for slot in range(slots):
        constant = 0.0 if only_growing else _largest_share([member.numbers[slot] for member in group])
        growing = _largest_share([member.numbers[slot] - member.page for member in group])
        if max(constant, growing) < _MIN_RUNNING:
            return False
    return True


def _largest_share(values: Sequence[int]) -> float:
    return max(Counter(values).values()) / len(values)


def _rest(page: PageFragments, places: dict[str, list[tuple[float, float]]]) -> list[Fragment]:
    ordered = sorted(page.fragments, key=lambda one: one.base)
    rows = [list(row) for _, row in groupby(ordered, key=lambda one: round(one.base))]
    first = _running_rows(rows, places, page.height)
    last = _running_rows(rows[::-1], places, page.height)
    if first + last >= len(rows):
        return []
    return [fragment for row in rows[first : len(rows) - last] for fragment in row]


def _running_rows(rows: list[list[Fragment]], places: dict[str, list[tuple[float, float]]], height: float) -> int:
    """How many of the rows, from the edge of the page inwards, run through the document and stand apart."""
    running = 0
    while running < len(rows) and _row_runs(rows[running], places, height):
        running += 1
    if running in (0, len(rows)):
        return running
    gaps = [abs(below[0].base - above[0].base) for above, below in pairwise(rows[: running + 1])]
    while running and gaps[running - 1] < _APART_EMS * rows[running][0].size:
        running -= 1
    return running


def _row_runs(row: Sequence[Fragment], places: dict[str, list[tuple[float, float]]], height: float) -> bool:
    """Whether all of the row does, or a page number in it: what stands beside that is no text of the page either."""
    found = [_running_keys(fragment, places, height) for fragment in row]
    return all(found) or any({_FIRST, _LAST} & keys for keys in found)


def _running_keys(fragment: Fragment, places: dict[str, list[tuple[float, float]]], height: float) -> set[str]:
    if _ZONE * height <= fragment.base <= (1 - _ZONE) * height:
        return set()
    keys = (key for key, _ in _keys(fragment.text))
    return {key for key in keys if any(first <= fragment.base <= last for first, last in places.get(key, ()))}
