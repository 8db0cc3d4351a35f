"""Spans that a reader would answer with, and how it learns from them."""

import json
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from qabot.datatypes import Span
from qabot.reader import Reading, ScoredSpan

TRAINING = Path(__file__).parent.parent / "training"
PASSAGE = "Nobody swims at night. The pool opens at nine. It closes at six in the evening. Dogs wait outside."


def drawn(seed: int) -> Random:
    """A generator."""
    return Random(seed)  # noqa: S311 - no secret


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """training/reader_data.py."""
    monkeypatch.syspath_prepend(str(TRAINING))
    return import_module("reader_data")


@pytest.fixture
def made(data: ModuleType) -> ModuleType:
    """training/reader_guesses.py."""
    del data
    return import_module("reader_guesses")


def guess_of(words: str, *, answer: str, kind: str = "guessed/squad1", passage: str = PASSAGE) -> Any:
    """A reader holds these words of the passage for the answer, which others are."""
    at, start = passage.index(words), passage.index(answer) if answer else 0
    example = import_module("reader_data").Example(
        "When does it open?", passage, start, start + len(answer), "Pool", kind
    )
    return import_module("reader_guesses").Guess(example, at, at + len(words))


def shown_of(guess: Any, times: int = 40) -> set[tuple[str, str]]:
    """The passages that are shown of it, and what answers there."""
    shown = [guess.shown(drawn(seed)) for seed in range(times)]
    return {(one.passage, one.passage[one.start : one.end]) for one in shown}


CUT = PASSAGE[PASSAGE.index("The pool") :]


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("answer", ["six in the evening", "six", "The pool", ""])
def test_a_guess_is_shown_whole_or_with_the_sentences_beside_it(answer: str) -> None:
    """With the answer, right or elsewhere in them, or with none."""
    assert shown_of(guess_of("in the evening", answer=answer)) == {(PASSAGE, answer), (CUT, answer)}


@pytest.mark.usefixtures("made")
def test_what_is_cut_off_does_not_answer() -> None:
    """Where the whole passage is shown it does."""
    assert shown_of(guess_of("six", answer="Nobody")) == {(PASSAGE, "Nobody"), (CUT, "")}


@pytest.mark.usefixtures("made")
def test_no_answer_is_cut_through() -> None:
    """More is shown then."""
    answer = "at night. The pool"
    assert shown_of(guess_of("six", answer=answer)) == {(PASSAGE, answer), (PASSAGE[PASSAGE.index(answer) :], answer)}


@pytest.mark.usefixtures("made")
def test_nothing_is_cut_off_where_the_answers_words_stand_again() -> None:
    """They may answer there, too."""
    again = f"Six. It is. {PASSAGE}"
    assert shown_of(guess_of("in the evening", answer="Six", passage=again)) == {(again, "Six")}


@pytest.mark.usefixtures("made")
def test_a_guess_in_our_own_passages_has_their_line_in_front_at_times() -> None:
    """As chunks have it; the answer stays where it stands."""
    shown = shown_of(guess_of("six", answer="nine", kind="guessed/community"))
    assert shown == {(line + text, "nine") for line in ("", "Pool\n") for text in (PASSAGE, CUT)}


def guessed(question: str, passage: str, words: str, margin: float = 0.0) -> Any:
    """What the file says of it."""
    authored = import_module("reader_authored")
    at, key = passage.index(words), authored.key_of
    return authored.Guessed(key(question), key(passage), at, at + len(words), margin)


def test_which_guesses_are_learnt_from(data: ModuleType, made: ModuleType) -> None:
    """With the answer, if it is that passage's; none that may be the answer in other words, none asked of two."""
    closed, when = "Closed at eight!", "When does it close?"
    start = PASSAGE.index("six")
    asked = data.Example(when, PASSAGE, start, start + len("six in the evening"), "Pool", "one kind")
    unanswered = data.Example("When do dogs eat?", PASSAGE, 0, 0, "Pool", "")
    twice = [data.Example("Where?", text, 0, 0, "Pool", "") for text in (PASSAGE, "Another.")]
    found = [
        guessed(when, PASSAGE, "in the evening"),
        guessed(when, PASSAGE, "the evening. Dogs", 9.0),
        guessed(when, PASSAGE, "The pool"),
        guessed(when, closed, "eight", 1.9),
        guessed(when, closed, "Closed", -3.0),
        guessed("When do dogs eat?", PASSAGE, "nine", 9.0),
        guessed("Where?", PASSAGE, "outside"),
    ]
    others = [("Other", closed), ("Third", "Open until six! Open late."), ("Fourth", "Until late. Or later.")]
    got = made.guesses([], [asked, unanswered, *twice], [(data.replace(asked, kind=""), others)], found)
    assert got["guessed/community"] == []
    learnt = {(g.example.question, g.example.passage[g.start : g.end]): g.example for g in got["guessed/squad1"]}
    assert {key: one.passage[one.start : one.end] for key, one in learnt.items()} == {
        (when, "in the evening"): "six in the evening",
        (when, "the evening. Dogs"): "six in the evening",
        (when, "The pool"): "six in the evening",
        (when, "eight"): "",
        (when, "Closed"): "",
        ("When do dogs eat?", "nine"): "",
    }
    assert learnt[when, "eight"].title == "Other"


