"""The whole examination of the index, for `qabot index --check`: every part, every document, every file. Never writes.

Opening an index proves that its bytes are those that were written. This also looks whether what was written makes
sense, and whether seeds/ still holds, byte for byte, what it was made from.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

from qabot.datatypes import Problem, Progress, Span, silent
from qabot.documents import SeedFile, scan
from qabot.documents.folder import suffix_of
from qabot.documents.formats import library_of
from qabot.errors import IndexDamaged, IndexMismatch, IndexMissing, IndexUnusable
from qabot.index.changes import content_sum, fingerprint_of
from qabot.index.entry import (
    Entry,
    PackedChunk,
    embedded_text,
    unpack_blocks,
    unpack_date_span,
    unpack_pages,
    unpack_sentences,
)
from qabot.index.generation import Generation
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import FileRecord, Manifest
from qabot.index.opening import GENERATIONS_NAME, current_id, open_generation, read_manifest
from qabot.index.parts import REBUILD, read_part
from qabot.index.report import FileChanges, file_changes

State = Literal["sound", "outdated", "missing", "mismatch", "damaged"]
UPDATE = "Run qabot index; ask, chat and the bot also do it by themselves."
_TRIES = 5  # a builder may switch and clear away while we look


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What was found. ``faults``: each damage in words; ``changes``: seeds/ against what the index was made from."""

    state: State
    generation: str | None
    faults: tuple[str, ...] = ()
    remedy: str = ""
    documents: int = 0
    chunks: int = 0
    changes: FileChanges = field(default_factory=FileChanges)  # of an index that is out of date
    problems: tuple[Problem, ...] = ()  # the files that cannot be read, as far as is known


def check_index(seeds: Path, embeddings: Path, expected: IndexIdentity, progress: Progress = silent) -> IndexCheck:
    """Examine the generation in service. Raises nothing about the index: what is wrong is the result.

    Raises:
        IndexUnusable: if there is no room for the temporary files of opening it.
        ConfigError: if seeds/ cannot be listed.
    """
    name = None
    for _ in range(_TRIES):
        try:
            name = current_id(embeddings)
        except IndexMissing as error:
            return IndexCheck("missing", None, (error.problem,), error.remedy)
        except IndexDamaged as error:
            return IndexCheck("damaged", None, (error.problem,), error.remedy)
        found = _check_generation(seeds, embeddings, name, expected, progress)
        if found.state in {"sound", "outdated"} or _still(embeddings, name):
            return found
    return IndexCheck("damaged", name, ("the index was replaced again and again while it was checked",), REBUILD)


def _still(embeddings: Path, name: str) -> bool:
    try:
        return current_id(embeddings) == name
    except IndexUnusable:
        return False


def _check_generation(
    seeds: Path, embeddings: Path, name: str, expected: IndexIdentity, progress: Progress
) -> IndexCheck:
    folder = embeddings / GENERATIONS_NAME / name
    try:
        manifest = read_manifest(folder)
        faults = tuple(_damaged_parts(folder, manifest, progress))
        if faults:
            return IndexCheck("damaged", name, faults, REBUILD)
        with closing(open_generation(embeddings, name)) as generation:
            faults = tuple(_nonsense(generation, progress))
    except IndexMismatch as error:
        return IndexCheck("mismatch", name, (error.problem,), error.remedy)
    except IndexDamaged as error:
        return IndexCheck("damaged", name, (error.problem,), error.remedy)
    if faults:
        return IndexCheck("damaged", name, faults, REBUILD)
    if manifest.identity != expected:
        fault = f"the index was built with other settings ({manifest.identity.differences(expected)})"
        return IndexCheck("mismatch", name, (fault,), REBUILD)
    counts = manifest.counts
    sound = IndexCheck("sound", name, documents=counts.documents, chunks=counts.chunks)
    return _against_seeds(seeds, sound, manifest, progress)


