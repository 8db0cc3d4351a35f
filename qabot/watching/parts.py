"""Whether the disk still holds the generation in service. What answers is in memory; the next process needs the files.

Sizes, times and inodes are compared at each look. A part is summed where they are not those that it had when its sum
was right: at the first look, too, since a generation may be damaged between its build and that look. A part that is
linked from the one before is known. All are summed when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from qabot.errors import IndexDamaged, IndexMissing
from qabot.index.manifest import PartRecord
from qabot.index.opening import GENERATIONS_NAME, current_id, in_service, read_manifest
from qabot.index.parts import Stamp, read_part, stamps_of

_States = frozenset[tuple[str, int, int, int]]


class PartsOnDisk:
    """Looks after the generation that CURRENT names. For one thread."""

    def __init__(self, embeddings: Path) -> None:
        self._embeddings = embeddings
        self._known: tuple[str, _States] | None = None
        self._sound: frozenset[Stamp] = frozenset()  # parts of it whose sums were right
        self._suspect = False  # damage was found, and perhaps not mended since

    def damage(self, *, sums: bool, stopped: Callable[[], bool]) -> str | None:
        """What is wrong with it; None if nothing is found, it is being replaced, or there is none (a build mends that).

        ``sums``: read every part.

        Raises:
            IndexUnusable: if this process may open no more files, or lacks the right to use the folder.
        """
        try:
            name = current_id(self._embeddings)
        except (IndexMissing, IndexDamaged):
            return None  # which a refresh notices
        folder = self._embeddings / GENERATIONS_NAME / name
        states = _states(folder)
        everything = sums or self._suspect
        try:
            if everything or not states or self._known != (name, states):
                self._require_sound(folder, stopped, everything=everything)
        except IndexDamaged as error:
            self._suspect = in_service(self._embeddings) == name  # else it was only cleared away
            return error.problem if self._suspect else None
        self._known, self._suspect = (name, states), False
        return None

    def _require_sound(self, folder: Path, stopped: Callable[[], bool], *, everything: bool) -> None:
        """Sum the parts that are not known to be sound, or all of them."""
        sound: set[Stamp] = set()
        for part in read_manifest(folder).parts:
            if stopped():
                return
            sound |= self._summed(folder, part, known=frozenset() if everything else self._sound)
        self._sound = frozenset(sound)

    def _summed(self, folder: Path, part: PartRecord, *, known: frozenset[Stamp]) -> set[Stamp]:
        """What the part is known by, which was asked before its sum."""
        stamps = stamps_of(folder / part.path)
        if not stamps or not stamps <= known:
            read_part(folder, part)
        return stamps


def _states(folder: Path) -> _States:
    """Every file below with its size, time and inode; what cannot be looked at is missing."""
    found = []
    for inner, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(inner, name)  # noqa: PTH118 - each sweep
            try:
                state = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            found.append((path, state.st_size, state.st_mtime_ns, state.st_ino))
    return frozenset(found)
