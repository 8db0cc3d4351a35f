"""What changed under seeds/ since a generation was built: by fingerprint where that is safe, else by content.

A file that was changed within the last seconds before it was listed may change again without a trace in its
fingerprint (clocks of file systems tick slowly): its content is compared, as git does with "racy" files.

A file that could not be read to its end, maybe since the machine was busy, is read again ten minutes later, and once
more; then only if it or the limits change. So a file that stops its reader costs three tries, not one per question.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qabot.datatypes import Problem
from qabot.documents import Scan, SeedFile, scan
from qabot.documents.folder import read_bytes, suffix_of
from qabot.documents.formats import library_of
from qabot.errors import DocumentError
from qabot.index.generation import Generation
from qabot.index.manifest import FileRecord, Fingerprint, Manifest

_RACY_NS = 2_000_000_000  # the coarsest clock of a file system in use (FAT)
_STOPS = 3
_AGAIN_AFTER_NS = 600_000_000_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """A listing of seeds/ against a manifest."""

    same: tuple[FileRecord, ...]  # indexed or known to be unreadable, and unchanged
    fresh: tuple[SeedFile, ...]  # new or changed: to be read
    gone: tuple[FileRecord, ...]
    scan_problems: tuple[Problem, ...]
    scan_problems_differ: bool

    @property
    def differs(self) -> bool:
        """Whether a build would give another index."""
        return bool(self.fresh or self.gone or self.scan_problems_differ)


def needs_update(seeds: Path, generation: Generation, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether seeds/ holds anything else than what the generation was built from. Cheap: before every question.

    Raises:
        ConfigError: if seeds/ cannot be listed.
    """
    return compare(seeds, scan(seeds), generation.manifest, now_ns=int(clock() * 1e9)).differs


def compare(seeds: Path, found: Scan, manifest: Manifest, *, now_ns: int) -> Comparison:
    """Sort the files of a listing into unchanged and fresh ones. ``now_ns``: since the epoch."""
    known = {record.id: record for record in manifest.files}
    max_bytes = manifest.identity.max_file_bytes
    same: list[FileRecord] = []
    fresh: list[SeedFile] = []
    for file in found.files:
        record = known.pop(file.id, None)
        if (
            record is not None
            and not _worth_another_try(record, now_ns)
            and _unchanged(seeds, file, record, scanned_ns=manifest.scanned_ns, max_bytes=max_bytes)
        ):
            same.append(record)
        else:
            fresh.append(file)
    return Comparison(
        same=tuple(same),
        fresh=tuple(fresh),
        gone=tuple(known.values()),
        scan_problems=found.problems,
        scan_problems_differ=found.problems != manifest.scan_problems,
    )


def fingerprint_of(file: SeedFile) -> Fingerprint:
    """The fingerprint of a listed file."""
    return Fingerprint(file.size_bytes, file.mtime_ns, file.ctime_ns, file.inode)


def content_sum(seeds: Path, document_id: str, *, max_bytes: int) -> str | None:
    """SHA-256 of a file's bytes; None if it cannot be read or is too large to be."""
    try:
        return hashlib.sha256(read_bytes(seeds, document_id, max_bytes=max_bytes)).hexdigest()
    except DocumentError:
        return None


def _worth_another_try(record: FileRecord, now_ns: int) -> bool:
    # A clock that was set back must not put it off for ever.
    return 0 < record.stops < _STOPS and not 0 <= now_ns - record.stopped_ns < _AGAIN_AFTER_NS


def _unchanged(seeds: Path, file: SeedFile, record: FileRecord, *, scanned_ns: int, max_bytes: int) -> bool:
    if record.library != library_of(suffix_of(file.id)):
        return False  # the same bytes may give another text now
    racy = max(file.mtime_ns, file.ctime_ns) >= scanned_ns - _RACY_NS
    mark = record.fingerprint
    known = mark.size_bytes, mark.mtime_ns, mark.ctime_ns, mark.inode
    if file[1:] == known and not racy:
        return True
    return content_sum(seeds, file.id, max_bytes=max_bytes) == record.sha256
