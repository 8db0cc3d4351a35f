"""The threshold with a promise: at most one wrong answer in ten, and that with nine chances in ten.

Learn then test (Angelopoulos, Bates, Candes, Jordan and Lei 2021, "Learn then Test: Calibrating Predictive Algorithms
to Achieve Risk Control"), fixed sequence testing. The risk of a threshold is the share of wrong answers among those
that are given at it. From strict to lax, each threshold of a grid is tested for "the risk is above ALPHA"; the first
that cannot be rejected at DELTA ends the sequence. That controls the chance of rejecting even one wrongly, so all
thresholds before it hold at once, and whichever of them is taken, also by looking at the same questions, the promise
holds (their Theorem 1): it is the one at which most questions are treated rightly. The shipped threshold is in the
grid, so that nothing is changed for nothing.

A file without questions that the documents do not answer says nothing of what becomes of those: everything may be
answered, and hardly an answer is wrong. Nothing is tested before there are MIN_UNANSWERABLE of them, so many that all
refused would show that nine in ten are (0.9 ** 22 < DELTA, as for answers), and MIN_UNANSWERABLE_SHARE of all.

How many questions are answered is chance, so the test is made given that number: of n answers each is wrong with the
risk's probability, and P(Binomial(n, ALPHA) <= wrong) is an exact p-value. The grid is fixed and the scores tested are
the shipped ones, which no question here was fitted on; the fitted curve keeps their order, so nothing is tested on what
it was fitted on.

Where the sequence begins is seen from the numbers of answers, not from what was right: the strictest threshold with
MIN_ANSWERS and MIN_SHARE of the questions; with fewer none could ever be rejected. The promise then holds where surer
answers are wrong no more often than less sure ones: below the first threshold t whose risk is too high every answer is
then wrong with ALPHA or more, so that beginning there does not help it either; whatever the order is, it holds if the
sequence begins at or above t. And it holds for questions drawn as these were, to documents like these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ALPHA = 0.10
DELTA = 0.10
GRID = tuple(round(0.98 - 0.02 * step, 2) for step in range(49))  # 0.98 ... 0.02
MIN_ANSWERS = math.ceil(math.log(DELTA) / math.log(1 - ALPHA))  # 22: if fewer are all right, that may be luck
MIN_SHARE = 0.20  # of the questions: more answers at the beginning, so that one wrong among them does not end it
MIN_UNANSWERABLE = MIN_ANSWERS
MIN_UNANSWERABLE_SHARE = 0.10  # of the questions: with fewer, answering all of them would break no promise


@dataclass(frozen=True, slots=True)
class Tested:
    """A threshold of the grid, what became of the questions at it, and the p-value of "the risk is above ALPHA"."""

    threshold: float
    answers: int
    wrong: int
    p_value: float

    @property
    def holds(self) -> bool:
        """Whether that is rejected, so that the threshold keeps the promise."""
        return self.p_value <= DELTA


def least_unanswerable(questions: int) -> int:
    """How many of so many questions must be unanswerable before a threshold is tested."""
    return max(MIN_UNANSWERABLE, math.ceil(MIN_UNANSWERABLE_SHARE * questions))


def sequence(probability: Floats, wrong: Flags, *, shipped: float | None = None) -> tuple[Tested, ...]:
    """The thresholds tested, from strict to lax, up to the first that does not hold, that one included.

    Args:
        probability: shipped probability of each question's answer, shape (n,); below 0 where there is none.
        wrong: whether showing it would be wrong, shape (n,).
        shipped: a threshold that is tested too, known before the questions were.
    """
    if probability.shape != wrong.shape or probability.ndim != 1:
        raise ValueError(f"one probability and one outcome a question, got {probability.shape} and {wrong.shape}")
    least = max(MIN_ANSWERS, math.ceil(MIN_SHARE * len(probability)))
    made: list[Tested] = []
    for threshold in sorted({*GRID, *([] if shipped is None else [shipped])}, reverse=True):
        given = probability >= threshold
        answers, errors = int(given.sum()), int(wrong[given].sum())
        if answers >= least:
            made.append(Tested(threshold, answers, errors, at_most(errors, answers, ALPHA)))
        if made and not made[-1].holds:
            break
    return tuple(made)


def most_right(
    tested: tuple[Tested, ...], *, probability: Floats, right: Flags, answerable: Flags, shipped: float
) -> Tested | None:
    """Of the thresholds that hold the one with most right answers and right refusals; None where none holds.

    Of equal ones the ``shipped`` threshold, else the strictest. The columns have shape (n,), as for ``sequence``.
    """

    def merit(one: Tested) -> tuple[int, bool, float]:
        shown = probability >= one.threshold
        rightly = int((shown & right).sum() + (~shown & ~answerable).sum())
        return rightly, one.threshold == shipped, one.threshold

    return max((one for one in tested if one.holds), key=merit, default=None)


def at_most(count: int, of: int, chance: float) -> float:
    """P(Binomial(of, chance) <= count), exactly but for rounding."""
    logs = (
        math.lgamma(of + 1) - math.lgamma(i + 1) - math.lgamma(of - i + 1)
        + i * math.log(chance) + (of - i) * math.log1p(-chance)
        for i in range(count + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(map(math.exp, logs)))
