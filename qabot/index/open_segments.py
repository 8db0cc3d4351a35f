"""The segments that are open in this process, each once, however many generations hold it.

A new generation shares most segments with the one before it, and a builder shares them with who answers: they are not
read again. That they are still what the disk holds is known without reading, if the files are the ones that were summed
(device, inode, size, time of change). As with fingerprints of seeds, a file changed in the last moments before it was
summed may change again without a trace: such a one is summed again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from qabot.index.manifest import PartRecord
from qabot.index.parts import Stamp, damaged, read_part, stamps_of
from qabot.index.segment import Segment

_RACY_NS = 2_000_000_000

Key = tuple[str, ...]  # the sums of the three parts


@dataclass(slots=True)
class _Shared:
    segment: Segment
    users: int = 0
    stamps: dict[str, set[Stamp]] = field(default_factory=dict)  # by sum: the files that were found to have it


class OpenSegments:
    """Lends out open segments and closes those that nobody uses any more. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._shared: dict[Key, _Shared] = {}

    def __len__(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._shared)

    def borrow(self, folder: Path, parts: Sequence[PartRecord]) -> Segment:
        """The segment with these three parts in ``folder``, verified; give it back.

        Raises:
            IndexDamaged: if a part is not what its record says.
            IndexUnusable: if this process may open no more files.
            ValueError, RuntimeError, sqlite3.DatabaseError: if its sums are right and it cannot be opened.
        """
        key = tuple(part.sha256 for part in parts)
        with self._lock:
            shared = self._shared.get(key)
            if shared is not None:
                shared.users += 1  # before it is verified: so it stays open meanwhile
        if shared is None:
            return self._open(key, folder, parts)
        with ExitStack() as undo:
            undo.callback(self.give_back, shared.segment)
            for part in parts:
                self._verify(shared, folder, part)
            undo.pop_all()
        return shared.segment

    def give_back(self, segment: Segment) -> None:
        """That one borrower needs it no more."""
        with self._lock:
            key, shared = next((key, one) for key, one in self._shared.items() if one.segment is segment)
            shared.users -= 1
            if shared.users:
                return
            del self._shared[key]
        segment.close()

    def _open(self, key: Key, folder: Path, parts: Sequence[PartRecord]) -> Segment:
        """Read it without the lock, which others need to give back; of two that did so at a time one is kept."""
        stamps = {part.sha256: _trusted(folder / part.path) for part in parts}  # before reading: what comes later shows
        texts, vectors, terms = (read_part(folder, part) for part in parts)
        segment = Segment.from_bytes(texts=texts, vectors=vectors, terms=terms)
        with self._lock:
            shared = self._shared.setdefault(key, _Shared(segment))
            shared.users += 1
            for digest, found in stamps.items():
                shared.stamps.setdefault(digest, set()).update(found)
        if shared.segment is not segment:
            segment.close()
        return shared.segment

    def _verify(self, shared: _Shared, folder: Path, part: PartRecord) -> None:
        found = _trusted(folder / part.path)
        with self._lock:
            known = bool(found & shared.stamps.setdefault(part.sha256, set()))
        if known:
            return
        read_part(folder, part)
        with self._lock:
            shared.stamps.setdefault(part.sha256, set()).update(found)


def _trusted(path: Path) -> set[Stamp]:
    """By what the file can be known again; nothing if it is too young to be, or was found spoilt since."""
    youngest = time.time_ns() - _RACY_NS
    return {stamp for stamp in stamps_of(path) - damaged if stamp[3] < youngest}


open_segments = OpenSegments()
