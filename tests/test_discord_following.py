"""The bot follows seeds/ between questions; its lists and /status say what became of it; it ends without waiting."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from corpus import make_root

from qabot.datatypes import Filters
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.following import SeedsFollower
from qabot.engine import Engine

LONG_S = 30.0


async def until(holds: Callable[[], bool]) -> None:
    """Wait until ``holds``."""
    end = time.monotonic() + LONG_S
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def test_changes_between_questions(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A new file is among the names without any question; a folder that vanished is told, and so is its return."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    desk = Desk(lambda progress: Engine.open(config, progress=progress, threads=1), follower=SeedsFollower(config))

    async def behind() -> bool:
        return await desk.catalogue(Filters(), lambda catalogue: catalogue.behind_s is not None)

    async def followed() -> None:
        await desk.open()
        try:
            make_root(tmp_path, {"new.md": "The sauna opens at noon.\n"})
            await until(lambda: len(desk.names) == 2)
            assert not await behind()
            config.seeds_dir.rename(tmp_path / "away")
            await until(lambda: desk._overview.behind_s is not None)
            assert await behind()
            assert (
                await desk.ask("When does the pool open?", source=None, show=lambda one: one.quotes[0].source)
                == "rules.md"
            )
            make_root(tmp_path, {"other.md": "The hall is closed.\n"})
            await until(lambda: len(desk.names) == 1)
            assert not await behind()
        finally:
            await desk.close()
        assert not desk.busy

    with caplog.at_level(logging.INFO, logger="qabot"):
        asyncio.run(followed())
    said = [record.message for record in caplog.records if record.name.endswith("following")]
    assert said[0].startswith("seeds changed: 1 added")
    assert "cannot be listed" in said[1]
    assert said[2].startswith("seeds changed: 1 added, 2 removed")
