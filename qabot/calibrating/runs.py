"""One calibration from the questions to what is kept with the index.

This module knows the order of the work and what is kept when; it refuses to know how anything is fitted or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

import numpy as np

from qabot.calibrating.fitting import Flags, Floats, fitted, held_out, log_loss, stated
from qabot.calibrating.making import Made, made_questions
from qabot.calibrating.observing import ALWAYS, CalibratedEngine, Observation, Observations, distinct, observe
from qabot.calibrating.risk import ALPHA, DELTA, Tested, least_unanswerable, most_right, sequence
from qabot.calibrating.seen import seen_documents
from qabot.calibration import AS_SHIPPED, Calibration, Recalibration
from qabot.config import Config
from qabot.datatypes import Progress, silent
from qabot.evaluation.asking import refusing_nothing, with_sources
from qabot.evaluation.datasets import Dataset, Question
from qabot.evaluation.files import jsonl_dataset, text_of
from qabot.evaluation.metrics import ECE_LEAST, expected_calibration_error
from qabot.own_calibration import forget_calibration

LEAST_ANSWERS = 20  # of fewer nothing is concluded
Basis = Literal["labelled", "made"]
EngineOpener = Callable[[Config], CalibratedEngine]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A file of labelled questions: its name for people, and its bytes."""

    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """How the questions fare at one threshold and with one curve."""

    shipped_threshold: float | None  # shipped probability from which on answers are shown; None if one is configured
    threshold: float  # the same as it is stated, or the configured one
    answers: int
    right: int
    refused: int  # of the unanswerable
    log_loss: float | None  # of the probabilities; None without answers
    calibration_error: float | None  # None with fewer than ECE_LEAST answers


@dataclass(frozen=True)
class Calibrated:
    """What was found. ``recalibration`` is what is kept now; None: nothing was concluded, and nothing touched."""

    basis: Basis
    data: Labelled | None
    config: Config
    observed: Observations  # of the questions asked
    duplicates: int  # left out
    before: Standing
    after: Standing
    tested: tuple[Tested, ...]
    unanswerable_missing: int  # so many more of them must be labelled before a threshold is tested
    promise: Tested | None  # the threshold with a promise, if one was found; void where the configuration says another
    recalibration: Recalibration | None
    made: tuple[Made, ...] = ()  # the questions made from the documents, as they were observed
    unknown_keys: Mapping[str, int] = field(default_factory=dict)  # of the file's lines, as in Dataset


def calibrate(
    data: Labelled | None, config: Config, *, open_engine: EngineOpener, progress: Progress = silent
) -> Calibrated:
    """Fit the stated probability and the threshold to the user's own documents, and keep them with the index.

    Args:
        data: questions with their answers; None: questions are made from the documents, and nothing is kept.
        config: where the documents lie, and how they are answered from.
        open_engine: opens the engine over them, its index up to date.
        progress: called while questions are asked.

    Raises:
        UsageError: if the file is malformed, or names a document that is not in the index.
        IndexUnusable: if there is no index that can be asked, or the disk refuses to keep what was found.
        ModelError: if a model cannot be used.
    """
    labelled = Dataset(()) if data is None else _labelled(data)
    engine = open_engine(refusing_nothing(config))
    try:
        engine.set_calibration_aside()
        if data is None:
            rows = list(_made_observed(engine, progress))
            made, observed = tuple(one for one, _ in rows), Observations.of(one for _, one in rows)
        else:
            asked = distinct(with_sources(labelled.questions, engine, file=data.name))
            made, observed = (), Observations.of(_observed(engine, asked, progress))
        found = _found(data, config, observed, labelled=labelled, made=made)
        if found.recalibration == AS_SHIPPED:
            forget_calibration(config.embeddings_dir)
        elif found.recalibration is not None:
            engine.own_calibration.keep(found.recalibration, _found_on(found, engine))
    finally:
        engine.close()
    return found


def _labelled(data: Labelled) -> Dataset:
    text = text_of(data.name, data.raw)
    return jsonl_dataset(data.name, text, otherwise="qabot calibrate reads nothing else.")


def _observed(engine: CalibratedEngine, asked: list[Question], progress: Progress) -> Iterator[Observation]:
    for done, question in enumerate(asked, start=1):
        yield observe(engine, question)
        progress("answering", done, len(asked))


