"""Mentions, replies and direct messages, through the real client, without the message content intent."""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from discord_standin import ScriptedEngine, StandIn
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import BOT_ID, CHANNEL_ID, DIRECT_ID, GUILD_ID, THREAD_ID, user
from discord_standin.running import QUESTION, SENTENCE, Running, engine, finished, running, until
from discord_standin.scripted import answer, quote
from discord_standin.server import buttons_of

from qabot.config import DiscordConfig
from qabot.datatypes import Filters
from qabot.discord_bot import mentions
from qabot.discord_bot.seams import OpenRules
from qabot.discord_bot.store_sqlite import SqliteStore

ME = f"<@{BOT_ID}>"


async def quiet(bot: Running, count: int) -> None:
    """Give the bot the time to say something, and demand that there are ``count`` messages."""
    await bot.discord.ask("anything")
    await asyncio.sleep(0.3)
    assert len(bot.discord.channels.messages) == count


@pytest.mark.parametrize("channel_id", [CHANNEL_ID, THREAD_ID])
@pytest.mark.parametrize("content", [f"{ME} {QUESTION}", f"{QUESTION} <@!{BOT_ID}>"])
def test_a_mention_is_answered_with_a_reply(channel_id: int, content: str) -> None:
    """In a channel and in a thread: a reply that pings nobody, with the quote and its buttons."""

    async def check() -> None:
        store = MemoryStore()
        async with running(engine(), store=store) as bot:
            said = await bot.discord.say(content, mentions=True, channel_id=channel_id)
            shown = await bot.discord.channels.reply()
            await until(lambda: int(shown["id"]) in store.messages)
        assert int(shown["message_reference"]["message_id"]) == int(said["id"])
        assert shown["channel_id"] == str(channel_id)
        assert shown["embeds"][0]["title"] == QUESTION
        assert shown["embeds"][0]["description"].startswith("**More than 953**")
        assert list(buttons_of(shown)) == ["Context", "Check"]
        assert threading.get_ident() not in store.threads

    finished(check())


def test_a_direct_message_needs_no_mention() -> None:
    """What is written to the bot directly is a question."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.discord.say(QUESTION, direct=True)
            shown = await bot.discord.channels.reply()
        assert shown["channel_id"] == str(DIRECT_ID)
        assert shown["embeds"]

    finished(check())


def test_a_first_sign_comes_within_a_second() -> None:
    """While the engine takes its time, the bot already shows that it is typing."""
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(10)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        scripted = ScriptedEngine({QUESTION: slow})
        async with running(scripted) as bot:
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            async with asyncio.timeout(1.0):
                await until(lambda: bool(bot.discord.channels.typing))
            assert not bot.discord.channels.messages
            gate.set()
            await bot.discord.channels.reply()
        assert threading.get_ident() not in scripted.threads

    finished(check())


def test_a_mention_without_words_gets_one_hint_a_channel() -> None:
    """The hint comes once in each channel or thread."""

    async def check() -> None:
        async with running(engine()) as bot:
            for channel_id in (CHANNEL_ID, CHANNEL_ID, THREAD_ID):
                await bot.discord.say(f" {ME} ", mentions=True, channel_id=channel_id)
            await bot.discord.channels.reply(1)
            await quiet(bot, 2)
            hints = list(bot.discord.channels.messages.values())
        assert [hint["content"] for hint in hints] == [mentions.HINT] * 2
        assert [hint["channel_id"] for hint in hints] == [str(CHANNEL_ID), str(THREAD_ID)]

    finished(check())


def test_a_reply_with_the_ping_off_gets_the_hint_and_one_with_it_an_answer() -> None:
    """The first arrives without words; the second mentions the bot and is a question."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            first = await bot.discord.channels.reply()
            await bot.discord.say(QUESTION, reply_to=first)
            assert (await bot.discord.channels.reply(1))["content"] == mentions.HINT_REPLY
            await bot.discord.say(QUESTION, reply_to=first, mentions=True)
            assert (await bot.discord.channels.reply(2))["embeds"]

    finished(check())


