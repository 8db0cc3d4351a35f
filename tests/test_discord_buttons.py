"""Buttons under answers, pressed through the real client: private replies from the files as they are now."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord_standin import Fault, StandIn
from discord_standin.interactions import ACKNOWLEDGE_WITHIN_S
from discord_standin.memory_store import MemoryStore
from discord_standin.payloads import GUILD_ID, LOADING, MEMBER_ID
from discord_standin.running import Running, finished, running, until
from discord_standin.server import buttons_of, is_private
from discord_standin.shelf import Shelf

from qabot.config import DiscordConfig
from qabot.datatypes import Filters
from qabot.discord_bot import buttons, presses
from qabot.discord_bot.escape import unescape
from qabot.discord_bot.kept import ServerSettings
from qabot.discord_bot.replies import STOPPING
from qabot.discord_bot.seams import OpenRules, Sight

QUESTION = "How old must members be?"
RULES = "Welcome to the table.\n\nYou must be at least 16 years old to join. Bring a pen.\n\nBe kind to everyone.\n"
OLD_RULES = "The rules of 2022.\n\nMembers must be at least 18 years old.\n"
OTHER_MEMBER = MEMBER_ID + 5_000


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Two documents that differ."""
    return Shelf.of(tmp_path, {"rules.md": RULES, "archive/rules.md": OLD_RULES})


def engine_of(shelf: Shelf) -> Any:
    """One question with an answer and a different one."""
    found = shelf.answer(
        QUESTION, shelf.quote("rules.md", "16 years old"), others=(shelf.quote("archive/rules.md", "18 years old"),)
    )
    return shelf.engine({QUESTION: found})


async def asked(bot: Running, *, private: bool = False) -> dict[str, Any]:
    """The answer as it is shown, its quotes kept."""
    options = [{"name": "question", "type": 3, "value": QUESTION}]
    options += [{"name": "private", "type": 5, "value": True}] if private else []
    shown = await (await bot.discord.use("ask", options)).reply()
    await until(lambda: int(shown["id"]) in bot.client.store.messages or private)
    return shown


def checked(shelf: Shelf, work: Callable[[Running], Awaitable[None]], **options: Any) -> None:
    """Run one test with the bot running."""

    async def check() -> None:
        async with running(engine_of(shelf), **shelf.options(**options)) as bot:
            await work(bot)

    finished(check())


async def replied(bot: Running, message: dict[str, Any], label: str, **more: Any) -> dict[str, Any]:
    """The private reply to a press."""
    pressed = await bot.discord.press(message, label, **more)
    shown = await pressed.reply()
    assert is_private(shown)
    assert not shown["flags"] & LOADING
    assert pressed.calls[0] == "callback"
    return shown


def test_a_public_answer_has_the_buttons_that_make_sense(shelf: Shelf) -> None:
    """Context, other answers and check; nothing to share, and no thumbs while nothing is logged."""

    async def check(bot: Running) -> None:
        assert list(buttons_of(await asked(bot))) == ["Context", "Other answers", "Check"]
        assert buttons_of(await asked(bot, private=True)).keys() == {"Context", "Other answers", "Check", "Share"}
        plain = await (await bot.discord.ask("What is not there?")).reply()
        assert plain["components"] == []

    checked(shelf, check)


def test_context_shows_the_lines_around_with_the_quote_in_bold(shelf: Shelf) -> None:
    """The reply is private, has what stands before and after, and the quote alone is bold."""

    async def check(bot: Running) -> None:
        (embed,) = (await replied(bot, await asked(bot), "Context", member_id=OTHER_MEMBER))["embeds"]
        assert "**You must be at least 16 years old to join.**" in embed["description"]
        assert unescape(embed["description"].removeprefix(">>> ").replace("**", "")) == RULES
        assert embed["fields"][0]["value"].startswith("rules.md · line 3")

    checked(shelf, check)


def test_context_attaches_the_original_where_characters_are_replaced(shelf: Shelf) -> None:
    """A zero-width space is shown by its code, and the attached file has the lines as they are."""
    shelf.write("rules.md", RULES.replace("Be kind", "Be\u200b kind"))

    async def check(bot: Running) -> None:
        shown = await replied(bot, await asked(bot), "Context")
        assert "⟨U+200B⟩" in shown["embeds"][0]["description"]
        (attached,) = shown["attachments"]
        assert attached["raw"] == RULES.replace("Be kind", "Be\u200b kind")

    checked(shelf, check)


def test_other_answers_are_shown_privately_with_their_places(shelf: Shelf) -> None:
    """The different answer comes with confidence, source and its sentence."""

    async def check(bot: Running) -> None:
        (embed,) = (await replied(bot, await asked(bot), "Other answers"))["embeds"]
        (field,) = embed["fields"]
        assert field["name"] == "18 years old"
        assert "archive/rules.md" in field["value"]
        assert "Members must be at least **18 years old**" in field["value"]

    checked(shelf, check)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        (RULES, "Unchanged"),
        ("A new first line.\n\n" + RULES, "Moved"),
        (RULES.replace("16", "14"), "Changed"),
        (None, "Deleted"),
    ],
)
def test_check_rereads_the_file(shelf: Shelf, text: str | None, state: str) -> None:
    """Unchanged, moved, changed and deleted are told apart, though the store keeps no words."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        if text is None:
            (shelf.seeds / "rules.md").unlink()
        else:
            shelf.write("rules.md", text)
        (embed,) = (await replied(bot, message, "Check"))["embeds"]
        states = [field["name"].split(":")[0] for field in embed["fields"]]
        assert states == [state, "Unchanged"]
        assert ("stand in the documents" in embed["description"]) == (state in {"Unchanged", "Moved"})
        if state == "Moved":
            assert "line 5" in embed["fields"][0]["name"]
        if state == "Changed":
            assert "14 years old" in embed["fields"][0]["value"]

    checked(shelf, check)


@pytest.mark.parametrize("text", [RULES.replace("16", "14"), None])
def test_words_that_stand_nowhere_any_more_are_not_shown(shelf: Shelf, text: str | None) -> None:
    """Neither context nor other answers repeat what the document does not say now."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        for name in ("rules.md", "archive/rules.md"):
            if text is None:
                (shelf.seeds / name).unlink()
            else:
                shelf.write(name, text)
        for label in ("Context", "Other answers"):
            shown = str(await replied(bot, message, label))
            assert "16 years" not in shown
            assert "18 years" not in shown
            assert "again" in shown

    checked(shelf, check)


def test_what_moved_is_shown_where_it_stands_now(shelf: Shelf) -> None:
    """Context finds words whose document changed elsewhere, and says that they moved."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        shelf.write("rules.md", "New.\n\n" + RULES)
        (embed,) = (await replied(bot, message, "Context"))["embeds"]
        assert "**You must be at least 16 years old to join.**" in embed["description"]
        assert [field["name"] for field in embed["fields"]] == ["Source", "Moved"]
        assert "line 5" in embed["fields"][0]["value"]

    checked(shelf, check)


def test_public_buttons_work_after_a_restart(shelf: Shelf) -> None:
    """A new process that knows only the store answers presses on messages of the old one."""

    async def check() -> None:
        store = MemoryStore()
        async with running(engine_of(shelf), **shelf.options(store=store)) as bot:
            message = await asked(bot)
        async with running(engine_of(shelf), **shelf.options(store=store)) as bot:
            shown = await replied(bot, message, "Context", member_id=OTHER_MEMBER)
        assert "**You must be at least 16" in shown["embeds"][0]["description"]

    finished(check())


def test_the_store_and_the_files_are_used_off_the_loop(shelf: Shelf) -> None:
    """Neither the store nor the engine is ever called in the event loop's thread."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        for label in ("Context", "Other answers", "Check"):
            await replied(bot, message, label)
        assert bot.client.store.threads
        assert threading.get_ident() not in bot.client.store.threads

    checked(shelf, check)


