"""The figures of small sets of outcomes, computed by hand; what is undefined says so."""

import math
from dataclasses import replace

import numpy as np
import pytest
from evaluated import outcome
from hypothesis import given
from hypothesis import strategies as st
from results import quote
from test_evaluation_metrics import official

from qabot.datatypes import Span
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.figures import KINDS, Figure, Table, figures_of
from qabot.evaluation.intervals import RESAMPLES, Groups, intervals, rows_by
from qabot.evaluation.outcomes import Outcome, is_right

MIXED = [
    outcome("blue whale", "the blue whale", 0.9, rank=1, elapsed_ms=10),  # right, EM
    outcome("1953", "in 1953 or so", 0.8, rank=3, elapsed_ms=20),  # right, F1 2 * 1 / (4 + 1)
    outcome("Paris", "London", 0.7, rank=0, elapsed_ms=30),  # wrong
    outcome("cat", "cat", 0.2, rank=20, elapsed_ms=40),  # right, but below the threshold
    outcome("dog", "", rank=6, elapsed_ms=50),  # nothing found
    outcome("", "a guess", 0.6, elapsed_ms=60),  # unanswerable and answered
    outcome("", "a guess", 0.4, elapsed_ms=70),  # unanswerable and refused
    outcome("", "", elapsed_ms=80),  # likewise
]


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty in place of 2,000, where no interval is looked at."""
    monkeypatch.setattr("qabot.evaluation.intervals.RESAMPLES", 50)


def values(outcomes: list[Outcome], threshold: float = 0.5) -> dict[str, tuple[float | None, int]]:
    """Each figure's value and count, without the intervals, which take half a second."""
    table = Table.of(outcomes, threshold)
    return {kind.name: kind.compute(table) for kind in KINDS}


def test_figures_by_hand() -> None:
    """Every figure of eight outcomes, and of how many each is."""
    risks = [0, 0, 1 / 3, 2 / 4, 3 / 5, 3 / 6, 4 / 7, 5 / 8]  # the two without an answer come last, as wrong ones
    expected = {
        "em": ((1 + 2) / 8, 8),
        "f1": ((1 + 0.4 + 2) / 8, 8),
        "em_answerable": (1 / 5, 5),
        "f1_answerable": (1.4 / 5, 5),
        "em_unanswerable": (2 / 3, 3),
        "f1_unanswerable": (2 / 3, 3),
        "em_unrefused": (2 / 5, 5),
        "f1_unrefused": (2.4 / 5, 5),
        "recall_at_1": (1 / 5, 5),
        "recall_at_5": (2 / 5, 5),
        "recall_at_10": (3 / 5, 5),
        "recall_at_20": (4 / 5, 5),
        "precision": (2 / 4, 4),
        "coverage": (2 / 5, 5),
        "refusal": (2 / 3, 3),
        "risk_coverage_area": (sum(risks) / 8, 8),
        "risk_coverage_area_best": ((1 / 4 + 2 / 5 + 3 / 6 + 4 / 7 + 5 / 8) / 8, 8),  # the three right ones first
        "calibration_error": ((0.1 + 0.2 + 0.7 + 0.8 + 0.6 + 0.4) / 6, 6),  # a bin for each; too few to be shown
        "calibration_error_shown": ((0.1 + 0.2 + 0.7 + 0.6) / 4, 4),  # of those from 0.5 on
        "latency_p50_ms": (45.0, 8),
        "latency_p95_ms": (76.5, 8),  # 0.65 of the way from the seventh to the eighth
    }
    found = values(MIXED)
    assert list(found) == list(expected)
    for name, (value, count) in expected.items():
        assert found[name] == (pytest.approx(value) if value is not None else None, count), name


def test_an_answer_at_the_threshold_is_shown() -> None:
    """The answerer refuses below its threshold, so equality shows."""
    assert values([outcome("cat", "cat", 0.5)], threshold=0.5)["coverage"] == (1.0, 1)
    assert values([outcome("cat", "cat", 0.5)], threshold=0.500001)["coverage"] == (0.0, 1)


