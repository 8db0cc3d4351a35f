"""Which segments a build writes anew together with what changed.

Every segment costs each question a little, and dead documents take room. Small segments are folded into the next one
at once, which costs no more than a small change does; so an index of few documents is always one segment. Larger ones
are merged when they are too many or too much in them is dead: by whoever has time (``merge``), and by a build only
where that would go on for too long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from qabot.index.manifest import FileRecord, SegmentRecord

_CHEAP_CHUNKS = 512
_CHUNKS_PER_FILE = 8  # of a file that was not read yet
_MANY, _TOO_MANY = 8, 16
_DEAD, _TOO_DEAD = 0.3, 0.6


@dataclass(frozen=True, slots=True)
class Filled:
    """A segment by what is in it."""

    number: int
    living: int  # chunks
    dead: int


def filled(segments: Iterable[SegmentRecord], living: Iterable[FileRecord]) -> tuple[Filled, ...]:
    """How full segments are if of their documents only ``living`` are alive."""
    chunks: Counter[int] = Counter()
    for record in living:
        chunks[record.segment] += record.chunks
    return tuple(Filled(one.number, chunks[one.number], one.chunks - chunks[one.number]) for one in segments)


def to_fold(segments: Collection[Filled], *, fresh_files: int) -> frozenset[int]:
    """What a build folds into its new segment."""
    if not fresh_files and not _is_due(segments, many=_TOO_MANY, dead=_TOO_DEAD):
        return frozenset()
    budget = max(_CHEAP_CHUNKS, _CHUNKS_PER_FILE * fresh_files)
    folded = {one.number for one in _smallest(segments, budget)}
    left = [one for one in segments if one.number not in folded]
    if _is_due(left, many=_TOO_MANY, dead=_TOO_DEAD):
        folded |= to_merge(left)
    return frozenset(folded)


def to_merge(segments: Collection[Filled]) -> frozenset[int]:
    """What should be merged when there is time; nothing if all is well."""
    if not _is_due(segments, many=_MANY, dead=_DEAD):
        return frozenset()
    merged = {one.number for one in segments if one.dead > _DEAD * (one.living + one.dead)}
    if len(segments) - len(merged) >= _MANY:
        merged |= {one.number for one in _growing(segments)}
    return frozenset(merged)


def _is_due(segments: Collection[Filled], *, many: int, dead: float) -> bool:
    all_dead = sum(one.dead for one in segments)
    return len(segments) > many or all_dead > dead * (all_dead + sum(one.living for one in segments))


def _smallest(segments: Collection[Filled], budget: int) -> Sequence[Filled]:
    """The smallest ones, as many as hold no more chunks together than ``budget``."""
    taken, chunks = [], 0
    for one in sorted(segments, key=lambda one: one.living):
        chunks += one.living
        if chunks > budget:
            break
        taken.append(one)
    return taken


def _growing(segments: Collection[Filled]) -> Sequence[Filled]:
    """The smaller half, and then each that is not much larger than those before it together.

    So every chunk is written anew a number of times that grows with the logarithm of their number only.
    """
    taken: list[Filled] = []
    chunks = 0
    for one in sorted(segments, key=lambda one: one.living):
        if len(taken) >= _MANY // 2 and one.living > 2 * chunks:
            break
        taken.append(one)
        chunks += one.living
    return taken
