"""The figures of a comparison and how they are printed: pure functions from judged answers to rows.

The measures are qabot's own (qabot/evaluation): F1, precision, coverage and refusal as each peer is recommended to be
used, the area under the risk-coverage curve, and from the curve of its scores the coverage at 90 % precision. Intervals
are the evaluation's bootstrap, by article where there are several.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from judging import Judged

from qabot.evaluation.figures import KINDS, Table
from qabot.evaluation.intervals import Groups, Rows, intervals
from qabot.evaluation.outcomes import Prediction

PRECISE = 0.9
QUALITY = ("f1", "precision", "coverage", "refusal", "risk_coverage_area")
AT_PRECISE = "coverage_at_90"


@dataclass(frozen=True)
class Value:
    """A figure with its 95 % interval; None where it is not defined."""

    value: float | None
    interval: tuple[float, float] | None
    count: int


def table_of(judged: Sequence[Judged]) -> Table:
    """The evaluation's columns, with what the peer itself showed in place of a threshold."""
    table = Table.of([one.outcome for one in judged], threshold=0.0)
    shown = np.array([one.shown for one in judged], dtype=bool)
    return replace(table, shown=table.offered & shown)


def coverage_at(table: Table, precision: float) -> float | None:
    """Right answers of the answerable at the lowest score from which on this share of the answers is right.

    Answers of equal score are shown together. 0.0 where no score does it, None without an answerable question.
    """
    answerable = int(table.answerable.sum())
    if not answerable:
        return None
    order = np.argsort(-table.confidence, kind="stable")
    order = order[table.offered[order]]
    right, scores = np.cumsum(table.right[order]), table.confidence[order]
    ends = np.append(scores[1:] != scores[:-1], True) if len(scores) else np.array([], dtype=bool)
    enough = ends & (right >= precision * np.arange(1, len(order) + 1))
    return float(right[enough].max()) / answerable if enough.any() else 0.0


def quality(judged: Sequence[Judged]) -> dict[str, Value]:
    """Every figure of quality by its name."""
    table = table_of(judged)
    kinds = [kind for kind in KINDS if kind.name in QUALITY]

    def compute(rows: Rows) -> list[float | None]:
        drawn = table.take(rows)
        return [*(kind.compute(drawn)[0] for kind in kinds), coverage_at(drawn, PRECISE)]

    everything = np.arange(len(judged))
    reached = intervals(compute, Groups.of([one.outcome.question.article for one in judged]).members)
    counts = [*(kind.compute(table)[1] for kind in kinds), int(table.answerable.sum())]
    names = [*(kind.name for kind in kinds), AT_PRECISE]
    made = zip(names, compute(everything), reached, counts, strict=True)
    return {name: Value(value, interval, count) for name, value, interval, count in made}


def forgiven(judged: Sequence[Judged]) -> list[Judged]:
    """The same if every crash had been a refusal, which somebody who catches whatever is raised would see."""
    refusal = Prediction(None, "", 0.0, 0.0)
    return [
        one if one.crash is None else Judged(replace(one.outcome, prediction=refusal), shown=False) for one in judged
    ]


def against_best(values: Mapping[str, dict[str, Value]], mine: str = "qabot") -> str | None:
    """Coverage at 90 % precision beside the best peer's; None where there is nobody to compare with."""
    reached = {peer: found[AT_PRECISE].value for peer, found in values.items()}
    own = reached.pop(mine, None)
    others = {peer: value for peer, value in reached.items() if value is not None}
    if own is None or not others:
        return None
    best = max(others, key=lambda peer: others[peer])
    there = others[best]
    times = f"{own / there:.2f} times" if there else "where no threshold helps the best peer"
    missed = f", {100 * (own - there) / (1 - there):.0f} % of what that misses" if own > there else ""
    return f"coverage at 90 % precision: {mine} {100 * own:.0f} %, {best} {100 * there:.0f} %: {times}{missed}"


