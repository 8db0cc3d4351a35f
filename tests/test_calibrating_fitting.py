"""The curve from shipped to stated probabilities: what it learns, and how little it believes few answers."""

import numpy as np
import pytest

from qabot.calibrating.fitting import fitted, held_out, log_loss, stated
from qabot.calibration import AS_SHIPPED, Recalibration, log_chances
from qabot.evaluation.metrics import expected_calibration_error


def drawn(count: int, *, slope: float, intercept: float) -> tuple[np.ndarray, np.ndarray]:
    """Shipped probabilities, and answers that are right with the chance that the curve says."""
    random = np.random.default_rng(3)
    shipped = random.beta(1.0, 1.0, count)
    return shipped, random.random(count) < stated(Recalibration(slope, slope, intercept), shipped)


def test_the_true_curve_is_found() -> None:
    """With thousands of answers the curve that they follow comes out, and the prior no longer matters."""
    curve = fitted(*drawn(8_000, slope=0.5, intercept=-1.0))
    assert (curve.log_right, curve.log_wrong, curve.intercept) == pytest.approx((0.5, 0.5, -1.0), abs=0.12)


def test_what_is_stated_is_then_true() -> None:
    """Held-out calibration error is 0.05 at most where the shipped one was far above it."""
    shipped, right = drawn(2_000, slope=0.5, intercept=-1.0)
    before, after = (expected_calibration_error(said, right) for said in (shipped, held_out(shipped, right)))
    assert before is not None
    assert after is not None
    assert after <= 0.05 < before / 2


def test_no_answers_change_nothing() -> None:
    """The belief is that the shipped numbers are right."""
    assert fitted(np.empty(0), np.empty(0, dtype=bool)) == AS_SHIPPED


def test_few_answers_change_little() -> None:
    """Three wrong answers at 0.9 do not turn 0.9 into 0.1."""
    curve = fitted(np.full(3, 0.9), np.zeros(3, dtype=bool))
    assert 0.4 < curve.stated(0.9) < 0.9


@pytest.mark.parametrize("right", [True, False])
def test_all_right_or_all_wrong_stays_finite(right: bool) -> None:
    """Answers that are all right, or all wrong, at probabilities of 0 and 1 too, give a curve and no infinity."""
    curve = fitted(np.linspace(0.0, 1.0, 200), np.full(200, right))
    assert curve.log_right > 0
    assert (curve.stated(0.5) > 0.9) is right


def test_the_order_is_kept_whatever_the_answers_say() -> None:
    """Where surer answers are the worse ones the curve becomes flat, never falling."""
    shipped = np.linspace(0.05, 0.95, 400)
    curve = fitted(shipped, shipped < 0.5)
    said = stated(curve, shipped)
    assert (np.diff(said) > 0).all()


def test_held_out_is_not_fitted_on_itself() -> None:
    """What one answer was does not move what is said of it."""
    shipped, right = drawn(50, slope=1.0, intercept=0.0)
    other = right.copy()
    other[7] = not other[7]
    assert held_out(shipped, right)[7] == held_out(shipped, other)[7]
    assert (held_out(shipped, right) != held_out(shipped, other)).sum() >= 30


def test_log_loss_by_hand() -> None:
    """The mean of -log of what was said of what happened; of nothing it is not defined."""
    assert log_loss(np.array([0.5, 0.9]), np.array([True, False])) == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert log_loss(np.empty(0), np.empty(0, dtype=bool)) is None


def test_logarithms_are_always_finite() -> None:
    """Also of 0 and 1, and the shipped curve states what it is given."""
    assert np.isfinite([*log_chances(0.0), *log_chances(1.0)]).all()
    assert Recalibration(1.0, 1.0, 1e-12).stated(0.3) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "values",
    [(0.0,), (1.0, -1.0), (float("nan"),), (1.0, float("inf")), (1.0, 1.0, float("nan")), (1.0, 1.0, 0.0, 1.5)],
)
def test_a_senseless_recalibration_is_refused(values: tuple[float, ...]) -> None:
    """A weight that is not positive, a number that is not finite, or a threshold that is no probability."""
    with pytest.raises(ValueError, match=r"positive weights|probability"):
        Recalibration(*values)
