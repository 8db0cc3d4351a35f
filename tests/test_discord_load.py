"""Many members in the same moment: nobody is lost, everybody acknowledged, and what takes its time waits its turn."""

import asyncio
from pathlib import Path
from typing import Any

from discord_standin.crowd import Crowd, Outcome
from discord_standin.interactions import ACKNOWLEDGE_WITHIN_S
from discord_standin.running import finished, running
from discord_standin.shelf import Shelf

from qabot.config import DiscordConfig
from qabot.discord_bot.pace import AT_A_TIME, Pace

QUESTION = "How old must members be?"
INTERACTIONS, MEMBERS = 60, 20
COMPLETED = 6  # one in ten completes, which is never refused


def crowded(folder: Path, config: DiscordConfig) -> Outcome:
    """What became of a crowd."""
    shelf = Shelf.of(folder, {"rules.md": "You must be at least 16 years old to join.\n"})
    scripted = shelf.engine({QUESTION: shelf.answer(QUESTION, shelf.quote("rules.md", "16 years old"))})
    found: list[Outcome] = []

    async def check() -> None:
        async with running(scripted, **shelf.options(config=config)) as bot:
            message = await (await bot.discord.ask(QUESTION)).reply()
            crowd = Crowd([QUESTION], message, members=MEMBERS, interactions=INTERACTIONS)
            found.append(await crowd.outcome(bot.discord, within_s=30.0))

    finished(check())
    return found[0]


def test_without_limits_everybody_is_answered(tmp_path: Path) -> None:
    """Sixty interactions of twenty members: all acknowledged in time and answered, none lost or failed."""
    found = crowded(tmp_path, DiscordConfig(cooldown_s=0.0))
    assert (found.answered, found.refused, found.failed, found.lost) == (INTERACTIONS, 0, (), 0)
    assert len(found.acknowledged_after_s) == INTERACTIONS
    assert max(found.acknowledged_after_s) < ACKNOWLEDGE_WITHIN_S


def test_beyond_the_limits_everybody_is_answered_or_told_when_to_come_back(tmp_path: Path) -> None:
    """With room for few questions a minute the others are refused in words, and nobody is lost."""
    found = crowded(tmp_path, DiscordConfig(server_limit_per_minute=10))
    assert found.answered + found.refused == INTERACTIONS
    assert (found.failed, found.lost) == ((), 0)
    assert found.refused >= INTERACTIONS // 2
    assert found.answered >= COMPLETED + 9  # and what the rest of the server's minute allows


def test_first_answers_go_out_a_few_at_a_time_and_before_anything_is_computed() -> None:
    """No more than so many at once; calm comes when the last one is out, or after a while."""

    async def check() -> None:
        pace, inside, most, order = Pace(), 0, 0, []

        async def first() -> None:
            nonlocal inside, most
            async with pace.first_answer():
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1
            order.append("out")

        async def compute() -> None:
            await asyncio.sleep(0)
            await pace.calm()
            order.append("computed")

        await asyncio.gather(*(first() for _ in range(3 * AT_A_TIME)), compute())
        assert most == AT_A_TIME
        assert order == ["out"] * 3 * AT_A_TIME + ["computed"]

    finished(check())


def test_who_waited_for_calm_goes_on_one_after_the_other() -> None:
    """Between two of a crowd that waited for the same moment the loop comes round, so that it is never blocked."""

    async def check() -> None:
        pace, went_on, rounds = Pace(), [], 0

        async def compute() -> None:
            await pace.calm()
            went_on.append(rounds)

        async with pace.first_answer():
            waiting = [asyncio.create_task(compute()) for _ in range(50)]
            await asyncio.sleep(0.001)
        while len(went_on) < len(waiting):
            rounds += 1
            await asyncio.sleep(0)
        assert len(set(went_on)) == len(waiting)

    finished(check())


def test_calm_is_not_waited_for_without_end(monkeypatch: Any) -> None:
    """A first answer that hangs does not hold up those who were told "thinking" already."""
    monkeypatch.setattr("qabot.discord_bot.pace.CALM_WITHIN_S", 0.05)

    async def check() -> None:
        pace = Pace()
        async with pace.first_answer():
            await asyncio.wait_for(pace.calm(), 5)

    finished(check())