def test_a_question_without_an_answer_comes_last() -> None:
    """Even an answer of no confidence at all comes before none: risks 0 and 1/2."""
    assert values([outcome("dog", ""), outcome("cat", "cat", 0.0)])["risk_coverage_area"] == (0.25, 2)


def test_a_missing_prediction_is_neither_right_nor_a_refusal() -> None:
    """It scores 0 everywhere, also for an unanswerable question, and has no latency."""
    found = values([outcome("cat", None), outcome("", None), outcome("", "", elapsed_ms=7.0)])
    assert found["em"] == found["f1"] == (pytest.approx(1 / 3), 3)
    assert found["refusal"] == found["em_unanswerable"] == (0.5, 2)
    assert (found["coverage"], found["precision"]) == ((0.0, 1), (None, 0))
    assert found["latency_p50_ms"] == (7.0, 1)


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize("outcomes", [[], MIXED[:5], MIXED[5:], [outcome("cat", None)]])
def test_what_is_undefined_is_none_and_says_why(outcomes: list[Outcome]) -> None:
    """No questions, only answerable ones, only unanswerable ones, no prediction: never a NaN, always a reason."""
    for name, figure in figures_of(outcomes, 0.5)[0].items():
        assert (figure.value is None) == (figure.missing is not None), name
        numbers = [figure.value or 0.0, *(figure.interval or ())]
        assert all(map(math.isfinite, numbers)), name
        assert figure.interval is None or figure.value is not None, name


@pytest.mark.usefixtures("few_resamples")
def test_the_reasons_name_what_there_is_none_of() -> None:
    """Answerable questions, unanswerable ones, answers, questions: whichever is lacking."""
    of = {name: figure.missing for name, figure in figures_of(MIXED[:5], 0.95)[0].items()}
    assert (of["refusal"], of["precision"], of["coverage"]) == ("no unanswerable", "no answers given", None)
    assert figures_of(MIXED[5:], 0.5)[0]["coverage"].missing == "no answerable"
    assert figures_of([], 0.5)[0]["em"] == Figure(None, None, 0, missing="no questions")
    assert figures_of(MIXED, 0.5)[0]["calibration_error"].missing == "fewer than 500 predictions"
    assert figures_of([outcome("cat", "cat")], 0.5)[0]["recall_at_5"].missing == (
        "of answerable questions, not with --given"
    )


@pytest.mark.usefixtures("few_resamples")
def test_the_calibration_error_is_computed_from_500_predictions_on() -> None:
    """499 predictions are too few, 500 are enough; questions without an answer do not count among them."""
    shown = figures_of([outcome("cat", "cat", 0.75)] * 500 + [outcome("cat", "dog", 0.25)] * 20, 0.5)[0]
    assert shown["calibration_error_shown"].value == pytest.approx(0.25)
    assert (shown["calibration_error_shown"].count, shown["calibration_error"].count) == (500, 520)
    assert figures_of(MIXED, 0.5)[0]["calibration_error_shown"].missing == "fewer than 500 answers given"
    many = [outcome("cat", "cat", 0.75), *[outcome("cat", "cat" if n % 4 else "dog", 0.75) for n in range(499)]]
    few = figures_of([*many[:499], outcome("cat", "")], 0.5)[0]["calibration_error"]
    assert few == Figure(None, None, 499, missing="fewer than 500 predictions")
    enough = figures_of(many, 0.5)[0]["calibration_error"]
    assert (enough.count, enough.missing) == (500, None)
    assert enough.value == pytest.approx(0.0, abs=0.03)  # bins of 33 or 34 cut the fours apart


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "red cat", "cat/red cat", "the"]),
            st.sampled_from(["", "cat", "a red cat", "dog"]),
            st.sampled_from([0.25, 0.5, 0.75]),
        ),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)
