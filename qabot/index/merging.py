"""Merging segments when there is time: a build that reads no document and embeds nothing.

The new generation answers as the one before it does, bit for bit, and whoever has that open goes on with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from qabot.datatypes import silent
from qabot.encoder import EncoderIdentity
from qabot.errors import IndexDamaged, IndexLocked
from qabot.index.changes import Comparison
from qabot.index.durable import refusals_in_words
from qabot.index.folding import filled, to_merge
from qabot.index.generation import Generation
from qabot.index.identity import IndexIdentity
from qabot.index.job import Job
from qabot.index.lock import builder_lock
from qabot.index.looks import carry_look
from qabot.index.opening import GENERATIONS_NAME
from qabot.index.parts import REBUILD
from qabot.index.previous import Previous
from qabot.index.publishing import building_folder, publish, remove_left_overs


def needs_merge(generation: Generation) -> bool:
    """Whether ``merge`` would find something to do. Reads nothing, so that who may not write need not try."""
    manifest = generation.manifest
    return bool(to_merge(filled(manifest.segments, manifest.files)))


def merge(embeddings: Path, identity: IndexIdentity, *, clock: Callable[[], float] = time.time) -> str | None:
    """Merge segments of the generation in service, if they are too many or too much in them is dead.

    Returns:
        The new generation; None if there was nothing to do, or another process builds right now.

    Raises:
        IndexNotWritten: if the disk refuses; the previous generation stays in service.
        IndexDamaged: if a part is not what it was when it was opened; the next build mends it.
    """
    with suppress(IndexLocked), refusals_in_words(embeddings), builder_lock(embeddings, timeout_s=0):
        remove_left_overs(embeddings)
        with Previous.open(embeddings, identity, full=False) as previous:
            if previous.up_to_date is not None:
                return _merge(embeddings, previous, previous.up_to_date, created_ns=int(clock() * 1e9))
    return None


def _merge(embeddings: Path, previous: Previous, generation: Generation, *, created_ns: int) -> str | None:
    manifest = generation.manifest
    unchanged = Comparison(manifest.files, (), (), manifest.scan_problems, scan_problems_differ=False)
    job = Job(previous, unchanged, _NoEncoder(manifest.identity.encoder), _read_nothing, silent)
    folded = to_merge(job.filled())
    if not folded:
        return None
    with building_folder(embeddings) as folder:
        job.write(folder, generations=embeddings / GENERATIONS_NAME, folded=folded)
        merged = job.manifest(manifest.identity, scanned_ns=manifest.scanned_ns, created_ns=created_ns)
        name = publish(embeddings, folder, merged)
    carry_look(embeddings, before=generation.id, after=name)
    return name


@dataclass(frozen=True, slots=True)
class _NoEncoder:
    """What embeds nothing, since every vector is there."""

    identity: EncoderIdentity

    def encode(self, text: str) -> NoReturn:
        """Refuse.

        Raises:
            IndexDamaged: always.
        """
        raise IndexDamaged(f"the index lacks the vector of {len(text)} characters that it holds", remedy=REBUILD)


def _read_nothing(*_: object, **__: object) -> NoReturn:
    raise AssertionError("a merge reads no file")
