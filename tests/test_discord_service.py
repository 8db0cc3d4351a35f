"""``qabot bot`` as a whole: token, messages, exit codes, signals, logs; run as a user runs it."""

import asyncio
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from discord_standin import Fault, ScriptedEngine, StandIn, StandInThread, discord
from discord_standin.scripted import answer, quote
from discord_standin.server import TOKEN

from qabot.config import Config
from qabot.datatypes import silent
from qabot.discord_bot import run_bot
from qabot.discord_bot.credentials import read_token
from qabot.discord_bot.failures import explained
from qabot.discord_bot.service import _engine_of
from qabot.errors import IndexDamaged, ModelError

QUESTION = "How many civilians have been killed?"
ROOT = Path(__file__).parent.parent

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process unheard")


@pytest.fixture(autouse=True)
def _no_sudden_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bot that leaves by os._exit must not take the tests along with a code of success."""

    def fail(code: int) -> None:
        raise AssertionError(f"left with os._exit({code}) although no thread should be busy")

    monkeypatch.setattr(os, "_exit", fail)


def table() -> dict[str, Any]:
    """One question with an answer."""
    return {QUESTION: answer(QUESTION, quote("More than 953 civilians have been killed.", "More than 953"))}


def environ(discord: StandIn, **more: str) -> dict[str, str]:
    """The environment of a bot that talks to the stand-in."""
    return {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": discord.base, **more}


def test_without_a_token_it_says_where_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No token anywhere: exit code 2 and a message that names the variable, the file and the page."""
    assert run_bot(Config(tmp_path), {}) == 2
    said = capsys.readouterr().err
    assert all(word in said for word in ("DISCORD_TOKEN", ".env", "https://discord.com/developers", "docs/discord.md"))


def test_something_that_is_no_token_is_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pasted sentence is refused without showing it."""
    assert run_bot(Config(tmp_path), {"DISCORD_TOKEN": "Bot hunter2\nX: y"}) == 2
    assert "hunter2" not in capsys.readouterr().err


def test_a_file_that_cannot_be_decoded_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A .env that is no text: exit code 2, no traceback."""
    (tmp_path / ".env").write_bytes(b"DISCORD_TOKEN=\xff\xfe\x00")
    assert run_bot(Config(tmp_path), {}) == 2
    assert "the file .env cannot be read: it is not UTF-8" in capsys.readouterr().err


def test_a_folder_in_the_files_place_is_a_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A .env that is a folder is not taken for a missing one; a token in the environment still goes first."""
    (tmp_path / ".env").mkdir()
    assert run_bot(Config(tmp_path), {}) == 2
    assert "the file .env cannot be read: it is a folder" in capsys.readouterr().err
    assert read_token({"DISCORD_TOKEN": TOKEN}, tmp_path) == TOKEN


def test_a_refused_token_is_told_readably(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A token that Discord does not know: exit code 2, what to do, and the token in no line."""
    with StandInThread(StandIn()) as aside:
        wrong = environ(aside.stand_in, DISCORD_TOKEN="wrong.token.of-nobody", QABOT_LOG_LEVEL="DEBUG")  # noqa: S106
        assert run_bot(Config(tmp_path), wrong, open_engine=lambda _: ScriptedEngine()) == 2
    said = capsys.readouterr().err
    assert "qabot bot: Discord refused the token. Make a new one" in said
    assert "wrong.token" not in said
    assert "Traceback" not in said


def test_a_token_that_the_gateway_refuses_is_told_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Close code 4004 while connecting reads like a 401."""
    stand_in = StandIn()
    with StandInThread(stand_in) as aside:
        stand_in.gateway._token = "another"  # noqa: S105
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=lambda _: ScriptedEngine()) == 2
    assert "Discord refused the token" in capsys.readouterr().err


def test_refused_intents_are_told_readably(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Close code 4014: exit code 2 and what it means."""
    with StandInThread(StandIn(refuse_intents=True)) as aside:
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=lambda _: ScriptedEngine()) == 2
    assert "Discord refused the intents" in capsys.readouterr().err


