"""`qabot watch` as a process: a line for whatever happens, and an end at once when it is told to."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest
from cli_process import PROGRAM, environment
from line_engine import LineEngine

from qabot.config import Config
from qabot.watching.command import following

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
LONG_S = 30.0


class Watching:
    """The process, and its lines on stdout and stderr as they come."""

    def __init__(self, root: Path, *argv: str) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - this package under this interpreter
            [*PROGRAM, "watch", *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(root), text=True
        )
        self.out: Queue[str] = Queue()
        self.err: Queue[str] = Queue()
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            threading.Thread(target=lambda s=stream, q=lines: [q.put(line.rstrip("\n")) for line in s or ()]).start()

    def line(self, holding: str, lines: Queue[str] | None = None) -> str:
        """The next line on stdout (or of ``lines``) that holds a text."""
        end = time.monotonic() + LONG_S
        seen = []
        while time.monotonic() < end:
            try:
                seen.append((lines or self.out).get(timeout=1))
            except Empty:
                continue
            if holding in seen[-1]:
                return seen[-1]
        pytest.fail(f"{holding!r} did not come: {seen}")

    def end(self, how: signal.Signals) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=LONG_S)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One document and two pinned questions."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/facts.txt").write_text("river: Seine\n", encoding="utf-8")
    (tmp_path / "embeddings").mkdir()
    pins = ({"question": "what is the river?", "quote": "Seine"}, {"question": "what is the lake?", "quote": None})
    (tmp_path / "pinned.jsonl").write_text("\n".join(map(json.dumps, pins)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def started() -> Iterator[list[Watching]]:
    """Processes to be ended."""
    running: list[Watching] = []
    yield running
    for one in running:
        one.process.kill()
        one.process.wait()
        for stream in (one.process.stdout, one.process.stderr):
            if stream is not None:
                stream.close()


def test_lines_for_people(root: Path, started: list[Watching]) -> None:
    """What the opening built, each change, what breaks and what cannot be read; SIGTERM ends it with 0."""
    watching = Watching(root)
    started.append(watching)
    watching.line("seeds changed: 1 added")
    watching.line("following seeds/", watching.err)
    watching.line("pinned questions: 2 of 2 hold")
    (root / "seeds/facts.txt").write_text("river: Loire\n", encoding="utf-8")
    watching.line("seeds changed: 1 changed; index updated in 0.4 s; 1 chunk embedded, 0 reused")
    watching.line("pinned questions: 1 of 2 hold; 1 broken")
    watching.line('broken what is the river? needs "Seine"; said: Loire (facts.txt)')
    (root / "seeds/photo.jpg").touch()
    (root / "seeds/new.txt").write_text("age: 7\n", encoding="utf-8")
    watching.line("photo.jpg is left out", watching.err)
    assert watching.end(signal.SIGTERM) == 0


def test_many_unreadable_files_are_counted(root: Path, started: list[Watching]) -> None:
    """A rebuild that leaves out many files names the first ten and says how many more there are."""
    watching = Watching(root)
    started.append(watching)
    watching.line("following seeds/", watching.err)
    for number in range(25):
        (root / f"seeds/{number:02}.jpg").touch()
    (root / "seeds/new.txt").write_text("age: 7\n", encoding="utf-8")
    watching.line("and 15 more; qabot sources lists them", watching.err)
    assert watching.end(signal.SIGTERM) == 0
    assert watching.err.empty()


def test_lines_for_programs(root: Path, started: list[Watching]) -> None:
    """Every line is an object with its event; Ctrl-C ends it with 0 too, and nothing stands on stderr."""
    watching = Watching(root, "--json")
    started.append(watching)
    assert json.loads(watching.line('"rebuilt"'))["added"] == ["facts.txt"]
    assert json.loads(watching.line('"following"')).keys() == {"schema", "event", "generation"}
    watching.line('"pinned"')
    (root / "seeds/facts.txt").unlink()
    rebuilt = json.loads(watching.line('"rebuilt"'))
    assert (rebuilt["removed"], rebuilt["failed"], rebuilt["repaired"]) == (["facts.txt"], [], None)
    pinned = json.loads(watching.line('"pinned"'))
    assert [one["question"] for one in pinned["broken"]] == ["what is the river?"]
    assert watching.end(signal.SIGINT) == 0
    assert watching.err.empty()


def test_pinned_questions_that_are_none(root: Path, started: list[Watching]) -> None:
    """A malformed file is named on stderr, and the index is followed all the same."""
    (root / "pinned.jsonl").write_text("no json\n", encoding="utf-8")
    watching = Watching(root)
    started.append(watching)
    watching.line("the pinned questions could not be asked: pinned.jsonl, line 1: no JSON", watching.err)
    (root / "seeds/new.txt").write_text("age: 7\n", encoding="utf-8")
    watching.line("seeds changed: 1 added; index updated in 0.4 s; 2 chunks embedded")
    assert watching.end(signal.SIGTERM) == 0


def test_pinned_questions_that_are_mended(root: Path, started: list[Watching]) -> None:
    """The next look at seeds/ asks them again when their file changed, though no document did, and only then."""
    (root / "qabot.toml").write_text("[seeds]\nsweep_s = 1\n", encoding="utf-8")
    pinned = (root / "pinned.jsonl").read_text(encoding="utf-8")
    (root / "pinned.jsonl").write_text("no json\n", encoding="utf-8")
    watching = Watching(root)
    started.append(watching)
    watching.line("the pinned questions could not be asked", watching.err)
    (root / "pinned.jsonl").write_text(pinned, encoding="utf-8")
    watching.line("pinned questions: 2 of 2 hold")
    (root / "pinned.jsonl").write_text(pinned.replace("Seine", "Loire"), encoding="utf-8")
    assert watching.line("pinned questions").endswith("pinned questions: 1 of 2 hold")
    assert watching.end(signal.SIGTERM) == 0
    assert [line for line in watching.err.queue if "pinned" in line] == []


def test_pinned_questions_are_asked_before_the_first_change(root: Path) -> None:
    """What they said then is known, so that a change which is there at the first look is told as what broke them."""
    config = Config.load(root, {})
    engine = LineEngine(config.seeds_dir)
    engine.refresh()
    (root / "seeds/facts.txt").write_text("river: Loire\n", encoding="utf-8")
    heard: list[str] = []
    with following(engine, config, heard.append):
        end = time.monotonic() + LONG_S
        while len(heard) < 2 and time.monotonic() < end:
            time.sleep(0.02)
    assert heard[0].startswith("seeds changed: 1 changed")
    assert heard[1] == "pinned questions: 1 of 2 hold; 1 broken"


def test_whoever_talks_hears_of_it(root: Path) -> None:
    """A conversation hears of rebuilds and of files that cannot be read, and not of failures that it meets itself."""
    config = Config.load(root, {})
    engine = LineEngine(config.seeds_dir)
    engine.refresh()
    heard: list[str] = []
    with following(engine, config, heard.append):
        (root / "seeds/photo.jpg").touch()
        (root / "seeds/facts.txt").write_text("river: Loire\n", encoding="utf-8")
        end = time.monotonic() + LONG_S
        while len(heard) < 2 and time.monotonic() < end:
            time.sleep(0.02)
    assert heard[0].startswith("seeds changed: 1 changed")
    assert heard[1].startswith("photo.jpg is left out")


def test_whoever_talks_hears_of_ten_files(root: Path) -> None:
    """Of many that cannot be read a conversation hears the first ten, and how many more there are."""
    (root / "pinned.jsonl").unlink()  # one breaks, which is told, too
    config = Config.load(root, {})
    engine = LineEngine(config.seeds_dir)
    engine.refresh()
    heard: list[str] = []
    with following(engine, config, heard.append):
        for number in range(25):
            (root / f"seeds/{number:02}.jpg").touch()
        (root / "seeds/facts.txt").write_text("river: Loire\n", encoding="utf-8")
        end = time.monotonic() + LONG_S
        while len(heard) < 12 and time.monotonic() < end:
            time.sleep(0.02)
    assert (len(heard), heard[11]) == (12, "and 15 more; qabot sources lists them")