def test_a_message_that_nobody_knows_is_answered_privately(shelf: Shelf) -> None:
    """When the store has forgotten the message, the member is told what to do."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        bot.client.store.messages.clear()
        assert (await replied(bot, message, "Check"))["content"] == presses.UNKNOWN

    checked(shelf, check)


def test_private_buttons_end_visibly_before_the_token(shelf: Shelf) -> None:
    """After their time the buttons are grey, and a press that was on its way is answered."""

    async def check() -> None:
        async with running(engine_of(shelf), **shelf.options(private_ends_s=0.3)) as bot:
            message = await asked(bot, private=True)
            question = next(one for one in bot.discord.asked.values() if message["id"] in one.messages)
            await until(
                lambda: all(one.get("disabled") for one in buttons_of(question.messages[message["id"]]).values())
            )
            late = await bot.discord.press(message, "Check")
            assert (await late.reply())["content"] == presses.ENDED

    finished(check())


def test_private_buttons_are_over_after_a_restart(shelf: Shelf) -> None:
    """What was in memory is gone, and the member is told so."""

    async def check() -> None:
        async with running(engine_of(shelf), **shelf.options()) as bot:
            message = await asked(bot, private=True)
        async with running(engine_of(shelf), **shelf.options()) as bot:
            assert (await replied(bot, message, "Share"))["content"] == presses.ENDED

    finished(check())


def test_a_private_answer_can_be_shared_once_by_its_asker(shelf: Shelf) -> None:
    """Share posts the answer with buttons for all; a stranger and a second press are refused privately."""

    async def check(bot: Running) -> None:
        message = await asked(bot, private=True)
        foreign = await replied(bot, message, "Share", member_id=OTHER_MEMBER)
        assert foreign["content"] == presses.FOREIGN
        pressed = await bot.discord.press(message, "Share")
        await until(lambda: presses.SHARED in [one["content"] for one in pressed.messages.values()])
        told, public = pressed.messages.values()
        assert is_private(told)
        assert told["content"] == presses.SHARED
        assert not is_private(public)
        assert public["content"] == "Shared by member"
        assert public["embeds"][0]["description"] == message["embeds"][0]["description"]
        assert list(buttons_of(public)) == ["Context", "Other answers", "Check"]
        assert int(public["id"]) in bot.client.store.messages
        assert (await replied(bot, message, "Share"))["content"] == presses.SHARED_BEFORE

    checked(shelf, check)


def test_two_presses_at_once_share_an_answer_once(shelf: Shelf) -> None:
    """Both read the documents again at the same time; one posts the answer, the other is told that it is shared."""

    async def check(bot: Running) -> None:
        message = await asked(bot, private=True)
        pressed = [await bot.discord.press(message, "Share") for _ in range(2)]

        def told() -> set[str]:
            return {shown["content"] for one in pressed for shown in one.messages.values() if is_private(shown)}

        await until(lambda: told() == {presses.SHARED, presses.SHARED_BEFORE})
        assert sum(not is_private(shown) for one in pressed for shown in one.messages.values()) == 1

    checked(shelf, check)


def test_what_not_everyone_may_see_is_not_shared(shelf: Shelf) -> None:
    """Share asks again for the channel, for all sources of the answer, and refuses privately."""

    class Narrow(OpenRules):
        async def may_share(self, interaction: Any, sources: frozenset[str]) -> str | None:
            del interaction
            assert sources == {"rules.md", "archive/rules.md"}
            return "Not everyone here may see this document."

    async def check(bot: Running) -> None:
        message = await asked(bot, private=True)
        shown = await replied(bot, message, "Share")
        assert shown["content"] == "Not everyone here may see this document."

    checked(shelf, check, rules=Narrow())


def test_where_questions_are_not_answered_any_more_nothing_is_shared(shelf: Shelf) -> None:
    """A channel that was taken off the list since the answer gets no shared one, and the asker learns why."""

    async def check(bot: Running) -> None:
        message = await asked(bot, private=True)
        bot.client.granted.remember(GUILD_ID, ServerSettings(channels=frozenset({7})))
        assert "<#7>" in (await replied(bot, message, "Share"))["content"]

    checked(shelf, check, config=DiscordConfig(public=("*",)))


class MoreThanAll(OpenRules):
    """The asker sees everything, the channel no folder "staff"."""

    public = Filters(excluded=frozenset({"staff"}), sealed=True)

    def sight(self, interaction: Any) -> Sight:
        """Wider than the channel's."""
        del interaction
        return Sight(public=self.public)


