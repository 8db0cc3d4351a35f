"""Several pieces in one passage, as the reader learns to choose from them."""

from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

TRAINING = Path(__file__).parent.parent / "training"
PASSAGE = "Nobody swims at night. The pool opens at nine. Dogs wait outside.\n- Lockers cost two\n- Towels cost one"
OTHER = "The pool of the school opens at seven. Ask the caretaker."


def drawn(seed: int) -> Random:
    """A generator."""
    return Random(seed)  # noqa: S311 - no secret


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """training/reader_choices.py."""
    monkeypatch.syspath_prepend(str(TRAINING))
    import_module("reader_data")
    return import_module("reader_choices")


def asked(question: str, answer: str, passage: str = PASSAGE) -> Any:
    """A question about a passage."""
    start = passage.index(answer) if answer else 0
    return import_module("reader_data").Example(question, passage, start, start + len(answer), "", "choice/squad")


def chosen(made: ModuleType, example: Any, sources: list[Any], times: int = 60, line: str = "") -> list[Any]:
    """What is made of it with one seed after another."""
    return [made.choice(example, line, sources, drawn(seed)) for seed in range(times)]


def pieces_of(example: Any) -> list[str]:
    """Its pieces."""
    return list(example.passage.split(" [SEP] "))


def test_the_answer_is_one_of_at_most_three_pieces(made: ModuleType) -> None:
    """Each time in its place, whatever the order, but for the share in which its piece is left out."""
    example = asked("When does the pool open?", "nine")
    got = chosen(made, example, [made.Source(PASSAGE), made.Source(OTHER)])
    assert {one.passage[one.start : one.end] for one in got} == {"nine", ""}
    assert all(("opens at nine" in one.passage) is bool(one.end) for one in got)
    assert max(len(pieces_of(one)) for one in got) == 3
    places = {[("nine" in piece) for piece in pieces_of(one)].index(True) for one in got if one.end}
    assert places == {0, 1, 2}


def test_no_sentence_is_shown_twice(made: ModuleType) -> None:
    """Pieces of one passage do not overlap."""
    for one in chosen(made, asked("What is it like at the pool?", ""), [made.Source(PASSAGE), made.Source(OTHER)]):
        for sentence in ("The pool opens at nine.", "Dogs wait outside.", "- Lockers", "The pool of the school"):
            assert one.passage.count(sentence) <= 1
        assert (one.start, one.end) == (0, 0)


def test_what_tempts_comes_first(made: ModuleType) -> None:
    """Before sentences that share more words with the question."""
    at = OTHER.index("caretaker")
    source = made.Source(OTHER, tempting=((at, at + len("caretaker")),))
    got = chosen(made, asked("When does the pool open?", ""), [made.Source(PASSAGE), source])
    assert all("caretaker" in one.passage for one in got)


def test_the_nearest_sentences_are_shown(made: ModuleType) -> None:
    """By the words that they share with the question."""
    long = "Frogs sing. " * 30 + "The pool opens early. " + "Frogs sing. " * 30
    got = chosen(made, asked("When does the pool open?", ""), [made.Source(long)])
    assert all("The pool opens early." in one.passage for one in got)


def test_each_piece_has_its_line_above_it(made: ModuleType) -> None:
    """The answer stays where it stands."""
    example = asked("When does the pool open?", "nine")
    for one in chosen(made, example, [made.Source(PASSAGE, "Pool\n"), made.Source(OTHER, "School\n")], line="Pool\n"):
        assert all(piece.startswith(("Pool\n", "School\n")) for piece in pieces_of(one))
        assert one.passage[one.start : one.end] in {"nine", ""}


def test_an_answer_that_another_passage_says_as_well_is_not_asked_for(made: ModuleType) -> None:
    """Two pieces would be right then; another sentence of its own passage is only passed over."""
    example = asked("When does the pool open?", "nine")
    same = made.Source("The pool opens at nine, nine, nine.")
    assert {made.choice(example, "", [made.Source(PASSAGE), same], drawn(n)) for n in range(20)} == {None}
    again = PASSAGE + "\nNine dogs wait."
    got = [one for one in chosen(made, asked("When does the pool open?", "nine", again), [made.Source(again)]) if one]
    assert got
    assert all("Nine" not in one.passage for one in got)


@pytest.mark.usefixtures("made")
def test_lines_end_sentences() -> None:
    """A point of a list is one."""
    module = import_module("reader_choices")
    found = [PASSAGE[a:b] for a, b in module.bounds_of(PASSAGE)]
    assert found[2:] == ["Dogs wait outside.", "- Lockers cost two", "- Towels cost one"]


def test_a_piece_does_not_grow_too_long(made: ModuleType) -> None:
    """Sentences beside it are taken only while it stays short; its own are always whole."""
    long = "The frogs of the lake sing. " * 40
    at = long.index("lake", 500)
    for seed in range(30):
        a, b = made.window(long, (at, at + 4), drawn(seed))
        assert b - a <= made.LONGEST
        assert long[a:b].startswith("The frogs")
        assert long[a:b].endswith("sing.")
    whole = "frog " * 100
    assert made.window(whole, (5, 9), drawn(0)) == (0, len(whole.rstrip()))


def test_spans_that_answer_do_not_tempt(made: ModuleType) -> None:
    """The others of a question and a passage stand together."""
    guesses = import_module("reader_guesses")
    example = asked("When does the pool open?", "nine")
    at = example.start
    listed = [guesses.Guess(example, *span) for span in ((at, at + 2), (0, 6), (7, 12))]
    assert made.tempting_spans({"guessed/squad1": listed}) == {("When does the pool open?", PASSAGE): ((0, 6), (7, 12))}


def test_pieces_come_from_its_own_passage_and_from_those_beside_it(made: ModuleType) -> None:
    """With what tempts in them, each under its own line; other questions' are not heeded."""
    example, at = asked("When does the pool open?", "nine"), OTHER.index("Ask")
    lines = {PASSAGE: "Pool\n", OTHER: "School\n"}
    tempting = {(example.question, OTHER): ((at, at + 3),), ("Who?", PASSAGE): ((0, 6),)}
    for seed in range(30):
        one = made.choice_among(example, lines, tempting, drawn(seed))
        assert "Ask the caretaker" in one.passage
        assert "School\n" in one.passage
        assert one.passage[one.start : one.end] in {"nine", ""}
