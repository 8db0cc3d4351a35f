"""What the doctor says of one thing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Group = Literal["installation", "models", "configuration", "seeds", "index", "token"]
State = Literal["ok", "warning", "problem"]

# What a problem of each group means for whoever runs the command: 2, mend your files; 3, qabot cannot answer.
CODES: dict[Group, int] = {"installation": 3, "models": 3, "configuration": 2, "seeds": 2, "index": 3, "token": 2}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding in words, and what to do about it; "" where nothing is to be done."""

    group: Group
    state: State
    text: str
    remedy: str = ""


def exit_code(checks: Iterable[Check]) -> int:
    """0 without a problem, else the gravest: 3 if the index or a model cannot be used, 2 for what a person wrote."""
    return max((CODES[check.group] for check in checks if check.state == "problem"), default=0)
