"""Many interactions at once against the whole bot: who is acknowledged when, who is answered, what is lost.

    python benchmarks/discord_load.py --members 100 --interactions 500

The bot is the real one, engine and all, in a process of its own; Discord is the stand-in of the tests in this one.
Members use /ask, publicly and privately, completion, /sources, the button Check and Find the source in the same moment.
First with the limits as they come, when most are told to try again later; then without, when all are answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import machine
import texts

TOP = Path(__file__).parent.parent
sys.path.insert(0, str(TOP / "tests"))

from discord_standin.crowd import Crowd, Outcome  # noqa: E402 - the stand-in lies beside the tests that use it too
from discord_standin.server import StandIn  # noqa: E402

CHUNKS = 200
TICK_S = 0.005
QUEUE = Path("/proc/thread-self/schedstat")
ANSWERED_WITHIN_S = 300.0
UNLIMITED = {"cooldown_s": 0.0, "server_limit_per_minute": 1_000_000, "queue": 1_000_000}
CAVEATS = """\
What these figures do not show: Discord's own distance and rate limits; the stand-in answers from the same machine and
takes its share of it. A pause is how much later than asked the bot's event loop came back to a task that sleeps for
5 ms. On a busy machine most of it is the loop's thread standing in the kernel's queue for a processor, which Linux
tells (/proc/thread-self/schedstat): read the pauses without it. What then remains is the loop's own work, which is the
processor time of its thread, and waiting for Python's lock."""


def main() -> None:
    """Measure both ways and print the figures."""
    options = _options()
    if options.bot:
        asyncio.run(_serve(options.bot, limited=options.limited))
        return
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        questions = [one.text for one in texts.write_corpus(root / "seeds", chunks=CHUNKS)]
        print(machine.as_text(machine.describe()))
        for limited in (True, False):
            found, pauses = asyncio.run(_measured(root, questions, options, limited=limited))
            print(f"\n{'limits as they come' if limited else 'without limits'}")
            print(as_text(found, pauses))
    print(f"\n{CAVEATS}")


class Pause(NamedTuple):
    """How much later than asked the event loop came back to a task, and what it did meanwhile."""

    late_s: float
    worked_s: float  # processor time of the loop's thread
    queued_s: float  # it was ready to run and no processor was free; 0 where the system does not tell

    @property
    def own_s(self) -> float:
        """The pause as it would be on a machine that has nothing else to do."""
        return max(0.0, self.late_s - self.queued_s)


def as_text(found: Outcome, pauses: list[Pause]) -> str:
    """The figures in a few lines."""
    after_ms = sorted(1000 * one for one in found.acknowledged_after_s) or [0.0]
    counted = {
        "longest pause of the event loop": [1000 * one.late_s for one in pauses],
        "without waiting for a processor": [1000 * one.own_s for one in pauses],
        "its own work in a pause": [1000 * one.worked_s for one in pauses],
    }
    lines = [
        f"{what} {max(ms, default=0.0):.0f} ms, above 100 ms: {sum(one > 100 for one in ms)}"
        for what, ms in counted.items()
    ]
    queued_s, worked_s = sum(one.queued_s for one in pauses), sum(one.worked_s for one in pauses)
    return (
        f"acknowledged {len(found.acknowledged_after_s)}: median {statistics.median(after_ms):.0f} ms, "
        f"p95 {after_ms[int(0.95 * (len(after_ms) - 1))]:.0f} ms, latest {after_ms[-1]:.0f} ms\n"
        f"answered {found.answered}, told to try again later {found.refused}, "
        f"failed {len(found.failed)} {sorted(set(found.failed)) or ''}, lost {found.lost}\n"
        f"{'; '.join(lines)}\n"
        f"the loop worked {worked_s:.1f} s and waited {queued_s:.1f} s for a processor"
    )


