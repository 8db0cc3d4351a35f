"""From ``embeddings/CURRENT`` to an open generation. Never writes under ``embeddings/``.

A builder may switch and clean up while we read. Each part is read once and its sum checked on those very bytes, so what
opens is whole; if something is missing, ``CURRENT`` is read again: only when it still names the same generation is that
generation damaged.
"""

from __future__ import annotations

import re
import sqlite3
from functools import partial
from pathlib import Path

from qabot.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexUnusable
from qabot.index.durable import patiently
from qabot.index.generation import Generation
from qabot.index.identity import INDEX_SCHEMA, IndexIdentity
from qabot.index.manifest import MANIFEST_NAME, Counts, Manifest, SchemaDiffers, generation_id
from qabot.index.parts import REBUILD, read_part, read_regular, unreadable
from qabot.index.private_terms import open_terms
from qabot.index.terms import Terms
from qabot.index.texts import Texts
from qabot.index.texts_writer import TEXTS_NAME
from qabot.index.vectors import VECTORS_NAME, Vectors

CURRENT_NAME = "CURRENT"
GENERATIONS_NAME = "generations"
_GENERATION_ID = re.compile(r"[0-9a-f]{16}")
_ID_BYTES = 17  # with its line end
_MAX_MANIFEST_BYTES = 2**31  # some 400 bytes a file
_TRIES = 20  # one builder switches at most every few milliseconds; each try that fails met another switch


def current_id(embeddings: Path) -> str:
    """The generation that ``CURRENT`` names.

    Raises:
        IndexMissing: if there is none.
        IndexDamaged: if ``CURRENT`` holds something else.
        IndexUnusable: if this process may open no more files.
    """
    try:
        data = patiently(partial(read_regular, embeddings / CURRENT_NAME, at_most_bytes=_ID_BYTES))
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {embeddings} yet", remedy="Run qabot index.") from None
    except OSError as error:
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
    try:
        return Manifest.from_bytes(data)
    except SchemaDiffers as other:
        raise IndexMismatch(
            f"the index was laid out by another version of qabot (schema {other}, not {INDEX_SCHEMA})", remedy=REBUILD
        ) from None
    except ValueError as error:
        raise IndexDamaged(f"{MANIFEST_NAME} of the index is unreadable: {error}", remedy=REBUILD) from error


def _assemble(folder: Path, manifest: Manifest) -> Generation:
    records = {part.path: part for part in manifest.parts}
    missing = {TEXTS_NAME, VECTORS_NAME} - records.keys()
    if missing:
        raise ValueError(f"the manifest names no {', '.join(sorted(missing))}")
    texts = Texts.from_bytes(read_part(folder, records[TEXTS_NAME]))
    vectors = Vectors.from_bytes(read_part(folder, records[VECTORS_NAME]))
    terms = open_terms(folder, manifest.parts)
    _compare_counts(manifest, texts=texts, vectors=vectors, terms=terms)
    return Generation(manifest, id=folder.name, texts=texts, vectors=vectors, terms=terms)


def _compare_counts(manifest: Manifest, *, texts: Texts, vectors: Vectors, terms: Terms) -> None:
    """Rows must be the same rows in every part: one that was dropped somewhere would shift all later answers."""
    documents, chunks = texts.counts()
    rows, dim = vectors.shape
    found = Counts(documents=documents, chunks=chunks, vectors=rows, terms=terms.count)
    if found != manifest.counts or not chunks == rows == terms.count or dim != manifest.identity.encoder.dim:
        raise ValueError(f"its parts hold {found} with {dim} dimensions, its manifest says {manifest.counts}")


def _expect(generation: Generation, expected: IndexIdentity) -> Generation:
    built_with = generation.manifest.identity
    if built_with == expected:
        return generation
    generation.close()
    raise IndexMismatch(
        f"the index was built with other settings ({built_with.differences(expected)})",
        remedy="Run qabot index to rebuild it, or change the configuration back.",
    )
