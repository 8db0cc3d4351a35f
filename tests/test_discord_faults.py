"""What goes wrong, or ends: the member gets a fitting reply, the log its cause, and the bot goes on."""

import asyncio
import logging
import threading
from typing import Any

import aiohttp
import discord
import pytest
from discord_standin import Fault, ScriptedEngine, StandIn
from discord_standin.interactions import ACKNOWLEDGE_WITHIN_S
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import EPHEMERAL
from discord_standin.running import QUESTION, SENTENCE, engine, finished, running, until
from discord_standin.scripted import ListedDocument, answer, quote

from qabot.config import DiscordConfig
from qabot.discord_bot import asking
from qabot.discord_bot.client import QabotClient
from qabot.discord_bot.delivery import _switch_off
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.kept import KeptMessage
from qabot.errors import IndexDamaged, UsageError


def test_an_error_in_the_engine_is_told_privately_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The waiting message goes, the member alone gets a reference, and the log has the cause under it."""

    async def check() -> None:
        async with running(ScriptedEngine({"?": ZeroDivisionError("secret /srv/x")})) as bot:
            asked = await bot.discord.ask("?")
            shown = await asked.reply()
            again = await (await bot.discord.ask("still there?")).reply()
        assert asked.calls == ["callback", "delete", "follow-up"]
        assert shown["flags"] & EPHEMERAL
        assert "/srv/x" not in shown["content"]
        assert "ZeroDivisionError" not in shown["content"]
        reference = shown["content"].split("**")[1]
        logged = [record for record in caplog.records if reference in record.getMessage()]
        assert len(logged) == 1
        assert "ZeroDivisionError" in logged[0].getMessage()
        assert again["embeds"]

    with caplog.at_level(logging.INFO):
        finished(check())


@pytest.mark.parametrize("error", [IndexDamaged("broken /srv/x", remedy="r"), UsageError("no such _x_", remedy="ask.")])
def test_errors_with_a_remedy_are_replies_too(error: Exception) -> None:
    """A damaged index is no business of the member's; a usage error is, in its own words."""

    async def check() -> None:
        async with running(ScriptedEngine({"?": error})) as bot:
            shown = await (await bot.discord.ask("?")).reply()
        assert shown["flags"] & EPHEMERAL
        assert ("no such \\_x\\_" in shown["content"]) == isinstance(error, UsageError)
        assert "/srv/x" not in shown["content"]

    finished(check())


@pytest.mark.parametrize("fall", ["drop", "cut", "ask_to_reconnect"])
def test_a_lost_gateway_is_resumed_and_nothing_asked_meanwhile_is_lost(fall: str) -> None:
    """After a close, a cut line or Discord's own request the session is resumed and the waiting question answered."""

    async def check() -> None:
        async with running(engine()) as bot:
            await getattr(bot.discord.gateway, fall)()
            asked = await bot.discord.ask(QUESTION)
            shown = await asked.reply(20)
            assert len(bot.discord.gateway.identifies) == 1
            assert len(bot.discord.gateway.resumes) == 1
            assert sum(line.startswith("PUT") for line in bot.discord.requests) == 1
        assert shown["embeds"]

    finished(check())


@pytest.mark.slow
def test_a_session_that_discord_forgot_starts_anew() -> None:
    """A refused RESUME leads to a new IDENTIFY at the stand-in's own gateway, without registering again."""

    async def check() -> None:
        async with running(engine()) as bot:
            bot.discord.gateway.forget_session()
            await bot.discord.gateway.drop()
            await asyncio.wait_for(bot.discord.gateway.connected.wait(), 20)
            assert len(bot.discord.gateway.identifies) == 2
            shown = await (await bot.discord.ask(QUESTION)).reply()
            assert sum(line.startswith("PUT") for line in bot.discord.requests) == 1
        assert shown["embeds"]

    finished(check())


@pytest.mark.parametrize("status", [429, 500])
def test_a_rate_limit_or_failure_on_the_edit_is_waited_for(status: int) -> None:
    """The answer arrives although Discord refuses the first edit."""

    async def check() -> None:
        discord = StandIn(faults=[Fault("PATCH .*@original", status)])
        async with running(engine(), discord) as bot:
            shown = await (await bot.discord.ask(QUESTION)).reply()
        assert shown["embeds"]

    finished(check())