def _made_observed(engine: CalibratedEngine, progress: Progress) -> Iterator[tuple[Made, Observation]]:
    """What is said to made questions; without those whose hidden answer stands in another document too."""
    ids = frozenset(document.id for document in engine.documents())
    made = made_questions(engine.document(one) for one in sorted(ids))
    for done, one in enumerate(made, start=1):
        observation = _of_made(engine, one, ids)
        if not (one.hidden and observation.right):
            yield one, replace(observation, answerable=observation.answerable and not one.hidden)
        progress("answering", done, len(made))


def _of_made(engine: CalibratedEngine, made: Made, ids: frozenset[str]) -> Observation:
    return observe(engine, made.question, within=ids - {made.document_id} if made.hidden else frozenset())


def _found(
    data: Labelled | None, config: Config, observed: Observations, *, labelled: Dataset, made: tuple[Made, ...]
) -> Calibrated:
    """What follows from what was observed; ``labelled``: all that the file has, duplicates included."""
    basis: Basis = "made" if data is None else "labelled"
    weighed = observed.weighed
    probability, right = observed.probability[weighed], observed.right[weighed]
    enough = len(right) >= LEAST_ANSWERS and basis == "labelled"  # made ones fit worse than none: docs/calibration.md
    curve, said = _curve(probability, right) if enough else (AS_SHIPPED, probability)
    shipped = Calibration.load().threshold
    missing = max(0, least_unanswerable(len(observed.right)) - int((~observed.answerable).sum()))
    testable = enough and not missing
    tested = sequence(observed.probability, ~observed.right, shipped=shipped) if testable else ()
    chosen = most_right(tested, **vars(observed), shipped=shipped)
    recalibration = replace(curve, threshold=chosen.threshold if chosen else None)
    return Calibrated(
        basis,
        data,
        config,
        observed,
        duplicates=max(0, len(labelled.questions) - len(observed.right)),
        before=_standing(observed, AS_SHIPPED, probability, right, config.answers.threshold),
        after=_standing(observed, recalibration, said, right, config.answers.threshold),
        tested=tested,
        unanswerable_missing=missing,
        promise=chosen,
        recalibration=recalibration if enough else None,
        made=made,
        unknown_keys=labelled.unknown_keys,
    )


def _curve(probability: Floats, right: Flags) -> tuple[Recalibration, Floats]:
    """The curve to use and what it says of answers that it was not fitted on; as shipped where that is no worse."""
    said = held_out(probability, right)
    if (log_loss(said, right) or 0.0) >= (log_loss(probability, right) or 0.0):
        return AS_SHIPPED, probability
    return fitted(probability, right), said


def _standing(
    observed: Observations, use: Recalibration, said: Floats, right: Flags, configured: float | None
) -> Standing:
    """What people get: at the ``configured`` threshold, of what is stated, if there is one."""
    found = Calibration.load().threshold if use.threshold is None else use.threshold
    shown = observed.probability >= found if configured is None else _stated_from(observed, use, configured)
    return Standing(
        shipped_threshold=found if configured is None else None,
        threshold=use.stated(found) if configured is None else configured,
        answers=int(shown.sum()),
        right=int((shown & observed.right).sum()),
        refused=int((~shown & ~observed.answerable).sum()),
        log_loss=log_loss(said, right),
        calibration_error=expected_calibration_error(said, right) if len(right) >= ECE_LEAST else None,
    )


def _stated_from(observed: Observations, use: Recalibration, configured: float) -> Flags:
    """Which answers are shown where the stated probability is compared with this; stated dates always are."""
    said = stated(use, np.clip(observed.probability, 0.0, 1.0))
    flags: Flags = (observed.weighed & (said >= configured)) | (observed.probability >= ALWAYS)
    return flags


def _found_on(found: Calibrated, engine: CalibratedEngine) -> Mapping[str, Any]:
    """What `qabot doctor`, and whoever opens the file, is told of it."""
    promise = found.promise
    return {
        "basis": found.basis,
        "sha256": sha256(found.data.raw).hexdigest() if found.data else None,
        "questions": len(found.observed.right),
        "generation": engine.generation_id,
        "documents": seen_documents(document.sha256 for document in engine.documents()),
        "before": {"answers": found.before.answers, "right": found.before.right},
        "after": {"answers": found.after.answers, "right": found.after.right},
        "promise": {"alpha": ALPHA, "delta": DELTA, "p_value": promise.p_value} if promise else None,
    }
