"""Work in the background that is due after each change of the documents: one round at a time, on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from qabot.discord_bot.logs import causes

_log = logging.getLogger(__name__)


class Rounds:
    """Runs ``work`` at the beginning and whenever it is due.

    What it returns is in how many seconds it is due again by itself; None: not before it is said to be.
    """

    def __init__(self, work: Callable[[], Awaitable[float | None]], *, name: str) -> None:
        self._work = work
        self._name = name
        self._due = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Start, with a first round: something may have changed while nobody was there."""
        self._loop = asyncio.get_running_loop()
        self._due.set()
        self._task = asyncio.create_task(self._run(), name=self._name)
        self._task.add_done_callback(_log_defect)

    def due(self) -> None:
        """There is something to do. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the bot has ended
                self._loop.call_soon_threadsafe(self._due.set)

    async def end(self) -> None:
        """Stop in the middle; the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        again_s: float | None = None
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(again_s):
                    await self._due.wait()
            self._due.clear()
            again_s = await self._work()


def _log_defect(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.error("What is done after changes of the documents has ended until the next start. %s", causes(error))
