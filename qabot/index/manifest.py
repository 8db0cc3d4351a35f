"""The manifest of one generation: what it was built with, from which files, and the sum of every part.

A generation is named by the first 16 hex digits of the SHA-256 of its manifest's bytes, the manifest holds the SHA-256
of every part, and ``CURRENT`` holds the name: one chain of sums from that file down to each vector.
This module knows the form; it refuses to touch the disk.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qabot.datatypes import Problem
from qabot.index.identity import INDEX_SCHEMA, IndexIdentity

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells without reading that a file is the same. Cheap, so it may be wrong for files of the last seconds."""

    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file under seeds/ as it was when it was read. ``sha256`` None: it could not be read at all."""

    id: str
    fingerprint: Fingerprint
    sha256: str | None
    chunks: int = 0
    segment: int = 0  # which one holds it; what no record names in a segment is dead there; 0: not in the index
    library: str = ""  # what extracted its text, as ``library_of`` says; "" for text formats
    problem: Problem | None = None  # why it is not in the index; not retried until the file changes, but for:
    stops: int = 0  # how often in a row reading these bytes was stopped for what may have been a passing cause
    stopped_ns: int = 0  # when it was last, since the epoch


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One file of the generation's folder."""

    path: str  # POSIX, relative to the folder
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A segment of the index and how much it holds, dead documents included."""

    number: int  # its files are named after it; from 1
    documents: int
    chunks: int  # as many as rows of vectors and of terms


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each can be asked."""

    documents: int
    chunks: int


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Manifest:
    """One complete built index. ``files`` holds indexed and unreadable files, sorted by id."""

    identity: IndexIdentity
    segments: tuple[SegmentRecord, ...]  # sorted by number
    files: tuple[FileRecord, ...]
    scan_problems: tuple[Problem, ...]  # found by looking at the folder; looked for again each time
    parts: tuple[PartRecord, ...]
    scanned_ns: int  # when seeds/ was listed, since the epoch
    created_ns: int

    @property
    def counts(self) -> Counts:
        """How many documents and chunks can be asked."""
        found = [record.chunks for record in self.files if record.problem is None]
        return Counts(documents=len(found), chunks=sum(found))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every file under seeds/ that is not in the index, sorted by id."""
        unread = [record.problem for record in self.files if record.problem is not None]
        return tuple(sorted([*self.scan_problems, *unread], key=lambda problem: problem.id))

    def to_bytes(self) -> bytes:
        """Canonical JSON in UTF-8: the same manifest always gives the same bytes."""
        body = {
            "schema": INDEX_SCHEMA,
            "identity": dataclasses.asdict(self.identity),
            "segments": [dataclasses.astuple(segment) for segment in self.segments],
            "files": [_file_values(record) for record in self.files],
            "scan_problems": [dataclasses.astuple(problem) for problem in self.scan_problems],
            "parts": [dataclasses.astuple(part) for part in self.parts],
            "scanned_ns": self.scanned_ns,
            "created_ns": self.created_ns,
        }
        return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a manifest whose sum was checked.

        Raises:
            SchemaDiffers: if another version of qabot wrote it.
            ValueError: if it is not a manifest at all.
        """
        body = json.loads(data)
        if not isinstance(body, dict) or body.get("schema") != INDEX_SCHEMA:
            raise SchemaDiffers(body.get("schema") if isinstance(body, dict) else None)
        try:
            return _manifest(body)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a manifest: {error!r}") from error


class SchemaDiffers(Exception):
    """The manifest was written by a version of qabot that lays its index out differently. Never leaves the package."""


def generation_id(manifest_bytes: bytes) -> str:
    """The name of the generation that has this manifest: 16 hex digits."""
    return hashlib.sha256(manifest_bytes).hexdigest()[:16]


def _manifest(body: Mapping[str, Any]) -> Manifest:
    return Manifest(
        identity=IndexIdentity.from_dict(body["identity"]),
        segments=tuple(SegmentRecord(*segment) for segment in body["segments"]),
        files=tuple(_file_record(*values) for values in body["files"]),
        scan_problems=tuple(Problem(*problem) for problem in body["scan_problems"]),
        parts=tuple(PartRecord(*part) for part in body["parts"]),
        scanned_ns=body["scanned_ns"],
        created_ns=body["created_ns"],
    )


def _file_values(record: FileRecord) -> list[Any]:
    """A list and not an object: names of fields, 10,000 times, would take longer to read than the rest."""
    mark, problem = record.fingerprint, record.problem
    return [
        record.id,
        [mark.size_bytes, mark.mtime_ns, mark.ctime_ns, mark.inode],
        record.sha256,
        record.chunks,
        record.segment,
        record.library,
        None if problem is None else [problem.id, problem.reason, problem.remedy],
        record.stops,
        record.stopped_ns,
    ]


def _file_record(
    id_: str,
    fingerprint: Sequence[int],
    sha256: str | None,
    chunks: int,
    segment: int,
    library: str,
    problem: Sequence[str] | None,
    *stops: int,
) -> FileRecord:
    unread = None if problem is None else Problem(*problem)
    return FileRecord(id_, Fingerprint(*fingerprint), sha256, chunks, segment, library, unread, *stops)
