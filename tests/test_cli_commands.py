"""The other commands inside one process, and the help of all of them."""

import argparse
import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_shell import Shell, stdin_of, two_documents
from line_engine import DAMAGED, LOCKED, LineDocument, LineReport

from qabot import __version__, chat
from qabot.arguments import build_parser
from qabot.config import Config
from qabot.datatypes import Problem
from qabot.listing import changes, report_as_json, report_text
from qabot.sources import sources_text
from qabot.terminal import Screen

PAGE = Path(__file__).parents[1] / "docs/command-line.md"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line over two documents."""
    two_documents(tmp_path)
    return Shell(tmp_path, capsys)


def test_index_reports_what_it_did(shell: Shell) -> None:
    """`index` names each change and each problem, and says when there was nothing to do."""
    (shell.root / "seeds/scan.pdf").touch()
    code, out, err = shell("index", "--full")
    assert (code, err, shell.engines[-1].full) == (0, "", True)
    assert out.split("\n") == [
        "Seeds changed: 2 added; index updated in 0.4 s.",
        "  added     facts.txt",
        "  added     law/civil/code.txt",
        "  left out  scan.pdf: .pdf is not supported. Save it as .txt.",
        "2 chunks embedded, 0 reused. The index holds 2 documents, 4 chunks.",
        "",
    ]
    code, out, _ = shell("index")
    assert (code, shell.engines[-1].full) == (0, False)
    assert out.startswith("Nothing to do: the index is up to date.\n  left out  scan.pdf: ")


def test_index_as_json_names_everything(shell: Shell) -> None:
    """`index --json` has the documented keys, with and without a change, and the problems in both."""
    (shell.root / "seeds/scan.pdf").touch()
    keys = "schema generation documents chunks repaired added changed renamed removed unreadable failed unsettled"
    for argv, added in ((("index", "--full"), ["facts.txt", "law/civil/code.txt"]), (("index",), [])):
        code, out, _ = shell(*argv, "--json")
        data = json.loads(out)
        assert list(data) == [*keys.split(), "chunks_embedded", "chunks_reused", "elapsed_ms", "pinned", "cleaned"]
        assert (code, data["documents"], data["chunks"], data["added"]) == (0, 2, 4, added)
        assert data["failed"] == [{"id": "scan.pdf", "reason": ".pdf is not supported", "remedy": "Save it as .txt."}]


def test_index_that_could_not_be_updated_has_code_3(shell: Shell) -> None:
    """The command whose purpose is the update fails where it fails, with the reason and nothing on stdout."""
    (shell.root / "seeds/.locked").touch()
    assert shell("index", "--json") == (3, "", f"qabot: {LOCKED}\n")
    assert shell.engines[-1].closed


def test_index_tells_a_repair(shell: Shell) -> None:
    """What was wrong with the index is named first, in JSON as `repaired`; no file is called added for it."""
    (shell.root / "seeds/.damaged").touch()
    out = shell("index", "--full")[1].split("\n")
    assert out[0] == "Vectors.bin differs from its checksum; the index was built again in 0.4 s."
    assert out[1].startswith("2 chunks embedded")
    assert json.loads(shell("index", "--full", "--json")[1])["repaired"] == DAMAGED.problem
    (shell.root / "seeds/.damaged").unlink()
    assert json.loads(shell("index", "--json")[1])["repaired"] is None


def test_a_repair_names_changes_where_the_files_before_were_known() -> None:
    """With other settings the earlier list of files still tells what changed; without one all files would be added."""
    known = LineReport("g2", added=("new.txt",), unchanged=2)
    assert changes(known, DAMAGED).endswith("; the index was built again in 0.4 s; seeds changed: 1 added")
    assert "  added     new.txt" in report_text(known, (), (), DAMAGED, unsettled=()).split("\n")
    unknown = LineReport("g2", added=("new.txt",), compared=False)
    assert changes(unknown, DAMAGED).endswith("; the index was built again in 0.4 s")


def test_a_first_index_is_no_change_of_seeds() -> None:
    """Where no index was in service, nothing is known of changes: how many documents were taken up is told."""
    first = LineReport("g1", added=("a.txt", "b.txt"), chunks_embedded=2, compared=False)
    assert changes(first) == "index built from 2 documents in 0.4 s"


def test_a_build_names_what_it_left_and_counts_its_work() -> None:
    """Files that are still being written to are named also where something else changed; one chunk is no plural."""
    report = LineReport("g2", added=("new.txt",), chunks_embedded=1, chunks_reused=2, unsettled=("log.txt",))
    lines = report_text(report, (), (), unsettled=("log.txt",)).split("\n")
    assert any(line.startswith("  waiting   log.txt: still being written to") for line in lines)
    assert lines[-1].startswith("1 chunk embedded, 2 reused.")


def test_sources_are_a_table_with_what_is_worth_knowing(shell: Shell) -> None:
    """`sources` lists documents in columns, then notes, then the files left out."""
    (shell.root / "seeds/noted.txt").write_text("note: encoding guessed\n", encoding="utf-8")
    (shell.root / "seeds/scan.pdf").touch()
    code, out, err = shell("sources")
    assert (code, err) == (0, "")
    assert out.split("\n")[:5] == [
        "name                date        chunks  encoding  title",
        "facts.txt           2022-03-23       2  utf-8     About facts.txt",
        "law/civil/code.txt  2022-03-23       2  utf-8     About law/civil/code.txt",
        "noted.txt           2022-03-23       1  utf-8     About noted.txt",
        "3 documents, 5 chunks.",
    ]
    assert "  noted.txt: encoding guessed\n" in out
    assert out.endswith("  scan.pdf is left out: .pdf is not supported. Save it as .txt.\n")


def test_sources_as_json_lists_documents_and_problems(shell: Shell) -> None:
    """`sources --json` has the documented keys."""
    (shell.root / "seeds/scan.pdf").touch()
    data = json.loads(shell("sources", "--json")[1])
    assert list(data) == ["schema", "generation", "documents", "problems", "unsettled"]
    assert list(data["documents"][0]) == "id title date chars chunks encoding extractor notes".split()
    assert [problem["id"] for problem in data["problems"]] == ["scan.pdf"]


def test_sources_name_what_is_being_written_to(shell: Shell) -> None:
    """After the table and in the JSON; without such files there is neither a heading nor a name."""
    assert "being written to" not in shell("sources")[1]
    assert json.loads(shell("sources", "--json")[1])["unsettled"] == []
    (shell.root / "seeds/.unsettled").touch()
    assert shell("sources")[1].endswith(
        "\n\nStill being written to, listed as before, in part or not yet:\n  half.txt\n"
    )
    assert json.loads(shell("sources", "--json")[1])["unsettled"] == ["half.txt"]


def test_sources_of_an_empty_folder_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without documents there is a hint instead of an empty table."""
    assert Shell(tmp_path, capsys)("sources")[:2] == (0, "No documents. Put files into seeds/.\n")


