"""What is usual in a document: the size of its text and the distance of its lines; headings are told by differing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qabot.documents.pdf.lines import Line

_USUAL_LEADING_EMS = 1.25  # where a size has too few lines to tell
_MIN_SAMPLES = 3
_HEADING_GROWTH = 1.12
_MAX_HEADING_CHARS, _MAX_HEADING_WORDS, _MAX_HEADING_LINES = 200, 25, 4
_MAX_BOLD_HEADING_CHARS = 100
_MAX_LEVEL = 3


@dataclass(frozen=True)
class Typography:
    """The usual look of a document's text, in points."""

    size: float  # of most characters
    bold: bool  # whether most of those are bold
    fixed: bool  # whether most of all are equally wide
    leadings: dict[float, float]  # by size: from baseline to baseline within a paragraph
    heading_sizes: tuple[float, ...]  # from the largest down

    @classmethod
    def of(cls, regions: Sequence[Sequence[Line]]) -> Typography:
        """Count it over all lines of a document."""
        sizes: Counter[float] = Counter()
        bold: Counter[float] = Counter()
        fixed = 0
        for line in (line for region in regions for line in region):
            characters = len(line.text)
            sizes[rounded(line.size)] += characters
            bold[rounded(line.size)] += characters * line.whole.bold
            fixed += characters * line.whole.fixed
        size = max(sizes, key=lambda one: (sizes[one], -one), default=10.0)
        larger = sorted((one for one in sizes if one >= _HEADING_GROWTH * size), reverse=True)
        return cls(
            size=size,
            bold=2 * bold[size] > sizes[size],
            fixed=2 * fixed > sizes.total(),
            leadings=_leadings(regions),
            heading_sizes=tuple(larger),
        )

    def leading(self, size: float) -> float:
        """The usual distance of baselines within a paragraph of that size."""
        return self.leadings.get(rounded(size), _USUAL_LEADING_EMS * size)

    def heading_level(self, lines: Sequence[Line], text: str) -> int:
        """The level that the look of these lines gives a heading, 1 to 3; 0 if they are none."""
        words = len(text.split())
        if len(text) > _MAX_HEADING_CHARS or words > _MAX_HEADING_WORDS or len(lines) > _MAX_HEADING_LINES:
            return 0
        if not any(map(str.isalpha, text)) or (text.endswith((".", ",", ";")) and words > 8):
            return 0
        size = rounded(lines[0].size)
        if size in self.heading_sizes:
            return min(1 + self.heading_sizes.index(size), _MAX_LEVEL)
        if len(text) > _MAX_BOLD_HEADING_CHARS or text.endswith((".", ",", ";")) or self.bold:
            return 0
        if size >= 0.95 * self.size and all(line.whole.bold for line in lines):
            # Bold text of the usual size is never the title, so that a bold word does not become one.
            return min(2 + len(self.heading_sizes), _MAX_LEVEL)
        return 0


def rounded(size: float) -> float:
    """A size in half points: rounding in the file must not make two of one."""
    return round(2 * size) / 2


def _leadings(regions: Sequence[Sequence[Line]]) -> dict[float, float]:
    """By size, a distance that a quarter of the lines have at most: gaps between paragraphs lie above."""
    found: dict[float, list[float]] = {}
    for region in regions:
        for above, below in pairwise(region):
            size, distance = rounded(above.size), below.base - above.base
            if size == rounded(below.size) and 0.8 * size <= distance <= 2.5 * size:
                found.setdefault(size, []).append(distance)
    return {
        size: sorted(distances)[len(distances) // 4]
        for size, distances in found.items()
        if len(distances) >= _MIN_SAMPLES
    }
