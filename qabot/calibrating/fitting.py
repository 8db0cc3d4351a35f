"""The stated probability, fitted to what was right and wrong: a rising curve over the shipped one.

Source: beta calibration, Kull, Silva Filho and Flach 2017, which has what Platt 1999 has and may bend: on news
sentences its log loss was lower (docs/calibration.md). Three numbers and not all of the features: a few hundred
questions do not hold more, and a rising curve leaves the order of the answers as it is, so that the same questions may
test the threshold (qabot/calibrating/risk.py). The penalty is the prior belief that the shipped numbers are about
right: weights 1 +- 0.3 and intercept 0 +- 0.6 in logits. Ten answers hardly move them; from about a hundred on the
answers decide.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qabot.calibration import AS_SHIPPED, Recalibration, log_chances

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FOLDS = 5
_SEED = 0
_BELIEVED = np.array([AS_SHIPPED.log_right, AS_SHIPPED.log_wrong, AS_SHIPPED.intercept])
_PRECISION = np.array([1 / 0.3**2, 1 / 0.3**2, 1 / 0.6**2])  # of that belief, 1 / sd^2
_LEAST_WEIGHT = 0.05  # whatever the answers say: a surer answer is never less sure
_STEPS = 50


def fitted(probability: Floats, right: Flags) -> Recalibration:
    """The most probable curve for shipped probabilities (n,) and what was right (n,)."""
    chances = np.array([log_chances(float(one)) for one in probability], dtype=np.float64).reshape(-1, 2)
    design = np.column_stack([chances[:, 0], -chances[:, 1], np.ones(len(chances))])
    happened = right.astype(np.float64)
    free = np.ones(3, dtype=bool)
    curve = _newton(design, happened, _BELIEVED, free)
    while (low := free & (curve < np.array([_LEAST_WEIGHT, _LEAST_WEIGHT, -np.inf]))).any():
        free &= ~low
        curve = _newton(design, happened, np.where(free, curve, _LEAST_WEIGHT), free)
    return Recalibration(*(round(float(one), 6) for one in curve))


def held_out(probability: Floats, right: Flags) -> Floats:
    """What each of the (n,) would be stated as if it had not been fitted on: five parts, each by the other four."""
    part = np.random.default_rng(_SEED).permutation(np.arange(len(right)) % FOLDS)
    said = np.empty(len(right))
    for fold in range(FOLDS):
        curve = fitted(probability[part != fold], right[part != fold])
        said[part == fold] = stated(curve, probability[part == fold])
    return said


def stated(curve: Recalibration, probability: Floats) -> Floats:
    """What a curve states for shipped probabilities (n,)."""
    return np.array([curve.stated(float(one)) for one in probability], dtype=np.float64)


def log_loss(probability: Floats, right: Flags) -> float | None:
    """The mean of -log of what was said of what happened, in nats; None for no answers."""
    if not len(right):
        return None
    said = np.clip(np.where(right, probability, 1.0 - probability), 1e-9, 1.0)
    return float(-np.log(said).mean())


def _newton(design: Floats, right: Floats, start: Floats, free: Flags) -> Floats:
    """The minimum of log loss and penalty over the ``free`` numbers of the curve; it is convex."""
    curve = start
    for _ in range(_STEPS):
        said = 1.0 / (1.0 + np.exp(-np.clip(design @ curve, -50.0, 50.0)))
        gradient = design.T @ (said - right) + _PRECISION * (curve - _BELIEVED)
        curvature = (design * (said * (1.0 - said))[:, None]).T @ design + np.diag(_PRECISION)
        step = np.zeros(len(curve))
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        largest = np.abs(step).max()
        curve = curve - (step if largest <= 1.0 else step / largest)  # far from the minimum a full step may overshoot
        if largest < 1e-9:
            break
    return curve
