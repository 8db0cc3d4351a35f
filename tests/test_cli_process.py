"""The command line as a process: pipes, encodings, signals, what is imported."""

# ruff: noqa: S603 - the processes are this package under this interpreter

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_process import HERE, PROGRAM, environment, one_document, run

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other shells, signals and pipes")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one document that holds an escape sequence."""
    return one_document(tmp_path)


def test_an_escape_sequence_leaves_as_symbols_or_as_json(root: Path) -> None:
    """In a pipe, too, a document's escape sequence is neutralised; in JSON it parses back verbatim."""
    assert b"\x1b" not in run(root, "ask", "evil").stdout
    out = run(root, "ask", "--json", "evil").stdout
    assert b"\x1b" not in out
    assert json.loads(out)["answer"] == "\x1b]0;owned\x07 text"


def test_a_conversation_in_a_pipe(root: Path) -> None:
    """Without a terminal the lines come from stdin, the answers go to stdout without a prompt."""
    done = run(root, "chat", stdin=b"river\n\xff\n:quit\nevil\n")
    out = done.stdout.decode().split("\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert out[0] == "Seine, which runs through the capital and several other towns before it reaches the sea"
    assert "Not in these documents." in out
    assert "owned" not in done.stdout.decode()  # :quit came first


def test_output_is_utf8_in_any_locale(root: Path) -> None:
    """Even where Python would print ASCII or Latin-1, results are UTF-8."""
    (root / "seeds/facts.txt").write_text("price: 5 \u20ac", encoding="utf-8")
    for encoding in ("ascii", "latin-1"):
        done = run(root, "ask", "--json", "price", PYTHONIOENCODING=encoding)
        assert json.loads(done.stdout.decode("utf-8"))["answer"] == "5 \u20ac"
        assert "5 \u20ac" in run(root, "ask", "price", PYTHONIOENCODING=encoding).stdout.decode("utf-8")


@POSIX
def test_each_result_is_written_before_the_next_question_is_read(root: Path) -> None:
    """A program that asks and waits gets its answer without closing the pipe."""
    with subprocess.Popen(
        [*PROGRAM, "ask", "--json", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(root)
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for question in ("river", "evil", ""):
            process.stdin.write(f"{question}\n".encode())
            process.stdin.flush()
            assert select.select([process.stdout], [], [], 30)[0], "the answer is held back"
            assert json.loads(process.stdout.readline())["question"] == question
        process.stdin.close()
        assert process.wait(timeout=30) == 0


@POSIX
@pytest.mark.parametrize("argv", [("ask", "--stdin"), ("--help",)])
def test_a_reader_that_goes_away_is_no_error(root: Path, argv: tuple[str, ...]) -> None:
    """When the pipe is closed the run ends quietly with 141."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*PROGRAM, *argv],
        input=b"river\n" * 10,
        stdout=writing,
        stderr=subprocess.PIPE,
        env=environment(root),
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told(root: Path) -> None:
    """A result that cannot be written is an error in words with code 2, not a traceback."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "ask", "river"], stdout=full, stderr=subprocess.PIPE, env=environment(root), check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"qabot: the result cannot be written: ")
    assert done.stderr.count(b"\n") == 1


@POSIX
def test_closed_streams_do_not_crash(root: Path) -> None:
    """With stdout and stderr closed by the shell the exit code still tells the result."""
    command = f'"{sys.executable}" "{HERE / "line_engine.py"}" ask river >&- 2>&-'
    assert subprocess.run(["/bin/sh", "-c", command], env=environment(root), check=False).returncode == 0


@POSIX
def test_ctrl_c_ends_quietly_with_130(root: Path) -> None:
    """An interrupt while waiting for a question prints no traceback."""
    with subprocess.Popen(
        [*PROGRAM, "ask", "--json", "--stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(root),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(b"river\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(0.5)  # it waits by then: a signal just before the read call is handled only after that returns
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == b""


HEAVY = ("asyncio", "discord", "prompt_toolkit", "tqdm", "torch", "sentence_transformers", "difflib", "aiohttp")


def test_a_cold_question_does_not_import_what_it_does_not_need(tmp_path: Path) -> None:
    """`qabot ask` with the real engine pays for no chat, bot or progress bar, nor for rare mistakes."""
    shutil.copytree(HERE.parent / "seeds", tmp_path / "seeds")
    program = (
        "import sys; from qabot.cli import main; code = main(['ask', 'How many civilians have been killed?']);"
        f"print(code, sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(tmp_path), check=False)
        for _ in ("builds the index", "finds it")
    ]
    for done in runs:
        assert done.stdout.decode().splitlines()[-1] == "0 []", done.stderr.decode()
        assert "953" in done.stdout.decode().splitlines()[0]
    assert runs[0].stderr.startswith(b"qabot: index built from 1 document in ")
    assert runs[1].stderr == b""
