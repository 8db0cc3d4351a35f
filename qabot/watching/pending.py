"""Changed files until they are read: when they have settled, and how long that is waited for.

A file has settled when two looks find the same size and times. One that is written to for ever must not hold up the
others, nor must the next of a thousand files start a rebuild each.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_OTHERS_WAIT_S = 1.0  # for a file that is still written to, once no new one has come for so long
_LONGEST_S = 10.0  # that anything waits

_State = tuple[int, int, int, int] | None


@dataclass(slots=True)
class _Seen:
    state: _State
    still: bool = False


class Pending:
    """The paths that changed since the last rebuild. ``clock``: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        self._since_s = 0.0
        self._newest_s = 0.0

    def __bool__(self) -> bool:
        return bool(self._seen)

    def look(self, changed: Iterable[str]) -> None:
        """Note what changed, and look at every path once more."""
        known = self._seen
        new = {path: _Seen(_state(path)) for path in changed if path not in known}
        for path, seen in known.items():
            state = _state(path)
            seen.still = state == seen.state
            seen.state = state
        if new:
            self._newest_s = self._clock()
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
        self._seen = {path: seen for path, seen in self._seen.items() if not seen.still}
        self._since_s = self._clock()


def _state(path: str) -> _State:
    try:
        state = os.stat(path)  # noqa: PTH116 - thousands of them
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino
