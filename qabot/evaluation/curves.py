"""The curves behind the figures: risk over coverage, figures over the threshold, and how well confidence is calibrated.

This module computes points from the table of outcomes; it refuses to know how they are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qabot.evaluation.figures import KINDS, Table
from qabot.evaluation.intervals import wilson
from qabot.evaluation.metrics import ECE_BINS, Floats, risks

SWEPT = ("precision", "coverage", "refusal")
LEAST_IN_A_BIN = 20
_MOST_POINTS = 400  # more would not be seen
_STEPS = 100  # of the threshold, from 0 to 1


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of like confidence: its mean, the share of right ones with its 95 % interval, and how many."""

    confidence: float
    right: float
    low: float
    high: float
    count: int


def risk_curve(table: Table) -> list[tuple[float, float]]:
    """(share of the questions answered, share of wrong answers among them), the most confident first."""
    curve = risks(table.confidence, ~table.right) if len(table.right) else np.array([])
    kept = np.unique(np.linspace(0, len(curve) - 1, min(len(curve), _MOST_POINTS)).astype(int))
    return [((at + 1) / len(curve), float(curve[at])) for at in kept]


def swept(table: Table) -> list[tuple[float, dict[str, float | None]]]:
    """Precision, coverage and refusal, each None where it is not defined, at thresholds from 0 to 1."""
    kinds = [kind for kind in KINDS if kind.name in SWEPT]
    made = []
    for threshold in (step / _STEPS for step in range(_STEPS + 1)):
        at = replace(table, shown=table.offered & (table.confidence >= threshold))
        made.append((threshold, {kind.name: kind.compute(at)[0] for kind in kinds}))
    return made


def reliability(table: Table) -> list[Bin]:
    """The predictions in order of confidence, in 15 bins of equal numbers; fewer where they would hold less than 20."""
    confidence, right = table.confidence[table.offered], table.right[table.offered]
    bins = min(ECE_BINS, len(confidence) // LEAST_IN_A_BIN)
    if not bins:
        return []
    order = np.array_split(np.argsort(confidence, kind="stable"), bins)
    return [_bin(confidence[rows], right[rows].astype(np.float64)) for rows in order]


def _bin(confidence: Floats, right: Floats) -> Bin:
    low, high = wilson(int(right.sum()), len(right))
    return Bin(float(confidence.mean()), float(right.mean()), low, high, len(right))
