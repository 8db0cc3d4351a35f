"""The command "Find the source" in the context menu of a message, through the real client."""

import threading

from discord_standin import ScriptedEngine
from discord_standin.payloads import said
from discord_standin.running import finished, running
from discord_standin.scripted import quote
from discord_standin.server import is_private

from qabot.discord_bot.find_source import NAME
from qabot.discord_bot.support_card import NO_CLAIM, NOTHING
from qabot.support import Supported

CLAIM = "More than 953 civilians have been killed."


def test_the_sentence_that_says_it_is_shown_privately() -> None:
    """The words come with the command although the bot may not read messages; the reply has quote and place."""

    async def check() -> None:
        found = Supported(CLAIM, quote("More than 953 civilians have been killed, the U.N. says.", None), 0.9)
        scripted = ScriptedEngine(claims={CLAIM: (found,)})
        async with running(scripted) as bot:
            asked = await bot.discord.use_on(NAME, said(CLAIM, direct=True))
            shown = await asked.reply()
        assert asked.calls == ["callback", "edit"]
        assert is_private(shown)
        (field,) = shown["embeds"][0]["fields"]
        assert field["name"].startswith("report.txt · lines 3")
        assert field["value"] == ">>> More than 953 civilians have been killed, the U.N. says."
        assert threading.get_ident() not in scripted.threads

    finished(check())


def test_what_the_documents_do_not_say_and_what_is_no_claim() -> None:
    """Both get a plain private reply."""

    async def check() -> None:
        async with running(ScriptedEngine()) as bot:
            for words, reply in (("Pigs can fly.", NOTHING), ("", NO_CLAIM)):
                shown = await (await bot.discord.use_on(NAME, said(words, direct=True))).reply()
                assert is_private(shown)
                assert reply in shown["embeds"][0]["description"]
                assert str(shown["embeds"]).count(NOTHING) == (reply == NOTHING)

    finished(check())
