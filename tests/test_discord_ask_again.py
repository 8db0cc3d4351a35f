"""A refused question is asked again after changes for who wished it, and answered once, where that is allowed."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from discord_standin import ScriptedEngine
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import CHANNEL_ID, DIRECT_ID, GUILD_ID, MEMBER_ID
from discord_standin.running import Running, finished, running, until
from discord_standin.scripted import no_answer
from discord_standin.server import buttons_of
from discord_standin.shelf import Shelf

from qabot.config import DiscordConfig, ServerGrant
from qabot.discord_bot import ask_again, views, wishes
from qabot.discord_bot.kept import ServerSettings

QUESTION = "When does the sauna open on public holidays?"
TELL = views.button("tell").label or ""
SAUNA = "The sauna opens at noon on public holidays.\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting."""
    monkeypatch.setattr(ask_again, "QUIET_S", 0.01)
    monkeypatch.setattr(ask_again, "AGAIN_S", 0.05)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A document that does not say it."""
    return Shelf.of(tmp_path, {"pool.md": "The pool opens at nine.\n"})


class Case:
    """A running bot whose documents will say it once ``says_it`` is called."""

    def __init__(self, bot: Running, shelf: Shelf, scripted: ScriptedEngine, store: MemoryStore) -> None:
        self.bot, self.shelf, self.scripted, self.store = bot, shelf, scripted, store
        self.channels = bot.discord.channels

    async def refused(self, *, private: bool = False, source: str | None = None) -> dict[str, Any]:
        """A refusal as it is shown, once its question is kept."""
        options = [{"name": "question", "type": 3, "value": QUESTION}]
        options += [{"name": "private", "type": 5, "value": True}] if private else []
        options += [{"name": "source", "type": 3, "value": source}] if source else []
        shown = await (await self.bot.discord.use("ask", options)).reply()
        await until(lambda: self.store.asked_under(int(shown["id"])) is not None)
        return shown

    async def wished(self, shown: dict[str, Any], *, member_id: int = MEMBER_ID) -> str:
        """What the bot says to who presses the button."""
        return (await (await self.bot.discord.press(shown, TELL, member_id=member_id)).reply())["content"]

    async def changes(self) -> None:
        """Documents change, and all that wait have been asked again."""
        self.shelf.write(f"new{len(self.scripted.asked)}.md", "More.\n")
        self.scripted.refreshes.append(object())
        await self.bot.client.desk.rebuild(lambda *_: None, full=False)
        await until(lambda: not self.store.waiting(self.bot.client.desk.held.state, limit=1))

    async def says_it(self) -> None:
        """The documents change and say it now."""
        self.shelf.write("sauna.md", SAUNA)
        self.scripted.table = {QUESTION: self.shelf.answer(QUESTION, self.shelf.quote("sauna.md", "at noon"))}
        await self.changes()


def checked(shelf: Shelf, work: Callable[[Case], Awaitable[None]], *, logging: bool = True, **config: Any) -> None:
    """Run one test with the bot running."""

    async def check() -> None:
        store = MemoryStore(logging=logging)
        scripted = shelf.engine({})
        options = shelf.options(store=store, config=DiscordConfig(logging=logging, **config))
        async with running(scripted, **options) as bot:
            await work(Case(bot, shelf, scripted, store))

    finished(check())


def test_an_answer_is_told_once_in_the_channel(shelf: Shelf) -> None:
    """A change without it says nothing; then one reply to the refusal, with buttons that work, and no second one."""

    async def check(case: Case) -> None:
        shown = await case.refused()
        assert "tell you here" in await case.wished(shown)
        await case.changes()
        assert not case.channels.messages
        await case.says_it()
        told = await case.channels.reply()
        await case.changes()
        assert len(case.channels.messages) == 1
        assert told["content"] == ask_again.HERE.format(member=MEMBER_ID)
        assert "**at noon**" in told["embeds"][0]["description"]
        assert (told["channel_id"], told["message_reference"]["message_id"]) == (str(CHANNEL_ID), shown["id"])
        await until(lambda: int(told["id"]) in case.store.messages)
        reply = await (await case.bot.discord.press(told, "Check")).reply()
        assert reply["embeds"][0]["title"] == "Checked just now"

    checked(shelf, check)


def test_each_member_who_wished_it_is_told(shelf: Shelf) -> None:
    """Also one who did not ask; the same member twice is one wish."""

    async def check(case: Case) -> None:
        shown = await case.refused()
        for member_id in (MEMBER_ID, MEMBER_ID, MEMBER_ID + 1):
            await case.wished(shown, member_id=member_id)
        await case.says_it()
        await case.channels.reply(1)
        told = {one["content"] for one in case.channels.messages.values()}
        assert told == {ask_again.HERE.format(member=MEMBER_ID + more) for more in (0, 1)}

    checked(shelf, check)


def test_a_private_question_is_answered_in_a_direct_message(shelf: Shelf) -> None:
    """From what the member may see, without buttons, naming the server."""

    async def check(case: Case) -> None:
        assert "in a direct message" in await case.wished(await case.refused(private=True))
        await case.says_it()
        told = await case.channels.reply()
        assert told["channel_id"] == str(DIRECT_ID)
        assert told["content"] == ask_again.DIRECTLY.format(server="a server")
        assert told["components"] == []

    checked(shelf, check)


@pytest.mark.parametrize("why", ["closed", "elsewhere"])
def test_where_the_channel_is_not_possible_any_more_a_direct_message_goes_out(shelf: Shelf, why: str) -> None:
    """Discord refuses the channel, or the server's managers sent the bot to another one since."""

    async def check(case: Case) -> None:
        await case.wished(await case.refused())
        if why == "closed":
            case.channels.closed[str(CHANNEL_ID)] = 50001
        else:
            case.bot.client.granted.remember(GUILD_ID, ServerSettings(channels=frozenset({5})))
        await case.says_it()
        assert (await case.channels.reply())["channel_id"] == str(DIRECT_ID)

    checked(shelf, check)


