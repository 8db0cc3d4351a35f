"""What is counted in the background before questions with these filters can be answered quickly.

Answering as if hidden documents did not exist needs statistics of the visible ones alone: some seconds for ten
thousand chunks, once after the start (a new generation is prepared before it is switched to).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from qabot.datatypes import Filters
from qabot.errors import UsageError


class Preparing:
    """Which filters are being prepared, and who waits for them. For the event loop only."""

    def __init__(self, *, wait_s: float) -> None:
        self._wait_s = wait_s
        self._scopes: dict[Filters, asyncio.Future[None]] = {}

    def begin(self, scope: Filters, work: Callable[[], Awaitable[None]]) -> None:
        """Start ``work`` for a scope, unless nothing is to be counted for it or that was begun before."""
        if scope.sealed and scope not in self._scopes:
            self._scopes[scope] = asyncio.ensure_future(work())
            self._scopes[scope].add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def require(self, filters: Filters) -> None:
        """Return when questions with these filters need not wait for counting in a thread.

        That is waited for here, on the loop, so that it takes no thread from others' questions. If it failed, the
        question itself meets the cause.

        Raises:
            UsageError: if it takes longer than a member should wait.
        """
        work = self._scopes.get(replace(filters, sources=frozenset(), since=None, until=None))
        if work is not None and not (await asyncio.wait([work], timeout=self._wait_s))[0]:
            raise UsageError("I have just been started and am still reading", remedy="Please ask again in a minute.")
