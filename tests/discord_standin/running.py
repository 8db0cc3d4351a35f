"""The real client, connected to a stand-in in the same event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from discord_standin.scripted import ScriptedEngine, answer, quote
from discord_standin.server import StandIn
from qabot.discord_bot.address import talking_to
from qabot.discord_bot.askable import ReadableFiles
from qabot.discord_bot.client import QabotClient
from qabot.discord_bot.desk import Desk

SENTENCE = "More than 953 civilians have been killed, the U.N. says."
QUESTION = "How many civilians have been killed?"


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Run one test's coroutine, with a limit: a test must not wait for a reply that never comes."""
    asyncio.run(asyncio.wait_for(work, 40))


def engine(**more: Any) -> ScriptedEngine:
    """One question with an answer, nothing else."""
    return ScriptedEngine({QUESTION: answer(QUESTION, quote(SENTENCE, "More than 953"))}, **more)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds; the test's own limit ends it."""
    while not holds():  # noqa: ASYNC110 - the condition is in another program's hands
        await asyncio.sleep(0.01)


@dataclass
class Running:
    """A stand-in and the client that is connected to it."""

    discord: StandIn
    client: QabotClient


@asynccontextmanager
async def running(
    engine: ScriptedEngine,
    discord: StandIn | None = None,
    *,
    finish_within_s: float = 8.0,
    refresh_wait_s: float = 5.0,
    problems_expected: bool = False,
    files: ReadableFiles | None = None,
    **options: Any,
) -> AsyncIterator[Running]:
    """Connect, hand over, close; at the end the stand-in must have had nothing to complain of.

    ``options`` are the client's.
    """
    async with discord or StandIn() as discord:  # noqa: PLR1704 - the same one, listening
        with talking_to(discord.base):
            desk = Desk(lambda _progress: engine, files=files, refresh_wait_s=refresh_wait_s)
            client = QabotClient(desk, own_gateway=True, finish_within_s=finish_within_s, **options)
            async with client:
                serving = asyncio.create_task(client.start(discord.token))
                ready = asyncio.create_task(discord.gateway.connected.wait())
                await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=15)
                ready.cancel()
                if serving.done():
                    await serving
                try:
                    yield Running(discord, client)
                finally:
                    await client.close()
                    await serving
    assert problems_expected or not discord.problems, "\n".join(discord.problems)
