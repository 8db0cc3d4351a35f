"""Verdicts as JSON and as text for a terminal. Pure functions; every text from outside is neutralised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from qabot.render import CUT, PART_OF, SCHEMA
from qabot.terminal import Screen, one_line, shortened, visible
from qabot.verification.checked import CheckedAnswer
from qabot.verification.judging import State, Verdict
from qabot.verification.places import Place

_QUESTION_COLUMNS = 200  # where there is no terminal whose width would say
_INDENT = " " * 13  # the state with its margins


def as_json(answer: CheckedAnswer) -> dict[str, Any]:
    """One answer of the input, as ``qabot verify --json`` prints it."""
    return {
        "schema": SCHEMA,
        "line": answer.line,
        "question": answer.question,
        "error": None if answer.error is None else str(answer.error),
        "quotes": [_verdict_as_json(verdict) for verdict in answer.verdicts],
    }


def as_text(answer: CheckedAnswer, screen: Screen) -> str:
    """The question, and a state with its reason for each quote; what does not stand there any more is shown whole."""
    question = shortened(f"? {one_line(answer.question or '')}", screen.width or _QUESTION_COLUMNS)
    lines = [screen.paint(question, "strong")]
    if not answer.verdicts:
        lines.append("  has no quotes")
    for verdict in answer.verdicts:
        lines += _verdict_lines(verdict, screen)
    return "\n".join(lines)


def summary(checked: Sequence[CheckedAnswer]) -> str:
    """All quotes in one line: ``3 quotes: 2 unchanged, 1 moved.``."""
    states = Counter(verdict.state for answer in checked for verdict in answer.verdicts)
    total = states.total()
    counted = ", ".join(f"{states[state]:,} {state}" for state in get_args(State) if states[state])
    return f"{total:,} quote{'' if total == 1 else 's'}{': ' if counted else ''}{counted}."


def _verdict_as_json(verdict: Verdict) -> dict[str, Any]:
    claim, near = verdict.claim, verdict.near
    return {
        "part": claim.part,
        "state": verdict.state,
        "detail": verdict.detail,
        "text": claim.text,
        "source": claim.source,
        "start": claim.span.start,
        "end": claim.span.end,
        "now": None if verdict.place is None else _place_as_json(verdict.place),
        "nearest": None
        if near is None
        else {"text": near.text, "alike": round(near.alike, 4), **_place_as_json(near.place)},
    }


def _place_as_json(place: Place) -> dict[str, Any]:
    return {
        "source": place.source,
        "start": place.span.start,
        "end": place.span.end,
        "line_start": place.line_start,
        "line_end": place.line_end,
        "page": place.page,
    }


def _verdict_lines(verdict: Verdict, screen: Screen) -> list[str]:
    head = f"{verdict.state:9}  {_where(verdict)}"
    stands = verdict.state in {"unchanged", "moved"}
    first, *rest = screen.wrapped(head, indent="  ", style=None if stands else "warning")
    detail = screen.wrapped(one_line(verdict.detail), indent=_INDENT) if verdict.detail else []
    if verdict.state != "unchanged":
        return [first, *rest, *detail, *_words(verdict, screen)]
    room = (screen.width or _QUESTION_COLUMNS) - len(_INDENT) - 2
    return [
        first,
        *rest,
        *detail,
        f"{_INDENT}{screen.paint('>', 'faint')} {shortened(one_line(verdict.claim.text), room)}",
    ]


def _where(verdict: Verdict) -> str:
    source = visible(verdict.claim.source)
    if verdict.place is None:
        return source
    part_of = f", {PART_OF}" if verdict.place.cut_start or verdict.place.cut_end else ""
    now = f"{source}, now " if verdict.state == "moved" else ""
    return f"{now}{_place(verdict.place)}{part_of}"


def _words(verdict: Verdict, screen: Screen) -> list[str]:
    """The quote, and what is nearest to it now."""
    lines = _quoted(verdict.claim.text, verdict.place, screen)
    if verdict.near is None:
        return lines
    near = verdict.near
    said = f"nearest now ({int(near.alike * 100)}% alike, not the quote), {_place(near.place)}:"
    return [*lines, *screen.wrapped(said, indent=_INDENT), *_quoted(near.text, near.place, screen)]


def _quoted(text: str, place: Place | None, screen: Screen) -> list[str]:
    """The words, with a mark where a sentence was cut; that of words without a place nobody knows."""
    cut = screen.quoted(CUT, mark=None, indent=_INDENT)
    return [
        *(cut if place is not None and place.cut_start else []),
        *screen.quoted(text, mark=None, indent=_INDENT),
        *(cut if place is not None and place.cut_end else []),
    ]


def _place(place: Place) -> str:
    """``file.txt:14-15``, ``report.pdf, page 3``, or in characters where there are neither lines nor pages."""
    source = visible(place.source)
    if place.line_start is not None:
        last = f"-{place.line_end}" if place.line_end != place.line_start else ""
        return f"{source}:{place.line_start}{last}"
    if place.page is not None:
        return f"{source}, page {place.page}"
    return f"{source}, characters {place.span.start:,}-{place.span.end:,}"