@pytest.mark.parametrize(
    ("passage", "words", "margin"),
    [("Open until six! Open late.", "six", 0.0), ("Open until late.", "late", 2.0), (PASSAGE, "Evening", 0.0)],
    ids=["the answer's words", "too sure", "its own passage"],
)
def test_guesses_that_may_be_right_are_left_out(
    data: ModuleType, made: ModuleType, passage: str, words: str, margin: float
) -> None:
    """Of another passage all, for what is right elsewhere in it is not known; of its own only that one."""
    own = PASSAGE + " Evening is best."
    passage, start = own if passage == PASSAGE else passage, own.index("six")
    asked = data.Example("When?", own, start, start + len("six in the evening"), "Pool", "")
    found = [guessed("When?", passage, words, margin), guessed("When?", passage, passage.split()[0])]
    got = made.guesses([], [], [(asked, [("Other", passage)])], found)["guessed/squad1"]
    assert [g.example.passage[g.start : g.end] for g in got] == ([] if passage != own else ["Nobody"])


def test_guesses_about_something_else_are_an_error(data: ModuleType, made: ModuleType) -> None:
    """The files do not belong together then."""
    asked = data.Example("When?", PASSAGE, 0, 0, "Pool", "")
    for stray in (guessed("Who?", PASSAGE, "Dogs"), guessed("When?", "Another.", "Another")):
        with pytest.raises(KeyError):
            made.guesses([], [asked], [], [stray])


def test_guesses_in_our_own_passages_keep_title_and_heading(data: ModuleType, made: ModuleType) -> None:
    """They are shown in front."""
    written = import_module("reader_authored").Written("When?", "nine", PASSAGE, "Pool", "Times", "7-1")
    own = data.about_ours(written)
    (guess,) = made.guesses([own], [], [], [guessed("When?", PASSAGE, "six")])["guessed/community"]
    assert guess.example.title == "Pool \u203a Times"
    assert PASSAGE[guess.example.start : guess.example.end] == "nine"


@pytest.mark.usefixtures("data")
def test_the_best_span_and_another_are_guessed() -> None:
    """Not one that overlaps the best, and none at the bound or below it."""
    recipe = import_module("guess_spans")
    spans = [(4, 9, 7.0), (4, 12, 6.5), (20, 22, 1.0), (30, 31, 0.0)]
    scored = tuple(ScoredSpan(Span(a, b), score) for a, b, score in spans)
    assert recipe.best_two(Reading(scored, 5.0)) == [(4, 9, 2.0), (20, 22, -4.0)]
    assert recipe.best_two(Reading(scored, 9.0)) == [(4, 9, -2.0)]
    assert recipe.best_two(Reading((), 0.0)) == []


@pytest.mark.usefixtures("data")
def test_hopeless_guesses_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those far below "no answer" are hardly ever right."""
    authored = import_module("reader_authored")
    monkeypatch.setattr(authored, "FOLDER", tmp_path)
    record = {"asked": "a", "passage": "p", "spans": [[3, 9, -4.0], [12, 14, -4.1]]}
    (tmp_path / "guessed_1.jsonl").write_text(json.dumps(record), "utf-8")
    assert authored.guessed() == [authored.Guessed("a", "p", 3, 9, -4.0)]


def test_guesses_name_question_and_passage() -> None:
    """By twelve hexadecimal digits each; spans are not empty."""
    files = TRAINING.glob("questions/guessed_*.jsonl")
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    assert lines
    for record in map(json.loads, lines):
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in (record["asked"], record["passage"]))
        assert 1 <= len(record["spans"]) <= 2
        assert all(0 <= start < end and margin >= -8 for start, end, margin in record["spans"])
