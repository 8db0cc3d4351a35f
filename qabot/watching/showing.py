"""A watcher's notices as lines: for a person and as JSON. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qabot.listing import Changes, Report, changes_after, changes_as_json, counted, problems_as_json
from qabot.pinned import pinned_as_json, pinned_line, pinned_text
from qabot.progress import waiting_text
from qabot.render import SCHEMA
from qabot.terminal import visible
from qabot.watching.notices import Blind, Failed, Notice, PinnedAsked, Rebuilt, Recovered, TakenOver, Waiting

_MOST_NAMED = 2  # files of each kind


def notice_lines(notice: Notice) -> list[str]:
    """One line; of pinned questions also one for each that changed or fails."""
    return pinned_text(notice.report) if isinstance(notice, PinnedAsked) else [notice_text(notice)]


def notice_text(notice: Notice) -> str:
    """One line."""
    match notice:
        case Rebuilt(report, damage):
            text = _rebuilt_text(report, damage)
        case TakenOver(generation, changes, damage):
            wrong = "" if damage is None else f"{damage}; "
            what = "" if changes is None else f": {_named(changes)}"
            text = f"{wrong}another process or a question updated the index{what}; generation {generation} answers now"
        case Failed(problem, remedy, index):
            told = f"{problem.rstrip('.')}. {remedy}"
            text = f"the index could not be updated, so the one before answers: {told}" if index else told
        case Waiting(problem):
            text = waiting_text(problem)
        case Recovered(generation):
            text = f"the index is up to date again; generation {generation} answers"
        case PinnedAsked(report):
            text = pinned_line(report)
        case Blind(reason, sweep_s):
            text = f"the system tells of no changes ({reason}); seeds/ is looked through every {sweep_s:g} s instead"
    return text


def notice_as_json(notice: Notice) -> dict[str, Any]:
    """What ``qabot watch --json`` prints for it."""
    said: dict[str, Any]
    match notice:
        case Rebuilt(report, damage):
            said = {"event": "rebuilt", **_rebuilt_as_json(report, damage)}
        case TakenOver(generation, changes, damage):
            known = {} if changes is None else changes_as_json(changes)
            repaired = {} if damage is None else {"repaired": damage}
            said = {"event": "taken_over", "generation": generation, **repaired, **known}
        case Failed(problem, remedy, _):
            said = {"event": "failed", "problem": problem, "remedy": remedy}
        case Waiting(problem):
            said = {"event": "waiting", "problem": problem}
        case Recovered(generation):
            said = {"event": "recovered", "generation": generation}
        case PinnedAsked(pinned):
            said = {"event": "pinned", **(pinned_as_json(pinned) or {})}
        case Blind(reason, sweep_s):
            said = {"event": "no_events", "reason": reason, "sweep_s": sweep_s}
    return {"schema": SCHEMA, **said}


def _named(changes: Changes) -> str:
    """How many files of each kind, with the first ones: ``1 added (a.txt), 3 removed (b.txt, c.txt and 1 more)``."""
    kinds = (
        ("added", changes.added),
        ("changed", changes.changed),
        ("renamed", tuple(f"{old} -> {new}" for old, new in changes.renamed)),
        ("removed", changes.removed),
        ("no longer readable", changes.unreadable),
    )
    return ", ".join(f"{len(some):,} {kind} ({_first(some)})" for kind, some in kinds if some) or "no document changed"


def _first(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(map(visible, names[:_MOST_NAMED]))}{more}"


def _rebuilt_text(report: Report, damage: str | None) -> str:
    work = f"{counted(report.chunks_embedded, 'chunk')} embedded, {report.chunks_reused:,} reused"
    left_out = f"; files left out: {len(report.failed):,}" if report.failed else ""
    written = f"; files still being written to: {len(report.unsettled):,}" if report.unsettled else ""
    return f"{changes_after(report, damage)}; {work}{left_out}{written}"


def _rebuilt_as_json(report: Report, damage: str | None) -> dict[str, Any]:
    return {
        "generation": report.generation,
        "repaired": report.repaired or damage,
        **changes_as_json(report),
        "failed": problems_as_json(report.failed),
        "unsettled": list(report.unsettled),
        "chunks_embedded": report.chunks_embedded,
        "chunks_reused": report.chunks_reused,
        "elapsed_ms": round(float(report.elapsed_ms), 3),
    }
