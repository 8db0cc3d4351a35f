"""One evaluation from the file's bytes to its figures: over given passages, over the file's passages, or the own index.

This module knows the order of the work; it refuses to know formats, measures and how anything is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from qabot.calibration import Calibration, GivenCalibration
from qabot.config import Config
from qabot.datatypes import Progress, silent
from qabot.encoder import EncoderIdentity, load_encoder, shipped_identity
from qabot.evaluation.asking import (
    EngineAsker,
    EngineOpener,
    EvaluatedEngine,
    corpus_of,
    refusing_nothing,
    with_sources,
)
from qabot.evaluation.datasets import Dataset, Question
from qabot.evaluation.figures import Figure, figures_of
from qabot.evaluation.files import jsonl_dataset, squad_dataset, text_of
from qabot.evaluation.given import PassageAsker
from qabot.evaluation.intervals import Groups
from qabot.evaluation.outcomes import Outcome
from qabot.evaluation.predictions import require_keys
from qabot.evaluation.searching import searched
from qabot.reader import OnnxReader

Mode = Literal["given", "open", "index"]
EVERY_ANSWER = 0.0  # the threshold of --given where every question has an answer, as SQuAD 1.1's script has it
Asker = Callable[[Question], Outcome]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be evaluated: a file's name and bytes, in which mode, on how many questions, at which threshold."""

    name: str
    raw: bytes
    mode: Mode
    limit: int | None = None  # None: all
    threshold: float | None = None  # None: the one that answers are shown at
    keyed: bool = False  # whether each question must have an id of its own, by which its answer is told


@dataclass(frozen=True, slots=True)
class Corpus:
    """The index that was asked."""

    generation: str
    documents: int
    unread: int  # files that it does not hold
    encoder: EncoderIdentity
    changed: bool  # while the questions were asked
    threshold: float  # that was fitted to it, or shipped
    calibration: Mapping[str, Any] | None = None  # that was fitted to it; None: the shipped one


@dataclass(frozen=True)
class Evaluation:
    """All that was measured and how. ``corpus`` is None where no index was asked."""

    wanted: Wanted
    config: Config
    dataset: Dataset  # the whole file
    outcomes: tuple[Outcome, ...]  # of the questions asked, in the file's order
    threshold: float
    corpus: Corpus | None
    figures: Mapping[str, Figure]
    groups: Groups
    elapsed_s: float


def evaluate(
    wanted: Wanted,
    config: Config,
    *,
    open_engine: EngineOpener,
    progress: Progress = silent,
    clock: Callable[[], float] = time.monotonic,
) -> Evaluation:
    """Ask the file's questions and measure the answers.

    Args:
        wanted: what to evaluate.
        config: how documents are indexed and answered from; ``root`` matters to the mode "index" only.
        open_engine: opens the engine over a configuration's folder, its index up to date.
        progress: called while questions are asked.
        clock: seconds.

    Raises:
        UsageError: if the file is not what the mode needs, or names a document that is not in the index.
        ModelError: if a model cannot be used.
        IndexUnusable: if there is no index that can be asked.
    """
    began, text = clock(), text_of(wanted.name, wanted.raw)
    read = jsonl_dataset if wanted.mode == "index" else squad_dataset
    dataset = read(wanted.name, text)
    asked = dataset.sampled(wanted.limit)
    if wanted.keyed:
        require_keys(wanted.name, asked.questions)
    corpus, given = None, None
    if wanted.mode == "given":
        given = GivenCalibration.load()
        outcomes = _each(PassageAsker(asked.passages, OnnxReader.load(), given), asked.questions, progress)
    elif wanted.mode == "open":
        outcomes, corpus = _open(asked, config, open_engine, progress)
    else:
        outcomes, corpus = _asked(asked.questions, config, open_engine, progress, file=wanted.name)
    threshold = _threshold(wanted, config, dataset, corpus, given)
    figures, groups = figures_of(outcomes, threshold)
    return Evaluation(
        wanted, config, dataset, tuple(outcomes), threshold, corpus, figures, groups, elapsed_s=clock() - began
    )


def _open(
    asked: Dataset, config: Config, open_engine: EngineOpener, progress: Progress
) -> tuple[list[Outcome], Corpus]:
    """Over all passages of the file."""
    with corpus_of(asked.passages, config) as passages:
        return _asked(asked.questions, passages, open_engine, progress)


def _asked(
    questions: tuple[Question, ...],
    config: Config,
    open_engine: EngineOpener,
    progress: Progress,
    *,
    file: str | None = None,
) -> tuple[list[Outcome], Corpus]:
    """What the pipeline says, then the places of the right passages: searching in between would warm the caches.

    ``file``: what the file is called whose questions name documents as people do; None where they are ids.
    """
    engine = open_engine(refusing_nothing(config))
    try:
        known = with_sources(questions, engine, file=file) if file is not None else questions
        before = engine.generation_id
        said = _each(EngineAsker(engine), known, progress)
        outcomes = _searched(said, engine, progress)
        corpus = Corpus(
            generation=engine.generation_id,
            documents=len(engine.documents()),
            unread=len(engine.problems()),
            encoder=_encoder(config),
            changed=engine.generation_id != before,
            threshold=engine.own_calibration.threshold,
            calibration=engine.own_calibration.kept_in_use(),
        )
    finally:
        engine.close()
    return outcomes, corpus


def _each(ask: Asker, questions: Sequence[Question], progress: Progress) -> list[Outcome]:
    """What is said to each; the first is asked once before, since it waits for the models."""
    ask(questions[0])
    outcomes = []
    for done, question in enumerate(questions, start=1):
        outcomes.append(ask(question))
        progress("answering", done, len(questions))
    return outcomes


def _searched(said: Sequence[Outcome], engine: EvaluatedEngine, progress: Progress) -> list[Outcome]:
    outcomes = []
    for done, outcome in enumerate(said, start=1):
        outcomes.append(searched(outcome, engine))
        progress("searching", done, len(said))
    return outcomes


def _encoder(config: Config) -> EncoderIdentity:
    shipped = config.encoder.engine == "onnx"  # else the weights must be read for their sum
    return shipped_identity() if shipped else load_encoder(config.encoder).identity


def _threshold(
    wanted: Wanted, config: Config, dataset: Dataset, corpus: Corpus | None, given: GivenCalibration | None
) -> float:
    if wanted.threshold is not None:
        return wanted.threshold
    if given is not None:
        return EVERY_ANSWER if all(one.answerable for one in dataset.questions) else given.threshold
    if config.answers.threshold is not None:
        return config.answers.threshold
    return Calibration.load().threshold if corpus is None else corpus.threshold
