"""From scores to the probability that an answer is right: one logistic regression, stored as readable JSON.

This module knows the features and their weights; it refuses to know where the scores come from.
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


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of one span when its probability is asked for. All shares are in [0, 1]."""

    margin: float  # span score minus null score, in logits of the reader
    cosine: float  # of question and passage; 0 if the dense search did not find the passage
    near: float  # share of the question's content words in the quoted sentence and its heading
    passage: float  # share of them in the passage
    known: float  # share of them anywhere in the documents searched
    kind: float  # whether the answer is of the kind asked for; 0.5 where the question does not tell

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, astuple(self))):
            raise ValueError(f"features must be finite, got {self}")


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted weights, one for each feature, and the threshold that follows from the stated risk."""

    intercept: float
    weights: Features
    threshold: float

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
                remedy="Reinstall qabot, so that the program and its models are of one release.",
            )
        return cls(stored["intercept"], Features(**stored["weights"]), stored["threshold"])

    def probability(self, features: Features) -> float:
        """The probability that a span with these features is the right answer, in (0, 1)."""
        products = (getattr(self.weights, name) * getattr(features, name) for name in Features.__slots__)
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, self.intercept + sum(products)))))
