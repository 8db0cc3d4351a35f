"""How far a figure would move with other questions of the same kind: percentile bootstrap in groups, or Wilson's.

Questions of one article share its difficulty, so articles are drawn, not questions. Source: Efron and Tibshirani 1993,
chapters 13 and 8 (data of another structure). Of few, or of outcomes that are all alike, resamples differ too little:
there a share has Wilson's score interval. Source: Wilson 1927 (JASA); Brown, Cai and DasGupta 2001.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]
Values = Sequence[float | None]

RESAMPLES = 2_000
SEED = 0
_LEVELS = (0.025, 0.975)
_Z = 1.959964  # of the normal distribution's middle 95 %


@dataclass(frozen=True)
class Groups:
    """Which questions are drawn together: ``members`` holds the rows of each group."""

    unit: str  # "article" or "question"
    members: tuple[Rows, ...]

    @classmethod
    def of(cls, articles: Sequence[str | None], *, least: int = 2) -> Groups:
        """By article where each question has one and there are ``least`` at least; else each question by itself."""
        if None not in articles and len(set(articles)) >= least:
            return cls("article", rows_by(articles))
        return cls("question", rows_by(range(len(articles))))


def rows_by(labels: Sequence[Any]) -> tuple[Rows, ...]:
    """The rows of each label, labels sorted."""
    rows: dict[Any, list[int]] = {}
    for row, label in enumerate(labels):
        rows.setdefault(label, []).append(row)
    return tuple(np.array(rows[label], dtype=np.intp) for label in sorted(rows))


def intervals(compute: Callable[[Rows], Values], groups: Sequence[Rows]) -> list[tuple[float, float] | None]:
    """The 95 % interval of each value that ``compute`` makes of some rows (with repetition).

    2,000 resamples of as many groups as there are, drawn with replacement, always the same ones. Resamples in which a
    value is not defined are left out; where that is half of them or more, its interval is ``None``.
    """
    if not groups:
        return [None for _ in compute(np.array([], dtype=np.intp))]
    draw = np.random.default_rng(SEED)
    drawn = (draw.integers(0, len(groups), len(groups)) for _ in range(RESAMPLES))
    made = [compute(np.concatenate([groups[group] for group in one])) for one in drawn]
    values = np.array([[np.nan if value is None else value for value in one] for one in made])
    return [_between(column[~np.isnan(column)]) for column in values.T]


def _between(values: NDArray[np.float64]) -> tuple[float, float] | None:
    if len(values) <= RESAMPLES / 2:
        return None
    low, high = np.quantile(values, _LEVELS)
    return float(low), float(high)


def wilson(hits: float, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share, ``count`` at least 1. Source: Wilson 1927 (JASA).

    ``hits`` may be a sum of values from 0 to 1: their variance is at most that of hits, so that it is wide enough.
    """
    share, spread = hits / count, _Z * _Z / count
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt(max(0.0, share * (1 - share)) / count + spread / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)