def test_a_mention_of_the_bots_role_gets_a_hint() -> None:
    """Discord offers the role under the bot's own name and sends its mention without words; other roles' are passed."""
    import discord

    def role(role_id: int, **more: Any) -> dict[str, Any]:
        names = {"id": str(role_id), "name": "qabot", "permissions": "0", "position": 1, "color": 0, "flags": 0}
        flags = {"hoist": False, "managed": True, "mentionable": False, "colors": {"primary_color": 0}}
        return {**names, **flags, **more}

    async def check() -> None:
        async with running(engine()) as bot:
            guild = bot.client.get_guild(GUILD_ID)
            assert guild is not None
            for one in (role(GUILD_ID + 1, tags={"bot_id": str(BOT_ID)}), role(GUILD_ID + 2)):
                guild._add_role(discord.Role(guild=guild, state=guild._state, data=one))  # type: ignore[arg-type]
            for number in (2, 1, 1):
                event = await bot.discord.say("talk")
                mentioned = {**event, "id": str(int(event["id"]) + 500_000), "mention_roles": [str(GUILD_ID + number)]}
                await bot.discord.gateway.dispatch("MESSAGE_CREATE", mentioned)
            assert (await bot.discord.channels.reply())["content"] == mentions.HINT_ROLE
            await quiet(bot, 1)

    finished(check())


def test_other_mentions_are_read_by_their_names() -> None:
    """Members, roles and channels stand in the question as members see them; what is not known and emoji do not."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted) as bot:
            said = f"{ME} Did <@!77> tell <@&{GUILD_ID}> in <#{CHANNEL_ID}> of <:tea:5> <@&5> <@78> <#6>?"
            event = await bot.discord.say("talk")
            mentioned = [user(BOT_ID, "qabot", bot=True), {**user(77, "ann"), "global_name": "Ann"}]
            more = {"content": said, "mentions": mentioned, "mention_roles": [str(GUILD_ID), "5"]}
            await bot.discord.gateway.dispatch(
                "MESSAGE_CREATE", {**event, "id": str(int(event["id"]) + 500_000), **more}
            )
            shown = await bot.discord.channels.reply()
        assert [question for question, _ in scripted.asked] == ["Did Ann tell @everyone in general of ?"]
        assert shown["embeds"][0]["title"] == "Did Ann tell \\@everyone in general of ?"

    finished(check())


@pytest.mark.parametrize("answered", [True, False])
def test_a_direct_message_without_words_gets_a_fitting_hint(answered: bool) -> None:
    """A picture alone is told that words are needed, or that direct messages are not answered."""

    async def check() -> None:
        async with running(engine(), config=DiscordConfig(direct_messages=answered)) as bot:
            await bot.discord.say("", direct=True)
            hint = await bot.discord.channels.reply()
            assert hint["content"] == (mentions.HINT_EMPTY if answered else mentions.HINT_DIRECT)

    finished(check())


def test_what_is_not_for_the_bot_is_left_alone() -> None:
    """Other people's talk, other bots, and edits get no reply."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.discord.say("talk among ourselves")
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True, bot=True)
            edited = await bot.discord.say("more talk")
            update = {**edited, "content": f"{ME} {QUESTION}", "mentions": [{"id": str(BOT_ID), "username": "qabot"}]}
            await bot.discord.gateway.dispatch("MESSAGE_UPDATE", update)
            await quiet(bot, 0)
            assert bot.discord.channels.typing == []

    finished(check())


