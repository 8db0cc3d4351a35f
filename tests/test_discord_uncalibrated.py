"""A calibration that is kept with the index and not used: the bot's log and /status say so."""

import asyncio
import logging

import pytest
from discord_standin.scripted import ScriptedEngine

from qabot.datatypes import Filters
from qabot.discord_bot.catalogue import Catalogue, status_card
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.figures import Summary

WHY = "calibration.json is not used: it was found with another reader. Run qabot calibrate FILE again."


def shown(catalogue: Catalogue) -> str | None:
    """What /status says of it."""
    fields = status_card(catalogue, Summary(0, None, None), rebuilding=False).fields
    return next((field.value for field in fields if field.name == "Confidence"), None)


def test_it_is_logged_once_and_shown_while_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    """Not with each change of the documents again; when it is used again, /status has nothing to say."""
    engine = ScriptedEngine(refreshes=[True, True, True])
    engine.own_calibration.ignored = WHY

    async def run() -> list[str | None]:
        desk, seen = Desk(lambda _progress: engine), []
        await desk.open()
        try:
            for ignored in (WHY, WHY, None):
                engine.own_calibration.ignored = ignored
                await desk.ask("What is it?", source=None, show=lambda _: None)
                seen.append(await desk.catalogue(Filters(), shown))
        finally:
            await desk.close()
        return seen

    with caplog.at_level(logging.WARNING, logger="qabot"):
        first, second, last = asyncio.run(run())
    assert [record.message for record in caplog.records] == [WHY]
    assert first == second
    assert "`qabot calibrate FILE` again" in str(first)
    assert last is None
