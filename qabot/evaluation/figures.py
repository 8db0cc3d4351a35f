"""The figures of an evaluation: each with its interval, how many questions it is of, and where it is undefined.

This module knows what each figure counts; the measures themselves stand in qabot/evaluation/metrics.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from qabot.evaluation.intervals import Groups, Rows, intervals, wilson
from qabot.evaluation.metrics import (
    ECE_LEAST,
    Flags,
    Floats,
    area_under_risk_coverage,
    expected_calibration_error,
    scored,
)
from qabot.evaluation.outcomes import Outcome

RANKS = (1, 5, 10, 20)
LEAST_ARTICLES = 10  # of fewer, resamples say next to nothing: questions are drawn
LEAST_DRAWN = 30  # of fewer the bootstrap's interval of a share is too narrow
Unit = Literal["share", "risk", "ms"]
Method = Literal["bootstrap", "wilson"]
Counted = tuple[float | None, int]  # a value, None where it is of nothing, and the number it is of
_NOT_SEARCHED = -1


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; ``None`` where it is not defined, and ``missing`` says why."""

    value: float | None
    interval: tuple[float, float] | None
    count: int
    missing: str | None = None
    method: Method | None = None  # of the interval


@dataclass(frozen=True)
class Table:
    """All outcomes as columns of shape (questions,)."""

    em: Floats  # if the prediction is shown
    f1: Floats
    right: Flags
    answerable: Flags
    missing: Flags  # without a prediction, be it an empty one
    offered: Flags  # with an answer at some threshold
    shown: Flags  # with an answer at the threshold
    confidence: Floats
    rank: NDArray[np.int64]  # -1: not searched
    elapsed_ms: Floats

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], threshold: float) -> Table:
        """The columns of some outcomes, with the answers shown whose confidence is ``threshold`` at least."""
        predictions = [one.prediction for one in outcomes]
        texts = [prediction.text if prediction else None for prediction in predictions]
        golds = [[gold.text for gold in one.question.golds] for one in outcomes]
        scores = [scored(text, wanted) for text, wanted in zip(texts, golds, strict=True)]
        em, f1 = np.array(scores, dtype=np.float64).reshape(-1, 2).T
        offered = np.array([p is not None and p.quote is not None for p in predictions], dtype=bool)
        confidence = np.array([p.confidence if p else 0.0 for p in predictions], dtype=np.float64)
        return cls(
            em=em,
            f1=f1,
            right=np.array([one.right for one in outcomes], dtype=bool),
            answerable=np.array([one.question.answerable for one in outcomes], dtype=bool),
            missing=np.array([prediction is None for prediction in predictions], dtype=bool),
            offered=offered,
            shown=offered & (confidence >= threshold),
            confidence=np.where(offered, confidence, -1.0),  # last in every order
            rank=np.array([_NOT_SEARCHED if one.rank is None else one.rank for one in outcomes], dtype=np.int64),
            elapsed_ms=np.array([p.elapsed_ms if p else 0.0 for p in predictions], dtype=np.float64),
        )

    def take(self, rows: Rows) -> Self:
        """The same columns with these rows only, some perhaps repeated."""
        return type(self)(**{name: column[rows] for name, column in vars(self).items()})

    @property
    def shown_em(self) -> Floats:
        """EM at the threshold."""
        return np.where(self.shown, self.em, self._refused)

    @property
    def shown_f1(self) -> Floats:
        """F1 at the threshold."""
        return np.where(self.shown, self.f1, self._refused)

    @property
    def _refused(self) -> Floats:
        """EM and F1 of an empty answer."""
        return (~self.answerable & ~self.missing).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Kind:
    """A figure's name in JSON, its name for people, what it is of, and how it is computed."""

    name: str
    label: str
    of: str
    compute: Callable[[Table], Counted]
    unit: Unit = "share"
    least: int = 1  # of that many it says something
    undefined: str = ""  # why it is not defined, instead of "no" and what it is of
    mean: bool = True  # of values from 0 to 1, one a question


def _mean(values: Floats | Flags, of: Flags) -> Counted:
    count = int(of.sum())
    return (float(values[of].mean()) if count else None), count


def _everything(table: Table) -> Flags:
    return np.ones(len(table.em), dtype=bool)


def _recall(at: int) -> Kind:
    def compute(table: Table) -> Counted:
        return _mean((table.rank >= 1) & (table.rank <= at), table.answerable & (table.rank != _NOT_SEARCHED))

    undefined = "of answerable questions, not with --given"
    return Kind(f"recall_at_{at}", f"right passage among {at}", "answerable", compute, undefined=undefined)