def faults(judged: Sequence[Judged]) -> dict[str, Any]:
    """Crashes and answers that are in no document: how many, and the first of each."""
    crashes = [one.crash for one in judged if one.crash is not None]
    invented = [one.invented for one in judged if one.invented is not None]
    shown = sum(one.invented is not None and one.shown for one in judged)
    return {
        "crashes": len(crashes),
        "first_crash": next(iter(crashes), None),
        "not_in_documents": len(invented),
        "not_in_documents_shown": shown,
        "first_not_in_documents": next(iter(invented), None),
    }


def latency(seconds: Sequence[float]) -> dict[str, float | int | None]:
    """Median and 95th percentile in ms; the first question of a process waits for its models and is left out."""
    times = [1000 * one for one in seconds[1:]]
    if not times:
        return {"p50_ms": None, "p95_ms": None, "count": 0}
    return {"p50_ms": statistics.median(times), "p95_ms": float(np.quantile(times, 0.95)), "count": len(times)}


QUALITY_HEAD = ("set", "peer", "F1", "precision", "coverage", "refusal", "coverage at 90 % precision", "AURC", "faults")
COST_HEAD = ("peer", "cold", "warm p50", "warm p95", "peak memory", "install", "index", "crashes", "not in documents")


def quality_rows(set_name: str, peer: str, part: dict[str, Any]) -> list[list[str]]:
    """One peer on one set; if it crashed, once more as if it had refused."""
    found = part["faults"]
    rows = [_quality_row(set_name, peer, part["quality"], str(found["crashes"] + found["not_in_documents_shown"]))]
    if part["forgiven"] is not None:
        rows.append(_quality_row(set_name, f"{peer}, crashes forgiven", part["forgiven"], ""))
    return rows


def _quality_row(set_name: str, peer: str, values: Mapping[str, Value], faults: str) -> list[str]:
    area = values["risk_coverage_area"].value
    shares = (share(values[name]) for name in ("f1", "precision", "coverage", "refusal", AT_PRECISE))
    return [set_name, peer, *shares, "-" if area is None else f"{area:.3f}", faults]


def cost_row(peer: str, parts: Sequence[dict[str, Any]], cost: dict[str, Any]) -> list[str]:
    """One peer over all sets."""
    peaks = [part["peak_bytes"] for part in parts if part["peak_bytes"]]
    warm = latency_over(parts)
    totals = {name: sum(part["faults"][name] for part in parts) for name in ("crashes", "not_in_documents")}
    return [
        peer,
        _unit(cost.get("cold_s"), "s", 2),
        _unit(warm["p50_ms"], "ms"),
        _unit(warm["p95_ms"], "ms"),
        _unit(max(peaks) / 1e6 if peaks else None, "MB"),
        _unit(cost["install_bytes"] / 1e6 if cost.get("install_bytes") else None, "MB"),
        _unit(sum(part["index_s"] or 0.0 for part in parts), "s", 1),
        str(totals["crashes"]),
        str(totals["not_in_documents"]),
    ]


def latency_over(parts: Sequence[dict[str, Any]]) -> dict[str, float | int | None]:
    """Of all sets together, without each process's first question."""
    return latency([0.0, *(one for part in parts for one in part["seconds"][1:])])


def share(value: Value) -> str:
    """A share with its interval and of how many it is."""
    if value.value is None:
        return "-"
    reach = f" [{100 * value.interval[0]:.0f}, {100 * value.interval[1]:.0f}]" if value.interval else ""
    return f"{100 * value.value:.0f} %{reach}, {value.count}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that reads well as text, too."""
    widths = [max(len(line[at]) for line in [head, *rows]) for at in range(len(head))]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in [head, *rows]]
    lines = [f"| {' | '.join(line)} |" for line in padded]
    rule = f"|{'|'.join('-' * (width + 2) for width in widths)}|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _unit(value: float | None, unit: str, digits: int = 0) -> str:
    return "-" if value is None else f"{value:,.{digits}f} {unit}"
