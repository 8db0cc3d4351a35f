"""Spans from several passages become answers: places and words that say the same are one."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import astuple, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qabot.calibration import CALIBRATION_NAME, Calibration, Features, GivenCalibration
from qabot.datatypes import Candidate, Chunk, Document, Span
from qabot.errors import ModelError
from qabot.reader import Reading, ScoredSpan
from qabot.selection import Found, Terms, answer_key, merge, name_for_pronoun, says_nothing, share, weigh
from qabot.weights import MODELS_DIR

NO_FEATURES = Features(0, 0, 0, 0, 0)
SENTENCE = "Of 953 civilians who were killed 78 were children."


def found(text: str, start: int, probability: float, document: str = "a.txt") -> Found:
    """A span of a document with its probability."""
    return Found(document, Span(start, start + len(text)), text, NO_FEATURES, probability)


def test_equal_words_are_one_answer() -> None:
    """Case, articles and punctuation make no difference; the best place comes first."""
    groups = merge(
        [found("United Nations", 10, 0.5), found("the United Nations,", 99, 0.9, "b.txt"), found("Moscow", 40, 0.7)]
    )
    assert [[one.document_id for one in group] for group in groups] == [["b.txt", "a.txt"], ["a.txt"]]


def test_overlapping_spans_are_one_place() -> None:
    """The words "More than 953" and the 953 inside of it are one place, and its best span speaks for it."""
    groups = merge([found("953", 10, 0.9), found("More than 953", 0, 0.4), found("78", 50, 0.2)])
    assert [[one.text for one in group] for group in groups] == [["953"], ["78"]]


def test_of_overlapping_spans_the_first_of_the_reading_speaks() -> None:
    """The reader prefers the shorter one although it scores a little lower; the longer one is the same place."""
    assert weighed(("953", 6.0), ("Of 953", 6.05), ("78", 1.0)) == ["953", "78"]


def test_a_span_that_may_not_answer_stands_in_nobodys_way() -> None:
    """One over two cells of a row may not: the one inside of it is heard."""
    spans = ("Of 953", 6.0), ("953", 5.0), ("78", 1.0)
    assert weighed(*spans) == ["Of 953", "78"]
    assert weighed(*spans, may_answer=lambda span: len(span) < 5) == ["953", "78"]


def test_punctuation_is_no_answer() -> None:
    """The "-" of an empty cell is not; signs and emoji can be."""
    assert [sign for sign in "-\u2013.:|+\u27057" if not says_nothing(sign)] == ["+", "\u2705", "7"]
    assert weighed(("-", 6.0), ("78", 1.0), text="Dead - 78 people.") == ["78"]


def test_a_limit_of_another_sentence_is_not_taken_along() -> None:
    """A heading that ends in "about" above a list of numbers: the number remains an answer, and alone."""
    text = "What it is about\n953 civilians."
    number = Span(text.index("953"), text.index("953") + 3)
    found = weigh(
        Candidate(0, Chunk("a.txt", Span(0, len(text))), text, 0.5, 1.0, 0.03),
        Reading((ScoredSpan(number, 6.0),), 0.0),
        document=Document("a.txt", text, "", "utf-8", "plain"),
        sentences=(Span(0, 16), Span(17, len(text))),
        terms=Terms("How many?", frozenset(), frozenset()),
        analyse=str.split,
        calibration=Calibration.load(),
    )
    assert [one.text for one in found] == ["953"]


def weighed(
    *scored: tuple[str, float], text: str = SENTENCE, may_answer: Callable[[Span], bool] = lambda _: True
) -> list[str]:
    """The words that remain of a reading of one sentence, given words and scores in the reader's order."""
    spans = [(Span(text.index(words), text.index(words) + len(words)), score) for words, score in scored]
    found = weigh(
        Candidate(0, Chunk("a.txt", Span(0, len(text))), text, 0.5, 1.0, 0.03),
        Reading(tuple(ScoredSpan(span, score) for span, score in spans), 0.0),
        document=Document("a.txt", text, "", "utf-8", "plain"),
        sentences=(Span(0, len(text)),),
        terms=Terms("How many were killed?", frozenset({"killed"}), frozenset({"killed"})),
        analyse=str.split,
        calibration=Calibration.load(),
        may_answer=may_answer,
    )
    return [one.text for one in found]


@given(
    st.lists(
        st.builds(
            lambda start, length, p, doc: Found(doc, Span(start, start + length), f"{doc}{start % 3}", NO_FEATURES, p),
            st.integers(0, 60),
            st.integers(1, 20),
            st.floats(0, 1),
            st.sampled_from(["a", "b"]),
        ),
        max_size=30,
    )
)
def test_merging_keeps_the_best_and_no_place_twice(spans: list[Found]) -> None:
    """The first answer is the most probable span, answers come in order, no two places overlap."""
    groups = merge(spans)
    places = [place for group in groups for place in group]
    assert not spans or groups[0][0].probability == max(one.probability for one in spans)
    assert [g[0].probability for g in groups] == sorted((g[0].probability for g in groups), reverse=True)
    for i, one in enumerate(places):
        assert not any(one.document_id == other.document_id and one.span.overlaps(other.span) for other in places[:i])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The UN", "UN", True),
        ("3.5 million", "35 million", False),
        ("14 days", "90 days", False),
        ("Straße", "STRASSE", True),
        ("...", "---", False),
        ("the", "the", True),
    ],
)
def test_what_counts_as_equal(one: str, other: str, *, same: bool) -> None:
    """Words decide; a different number is a different answer."""
    assert (answer_key(one) == answer_key(other)) is same


