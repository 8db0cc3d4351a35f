"""What Discord, or a stand-in that somebody else wrote, may send otherwise than ours: the bot answers all the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from discord_standin import Asked, StandIn, gateway
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import CHANNEL_ID, DIRECT_ID, GUILD_ID, MEMBER_ID, interaction, new_id, said, user
from discord_standin.running import QUESTION, Running, engine, finished, running, until
from discord_standin.server import is_private
from discord_standin.shelf import Shelf

from qabot.discord_bot.presses import UNKNOWN, UNSEEN

Event = dict[str, Any]
ASK = {"name": "ask", "type": 1, "options": [{"name": "question", "type": 3, "value": QUESTION}]}
OPTIONAL = ("guild", "channel", "app_permissions", "guild_locale", "entitlements", "context", "locale", "version")
OWNERS = "authorizing_integration_owners"


def without(event: Event, *keys: str) -> Event:
    """The event without some of its keys."""
    return {key: value for key, value in event.items() if key not in keys}


def direct(event: Event) -> Event:
    """As in a direct message: ``user`` in the place of ``member``, nothing of a server."""
    found = without(event, "member", "guild", "guild_id", "guild_locale")
    channel = {"id": str(DIRECT_ID), "type": 1, "recipients": [user(MEMBER_ID, "member")], "flags": 0}
    of_account = {"context": 1, OWNERS: {"0": "0"}, "channel_id": str(DIRECT_ID), "channel": channel}
    return {**found, "user": user(MEMBER_ID, "member"), **of_account}


def in_unknown_thread(event: Event) -> Event:
    """In a thread that the gateway never told of."""
    thread = {"id": new_id(), "type": 11, "parent_id": str(CHANNEL_ID), "name": "t", "guild_id": str(GUILD_ID)}
    more = {"thread_metadata": {"archived": False, "auto_archive_duration": 60, "locked": False}, "owner_id": "1"}
    meta = {**more["thread_metadata"], "archive_timestamp": "2026-11-22T12:00:00+00:00"}  # type: ignore[dict-item]
    return {**event, "channel_id": thread["id"], "channel": {**thread, **more, "thread_metadata": meta}}


def grown(value: Any) -> Any:
    """With a key that nobody knows in every object."""
    if isinstance(value, dict):
        return {
            **{key: one if key == OWNERS else grown(one) for key, one in value.items()},
            "not_known_yet": {"a": [1, None]},
        }
    return [grown(one) for one in value] if isinstance(value, list) else value


VARIANTS: dict[str, Callable[[Event], Event]] = {
    "as ours": lambda event: event,
    "direct": direct,
    "direct, bare": lambda event: without(direct(event), "channel", OWNERS, "context", "app_permissions"),
    "bare": lambda event: without(event, *OPTIONAL, OWNERS, "attachment_size_limit"),
    "channel_id only": lambda event: without(event, "channel"),
    "channel null": lambda event: {**event, "channel": None},
    "nulls": lambda event: event | dict.fromkeys(("guild_locale", "context", "message"), None),
    "numbers for permissions": lambda event: {
        **event, "app_permissions": 2147483648, "member": {**event["member"], "permissions": 2147483648},
    },
    "both member and user": lambda event: {**event, "user": user(MEMBER_ID, "member")},
    "unknown server": lambda event: {**event, "guild_id": "99", "guild": {"id": "99", "features": []}},
    "unknown server, bare": lambda event: without({**event, "guild_id": "99"}, *OPTIONAL),
    "unknown channel": lambda event: {**event, "channel_id": "98", "channel": {"id": "98", "type": 0, "name": "c"}},
    "unknown channel, bare": lambda event: {**without(event, "channel"), "channel_id": "98"},
    "unknown thread": in_unknown_thread,
    "a kind of channel of tomorrow": lambda event: {**event, "channel": {"id": str(CHANNEL_ID), "type": 99}},
    "limits": lambda event: {**event, "attachment_size_limit": 524288000, "entitlements": []},
    "bare thread": lambda event: {**event, "channel_id": "97", "channel": {"id": "97", "type": 11}},
    "unknown keys": grown,
}  # fmt: skip


async def send(stand_in: StandIn, kind: int, data: Event, change: Callable[[Event], Event]) -> Asked:
    """An interaction that was changed before it is sent."""
    await stand_in._require_client()
    asked = Asked(new_id(), f"aW50ZXJhY3Rpb246{new_id()}", stand_in.clock)
    stand_in.asked[asked.token] = asked
    await stand_in.gateway.dispatch("INTERACTION_CREATE", change(interaction(kind, asked.id, asked.token, data)))
    return asked


def named(stand_in: StandIn, data: Event) -> Event:
    """With the id under which the command is registered."""
    return {**data, "id": next(one["id"] for one in stand_in.commands if one["name"] == data["name"])}


@pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)
def test_a_question_is_answered_however_it_comes(change: Callable[[Event], Event]) -> None:
    """A slash command with fewer, other or more fields than ours gets its answer."""

    async def check() -> None:
        async with running(engine()) as bot:
            asked = await send(bot.discord, 2, named(bot.discord, ASK), change)
            assert "953" in (await asked.reply(5))["embeds"][0]["description"]

    finished(check())


@pytest.mark.parametrize("change", VARIANTS.values(), ids=VARIANTS)
def test_choices_come_however_they_are_asked_for(change: Callable[[Event], Event]) -> None:
    """Completion works with the option alone, before the required ones are typed, and with an empty text."""

    async def check() -> None:
        async with running(engine()) as bot:
            for typed, more in (("rep", []), ("", [{"name": "question", "type": 3, "value": ""}])):
                source = {"name": "source", "type": 3, "value": typed, "focused": True}
                data = named(bot.discord, {"name": "ask", "type": 1, "options": [source, *more]})
                asked = await send(bot.discord, 4, data, change)
                assert "report.txt" in [choice["value"] for choice in await asked.choices(5)]

    finished(check())


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({}, "Unchanged"),
        ({"content": None, "mentions": None, "pinned": None}, "Unchanged"),
        ({"content": "", "embeds": []}, UNSEEN),
        ({"embeds": [], "components": []}, UNKNOWN),
        (
            {"interaction_metadata": {"id": "1", "type": 2, "user": user(MEMBER_ID, "m"), OWNERS: {}}},
            "Unchanged",
        ),
        ({"not_known_yet": 1, "reactions": [], "thread": None, "position": 3}, "Unchanged"),
    ],
)
def test_a_press_is_answered_however_its_message_comes(shown: Event, said: str, tmp_path: Path) -> None:
    """With fewer or more fields it works; without the quotes it says so, rather than that all of none still stand."""
    shelf = Shelf.of(tmp_path, {"a.txt": "It opens at nine. It closes at six."})
    found = shelf.answer("When?", shelf.quote("a.txt", "nine"))

    async def check(bot: Running) -> None:
        answer = await (await bot.discord.ask("When?")).reply()
        data = {"custom_id": "qabot:1:check", "component_type": 2, "id": 3}
        asked = await send(bot.discord, 3, data, lambda event: {**event, "message": {**answer, **shown}})
        reply = await asked.reply()
        assert is_private(reply)
        assert said in str(reply["embeds"]) + reply["content"]

    async def run() -> None:
        async with running(shelf.engine({"When?": found}), **shelf.options()) as bot:
            await check(bot)

    finished(run())


def ready_of(**more: Any) -> Callable[..., Event]:
    """A READY with only what Discord documents as always there, and ``more``."""
    whole = gateway.ready

    def ready(*arguments: Any) -> Event:
        return {**without(whole(*arguments), "shard"), **more}

    return ready


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"guilds": []},
        {"user": {**user(1_100_000_000_000_000_002, "qabot", bot=True), "email": None}},
        {"_trace": []},
    ],
)
def test_a_ready_with_little_in_it_is_enough(more: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers unavailable at first, or none at all; no shard; keys that nobody documents."""
    monkeypatch.setattr(gateway, "ready", ready_of(**more))

    async def check() -> None:
        async with running(engine()) as bot:
            assert "953" in (await (await bot.discord.ask(QUESTION)).reply())["embeds"][0]["description"]

    finished(check())


