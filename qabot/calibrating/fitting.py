"""The stated probability, fitted to what was right and wrong: slope and intercept on the shipped logit.

Source: Platt 1999, on the logit of a probability that is already fitted, so that (1, 0) changes nothing. Two numbers
and not all of the features: a few hundred questions do not hold more, and a line leaves the order of the answers as it
is, so that the same questions may afterwards test the threshold (qabot/calibrating/risk.py). The penalty is the prior
belief that the shipped numbers are about right: slope 1 +- 0.3 and intercept 0 +- 0.6 in logits. Ten answers hardly
move them; from about a hundred on the answers decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qabot.calibration import Recalibration, logit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS = 5
_SEED = 0
_BELIEVED = np.array([1.0, 0.0])  # slope, intercept
_PRECISION = np.array([1 / 0.3**2, 1 / 0.6**2])  # of that belief, 1 / sd^2
_LEAST_SLOPE = 0.1  # whatever the answers say: a surer answer is never less sure
_STEPS = 50


def fitted(probability: Floats, right: Flags, *, weight: float = 1.0) -> Recalibration:
    """The most probable line for shipped probabilities (n,) and what was right (n,); each counts ``weight`` times."""
    x = np.array([logit(one) for one in probability], dtype=np.float64)
    design = np.column_stack([x, np.ones_like(x)])
    slope, intercept = _newton(design, right.astype(np.float64), weight, _BELIEVED.copy(), free=np.array([True, True]))
    if slope < _LEAST_SLOPE:
        start = np.array([_LEAST_SLOPE, 0.0])
        slope, intercept = _newton(design, right.astype(np.float64), weight, start, free=np.array([False, True]))
    return Recalibration(round(float(slope), 6), round(float(intercept), 6))


def held_out(probability: Floats, right: Flags, *, weight: float = 1.0) -> Floats:
    """What each of the (n,) would be stated as if it had not been fitted on: five parts, each by the other four."""
    part = np.random.default_rng(_SEED).permutation(np.arange(len(right)) % FOLDS)
    said = np.empty(len(right))
    for fold in range(FOLDS):
        line = fitted(probability[part != fold], right[part != fold], weight=weight)
        said[part == fold] = stated(line, probability[part == fold])
    return said


def stated(line: Recalibration, probability: Floats) -> Floats:
    """What a line states for shipped probabilities (n,)."""
    return np.array([line.stated(float(one)) for one in probability], dtype=np.float64)


def log_loss(probability: Floats, right: Flags) -> float | None:
    """The mean of -log of what was said of what happened, in nats; None for no answers."""
    if not len(right):
        return None
    said = np.clip(np.where(right, probability, 1.0 - probability), 1e-9, 1.0)
    return float(-np.log(said).mean())


def _newton(design: Floats, right: Floats, weight: float, start: Floats, *, free: Flags) -> Floats:
    """The minimum of log loss and penalty over the ``free`` numbers of (slope, intercept); it is convex."""
    line = start
    for _ in range(_STEPS):
        said = 1.0 / (1.0 + np.exp(-np.clip(design @ line, -50.0, 50.0)))
        gradient = weight * design.T @ (said - right) + _PRECISION * (line - _BELIEVED)
        curvature = weight * (design * (said * (1.0 - said))[:, None]).T @ design + np.diag(_PRECISION)
        step = np.zeros(2)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        largest = np.abs(step).max()
        line = line - (step if largest <= 1.0 else step / largest)  # far from the minimum a full step may overshoot
        if largest < 1e-9:
            break
    return line