def _damaged_parts(folder: Path, manifest: Manifest, progress: Progress) -> Iterator[str]:
    for done, part in enumerate(manifest.parts):
        progress("sums", done, len(manifest.parts))
        try:
            read_part(folder, part)
        except IndexDamaged as error:
            yield error.problem


def _nonsense(generation: Generation, progress: Progress) -> Iterator[str]:
    """What does not fit together although every sum is right: only a defect of qabot could have written it."""
    recorded = [record for record in generation.manifest.files if record.problem is None]
    for done, record in enumerate(recorded):
        progress("documents", done, len(recorded))
        try:
            wrong = _wrong_with(generation.entry(record.id), record)
        except (ValueError, TypeError, sqlite3.DatabaseError) as error:
            wrong = f"cannot be unpacked: {error}"
        if wrong:
            yield f"the document {record.id} {wrong}"


def _wrong_with(entry: Entry, record: FileRecord) -> str:
    """The first thing wrong with a document, as a clause that follows its name; "" if nothing is.

    Raises:
        ValueError, TypeError: if it cannot be unpacked.
    """
    date_span = unpack_date_span(entry.date_span)
    blocks = [block.span for block in unpack_blocks(entry.blocks)]
    right = {
        "has another text than its sum says": hashlib.sha256(entry.text.encode()).hexdigest() == entry.text_sha256,
        "is of another file than its manifest says": entry.sha256 == record.sha256,
        "has another length than is recorded": entry.chars == len(entry.text),
        "has other chunks than its manifest says": len(entry.chunks) == record.chunks,
        "has sentences out of order or beyond its end": _in_order(unpack_sentences(entry.sentences), entry.chars),
        "has blocks out of order or beyond its end": _in_order(blocks, entry.chars),
        "has chunks that are not the ones embedded": all(_is_embedded(entry, chunk) for chunk in entry.chunks),
        "has pages beyond its end": all(0 <= page <= entry.chars for page in unpack_pages(entry.pages)),
        "has its date beyond its end": date_span is None or date_span.end <= entry.chars,
    }
    return next((wrong for wrong, holds in right.items() if not holds), "")


def _is_embedded(entry: Entry, chunk: PackedChunk) -> bool:
    words = embedded_text(chunk.context, Span(chunk.start, chunk.end).of(entry.text))
    return hashlib.sha256(words.encode()).digest() == chunk.text_key


def _in_order(spans: Sequence[Span], chars: int) -> bool:
    """Whether the spans are disjoint, ascending, and none ends after ``chars`` characters."""
    return all(one.end <= other.start for one, other in pairwise(spans)) and all(span.end <= chars for span in spans)


def _against_seeds(seeds: Path, sound: IndexCheck, manifest: Manifest, progress: Progress) -> IndexCheck:
    """The files as they are now, by their bytes; fingerprints are not believed."""
    found = scan(seeds)
    known = {record.id: record for record in manifest.files}
    now = []
    for done, file in enumerate(found.files):
        progress("files", done, len(found.files))
        now.append(_record_now(seeds, file, known.get(file.id), manifest.identity.max_file_bytes))
    changes = file_changes(manifest.files, now)
    unread = [record.problem for record in now if record.problem is not None]
    problems = tuple(sorted([*found.problems, *unread], key=lambda problem: problem.id))
    if tuple(now) == manifest.files and found.problems == manifest.scan_problems:
        return replace(sound, problems=problems)
    return replace(sound, state="outdated", remedy=UPDATE, changes=changes, problems=problems)


def _record_now(seeds: Path, file: SeedFile, known: FileRecord | None, max_bytes: int) -> FileRecord:
    """What a build would record, as far as that can be told without reading the text."""
    digest = content_sum(seeds, file.id, max_bytes=max_bytes)
    library = library_of(suffix_of(file.id))
    if known is not None and (known.sha256, known.library) == (digest, library):
        return known
    if known is not None and known.sha256 == digest:
        digest = None  # the same bytes, which may give another text now: that counts as changed
    return FileRecord(file.id, fingerprint_of(file), digest, library=library)
