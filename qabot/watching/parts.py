"""Whether the disk still holds the generation in service. What answers is in memory; the next process needs the files.

Sizes, times and inodes are compared at each look, sums where those changed, and all sums when asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from qabot.errors import IndexDamaged, IndexMissing
from qabot.index.opening import GENERATIONS_NAME, current_id, in_service, read_manifest
from qabot.index.parts import read_part

_States = frozenset[tuple[str, int, int, int]]


class PartsOnDisk:
    """Looks after the generation that CURRENT names. For one thread."""

    def __init__(self, embeddings: Path) -> None:
        self._embeddings = embeddings
        self._known: tuple[str, _States] | None = None
        self._suspect = False  # damage was found, and perhaps not mended since

    def damage(self, *, sums: bool, stopped: Callable[[], bool]) -> str | None:
        """What is wrong with it; None if nothing is found, it is being replaced, or there is none (a build mends that).

        ``sums``: read every part. Another generation than at the last look was verified by whoever opened it.

        Raises:
            IndexUnusable: if this process may open no more files.
        """
        try:
            name = current_id(self._embeddings)
        except (IndexMissing, IndexDamaged):
            return None  # which a refresh notices
        folder = self._embeddings / GENERATIONS_NAME / name
        states = _states(folder)
        touched = self._known is not None and self._known[0] == name and self._known[1] != states
        try:
            if sums or touched or self._suspect or not states:
                self._require_sound(folder, stopped)
        except IndexDamaged as error:
            self._suspect = in_service(self._embeddings) == name  # else it was only cleared away
            return error.problem if self._suspect else None
        self._known, self._suspect = (name, states), False
        return None

    def _require_sound(self, folder: Path, stopped: Callable[[], bool]) -> None:
        for part in read_manifest(folder).parts:
            if stopped():
                return
            read_part(folder, part)


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
