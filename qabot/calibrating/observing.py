"""What qabot would say to each question at any threshold, and whether that is right.

This module knows the columns that everything is fitted to and tested on; it refuses to know what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from qabot.answerer import DATE_NOTES
from qabot.calibration import Recalibration
from qabot.datatypes import Document, Filters, NoAnswer
from qabot.evaluation.asking import EvaluatedEngine, Fitted, Named
from qabot.evaluation.datasets import Question
from qabot.evaluation.metrics import normalised
from qabot.evaluation.outcomes import is_right

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NONE, ALWAYS = -1.0, 1.0  # below and above every threshold: no answer at any, a date that the document itself states


class Kept(Fitted, Protocol):
    """Where a calibration is kept."""

    def keep(self, recalibration: Recalibration, found_on: Mapping[str, Any]) -> None:
        """Keep it with the index."""


class Summed(Named, Protocol):
    """A document of the index."""

    @property
    def sha256(self) -> str:
        """Of its file's bytes."""


class CalibratedEngine(EvaluatedEngine, Protocol):
    """What calibrating needs of an Engine that was opened with the threshold 0."""

    @property
    def own_calibration(self) -> Kept:
        """Of the documents that it answers from."""

    def documents(self) -> Sequence[Summed]:
        """What the index holds."""

    def set_calibration_aside(self) -> None:
        """Answer with the shipped probabilities from now on."""

    def document(self, document_id: str) -> Document:
        """A document as it was read."""


@dataclass(frozen=True, slots=True)
class Observation:
    """A question's best answer. ``probability``: the shipped one, or NONE, or ALWAYS."""

    probability: float
    right: bool
    answerable: bool


@dataclass(frozen=True)
class Observations:
    """All of them as columns of shape (questions,)."""

    probability: Floats
    right: Flags
    answerable: Flags

    @classmethod
    def of(cls, observed: Iterable[Observation]) -> Self:
        """The columns of some observations, perhaps of none."""
        rows = list(observed)
        return cls(
            np.array([one.probability for one in rows], dtype=np.float64),
            np.array([one.right for one in rows], dtype=bool),
            np.array([one.answerable for one in rows], dtype=bool),
        )

    @property
    def weighed(self) -> Flags:
        """Which have an answer with a fitted probability."""
        return (self.probability >= 0.0) & (self.probability < ALWAYS)


def observe(engine: CalibratedEngine, question: Question, *, within: frozenset[str] = frozenset()) -> Observation:
    """Ask an engine that refuses nothing; ``within``: the only documents to be searched, if any are named."""
    result = engine.ask(question.text, filters=Filters(sources=within), top=1)
    if isinstance(result, NoAnswer):
        return Observation(NONE, right=False, answerable=question.answerable)
    probability = ALWAYS if result.notes == DATE_NOTES else min(result.confidence, np.nextafter(ALWAYS, 0.0))
    return Observation(float(probability), is_right(question, result.quotes[0]), question.answerable)


def distinct(questions: Iterable[Question]) -> list[Question]:
    """The questions without those worded like an earlier one, but for what EM overlooks: they say nothing new.

    That is case, white space, punctuation and articles; a question of nothing else is told by its signs.
    """
    first: dict[str, Question] = {}
    for question in questions:
        first.setdefault(normalised(question.text) or question.text.strip(), question)
    return list(first.values())
