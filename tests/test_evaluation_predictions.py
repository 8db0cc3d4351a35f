"""The answers of an evaluation as a file that the SQuAD scripts read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from cli_shell import Shell, two_documents
from evaluated import outcome

from qabot.errors import UsageError
from qabot.evaluation.outcomes import Outcome
from qabot.evaluation.predictions import predictions, require_keys, writable, write_predictions

ROWS = """\
{"question": "what is the river?", "answers": ["Seine"], "id": "r-1"}

{"question": "what is the mayor's name?", "answers": null}
{"question": "what is the age?", "answers": ["18"]}
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line over two documents and a file of three questions, with ten resamples."""
    monkeypatch.setattr("qabot.evaluation.intervals.RESAMPLES", 10)
    two_documents(tmp_path)
    (tmp_path / "q.jsonl").write_text(ROWS, encoding="utf-8")
    return Shell(tmp_path, capsys)


def named(one: Outcome, place: str, ident: str | None = None) -> Outcome:
    """The outcome with its question at a place of the file."""
    return replace(one, question=replace(one.question, place=place, id=ident))


def test_answers_stand_by_their_ids_and_refusals_are_empty() -> None:
    """At the threshold an answer is shown; without an id the line is one; a missing prediction is missing."""
    outcomes = [
        named(outcome("cat", "the cat", 0.5), "line 1", "a"),
        named(outcome("cat", "cat", 0.49), "line 2"),
        named(outcome("cat", ""), "line 4"),
        named(outcome("cat", None), "line 5"),
        named(outcome("cat", "dog"), "data[0].paragraphs[0].qas[2]"),
    ]
    expected = {"a": "the cat", "2": "", "4": "", "data[0].paragraphs[0].qas[2]": "dog"}
    assert predictions(outcomes, 0.5) == expected


def test_the_command_writes_them(shell: Shell) -> None:
    """Stdout is what it is without; what the file held before is replaced."""
    (shell.root / "p.json").write_text("old", encoding="utf-8")
    code, out, err = shell("eval", "--json", "--predictions", str(shell.root / "p.json"), str(shell.root / "q.jsonl"))
    said = json.loads((shell.root / "p.json").read_text(encoding="utf-8"))
    assert (code, err) == (0, f"qabot: predictions: {shell.root / 'p.json'}\n")
    assert json.loads(out)["figures"]["em"]["n"] == 3
    assert said == {"r-1": "Seine", "3": "", "4": "18 years"}


def test_two_questions_with_one_id_stop_before_anything_is_asked(shell: Shell) -> None:
    """One answer would be lost; an id may be another question's line, too. Without --predictions they are fine."""
    (shell.root / "q.jsonl").write_text(ROWS.replace("r-1", "3"), encoding="utf-8")
    code, out, err = shell("eval", "--predictions", str(shell.root / "p.json"), str(shell.root / "q.jsonl"))
    assert (code, out, shell.engines) == (2, "", [])
    assert err.startswith('qabot: q.jsonl: line 3: an earlier question has the id "3" too. For --predictions give each')
    assert shell("eval", str(shell.root / "q.jsonl"))[0] == 0


def test_ids_are_compared_as_they_are_written() -> None:
    """Different ones are no error."""
    require_keys("q", [named(outcome("cat", "cat"), f"line {n}").question for n in range(1, 4)])
    with pytest.raises(UsageError, match="line 2: an earlier"):
        require_keys("q", [named(outcome("cat", "cat"), f"line {n}", "x").question for n in (1, 2)])


def test_a_place_that_cannot_be_written_is_told_before_anything_is_asked(shell: Shell) -> None:
    """A folder, a folder that is not there, and a link, which would be replaced and not followed."""
    link = shell.root / "link.json"
    link.symlink_to(shell.root / "p.json")
    for where in (shell.root, shell.root / "none/p.json", link):
        code, out, err = shell("eval", "--predictions", str(where), str(shell.root / "q.jsonl"))
        assert (code, out, err.count("\n"), shell.engines) == (2, "", 1, [])
        assert err.startswith(f"qabot: the predictions cannot be written to {where}: ")
    assert link.is_symlink()
    with pytest.raises(UsageError, match="Name another file"):
        writable(Path("a\0b/p.json"))


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    """Also after the questions."""
    with pytest.raises(UsageError, match=r"No such file or directory\. Name another file\."):
        write_predictions([], 0.5, tmp_path / "none/p.json")
