"""The conversation: questions, commands, changed seeds, errors."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cli_shell import two_documents
from line_engine import BROKEN_QUESTION, LOCKED, LineEngine

from qabot.chat import COMMANDS, Chat
from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.errors import IndexNotWritten
from qabot.terminal import Screen

NOT_UPDATED = f"{LOCKED.problem}; until it is done, the one before answers"


@dataclass
class Talk:
    """A conversation over two documents, with what was written and said."""

    engine: LineEngine
    written: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine.refresh()
        self.chat = Chat(self.engine, screen=Screen(), write=self.written.append, say=self.said.append)

    def __call__(self, line: str) -> str:
        """What is written after one line."""
        self.written.clear()
        self.chat.run([line], interruptible=True)
        return "".join(self.written)


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    """A conversation that just began."""
    two_documents(tmp_path)
    return Talk(LineEngine(tmp_path / "seeds"))


def test_a_question_is_answered_in_short(talk: Talk) -> None:
    """A line is a question: its answer with the best quote, and a hint at the rest."""
    shown = talk("  what is the capital? ")
    assert talk.engine.asked[-1][0] == "what is the capital?"
    assert shown.startswith("Paris\n\n> capital: Paris\n")
    assert "Lyon" not in shown
    assert shown.endswith(":more shows 1 other answer\n")


def test_more_shows_the_rest_of_the_last_answer(talk: Talk) -> None:
    """:more has the other answers, or the other near passages, or says that there are none."""
    talk("capital")
    assert "Lyon" in talk(":more")
    talk("king")
    assert "river: Seine" in talk(":more")
    talk("river")
    assert talk(":more") == "There is nothing more.\n"


def test_why_tells_how_the_last_answer_was_found(talk: Talk) -> None:
    """:why has the notes of the search and the confidence."""
    talk("capital")
    assert "2 passages read" in talk(":why")
    assert "93%" in talk(":why")


@pytest.mark.parametrize("command", [":more", ":why"])
def test_commands_about_the_last_answer_need_one(talk: Talk, command: str) -> None:
    """Before the first question there is nothing to tell more of."""
    assert talk(command) == "There was no question yet.\n"


def test_sources_lists_the_documents(talk: Talk) -> None:
    """:sources is the table of `qabot sources`."""
    assert "law/civil/code.txt" in talk(":sources")


def test_help_lists_every_command(talk: Talk) -> None:
    """:help names all commands; an unknown one is answered with its name and the help."""
    assert all(command in talk(":help") for command in COMMANDS)
    assert talk(":nope x").startswith("There is no :nope.\nType a question")


def test_a_command_is_no_question(talk: Talk) -> None:
    """Lines with a colon and blank lines never reach the engine."""
    for line in (*COMMANDS, ":nope", "", "   "):
        talk(line)
    assert talk.engine.asked == []


@pytest.mark.parametrize("leave", [":quit", ":q", ":exit", "exit", "quit", "  quit "])
def test_quit_ends_the_conversation(talk: Talk, leave: str) -> None:
    """After :quit, or what people type for it elsewhere, no further line is read."""
    lines = iter(["river", leave, "capital"])
    talk.chat.run(lines, interruptible=True)
    assert [question for question, _, _ in talk.engine.asked] == ["river"]
    assert list(lines) == ["capital"]


def test_changed_seeds_are_seen_before_the_next_question(talk: Talk) -> None:
    """A new file answers the next question; the update is said apart from the answer, an unreadable file once."""
    talk("river")
    assert talk.said == []
    (talk.engine.seeds / "new.txt").write_text("king: Arthur\n", encoding="utf-8")
    (talk.engine.seeds / "scan.pdf").touch()
    assert talk("king").startswith("Arthur\n")
    told = "scan.pdf is left out: .pdf is not supported. Save it as .txt."
    assert talk.said == ["seeds changed: 1 added; index updated in 0.4 s", told]
    (talk.engine.seeds / "new.txt").unlink()
    assert talk("king").startswith("Not in these documents.")
    assert talk.said[2:] == ["seeds changed: 1 removed; index updated in 0.4 s"]


def test_a_failed_update_is_told_once_and_the_question_is_answered(talk: Talk) -> None:
    """While the index cannot be updated the one before answers; when it can, that is told, and a later failure anew."""
    (talk.engine.seeds / ".locked").touch()
    (talk.engine.seeds / "new.txt").write_text("king: Arthur\n", encoding="utf-8")
    assert talk("river").startswith("Seine\n")
    assert talk("king").startswith("Not in these documents.")
    assert talk.said == [NOT_UPDATED]
    (talk.engine.seeds / ".locked").unlink()
    assert talk("king").startswith("Arthur\n")
    assert talk.said[1:] == ["seeds changed: 1 added; index updated in 0.4 s"]
    (talk.engine.seeds / ".locked").touch()
    assert "law/civil/code.txt" in talk(":sources")
    assert talk.said[2:] == [NOT_UPDATED]


def test_a_failure_that_the_opening_told_is_not_told_again(talk: Talk) -> None:
    """What the opening could not update is told at once, and not once more before the first question."""
    (talk.engine.seeds / ".locked").touch()
    talk.engine.last_failure = LOCKED
    talk.chat.tell_opening()
    talk("river")
    assert talk.said == [NOT_UPDATED]


def test_only_what_failed_is_called_failed(talk: Talk) -> None:
    """What the disk refuses is told with its remedy; that another process is building is no failure."""
    talk.engine.last_failure = IndexNotWritten("the disk is full", remedy="Free space there.")
    talk.chat.tell_opening()
    assert talk.said == [
        "the index could not be updated, so the one before answers: the disk is full. Free space there."
    ]


def test_an_error_is_said_and_the_conversation_goes_on(talk: Talk) -> None:
    """What cannot be answered is told with its remedy; the next question is answered, :more means the last answer."""
    talk.chat.run(["capital", BROKEN_QUESTION, "river"], interruptible=True)
    assert talk.said == ["vectors.bin differs from its checksum. Run `qabot index --full`."]
    assert talk.written[-1].startswith("Seine\n")


class Interrupted(LineEngine):
    """An engine whose first answer is given up by Ctrl-C."""

    def ask(self, question: str, *, filters: Filters = Filters(), top: int = 3) -> Answer | NoAnswer:  # noqa: B008
        """Interrupt the first question."""
        if not self.asked:
            self.asked.append((question, filters, top))
            raise KeyboardInterrupt
        return super().ask(question, filters=filters, top=top)


def test_ctrl_c_gives_up_one_answer_at_a_terminal(tmp_path: Path) -> None:
    """At a terminal Ctrl-C during an answer leads to the next question; in a pipe it ends the run."""
    two_documents(tmp_path)
    talk = Talk(Interrupted(tmp_path / "seeds"))
    talk.chat.run(["capital", "river"], interruptible=True)
    assert talk.said == ["interrupted"]
    assert talk.written[-1].startswith("Seine\n")
    piped = Talk(Interrupted(tmp_path / "seeds"))
    with pytest.raises(KeyboardInterrupt):
        piped.chat.run(_lines(), interruptible=False)


def _lines() -> Iterator[str]:
    yield "capital"
    raise AssertionError("the run should have ended")
