"""The shipped reader points at spans of the passage, and at nothing else."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qabot.reader import LENGTH_COST, MAX_ANSWER_TOKENS, MAX_TOKENS, OVERLAP_TOKENS, OnnxReader, _shares, _window_starts

PASSAGE = (
    "Russian forces have been largely stalled since launching an invasion on 24 February. More than 953 civilians "
    "have been killed, including at least 78 children, according to the United Nations."
)


@cache
def reader() -> OnnxReader:
    """The shipped reader, opened once."""
    return OnnxReader.load(threads=1)


def best(question: str, passage: str = PASSAGE, context: str = "") -> str:
    """The best span's words."""
    return reader().read(question, passage, context=context).spans[0].span.of(passage)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many civilians have been killed?", "953"),
        ("How many children were killed?", "78"),
        ("When was the invasion launched?", "24 February"),
        ("Who says that civilians have been killed?", "United Nations"),
    ],
)
def test_it_finds_the_words(question: str, answer: str) -> None:
    """Plain questions about a plain passage are answered with its words."""
    assert answer in best(question)


def test_no_answer_scores_lower_than_an_answer() -> None:
    """The margin over "no answer" is higher where the passage answers than where it does not."""
    answered = reader().read("How many civilians have been killed?", PASSAGE)
    unrelated = reader().read("Who painted the Mona Lisa?", PASSAGE)
    assert answered.margin(answered.spans[0]) > unrelated.margin(unrelated.spans[0])


def test_spans_come_best_first_and_once() -> None:
    """Scores less the cost of the length fall, over all windows of a passage, and no span is listed twice."""
    passage = " ".join(["one two three four five six seven eight nine ten"] * 60)  # each word a token
    spans = reader().read("what comes after four", passage).spans
    preferences = [s.span_score - LENGTH_COST * s.span.of(passage).count(" ") for s in spans]
    assert preferences == sorted(preferences, reverse=True)
    assert len({s.span for s in spans}) == len(spans) > 1


