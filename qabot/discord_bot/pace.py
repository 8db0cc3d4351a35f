"""What makes room for first answers when hundreds of members come at once.

Discord waits three seconds for the first answer and minutes for everything else. So events are unpacked a few at a
time, first answers go out through a bounded number of connections, and nothing is computed while one of them waits:
a thread that computes takes Python's lock from the event loop for milliseconds at a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from discord.http import HTTPClient

AT_A_TIME = 64  # each on a connection of its own, used again; and the loop comes round between so many
# Who has been told "thinking" does not wait longer for others to be told. Not less than the three seconds in which
# they can be: on a slow machine computing would begin in the middle of a crowd, and the rest of it come too late.
CALM_WITHIN_S = 4.0
_UNPACKED_S = 0.005  # in 0.02 s come so many that handling them in the loop's next round took 0.1 s


class Pace:
    """For the event loop only."""

    def __init__(self) -> None:
        self._doors = asyncio.Semaphore(AT_A_TIME)
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()

    @asynccontextmanager
    async def first_answer(self) -> AsyncIterator[None]:
        """Around the request with which an interaction is first answered."""
        self._waiting += 1
        self._nobody_waits.clear()
        try:
            async with self._doors:
                yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._nobody_waits.set()

    async def calm(self) -> None:
        """Return when no interaction waits for its first answer, or enough time has passed; to one after the other.

        Hundreds wait for the same moment. If all of them went on in one round of the loop, that round took 0.1 s.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(CALM_WITHIN_S):
                await self._nobody_waits.wait()
        async with self._turn:
            await asyncio.sleep(0)  # without it the lock would be free again before the next one asks for it


def unpack_a_few_at_a_time(http: HTTPClient) -> None:
    """Make every gateway that ``http`` opens from now on let others have their turn between events.

    What lies in the socket's buffer already is handed over by aiohttp without a pause.
    """
    connect = http.ws_connect

    async def ws_connect(*address: Any, **options: Any) -> aiohttp.ClientWebSocketResponse:
        socket = await connect(*address, **options)
        receive, gave_way_s = socket.receive, time.monotonic()

        async def receive_in_turn(timeout: float | None = None) -> aiohttp.WSMessage:  # noqa: ASYNC109 - aiohttp's
            nonlocal gave_way_s
            if time.monotonic() - gave_way_s > _UNPACKED_S:
                await asyncio.sleep(0)
                gave_way_s = time.monotonic()
            return await receive(timeout)

        socket.receive = receive_in_turn  # type: ignore[method-assign]
        return socket

    http.ws_connect = ws_connect  # type: ignore[method-assign]
