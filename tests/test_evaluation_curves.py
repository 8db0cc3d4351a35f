"""The points of the curves, computed by hand."""

import numpy as np
import pytest
from evaluated import outcome

from qabot.evaluation.curves import reliability, risk_curve, swept
from qabot.evaluation.figures import KINDS, Table
from qabot.evaluation.intervals import wilson

FOUR = [
    outcome("cat", "cat", 0.9),  # right
    outcome("cat", "dog", 0.6),  # wrong
    outcome("", "dog", 0.3),  # unanswerable, wrong
    outcome("cat", "", 0.0),  # nothing found
]


def test_the_risk_curve_by_hand() -> None:
    """Right, wrong, wrong, none: of one, two, three and four questions 0, 1/2, 2/3 and 3/4 are wrong."""
    expected = [(0.25, 0.0), (0.5, 0.5), (0.75, 2 / 3), (1.0, 0.75)]
    assert risk_curve(Table.of(FOUR[::-1], 0.5)) == [pytest.approx(point) for point in expected]
    assert risk_curve(Table.of([], 0.5)) == []


def test_the_risk_curve_has_the_area_of_the_figure() -> None:
    """Its mean is what the table of figures says."""
    table = Table.of(FOUR, 0.5)
    area = next(kind for kind in KINDS if kind.name == "risk_coverage_area").compute(table)[0]
    assert area == pytest.approx(np.mean([risk for _, risk in risk_curve(table)]))


def test_a_long_risk_curve_is_thinned_between_its_ends() -> None:
    """At most 400 points, the last one with all questions; each is still the risk at its coverage."""
    many = [outcome("cat", "cat" if n % 2 else "dog", 1 - n / 1001) for n in range(1001)]
    points = risk_curve(Table.of(many, 0.5))
    assert len(points) == 400
    assert (points[0], points[-1]) == ((1 / 1001, 1.0), (1.0, pytest.approx(501 / 1001)))
    for coverage, risk in points:
        answered = round(coverage * 1001)
        assert risk == pytest.approx((answered + 1) // 2 / answered)


def test_the_sweep_by_hand() -> None:
    """At every hundredth: an answer at the threshold is still shown, and without answers there is no precision."""
    at = dict(swept(Table.of(FOUR, 0.5)))
    assert len(at) == 101
    assert at[0.0] == {"precision": pytest.approx(1 / 3), "coverage": pytest.approx(1 / 3), "refusal": 0.0}
    assert at[0.3] == at[0.0]
    assert at[0.31] == {"precision": 0.5, "coverage": pytest.approx(1 / 3), "refusal": 1.0}
    assert at[0.9] == {"precision": 1.0, "coverage": pytest.approx(1 / 3), "refusal": 1.0}
    assert at[0.91] == {"precision": None, "coverage": 0.0, "refusal": 1.0}


@pytest.mark.parametrize(("count", "bins"), [(0, 0), (19, 0), (20, 1), (100, 5), (299, 14), (300, 15), (1000, 15)])
def test_bins_hold_twenty_at_least(count: int, bins: int) -> None:
    """Fifteen bins where there is enough for them; questions without an answer are in none."""
    predictions = [outcome("cat", "cat" if n % 2 else "dog", n / 1000) for n in range(count)]
    made = reliability(Table.of([*predictions, outcome("cat", "")], 0.5))
    assert (len(made), sum(one.count for one in made)) == (bins, count if bins else 0)
    assert all(one.count >= 20 for one in made)


def test_a_bin_by_hand() -> None:
    """Its mean confidence, the share of right ones, and their interval."""
    (one,) = reliability(Table.of([outcome("cat", "cat" if n < 10 else "dog", 0.6 + n / 100) for n in range(20)], 0.5))
    assert (one.confidence, one.right, one.count) == (pytest.approx(0.695), 0.5, 20)
    assert (one.low, one.high) == wilson(10, 20)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_by_hand(hits: int, count: int, low: float, high: float) -> None:
    """Published values; the last is Newcombe's example (1998)."""
    assert wilson(hits, count) == pytest.approx((low, high), abs=5e-5)