@pytest.mark.parametrize("why", ["left", "closed", "no direct messages"])
def test_where_nothing_is_possible_the_wish_is_dropped(shelf: Shelf, why: str) -> None:
    """The member left the server, refuses direct messages, or the operator switched these off."""

    async def check(case: Case) -> None:
        await case.wished(await case.refused())
        case.channels.closed = {str(CHANNEL_ID): 50001, str(DIRECT_ID): 50007}
        if why == "left":
            case.channels.closed, case.channels.left = {}, {str(MEMBER_ID)}
        await case.says_it()
        assert not case.channels.messages
        assert not case.store.wishes

    checked(shelf, check, direct_messages=why != "no direct messages")


def test_permissions_are_those_of_now(shelf: Shelf) -> None:
    """The grant was narrowed since: the question is asked of what the channel may see now."""

    async def check(case: Case) -> None:
        await case.wished(await case.refused())
        case.bot.client.granted._config = DiscordConfig(servers={str(GUILD_ID): ServerGrant(collections=("faq",))})
        await case.changes()
        assert case.scripted.asked[0][1].collections == frozenset()
        assert case.scripted.asked[-1][1].collections == frozenset({"faq"})
        assert case.scripted.asked[-1][1].sealed

    checked(shelf, check)


def test_the_one_document_that_was_asked_is_asked_again(shelf: Shelf) -> None:
    """With `source`; while it is gone the wish stays."""

    async def check(case: Case) -> None:
        await case.wished(await case.refused(source="pool.md"))
        (case.shelf.seeds / "pool.md").unlink()
        await case.says_it()
        assert not case.channels.messages
        case.shelf.write("pool.md", SAUNA)
        await case.changes()
        assert case.scripted.asked[-1][1].sources == frozenset({"pool.md"})
        await case.channels.reply()

    checked(shelf, check)


