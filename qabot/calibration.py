"""From scores to the probability that an answer is right: one logistic regression, stored as readable JSON.

This module knows the features and their weights; it refuses to know where the scores come from. What `qabot calibrate`
finds for somebody's own documents is a second step, from the shipped probability to the one that is stated: it changes
neither which passages are read nor which span is best, only how sure qabot says it is, and from where on it answers.
Source: Platt 1999; that a fitted calibrator beats a cut on the reader's score: Kamath, Jia and Liang 2020.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from qabot.errors import ModelError
from qabot.weights import MODELS_DIR, verified_bytes

CALIBRATION_NAME = "calibration.json"
_OF_ONE_RELEASE = "Reinstall qabot, so that the program and its models are of one release."
_SUREST = 1.0 - 1e-9  # whose odds are still a number


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one span when its probability is asked for. Shares are in [0, 1]."""

    margin: float  # span score minus null score, in logits of the reader
    near: float  # share of the question's content words in the quoted sentence and its heading
    passage: float  # share of them in the passage
    rank: float  # how high the search put the passage; 1 if both halves put it first
    named: float  # share of the question's names and numbers in the passage; 1 if it has none
    again: float = 0.0  # how much the margin grows beside the other likeliest sentences; 0 where not read again

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, astuple(self))):
            raise ValueError(f"features must be finite, got {self}")


@dataclass(frozen=True, slots=True)
class Recalibration:
    """What was found on somebody's own documents: a rising curve over the shipped probability p, and a threshold.

    The stated logit is ``log_right`` * log(p) - ``log_wrong`` * log(1 - p) + ``intercept``; with 1, 1 and 0 it is p's.
    Source: beta calibration, Kull, Silva Filho and Flach 2017 (AISTATS).

    Raises:
        ValueError: unless the weights are positive (else surer answers would count as less sure) and all are finite.
    """

    log_right: float = 1.0
    log_wrong: float = 1.0
    intercept: float = 0.0
    threshold: float | None = None  # shipped probability from which on answers are shown; None: as shipped

    def __post_init__(self) -> None:
        rising = self.log_right > 0 and self.log_wrong > 0
        if not (rising and all(map(math.isfinite, (self.log_right, self.log_wrong, self.intercept)))):
            raise ValueError(f"a recalibration needs positive weights and finite numbers, got {self}")
        if self.threshold is not None and not 0.0 <= self.threshold <= 1.0:
            raise ValueError(f"a threshold is a probability, got {self.threshold}")

    def stated(self, probability: float) -> float:
        """The probability to state for a shipped one."""
        if self.as_shipped:
            return probability
        right, wrong = log_chances(probability)
        return _sigmoid(self.log_right * right - self.log_wrong * wrong + self.intercept)

    @property
    def as_shipped(self) -> bool:
        """Whether every probability is stated as it is; the threshold may be another all the same."""
        return (self.log_right, self.log_wrong, self.intercept) == (1.0, 1.0, 0.0)


AS_SHIPPED = Recalibration()


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted weights, one for each feature, and the threshold that follows from the stated risk."""

    intercept: float
    weights: Features
    threshold: float
    own: Recalibration = AS_SHIPPED  # of the documents that are asked

    @classmethod
    def load(cls, folder: Path = MODELS_DIR) -> Calibration:
        """The calibration that was fitted for the shipped reader.

        Raises:
            ModelError: if the file is missing, damaged, or of another set of features.
        """
        stored = json.loads(verified_bytes(CALIBRATION_NAME, folder))
        names = [field.name for field in fields(Features)]
        if list(stored["weights"]) != names:
            raise ModelError(
                f"{CALIBRATION_NAME} has the features {list(stored['weights'])}, expected {names}",
                remedy=_OF_ONE_RELEASE,
            )
        return cls(stored["intercept"], Features(**stored["weights"]), stored["threshold"])

    def probability(self, features: Features) -> float:
        """The shipped probability that a span with these features is the right answer, in (0, 1)."""
        products = (getattr(self.weights, name) * getattr(features, name) for name in Features.__slots__)
        return _sigmoid(self.intercept + sum(products))

    def stated(self, probability: float) -> float:
        """The probability to state for one of ``probability``."""
        return self.own.stated(probability)

    @property
    def stated_threshold(self) -> float:
        """The stated probability from which on answers are shown, unless the configuration says another."""
        return self.stated(self.threshold if self.own.threshold is None else self.own.threshold)


@dataclass(frozen=True, slots=True)
class GivenCalibration:
    """With the right passage in hand: from what the reader sees of a span to the probability of its being right.

    Right: half of a gold answer's F1 or more. Fitted on four SQuAD articles that no reader was trained on;
    ``threshold`` is the probability from which on answers have the best F1 there.
    """

    margin: float  # weight of how much the span beats "no answer" in its passage
    again: float  # weight of how much that grows beside the other likeliest sentences
    intercept: float
    threshold: float

    @classmethod
    def load(cls, folder: Path = MODELS_DIR) -> GivenCalibration:
        """The one that was fitted for the shipped reader.

        Raises:
            ModelError: if the file is missing, damaged, or of another release.
        """
        stored = json.loads(verified_bytes(CALIBRATION_NAME, folder)).get("given")
        if not isinstance(stored, dict) or stored.keys() != {field.name for field in fields(cls)}:
            raise ModelError(
                f"{CALIBRATION_NAME} has nothing for given passages that this program understands",
                remedy=_OF_ONE_RELEASE,
            )
        return cls(**stored)

    def probability(self, margin: float, again: float) -> float:
        """The probability that a span is right that beats "no answer" by so much, and by so much more again; logits."""
        return _sigmoid(self.intercept + self.margin * margin + self.again * again)


def log_chances(probability: float) -> tuple[float, float]:
    """The logarithms of being right and of being wrong, finite also for 0 and 1."""
    bounded = min(max(probability, 1.0 - _SUREST), _SUREST)
    return math.log(bounded), math.log1p(-bounded)


def _sigmoid(logits: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, logits))))
