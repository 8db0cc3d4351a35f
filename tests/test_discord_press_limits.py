"""Presses that come too fast or are cut off, thumbs under private answers, and messages that are deleted."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import CHANNEL_ID, GUILD_ID, LOADING, MEMBER_ID
from discord_standin.running import Running, finished, running, until
from discord_standin.server import is_private
from discord_standin.shelf import Shelf

from qabot.config import DiscordConfig
from qabot.discord_bot import presses
from qabot.discord_bot.limits import AT_ONCE
from qabot.discord_bot.store_sqlite import SqliteStore

QUESTION = "How old must members be?"
THUMB = "\N{THUMBS UP SIGN}"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """One document."""
    return Shelf.of(tmp_path, {"rules.md": "You must be at least 16 years old to join.\n"})


def engine_of(shelf: Shelf) -> Any:
    """One question with an answer."""
    return shelf.engine({QUESTION: shelf.answer(QUESTION, shelf.quote("rules.md", "16 years old"))})


async def asked(bot: Running, *, private: bool = False) -> dict[str, Any]:
    """The answer as it is shown."""
    options = [{"name": "question", "type": 3, "value": QUESTION}]
    options += [{"name": "private", "type": 5, "value": True}] if private else []
    return await (await bot.discord.use("ask", options)).reply()


@pytest.mark.parametrize("use", ["Check", "Context", "sources"])
def test_who_hammers_is_told_when_to_try_again(shelf: Shelf, use: str) -> None:
    """Beyond a few at once each further press or list is refused privately at once; others and questions are not."""

    async def check() -> None:
        config = DiscordConfig(cooldown_s=60.0)
        async with running(engine_of(shelf), **shelf.options(config=config)) as bot:
            message = await asked(bot)

            async def again(member_id: int) -> dict[str, Any]:
                if use == "sources":
                    return await (await bot.discord.use("sources", member_id=member_id)).reply()
                return await (await bot.discord.press(message, use, member_id=member_id)).reply()

            replies = [await again(MEMBER_ID) for _ in range(AT_ONCE + 2)]
            assert all(is_private(one) for one in replies)
            assert [bool(one["embeds"]) for one in replies] == [True] * AT_ONCE + [False] * 2
            assert all("try again in 60 seconds" in one["content"] for one in replies[AT_ONCE:])
            assert (await again(MEMBER_ID + 1))["embeds"]
            assert (await asked(bot))["embeds"]

    finished(check())


def test_a_press_that_the_end_cuts_off_is_told(shelf: Shelf) -> None:
    """Beyond the time for finishing, "thinking" goes and the member learns that the bot was stopped."""
    gate = threading.Event()

    class Endless:
        def reread(self, seen: Any, visible: Any) -> Any:
            del seen, visible
            gate.wait(20)
            return []

    async def check() -> None:
        options = shelf.options(files=Endless(), finish_within_s=0.1)
        async with running(engine_of(shelf), **options) as bot:
            pressed = await bot.discord.press(await asked(bot), "Check")
            await until(lambda: pressed.callback is not None)
            await bot.client.finish()
            shown = await pressed.reply(2)
            await bot.client.close()
            gate.set()
        assert "restarted" in shown["content"]
        assert is_private(shown)
        assert not shown["flags"] & LOADING

    finished(check())


def test_a_running_press_may_end_while_the_bot_stops(shelf: Shelf) -> None:
    """A press that ends in time is answered although finish() was called."""
    gate = threading.Event()

    async def check() -> None:
        options = shelf.options()
        files = options["files"]

        class Slow:
            def reread(self, seen: Any, visible: Any) -> Any:
                gate.wait(20)
                return files.reread(seen, visible)

        async with running(engine_of(shelf), **(options | {"files": Slow()})) as bot:
            pressed = await bot.discord.press(await asked(bot), "Check")
            await until(lambda: pressed.callback is not None)
            stopping = asyncio.create_task(bot.client.finish())
            await until(lambda: bot.client.stopping)
            gate.set()
            await stopping
            assert (await pressed.reply(2))["embeds"]

    finished(check())


def test_thumbs_under_a_private_answer_are_its_askers_and_end_with_it(shelf: Shelf, tmp_path: Path) -> None:
    """They are kept and counted in /feedback's table; a stranger's press and a late one are not."""

    async def check(store: SqliteStore, ends_s: float, then: Callable[[Running, Any], Any]) -> None:
        config = DiscordConfig(logging=True, cooldown_s=0.0)
        options = shelf.options(store=store, config=config, private_ends_s=ends_s)
        async with running(engine_of(shelf), **options) as bot:
            await then(bot, await asked(bot, private=True))

    async def in_time(bot: Running, message: dict[str, Any]) -> None:
        foreign = await (await bot.discord.press(message, THUMB, member_id=MEMBER_ID + 1)).reply()
        assert foreign["content"] == presses.FOREIGN
        own = await (await bot.discord.press(message, THUMB)).reply()
        assert own["content"] == presses.NOTED
        await until(lambda: bot.client.store.judged(GUILD_ID, limit=5) != [])
        (judged,) = bot.client.store.judged(GUILD_ID, limit=5)
        assert (judged.up, judged.down) == (1, 0)

    async def late(bot: Running, message: dict[str, Any]) -> None:
        await asyncio.sleep(0.2)
        assert (await (await bot.discord.press(message, THUMB)).reply())["content"] == presses.ENDED

    for name, ends_s, then in (("a", 60.0, in_time), ("b", 0.05, late)):
        store = SqliteStore.open(tmp_path / f"{name}.sqlite", logging=True, log_days=30)
        finished(check(store, ends_s, then))
        store.close()


def test_what_is_kept_of_a_deleted_message_goes(shelf: Shelf) -> None:
    """One that is deleted alone, and some that are deleted together; another one stays."""

    async def check() -> None:
        config = DiscordConfig(cooldown_s=0.0)
        async with running(engine_of(shelf), **shelf.options(config=config)) as bot:
            store: MemoryStore = bot.client.store
            ids = [(await asked(bot))["id"] for _ in range(4)]
            await until(lambda: len(store.messages) == 4)
            where = {"channel_id": str(CHANNEL_ID), "guild_id": str(GUILD_ID)}
            await bot.discord.gateway.dispatch("MESSAGE_DELETE", {"id": ids[0], **where})
            await bot.discord.gateway.dispatch("MESSAGE_DELETE_BULK", {"ids": ids[1:3], **where})
            await until(lambda: len(store.messages) == 1)
            assert list(store.messages) == [int(ids[3])]
            assert threading.get_ident() not in store.threads

    finished(check())


def test_what_is_kept_of_a_server_goes_with_it(shelf: Shelf) -> None:
    """When the bot is removed, messages and settings of the server are deleted; when Discord only fails, they stay."""

    async def check() -> None:
        async with running(engine_of(shelf), **shelf.options()) as bot:
            store: MemoryStore = bot.client.store
            await asked(bot)
            await until(lambda: len(store.messages) == 1)
            await bot.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID), "unavailable": True})
            await bot.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID + 1)})
            assert len(store.messages) == 1
            await bot.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID)})
            await until(lambda: store.messages == {})

    finished(check())