@pytest.mark.parametrize(("lead", "words"), [(0.06, "one"), (0.16, "one two three")])
def test_a_longer_span_must_score_higher(lead: float, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more tokens cost 0.1: a lead of 0.06 does not pay for them, one of 0.16 does."""
    passage = "one two three four"
    start_logits, end_logits = np.full((2, 8), -20.0, dtype=np.float32)  # [CLS] q [SEP] one two three four [SEP]
    start_logits[3], end_logits[3], end_logits[5] = 5.0, 5.0, 5.0 + lead
    monkeypatch.setattr(OnnxReader, "_logits", lambda *_: (start_logits, end_logits))
    reading = reader().read("q", passage)
    assert reading.spans[0].span.of(passage) == words
    scores = {scored.span.of(passage): scored.span_score for scored in reading.spans}
    assert scores["one two three"] - scores["one"] == pytest.approx(lead, abs=1e-5)


def test_the_context_is_read_but_never_answered_from() -> None:
    """A number in the heading changes scores; every span lies in the passage, counted from its start."""
    context = "More than 4,000 killed"
    with_context = reader().read("How many were killed?", PASSAGE, context=context)
    assert with_context.null_score != reader().read("How many were killed?", PASSAGE).null_score
    assert best("How many civilians were killed?", context=context) in PASSAGE


def test_a_long_passage_is_read_in_windows() -> None:
    """An answer far behind the first window is found, at its place in the whole passage."""
    filler = "The committee met again and nothing was decided about the roof. " * 60
    passage = filler + PASSAGE + " " + filler
    span = reader().read("How many civilians have been killed?", passage).spans[0].span
    assert "953" in span.of(passage)
    assert span.start >= len(filler)


def test_a_text_that_has_the_window_to_itself_is_read_as_a_passage() -> None:
    """Nothing is weighed against it."""
    question, context = "How many civilians have been killed?", "War"
    assert reader().read_together(question, [(PASSAGE, context)]) == [reader().read(question, PASSAGE, context=context)]


def test_texts_that_are_read_together_are_weighed_against_each_other() -> None:
    """Each has its own spans, at its own places; what the passage does not answer is less sure beside it."""
    question, other = "How many civilians have been killed?", "In spring 12 soldiers were killed in the harbour."
    before, reading = reader().read_together(question, [(other, "The harbour"), (PASSAGE, "War")])
    assert before.null_score == reading.null_score
    assert "953" in reading.spans[0].span.of(PASSAGE)
    assert all(scored.span.of(other) for scored in before.spans)
    alone = reader().read(question, other, context="The harbour")
    assert before.margin(before.spans[0]) < alone.margin(alone.spans[0]) < reading.margin(reading.spans[0])


def test_long_texts_share_the_window() -> None:
    """What does not fit into a text's share is not read; another text's answer stays."""
    filler = "The committee met again and nothing was decided about the roof. " * 60
    question = "How many civilians have been killed?"
    long, short, last = reader().read_together(question, [(filler + PASSAGE, "War"), (PASSAGE, "War"), (filler, "War")])
    assert "953" in short.spans[0].span.of(PASSAGE)
    assert short.until is None
    for reading in (long, last):
        assert reading.until is not None
        assert len(filler) / 10 < reading.until < len(filler) / 5
        assert all(scored.span.end <= reading.until for scored in reading.spans)


@pytest.mark.parametrize(
    ("needed", "room", "shares"),
    [([20, 90, 30], 140, [20, 90, 30]), ([20, 200, 90], 200, [20, 90, 90]), ([90, 90], 101, [50, 51]), ([], 9, [])],
)
def test_what_one_text_leaves_the_others_take(needed: list[int], room: int, shares: list[int]) -> None:
    """Only the longest are cut."""
    assert _shares(needed, room) == shares


def test_more_texts_than_the_window_holds() -> None:
    """Each has a reading; the window grows no longer."""
    readings = reader().read_together("Who?", [(PASSAGE * 5, "War " * 60)] * 30)
    assert len(readings) == 30
    assert all(reading.until is not None for reading in readings)


@settings(max_examples=40, deadline=None)
@given(
    question=st.text(max_size=80),
    pieces=st.lists(st.tuples(st.text(max_size=300), st.text(max_size=60)), min_size=1, max_size=4),
)
def test_any_texts_give_spans_of_themselves(question: str, pieces: list[tuple[str, str]]) -> None:
    """Also empty ones: a reading each."""
    readings = reader().read_together(question, pieces)
    assert len(readings) == len(pieces)
    for (text, _), reading in zip(pieces, readings, strict=True):
        assert np.isfinite(reading.null_score)
        assert all(scored.span.of(text) for scored in reading.spans)


def test_results_do_not_depend_on_what_was_read_before() -> None:
    """The same question and passage give the same scores to the bit, whatever came between."""
    alone = reader().read("When was the invasion launched?", PASSAGE)
    reader().read("Who?", "A short one.")
    reader().read("Who?", PASSAGE * 3)
    assert reader().read("When was the invasion launched?", PASSAGE) == alone


@settings(max_examples=40, deadline=None)
@given(question=st.text(max_size=80), passage=st.text(min_size=1, max_size=300), context=st.text(max_size=60))
def test_any_text_gives_spans_of_the_passage(question: str, passage: str, context: str) -> None:
    """Whatever the characters, nothing fails, and each span is a slice of the passage."""
    reading = reader().read(question, passage, context=context)
    assert np.isfinite(reading.null_score)
    for scored in reading.spans:
        assert scored.span.of(passage)


def test_decoding_keeps_start_before_end_and_the_length_limit() -> None:
    """The best span of made-up logits is the best allowed pair, as an exhaustive search finds it."""
    rng = np.random.default_rng(7)
    start_logits, end_logits = rng.normal(size=(2, 50)).astype(np.float32)
    pairs = {
        (i, j): float(start_logits[i] + end_logits[j]) - LENGTH_COST * (j - i)
        for i in range(50)
        for j in range(i, min(50, i + MAX_ANSWER_TOKENS))
    }
    expected = sorted(pairs.items(), key=lambda pair: -pair[1])
    found = sorted(
        reader()._spans(start_logits, end_logits), key=lambda span: LENGTH_COST * (span[1] - span[0]) - span[2]
    )
    assert [(i, j) for i, j, _ in found] == [pair for pair, _ in expected[: len(found)]]


@given(tokens=st.integers(0, 2000), room=st.integers(OVERLAP_TOKENS + 1, MAX_TOKENS))
def test_windows_hold_every_token(tokens: int, room: int) -> None:
    """Windows leave no gap, overlap by the stated number of tokens, and none is without new tokens."""
    starts = _window_starts(tokens, room)
    assert starts[0] == 0
    assert starts[-1] + room >= tokens
    assert all(later - earlier == room - OVERLAP_TOKENS for earlier, later in pairwise(starts))
    assert all(earlier + room < tokens for earlier in starts[:-1])


def test_an_accent_stays_with_its_letter() -> None:
    """An answer does not end between a letter and the combining mark that belongs to it."""
    passage = "The owner of the caf\u00e9 is Jose\u0301. He sings."
    assert best("Who is the owner?", passage).endswith("Jose\u0301")