def test_when_discord_cannot_be_reached_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens: exit code 2 and the network named."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{free.getsockname()[1]}/api/v10"
        given = {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": base}
        assert run_bot(Config(tmp_path), given, open_engine=lambda _: ScriptedEngine()) == 2
    said = capsys.readouterr().err
    assert "Discord cannot be reached: " in said
    assert "network" in said
    assert "Client" not in said  # the name of a class tells nobody anything


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (aiohttp.ClientConnectorDNSError(None, OSError(-3, "no answer")), "its name could not be looked up"),  # type: ignore[arg-type]
        (TimeoutError(), "it did not answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (aiohttp.ServerDisconnectedError(), "the connection broke off"),
    ],
)
def test_what_the_network_says_is_told_in_words(error: Exception, words: str) -> None:
    """No name of a class, whichever way the connection fails."""
    assert explained(error).problem == f"Discord cannot be reached: {words}"


@pytest.mark.parametrize(
    ("code", "words"),
    [(4004, "refused the token"), (4013, "refused the intents"), (4014, "refused the intents"), (4011, "code 4011")],
)
def test_every_close_code_has_words(code: int, words: str) -> None:
    """The codes that end a connection for good are explained, the rest named."""
    closed = discord.ConnectionClosed(object(), shard_id=0, code=code)  # type: ignore[arg-type]
    assert words in str(explained(closed))


def test_when_discord_refuses_the_commands_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A status that is no success at start: exit code 2 with status and code."""
    with StandInThread(StandIn(faults=[Fault("PUT", 403)])) as aside:
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=lambda _: ScriptedEngine()) == 2
    assert "Discord answered with status 403" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        IndexDamaged("a part is damaged", remedy="Run qabot index."),
        ModelError("no model", remedy="Reinstall."),
        OSError(28, "No space left on device"),
    ],
)
def test_an_engine_that_cannot_be_opened_ends_the_start(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Index, model or disk: exit code 3 with the remedy, before any question is taken."""

    def refuse(_progress: object) -> ScriptedEngine:
        raise error

    with StandInThread(StandIn()) as aside:
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=refuse) == 3
        assert aside.stand_in.gateway.identifies == []
    assert (error.args[0] if isinstance(error.args[0], str) else "No space") in capsys.readouterr().err


@pytest.mark.parametrize(
    "base",
    ["http://192.0.2.1/api/v10", "https://discord.example/api/v10", "ftp://127.0.0.1/", "http://[/", "127.0.0.1:80"],
)
def test_the_token_is_never_sent_elsewhere(base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another API base than one on this machine is refused before anything is sent."""
    assert run_bot(Config(tmp_path), {"DISCORD_TOKEN": TOKEN, "DISCORD_API_BASE": base}) == 2
    assert "DISCORD_API_BASE" in capsys.readouterr().err


def test_a_stand_in_cannot_lead_to_a_gateway_elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A loopback API that names a gateway on another machine is refused before the token is sent there."""
    stand_in = StandIn()
    with StandInThread(stand_in) as aside:
        stand_in.gateway.address = "wss://gateway.discord.example"
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=lambda _: ScriptedEngine()) == 2
    assert "leads away from this machine" in capsys.readouterr().err


