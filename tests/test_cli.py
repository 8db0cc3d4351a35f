"""`qabot ask` inside one process: questions, exit codes, what goes where."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_shell import Shell, stdin_of, two_documents
from line_engine import BROKEN_QUESTION, LOCKED, LineEngine

from qabot import cli
from qabot.datatypes import Filters
from qabot.errors import ModelError

NOT_UPDATED = f"{LOCKED.problem}; until it is done, the one before answers"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line over two documents."""
    two_documents(tmp_path)
    return Shell(tmp_path, capsys)


def test_an_answer_goes_to_stdout_with_code_0(shell: Shell) -> None:
    """An answered question prints the answer and nothing else anywhere; the engine is closed."""
    code, out, err = shell("ask", "What is the river?")
    assert (code, out.split("\n")[0], err) == (0, "Seine", "")
    assert out.endswith("(93%)\n")
    assert shell.engines[-1].closed


def test_no_answer_has_code_1(shell: Shell) -> None:
    """A refusal is a result: on stdout, with code 1."""
    code, out, err = shell("ask", "Who is the king?")
    assert (code, out.split("\n")[0], err) == (1, "Not in these documents.", "")


def test_json_is_one_object_on_one_line(shell: Shell) -> None:
    """--json prints one parseable line, answered or not."""
    for question, code in (("What is the river?", 0), ("Who is the king?", 1)):
        got, out, _ = shell("ask", "--json", question)
        assert (got, out.count("\n"), json.loads(out)["question"]) == (code, 1, question)


@pytest.mark.parametrize(
    "argv",
    [
        ("ask", "what", "is", "the", "river"),
        ("ask", "--json", "what", "is", "the", "river"),
        ("ask", "what", "is", "--json", "the", "river"),
        ("ask", "what is", "--top", "2", "the river", "--json"),
    ],
)
def test_a_question_may_be_several_words(shell: Shell, argv: tuple[str, ...]) -> None:
    """Unquoted words are joined in their order, wherever the options stand."""
    assert shell(*argv)[0] == 0
    assert shell.asked[0] == "what is the river"


def test_a_question_may_begin_with_a_dash(shell: Shell) -> None:
    """Behind ``--`` everything is the question."""
    assert shell("ask", "--json", "--", "-5", "river")[0] == 0
    assert shell.asked[0] == "-5 river"


def test_an_argument_that_is_not_utf8_does_not_crash(shell: Shell) -> None:
    """A byte that Python could not decode becomes U+FFFD in the question."""
    code, out, _ = shell("ask", "--json", "river \udcff")
    assert (code, json.loads(out)["question"]) == (0, "river \ufffd")


@pytest.mark.parametrize("json_flag", [True, False])
def test_stdin_answers_each_line_in_order_with_code_0(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, *, json_flag: bool
) -> None:
    """Every line gets its result: answers, refusals, empty lines, bad UTF-8, CRLF, a mark, and no last line end."""
    monkeypatch.setattr(sys, "stdin", stdin_of(b"\xef\xbb\xbfriver?\r\n\nking?\n\xff\xfe capital\nage"))
    code, out, err = shell("ask", "--stdin", *(["--json"] if json_flag else []))
    assert (code, err) == (0, "")
    asked = ["river?", "", "king?", "\ufffd\ufffd capital", "age"]
    assert [question for question, _, _ in shell.engines[-1].asked] == asked
    if json_flag:
        results = [json.loads(line) for line in out.splitlines()]
        assert [result["question"] for result in results] == asked
        assert [result["reason"] for result in results] == [None, "empty_question", "below_threshold", None, None]
    else:
        assert [line for line in out.split("\n") if line.startswith("?")] == [f"? {text}" for text in asked]