def test_an_answer_from_one_document_is_shared_as_from_that_one(shelf: Shelf) -> None:
    """What is computed for all is computed from the document that the asker chose."""
    scripted = engine_of(shelf)

    async def check() -> None:
        async with running(scripted, **shelf.options(rules=MoreThanAll())) as bot:
            named = {"question": QUESTION, "source": "archive/rules.md"}
            options = [{"name": name, "type": 3, "value": value} for name, value in named.items()]
            options.append({"name": "private", "type": 5, "value": True})
            message = await (await bot.discord.use("ask", options)).reply()
            pressed = await bot.discord.press(message, "Share")
            await until(lambda: len(pressed.messages) == 2)
        only = frozenset({"archive/rules.md"})
        assert [filters.sources for _, filters in scripted.asked] == [only, only]

    finished(check())


@pytest.mark.parametrize("same", [True, False])
def test_what_is_shared_is_computed_from_what_all_may_see(shelf: Shelf, same: bool) -> None:
    """Who sees more than the channel shares the channel's answer, with its percentage; one that differs is refused."""
    seen = shelf.answer(QUESTION, shelf.quote("rules.md", "16 years old"))
    for_all = replace(seen, confidence=0.71) if same else shelf.answer(QUESTION, shelf.quote("rules.md", "a pen"))
    found = iter((seen, for_all))
    scripted = shelf.engine({QUESTION: lambda: next(found)})

    async def check() -> None:
        async with running(scripted, **shelf.options(rules=MoreThanAll())) as bot:
            pressed = await bot.discord.press(await asked(bot, private=True), "Share")
            if same:
                await until(lambda: len(pressed.messages) == 2)
                assert "71%" in str(list(pressed.messages.values())[1]["embeds"])
            else:
                assert (await pressed.reply())["content"] == presses.NOT_THE_SAME
        assert [filters for _, filters in scripted.asked] == [Filters(), MoreThanAll.public]

    finished(check())


def test_an_answer_whose_document_changed_is_not_shared(shelf: Shelf) -> None:
    """What the document does not say any more is not made public."""

    async def check(bot: Running) -> None:
        message = await asked(bot, private=True)
        shelf.write("rules.md", RULES.replace("16", "14"))
        assert (await replied(bot, message, "Share"))["content"] == presses.CHANGED

    checked(shelf, check)


def test_who_may_not_see_a_document_learns_nothing_of_it(shelf: Shelf) -> None:
    """A hidden document looks deleted, and is not named as the new home of words that moved to it."""

    class OnlyArchive(OpenRules):
        async def seen_by(self, interaction: Any) -> Filters:
            del interaction
            return Filters(collections=frozenset({"archive"}))

    async def check(bot: Running) -> None:
        message = await asked(bot)
        shelf.write("hidden/copy.md", RULES)
        context = str(await replied(bot, message, "Context"))
        assert "16 years" not in context
        (embed,) = (await replied(bot, message, "Check"))["embeds"]
        assert [field["name"].split(":")[0] for field in embed["fields"]] == ["Deleted", "Unchanged"]
        assert "hidden" not in str(embed)

    checked(shelf, check, rules=OnlyArchive())


