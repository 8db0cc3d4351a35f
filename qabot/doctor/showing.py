"""Checks as JSON and as text for a terminal. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from qabot.doctor.check import Check, State
from qabot.render import SCHEMA
from qabot.terminal import Screen, Style, one_line

_STYLES: Mapping[State, Style] = {"ok": "answer", "warning": "strong", "problem": "warning"}
_COLUMNS = 11  # of the state with its margins


def as_json(checks: Sequence[Check], code: int) -> dict[str, Any]:
    """What ``qabot doctor --json`` prints."""
    listed = [{key: getattr(check, key) for key in ("group", "state", "text", "remedy")} for check in checks]
    return {"schema": SCHEMA, "exit_code": code, "checks": listed}


def as_text(checks: Sequence[Check], screen: Screen) -> str:
    """One line a check under the heads of their groups, and the sum of it."""
    lines = []
    for group, members in groupby(checks, key=lambda check: check.group):
        lines.append(screen.paint(group, "strong"))
        for check in members:
            lines += _lines(check, screen)
    return "\n".join([*lines, "", _sum(checks)])


def _lines(check: Check, screen: Screen) -> list[str]:
    text = f"{check.text.rstrip('.')}. {check.remedy}" if check.remedy else check.text
    first, *rest = screen.wrapped(one_line(text), indent=" " * _COLUMNS)
    state = screen.paint(check.state, _STYLES[check.state]) + " " * (_COLUMNS - 2 - len(check.state))
    return [f"  {state}{first[_COLUMNS:]}", *rest]


def _sum(checks: Sequence[Check]) -> str:
    counts = {state: sum(check.state == state for check in checks) for state in ("problem", "warning")}
    said = [f"{count} {state}{'' if count == 1 else 's'}" for state, count in counts.items() if count]
    return f"{' and '.join(said)}." if said else "Everything is in order."
