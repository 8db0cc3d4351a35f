"""What is asked and what would be right: the questions of a file, whatever its format.

This module knows questions and golds; it refuses to know how a file spells them or how anything is answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from qabot.datatypes import Span
from qabot.evaluation.metrics import normalised

SAMPLE_SEED = 0


@dataclass(frozen=True, slots=True)
class Gold:
    """A right answer; ``span`` is its place in the question's passage, None where only its words are known."""

    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its right answers; without any it is unanswerable."""

    text: str
    golds: tuple[Gold, ...]
    place: str  # in the file, for people: "line 3"
    id: str | None = None
    source: str | None = None  # the only document whose quotes count as right; for SQuAD: the question's passage
    article: str | None = None

    @property
    def answerable(self) -> bool:
        """Whether anything is right but to refuse."""
        return bool(self.golds)


@dataclass(frozen=True)
class Dataset:
    """The questions of a file, in its order, duplicates included."""

    questions: tuple[Question, ...]
    passages: Mapping[str, str] = field(default_factory=dict)  # document id -> text; empty where the file has none
    contradicted: int = 0  # questions whose "is_impossible" is not what their answers say
    unknown_keys: Mapping[str, int] = field(default_factory=dict)  # key -> in how many lines it was passed over

    @property
    def duplicate_ids(self) -> int:
        """How many questions have an id that an earlier one has."""
        return _repeated([question.id for question in self.questions if question.id is not None])

    @property
    def duplicate_questions(self) -> int:
        """How many questions are worded like an earlier one, but for case and white space."""
        return _repeated([" ".join(question.text.casefold().split()) for question in self.questions])

    @property
    def articles(self) -> int:
        """How many articles the questions belong to."""
        return len({question.article for question in self.questions} - {None})

    @property
    def unplaced_golds(self) -> int:
        """How many gold answers of a passage do not stand where the file says; they are compared by their words."""
        return sum(gold.span is None for question in self.questions for gold in question.golds) if self.passages else 0

    def sampled(self, limit: int | None) -> Dataset:
        """At most ``limit`` of the questions, drawn with a fixed seed, in their order; all passages stay."""
        if limit is None or limit >= len(self.questions):
            return self
        drawn = sorted(Random(SAMPLE_SEED).sample(range(len(self.questions)), limit))  # noqa: S311 - no secret
        return replace(self, questions=tuple(self.questions[at] for at in drawn))


def with_words(golds: Iterable[Gold]) -> tuple[Gold, ...]:
    """The golds that say anything: an empty one, or one of articles and signs alone, is none (as SQuAD 2.0 scores)."""
    return tuple(gold for gold in golds if normalised(gold.text))


def _repeated(values: Sequence[str]) -> int:
    return len(values) - len(set(values))
