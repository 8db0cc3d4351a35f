"""Pinned questions: asked of each new index, told when a change breaks or mends them, refused when malformed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from cli_shell import Shell
from line_engine import LineEngine

from qabot.config import Config
from qabot.doctor.pinned import pinned_checks, pinned_file_checks
from qabot.errors import ConfigError
from qabot.pinned import Pin, PinnedQuestions, load_pins
from qabot.pinned.running import RESULTS_NAME

RIVER = {"question": "what is the river?", "quote": "river:  Seine"}


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line over one document."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "embeddings").mkdir()
    (tmp_path / "seeds/facts.txt").write_text("river: Seine\n", encoding="utf-8")
    return Shell(tmp_path, capsys)


def pin(root: Path, *pins: dict[str, str | None]) -> None:
    """Write the file."""
    (root / "pinned.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in pins), encoding="utf-8")


def indexed(shell: Shell) -> tuple[int, dict[str, object]]:
    """Exit code and what stands under ``pinned``."""
    code, out, _ = shell("index", "--json")
    return code, json.loads(out)["pinned"]


def test_what_a_change_breaks_and_mends(shell: Shell) -> None:
    """The report names it once as broken, then as failing, and at last as mended; the exit code is 1 meanwhile."""
    pin(shell.root, RIVER, {"question": "what is the lake?", "quote": None})
    assert indexed(shell) == (0, {"questions": 2, "holding": 2, "broken": [], "mended": [], "failing": []})
    (shell.root / "seeds/facts.txt").write_text("river: Loire\nlake: Geneva\n", encoding="utf-8")
    river = {**RIVER, "source": None, "said": "Loire (facts.txt)"}
    lake = {"question": "what is the lake?", "quote": None, "source": None, "said": "Geneva (facts.txt)"}
    both = {"questions": 2, "holding": 0, "mended": [], "failing": [river, lake]}
    assert indexed(shell) == (1, {**both, "broken": [river, lake]})
    assert indexed(shell) == (1, {**both, "broken": []})
    (shell.root / "seeds/facts.txt").write_text("river: Seine\n", encoding="utf-8")
    code, out, _ = shell("index")
    assert code == 0
    assert "pinned questions: 2 of 2 hold; 2 mended\n" in out
    assert '  mended    what is the river? needs "river: Seine"; said: Seine (facts.txt)\n' in out


def test_a_source_must_say_it(shell: Shell) -> None:
    """The right words from another document than the one named do not count."""
    (shell.root / "seeds/other.txt").write_text("age: 7\n", encoding="utf-8")
    pin(shell.root, {**RIVER, "source": "other.txt"}, {**RIVER, "source": "facts.txt"})
    code, pinned = indexed(shell)
    assert (code, pinned["holding"]) == (1, 1)


def test_they_are_asked_once_of_an_index(shell: Shell) -> None:
    """The same questions over the same index are known; another file of questions is asked."""
    pin(shell.root, RIVER)
    questions = PinnedQuestions(shell.root / "pinned.jsonl", shell.root / "embeddings")
    engine = LineEngine(shell.root / "seeds")
    engine.refresh()
    for _ in range(2):
        assert questions.run(engine) is not None
    assert len(engine.asked) == 1
    pin(shell.root, RIVER, RIVER)
    questions.run(engine)
    assert len(engine.asked) == 3
    assert questions.run(engine, stopped=lambda: True) is not None  # nothing was left to ask


def test_each_process_tells_what_changed_for_it(shell: Shell) -> None:
    """Of two that follow the same documents only one asks, and both tell what the change broke, once."""
    pin(shell.root, RIVER)
    engine = LineEngine(shell.root / "seeds")
    engine.refresh()
    both = [PinnedQuestions(shell.root / "pinned.jsonl", shell.root / "embeddings") for _ in range(2)]
    for questions in both:
        questions.run(engine)
    (shell.root / "seeds/facts.txt").write_text("river: Loire\n", encoding="utf-8")
    engine.refresh()
    reports = [questions.run(engine) for questions in (*both, *both)]
    assert [len(report.broken) for report in reports if report is not None] == [1, 1, 0, 0]
    assert len(engine.asked) == 2


def test_a_stop_leaves_what_was_known(shell: Shell) -> None:
    """Half a run is none: nothing is told, and the results of the last one stay."""
    pin(shell.root, RIVER)
    engine = LineEngine(shell.root / "seeds")
    questions = PinnedQuestions(shell.root / "pinned.jsonl", shell.root / "embeddings")
    assert questions.run(engine, stopped=lambda: True) is None
    assert not (shell.root / "embeddings" / RESULTS_NAME).exists()


def test_without_a_file_there_are_none(shell: Shell) -> None:
    """And nothing is said of them; an empty file holds no question."""
    assert indexed(shell) == (0, None)
    (shell.root / "pinned.jsonl").touch()
    assert indexed(shell)[0] == 0
    assert "pinned" not in shell("index")[1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "pinned.jsonl, line 2: no JSON"),
        ("[]", "line 2: no object"),
        ('{"question": "a"}', "line 2: question and quote must be given"),
        ('{"question": " ", "quote": "b"}', "line 2: question must be a text that is not empty"),
        ('{"question": "a", "quote": ""}', "line 2: quote must be a text"),
        ('{"question": "a", "quote": 7}', "line 2: quote must be a text"),
        ('{"question": "a", "quote": "b", "source": 7}', "line 2: source must be a text"),
        ('{"question": "a", "quote": "b", "sauce": "c"}', "line 2: unknown key sauce"),
    ],
)
def test_a_malformed_line_is_named(shell: Shell, line: str, said: str) -> None:
    """With its number and what a line looks like; the exit code is that of a wrong configuration."""
    (shell.root / "pinned.jsonl").write_text(f"\n{line}\n", encoding="utf-8")
    code, out, err = shell("index")
    assert (code, out) == (2, "")
    assert said in err
    assert 'A line reads {"question": "..."' in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe is not waited for, and neither a folder nor bytes of no text are taken for questions."""
    path = tmp_path / "pinned.jsonl"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_pins(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="is no regular file"):
        load_pins(path)


