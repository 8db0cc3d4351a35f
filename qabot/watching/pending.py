"""Changed files until they are read: when they have settled, and how long that is waited for.

A file has settled when two looks find the same size and times. One that was read again and again, each time soon after
it was last read, has a writer with pauses, and must be quiet for longer. One that is written to for ever must not hold
up the others, nor must the next of a thousand files start a rebuild each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_OTHERS_WAIT_S = 1.0  # for a file that is still written to, once no new one has come for so long
_LONGEST_S = 10.0  # that anything waits
_SOON_S = 3.0  # after it was read a file changed again
_OFTEN = 2  # times in a row that this happened
_QUIET_S = 1.0  # that such a file must stay as it is

_State = tuple[int, int, int, int] | None


@dataclass(slots=True)
class _Seen:
    state: _State
    changed_s: float
    again: int = 0  # how often in a row it had been read soon before
    still: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    state: _State
    at_s: float
    again: int


class Pending:
    """The paths that changed since the last rebuild. ``clock``: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._taken: dict[str, _Taken] = {}  # those that were read a moment ago
        self._since_s = 0.0
        self._newest_s = 0.0

    def __bool__(self) -> bool:
        return bool(self._seen)

    def look(self, changed: Iterable[str]) -> None:
        """Note what changed, and look at every path once more."""
        known, now_s = self._seen, self._clock()
        new = {path: self._noted(path, now_s) for path in changed if path not in known}
        for path, seen in known.items():
            state = _state(path)
            same = state == seen.state
            seen.changed_s = seen.changed_s if same else now_s
            seen.still = same and (seen.again < _OFTEN or now_s - seen.changed_s >= _QUIET_S)
            seen.state = state
        if new:
            self._newest_s = now_s
            self._since_s = self._since_s if known else self._newest_s
            known |= new

    def due(self) -> bool:
        """Whether it is time to read."""
        if not self._seen:
            return False
        still = [seen.still for seen in self._seen.values()]
        now_s = self._clock()
        others = any(still) and now_s - self._newest_s >= _OTHERS_WAIT_S
        return all(still) or others or now_s - self._since_s >= _LONGEST_S

    def taken(self) -> None:
        """The settled ones were read; those that are still written to begin to wait anew."""
        now_s = self._clock()
        settled = {path: seen for path, seen in self._seen.items() if seen.still}
        self._seen = {path: seen for path, seen in self._seen.items() if not seen.still}
        self._taken = {path: one for path, one in self._taken.items() if now_s - one.at_s <= _SOON_S}
        self._taken |= {path: _Taken(seen.state, now_s, seen.again) for path, seen in settled.items()}
        self._since_s = now_s

    def _noted(self, path: str, now_s: float) -> _Seen:
        state, before = _state(path), self._taken.get(path)
        soon = before is not None and now_s - before.at_s <= _SOON_S and state != before.state
        return _Seen(state, now_s, before.again + 1 if before is not None and soon else 0)


def _state(path: str) -> _State:
    try:
        state = os.stat(path)  # noqa: PTH116 - thousands of them
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino
