"""The threshold with a promise: exact p-values, the order of the tests, and the promise itself on simulated draws."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from qabot.calibrating import risk
from qabot.calibrating.risk import ALPHA, DELTA, GRID, MIN_ANSWERS, at_most, most_right, sequence

Floats = NDArray[np.float64]
DRAWS = 1_000
SHIPPED = 0.4429
MOST_VIOLATED = DELTA + 2 * math.sqrt(DELTA * (1 - DELTA) / DRAWS)


class World:
    """Questions whose answers have a score between 0 and 1, and are wrong with a chance that depends on it."""

    def __init__(self, a: float, b: float, risk: Callable[[Floats], Floats]) -> None:
        self._risk = risk
        self._a, self._b = a, b
        many = np.random.default_rng(1).beta(a, b, 200_000)
        of_many = risk(many)
        self.risk_at = {threshold: float(of_many[many >= threshold].mean()) for threshold in (*GRID, SHIPPED)}

    def draw(self, random: np.random.Generator, count: int) -> tuple[Floats, NDArray[np.bool_]]:
        """Scores and whether the answers are wrong, both (count,)."""
        scores = random.beta(self._a, self._b, count)
        return scores, random.random(count) < self._risk(scores)


def taken_of(scores: Floats, wrong: NDArray[np.bool_]) -> risk.Tested | None:
    """The threshold taken where every question is answerable, so that each right answer more is welcome."""
    every = np.ones(len(wrong), dtype=bool)
    tested = sequence(scores, wrong, shipped=SHIPPED)
    return most_right(tested, probability=scores, right=~wrong, answerable=every, shipped=SHIPPED)


WORLDS = {
    "calibrated": World(1.2, 1.5, lambda s: 1 - s),
    "better than stated": World(2.0, 1.0, lambda s: 0.6 * (1 - s)),
    "much worse than stated": World(2.0, 1.0, lambda s: 1 - s / 2),
    "every answer just above the limit": World(1.0, 1.0, lambda s: np.full_like(s, ALPHA + 1e-4)),
    "a step": World(1.0, 1.0, lambda s: np.where(s > 0.8, 0.02, 0.4)),
    "the surest ones are the worst": World(1.0, 1.0, lambda s: np.where(s > 0.9, 0.3, 0.05)),
}


@pytest.mark.parametrize("count", [60, 300])
@pytest.mark.parametrize("name", WORLDS)
def test_the_promise_is_broken_in_at_most_one_draw_in_ten(name: str, count: int) -> None:
    """Of 1,000 draws at most 10 % and two standard errors pass any threshold, whichever, of a true risk above 10 %."""
    world, random = WORLDS[name], np.random.default_rng(7)
    broken = 0
    for _ in range(DRAWS):
        tested = sequence(*world.draw(random, count), shipped=SHIPPED)
        broken += any(one.holds and world.risk_at[one.threshold] > ALPHA for one in tested)
    assert broken / DRAWS <= MOST_VIOLATED


def test_without_the_test_the_promise_would_be_broken() -> None:
    """The laxest threshold whose observed risk is low enough breaks it far more often, so the simulation can tell."""
    world, random = WORLDS["better than stated"], np.random.default_rng(7)
    broken = 0
    for _ in range(DRAWS):
        scores, wrong = world.draw(random, 300)
        low = [t for t in GRID if (scores >= t).sum() >= MIN_ANSWERS and wrong[scores >= t].mean() <= ALPHA]
        broken += bool(low) and world.risk_at[min(low)] > ALPHA
    assert broken / DRAWS > 2 * MOST_VIOLATED


def test_good_answers_are_not_all_refused() -> None:
    """Where the risk is low enough, a threshold is found in most draws, and it keeps most of what may be kept."""
    world, random = WORLDS["better than stated"], np.random.default_rng(7)
    best = min(threshold for threshold, risk in world.risk_at.items() if risk <= ALPHA)
    taken = [taken_of(*world.draw(random, 1_000)) for _ in range(100)]
    found = [one.threshold for one in taken if one is not None]
    assert len(found) >= 90
    assert best < np.median(found) < best + 0.15


def test_p_values_are_exact() -> None:
    """They equal sums over all outcomes, counted by hand for small numbers."""
    assert at_most(0, 22, 0.1) == pytest.approx(0.9**22)
    assert at_most(1, 3, 0.5) == pytest.approx(4 / 8)
    assert at_most(5, 5, 0.1) == pytest.approx(1.0)
    assert at_most(2, 60, 0.1) == pytest.approx(sum(math.comb(60, i) * 0.1**i * 0.9 ** (60 - i) for i in range(3)))
    assert at_most(9_000, 100_000, 0.1) < 1e-20


def test_fewest_answers_that_can_be_rejected() -> None:
    """With 22 answers that are all right the promise holds, with 21 it cannot."""
    assert MIN_ANSWERS == 22
    scores = np.full(22, 0.9)
    taken = taken_of(scores, np.zeros(22, dtype=bool))
    assert taken is not None
    assert (taken.threshold, taken.answers, taken.wrong) == (SHIPPED, 22, 0)
    assert sequence(scores[:21], np.zeros(21, dtype=bool)) == ()


def test_the_first_failure_ends_the_sequence() -> None:
    """What is laxer is not looked at any more, however good it would be."""
    scores = np.array([0.9] * 100 + [0.5] * 300)
    tested = sequence(scores, np.array([True] * 20 + [False] * 380))
    assert [one.threshold for one in tested] == [0.9]
    assert not tested[0].holds


def test_the_threshold_that_treats_most_questions_rightly_is_taken() -> None:
    """Of those that hold: not the laxest if that costs refusals and gains no answers, nor another for nothing."""
    probability = np.array([0.95] * 100 + [0.7] * 10 + [0.3] * 6)
    right = np.array([True] * 110 + [False] * 6)
    tested = sequence(probability, ~right, shipped=0.45)
    assert all(one.holds for one in tested)
    assert 0.45 in [one.threshold for one in tested]

    def taken(shipped: float) -> float:
        one = most_right(tested, probability=probability, right=right, answerable=right, shipped=shipped)
        assert one is not None
        return one.threshold

    assert (taken(0.45), taken(0.99), taken(0.96)) == (0.45, 0.7, 0.7)


def test_one_wrong_among_the_surest_does_not_end_the_sequence() -> None:
    """It begins with a fifth of the questions; with the 22 surest nothing would have been promised here."""
    scores = np.linspace(0.99, 0.3, 300)
    taken = taken_of(scores, np.arange(300) == 4)
    assert taken is not None
    assert (taken.answers, taken.wrong) == (300, 1)
    assert sequence(scores, np.arange(300) == 4)[0].answers >= 60


def test_unanswered_questions_do_not_count() -> None:
    """Questions without any answer are no errors and no answers at any threshold."""
    scores = np.array([0.9] * 30 + [-1.0] * 100)
    taken = taken_of(scores, np.array([False] * 30 + [True] * 100))
    assert taken is not None
    assert (taken.answers, taken.wrong) == (30, 0)


def test_no_questions() -> None:
    """Nothing is tested, and nothing is promised."""
    assert taken_of(np.empty(0), np.empty(0, dtype=bool)) is None


def test_columns_of_different_length_are_refused() -> None:
    """A missing outcome is a defect of the caller."""
    with pytest.raises(ValueError, match="one probability and one outcome"):
        sequence(np.zeros(3), np.zeros(2, dtype=bool))