def test_results_that_are_none_are_passed_over(shell: Shell) -> None:
    """Whatever stands in the file of results, the questions are asked again."""
    pin(shell.root, RIVER)
    for written in ("", "[]", '{"schema": 1}', '{"schema": 1, "outcomes": [{}], "sha256": "x", "generation": "y"}'):
        (shell.root / "embeddings" / RESULTS_NAME).write_text(written, encoding="utf-8")
        code, pinned = indexed(shell)
        assert (code, pinned["broken"], pinned["holding"]) == (0, [], 1)


def test_doctor_tells_how_they_did(shell: Shell) -> None:
    """Not asked yet, all hold, one fails with what helps, and a file that is malformed."""
    config = Config.load(shell.root, {})

    def told() -> list[tuple[str, str]]:
        checks = [*pinned_file_checks(config), *pinned_checks(config)]
        return [(check.state, check.text) for check in checks]

    assert told() == []
    pin(shell.root, RIVER)
    assert told() == [("warning", "the pinned questions were not asked of this index yet")]
    shell("index")
    current = shell.engines[-1].generation_id.rjust(16, "0")
    results = json.loads((shell.root / "embeddings" / RESULTS_NAME).read_text())
    (shell.root / "embeddings" / RESULTS_NAME).write_text(json.dumps({**results, "generation": current}))
    (shell.root / "embeddings/CURRENT").write_text(f"{current}\n")
    assert told() == [("ok", "pinned questions: 1 of 1 hold")]
    results["outcomes"][0] |= {"holds": False, "said": "Loire (facts.txt)"}
    (shell.root / "embeddings" / RESULTS_NAME).write_text(json.dumps({**results, "generation": current}))
    assert told()[1] == ("warning", 'what is the river? needs "river: Seine"; said: Loire (facts.txt)')
    (shell.root / "pinned.jsonl").write_text("x", encoding="utf-8")
    assert [state for state, _ in told()] == ["problem"]


def test_the_words_are_compared_without_white_space(tmp_path: Path) -> None:
    """A line break in the document is a space in the pin."""
    (tmp_path / "pinned.jsonl").write_text('\ufeff{"question": "a", "quote": "b"}\r\n', encoding="utf-8")
    pins = load_pins(tmp_path / "pinned.jsonl")
    assert pins is not None
    assert pins.pins == (Pin("a", "b"),)
