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


def claim_of(data: ModuleType, words: str, *, answer: str, kind: str) -> Any:
    """A reader holds these words of the passage for the answer, which others are."""
    at, start = PASSAGE.index(words), PASSAGE.index(answer) if answer else 0
    example = data.Example("When does it open?", PASSAGE, start, start + len(answer), "Pool", kind)
    return data.Claim(example, at, at + len(words))


def shown_of(claim: Any, times: int = 40) -> set[tuple[str, str]]:
    """The passages that are shown of it, and what answers there."""
    shown = [claim.shown(drawn(seed)) for seed in range(times)]
    return {(one.passage, one.passage[one.start : one.end]) for one in shown}


CUT = PASSAGE[PASSAGE.index("The pool") :]


@pytest.mark.parametrize("answer", ["six in the evening", "six", "The pool", ""])
def test_a_claim_is_shown_whole_or_with_the_sentences_beside_it(data: ModuleType, answer: str) -> None:
    """With the answer, right or elsewhere in them, or with none."""
    claim = claim_of(data, "in the evening", answer=answer, kind="claimed/squad1")
    assert shown_of(claim) == {(PASSAGE, answer), (CUT, answer)}


def test_what_is_cut_off_does_not_answer(data: ModuleType) -> None:
    """Where the whole passage is shown it does; no answer is cut through."""
    nobody = claim_of(data, "six", answer="Nobody", kind="claimed/squad1")
    assert shown_of(nobody) == {(PASSAGE, "Nobody"), (CUT, "")}
    through = claim_of(data, "six", answer="at night. The pool", kind="claimed/squad1")
    cut = PASSAGE[PASSAGE.index("at night") :]
    assert shown_of(through) == {(PASSAGE, "at night. The pool"), (cut, "at night. The pool")}


def test_a_claim_of_our_own_passages_has_their_line_in_front_at_times(data: ModuleType) -> None:
    """As chunks have it; the answer stays where it stands."""
    shown = shown_of(claim_of(data, "six", answer="nine", kind="claimed/community"))
    assert shown == {(line + text, "nine") for line in ("", "Pool\n") for text in (PASSAGE, CUT)}


def claimed(data: ModuleType, question: str, passage: str, words: str, margin: float = 0.0) -> Any:
    """What the file says of it."""
    at = passage.index(words)
    return data.Claimed(data.key_of(question), data.key_of(passage), at, at + len(words), margin)


def test_which_claims_are_learnt_from(data: ModuleType) -> None:
    """With the answer, if it is that passage's; none that may be the answer in other words, none asked of two."""
    start, other = PASSAGE.index("six"), "Open until six!"
    end = start + len("six in the evening")
    asked = data.Example("When does it close?", PASSAGE, start, end, "Pool", "")
    unanswered = data.Example("When do dogs eat?", PASSAGE, 0, 0, "Pool", "")
    twice = [data.Example("Where?", text, 0, 0, "Pool", "") for text in (PASSAGE, "Another.")]
    found = [
        claimed(data, "When does it close?", PASSAGE, "evening"),
        claimed(data, "When does it close?", PASSAGE, "nine"),
        claimed(data, "When does it close?", PASSAGE, "at night"),
        claimed(data, "When does it close?", other, "Open", 1.9),
        claimed(data, "When does it close?", other, "Open", 2.0),
        claimed(data, "When does it close?", other, "six"),
        claimed(data, "When do dogs eat?", PASSAGE, "nine", 9.0),
        claimed(data, "Where?", PASSAGE, "outside"),
        claimed(data, "Who?", PASSAGE, "Dogs"),
    ]
    made = data.claims([], [asked, unanswered, *twice], [(asked, [("Other", other)])], found)
    assert made["claimed/community"] == []
    of = {(c.example.question, c.example.passage[c.start : c.end]): c.example for c in made["claimed/squad1"]}
    assert {key: one.passage[one.start : one.end] for key, one in of.items()} == {
        ("When does it close?", "evening"): "six in the evening",
        ("When does it close?", "nine"): "six in the evening",
        ("When does it close?", "at night"): "six in the evening",
        ("When does it close?", "Open"): "",
        ("When do dogs eat?", "nine"): "",
    }
    assert len(made["claimed/squad1"]) == len(of)
    assert of["When does it close?", "Open"].title == "Other"


def test_claims_about_our_own_passages_keep_title_and_heading(data: ModuleType) -> None:
    """They are shown in front."""
    authored = import_module("reader_authored")
    written = authored.Written("When?", "nine", PASSAGE, "Pool", "Times", "7-1")
    (claim,) = data.claims([written], [], [], [claimed(data, "When?", PASSAGE, "six")])["claimed/community"]
    assert claim.example.title == "Pool \u203a Times"
    assert PASSAGE[claim.example.start : claim.example.end] == "nine"


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
    assert authored.claimed() == [authored.Claimed("a", "p", 3, 9, -4.0)]


def test_claims_name_question_and_passage() -> None:
    """By twelve hexadecimal digits each; spans are not empty."""
    files = TRAINING.glob("questions/claimed_*.jsonl")
    lines = [line for path in files for line in path.read_text("utf-8").splitlines()]
    assert lines
    for record in map(json.loads, lines):
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in (record["asked"], record["passage"]))
        assert 1 <= len(record["spans"]) <= 2
        assert all(0 <= start < end and margin >= -8 for start, end, margin in record["spans"])
