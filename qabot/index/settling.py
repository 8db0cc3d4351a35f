"""Files that are being written to: an update leaves them out until they have settled, but none for ever.

A file that was changed in the last moment before it was listed is looked at once more, a moment later: if its size or
its times changed, it is being written to. Its last version stays in the index, and a new file stays out of it. One
whose last version may not be taken over, since all is built again, is read as it is: it would be lost till then. Since
when it is waited for is kept in embeddings/unsettled.json: whoever looks next, maybe another process, goes on from
there, and after ``LONGEST_S`` the file is read as it is (a log file never settles), and the wait begins anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qabot.documents import SeedFile
from qabot.index.changes import Comparison, fingerprint_of
from qabot.index.manifest import FileRecord, Fingerprint
from qabot.index.notes import read_note, write_note

UNSETTLED_NAME = "unsettled.json"
SETTLING_S = 0.1  # between the two looks
LONGEST_S = 60.0  # as long as copying the largest files takes; quotes of what changes all the time are not shown anyway


@dataclass(frozen=True, slots=True)
class Settling:
    """Tells which files an update is to leave for a later one. ``clock``: seconds since the epoch."""

    seeds: Path
    embeddings: Path
    clock: Callable[[], float]

    def leave_out(
        self,
        comparison: Comparison,
        before: Sequence[FileRecord],
        *,
        listed_ns: int,
        needed: Collection[str] = (),
    ) -> Comparison:
        """The comparison without the files that are being written to; what was noted of files not fresh is forgotten.

        Args:
            comparison: of a listing.
            before: what a build would take over.
            listed_ns: when the listing was begun, since the epoch.
            needed: ids of files that are named and stay in it all the same.
        """
        written = self._written(comparison.fresh, listed_ns)
        now_ns, since = self._now_ns(), self._since()
        fresh = {file.id for file in comparison.fresh}
        # Those that have waited long enough stay noted until they are read: a build may fail. One that is gone or is as
        # it was indexed does not: it would take the wait away from the next time that it is written to.
        noted = {name: at for name, at in since.items() if name in fresh} | {n: since.get(n, now_ns) for n in written}
        self._note(noted, since)
        if not written:
            return comparison
        waiting = {name for name in written if _waits(noted[name], now_ns)}
        return comparison.leaving(waiting, before, needed=needed)

    def may_wait(self, document_id: str) -> bool:
        """Whether a file that changes while it is read is left for the next look; noted if it is the first time."""
        since = self._since()
        if document_id not in since:
            self._note({**since, document_id: self._now_ns()}, since)
            return True
        return _waits(since[document_id], self._now_ns())

    def was_read(self, document_id: str) -> None:
        """It is not waited for any more."""
        since = self._since()
        self._note({name: at for name, at in since.items() if name != document_id}, since)

    def _written(self, files: Collection[SeedFile], listed_ns: int) -> set[str]:
        """Which of the files just listed are being written to. Waits if one may be."""
        young_ns = listed_ns - int(SETTLING_S * 1e9)
        young = [file for file in files if max(file.mtime_ns, file.ctime_ns) > young_ns]
        if young:
            time.sleep(SETTLING_S)
        return {file.id for file in young if not _is_as_listed(file, state_of(self.seeds / file.id))}

    def _now_ns(self) -> int:
        return int(self.clock() * 1e9)

    def _since(self) -> dict[str, int]:
        return unsettled_before(self.embeddings)

    def _note(self, noted: Mapping[str, int], before: Mapping[str, int]) -> None:
        if noted != before:
            write_note(self.embeddings / UNSETTLED_NAME, noted or None)


def unsettled_before(embeddings: Path) -> dict[str, int]:
    """The files that earlier looks left, and since when, in nanoseconds since the epoch; some may be gone meanwhile."""
    return read_note(embeddings / UNSETTLED_NAME) or {}


def state_of(path: Path) -> Fingerprint | None:
    """What a file could be known by right now; None if it cannot be looked at."""
    try:
        state = path.stat()
    except OSError:
        return None
    return Fingerprint(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def _is_as_listed(file: SeedFile, now: Fingerprint | None) -> bool:
    listed = fingerprint_of(file)
    if now is not None and listed.inode == 0:  # Windows lists files without it, and tells it of one that is looked at
        now = replace(now, inode=0)
    return now == listed


def _waits(since_ns: int, now_ns: int) -> bool:
    # A clock that was set back must not put it off for ever.
    return 0 <= now_ns - since_ns < LONGEST_S * 1e9
