"""From ``embeddings/CURRENT`` to an open generation. Never writes under ``embeddings/``.

A builder may switch and clean up while we read. Each part is read once and its sum checked on those very bytes, or it
is the file that this process summed before: so what opens is whole. If something is missing, ``CURRENT`` is read again:
only when it still names the same generation is that generation damaged.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

from qabot.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexUnusable
from qabot.index.durable import may_use, patiently
from qabot.index.generation import Generation
from qabot.index.identity import INDEX_SCHEMA, IndexIdentity
from qabot.index.manifest import MANIFEST_NAME, Manifest, SchemaDiffers, generation_id
from qabot.index.open_segments import open_segments
from qabot.index.parts import REBUILD, read_regular, unreadable
from qabot.index.segment import part_names

CURRENT_NAME = "CURRENT"
GENERATIONS_NAME = "generations"
_GENERATION_ID = re.compile(r"[0-9a-f]{16}")
_ID_BYTES = 17  # with its line end
_MAX_MANIFEST_BYTES = 2**31  # some 200 bytes a file
_read: WeakValueDictionary[str, Manifest] = WeakValueDictionary()  # those in use, by name, which is their sum
_TRIES = 20  # one builder switches at most every few milliseconds; each try that fails met another switch


def current_id(embeddings: Path) -> str:
    """The generation that ``CURRENT`` names.

    Raises:
        IndexMissing: if there is none.
        IndexDamaged: if ``CURRENT`` holds something else.
        IndexUnusable: if this process may open no more files, or lacks the right to use the folder.
    """
    try:
        data = patiently(partial(read_regular, embeddings / CURRENT_NAME, at_most_bytes=_ID_BYTES))
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {embeddings} yet", remedy="Run qabot index.") from None
    except OSError as error:
        if isinstance(error, PermissionError) and not may_use(embeddings):  # a build could not mend it either
            problem = f"{CURRENT_NAME} of the index cannot be read: {error.strerror}"
            raise IndexUnusable(problem, remedy=f"Give qabot the right to read and write {embeddings}.") from error
        raise unreadable(CURRENT_NAME, error) from error
    name = data.decode("ascii", errors="replace").removesuffix("\n")
    if _GENERATION_ID.fullmatch(name) is None:
        raise IndexDamaged(f"{CURRENT_NAME} of the index does not name a generation", remedy=REBUILD)
    return name


def in_service(embeddings: Path) -> str | None:
    """The generation that ``CURRENT`` names, which may be damaged; None if there is none or it cannot be told."""
    try:
        return current_id(embeddings)
    except IndexUnusable:
        return None


def open_current(embeddings: Path, expected: IndexIdentity) -> Generation:
    """Open and verify the generation in service.

    Raises:
        IndexMissing: if nothing was built yet.
        IndexDamaged: if any part is not what its manifest says.
        IndexMismatch: if it was built with another engine, model, chunking or version than ``expected``.
        IndexUnusable: if this process may open no more files, or lacks the right to use the folder.
    """
    name = current_id(embeddings)
    for _ in range(_TRIES):
        try:
            generation = open_generation(embeddings, name)
        except (IndexDamaged, IndexMismatch):
            switched_to = current_id(embeddings)
            if switched_to == name:
                raise
            name = switched_to
        else:
            return _expect(generation, expected)
    raise IndexDamaged("the index was replaced again and again while it was opened", remedy=REBUILD)


def open_generation(embeddings: Path, name: str) -> Generation:
    """Open and verify one generation, whatever it was built with.

    Raises:
        IndexDamaged: if any part is not what its manifest says.
        IndexMismatch: if another version of qabot laid it out differently.
    """
    folder = embeddings / GENERATIONS_NAME / name
    manifest = read_manifest(folder)
    try:
        return _assemble(folder, manifest)
    except (ValueError, RuntimeError, sqlite3.DatabaseError) as error:
        raise IndexDamaged(f"a part of the index cannot be opened: {error}", remedy=REBUILD) from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest in a generation's folder; the folder's name is its sum.

    Raises:
        IndexDamaged: if it is missing or has another sum.
        IndexMismatch: if another version of qabot wrote it.
    """
    try:
        data = read_regular(folder / MANIFEST_NAME, at_most_bytes=_MAX_MANIFEST_BYTES)
    except OSError as error:
        raise unreadable(MANIFEST_NAME, error) from error
    if generation_id(data) != folder.name:
        raise IndexDamaged(f"{MANIFEST_NAME} of the index differs from its checksum", remedy=REBUILD)
    if (manifest := _read.get(folder.name)) is not None:
        return manifest
    try:
        return _read.setdefault(folder.name, Manifest.from_bytes(data))
    except SchemaDiffers as other:
        raise IndexMismatch(
            f"the index was laid out by another version of qabot (schema {other}, not {INDEX_SCHEMA})", remedy=REBUILD
        ) from None
    except ValueError as error:
        raise IndexDamaged(f"{MANIFEST_NAME} of the index is unreadable: {error}", remedy=REBUILD) from error


def _assemble(folder: Path, manifest: Manifest) -> Generation:
    parts = {part.path: part for part in manifest.parts}
    dim = manifest.identity.encoder.dim
    with ExitStack() as undo:
        segments = {}
        for record in manifest.segments:
            missing = [name for name in part_names(record.number) if name not in parts]
            if missing:
                raise ValueError(f"the manifest names no {', '.join(missing)}")
            segment = open_segments.borrow(folder, [parts[name] for name in part_names(record.number)])
            undo.callback(open_segments.give_back, segment)
            segment.compare_counts(record, dim=dim)
            segments[record.number] = segment
        generation = Generation(manifest, id=folder.name, segments=segments)
        undo.pop_all()
    return generation


def _expect(generation: Generation, expected: IndexIdentity) -> Generation:
    built_with = generation.manifest.identity
    if built_with == expected:
        return generation
    generation.close()
    raise IndexMismatch(
        f"the index was built with other settings ({built_with.differences(expected)})",
        remedy="Run qabot index to rebuild it, or change the configuration back.",
    )
