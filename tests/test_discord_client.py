"""The real discord.py client, commands and all, against the stand-in."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Coroutine
from typing import Any

import pytest
from discord_standin import Fault, ScriptedEngine, StandIn
from discord_standin.payloads import EPHEMERAL
from discord_standin.running import running
from discord_standin.scripted import ListedDocument, answer, no_answer, quote

from qabot.discord_bot import commands
from qabot.discord_bot.escape import unescape
from qabot.errors import IndexDamaged, UsageError

SENTENCE = "More than 953 civilians have been killed, the U.N. says."
QUESTION = "How many civilians have been killed?"


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Run one test's coroutine, with a limit: a test must not wait for a reply that never comes."""
    asyncio.run(asyncio.wait_for(work, 40))


def engine(**more: Any) -> ScriptedEngine:
    """One question with an answer, nothing else."""
    return ScriptedEngine({QUESTION: answer(QUESTION, quote(SENTENCE, "More than 953"))}, **more)


def test_an_answer_is_deferred_publicly_and_then_edited_in() -> None:
    """/ask shows "thinking" at once and one edit later the short answer, the quote, source, lines, date, confidence."""

    async def check() -> None:
        async with running(engine()) as bot:
            asked = await bot.discord.ask(QUESTION)
            shown = await asked.reply()
        assert asked.calls == ["callback", "edit"]
        assert asked.callback == {"type": 5}
        (embed,) = shown["embeds"]
        assert embed["title"] == QUESTION
        headline, quoted = embed["description"].split("\n", 1)
        assert headline == "**More than 953**"
        assert quoted.startswith(">>> **More than 953** civilians")
        assert unescape(quoted.removeprefix(">>> ").replace("**", "")) == SENTENCE
        fields = {field["name"]: field["value"] for field in embed["fields"]}
        assert fields == {
            "Source": "report.txt · lines 3\N{EN DASH}4 · 2022-03-23",
            "Confidence": "very likely right (93 %)",
        }
        assert not shown["flags"] & EPHEMERAL

    finished(check())


def test_no_answer_says_why() -> None:
    """A question that the documents do not answer gets the reason, the missing words and what is near but no answer."""
    refusal = no_answer("Who won?", missing_terms=("won",), nearest=(quote("Nobody knows.", None),))

    async def check() -> None:
        async with running(ScriptedEngine({"Who won?": refusal})) as bot:
            shown = await (await bot.discord.ask("Who won?")).reply()
        (embed,) = shown["embeds"]
        assert embed["description"].startswith("**The documents do not answer this.**")
        assert [(field["name"].split(":")[0], field["value"]) for field in embed["fields"]] == [
            ("In none of the documents", "won"),
            ("Nearest passage, not an answer", ">>> Nobody knows."),
        ]

    finished(check())


def test_a_slow_answer_is_acknowledged_long_before_it_is_ready_and_never_blocks_the_loop() -> None:
    """While the engine takes its time in a thread, the loop goes on and the defer is long out."""
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(10)
        time.sleep(0.2)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        slow_engine = ScriptedEngine({QUESTION: slow})
        async with running(slow_engine) as bot:
            asked = await bot.discord.ask(QUESTION)
            await until(lambda: asked.acknowledged_after_s is not None)
            assert not asked.settled.is_set()
            assert (asked.acknowledged_after_s or 9.0) < 1.0
            gate.set()
            longest = await longest_pause(0.3)
            await asked.reply()
        assert longest < 0.15
        assert slow_engine.threads
        assert threading.get_ident() not in slow_engine.threads

    finished(check())


async def longest_pause(duration_s: float) -> float:
    """The longest time in seconds that the loop did not come round."""
    longest, started = 0.0, time.monotonic()
    while time.monotonic() - started < duration_s:
        before = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - before)
    return longest


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


def test_one_source_can_be_chosen() -> None:
    """The option source restricts the search, and is named when nothing was found there."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted) as bot:
            shown = await (await bot.discord.ask("something else", "notes/b.md")).reply()
        assert [filters.sources for _, filters in scripted.asked] == [frozenset({"notes/b.md"})]
        assert {"name": "Searched only in", "value": "notes/b.md", "inline": False} in shown["embeds"][0]["fields"]

    finished(check())


def test_a_source_that_does_not_exist_is_refused_privately() -> None:
    """A name that is no document gets a private reply with the next step, and the engine is not asked."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted) as bot:
            shown = await (await bot.discord.ask(QUESTION, "@everyone.txt")).reply()
        assert shown["flags"] & EPHEMERAL
        assert "There is no document of that name" in unescape(shown["content"])
        assert scripted.asked == []

    finished(check())


