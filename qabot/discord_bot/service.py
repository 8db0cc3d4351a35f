"""``qabot bot``: from the environment to an exit code. The only place of the bot where errors become words.

Exit codes: 0 after SIGTERM or SIGINT; 2 token, configuration or Discord; 3 index or model.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial

from qabot.config import Config
from qabot.datatypes import Progress
from qabot.discord_bot.address import api_base, talking_to
from qabot.discord_bot.askable import AskableEngine, OpenEngine
from qabot.discord_bot.client import QabotClient
from qabot.discord_bot.credentials import read_token
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.failures import DISCORD_FAILURES, explained
from qabot.discord_bot.following import SeedsFollower
from qabot.discord_bot.logs import logging_to
from qabot.discord_bot.rereading import SeedFiles
from qabot.discord_bot.store_sqlite import STORE_NAME, SqliteStore
from qabot.errors import ConfigError, QabotError
from qabot.terminal import visible

_log = logging.getLogger(__name__)

LEVEL_NAME = "QABOT_LOG_LEVEL"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def run_bot(config: Config, environ: Mapping[str, str] = os.environ, *, open_engine: OpenEngine | None = None) -> int:
    """Run the bot until it is told to stop, and return the exit code.

    ``open_engine`` opens the engine in a worker thread; the default is ``qabot.engine.Engine.open``.
    """
    try:
        token = read_token(environ, config.root)
        base = api_base(environ)
        level = _level(environ)
        with logging_to(sys.stderr, level=level, secrets=(token,)), talking_to(base):
            follower = None if open_engine else SeedsFollower(config)
            files = SeedFiles(config.seeds_dir, config.seeds)
            desk = Desk(open_engine or _engine_of(config), files=files, follower=follower)
            with closing(_store_of(config)) as store:
                client = partial(
                    QabotClient,
                    desk,
                    config=config.discord,
                    max_question_chars=config.answers.max_question_chars,
                    store=store,
                    own_gateway=base is not None,
                )
                _run(client, token)
    except QabotError as error:
        print(f"qabot bot: {visible(str(error))}", file=sys.stderr)  # noqa: T201 - this is the command's own message
        return error.exit_code
    if desk.busy:
        # A thread cannot be interrupted, and the interpreter would wait for it for as long as it takes. The index
        # is written aside and switched at the end, so leaving loses nothing.
        sys.stderr.flush()
        os._exit(0)
    return 0


def _run(make_client: Callable[[], QabotClient], token: str) -> None:
    """Serve until stopped; the client is made inside, where errors have words.

    Raises:
        DiscordError: if Discord refuses or cannot be reached.
        QabotError: if the engine cannot be opened.
    """
    try:
        asyncio.run(_serve(make_client(), token))
    except DISCORD_FAILURES as error:
        raise explained(error) from error


async def _serve(client: QabotClient, token: str) -> None:
    """Connect, and on a signal let the running answers finish before everything is closed."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with client:
        serving = asyncio.create_task(client.start(token), name="qabot-serving")
        stopping = asyncio.create_task(stop.wait(), name="qabot-stopping")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not serving.done():
            await client.finish()
            serving.cancel()  # before closing: it may still be logging in or opening the engine
        stopping.cancel()
        with suppress(asyncio.CancelledError):
            await serving
    _log.info("Stopped.")


def _store_of(config: Config) -> SqliteStore:
    path = config.root / STORE_NAME
    return SqliteStore.open(path, logging=config.discord.logging, log_days=config.discord.log_days)


def _engine_of(config: Config) -> OpenEngine:
    def open_engine(progress: Progress) -> AskableEngine:
        from qabot.engine import Engine  # its imports cost time that a missing token should not

        spare = max(1, (os.cpu_count() or 1) - 1)  # one core is the event loop's
        engine = Engine.open(config, progress=progress, threads=spare)
        # What is loaded now stays. Left to the garbage collector, Python would look through it now and then while
        # members wait, with its lock held: 0.05 s for a hundred thousand objects, more for a larger index.
        gc.collect()
        gc.freeze()
        return engine

    return open_engine


def _level(environ: Mapping[str, str]) -> str:
    level = (environ.get(LEVEL_NAME) or "INFO").upper()
    if level not in _LEVELS:
        raise ConfigError(f"{LEVEL_NAME} is {level!r}", remedy=f"Use one of {', '.join(_LEVELS)}.")
    return level