def test_a_defer_whose_answer_got_lost_is_not_repeated_into_an_error() -> None:
    """When Discord took the defer but answered 500, the repeat says 40060 and the answer still comes."""

    async def check() -> None:
        discord = StandIn(faults=[Fault("POST .*/callback", 500, after_effect=True)])
        async with running(engine(), discord) as bot:
            asked = await bot.discord.ask(QUESTION)
            shown = await asked.reply()
        assert asked.calls == ["callback", "callback", "edit"]
        assert shown["embeds"]

    finished(check())


def test_an_edit_that_is_refused_for_good_ends_in_a_private_reply() -> None:
    """When the edit itself fails, "thinking" is taken away and the member told."""

    async def check() -> None:
        discord = StandIn(faults=[Fault("PATCH .*@original", 400)])
        async with running(engine(), discord) as bot:
            asked = await bot.discord.ask(QUESTION)
            shown = await asked.reply()
        assert asked.calls == ["callback", "delete", "follow-up"]
        assert shown["flags"] & EPHEMERAL

    finished(check())


def test_thinking_is_resolved_even_when_it_cannot_be_deleted() -> None:
    """If the waiting message cannot be taken away, the words about the failure take its place."""

    async def check() -> None:
        discord = StandIn(faults=[Fault("DELETE", 403)])
        async with running(ScriptedEngine({"?": ValueError("no")}), discord) as bot:
            asked = await bot.discord.ask("?")
            shown = await asked.reply()
        assert asked.calls == ["callback", "edit"]
        assert "Something went wrong" in shown["content"]

    finished(check())


def test_an_answer_that_never_comes_ends_before_the_interaction_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that hangs is given up in time, and the member told."""
    monkeypatch.setattr(asking, "ANSWER_WITHIN_S", 0.1)
    gate = threading.Event()

    def endless() -> Any:
        gate.wait(20)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        async with running(ScriptedEngine({QUESTION: endless})) as bot:
            shown = await (await bot.discord.ask(QUESTION)).reply()
            gate.set()
        assert shown["flags"] & EPHEMERAL
        assert "Something went wrong" in shown["content"]

    finished(check())


def test_changed_seeds_are_taken_up_before_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A refresh that changed something renews completion; one that fails is logged once and answers go on."""
    refusal = IndexDamaged("bad part", remedy="rebuild")
    scripted = engine(refreshes=[object(), refusal, refusal])

    async def check() -> None:
        async with running(scripted) as bot:
            scripted.listed = (ListedDocument("new.txt"),)
            for _ in range(3):
                assert (await (await bot.discord.ask(QUESTION)).reply())["embeds"]
            names = [choice["value"] for choice in await (await bot.discord.complete("")).choices()]
        assert names == ["new.txt"]

    finished(check())
    assert len([record for record in caplog.records if "bad part" in record.getMessage()]) == 1


def test_a_long_rebuild_does_not_hold_up_answers() -> None:
    """A refresh that takes longer than the wait goes on aside while the old generation answers."""
    gate = threading.Event()

    class Rebuilding(ScriptedEngine):
        def refresh(self) -> object | None:
            gate.wait(20)
            return None

    async def check() -> None:
        async with running(Rebuilding(engine().table), refresh_wait_s=0.05) as bot:
            first = await (await bot.discord.ask(QUESTION)).reply(5)
            second = await (await bot.discord.ask(QUESTION)).reply(5)
            gate.set()
        assert first["embeds"]
        assert second["embeds"]

    finished(check())


def test_stopping_lets_a_running_answer_finish_and_refuses_new_ones() -> None:
    """After finish() a running answer still arrives, and who asks then is told to come back."""
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(10)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        async with running(ScriptedEngine({QUESTION: slow})) as bot:
            running_one = await bot.discord.ask(QUESTION)
            await until(lambda: running_one.callback is not None)
            stopping = asyncio.create_task(bot.client.finish())
            await until(lambda: bot.client.stopping)
            late = await (await bot.discord.ask(QUESTION)).reply()
            gate.set()
            await stopping
            assert running_one.settled.is_set()
        assert (await running_one.reply())["embeds"]
        assert late["flags"] & EPHEMERAL
        assert "restarted" in late["content"]

    finished(check())


