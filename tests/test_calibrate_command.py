"""`qabot calibrate` on the command line: what it prints, where, and with which exit code."""

import json
import sys
from pathlib import Path

import pytest
from cli_shell import Shell, stdin_of, two_documents

from qabot.own_calibration import KEPT_NAME

PAGES = Path(__file__).parents[1] / "docs"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line over two documents, an index's folder, and fifty questions whose answers are all wrong."""
    two_documents(tmp_path)
    (tmp_path / "embeddings").mkdir()
    rows = [{"question": f"what is the river, {n}?", "answers": ["Loire"] if n % 2 else None} for n in range(50)]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return Shell(tmp_path, capsys)


def test_before_and_after_are_told_with_counts(shell: Shell) -> None:
    """A table, what changed, and what was kept; the engine was asked with what is kept set aside."""
    code, out, err = shell("calibrate", str(shell.root / "q.jsonl"))
    lines = out.split("\n")
    assert (code, err) == (0, "")
    assert lines[:2] == ["q.jsonl: labelled questions", "50 questions, 25 answerable, 25 not"]
    assert lines[3].split(maxsplit=2) == ["before", "after", "after is of"]
    assert lines[4].split(maxsplit=1) == ["precision", "0.0 % (0 of 50)               0.0 % (0 of 50)"]
    assert "the shipped one stays: of the 50 surest answers 50 are wrong." in out
    assert "Kept in embeddings/calibration.json, with the index; qabot calibrate --reset removes it." in out
    assert shell.engines[0].aside
    assert shell.engines[0].closed
    [(kept, _)] = shell.engines[0].own_calibration.kept
    assert kept.stated(0.93) < 0.6


def test_json_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--json` prints one object; its keys are those of docs/calibration.md."""
    raw = (shell.root / "q.jsonl").read_bytes()
    monkeypatch.setattr(sys, "stdin", stdin_of(raw))
    code, out, err = shell("calibrate", "--json", "-")
    data = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert (data["basis"], data["kept"], data["promise"]) == ("labelled", True, None)
    assert data["data"]["name"] == "stdin"
    page = (PAGES / "calibration.md").read_text(encoding="utf-8")
    for name in [*data, *data["data"], *data["before"], *data["recalibration"], *data["tested"][0]]:
        assert f"`{name}`" in page, name


def test_without_a_file_questions_are_made(shell: Shell) -> None:
    """Two documents of two lines: how the shipped calibration does on what can be made of them; nothing changes."""
    code, out, _ = shell("calibrate")
    assert code == 0
    assert out.startswith("questions made from the documents\n")
    assert "Nothing was changed" in out
    assert "Estimate of the shipped calibration, no guarantee" in out


def test_reset_removes_what_was_kept(shell: Shell) -> None:
    """Without an engine; the second time there is nothing left, and that is no failure."""
    (shell.root / "embeddings" / KEPT_NAME).write_text("{}")
    assert shell("calibrate", "--reset") == (
        0, "The calibration of these documents is removed; the shipped one answers again.\n", "",
    )  # fmt: skip
    code, out, _ = shell("calibrate", "--reset", "--json")
    assert (code, json.loads(out)["removed"], shell.engines) == (0, False, [])


def test_a_malformed_line_is_code_2(shell: Shell) -> None:
    """What is wrong, then the remedy, on one line; nothing is kept."""
    (shell.root / "q.jsonl").write_text('{"question": "x", "answers": ["y"]}\n{\n')
    code, out, err = shell("calibrate", str(shell.root / "q.jsonl"))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("qabot: q.jsonl: line 2 is no JSON. Each line must be an object like {")
    assert err.endswith("; qabot calibrate reads nothing else.\n")


def test_squad_format_is_told_what_is_read_here(shell: Shell) -> None:
    """The options of `qabot eval` would be refused here, so nobody is sent to them."""
    (shell.root / "q.jsonl").write_text('{"data": [],\n "version": "1.1"}\n')
    code, _, err = shell("calibrate", str(shell.root / "q.jsonl"))
    assert code == 2
    assert "--given" not in err
    assert err.endswith("; qabot calibrate reads nothing else.\n")


def test_a_file_and_reset_exclude_each_other(shell: Shell) -> None:
    """Nobody loses a calibration by a slip."""
    code, _, err = shell("calibrate", "--reset", "q.jsonl")
    assert code == 2
    assert "not allowed with argument" in err


@pytest.mark.parametrize("argv", [("ask", "what is the river?"), ("sources",), ("chat",)])
def test_a_calibration_that_is_not_used_is_told_once(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    """On stderr, at the opening, by every command that answers or lists."""
    (shell.root / "seeds/.uncalibrated").touch()
    monkeypatch.setattr(sys, "stdin", stdin_of(b"what is the river?\nand the capital?\n"))
    _, _, err = shell(*argv)
    assert err.count("qabot: calibration.json is not used.") == 1


def test_the_page_says_what_the_promise_needs() -> None:
    """The numbers on the page are those of the code."""
    from qabot.calibrating import risk, runs

    page = (PAGES / "calibration.md").read_text(encoding="utf-8")
    for number in (
        f"at least {risk.MIN_ANSWERS} answers",
        f"before {risk.MIN_UNANSWERABLE} of the questions",
        f"{runs.LEAST_ANSWERS} answers",
        "0.98, 0.96, ... 0.02",
    ):
        assert number in page, number
    assert (risk.ALPHA, risk.DELTA, risk.GRID[0], risk.GRID[1], risk.GRID[-1]) == (0.1, 0.1, 0.98, 0.96, 0.02)