def test_a_follow_up_is_understood_and_the_understanding_shown() -> None:
    """The second question is asked with the first one's words, and the reply says so under the member's own words."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted) as bot:
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            await bot.discord.channels.reply()
            await bot.discord.say(f"{ME} and injured?", mentions=True)
            (embed,) = (await bot.discord.channels.reply(1))["embeds"]
        assert scripted.asked[-1][0] == "how many civilians killed injured?"
        assert embed["title"] == "and injured?"
        fields = {field["name"]: field["value"] for field in embed["fields"]}
        assert fields["Understood as"] == "how many civilians killed injured?"

    finished(check())


def test_where_the_bot_does_not_answer_it_stays_quiet_but_says_so_in_direct_messages() -> None:
    """No answer and no hint on the server; one hint to who writes directly."""

    class Nowhere(OpenRules):
        async def seen_in(self, message: Any) -> Filters | None:
            del message

    async def check() -> None:
        async with running(engine(), rules=Nowhere()) as bot:
            for content in (f"{ME} {QUESTION}", ME):
                await bot.discord.say(content, mentions=True)
            for _ in range(2):
                await bot.discord.say(QUESTION, direct=True)
            assert (await bot.discord.channels.reply())["content"] == mentions.HINT_DIRECT
            await quiet(bot, 1)

    finished(check())


def test_the_filters_of_the_channel_are_used() -> None:
    """A public answer is asked for what the rules let the channel see."""
    narrow = Filters(collections=frozenset({"public"}))

    class Public(OpenRules):
        async def seen_in(self, message: Any) -> Filters | None:
            del message
            return narrow

    async def check() -> None:
        scripted = engine()
        async with running(scripted, rules=Public()) as bot:
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            await bot.discord.channels.reply()
        assert scripted.asked == [(QUESTION, narrow)]

    finished(check())


def test_the_servers_least_confidence_holds_for_mentions() -> None:
    """An answer below what the server wants is not shown, as with /ask."""

    class Demanding(OpenRules):
        def minimum_in(self, message: Any) -> float | None:
            del message
            return 1.0

    async def check() -> None:
        async with running(engine(), rules=Demanding()) as bot:
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            shown = await bot.discord.channels.reply()
        assert "**More than 953**" not in shown["embeds"][0]["description"]

    finished(check())


def test_a_mention_counts_and_is_logged(tmp_path: Path) -> None:
    """/status counts it, and with logging on the question is kept with who asked it."""

    async def check() -> None:
        store = SqliteStore.open(tmp_path / "qabot.sqlite", logging=True, log_days=30)
        config = DiscordConfig(logging=True, cooldown_s=0.0)
        async with running(engine(), store=store, config=config) as bot:
            await bot.discord.say(f"{ME} Where is the key?", mentions=True)
            await bot.discord.channels.reply()
            await until(lambda: bool(store.unanswered(GUILD_ID, limit=5)))
            assert [one.question for one in store.unanswered(GUILD_ID, limit=5)] == ["Where is the key?"]
            assert bot.client.figures.of(GUILD_ID).today == 1
        store.close()

    finished(check())


def test_an_error_is_told_with_a_reference_and_the_bot_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """The member gets a number, the log the cause, the next question its answer."""

    async def check() -> None:
        async with running(ScriptedEngine({"broken": ZeroDivisionError("secret /srv/x")})) as bot:
            await bot.discord.say(f"{ME} broken", mentions=True)
            told = (await bot.discord.channels.reply())["content"]
            await bot.discord.say(f"{ME} works this time again please", mentions=True)
            assert (await bot.discord.channels.reply(1))["embeds"]
        assert "/srv/x" not in told
        assert [one for one in caplog.records if told.split("**")[1] in one.getMessage()]

    finished(check())


def test_a_channel_that_refuses_is_logged_once_and_the_bot_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """Where the bot may not write, the log says why, and other channels are answered."""

    async def check() -> None:
        discord = StandIn()
        async with running(engine(), discord) as bot:
            discord.channels.closed[str(THREAD_ID)] = 50001
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True, channel_id=THREAD_ID)
            await until(lambda: "50001" in caplog.text)
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            await bot.discord.channels.reply()

    with caplog.at_level(logging.INFO, "qabot"):
        finished(check())
    assert len([one for one in caplog.records if "50001" in one.getMessage()]) == 1


def test_while_stopping_a_mention_is_told_to_come_back() -> None:
    """After finish() the reply says that the bot is being restarted."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.client.finish()
            await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            assert "restarted" in (await bot.discord.channels.reply())["content"]

    finished(check())


def test_a_member_can_be_forgotten() -> None:
    """forget_member drops the follow-ups."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted) as bot:
            said = await bot.discord.say(f"{ME} {QUESTION}", mentions=True)
            await bot.discord.channels.reply()
            bot.client.forget_member(int(said["author"]["id"]))
            await bot.discord.say(f"{ME} and injured?", mentions=True)
            await bot.discord.channels.reply(1)
        assert scripted.asked[-1][0] == "and injured?"

    finished(check())