def test_what_the_engine_loaded_is_left_alone_by_the_garbage_collector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking through a large index for garbage would hold up everybody; it stays until the end anyhow."""
    loaded = ScriptedEngine({})
    monkeypatch.setattr("qabot.engine.Engine.open", lambda *_given, **_options: loaded)
    before = gc.get_freeze_count()
    try:
        assert _engine_of(Config(root=tmp_path))(silent) is loaded
        assert gc.get_freeze_count() > before
    finally:
        gc.unfreeze()


def test_an_unknown_log_level_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """QABOT_LOG_LEVEL takes four words."""
    assert run_bot(Config(tmp_path), {"DISCORD_TOKEN": TOKEN, "QABOT_LOG_LEVEL": "loud"}) == 2
    assert "DEBUG, INFO, WARNING, ERROR" in capsys.readouterr().err


async def _ask_then_stop(discord: StandIn, replies: list[Any], gate: threading.Event | None) -> None:
    """One question; SIGTERM once it is acknowledged; then the engine is let go."""
    asked = await discord.ask(QUESTION)
    if gate is None:
        replies.append(await asked.reply())
        os.kill(os.getpid(), signal.SIGTERM)
        return
    while asked.callback is None:  # noqa: ASYNC110 - the bot runs in another thread
        await asyncio.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(1.0)
    gate.set()
    replies.append(await asked.reply())


@posix_only
def test_sigterm_lets_the_running_answer_finish_and_ends_with_zero(tmp_path: Path) -> None:
    """A question in the engine when SIGTERM comes is answered; the gateway is closed properly; exit code 0."""
    gate, replies = threading.Event(), []

    def slow() -> Any:
        gate.wait(10)
        return table()[QUESTION]

    with StandInThread(StandIn()) as aside:
        aside.start(_ask_then_stop(aside.stand_in, replies, gate))
        scripted = ScriptedEngine({QUESTION: slow})
        assert run_bot(Config(tmp_path), environ(aside.stand_in), open_engine=lambda _: scripted) == 0
        assert aside.run(aside.stand_in.gateway.close_code()) == 1000
    assert replies[0]["embeds"]
    assert scripted.closed


@posix_only
def test_the_token_from_the_file_works_and_no_log_line_holds_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """With .env and every library logging at DEBUG, an answered question and an error leave no token behind."""
    (tmp_path / ".env").write_text(f'# mine\nexport DISCORD_TOKEN="{TOKEN}"\n', encoding="utf-8")
    replies: list[Any] = []
    with StandInThread(StandIn()) as aside:
        aside.start(_ask_then_stop(aside.stand_in, replies, None))
        given = {"DISCORD_API_BASE": aside.stand_in.base, "QABOT_LOG_LEVEL": "DEBUG"}
        with caplog.at_level(logging.DEBUG):
            assert run_bot(Config(tmp_path), given, open_engine=lambda _: ScriptedEngine(table())) == 0
        tokens = [TOKEN, *aside.stand_in.asked]
    said = capsys.readouterr().err
    assert replies[0]["embeds"]
    assert "discord.gateway" in said  # it was as talkative as asked for
    assert not [token for token in tokens if token in said]
    assert not [record for record in caplog.records if TOKEN in record.getMessage()]
    assert "DISCORD_TOKEN" not in os.environ


SCRIPT = """
import sys
sys.path.insert(0, "tests")
from discord_standin import ScriptedEngine
from qabot.config import Config
from qabot.datatypes import silent
from qabot.discord_bot import run_bot
import time
from qabot.discord_bot import client

def stick():
    print("stuck", flush=True)
    time.sleep(600)

class Stuck(ScriptedEngine):
    def refresh(self):
        stick()

def open_engine(progress):
    return Stuck() if sys.argv[1] == "refresh" else stick()

client.QabotClient.__init__.__kwdefaults__["finish_within_s"] = 0.2
sys.exit(run_bot(Config(__import__("pathlib").Path(".")), open_engine=open_engine))
"""


@posix_only
@pytest.mark.parametrize("where", ["open", "refresh"])
def test_a_stuck_thread_does_not_keep_the_process(where: str) -> None:
    """An opening or a refresh that never ends does not hold up SIGTERM: exit code 0 within seconds."""
    with StandInThread(StandIn()) as aside:
        given = {**os.environ, **environ(aside.stand_in)}
        command = [sys.executable, "-c", SCRIPT, where]
        with subprocess.Popen(command, env=given, cwd=ROOT, stdout=subprocess.PIPE, text=True) as bot:  # noqa: S603
            if where == "refresh":
                aside.run(aside.stand_in.ask(QUESTION))
            assert bot.stdout is not None
            assert bot.stdout.readline() == "stuck\n"
            bot.terminate()
            assert bot.wait(20) == 0


def test_bot_py_is_the_command(tmp_path: Path) -> None:
    """``python bot.py`` without a token ends like ``qabot bot``: code 2 and the same message."""
    given = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    done = subprocess.run(
        [sys.executable, "bot.py"],
        cwd=ROOT,
        env={**given, "QABOT_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no Discord token" in done.stderr
    assert "Traceback" not in done.stderr