def test_the_version_is_told(shell: Shell) -> None:
    """--version prints the package's version."""
    assert shell("--version") == (0, f"qabot {__version__}\n", "")


def examples(help_text: str) -> list[str]:
    """The lines of an ``examples:`` section."""
    _, _, behind = help_text.partition("\nexamples:\n")
    return [line.strip() for line in behind.partition("\n\n")[0].split("\n") if line.strip()]


@pytest.mark.parametrize("command", ["", "ask", "chat", "index", "sources", "verify", "doctor", "bot"])
def test_every_help_has_examples_that_work(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    """Each example in a help text runs as written over a folder that has what it names."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("qabot.discord_bot.run_bot", run_no_bot)
    for name in ("report.txt", "guide.md.txt", "contracts/one.txt"):
        (tmp_path / "seeds" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "seeds" / name).write_text("river: Seine\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    answer = shell("ask", "--json", "river")[1].encode()
    for name in ("answer.json", "answers.jsonl"):
        (tmp_path / name).write_bytes(answer)
    (tmp_path / "questions.jsonl").write_text('{"question": "river", "answers": ["Seine"]}', encoding="utf-8")
    code, text, _ = shell(*filter(None, [command, "--help"]))
    assert code == 0
    assert examples(text)
    for example in examples(text):
        words = shlex.split(example.replace("~/handbook", str(tmp_path)).replace("guide.md", "guide.md.txt"))
        monkeypatch.setattr(sys, "stdin", stdin_of(answer if "verify" in words else b"river\n"))
        if "watch" in words:
            continue  # it ends only when told to: see test_watch_command.py
        argv = words[1 : words.index("<")] if "<" in words else words[1:]
        code, _, err = shell(*argv)
        known = {3} if "--check" in words else {0, 1}  # the line engine leaves no index behind
        assert (words[0], code in known, err) == ("qabot", True, ""), example


def run_no_bot(config: Config, environ: Any) -> int:
    """Stands for the bot: remembers nothing, runs and ends."""
    assert config.root.is_dir()
    assert "QABOT_ROOT" in environ
    return 0


def test_help_fits_a_terminal(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """No help is wider than 120 columns, and 100 apart from the epilogue's prose."""
    monkeypatch.setenv("COLUMNS", "80")
    for command in ("", "ask", "chat", "index", "sources", "verify", "eval", "calibrate", "doctor", "bot"):
        assert max(map(len, shell(*filter(None, [command, "--help"]))[1].split("\n"))) <= 120


def test_the_parser_offers_the_commands_of_the_design() -> None:
    """The commands are ask, chat, index, sources, watch, verify, eval, calibrate, doctor and bot."""
    actions = [action for action in build_parser()._actions if action.dest == "command"]
    names = ["ask", "chat", "index", "sources", "watch", "verify", "eval", "calibrate", "doctor", "bot"]
    assert list(actions[0].choices or ()) == names


def sections_of_the_page() -> dict[str, str]:
    """docs/command-line.md by its second-level headings; a command's section is called by the command."""
    parts = re.split(r"(?m)^## ", PAGE.read_text(encoding="utf-8"))[1:]
    titles = (part.partition("\n")[0] for part in parts)
    return {re.sub(r"`qabot (\w+).*", r"\1", title): part for title, part in zip(titles, parts, strict=True)}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Every spelling of every option."""
    return {spelling for action in parser._actions for spelling in action.option_strings}


def test_the_page_has_exactly_the_options_of_the_parser() -> None:
    """docs/command-line.md lists, for each command, the options that it has and no others."""
    page = sections_of_the_page()
    main_parser = build_parser()
    everywhere = options_of(main_parser)
    assert set(re.findall(r"(?m)`(--?[a-z]+)", first_cells(page["Everywhere"]))) == everywhere
    (commands,) = (action.choices for action in main_parser._actions if action.dest == "command")
    assert isinstance(commands, dict)
    for name, parser in commands.items():
        assert set(re.findall(r"`(--[a-z-]+)", first_cells(page[name]))) == options_of(parser) - everywhere, name


def first_cells(section: str) -> str:
    """The first column of a section's tables."""
    return "\n".join(line.split("|")[1] for line in section.split("\n") if line.startswith("|"))


def test_the_page_has_the_commands_of_the_conversation() -> None:
    """The page lists the commands that begin with a colon, all of them and no others."""
    assert re.findall(r"`(:[a-z]+)`", first_cells(sections_of_the_page()["chat"])) == list(chat.COMMANDS)


def test_the_page_has_the_keys_of_the_contract(shell: Shell) -> None:
    """The page lists every key of a result and of a quote, and no others."""
    _, out, _ = shell("ask", "--json", "river")
    result = json.loads(out)
    rows = re.findall(r"`([a-z0-9_]+)`", first_cells(sections_of_the_page()["The answer as JSON"]))
    assert rows == [*result, *result["quotes"][0]]


def test_a_report_counts_and_names_each_kind_of_change() -> None:
    """Added, changed, renamed and removed are counted, named up to a limit, and complete in the JSON."""
    report = LineReport(
        "g2",
        added=tuple(f"{n}.txt" for n in range(1500)),
        changed=("c\x1b.txt",),
        renamed=(("old.txt", "new.txt"),),
        removed=("r.txt",),
    )
    assert changes(report) == "seeds changed: 1,500 added, 1 changed, 1 renamed, 1 removed; index updated in 0.4 s"
    shown = report_text(report, (), (), unsettled=()).split("\n")
    assert shown[20:25] == [
        "  added     19.txt",
        "  added     and 1,480 more (--json names all)",
        "  changed   c\u241b.txt",
        "  renamed   old.txt -> new.txt",
        "  removed   r.txt",
    ]
    data = report_as_json(report, "g2", (), (), unsettled=())
    assert (len(data["added"]), data["changed"]) == (1500, ["c\x1b.txt"])
    assert data["renamed"] == [{"from": "old.txt", "to": "new.txt"}]


def test_index_names_files_that_are_being_written_to(shell: Shell) -> None:
    """In words and in the JSON, also if there was nothing else to do; without any the list is empty."""
    assert "the index is up to date" in shell("index")[1]
    assert json.loads(shell("index", "--json")[1])["unsettled"] == []
    (shell.root / "seeds/.unsettled").touch()
    data = json.loads(shell("index", "--json")[1])
    assert (data["added"], data["unsettled"]) == ([], ["half.txt"])
    assert shell("index")[1].splitlines()[:2] == [
        "Nothing to do: all else is up to date.",
        "  waiting   half.txt: still being written to, so it is not up to date in the index. Run qabot index again.",
    ]


def test_a_rebuild_without_changes_is_told_as_one() -> None:
    """When only the settings changed, the line does not speak of seeds."""
    assert changes(LineReport("g2", chunks_embedded=7)) == "index rebuilt in 0.4 s"


def test_who_keeps_the_index_is_told_that_a_calibration_is_not_used(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`index` and `watch` say it once, on stderr; where it is used, or there is none, they say nothing."""
    monkeypatch.setattr("qabot.watching.command.watch_command", lambda *_given, **_named: None)
    for command in ("index", "watch"):
        assert shell(command)[2] == ""
    (shell.root / "seeds/.uncalibrated").touch()
    for command in ("index", "watch"):
        assert shell(command)[2] == "qabot: calibration.json is not used.\n"


def test_of_many_unreadable_files_the_first_are_named(shell: Shell) -> None:
    """Ten lines and one that counts the rest, on stderr and in the report, however many; the JSON has each."""
    (shell.root / "seeds/.indexed").unlink()
    for number in range(25):
        (shell.root / "seeds" / f"{number:02}.pdf").write_bytes(b"x")
    said = shell("ask", "What is the river?")[2].splitlines()
    assert said[-2:] == [
        "qabot: 09.pdf is left out: .pdf is not supported. Save it as .txt.",
        "qabot: and 15 more; qabot sources lists them",
    ]
    assert len([line for line in said if "is left out" in line]) == 10
    out = shell("index")[1].splitlines()
    assert [line for line in out if line.startswith("  left out  ")][9:] == [
        "  left out  09.pdf: .pdf is not supported. Save it as .txt.",
        "  left out  and 15 more; qabot sources lists them",
    ]
    assert len(json.loads(shell("index", "--json")[1])["failed"]) == 25
    assert shell("sources")[1].count("is left out") == 25


def test_a_file_that_is_no_longer_readable_is_a_change() -> None:
    """It is counted, its reason stands below, and nothing is called rebuilt; so it is if only a reason changed."""
    problem = Problem("a.txt", "it is empty", "Remove it.")
    report = LineReport("g2", unreadable=("a.txt",), unchanged=1, failed=(problem,))
    assert report_text(report, (), (problem,), unsettled=()).split("\n")[:2] == [
        "Seeds changed: 1 no longer readable; index updated in 0.4 s.",
        "  left out  a.txt: it is empty. Remove it.",
    ]
    assert report_as_json(report, "g2", (), (problem,), unsettled=())["unreadable"] == ["a.txt"]
    assert changes(LineReport("g2", unchanged=1)) == "index updated in 0.4 s"


def test_a_long_title_is_cut_to_the_terminal() -> None:
    """On a narrow terminal only the title gives way, visibly; elsewhere nothing is cut."""
    documents = (LineDocument("\u65e5\u672c.txt", 10, 2, title="A title with very many words in it " * 3),)
    narrow = sources_text(documents, (), Screen(width=60), unsettled=()).split("\n")[1]
    assert narrow.startswith("\u65e5\u672c.txt  2022-03-23       2  utf-8     A title")
    assert narrow.endswith("\u2026")
    assert len(narrow) <= 60
    assert str(documents[0].title).strip() in sources_text(documents, (), Screen(), unsettled=())


@pytest.mark.parametrize(
    ("width", "head"),
    [
        (66, "name                      date        chunks  encoding  title"),
        (60, "name                      date        chunks  title"),
        (40, "name                      title"),
        (30, "name"),
        (20, "name"),
    ],
)
def test_columns_give_way_on_a_narrow_terminal(width: int, head: str) -> None:
    """What does not fit beside the name is left out column by column; nothing is wider than the terminal but a name."""
    documents = (
        LineDocument("000_6cf532a91651e651.txt", 10, 2000, title="A title with very many words in it"),
        LineDocument("b.txt", 10, 1, title="B"),
    )
    lines = sources_text(documents, (), Screen(width=width), unsettled=()).split("\n")
    assert lines[0] == head
    assert "b.txt" in lines[2]
    assert [line for line in lines if len(line) > width] == (["000_6cf532a91651e651.txt"] if width == 20 else [])