def test_questions_come_before_the_server_is_available() -> None:
    """An outage of a server, or a question before its GUILD_CREATE, changes nothing for slash commands and mentions."""

    async def check() -> None:
        async with running(engine(), store=MemoryStore()) as bot:
            await bot.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID), "unavailable": True})
            await until(lambda: not bot.client.guilds or bot.client.guilds[0].unavailable)
            assert "953" in (await (await bot.discord.ask(QUESTION)).reply())["embeds"][0]["description"]
            await bot.discord.say(f"<@1100000000000000002> {QUESTION}", mentions=True)
            assert "953" in (await bot.discord.channels.reply())["embeds"][0]["description"]

    finished(check())


@pytest.mark.parametrize(
    "change",
    [
        lambda event: without(event, "channel_type", "components", "flags"),
        lambda event: {**event, "member": without(event["member"], "joined_at", "flags", "deaf", "mute")},
        lambda event: {**event, "nonce": 5, "position": 1, "message_snapshots": [], "call": None, "poll": None},
        lambda event: {**event, "mentions": [{**event["mentions"][0], "member": event["member"]}]},
        grown,
    ],
)
def test_a_mention_is_answered_however_it_comes(change: Callable[[Event], Event]) -> None:
    """A message with fewer or more fields than ours is answered."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.discord._require_client()
            event = said(f"<@1100000000000000002> {QUESTION}", mentions=True)
            await bot.discord.gateway.dispatch("MESSAGE_CREATE", change(event))
            assert "953" in (await bot.discord.channels.reply())["embeds"][0]["description"]

    finished(check())


def test_an_event_that_cannot_be_read_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged once, and the next question is answered."""

    async def check() -> None:
        async with running(engine()) as bot:
            await bot.discord._require_client()
            for _ in range(2):
                await bot.discord.gateway.dispatch("INTERACTION_CREATE", {"id": "no number"})
                await bot.discord.gateway.dispatch("EVENT_OF_TOMORROW", {"a": None})
            assert "953" in (await (await bot.discord.ask(QUESTION)).reply())["embeds"][0]["description"]

    finished(check())
    (line,) = [record.message for record in caplog.records if "cannot be read" in record.message]
    assert "INTERACTION_CREATE" in line
