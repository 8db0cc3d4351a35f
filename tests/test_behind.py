"""A refusal while the index cannot follow seeds/ does not say that the documents do not hold it."""

from __future__ import annotations

from pathlib import Path

import pytest
from results import answer, no_answer
from small_engine import open_small, question_about, quotes_of, small_models, text_of

from qabot.behind import told_behind
from qabot.datatypes import Filters, NoAnswer
from qabot.discord_bot.render import not_answered
from qabot.errors import IndexNotWritten
from qabot.render import as_text
from qabot.terminal import Screen

PIPE = Screen()
NEW = ("news/a.txt", "b.txt")


def test_a_new_file_that_could_not_be_taken_up_is_in_the_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the index holds is answered as ever; of anything else nobody knows, until an update succeeds."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "garden.txt").write_text(text_of("garden", "blue"), encoding="utf-8")
    with small_models():
        engine = open_small(tmp_path)
        (tmp_path / "seeds" / "river.txt").write_text(text_of("river", "wide"), encoding="utf-8")
        with monkeypatch.context() as disk:
            disk.setattr("qabot.upkeep.build", _refused)
            with pytest.raises(IndexNotWritten):
                engine.refresh()
        refused = engine.ask(question_about("river"))
        assert isinstance(refused, NoAnswer)
        assert (refused.reason, refused.behind) == ("outdated", 1)
        assert quotes_of(engine.ask(question_about("garden")))
        engine.refresh()
        assert quotes_of(engine.ask(question_about("river")))
        after = engine.ask("What is the weight of lead?")
        assert isinstance(after, NoAnswer)
        assert (after.reason == "outdated", after.behind) == (False, 0)
        engine.close()


def _refused(*_: object, **__: object) -> None:
    raise IndexNotWritten("the disk is full", remedy="Free space there.")


def test_it_is_said_how_many() -> None:
    """In the terminal and in Discord, in place of the claim that the documents do not hold it."""
    for files, counted in ((NEW, "2 files that are"), (NEW[:1], "1 file that is")):
        result = told_behind(no_answer(nearest=()), files, Filters())
        assert isinstance(result, NoAnswer)
        lines = as_text(result, PIPE).split("\n")
        assert lines[0] == "No answer."
        assert lines[1].startswith(f"{counted} new or changed could not be taken into the index yet")
    said = str(not_answered(result).embed.description)
    assert "One document is new or changed, and could not be taken up yet" in said


@pytest.mark.parametrize(
    ("filters", "behind"),
    [
        (Filters(collections=frozenset({"news"})), 1),
        (Filters(excluded=frozenset({"news"}), since="2020-01-01"), 1),
        (Filters(sources=frozenset({"c.txt"})), 0),
    ],
)
def test_only_files_that_would_have_been_searched_count(filters: Filters, behind: int) -> None:
    """What somebody may not see has no influence on what they are told."""
    result = told_behind(no_answer(), NEW, filters)
    assert isinstance(result, NoAnswer)
    assert result.behind == behind
    assert (result.reason == "outdated") == bool(behind)


def test_other_results_stay_as_they_are() -> None:
    """An answer stands on its own quotes, and no file makes a greeting a question."""
    for result in (answer(), no_answer("greeting")):
        assert told_behind(result, NEW, Filters()) is result
