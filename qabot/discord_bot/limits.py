"""How much may be asked at a time: by one member, on one server, and by all together. Pure, for the event loop only.

A member may ask a few questions at once and then one in ``cooldown_s``; a server so many in any minute; and so many
questions may wait altogether. Who asks more is told when to try again, and nothing is computed for the refusal.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AT_ONCE = 5  # questions that a member may ask without a pause
_MINUTE_S = 60.0
_MOST_REMEMBERED = 50_000  # members; who was away the longest is forgotten first, which is only to their advantage
_FIRST_GUESS_S = 1.0  # for an answer, before any was timed


class TryAgain(Exception):
    """The question is not taken now. ``str()`` says to the member why, and when to try again."""

    def __init__(self, why: str, after_s: float) -> None:
        self.after_s = max(1, math.ceil(after_s))
        super().__init__(f"{why} Please try again in {self.after_s} second{'' if self.after_s == 1 else 's'}.")


class Limits:
    """Admits questions. ``clock``: seconds that never go back."""

    def __init__(
        self,
        *,
        cooldown_s: float,
        server_limit_per_minute: int,
        queue: int,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cooldown_s = cooldown_s
        self._server_limit = server_limit_per_minute
        self._queue = queue
        self._workers = workers
        self._clock = clock
        self._free_at_s: OrderedDict[int, float] = OrderedDict()  # when a member would again have all AT_ONCE
        self._asked_s: dict[int, deque[float]] = {}
        self._inside = 0
        self._answer_s = _FIRST_GUESS_S

    @property
    def waiting(self) -> int:
        """Questions that are being answered or wait for it."""
        return self._inside

    @contextmanager
    def admitted(self, *, member_id: int, server_id: int | None) -> Iterator[None]:
        """Hold a place for one question while the block runs.

        Raises:
            TryAgain: if there is none; nothing is counted then.
        """
        now_s = self._clock()
        self._require_place()
        server = self._server(server_id, now_s)
        self._require_pause(member_id, now_s)
        if server is not None:
            server.append(now_s)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._learn(self._clock() - now_s)

    def _require_place(self) -> None:
        if self._inside >= self._queue:
            after_s = self._inside * self._answer_s / self._workers
            raise TryAgain("I am busy: many questions are waiting.", after_s)

    def _server(self, server_id: int | None, now_s: float) -> deque[float] | None:
        """The times of a server's questions in the last minute."""
        if server_id is None:
            return None
        times = self._asked_s.setdefault(server_id, deque())
        while times and times[0] <= now_s - _MINUTE_S:
            times.popleft()
        if len(times) >= self._server_limit:
            raise TryAgain("Much is being asked on this server.", times[0] + _MINUTE_S - now_s)
        return times

    def _require_pause(self, member_id: int, now_s: float) -> None:
        """One number a member tells how many questions are left: each pushes it a cooldown further ahead."""
        ahead_s = max(0.0, self._free_at_s.get(member_id, now_s) - now_s)
        over_s = ahead_s - (AT_ONCE - 1) * self._cooldown_s
        if over_s > 1e-9:
            raise TryAgain("That was a bit fast for me.", over_s)
        self._free_at_s[member_id] = now_s + ahead_s + self._cooldown_s
        self._free_at_s.move_to_end(member_id)
        while len(self._free_at_s) > _MOST_REMEMBERED:
            self._free_at_s.popitem(last=False)

    def _learn(self, took_s: float) -> None:
        """How long an answer takes one worker, slowly following: those that waited in the queue took longer."""
        share_s = took_s * self._workers / max(1, self._inside + 1)
        self._answer_s += 0.1 * (share_s - self._answer_s)
