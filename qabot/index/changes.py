"""What changed under seeds/ since a generation was built: by fingerprint where that is safe, else by content.

A file that was changed within the last seconds before it was listed may change again without a trace in its
fingerprint (clocks of file systems tick slowly): its content is compared, as git does with "racy" files.

A file that could not be read to its end, maybe since the machine was busy, is read again ten minutes later, and once
more; then only if it or the limits change. So a file that stops its reader costs three tries, not one per question.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
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
class Found:
    """A file that had another fingerprint than its record, and the same bytes; ``at_ns``: since the epoch."""

    fingerprint: Fingerprint
    at_ns: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A listing of seeds/ against a manifest."""

    same: tuple[FileRecord, ...]  # indexed or known to be unreadable, and unchanged; with their present fingerprints
    fresh: tuple[SeedFile, ...]  # new or changed: to be read
    gone: tuple[FileRecord, ...]
    scan_problems: tuple[Problem, ...]
    scan_problems_differ: bool
    touched: Mapping[str, Found] = field(default_factory=dict)  # of ``same``, by id; not those too young to be trusted
    read_in_vain: bool = False  # whether any of those was read for it
    left: tuple[str, ...] = ()  # ids of files that are being written to; what stays indexed of them is in ``same``

    @property
    def differs(self) -> bool:
        """Whether a build would give another index."""
        return bool(self.fresh or self.gone or self.scan_problems_differ)

    def leaving(self, ids: Collection[str], before: Sequence[FileRecord], *, needed: Collection[str]) -> Comparison:
        """The same with those fresh files as they were ``before``, or absent; the next one finds them fresh again.

        Those that are ``needed`` stay fresh, and are named only.
        """
        out = set(ids) - set(needed)
        return replace(
            self,
            same=(*self.same, *(record for record in before if record.id in out)),
            fresh=tuple(file for file in self.fresh if file.id not in out),
            left=tuple(sorted(ids)),
        )


def needs_update(seeds: Path, generation: Generation, *, clock: Callable[[], float] = time.time) -> bool:
    """Whether seeds/ holds anything else than what the generation was built from. Cheap: before every question.

    Raises:
        ConfigError: if seeds/ cannot be listed.
    """
    return compare(seeds, scan(seeds), generation.manifest, now_ns=int(clock() * 1e9)).differs


def compare(
    seeds: Path,
    found: Scan,
    manifest: Manifest,
    *,
    now_ns: int,
    looked: Callable[[], Mapping[str, Found]] = dict,
) -> Comparison:
    """Sort the files of a listing into unchanged and fresh ones.

    Args:
        seeds: the folder.
        found: its listing.
        manifest: of what was built.
        now_ns: when the listing was begun, since the epoch.
        looked: gives what earlier looks found; called at most once, and only if some fingerprint is not the record's.
    """
    known = {record.id: record for record in manifest.files}
    max_bytes = manifest.identity.max_file_bytes
    looked = cache(looked)
    same: list[FileRecord] = []
    fresh: list[SeedFile] = []
    touched: dict[str, Found] = {}
    read_in_vain = False
    for file in found.files:
        record = known.pop(file.id, None)
        if record is None or not _comparable(file, record, now_ns):
            fresh.append(file)
        elif _trusted(file, record.fingerprint, manifest.scanned_ns):
            same.append(record)
        elif (before := looked().get(file.id)) is not None and _trusted(file, before.fingerprint, before.at_ns):
            same.append(replace(record, fingerprint=before.fingerprint))
            touched[file.id] = before
        elif content_sum(seeds, file.id, max_bytes=max_bytes) == record.sha256:
            mark = fingerprint_of(file)
            same.append(replace(record, fingerprint=mark))
            if _trusted(file, mark, now_ns):
                touched[file.id] = Found(mark, now_ns)
                read_in_vain = True
        else:
            fresh.append(file)
    return Comparison(
        same=tuple(same),
        fresh=tuple(fresh),
        gone=tuple(known.values()),
        scan_problems=found.problems,
        scan_problems_differ=found.problems != manifest.scan_problems,
        touched=touched,
        read_in_vain=read_in_vain,
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


def _comparable(file: SeedFile, record: FileRecord, now_ns: int) -> bool:
    # Read by another library the same bytes may give another text.
    return record.library == library_of(suffix_of(file.id)) and not _worth_another_try(record, now_ns)


def _trusted(file: SeedFile, mark: Fingerprint, looked_ns: int) -> bool:
    """Whether a file is known by its fingerprint, which it had when it was listed at ``looked_ns``."""
    if max(file.mtime_ns, file.ctime_ns) >= looked_ns - _RACY_NS:
        return False
    return file[1:] == (mark.size_bytes, mark.mtime_ns, mark.ctime_ns, mark.inode)
