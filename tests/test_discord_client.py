"""The real discord.py client, commands and all, against the stand-in."""

import asyncio
import re
import threading
import time
from typing import Any

from discord_standin import ScriptedEngine, StandIn
from discord_standin.payloads import EPHEMERAL
from discord_standin.running import QUESTION, SENTENCE, engine, finished, running, until
from discord_standin.scripted import ListedDocument, answer, no_answer, quote

from qabot.discord_bot.escape import unescape


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
            "Confidence": "very likely right (93%)",
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
            ("In none of the documents searched", "won"),
            ("Nearest passage, not an answer", ">>> Nobody knows."),
        ]

    finished(check())


def test_a_slow_answer_is_acknowledged_long_before_it_is_ready_and_never_blocks_the_loop() -> None:
    """While the engine takes its time in a thread, the loop goes on and the defer is long out."""
    gate = threading.Event()

    def slow() -> Any:
        gate.wait(10)
        time.sleep(1.0)
        return answer(QUESTION, quote(SENTENCE, "953"))

    async def check() -> None:
        slow_engine = ScriptedEngine({QUESTION: slow})
        async with running(slow_engine) as bot:
            asked = await bot.discord.ask(QUESTION)
            await until(lambda: asked.acknowledged_after_s is not None)
            assert not asked.settled.is_set()
            gate.set()
            longest = await longest_pause(1.1)
            await asked.reply()
        assert longest < 0.8
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
            names = [command["name"] for command in bot.discord.commands if command["type"] == 1]
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
        servers_only = {command["name"] for command in first.commands if command["contexts"] == [0]}
        assert servers_only == {"settings"}
        assert all(command["contexts"] in ([0], [0, 1]) for command in first.commands)
        assert all(command["integration_types"] == [0] for command in first.commands)

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
    """A question as long as Discord takes is left to the engine, and gets its reply, shortened in the title."""
    question = "why " * 1500

    async def check() -> None:
        async with running(ScriptedEngine()) as bot:
            (embed,) = (await (await bot.discord.ask(question)).reply())["embeds"]
        assert embed["title"].endswith("…")

    finished(check())


def test_no_privileged_intent_is_asked_for() -> None:
    """Guilds, messages in guilds and direct messages, and nothing else."""

    async def check() -> None:
        async with running(engine()) as bot:
            assert [identify["intents"] for identify in bot.discord.gateway.identifies] == [1 | 1 << 9 | 1 << 12]

    finished(check())