def test_em_and_f1_over_a_file_are_the_official_means(rows: list[tuple[str, str, float]], threshold: float) -> None:
    """Over all, answerable and unanswerable questions, at any no-answer threshold.

    The official one: an answer is replaced by an empty one if its no-answer probability is above 1 - ours.
    """
    outcomes = [outcome(golds, said, sure) for golds, said, sure in rows]
    refused = [(1.0 - sure) > (1.0 - threshold) for _, _, sure in rows]
    scores = [
        official("" if empty else said, golds.split("/")) for (golds, said, _), empty in zip(rows, refused, strict=True)
    ]
    answerable = np.array([official_is_answerable(golds) for golds, _, _ in rows])
    table = values(outcomes, threshold)
    for column, name in ((0, "em"), (1, "f1")):
        column_scores = np.array([score[column] for score in scores])
        assert table[name][0] == pytest.approx(column_scores.mean())
        for suffix, of in (("answerable", answerable), ("unanswerable", ~answerable)):
            expected = pytest.approx(column_scores[of].mean()) if of.any() else None
            assert table[f"{name}_{suffix}"] == (expected, int(of.sum()))


def official_is_answerable(golds: str) -> bool:
    """Whether any gold answer has a word."""
    return golds not in {"", "the"}


@pytest.mark.parametrize(
    ("gold", "right"),
    [((103, 108), True), ((110, 115), False), ((90, 105), False), ((100, 130), True), ((108, 110), False)],
)
def test_an_answer_is_right_if_it_overlaps_a_gold_span_in_its_quote(gold: tuple[int, int], right: bool) -> None:
    """The answer is 104 to 108 in a quote of 100 to 130: beside the gold, or a gold that is cut off, is wrong."""
    shown = quote("abcdefghij" * 3, (4, 8))
    assert is_right(Question("?", (Gold("x", Span(*gold)),), "line 1", source="a.txt"), shown) is right
    assert not is_right(Question("?", (Gold("x", Span(*gold)),), "line 1", source="b.txt"), shown)


@pytest.mark.parametrize(
    ("golds", "source", "right"),
    [
        (["953"], None, True),
        (["More than 953 civilians"], None, True),  # holds the answer, and the quote holds it
        (["More than 953 people"], None, False),  # the quote does not hold it
        (["95"], None, False),
        (["civilians"], None, False),  # in the quote, but not what was answered
        (["nobody", "953"], "a.txt", True),
        (["953"], "b.txt", False),
        ([], None, False),
    ],
)
def test_without_places_the_words_decide(golds: list[str], source: str | None, right: bool) -> None:
    """One of answer and gold holds the other, the quote holds the gold, and it is from the document if one is named."""
    question = Question("?", tuple(map(Gold, golds)), "line 1", source=source)
    assert is_right(question, quote()) is right


def test_em_and_f1_do_not_look_at_the_document() -> None:
    """The words are right, the document is not: EM and F1 are 1, precision and coverage 0, as the page says."""
    one = outcome("cat", "cat")
    elsewhere = values([replace(one, question=replace(one.question, source="other.txt"))])
    assert elsewhere["em"] == elsewhere["f1"] == elsewhere["em_unrefused"] == (1.0, 1)
    assert elsewhere["precision"] == elsewhere["coverage"] == (0.0, 1)


def test_an_answer_of_articles_alone_is_counted_as_none() -> None:
    """As the page says, other than SQuAD 2.0's script, which has such a question among the answerable."""
    found = values([outcome("the", "", elapsed_ms=1.0)])
    assert found["em_unanswerable"] == (1.0, 1)
    assert found["em_answerable"] == (None, 0)