def test_a_question_in_a_direct_message_is_answered_there(shelf: Shelf) -> None:
    """The refusal of a message has the button too."""

    async def check(case: Case) -> None:
        await case.bot.discord.say(QUESTION, direct=True)
        shown = await case.channels.reply()
        assert TELL in buttons_of(shown)

    checked(shelf, check)


def test_forgotten_wishes_are_not_answered(shelf: Shelf) -> None:
    """/forget ends them."""

    async def check(case: Case) -> None:
        await case.wished(await case.refused())
        await (await case.bot.discord.use("forget")).reply()
        await case.says_it()
        assert not case.channels.messages

    checked(shelf, check)


def test_a_stop_in_between_loses_nothing(shelf: Shelf) -> None:
    """What waited and became answerable while the bot was off is told after the start."""

    async def check() -> None:
        store = MemoryStore(logging=True)
        options = shelf.options(store=store, config=DiscordConfig(logging=True))
        scripted = shelf.engine({})
        async with running(scripted, **options) as bot:
            case = Case(bot, shelf, scripted, store)
            await case.wished(await case.refused())
        shelf.write("sauna.md", SAUNA)
        saying = shelf.engine({QUESTION: shelf.answer(QUESTION, shelf.quote("sauna.md", "at noon"))})
        async with running(saying, **options) as bot:
            await bot.discord.channels.reply()
            assert not store.wishes
            assert threading.get_ident() not in store.threads | saying.threads

    finished(check())


def test_it_waits_while_members_ask(shelf: Shelf) -> None:
    """As long as a question is being answered no old one is asked again."""
    release = threading.Event()

    async def check(case: Case) -> None:
        await case.wished(await case.refused())
        await case.bot.client.wait_until_ready()
        case.scripted.table = {"slow?": lambda: (release.wait(20), no_answer("slow?"))[1]}
        asked = await case.bot.discord.ask("slow?", member_id=MEMBER_ID + 1)
        await until(lambda: case.scripted.asked[-1][0] == "slow?")
        case.shelf.write("more.md", "More.\n")
        case.scripted.refreshes.append(object())
        await case.bot.client.desk.rebuild(lambda *_: None, full=False)
        await asyncio.sleep(0.3)
        assert case.bot.client.limits.waiting == 1  # the slow one
        release.set()
        await asked.reply()
        await until(lambda: case.scripted.asked[-1][0] == QUESTION)

    checked(shelf, check)


def test_without_logging_there_is_no_button(shelf: Shelf) -> None:
    """Nor does one of an earlier time keep anything."""

    async def check(case: Case) -> None:
        shown = await (await case.bot.discord.ask(QUESTION)).reply()
        assert not shown["components"]
        buttons = [{"type": 2, "style": 2, "label": TELL, "custom_id": views.custom_id("tell"), "id": 2}]
        shown["components"] = [{"type": 1, "id": 1, "components": buttons}]
        told = await (await case.bot.discord.press(shown, "", custom_id=views.custom_id("tell"))).reply()
        assert told["content"] == wishes.NOT_KEPT
        assert not case.store.wishes

    checked(shelf, check, logging=False)


@pytest.mark.parametrize(
    ("reason", "private", "direct", "there"),
    [
        ("below_threshold", False, True, True), ("empty_corpus", False, False, True), ("greeting", False, True, False),
        ("too_long", False, True, False), ("no_candidates", True, True, True), ("no_candidates", True, False, False),
    ],
)  # fmt: skip
def test_the_button_is_there_where_it_can_help(
    shelf: Shelf, *, reason: str, private: bool, direct: bool, there: bool
) -> None:
    """Under refusals that other documents could change; under private ones if direct messages are allowed."""

    async def check(case: Case) -> None:
        case.scripted.table = {QUESTION: no_answer(QUESTION, reason)}
        shown = await case.refused(private=private)
        assert (TELL in buttons_of(shown)) == there

    checked(shelf, check, direct_messages=direct)