def test_an_answer_that_takes_too_long_at_the_end_is_not_left_thinking() -> None:
    """Beyond the time for finishing, the member is told that the bot was stopped."""
    gate = threading.Event()

    def endless() -> Any:
        gate.wait(20)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        async with running(ScriptedEngine({QUESTION: endless}), finish_within_s=0.1) as bot:
            asked = await bot.discord.ask(QUESTION)
            await until(lambda: asked.callback is not None)
            await bot.client.finish()
            shown = await asked.reply(1)
            await bot.client.close()
            assert bot.client.desk.busy
            gate.set()
            await until(lambda: not bot.client.desk.busy)  # and it is closed once more
        assert "restarted" in shown["content"]

    finished(check())


@pytest.mark.parametrize("where", ["on its way", "waiting for others"])
def test_an_acknowledgement_that_the_end_cuts_off_is_not_left_thinking(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the bot knows that Discord took it or not, the member is told that the bot was stopped."""
    defer = discord.InteractionResponse.defer

    async def without_an_answer(self: Any, **options: Any) -> None:
        await defer(self, **options)
        self._response_type = None
        await asyncio.Event().wait()

    async def check() -> None:
        async with running(engine(), finish_within_s=0.1) as bot:
            if where == "on its way":
                monkeypatch.setattr(discord.InteractionResponse, "defer", without_an_answer)
            else:
                monkeypatch.setattr(bot.client.pace, "calm", asyncio.Event().wait)
            asked = await bot.discord.ask(QUESTION)
            await until(lambda: asked.callback is not None)
            await asyncio.sleep(0.05)
            await bot.client.finish()
            shown = await asked.reply(1)
        assert "restarted" in shown["content"]
        assert shown["flags"] & EPHEMERAL
        assert asked.original not in asked.messages

    finished(check())


def test_a_store_that_takes_nothing_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """The answers stand, and the log has the cause once, not for each of them."""

    class Full(MemoryStore):
        def keep_message(self, message: KeptMessage) -> None:
            del message
            raise OSError(28, "No space left on device")

    async def check() -> None:
        async with running(engine(), store=Full(), config=DiscordConfig(cooldown_s=0.0)) as bot:
            for _ in range(2):
                assert (await (await bot.discord.ask(QUESTION)).reply())["embeds"]
            await bot.client.finish()

    finished(check())
    assert len([one for one in caplog.records if "No space left" in one.getMessage()]) == 1


@pytest.mark.parametrize("error", [OSError("broken"), aiohttp.ServerDisconnectedError(), TimeoutError()])
def test_buttons_that_cannot_be_switched_off_are_a_line_in_the_log(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever keeps Discord from being reached then, nothing is raised where nobody would catch it."""

    class Unreachable:
        async def edit_original_response(self, **parts: Any) -> None:
            del parts
            raise error

    with caplog.at_level(logging.INFO, "qabot"):
        asyncio.run(_switch_off(Unreachable(), ("check",)))  # type: ignore[arg-type]
    assert type(error).__name__ in caplog.text


def test_what_is_logged_once_is_bounded_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """After any number of different lines a new one is still logged, and one of the last ones is not repeated."""
    client = QabotClient(Desk(lambda _: ScriptedEngine()))
    for number in range(3000):
        client.log_once(f"line {number}.")
    client.log_once("line 2999.")
    client.log_once("line 0.")
    lines = [one.getMessage() for one in caplog.records]
    assert (lines.count("line 2999."), lines.count("line 0.")) == (1, 2)


def test_the_engine_is_closed_with_the_client() -> None:
    """close() gives the engine back."""
    scripted = engine()

    async def check() -> None:
        async with running(scripted) as bot:
            assert not scripted.closed
            del bot

    finished(check())
    assert scripted.closed


def test_many_at_once_are_all_answered() -> None:
    """Forty questions at the same moment are each acknowledged in time and answered."""

    async def check() -> None:
        async with running(engine(), config=DiscordConfig(cooldown_s=0.0)) as bot:
            everyone = [await bot.discord.ask(QUESTION) for _ in range(40)]
            replies = await asyncio.gather(*(asked.reply(20) for asked in everyone))
        assert all(reply["embeds"] for reply in replies)
        assert max(asked.acknowledged_after_s or 9.0 for asked in everyone) < ACKNOWLEDGE_WITHIN_S

    finished(check())