def test_source_completes_from_the_documents() -> None:
    """Completion finds path and title, the beginning of the path first, and survives a path longer than a choice."""
    long_id = "archive/" + "x" * 200 + ".txt"
    listed = (ListedDocument("a/report.txt"), ListedDocument("report.txt", "Weather"), ListedDocument(long_id, "Long"))

    async def check() -> None:
        scripted = engine(listed=listed)
        async with running(scripted) as bot:
            by_path = await (await bot.discord.complete("report")).choices()
            by_title = await (await bot.discord.complete("weath")).choices()
            (long,) = await (await bot.discord.complete("Long")).choices()
            nothing = await (await bot.discord.complete("zzz")).choices()
            await (await bot.discord.ask("?", long["value"])).reply()
        assert [choice["value"] for choice in by_path] == ["report.txt", "a/report.txt"]
        assert [choice["value"] for choice in by_title] == ["report.txt"]
        assert long["name"].endswith("xxx.txt")
        assert nothing == []
        assert scripted.asked[-1][1].sources == frozenset({long_id})

    finished(check())


def test_help_is_private_and_says_what_is_stored() -> None:
    """/help answers at once, privately, and names each command."""

    async def check() -> None:
        async with running(engine()) as bot:
            shown = await (await bot.discord.use("help")).reply()
            names = [command["name"] for command in bot.discord.commands]
        assert shown["flags"] & EPHEMERAL
        words = shown["embeds"][0]["description"]
        assert all(f"`/{name}" in words for name in names)
        assert "stored:** nothing" in words

    finished(check())


def test_a_command_of_an_older_version_is_answered() -> None:
    """A command that is gone is answered privately rather than with silence."""

    async def check() -> None:
        async with running(engine()) as bot:
            shown = await (await bot.discord.use("old")).reply()
        assert shown["flags"] & EPHEMERAL
        assert "changed" in shown["content"]

    finished(check())


def test_commands_are_registered_only_when_they_changed() -> None:
    """The first start registers; the second, with the same commands, does not; a changed description does."""

    async def check() -> None:
        first = StandIn()
        async with running(engine(), first):
            pass
        second = StandIn(commands=first.commands)
        async with running(engine(), second):
            pass
        changed = StandIn(commands=[{**first.commands[0], "description": "old"}, *first.commands[1:]])
        async with running(engine(), changed):
            pass
        puts = [sum(line.startswith("PUT") for line in one.requests) for one in (first, second, changed)]
        assert puts == [1, 0, 1]
        assert all(command["contexts"] == [0, 1] for command in first.commands)
        assert all(command["integration_types"] == [0] for command in first.commands)

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
    monkeypatch.setattr(commands, "ANSWER_WITHIN_S", 0.1)
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


HOSTILE = "<@1> @everyone [x](https://evil.example)\n# h\n- a ||s|| ```c``` <t:1> \u202egro.live"


def test_hostile_text_in_document_question_and_name_is_shown_as_text() -> None:
    """Nothing that a document, its name or a member says takes effect, and the quote is still the source's words."""
    text = f"Before {HOSTILE} the answer {HOSTILE} after."
    found = quote(text, "the answer", source="<@1>/**x**.txt")

    async def check() -> None:
        async with running(ScriptedEngine({HOSTILE: answer(HOSTILE, found)})) as bot:
            (embed,) = (await (await bot.discord.ask(HOSTILE)).reply())["embeds"]
        parts = [embed["title"], embed["description"], *(field["value"] for field in embed["fields"])]
        for alive in ("<@1>", "@everyone", "](", "https:", "\n# ", "\n- ", "||", "```", "<t:1>", "\u202e"):
            assert not [part for part in parts if re.search(r"(?<!\\)" + re.escape(alive), part)]
        quoted = embed["description"].split(">>> ", 1)[1]
        assert unescape(quoted.replace("**the answer**", "the answer")) == text
        assert unescape(embed["title"]) == HOSTILE

    finished(check())


def test_an_overlong_question_is_still_answered() -> None:
    """A question longer than the option allows (a client of someone's own) gets its reply, shortened in the title."""
    question = "why " * 1500

    async def check() -> None:
        async with running(ScriptedEngine()) as bot:
            (embed,) = (await (await bot.discord.ask(question)).reply())["embeds"]
        assert embed["title"].endswith("…")

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
        assert "restarted" in shown["content"]

    finished(check())


async def until(holds: Any) -> None:
    """Wait until a condition holds; the test's own limit ends it."""
    while not holds():  # noqa: ASYNC110 - the condition is in another program's hands
        await asyncio.sleep(0.01)


def test_the_engine_is_closed_with_the_client() -> None:
    """close() gives the engine back."""
    scripted = engine()

    async def check() -> None:
        async with running(scripted) as bot:
            assert not scripted.closed
            del bot

    finished(check())
    assert scripted.closed


def test_only_the_guilds_intent_is_asked_for() -> None:
    """No privileged intent, and no other one than guilds."""

    async def check() -> None:
        async with running(engine()) as bot:
            assert [identify["intents"] for identify in bot.discord.gateway.identifies] == [1]

    finished(check())


def test_many_at_once_are_all_answered() -> None:
    """Forty questions at the same moment are each acknowledged within a second and answered."""

    async def check() -> None:
        async with running(engine()) as bot:
            everyone = [await bot.discord.ask(QUESTION) for _ in range(40)]
            replies = await asyncio.gather(*(asked.reply(20) for asked in everyone))
        assert all(reply["embeds"] for reply in replies)
        assert max(asked.acknowledged_after_s or 9.0 for asked in everyone) < 1.0

    finished(check())