def test_stdin_that_is_closed_is_a_usage_error(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a standard input --stdin says so."""
    monkeypatch.setattr(sys, "stdin", None)
    code, out, err = shell("ask", "--stdin")
    assert (code, out) == (2, "")
    assert err.startswith("qabot: there is no standard input. ")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "COMMAND"),
        (("ask",), 'ask what? For example: qabot ask "Who signed it?"; or --stdin'),
        (("ask", "--stdin", "who"), "not both"),
        (("ask", "who", "--top", "0"), "0 is no number from 1 to 100"),
        (("ask", "who", "--since", "2021"), "2021 is no date; write it as YYYY-MM-DD"),
        (("ask", "who", "--until", "2021-02-30"), "2021-02-30 is no date"),
        (("ask", "who", "--since", "2021-02-02", "--until", "2021-01-01"), "later than --until"),
        (("ask", "who", "--jso"), "unknown: --jso"),
        (("index", "now"), "unknown: now"),
        (("sing",), "invalid choice: 'sing'"),
    ],
)
def test_wrong_usage_has_code_2_and_says_how(shell: Shell, argv: tuple[str, ...], said: str) -> None:
    """Arguments that make no sense end with usage, the mistake in words, code 2, and no engine."""
    code, out, err = shell(*argv)
    assert (code, out, shell.engines) == (2, "", [])
    assert err.startswith("usage: qabot")
    assert said in err


def test_a_folder_that_does_not_exist_has_code_2(shell: Shell) -> None:
    """A configuration error is one line with its remedy."""
    code, out, err = shell("--root", str(shell.root / "nowhere"), "ask", "who")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("qabot: there is no folder ")
    assert err.endswith("Name one with --root or QABOT_ROOT.\n")


def test_an_index_that_cannot_be_used_has_code_3(shell: Shell) -> None:
    """What the engine cannot do is one line with its remedy, and the engine is closed all the same."""
    code, out, err = shell("ask", BROKEN_QUESTION)
    assert (code, out) == (3, "")
    assert err == "qabot: vectors.bin differs from its checksum. Run `qabot index --full`.\n"
    assert shell.engines[-1].closed


def test_a_model_that_cannot_be_loaded_has_code_3(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error while opening is told in the same way, with control characters neutralised."""

    def refuse(*_: Any, **__: Any) -> LineEngine:
        raise ModelError("encoder.onnx\x1b[2J is damaged", remedy="Reinstall qabot.")

    monkeypatch.setattr(shell, "open", refuse)
    assert shell("ask", "who") == (3, "", "qabot: encoder.onnx\u241b[2J is damaged. Reinstall qabot.\n")


def test_ctrl_c_has_code_130_and_says_nothing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupted run ends quietly."""

    def interrupt(*_: Any, **__: Any) -> LineEngine:
        raise KeyboardInterrupt

    monkeypatch.setattr(shell, "open", interrupt)
    assert shell("ask", "who") == (130, "", "")


def test_root_may_stand_before_or_after_the_command(shell: Shell) -> None:
    """--root works on both sides and wins over QABOT_ROOT."""
    elsewhere = {"QABOT_ROOT": "/nowhere"}
    assert shell("--root", str(shell.root), "ask", "river", environ=elsewhere)[0] == 0
    assert shell("ask", "--root", str(shell.root), "river", environ=elsewhere)[0] == 0
    assert shell("ask", "river", environ=elsewhere)[0] == 2


def test_filters_and_top_reach_the_engine(shell: Shell) -> None:
    """Names are resolved to ids and folders; dates and the number of answers arrive as given."""
    options = ("--source", "code", "--source", "seeds/facts.txt", "--collection", "law/", "--since", "2021-01-01")
    assert shell("ask", "capital", *options, "--until", "2022-12-31", "--top", "7")[0] == 0
    filters = Filters(frozenset({"facts.txt", "law/civil/code.txt"}), frozenset({"law"}), "2021-01-01", "2022-12-31")
    assert shell.asked == ("capital", filters, 7)
    assert shell("ask", "capital")[0] == 0
    assert shell.asked == ("capital", Filters(), 3)


def test_an_unknown_source_has_code_2_and_names_the_nearest(shell: Shell) -> None:
    """A name that no document has is refused before anything is asked."""
    code, out, err = shell("ask", "who", "--source", "fact")
    assert (code, out, shell.engines[-1].asked) == (2, "", [])
    assert err == "qabot: there is no document fact. The nearest: facts.txt; `qabot sources` lists all.\n"


def test_an_update_and_its_problems_are_told_on_stderr(shell: Shell) -> None:
    """When the seeds had changed, stderr says what, and each unreadable file with its remedy; stdout is the answer."""
    (shell.root / "seeds/.indexed").unlink()
    (shell.root / "seeds/scan.pdf").touch()
    code, out, err = shell("ask", "--json", "river")
    assert (code, json.loads(out)["answer"]) == (0, "Seine")
    assert err.split("\n") == [
        "qabot: seeds changed: 2 added; index updated in 0.4 s",
        "qabot: scan.pdf is left out: .pdf is not supported. Save it as .txt.",
        "",
    ]


def test_the_opening_names_only_files_that_were_not_known(shell: Shell) -> None:
    """What the index did not hold before is not told with every update; `qabot sources` lists it."""
    (shell.root / "seeds/.indexed").unlink()
    (shell.root / "seeds/scan.pdf").touch()
    assert "scan.pdf is left out" in shell("ask", "What is the river?")[2]
    (shell.root / "seeds/.known").touch()
    said = shell("ask", "What is the river?")[2]
    assert said.startswith("qabot: seeds changed: ")
    assert "scan.pdf" not in said


def test_the_collection_of_all_documents_restricts_nothing(shell: Shell) -> None:
    """`--collection .` means everything, also beside another one."""
    assert shell("ask", "--collection", ".", "--collection", "law", "What is the river?")[0] == 0
    assert not shell.asked[1].restricts


def test_a_repair_is_told_as_one(shell: Shell) -> None:
    """An index that was damaged and built again is not told as if the seeds had changed."""
    (shell.root / "seeds/.indexed").unlink()
    (shell.root / "seeds/.damaged").touch()
    code, out, err = shell("ask", "river")
    assert (code, out.split("\n")[0]) == (0, "Seine")
    assert err == "qabot: vectors.bin differs from its checksum; the index was built again in 0.4 s\n"


@pytest.mark.parametrize(("argv", "out_has"), [(("ask", "river"), "Seine"), (("sources",), "facts.txt")])
def test_an_index_that_could_not_be_updated_is_told(shell: Shell, argv: tuple[str, ...], out_has: str) -> None:
    """The index before answers, and stderr says so and why."""
    (shell.root / "seeds/.locked").touch()
    code, out, err = shell(*argv)
    assert code == 0
    assert out_has in out
    assert err == f"qabot: {NOT_UPDATED}\n"


def test_a_conversation_begins_with_what_the_opening_could_not_do(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`chat` says once that the index could not be updated, then answers every question."""
    (shell.root / "seeds/.locked").touch()
    monkeypatch.setattr(sys, "stdin", stdin_of(b"river\nage\n"))
    code, out, err = shell("chat")
    assert (code, err) == (0, f"qabot: {NOT_UPDATED}\n")
    assert "Seine" in out
    assert "18 years" in out


class ChangingLines(io.BytesIO):
    """A standard input that changes the seeds while its second line and its third are read."""

    def __init__(self, seeds: Path) -> None:
        super().__init__(b"king\nking\nriver\n")
        self._steps = iter(
            [
                lambda: None,
                lambda: (seeds / "new.txt").write_text("king: Arthur\n", encoding="utf-8"),
                (seeds / ".locked").touch,
            ]
        )

    def __next__(self) -> bytes:
        """The next line, after what happens meanwhile."""
        line = super().__next__()
        next(self._steps)()
        return line


def test_each_line_of_stdin_is_answered_from_the_files_of_that_moment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that comes while lines are read answers the next one; changes and failures are told on stderr."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(ChangingLines(shell.root / "seeds"), encoding="utf-8"))
    code, out, err = shell("ask", "--json", "--stdin")
    assert (code, [json.loads(line)["answer"] for line in out.splitlines()]) == (0, [None, "Arthur", "Seine"])
    assert err.split("\n") == [
        "qabot: seeds changed: 1 added; index updated in 0.4 s",
        f"qabot: {NOT_UPDATED}",
        "",
    ]


def test_a_long_question_is_echoed_in_short(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above its answer a question takes one line of bearable length; the JSON has it whole."""
    long = "river " * 2000
    monkeypatch.setattr(sys, "stdin", stdin_of(long.encode()))
    echo = shell("ask", "--stdin")[1].split("\n")[0]
    assert echo.startswith("? river river ")
    assert echo.endswith("\u2026")
    assert len(echo) <= 200
    monkeypatch.setattr(sys, "stdin", stdin_of(long.encode()))
    assert json.loads(shell("ask", "--stdin", "--json")[1])["question"] == long


def test_ctrl_c_while_an_error_is_told_has_code_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """The console command ends with 130 also where the interrupt comes outside of main's own handling."""

    def interrupt(*_: Any) -> int:
        raise KeyboardInterrupt

    codes: list[int] = []
    monkeypatch.setattr(cli, "main", interrupt)
    monkeypatch.setattr("os._exit", codes.append)
    cli.run()
    assert codes == [130]


@pytest.mark.parametrize("module", ["faiss", "tantivy.lib"])
def test_a_library_that_is_missing_is_named(module: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line with what helps, as with every error that a person can mend."""

    def opened(*_: object, **__: object) -> Any:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)

    assert cli.main(["ask", "who?"], open_engine=opened) == cli.UNUSABLE
    (line,) = capsys.readouterr().err.splitlines()
    assert f"the library {module} cannot be loaded" in line
    assert line.endswith("pip install . in its clone.")


def test_a_module_of_our_own_that_is_missing_is_a_defect() -> None:
    """Installing again would not mend it, so it is not told as if."""

    def opened(*_: object, **__: object) -> Any:
        raise ModuleNotFoundError("No module named 'qabot.gone'", name="qabot.gone")

    with pytest.raises(ModuleNotFoundError):
        cli.main(["ask", "who?"], open_engine=opened)
