"""`qabot eval` on the command line: what it prints, where, and with which exit code."""

import gzip
import json
import shlex
import sys
from pathlib import Path

import pytest
from cli_shell import Shell, stdin_of, two_documents
from test_cli_commands import examples

from qabot.calibration import Calibration
from qabot.cli import main

VILLAGE = Path(__file__).parent / "data/evaluation/village.json"
RIVER = '{"question": "what is the river?", "answers": ["Seine"]}\n'


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line over two documents, with fifty resamples."""
    monkeypatch.setattr("qabot.evaluation.intervals.RESAMPLES", 50)
    two_documents(tmp_path)
    (tmp_path / "q.jsonl").write_text(RIVER, encoding="utf-8")
    return Shell(tmp_path, capsys)


def test_the_table_is_aligned(shell: Shell) -> None:
    """A heading, a line for each figure with value, interval and count under each other, and notes."""
    code, out, err = shell("eval", str(shell.root / "q.jsonl"))
    lines = out.split("\n")
    assert (code, err) == (0, "")
    assert lines[:2] == [
        "q.jsonl: your own index",
        f"1 question, 1 answerable, 0 not; answers shown from a confidence of {Calibration.load().threshold:.4f} on",
    ]
    head, *rows = lines[3:25]
    assert rows[0] == "exact match                   100.0 %   20.7 to 100.0   1 question"
    assert rows[-1] == "latency, 95th percentile       12.5 ms  12.5 to 12.5    1 question"
    assert [head.index("95 %"), head.index("of")] == [rows[0].index("20.7 to"), rows[0].index("1 question")]
    refusal = next(row for row in rows if row.startswith("refusal"))
    assert refusal.split(maxsplit=2) == ["refusal", "n/a", "no unanswerable"]
    assert not any(row != row.rstrip() for row in lines)


def test_json_is_one_line(shell: Shell) -> None:
    """`--json` prints one object with mode, threshold and figures; the mode follows from the options."""
    code, out, err = shell("eval", "--json", "--threshold", "0.95", str(shell.root / "q.jsonl"))
    data = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert (data["mode"], data["threshold"], data["figures"]["coverage"]["value"]) == ("index", 0.95, 0.0)
    keys = (
        "schema qabot mode data threshold figures bootstrap configuration calibration engine encoder models generation"
    )
    assert list(data) == [*keys.split(), *"documents unread packages python machine cores elapsed_s notes".split()]


def test_the_page_has_the_keys_of_the_json(shell: Shell) -> None:
    """docs/evaluation.md names every figure and every key."""
    section = (Path(__file__).parents[1] / "docs/evaluation.md").read_text(encoding="utf-8")
    data = json.loads(shell("eval", "--json", str(shell.root / "q.jsonl"))[1])
    for name in [*data, *data["figures"], *data["figures"]["em"]]:
        stem = name.removesuffix("_answerable").removesuffix("_unanswerable").removeprefix("recall_at")
        assert f"`{name}`" in section or f"`{stem}`" in section, name


def test_standard_input_is_a_file_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads a pipe, packed or not."""
    for raw in (RIVER.encode(), gzip.compress(RIVER.encode())):
        monkeypatch.setattr(sys, "stdin", stdin_of(raw))
        code, out, _ = shell("eval", "-")
        assert (code, out.split("\n")[0]) == (0, "stdin: your own index")


def test_a_report_is_written_beside_the_result(shell: Shell) -> None:
    """Stdout is what it is without; stderr names the page."""
    file, folder = str(shell.root / "q.jsonl"), shell.root / "reports"
    code, out, err = shell("eval", "--json", "--report", str(folder), file)
    page = folder / "qabot-eval.html"
    assert (code, err, json.loads(out)["figures"]["coverage"]["value"]) == (0, f"qabot: report: {page}\n", 1.0)
    assert "<h1>q.jsonl: your own index</h1>" in page.read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_stops_before_anything_is_asked(shell: Shell) -> None:
    """Nobody waits an hour to be told."""
    code, out, err = shell("eval", "--report", str(shell.root / "q.jsonl"), str(shell.root / "q.jsonl"))
    assert (code, out, err.count("\n"), shell.engines) == (2, "", 1, [])
    assert "q.jsonl: File exists. Name another folder." in err


def test_what_the_opening_changed_is_told(shell: Shell) -> None:
    """An index that had to be updated first is news, on stderr."""
    (shell.root / "seeds/.indexed").unlink()
    err = shell("eval", str(shell.root / "q.jsonl"))[2]
    assert err.startswith("qabot: seeds changed: 2 added; index updated")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["missing.jsonl"], "qabot: missing.jsonl cannot be read: No such file or directory. "),
        (["broken.jsonl"], "qabot: broken.jsonl: line 2 is no JSON. "),
        (["--given", "q.jsonl"], 'qabot: q.jsonl is not in SQuAD format: the file: "data" must be a list. '),
        (["--open", "broken.jsonl"], "qabot: broken.jsonl is not in SQuAD format: the file is no JSON. "),
        (["empty.jsonl"], "qabot: empty.jsonl holds no question. Give the file that has them."),
        (["squad.json"], 'qabot: squad.json: line 1: "question" must be a string. '),
    ],
)
def test_a_wrong_file_is_one_line_and_code_2(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, argv: list[str], said: str
) -> None:
    """What is wrong, then the remedy; nothing on stdout and no engine opened."""
    monkeypatch.chdir(shell.root)
    Path("broken.jsonl").write_text(f"{RIVER}{{\n", encoding="utf-8")
    Path("empty.jsonl").touch()
    Path("squad.json").write_text('{"data": []}', encoding="utf-8")
    code, out, err = shell("eval", *argv)
    assert (code, out, err.count("\n"), shell.engines) == (2, "", 1, [])
    assert err.startswith(said)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--given", "--open", "f"], "not allowed with argument --given"),
        (["--limit", "0", "f"], "0 is no number from 1 on"),
        (["--limit", "-3", "f"], "is no number from 1 on"),
        (["--threshold", "1.5", "f"], "1.5 is no probability, 0 to 1"),
        (["--threshold", "nan", "f"], "nan is no probability, 0 to 1"),
        ([], "the following arguments are required: FILE"),
    ],
)
def test_wrong_options_are_refused(shell: Shell, argv: list[str], said: str) -> None:
    """Usage errors have code 2."""
    code, out, err = shell("eval", *argv)
    assert (code, out) == (2, "")
    assert said in err


def test_every_example_of_the_help_works(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each runs as written, with the shipped models, over a folder that has what it names."""
    monkeypatch.chdir(shell.root)
    Path("questions.jsonl").write_text(RIVER, encoding="utf-8")
    Path("squad.json").write_bytes(VILLAGE.read_bytes())
    Path("squad.json.gz").write_bytes(gzip.compress(VILLAGE.read_bytes()))
    lines = examples(shell("eval", "--help")[1])
    assert len(lines) == 5
    for line in lines:
        words = shlex.split(line)
        assert (words[:2], main(words[1:], environ={})) == (["qabot", "eval"], 0), line
        assert capsys.readouterr().out