async def _measured(
    root: Path, questions: list[str], options: argparse.Namespace, *, limited: bool
) -> tuple[Outcome, list[Pause]]:
    """The outcome, and the pauses of the bot's loop meanwhile."""
    async with StandIn(judging=False) as discord:
        given = {**os.environ, "DISCORD_API_BASE": discord.base, "DISCORD_TOKEN": discord.token}
        command = [sys.executable, __file__, "--bot", str(root), *(["--limited"] if limited else [])]
        bot = await asyncio.create_subprocess_exec(*command, env=given, stdout=asyncio.subprocess.PIPE)
        try:
            crowd = Crowd(questions, await _answer(discord, questions), options.members, options.interactions)
            began_s = time.monotonic()
            found = await crowd.outcome(discord, within_s=ANSWERED_WITHIN_S)
            ended_s = time.monotonic()
        finally:
            bot.send_signal(signal.SIGTERM)
            said, _ = await bot.communicate()
    if discord.problems:
        raise RuntimeError(f"Discord would not have taken this: {discord.problems[:3]}")
    # The clock is the machine's: two processes read the same one.
    return found, [Pause(*late) for at_s, *late in json.loads(said) if began_s <= at_s <= ended_s]


async def _answer(discord: StandIn, questions: list[str]) -> dict[str, Any]:
    """The first message of the bot that has buttons; by then it is warm."""
    await asyncio.wait_for(discord.gateway.connected.wait(), ANSWERED_WITHIN_S)
    for number, question in enumerate(questions):
        message = await (await discord.ask(question, member_id=number + 1)).reply(ANSWERED_WITHIN_S)
        if message["components"]:
            return message
    raise RuntimeError("no question was answered")


async def _serve(root: Path, *, limited: bool) -> None:
    """The bot, until SIGTERM; then print when and for how long its loop did not come round."""
    from qabot.config import Config
    from qabot.discord_bot.address import talking_to
    from qabot.discord_bot.client import QabotClient
    from qabot.discord_bot.desk import Desk
    from qabot.discord_bot.rereading import SeedFiles
    from qabot.discord_bot.service import _engine_of, _store_of

    config = Config.load(root)
    if not limited:
        config = replace(config, discord=replace(config.discord, **UNLIMITED))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    pauses_s: list[tuple[float, float, float, float]] = []
    ticking = asyncio.create_task(_tick(pauses_s))
    store = _store_of(config)
    desk = Desk(_engine_of(config), files=SeedFiles(config.seeds_dir, config.seeds))
    with talking_to(os.environ["DISCORD_API_BASE"]):
        async with QabotClient(desk, config=config.discord, store=store, own_gateway=True) as client:
            serving = asyncio.create_task(client.start(os.environ["DISCORD_TOKEN"]))
            await stop.wait()
            await client.finish()
            ticking.cancel()
            await client.close()
            await serving
    store.close()
    print(json.dumps(pauses_s))


async def _tick(pauses_s: list[tuple[float, float, float, float]]) -> None:
    """Note when the loop came back, how late it was, and what the loop's own thread did meanwhile."""
    with _queue() as queued_s:
        while True:
            before_s, worked_s, stood_s = time.monotonic(), time.thread_time(), queued_s()
            await asyncio.sleep(TICK_S)
            now_s = time.monotonic()
            pauses_s.append((now_s, now_s - before_s - TICK_S, time.thread_time() - worked_s, queued_s() - stood_s))


@contextmanager
def _queue() -> Iterator[Callable[[], float]]:
    """Tells for how long this thread has been ready to run without a processor; always 0 where that is not told.

    The second number of /proc/PID/schedstat, in nanoseconds (Documentation/scheduler/sched-stats.rst of Linux).
    """
    if not QUEUE.exists():
        yield lambda: 0.0
        return
    with QUEUE.open("rb", buffering=0) as told:
        yield lambda: int(os.pread(told.fileno(), 100, 0).split()[1]) / 1e9


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--interactions", type=int, default=500)
    parser.add_argument("--bot", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--limited", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
