"""Words become fragments (what stands together on one baseline) and fragments become lines.

Pure geometry, in the units of words.py. A fragment ends at a gap that is wider than those between the words of a
sentence: between columns of a page or cells of a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from qabot.documents.pdf.words import Word

WIDE_GAP_EMS = 0.8  # a narrow gutter is an em wide, a space a quarter; justified lines lie between
_GLUED_GAP_EMS = 0.3
_SAME_BASE_EMS = 0.15
_ASCENT_EMS, _DESCENT_EMS = 0.75, 0.2
_LEADER = re.compile(r"(?: ?[.…·]){5,}")  # the dots between a chapter and its page in a table of contents
_CONTENTS = re.compile(r"… ?(?:\d{1,4}|[ivxlc]{1,7})$")
_BEGINS_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


@dataclass(frozen=True)
class Fragment:
    """Words on one baseline with no wide gap between them, from left to right; never empty."""

    words: tuple[Word, ...]

    @cached_property
    def left(self) -> float:
        """Where the first word begins, in points."""
        return self.words[0].left

    @cached_property
    def right(self) -> float:
        """Where the last word ends, in points."""
        return max(word.right for word in self.words)

    @cached_property
    def size(self) -> float:
        """The em of most of its characters, in points."""
        return _most_common_size(self.words)

    @cached_property
    def base(self) -> float:
        """The baseline of its words of that size."""
        return next(word.base for word in self.words if word.size == self.size)

    @cached_property
    def text(self) -> str:
        """The words with a space where one stood or a gap shows it."""
        words = self.words
        if sum(_BEGINS_RIGHT_TO_LEFT.match(word.text) is not None for word in words) * 2 > len(words):
            return " ".join(word.text for word in reversed(words))
        parts = [words[0].text]
        for before, word in pairwise(words):
            joined = word.glued and word.left - before.right < _GLUED_GAP_EMS * min(before.size, word.size)
            parts.append(word.text if joined else f" {word.text}")
        return _LEADER.sub(" …", "".join(parts))

    @cached_property
    def bold(self) -> bool:
        """Whether all letters and digits are bold."""
        return all(word.bold or not any(map(str.isalnum, word.text)) for word in self.words)

    @cached_property
    def fixed(self) -> bool:
        """Whether all characters are equally wide, as in listings of programs."""
        return all(word.fixed for word in self.words)


@dataclass(frozen=True)
class Line:
    """Fragments on one baseline within one column, from left to right; never empty."""

    cells: tuple[Fragment, ...]

    @cached_property
    def whole(self) -> Fragment:
        """The line as if it had no wide gaps."""
        return Fragment(tuple(word for cell in self.cells for word in cell.words))

    @property
    def left(self) -> float:
        """Where the line begins, in points."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """Where the line ends, in points."""
        return max(cell.right for cell in self.cells)

    @property
    def base(self) -> float:
        """The baseline of most of it, in points from the upper edge."""
        return self.whole.base

    @property
    def size(self) -> float:
        """The em of most of it, in points."""
        return self.whole.size

    @property
    def text(self) -> str:
        """All words, wide gaps as one space."""
        return self.whole.text

    @property
    def is_of_contents(self) -> bool:
        """Whether it ends as a line of a table of contents does, each of which stands for itself."""
        return _CONTENTS.search(self.text) is not None

    @property
    def page(self) -> int:
        """The page that it stands on, counted from 1."""
        return self.cells[0].words[0].page


def fragments_of(words: Iterable[Word]) -> list[Fragment]:
    """The words joined to fragments, from the top of the page downwards and from left to right."""
    found: list[Fragment] = []
    for row in _same_base(sorted(words, key=lambda word: (word.base, word.left))):
        row.sort(key=lambda word: word.left)
        start = 0
        for at, (before, word) in enumerate(pairwise(row), start=1):
            if word.left - before.right > WIDE_GAP_EMS * max(before.size, word.size):
                found.append(Fragment(tuple(row[start:at])))
                start = at
        found.append(Fragment(tuple(row[start:])))
    return found


def _same_base(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Runs of words whose baselines are the same but for rounding."""
    row: list[Word] = []
    for word in words:
        if row and word.base - row[0].base > _SAME_BASE_EMS * min(word.size, row[0].size):
            yield row
            row = []
        row.append(word)
    if row:
        yield row


def lines_of_fragments(fragments: Iterable[Fragment]) -> list[Line]:
    """The lines of one column: what overlaps by half of its height is one line, raised and lowered signs too."""
    rows: list[list[Fragment]] = []
    for fragment in sorted(fragments, key=lambda one: (one.base, one.left)):
        if rows and _shares_line(max(rows[-1], key=lambda one: one.size), fragment):
            rows[-1].append(fragment)
        else:
            rows.append([fragment])
    return [Line(tuple(_closed_up(row))) for row in rows]


def _shares_line(one: Fragment, other: Fragment) -> bool:
    top = max(one.base - _ASCENT_EMS * one.size, other.base - _ASCENT_EMS * other.size)
    bottom = min(one.base + _DESCENT_EMS * one.size, other.base + _DESCENT_EMS * other.size)
    return bottom - top > 0.5 * min(one.size, other.size) * (_ASCENT_EMS + _DESCENT_EMS)


def _closed_up(row: list[Fragment]) -> Iterator[Fragment]:
    """The fragments from left to right, joined where only a raised sign had parted them."""
    words = sorted((word for fragment in row for word in fragment.words), key=lambda word: word.left)
    start = 0
    reach = words[0].right
    for at, word in enumerate(words[1:], start=1):
        if word.left - reach > WIDE_GAP_EMS * max(words[at - 1].size, word.size):
            yield Fragment(tuple(words[start:at]))
            start = at
        reach = max(reach, word.right)
    yield Fragment(tuple(words[start:]))


def _most_common_size(words: Sequence[Word]) -> float:
    characters: dict[float, int] = {}
    for word in words:
        characters[word.size] = characters.get(word.size, 0) + len(word.text)
    return max(characters, key=lambda size: (characters[size], size))