def _latency(name: str, label: str, level: float) -> Kind:
    def compute(table: Table) -> Counted:
        times = table.elapsed_ms[~table.missing]
        return (float(np.quantile(times, level)) if len(times) else None), len(times)

    return Kind(name, label, "questions", compute, unit="ms", mean=False)


def _risk(table: Table) -> Counted:
    return area_under_risk_coverage(table.confidence, ~table.right), len(table.right)


def _least_risk(table: Table) -> Counted:
    """The area if every right answer were surer than every wrong one: what is left then is no fault of confidence."""
    return area_under_risk_coverage(table.right.astype(np.float64), ~table.right), len(table.right)


def _calibration(table: Table) -> Counted:
    return _calibrated(table, table.offered)


def _calibration_shown(table: Table) -> Counted:
    return _calibrated(table, table.shown)


def _calibrated(table: Table, of: Flags) -> Counted:
    return expected_calibration_error(table.confidence[of], table.right[of]), int(of.sum())


KINDS = (
    Kind("em", "exact match", "questions", lambda t: _mean(t.shown_em, _everything(t))),
    Kind("f1", "F1", "questions", lambda t: _mean(t.shown_f1, _everything(t))),
    Kind("em_answerable", "exact match, answerable", "answerable", lambda t: _mean(t.shown_em, t.answerable)),
    Kind("f1_answerable", "F1, answerable", "answerable", lambda t: _mean(t.shown_f1, t.answerable)),
    Kind("em_unanswerable", "exact match, unanswerable", "unanswerable", lambda t: _mean(t.shown_em, ~t.answerable)),
    Kind("f1_unanswerable", "F1, unanswerable", "unanswerable", lambda t: _mean(t.shown_f1, ~t.answerable)),
    Kind("em_unrefused", "exact match without refusals", "answerable", lambda t: _mean(t.em, t.answerable)),
    Kind("f1_unrefused", "F1 without refusals", "answerable", lambda t: _mean(t.f1, t.answerable)),
    *(_recall(at) for at in RANKS),
    Kind("precision", "precision", "answers given", lambda t: _mean(t.right, t.shown)),
    Kind("coverage", "coverage", "answerable", lambda t: _mean(t.right & t.shown, t.answerable)),
    Kind("refusal", "refusal", "unanswerable", lambda t: _mean(~t.shown & ~t.missing, ~t.answerable)),
    Kind("risk_coverage_area", "area under risk-coverage", "questions", _risk, unit="risk", mean=False),
    Kind("risk_coverage_area_best", "... with right ones first", "questions", _least_risk, unit="risk", mean=False),
    Kind(
        "calibration_error", "expected calibration error", "predictions", _calibration,
        least=ECE_LEAST, undefined=f"fewer than {ECE_LEAST} predictions", mean=False,
    ),
    Kind(
        "calibration_error_shown", "... of answers given", "answers given", _calibration_shown,
        least=ECE_LEAST, undefined=f"fewer than {ECE_LEAST} answers given", mean=False,
    ),
    _latency("latency_p50_ms", "latency, median", 0.5),
    _latency("latency_p95_ms", "latency, 95th percentile", 0.95),
)  # fmt: skip


def figures_of(outcomes: Sequence[Outcome], threshold: float) -> tuple[dict[str, Figure], Groups]:
    """Every figure by its name, and by what the intervals were bootstrapped."""
    table = Table.of(outcomes, threshold)
    groups = Groups.of([one.question.article for one in outcomes], least=LEAST_ARTICLES)
    counted = [kind.compute(table) for kind in KINDS]

    def compute(rows: Rows) -> list[float | None]:
        resample = table.take(rows)
        return [kind.compute(resample)[0] for kind in KINDS]

    reached = intervals(compute, groups.members)
    made = zip(KINDS, counted, reached, strict=True)
    return {kind.name: _figure(kind, value, interval, count) for kind, (value, count), interval in made}, groups


def _figure(kind: Kind, value: float | None, interval: tuple[float, float] | None, count: int) -> Figure:
    if value is None or count < kind.least:
        return Figure(None, None, count, missing=kind.undefined or f"no {kind.of}")
    if kind.mean and (count < LEAST_DRAWN or interval is None or interval[0] == interval[1]):
        return Figure(value, wilson(value * count, count), count, method="wilson")
    return Figure(value, interval, count, method=None if interval is None else "bootstrap")
