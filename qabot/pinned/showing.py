"""Pinned questions as text and as JSON. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qabot.pinned.running import Outcome, PinnedReport
from qabot.terminal import one_line, shortened

_COLUMNS = 160  # of a question or of an answer


def pinned_line(report: PinnedReport) -> str:
    """The counts: ``pinned questions: 12 of 13 hold; 1 broken``."""
    holding = len(report.outcomes) - len(report.failing)
    changed = [f"{len(some):,} {kind}" for kind, some in (("broken", report.broken), ("mended", report.mended)) if some]
    return "; ".join([f"pinned questions: {holding:,} of {len(report.outcomes):,} hold", *changed])


def pinned_text(report: PinnedReport) -> list[str]:
    """The counts, and a line for each question that does not hold or does so again."""
    older = tuple(one for one in report.failing if one not in report.broken)
    kinds = (("broken", report.broken), ("mended", report.mended), ("failing", older))
    return [pinned_line(report), *(f"  {kind:8}  {outcome_text(one)}" for kind, some in kinds for one in some)]


def outcome_text(outcome: Outcome) -> str:
    """One question: what it needs, and what was said."""
    pin = outcome.pin
    where = f" in {pin.source}" if pin.source else ""
    needs = "a refusal" if pin.quote is None else f'"{_short(pin.quote)}"{where}'
    return f"{_short(pin.question)} needs {needs}; said: {_short(outcome.said)}"


def pinned_as_json(report: PinnedReport | None) -> dict[str, Any] | None:
    """What stands under ``pinned``; None without such questions."""
    if report is None:
        return None
    return {
        "questions": len(report.outcomes),
        "holding": len(report.outcomes) - len(report.failing),
        "broken": _listed(report.broken),
        "mended": _listed(report.mended),
        "failing": _listed(report.failing),
    }


def _listed(outcomes: Sequence[Outcome]) -> list[dict[str, str | None]]:
    return [
        {"question": one.pin.question, "quote": one.pin.quote, "source": one.pin.source, "said": one.said}
        for one in outcomes
    ]


def _short(text: str) -> str:
    return shortened(one_line(text), _COLUMNS)
