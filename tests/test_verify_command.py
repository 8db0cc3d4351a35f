"""`qabot verify` as a command: what it prints, its codes, and what it does not load."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_process import run
from cli_shell import Shell, stdin_of
from corpus import make_root
from results import HOSTILE
from verified import FILES, OPENS, TEXT, answer_of, changed_answer, quote_of, write

from qabot.documents import read_document
from qabot.sentences import sentence_spans


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with two documents."""
    return make_root(tmp_path, FILES).root


@pytest.fixture
def asked(root: Path) -> dict[str, Any]:
    """An answer that quotes the pool's first sentence."""
    return answer_of(quote_of(root, "pool.md", OPENS))


@pytest.fixture
def shell(root: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line over the two documents."""
    return Shell(root, capsys)


def test_the_command_prints_states_and_the_sum(
    shell: Shell, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From stdin, with question, state and place; no engine is opened, nothing is written beside seeds/."""
    monkeypatch.setattr(sys, "stdin", stdin_of(json.dumps(asked).encode()))
    assert shell("verify") == (
        0,
        f"? When?\n  unchanged  pool.md:3\n             > {OPENS}\n\n1 quote: 1 unchanged.\n",
        "",
    )
    assert shell.engines == []
    assert [path.name for path in shell.root.iterdir()] == ["seeds"]


def test_the_command_marks_what_is_not_the_quote(shell: Shell, asked: dict[str, Any]) -> None:
    """A changed quote has code 1; the old words, then the nearest ones, said to be no quote."""
    (shell.root / "answer.json").write_text(json.dumps(asked), encoding="utf-8")
    write(shell.root, "pool.md", TEXT.replace("7", "9"))
    code, out, err = shell("verify", str(shell.root / "answer.json"))
    assert (code, err) == (1, "")
    assert out.split("\n") == [
        "? When?",
        "  changed    pool.md",
        "             these words do not stand in the file; the file changed",
        f"             > {OPENS}",
        "             nearest now (97% alike, not the quote), pool.md:3:",
        f"             > {OPENS.replace('7', '9')}",
        "",
        "1 quote: 1 changed.",
        "",
    ]


def test_a_cut_sentence_is_told_as_in_the_answer(shell: Shell) -> None:
    """Where the quoted sentence was too long to quote whole; the JSON has nothing of it, as that of an answer."""
    sentence = f"The pool {'is open and ' * 120}closed"
    write(shell.root, "pool.md", f"{sentence}.\n")
    document = read_document(shell.root / "seeds", "pool.md", max_bytes=10**7)
    first = sentence_spans(document)[0].of(document.text)
    (shell.root / "answer.json").write_text(json.dumps(answer_of(quote_of(shell.root, "pool.md", first))))
    _, unchanged, _ = shell("verify", str(shell.root / "answer.json"))
    assert "  unchanged  pool.md:1, part of a longer sentence\n" in unchanged
    write(shell.root, "pool.md", f"New.\n\n{sentence}.\n")
    _, moved, _ = shell("verify", str(shell.root / "answer.json"))
    assert "  moved      pool.md, now pool.md:3, part of a longer sentence\n" in moved
    assert moved.count("> […]\n") == 1
    assert f"> {first}\n             > […]\n" in moved
    write(shell.root, "pool.md", f"{sentence.replace('closed', 'shut').replace('The pool', 'A pool')}.\n")
    _, changed, _ = shell("verify", str(shell.root / "answer.json"))
    assert changed.rstrip().split("\n")[-3].endswith("> […]")
    assert "cut" not in shell("verify", "--json", str(shell.root / "answer.json"))[1]


def test_json_has_an_object_for_each_line(shell: Shell, asked: dict[str, Any]) -> None:
    """Also for a line that is no answer, which stderr names; the others are verified, the code is 2."""
    file = shell.root / "answers.jsonl"
    file.write_text(f"{json.dumps(asked)}\n\nriver\n{json.dumps(asked)}\n", encoding="utf-8")
    code, out, err = shell("verify", "--json", str(file))
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, [one["line"] for one in found], [len(one["quotes"]) for one in found]) == (2, [1, 3, 4], [1, 0, 1])
    assert err.startswith("qabot: line 3: this is not JSON: ")
    assert found[1]["error"].startswith("this is not JSON: ")
    quote = found[0]["quotes"][0]
    assert list(quote) == ["part", "state", "detail", "text", "source", "start", "end", "now", "nearest"]
    assert quote["now"] == {"source": "pool.md", "start": 8, "end": 43, "line_start": 3, "line_end": 3, "page": None}


def test_a_file_that_cannot_be_opened_is_told(shell: Shell) -> None:
    """A missing file, a folder and a name that no system allows are one line with code 2."""
    for name in (str(shell.root / "none.json"), str(shell.root), "a\0b"):
        code, out, err = shell("verify", name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert "cannot be read" in err


def test_nothing_in_an_answer_instructs_the_terminal(shell: Shell, asked: dict[str, Any]) -> None:
    """Escape sequences in question, source and text leave as symbols; in JSON they parse back."""
    hostile = changed_answer({**asked, "question": HOSTILE, "answer": None}, source=HOSTILE, text=HOSTILE)
    hostile["quotes"][0] |= {"start": 0, "end": len(HOSTILE), "answer_start": None, "answer_end": None}
    file = shell.root / "answer.json"
    file.write_text(json.dumps(hostile), encoding="utf-8")
    code, out, _ = shell("verify", str(file))
    assert code == 1
    assert not [char for char in out if char != "\n" and not char.isprintable()]
    assert json.loads(shell("verify", "--json", str(file))[1])["quotes"][0]["text"] == HOSTILE


def test_no_name_forges_a_line(shell: Shell, asked: dict[str, Any]) -> None:
    """A line end in a source's name leaves as a symbol, so that no verdict can be put into the list."""
    file = shell.root / "answer.json"
    file.write_text(json.dumps(changed_answer(asked, source="x\n  unchanged  pool.md")), encoding="utf-8")
    (shell.root / "seeds/pool.md").unlink()
    code, out, _ = shell("verify", str(file))
    assert (code, out.split("\n")[1]) == (1, "  deleted    x\u240a  unchanged  pool.md")


def test_verifying_loads_no_model_and_no_index(root: Path, asked: dict[str, Any]) -> None:
    """A process that verifies imports neither ONNX Runtime nor FAISS, nor anything else of an index."""
    (root / "answer.json").write_text(json.dumps(asked), encoding="utf-8")
    code = "import sys; from qabot.cli import main; main(sys.argv[1:]); print(sorted(sys.modules))"
    done = run(root, "verify", str(root / "answer.json"))
    assert (done.returncode, done.stdout.split(b"\n")[1]) == (0, b"  unchanged  pool.md:3")
    loaded = run(root, "verify", str(root / "answer.json"), program=(sys.executable, "-c", code)).stdout.decode()
    assert "unchanged" in loaded
    for heavy in ("onnxruntime", "faiss", "tantivy", "numpy", "tokenizers", "discord"):
        assert f"'{heavy}'" not in loaded, heavy
