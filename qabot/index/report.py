"""What a build did, file by file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qabot.datatypes import Problem
from qabot.index.manifest import FileRecord, Manifest


@dataclass(frozen=True, slots=True)
class FileChanges:
    """Indexed files before and after, told apart by id and content. All sorted by id."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # old id, new id
    removed: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()  # indexed before, and there still, but no longer to be read
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. ``generation`` is the one now in service."""

    generation: str
    added: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]  # old id, new id
    removed: tuple[str, ...]
    unreadable: tuple[str, ...]  # indexed before; the reasons are in ``failed``
    unchanged: int
    failed: tuple[Problem, ...]  # every file that is not in the index, whenever that was found
    chunks_embedded: int
    chunks_reused: int  # also those whose text occurs more than once
    elapsed_ms: float = 0.0
    unsettled: tuple[str, ...] = ()  # files that are being written to: not up to date until a later build
    compared: bool = True  # with the files of the index in service before; False: that is not known, all are ``added``
    repaired: str | None = None  # what was wrong with the index of a running process, so that it was built again


def up_to_date_report(generation: str, manifest: Manifest) -> BuildReport:
    """That nothing was to be done."""
    return written_report(generation, manifest.files, manifest, chunks_embedded=0)


def written_report(
    generation: str, before: Sequence[FileRecord] | None, manifest: Manifest, *, chunks_embedded: int
) -> BuildReport:
    """What the build of ``manifest`` did to an index that was made from the files ``before``; None: not known."""
    changes = file_changes(before or (), manifest.files)
    return BuildReport(
        generation=generation,
        added=changes.added,
        changed=changes.changed,
        renamed=changes.renamed,
        removed=changes.removed,
        unreadable=changes.unreadable,
        unchanged=changes.unchanged,
        failed=manifest.problems,
        chunks_embedded=chunks_embedded,
        chunks_reused=manifest.counts.chunks - chunks_embedded,
        compared=before is not None,
    )


def file_changes(before: Sequence[FileRecord], after: Sequence[FileRecord]) -> FileChanges:
    """Compare two lists of records. A file that could be read in neither is no change."""
    old = {record.id: record.sha256 for record in before if record.problem is None}
    new = {record.id: record.sha256 for record in after if record.problem is None}
    failed = {record.id for record in after if record.problem is not None}
    added = sorted(new.keys() - old.keys())
    removed = sorted(old.keys() - new.keys() - failed)
    renamed = _renames({name: old[name] for name in removed}, {name: new[name] for name in added})
    gone, come = {pair[0] for pair in renamed}, {pair[1] for pair in renamed}
    both = sorted(old.keys() & new.keys())
    return FileChanges(
        added=tuple(name for name in added if name not in come),
        changed=tuple(name for name in both if old[name] != new[name]),
        renamed=renamed,
        removed=tuple(name for name in removed if name not in gone),
        unreadable=tuple(sorted(old.keys() & failed)),
        unchanged=sum(old[name] == new[name] for name in both),
    )


def _renames(removed: dict[str, str | None], added: dict[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Pair files of equal content; where several are equal, in the order of their ids."""
    waiting: dict[str | None, list[str]] = {}
    for name, digest in reversed(removed.items()):
        waiting.setdefault(digest, []).append(name)
    return tuple((waiting[digest].pop(), name) for name, digest in added.items() if waiting.get(digest))
