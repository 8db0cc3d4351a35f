"""A look at seeds/ for one generation, and what earlier looks found: files that were touched and hold the same bytes.

A manifest keeps the fingerprint that each file had when the index was built. After a checkout or a copy thousands of
files may have another one, and only reading them tells that they are the same. That is kept in embeddings/looked.json
until the next build (a merge carries it over), so that the next look need not read them once more. It is no part of the
index: without that file, or if it is spoilt, they are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qabot.documents import scan
from qabot.index.changes import Comparison, Found, compare
from qabot.index.generation import Generation
from qabot.index.manifest import Fingerprint
from qabot.index.notes import read_note, write_note
from qabot.index.settling import Settling

LOOKED_NAME = "looked.json"


@dataclass(frozen=True, slots=True)
class Look:
    """A comparison with ``generation``, and when the listing for it was begun, in nanoseconds since the epoch."""

    generation: str
    comparison: Comparison
    scanned_ns: int


def look(seeds: Path, embeddings: Path, generation: Generation, *, clock: Callable[[], float] = time.time) -> Look:
    """Compare the files as they are now with what the generation was built from. Cheap: before every question.

    Files that are being written to are left out of it; to tell them takes a moment if a file was just changed.

    Raises:
        ConfigError: if seeds/ cannot be listed.
    """
    now_ns = int(clock() * 1e9)  # before the listing: what changes while it is made counts as young
    looked = partial(kept_look, embeddings, generation.id)
    comparison = compare(seeds, scan(seeds), generation.manifest, now_ns=now_ns, looked=looked)
    settling = Settling(seeds, embeddings, clock)
    return Look(generation.id, settling.leave_out(comparison, generation.manifest.files, listed_ns=now_ns), now_ns)


def keep_look(embeddings: Path, seen: Look) -> None:
    """Keep what was read for nothing, unless nothing was or the disk refuses."""
    if seen.comparison.read_in_vain:
        _keep(embeddings, seen.generation, seen.comparison.touched)


def carry_look(embeddings: Path, *, before: str, after: str) -> None:
    """Let what is kept of a generation hold for the one that was made of it without looking at any file."""
    touched = kept_look(embeddings, before)
    if touched:
        _keep(embeddings, after, touched)


def kept_look(embeddings: Path, generation: str) -> dict[str, Found]:
    """What was found of files since that generation was built, by id; empty if nothing is kept."""
    of, files = read_note(embeddings / LOOKED_NAME) or ("", [])
    return {name: Found(Fingerprint(*mark), at_ns) for name, *mark, at_ns in files} if of == generation else {}


def _keep(embeddings: Path, generation: str, touched: Mapping[str, Found]) -> None:
    files = [[name, *_values(one.fingerprint), one.at_ns] for name, one in touched.items()]
    write_note(embeddings / LOOKED_NAME, [generation, files])


def _values(mark: Fingerprint) -> tuple[int, int, int, int]:
    return mark.size_bytes, mark.mtime_ns, mark.ctime_ns, mark.inode
