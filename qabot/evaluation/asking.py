"""Questions through the whole pipeline: the user's own index, or one of the file's passages in a temporary folder.

The engine is asked with the threshold 0, so that what it would have refused is known as well; whether an answer counts
as shown is decided afterwards, by the real one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from qabot.config import Config
from qabot.datatypes import Answer, Candidate, Filters, NoAnswer, Problem
from qabot.errors import UsageError
from qabot.evaluation.datasets import Question
from qabot.evaluation.outcomes import Outcome, Prediction
from qabot.names import find_source


class Named(Protocol):
    """A document as far as its name goes."""

    @property
    def id(self) -> str: ...  # noqa: D102 - the path under seeds/


class Fitted(Protocol):
    """The calibration in use."""

    @property
    def threshold(self) -> float:
        """The stated probability from which on answers are shown, unless the configuration says another."""

    def kept_in_use(self) -> Mapping[str, Any] | None:
        """What `qabot calibrate` found on some questions, if that is used."""


class EvaluatedEngine(Protocol):
    """What an evaluation needs of the Engine."""

    @property
    def generation_id(self) -> str:
        """The index that answers."""

    @property
    def own_calibration(self) -> Fitted:
        """Of the documents that it answers from."""

    def ask(self, question: str, *, filters: Filters, top: int) -> Answer | NoAnswer:
        """Answer one question."""

    def candidates(self, question: str, k: int) -> Sequence[Candidate]:
        """The ``k`` passages most worth reading, best first."""

    def documents(self) -> Sequence[Named]:
        """What the index holds."""

    def problems(self) -> Sequence[Problem]:
        """The files that it does not hold."""

    def close(self) -> None:
        """Let go of files and threads."""


EngineOpener = Callable[[Config], EvaluatedEngine]


def refusing_nothing(config: Config) -> Config:
    """The same configuration with the threshold 0."""
    return replace(config, answers=replace(config.answers, threshold=0.0))


@contextmanager
def corpus_of(passages: Mapping[str, str], config: Config) -> Iterator[Config]:
    """A configuration over a temporary folder with each passage as a document, removed with its index at the end."""
    with tempfile.TemporaryDirectory(prefix="qabot-eval-") as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for name, text in passages.items():
            if not text.strip():
                continue  # nothing to find, and no file to complain of
            (seeds / name).write_bytes(text.encode("utf-8-sig"))  # with a mark: no encoding is left to guess
        yield replace(config, root=Path(folder))


class EngineAsker:
    """Asks an engine that refuses nothing."""

    def __init__(self, engine: EvaluatedEngine) -> None:
        self._engine = engine

    def __call__(self, question: Question) -> Outcome:
        """The best answer that the documents have, and how long it took."""
        result = self._engine.ask(question.text, filters=Filters(), top=1)
        if isinstance(result, NoAnswer):
            return Outcome(question, Prediction(None, "", 0.0, result.elapsed_ms))
        best = Prediction(result.quotes[0], result.text, result.confidence, result.elapsed_ms)
        return Outcome(question, best)


def with_sources(questions: Sequence[Question], engine: EvaluatedEngine, *, file: str) -> list[Question]:
    """The questions with the documents' ids in place of what the file calls them.

    Raises:
        UsageError: if it names a document that is not in the index, or fits several.
    """
    ids, problems = [document.id for document in engine.documents()], engine.problems()
    found = []
    for question in questions:
        try:
            source = None if question.source is None else find_source(question.source, ids, problems)
        except UsageError as error:
            raise UsageError(f"{file}: {question.place}: {error.problem}", remedy=error.remedy) from None
        found.append(replace(question, source=source))
    return found
