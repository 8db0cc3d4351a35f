"""`qabot index --clean`: removes from embeddings/ what nobody needs any more.

That is what killed builders left, and every generation but the one in service. Answers that are running lose nothing:
an open generation needs no file, and one that is being opened begins again with the one in service.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from qabot.index.durable import refusals_in_words, remove_if_possible
from qabot.index.lock import builder_lock
from qabot.index.opening import GENERATIONS_NAME, in_service
from qabot.index.publishing import BUILDING_PREFIX, remove_left_overs

_WAIT_S = 60.0  # for a build that runs


@dataclass(frozen=True, slots=True)
class Cleaned:
    """How many folders went, and the bytes that the disk has back (files that others share are counted once)."""

    folders: int
    size_bytes: int


def clean(embeddings: Path) -> Cleaned:
    """Remove what is not in service. Where nothing is, everything stays: a build may still take parts over.

    Raises:
        IndexLocked: if another process builds for too long.
        IndexNotWritten: if the disk refuses.
    """
    if not embeddings.is_dir():
        return Cleaned(0, 0)
    with refusals_in_words(embeddings), builder_lock(embeddings, timeout_s=_WAIT_S):
        before = _contents(embeddings)
        remove_left_overs(embeddings)
        current = in_service(embeddings)
        generations = embeddings / GENERATIONS_NAME
        if current is not None and (generations / current).is_dir():
            for folder in list(generations.iterdir()):
                if folder.name != current:
                    remove_if_possible(folder)
        after = _contents(embeddings)
    return Cleaned(len(before.folders - after.folders), before.size_bytes - after.size_bytes)


@dataclass(frozen=True, slots=True)
class _Contents:
    folders: frozenset[str]
    size_bytes: int


def _contents(embeddings: Path) -> _Contents:
    """Builds and generations, and the size of all files, each inode once."""
    sizes: dict[tuple[int, int], int] = {}
    for inner, _, names in os.walk(embeddings):
        for name in names:
            state = Path(inner, name).lstat()
            sizes[state.st_dev, state.st_ino] = state.st_size
    found = [*embeddings.glob(f"{BUILDING_PREFIX}*"), *embeddings.glob(f"{GENERATIONS_NAME}/*")]
    return _Contents(frozenset(map(str, found)), sum(sizes.values()))
