"""Quotes in public messages that the documents do not hold any more: the message says so, slowly, and once."""

import logging
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from discord_standin import Asked, Fault, ScriptedEngine, StandIn
from discord_standin.channels import as_json
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import BOT_ID, GUILD_ID, MEMBER_ID, THREAD_ID
from discord_standin.running import Running, finished, running, until
from discord_standin.server import buttons_of
from discord_standin.shelf import Shelf

from qabot.config import DiscordConfig, ServerGrant
from qabot.datatypes import Problem
from qabot.discord_bot import outdated
from qabot.discord_bot.outdated_mark import LOST, OUTDATED
from qabot.discord_bot.store_sqlite import SqliteStore

QUESTION = "How old must members be?"
RULES = "Welcome to the table.\n\nYou must be at least 16 years old to join. Bring a pen.\n\nBe kind to everyone.\n"
CHANGED = RULES.replace("16", "18")
MOVED = f"A new first line.\n\n{RULES}"
OLD_RULES = "The rules of 2022.\n\nMembers must be at least 18 years old.\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not five seconds each."""
    monkeypatch.setattr(outdated, "EDIT_EVERY_S", 0.01)
    monkeypatch.setattr(outdated, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(outdated, "AGAIN_S", 0.05)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two documents that differ."""
    return Shelf.of(tmp_path, {"rules.md": RULES, "archive/rules.md": OLD_RULES})


def engine_of(shelf: Shelf) -> ScriptedEngine:
    """One question with an answer and a different one."""
    found = shelf.answer(
        QUESTION, shelf.quote("rules.md", "16 years old"), others=(shelf.quote("archive/rules.md", "18 years old"),)
    )
    return shelf.engine({QUESTION: found})


class Case:
    """A running bot whose documents can be changed."""

    def __init__(self, bot: Running, shelf: Shelf, scripted: ScriptedEngine) -> None:
        self.bot, self.shelf, self.scripted = bot, shelf, scripted
        self.channels = bot.discord.channels

    async def asked(self) -> dict[str, Any]:
        """A public answer as it is shown, its quotes kept."""
        shown = await (await self.bot.discord.ask(QUESTION)).reply()
        await self.kept(shown)
        return shown

    async def kept(self, shown: dict[str, Any]) -> None:
        """Wait until the store knows the message."""
        store = self.bot.client.store
        assert store is not None
        await until(lambda: store.message(int(shown["id"])) is not None)

    async def becomes(self, **files: str | None) -> None:
        """Files change ("rules" is rules.md), the index follows, and the round that this causes is over."""
        for name, text in files.items():
            path = self.shelf.seeds / f"{name.replace('__', '/')}.md"
            path.unlink() if text is None else self.shelf.write(path.relative_to(self.shelf.seeds).as_posix(), text)
        await self.refreshed()

    async def refreshed(self) -> None:
        """A refresh, and the round after it."""
        self.scripted.refreshes.append(object())
        await self.bot.client.desk.rebuild(lambda *_: None, full=False)
        store, held = self.bot.client.store, self.bot.client.desk.held
        assert store is not None
        await until(lambda: not store.to_look_at(held.sums))

    def shown(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message as members see it now."""
        holders = (self.channels.messages, *(one.messages for one in self.bot.discord.asked.values()))
        return next(holder[message["id"]] for holder in holders if message["id"] in holder)


def checked(shelf: Shelf, work: Callable[[Case], Awaitable[None]], **options: Any) -> None:
    """Run one test with the bot running."""

    async def check() -> None:
        scripted = engine_of(shelf)
        async with running(scripted, **shelf.options(**options)) as bot:
            await work(Case(bot, shelf, scripted))

    finished(check())


def test_changed_words_are_marked_and_the_quote_stays(shelf: Shelf) -> None:
    """A line says what and when, one stands above the quote, the buttons are there and Check tells the same."""

    async def check(case: Case) -> None:
        before = await case.asked()
        await case.becomes(rules=CHANGED)
        after = case.shown(before)
        assert after["content"].startswith(f"{OUTDATED}, noticed <t:")
        assert "words quoted here do not stand in **rules.md** any more." in after["content"]
        (old,), (new,) = before["embeds"], after["embeds"]
        assert new["description"] == old["description"].replace(">>> ", f"{LOST}\n>>> ")
        assert new["fields"] == old["fields"]  # the other answer's quote still stands
        assert new["title"] == old["title"]
        assert buttons_of(after).keys() == buttons_of(before).keys()
        told = await (await case.bot.discord.press(after, "Check")).reply()
        assert "1 of 2 quotes does not stand" in told["embeds"][0]["description"]

    checked(shelf, check)


def test_a_marked_message_is_left_alone_until_the_words_come_back(shelf: Shelf) -> None:
    """Further changes without the words edit nothing; with them the message is as it was."""

    async def check(case: Case) -> None:
        before = await case.asked()
        await case.becomes(rules=CHANGED)
        await case.becomes(rules="Something else.\n")
        await case.becomes(rules=None)
        assert len(case.channels.edits) == 1
        await case.becomes(rules=MOVED)
        assert len(case.channels.edits) == 2
        after = case.shown(before)
        assert (after["content"], after["embeds"]) == (before["content"], before["embeds"])

    checked(shelf, check)


def test_moved_words_and_renamed_files_are_not_outdated(shelf: Shelf) -> None:
    """The same words elsewhere in the file, the file under another name, and other files edit nothing."""

    async def check(case: Case) -> None:
        await case.asked()
        await case.becomes(rules=MOVED)
        await case.becomes(rules=RULES, other="Another document.\n")
        await case.becomes(rules=None, archive__house=RULES)
        assert case.channels.edits == []

    checked(shelf, check)


def test_a_removed_document_is_named(shelf: Shelf) -> None:
    """Each lost quote is marked, and a second loss is told in the same line."""

    async def check(case: Case) -> None:
        before = await case.asked()
        await case.becomes(rules=None)
        assert "**rules.md** is no longer among the documents." in case.shown(before)["content"]
        await case.becomes(archive__rules="Nothing.\n")
        after = case.shown(before)
        assert after["content"].count(OUTDATED) == 1
        assert "do not stand in **archive/rules.md** any more; **rules.md** is no longer" in after["content"]
        assert [LOST in part["value"] for part in after["embeds"][0]["fields"]].count(True) == 1

    checked(shelf, check)


def test_a_document_that_cannot_be_read_now_is_not_called_lost(shelf: Shelf) -> None:
    """Its words may still be there."""

    async def check(case: Case) -> None:
        await case.asked()
        case.scripted.unreadable = (Problem("rules.md", "it cannot be read", "Mend it."),)
        await case.becomes(rules=None)
        assert case.channels.edits == []
        case.scripted.unreadable = ()
        await case.becomes(archive__rules=OLD_RULES)
        assert len(case.channels.edits) == 1

    checked(shelf, check)


def test_nothing_is_told_of_documents_that_the_channel_may_not_see(shelf: Shelf) -> None:
    """A folder that is reserved since then changes without a word, although the message quotes it."""
    config = DiscordConfig(servers={str(GUILD_ID): ServerGrant(collections=("archive",))})

    async def check(case: Case) -> None:
        before = await case.asked()
        case.bot.client.granted._config = config
        await case.becomes(rules=CHANGED)
        assert case.channels.edits == []
        await case.becomes(rules=None, archive__rules="Nothing.\n")
        assert "archive/rules.md" in case.shown(before)["content"]
        assert "**rules.md" not in case.shown(before)["content"]

    checked(shelf, check)


def test_one_edit_in_a_while_in_each_channel(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one channel edits wait for each other; another channel does not wait for it."""
    every_s = 0.4
    monkeypatch.setattr(outdated, "EDIT_EVERY_S", every_s)

    async def check(case: Case) -> None:
        for number in range(2):
            await case.asked()
            who = {"member_id": MEMBER_ID + number}  # one member's second question would be taken for a follow-up
            await case.bot.discord.say(f"<@{BOT_ID}> {QUESTION}", mentions=True, channel_id=THREAD_ID, **who)
            await case.kept(await case.channels.reply(number))
        await case.becomes(rules=CHANGED)
        times = {
            channel: [at for one, at in case.channels.edits if one == channel] for channel, _ in case.channels.edits
        }
        assert sorted(map(len, times.values())) == [2, 2]
        for edits in times.values():
            assert all(later - earlier > 0.9 * every_s for earlier, later in pairwise(edits))
        assert max(map(max, times.values())) - min(map(min, times.values())) < 2 * every_s  # not one after the other

    checked(shelf, check)


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 10003), (400, 50083)])
def test_what_discord_refuses_is_left_to_check(
    shelf: Shelf, status: int, code: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is logged once, not tried again, and a change afterwards is told all the same."""
    refusal = {"message": "no", "code": code}
    monkeypatch.setattr(Fault, "response", lambda _self: as_json(refusal, status=status))

    async def check(case: Case) -> None:
        first, second = await case.asked(), await case.asked()
        case.bot.discord.faults.append(Fault(r"PATCH .*/channels/", status, times=2))
        await case.becomes(rules=CHANGED)
        assert case.channels.edits == []
        await case.becomes(rules=None)
        assert len(case.channels.edits) == 2
        assert all(OUTDATED in case.shown(one)["content"] for one in (first, second))

    with caplog.at_level(logging.WARNING, logger="qabot"):
        checked(shelf, check)
    assert [str(code) in record.message for record in caplog.records] == [True]


def test_a_deleted_message_is_forgotten(shelf: Shelf) -> None:
    """One that was deleted while nobody was there to hear of it."""

    async def check(case: Case) -> None:
        shown = await case.asked()
        for one in case.bot.discord.asked.values():
            one.messages.clear()
        await case.becomes(rules=CHANGED)
        assert case.bot.client.store is not None
        assert case.bot.client.store.message(int(shown["id"])) is None

    checked(shelf, check)


def test_a_failure_that_passes_is_tried_again(shelf: Shelf) -> None:
    """Discord's own failures, here more of them than discord.py's patience, leave the message due."""

    async def check(case: Case) -> None:
        shown = await case.asked()
        case.bot.discord.faults.append(Fault(r"PATCH .*/channels/", 501))
        await case.becomes(rules=CHANGED)
        assert OUTDATED in case.shown(shown)["content"]

    checked(shelf, check)


def test_a_restart_goes_on_where_it_was_stopped(shelf: Shelf, tmp_path: Path) -> None:
    """What changed while the bot was off is found from the store; what was told before is not told again."""
    told: list[tuple[int, bool]] = []

    async def check() -> None:
        discord = StandIn()
        asked: dict[str, Asked] = {}
        answers: list[dict[str, Any]] = []
        for text in (RULES, CHANGED, CHANGED):
            first = not answers
            scripted = engine_of(shelf) if first else shelf.engine({})
            shelf.write("rules.md", text)
            discord.asked = asked
            with closing(SqliteStore.open(tmp_path / "qabot.sqlite", logging=False, log_days=30)) as store:
                async with running(scripted, discord, **shelf.options(store=store)) as bot:
                    case = Case(bot, shelf, scripted)
                    answers = [await case.asked(), await case.asked()] if first else answers
                    await case.refreshed()
                    marked = [OUTDATED in case.shown(one)["content"] for one in answers]
                    told.append((len(case.channels.edits), all(marked)))

    finished(check())
    assert told == [(0, False), (2, True), (0, True)]


def test_all_this_works_off_the_event_loop(shelf: Shelf) -> None:
    """Neither the store nor the documents are touched by the loop's own thread."""
    store = MemoryStore()

    async def check() -> None:
        scripted = engine_of(shelf)
        async with running(scripted, **shelf.options(store=store)) as bot:
            shown = await (await bot.discord.ask(QUESTION)).reply()
            await until(lambda: int(shown["id"]) in store.messages)
            store.threads.clear()
            shelf.write("rules.md", CHANGED)
            scripted.refreshes.append(object())
            await bot.client.desk.rebuild(lambda *_: None, full=False)
            await until(lambda: bool(store.messages[int(shown["id"])].marked))
            assert store.threads
            assert threading.get_ident() not in store.threads | scripted.threads

    finished(check())