def test_a_name_beats_a_pronoun_in_the_same_quote() -> None:
    """If the reader marked a name where the quote begins, that is the answer; elsewhere it is not."""
    text = "Mr Blinken spoke. He accused Russia. Mr Lavrov denied it."
    document = Document("a.txt", text, "", "utf-8", "plain")
    he, blinken, lavrov = found("He", 18, 0.9), found("Mr Blinken", 0, 0.3), found("Mr Lavrov", 37, 0.6)
    assert name_for_pronoun(he, [he, lavrov, blinken], document, Span(0, 36)) is blinken
    assert name_for_pronoun(he, [he, lavrov], document, Span(0, 36)) is he
    assert name_for_pronoun(lavrov, [he, blinken], document, Span(0, 36)) is lavrov


def test_share_of_nothing_is_nothing() -> None:
    """A question without content words shares none; one with all of them shares all."""
    assert share(frozenset(), ["a"]) == 0.0
    assert share(frozenset({"a", "b"}), ["b", "c", "b"]) == 0.5


def test_a_higher_margin_is_more_probable() -> None:
    """The shipped probability rises with the margin, lies in (0, 1), and the threshold is one that can be reached."""
    calibration = Calibration.load()
    low, high = (calibration.probability(Features(margin, 1, 1, 0.5, 1)) for margin in (-5.0, 10.0))
    assert 0 < low < high < 1
    assert 0 < calibration.threshold < 1


def test_the_fit_says_what_it_was_fitted_on() -> None:
    """The calibration belongs to the reader that is shipped, not to an earlier one."""
    stored = json.loads((MODELS_DIR / CALIBRATION_NAME).read_text(encoding="utf-8"))
    sums = (MODELS_DIR / "SHA256SUMS").read_text(encoding="ascii")
    assert f"{stored['fitted_on']['reader_sha256']}  reader.onnx" in sums
    assert f"{stored['fitted_on']['encoder_sha256']}  encoder.onnx" in sums


def test_features_must_be_numbers() -> None:
    """A NaN is an error where it arises, not a probability later."""
    with pytest.raises(ValueError, match="finite"):
        Features(float("nan"), 0, 0, 0, 0)


def test_a_calibration_of_other_features_is_refused(tmp_path: Path) -> None:
    """A file of another release, with other features, is named with its remedy."""
    content = json.dumps({"intercept": 0, "weights": {"margin": 1}, "threshold": 0.5})
    (tmp_path / CALIBRATION_NAME).write_text(content)
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(content.encode()).hexdigest()}  {CALIBRATION_NAME}\n")
    with pytest.raises(ModelError, match="features"):
        Calibration.load(tmp_path)


@pytest.mark.parametrize(
    ("margin", "again", "expected"), [(0.0, 0.0, 0.5), (1e6, 0.0, 1.0), (-1e6, 0.0, 0.0), (1.0, 3.0, 0.8808)]
)
def test_a_given_passage_has_a_probability_for_any_margin(margin: float, again: float, expected: float) -> None:
    """No overflow beyond what an exponential can hold."""
    calibration = GivenCalibration(margin=0.5, again=0.5, intercept=0.0, threshold=0.5)
    assert calibration.probability(margin, again) == pytest.approx(expected, abs=1e-4)


OLD = '{"weight": 1, "intercept": 0, "threshold": 0.5}'  # what 2026-11-23's had
MORE = '{"margin": 1, "again": 1, "intercept": 0, "threshold": 0.5, "more": 1}'


@pytest.mark.parametrize("given", ["{}", OLD, MORE, "3"])
def test_a_calibration_of_another_release_is_refused_for_given_passages(tmp_path: Path, given: str) -> None:
    """Its file has no part for it, or one with other fields."""
    content = f'{{"given": {given}}}'
    (tmp_path / CALIBRATION_NAME).write_text(content)
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(content.encode()).hexdigest()}  {CALIBRATION_NAME}\n")
    with pytest.raises(ModelError) as refused:
        GivenCalibration.load(tmp_path)
    assert refused.value.remedy.startswith("Reinstall qabot")


def test_probability_is_the_logistic_function() -> None:
    """At intercept and weights zero the probability is one half; huge scores do not overflow."""
    assert Calibration(0.0, NO_FEATURES, 0.5).probability(Features(9, 9, 9, 9, 9)) == 0.5
    extreme = Calibration(0.0, Features(*[1e6] * len(fields(Features))), 0.5)
    assert extreme.probability(Features(*astuple(extreme.weights))) <= 1.0
