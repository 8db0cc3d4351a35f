"""Spans that a reader would answer with, and how it is taught to look at them a second time."""

import json
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest

from qabot.datatypes import Span
from qabot.reader import Reading, ScoredSpan
from qabot.weights import load_tokenizer

TRAINING = Path(__file__).parent.parent / "training"
PASSAGE = "Nobody swims at night. The pool opens at nine. It closes at six in the evening. Dogs wait outside."
WORLD = "7-1"


def drawn(seed: int) -> Random:
    """A generator."""
    return Random(seed)  # noqa: S311 - no secret


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """training/reader_data.py."""
    monkeypatch.syspath_prepend(str(TRAINING))
    return import_module("reader_data")


def claim_of(data: ModuleType, words: str, *, right: bool, kind: str) -> Any:
    """Somebody holds these words of the passage for the answer."""
    at = PASSAGE.index(words)
    return data.Claim(data.Example("When does it open?", PASSAGE, 0, 0, "Pool", kind), at, at + len(words), right)


@pytest.mark.parametrize("right", [True, False])
def test_a_claim_is_shown_with_the_sentences_beside_it(data: ModuleType, *, right: bool) -> None:
    """The answer is what is claimed, or nothing, even if another sentence there answers."""
    shown = claim_of(data, "six in the evening", right=right, kind="claimed/squad1").shown(drawn(0))
    assert shown.passage == PASSAGE[PASSAGE.index("The pool") :]
    assert shown.claimed == "six in the evening"
    assert shown.passage[shown.start : shown.end] == ("six in the evening" if right else "")


def test_a_claim_of_our_own_passages_has_their_line_in_front_at_times(data: ModuleType) -> None:
    """As chunks have it; the answer stays where it stands."""
    shown = [claim_of(data, "nine", right=True, kind="claimed/community").shown(drawn(n)) for n in range(20)]
    assert {one.passage.startswith("Pool\n") for one in shown} == {True, False}
    assert {one.passage[one.start : one.end] for one in shown} == {"nine"}
    assert {"Dogs" in one.passage for one in shown} == {False}


def test_what_is_claimed_stands_between_question_and_passage(data: ModuleType) -> None:
    """In the question's half of the input, behind a separator of its own."""
    windows = import_module("reader_windows")
    tokenizer = load_tokenizer()
    example = claim_of(data, "nine", right=True, kind="claimed/squad1").shown(drawn(0))
    made = windows.encoded(tokenizer, example, drawn(0), wrong_window_share=0.0)
    words = tokenizer.decode(made.ids, skip_special_tokens=False)
    assert words.startswith("[CLS] when does it open? [SEP] nine [SEP] nobody swims")
    assert tokenizer.decode(made.ids[made.start : made.end + 1]) == "nine"
    assert tokenizer.decode(made.ids[made.passage_at :]).startswith("nobody")


def test_which_claims_are_right(data: ModuleType) -> None:
    """By the words shared with the answer; about another passage none is, and half right ones are left out."""
    key = data.key_of
    asked = [
        data.Example(f"q{n}", PASSAGE, PASSAGE.index("six"), PASSAGE.index(" Dogs") - 1, "Pool", "") for n in (1, 2)
    ]
    unanswered = data.Example("q3", PASSAGE, 0, 0, "Pool", "")
    twice = [data.Example("q4", text, 0, 0, "Pool", "") for text in (PASSAGE, "Another.")]
    places = {"q1": "six in the evening", "q2": "evening", "q3": "nine", "q4": "nine"}
    found = [
        data.Claimed(key(question), key(PASSAGE), PASSAGE.index(words), PASSAGE.index(words) + len(words))
        for question, words in places.items()
    ]
    found += [data.Claimed(key("q1"), key(PASSAGE), 0, 6), data.Claimed(key("q1"), key("Six!"), 0, 3)]
    made = data.claims([], [*asked, unanswered, *twice], [(asked[0], [("Other", "Six!")])], found)
    assert made["claimed/community"] == []
    got = [(c.example.question, c.example.passage[c.start : c.end], c.right) for c in made["claimed/squad1"]]
    assert got == [
        ("q1", "six in the evening", True),
        ("q3", "nine", False),
        ("q1", "Nobody", False),
        ("q1", "Six", False),
    ]


def test_claims_about_our_own_passages_keep_title_and_heading(data: ModuleType) -> None:
    """They are shown in front."""
    authored = import_module("reader_authored")
    written = authored.Written("When?", "nine", PASSAGE, "Pool", "Times", WORLD)
    at = PASSAGE.index("nine")
    (claim,) = data.claims([written], [], [], [data.Claimed(data.key_of("When?"), data.key_of(PASSAGE), at, at + 4)])[
        "claimed/community"
    ]
    assert (claim.example.title, claim.right) == ("Pool \u203a Times", True)


def test_the_best_span_and_another_are_claimed(data: ModuleType) -> None:
    """Not one that overlaps the best, and none that is hopeless."""
    assert data
    recipe = import_module("claim_spans")
    spans = [(4, 9, 7.0), (4, 12, 6.5), (20, 22, 1.0), (30, 31, 0.0)]
    scored = tuple(ScoredSpan(Span(a, b), score) for a, b, score in spans)
    assert recipe.best_two(Reading(scored, 5.0)) == [(4, 9, 2.0), (20, 22, -4.0)]
    assert recipe.best_two(Reading(scored, 10.0)) == [(4, 9, -3.0)]
    assert recipe.best_two(Reading((), 0.0)) == []


def test_hopeless_claims_are_left_out(data: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those far below "no answer" are hardly ever right, and nobody would look at them."""
    assert data
    authored = import_module("reader_authored")
    monkeypatch.setattr(authored, "FOLDER", tmp_path)
    record = {"asked": "a", "passage": "p", "spans": [[3, 9, -4.0], [12, 14, -4.1]]}
    (tmp_path / "claimed_1.jsonl").write_text(json.dumps(record), "utf-8")
    assert authored.claimed() == [authored.Claimed("a", "p", 3, 9)]


def test_claims_name_question_and_passage() -> None:
    """By twelve hexadecimal digits each; spans are not empty."""
    files = TRAINING.glob("questions/claimed_*.jsonl")
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    assert lines
    for record in map(json.loads, lines):
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in (record["asked"], record["passage"]))
        assert 1 <= len(record["spans"]) <= 2
        assert all(0 <= start < end and margin >= -8 for start, end, margin in record["spans"])