def test_thumbs_are_there_with_logging_on_and_kept(shelf: Shelf) -> None:
    """Both thumbs stand under a public answer, and the latest press counts."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        for thumb in ("\N{THUMBS UP SIGN}", "\N{THUMBS DOWN SIGN}"):
            assert (await replied(bot, message, thumb))["content"] == presses.NOTED
        assert bot.client.store.verdicts == {(int(message["id"]), MEMBER_ID): "down"}

    checked(shelf, check, store=MemoryStore(logging=True), feedback=True)


@pytest.mark.parametrize("custom_id", ["qabot:9:context", "qabot:", "qabot:1:\n"])
def test_a_button_of_another_version_is_answered(shelf: Shelf, custom_id: str) -> None:
    """Ids of ours that mean nothing here get a private reply with what to do."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        message["components"][0]["components"][0]["custom_id"] = custom_id
        shown = await replied(bot, message, "", custom_id=custom_id)
        assert shown["content"] == presses.OTHER_VERSION

    checked(shelf, check)


def test_a_press_that_nothing_takes_is_answered(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that is not ours, or that its message does not have, ends in words too."""
    monkeypatch.setattr(buttons, "_NOBODY_AFTER_S", 0.1)

    async def check(bot: Running) -> None:
        message = await asked(bot)
        for custom_id in ("somebody-else", "qabot:1:up"):
            assert (await replied(bot, message, "", custom_id=custom_id))["content"] == presses.UNKNOWN

    checked(shelf, check)


def test_an_error_behind_a_button_gets_a_reference(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """When the files cannot be read, the member gets a number and the log the cause under it."""

    class Broken:
        def reread(self, seen: Any, visible: Any) -> Any:
            del seen, visible
            raise ZeroDivisionError("secret /srv/x")

    async def check(bot: Running) -> None:
        shown = await replied(bot, await asked(bot), "Check")
        assert "/srv/x" not in shown["content"]
        reference = shown["content"].split("**")[1]
        logged = [record.getMessage() for record in caplog.records if reference in record.getMessage()]
        assert len(logged) == 1
        assert "ZeroDivisionError" in logged[0]

    checked(shelf, check, files=Broken())


def test_a_share_that_discord_refuses_is_told_and_can_be_tried_again(shelf: Shelf) -> None:
    """When the public message is refused, the asker is told, and the next press works."""

    async def check() -> None:
        discord = StandIn()
        async with running(engine_of(shelf), discord, **shelf.options()) as bot:
            message = await asked(bot, private=True)
            discord.faults.append(Fault(r"POST /api/v10/webhooks/\d+/[^/]+$", 403))
            first = await bot.discord.press(message, "Share")
            await until(lambda: "Something went wrong" in str(first.messages))
            second = await bot.discord.press(message, "Share")
            await until(lambda: len(second.messages) == 2)

    finished(check())


def test_presses_while_stopping_are_told_to_come_back(shelf: Shelf) -> None:
    """After finish() a press gets a private reply."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        await bot.client.finish()
        assert "restarted" in (await replied(bot, message, "Check"))["content"]

    checked(shelf, check)


def test_a_press_that_takes_too_long_at_the_end_is_told_so_once(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """Who pressed just before the bot stops gets one reply, and nothing is logged of it."""
    gate = threading.Event()

    class Slow:
        def reread(self, seen: Any, visible: Any) -> Any:
            del seen, visible
            gate.wait(20)
            return []

    async def check() -> None:
        async with running(engine_of(shelf), finish_within_s=0.2, **shelf.options(files=Slow())) as bot:
            pressed = await bot.discord.press(await asked(bot), "Check")
            await until(lambda: pressed.callback is not None)
            await bot.client.finish()
            gate.set()
            assert [shown["content"] for shown in pressed.messages.values()] == [STOPPING]
            assert pressed.calls == ["callback", "delete", "follow-up"]

    finished(check())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_many_presses_at_once_are_all_answered(shelf: Shelf) -> None:
    """Thirty presses in the same moment are each acknowledged in time and answered."""

    async def check(bot: Running) -> None:
        message = await asked(bot)
        pressed = [await bot.discord.press(message, "Check") for _ in range(30)]
        shown = await asyncio.gather(*(one.reply(20) for one in pressed))
        assert all(one["embeds"] for one in shown)
        assert max(one.acknowledged_after_s or 9.0 for one in pressed) < ACKNOWLEDGE_WITHIN_S

    checked(shelf, check, config=DiscordConfig(cooldown_s=0.0))