def test_intervals_are_drawn_by_article() -> None:
    """Ten articles, five all right and five all wrong: 0.2 to 0.8; drawn by question it would be 0.4 to 0.6."""
    outcomes = [outcome("cat", "cat" if n < 50 else "dog", article="ABCDEFGHIJ"[n // 10]) for n in range(100)]
    figures, groups = figures_of(outcomes, 0.5)
    assert (groups.unit, len(groups.members), figures["em"].interval) == ("article", 10, pytest.approx((0.2, 0.8)))
    figures, groups = figures_of([outcome("cat", "cat" if n < 50 else "dog") for n in range(100)], 0.5)
    low, high = figures["em"].interval or (0, 0)
    assert (groups.unit, len(groups.members)) == ("question", 100)
    assert (low, high) == (pytest.approx(0.4, abs=0.02), pytest.approx(0.6, abs=0.02))  # 1.96 * sqrt(.25 / 100)


def test_one_article_is_no_reason_to_draw_articles() -> None:
    """With a single article, too few of them, or where some question has none, questions are drawn."""
    assert Groups.of(["A", "A"]).unit == Groups.of(["A", None, "B"]).unit == "question"
    assert Groups.of(["A", "B", "A"]).unit == "article"
    assert Groups.of(["A", "B", "A"], least=3).unit == "question"


def test_nine_articles_are_too_few_to_draw() -> None:
    """Of so few resamples say next to nothing."""
    figures, groups = figures_of([outcome("cat", "cat", article=str(n % 9)) for n in range(90)], 0.5)
    assert (groups.unit, len(groups.members)) == ("question", 90)
    assert figures["em"].method == "wilson"  # no resample differs


def test_shares_of_few_or_of_all_have_wilsons_interval() -> None:
    """By hand, z * z = 3.8415: 2 of 2: 2 / (2 + z * z); 29 of 29: 29 / (29 + z * z); the others are bootstrapped."""
    two = figures_of([outcome("cat", "cat")] * 2, 0.5)[0]
    assert (two["em"].method, two["em"].interval) == ("wilson", pytest.approx((0.3424, 1.0), abs=1e-4))
    assert (two["latency_p50_ms"].method, two["latency_p50_ms"].interval) == ("bootstrap", (10.0, 10.0))
    few = [outcome("cat", "cat"), *[outcome("cat", "dog")] * 28]  # (1 + z^2 / 2 -+ z * sqrt(28 / 29 + z^2 / 4)) / 32.84
    assert figures_of(few, 0.5)[0]["coverage"].interval == pytest.approx((0.00611, 0.17176), abs=1e-4)
    many = figures_of([*few, outcome("cat", "dog")], 0.5)[0]
    assert (many["coverage"].method, many["refusal"].method) == ("bootstrap", None)
    assert many["recall_at_1"].interval is None


@pytest.mark.usefixtures("few_resamples")
def test_every_share_has_an_interval_with_a_width() -> None:
    """However few or alike the outcomes are; F1 too, whose values lie between."""
    for outcomes in (MIXED, MIXED[:1], MIXED[1:2], MIXED[5:6] * 40):
        for kind in (kind for kind in KINDS if kind.mean):
            figure = figures_of(outcomes, 0.5)[0][kind.name]
            if figure.value is not None:
                assert figure.interval is not None
                assert figure.interval[0] < figure.interval[1], kind.name
                assert figure.interval[0] <= figure.value + 1e-9, kind.name
                assert figure.interval[1] >= figure.value - 1e-9, kind.name


def test_the_same_outcomes_give_the_same_intervals() -> None:
    """The draws are seeded."""
    assert figures_of(MIXED, 0.5)[0] == figures_of(MIXED, 0.5)[0]


def test_an_interval_that_is_mostly_undefined_is_none() -> None:
    """A value that most resamples lack has no interval; one that some lack has one of the others."""

    def compute(rows: np.ndarray) -> list[float | None]:
        return [1.0 if 0 in rows and 1 in rows and 2 in rows else None, 1.0 if 0 in rows else None]

    assert intervals(compute, rows_by(range(3))) == [None, (1.0, 1.0)]  # in 22 % and in 70 % of the draws


def test_a_resample_has_as_many_groups_as_there_are() -> None:
    """Rows of a drawn group come together, and 2,000 resamples are drawn."""
    sizes: list[int] = []

    def compute(rows: np.ndarray) -> list[float | None]:
        sizes.append(len(rows))
        assert np.count_nonzero(rows < 2) % 2 == 0  # rows 0 and 1 are one group
        return [float(len(rows))]

    intervals(compute, rows_by(["A", "A", "B"]))
    assert (len(sizes), set(sizes)) == (RESAMPLES, {2, 3, 4})
