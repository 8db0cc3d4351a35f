"""The command line at a real terminal: a pseudo-terminal of the system, where there are such."""

import os
import select
import subprocess
import time
from pathlib import Path
from typing import Self

import pytest
from cli_process import PROGRAM, SENTENCE, environment, one_document

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals of this kind")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one document that holds an escape sequence."""
    return one_document(tmp_path)


class Terminal:
    """A process with a pseudo-terminal as its standard streams."""

    def __init__(self, root: Path, *argv: str, **environ: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(  # noqa: S603 - this package under this interpreter
            [*PROGRAM, *argv],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment(root, **{"TERM": "xterm", "COLUMNS": "50", "PROMPT_TOOLKIT_NO_CPR": "1", **environ}),
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""

    def read_until(self, text: str, *, pressing: str = "") -> None:
        """Read until ``text`` appears anew; ``pressing`` a key, again and again where nothing comes."""
        began = len(self.seen)
        deadline = time.monotonic() + 30
        while text not in self.seen[began:]:
            assert time.monotonic() < deadline, f"{text!r} did not appear in {self.seen[began:]!r}"
            if select.select([self._ours], [], [], 0.2)[0]:
                self.seen += os.read(self._ours, 65536).decode()
            else:
                self.type(pressing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # no harm where it has ended
        self._process.wait()

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def end(self) -> int:
        """Read what is left and return the exit code."""
        while True:
            try:
                more = os.read(self._ours, 65536)
            except OSError:  # Linux tells the end of a pseudo-terminal so
                more = b""
            if not more:
                break
            self.seen += more.decode()
        os.close(self._ours)
        return self._process.wait(timeout=30)


def shown(root: Path, *argv: str, **environ: str) -> str:
    """What one successful run shows on a terminal."""
    with Terminal(root, *argv, **environ) as terminal:
        assert terminal.end() == 0
    return terminal.seen.replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_lines_that_fit(root: Path) -> None:
    """On a terminal the short answer is bold inside its sentence, and the lines fit its width."""
    screen = shown(root, "ask", "river")
    assert "\x1b[2m>\x1b[0m river: \x1b[1;32mSeine, which runs" in screen
    plain = shown(root, "ask", "river", NO_COLOR="1")
    assert "\x1b" not in plain
    assert max(map(len, plain.split("\n"))) <= 50
    assert " ".join(line[2:] for line in plain.split("\n") if line.startswith(">")) == SENTENCE


def test_a_document_cannot_instruct_the_terminal(root: Path) -> None:
    """An escape sequence in a document arrives on a terminal as symbols."""
    assert "\u241b]0;owned\u2407 text" in shown(root, "ask", "evil", TERM="dumb")


def test_a_conversation_at_a_terminal(root: Path) -> None:
    """Typed questions and commands are answered, Ctrl-C clears the line, arrow up brings back, Ctrl-D ends with 0."""
    prompt, up = "\x1b[?2004h", "\x1b[A"  # bracketed paste begins: from here on the prompt takes the keys
    with Terminal(root, "chat", NO_COLOR="1") as terminal:
        terminal.read_until(prompt)
        terminal.type("the river\r")
        terminal.read_until(prompt)
        terminal.type("half a question\x03")
        terminal.read_until(prompt)
        terminal.read_until("the river", pressing=up)  # the history is read in the background
        terminal.type("\r")
        terminal.read_until(prompt)
        terminal.type(":why\r")
        terminal.read_until(prompt)
        terminal.type("\x04")
        assert terminal.end() == 0
    assert ":help lists the commands" in terminal.seen
    assert terminal.seen.count("facts.txt:1") == 2
    assert "2 passages read" in terminal.seen
