"""A look at seeds/ for one generation, and what earlier looks found: files that were touched and hold the same bytes.

A manifest keeps the fingerprint that each file had when the index was built. After a checkout or a copy thousands of
files may have another one, and only reading them tells that they are the same. That is kept in embeddings/looked.json
until the next generation, so that the next look need not read them once more. It is no part of the index: without that
file, or if it is spoilt, they are read.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qabot.documents import scan
from qabot.index.changes import Comparison, Found, compare
from qabot.index.generation import Generation
from qabot.index.manifest import Fingerprint

LOOKED_NAME = "looked.json"


@dataclass(frozen=True, slots=True)
class Look:
    """A comparison with ``generation``, and when the listing for it was begun, in nanoseconds since the epoch."""

    generation: str
    comparison: Comparison
    scanned_ns: int


def look(seeds: Path, embeddings: Path, generation: Generation, *, clock: Callable[[], float] = time.time) -> Look:
    """Compare the files as they are now with what the generation was built from. Cheap: before every question.

    Raises:
        ConfigError: if seeds/ cannot be listed.
    """
    now_ns = int(clock() * 1e9)  # before the listing: what changes while it is made counts as young
    looked = partial(kept_look, embeddings, generation.id)
    return Look(generation.id, compare(seeds, scan(seeds), generation.manifest, now_ns=now_ns, looked=looked), now_ns)


def keep_look(embeddings: Path, seen: Look) -> None:
    """Keep what was read for nothing, unless nothing was or the disk refuses."""
    if not seen.comparison.read_in_vain:
        return
    files = [[name, *_values(one.fingerprint), one.at_ns] for name, one in seen.comparison.touched.items()]
    body = json.dumps([seen.generation, files]).encode("ascii")
    aside = embeddings / f"{LOOKED_NAME}.tmp"
    try:
        aside.write_bytes(_sum(body) + body)
        aside.replace(embeddings / LOOKED_NAME)
    except OSError:
        with suppress(OSError):
            aside.unlink()


def kept_look(embeddings: Path, generation: str) -> dict[str, Found]:
    """What was found of files since that generation was built, by id; empty if nothing is kept."""
    try:
        data = (embeddings / LOOKED_NAME).read_bytes()
    except OSError:
        return {}
    end = data.find(b"\n") + 1
    if data[:end] != _sum(data[end:]):
        return {}
    of, files = json.loads(data[end:])
    return {name: Found(Fingerprint(*mark), at_ns) for name, *mark, at_ns in files} if of == generation else {}


def _sum(body: bytes) -> bytes:
    """A line: two processes may have written the same file aside."""
    return hashlib.sha256(body).hexdigest().encode("ascii") + b"\n"


def _values(mark: Fingerprint) -> tuple[int, int, int, int]:
    return mark.size_bytes, mark.mtime_ns, mark.ctime_ns, mark.inode
