"""An answer's JSON -> what it claims about its quotes. Knows the contract's form; knows nothing of files.

The JSON may be anybody's: every value that is used is checked for its type and its bounds, and what does not fit is
refused in words that name the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from qabot.datatypes import Span
from qabot.errors import UsageError
from qabot.render import SCHEMA

MAX_QUOTE_CHARS = 100_000  # a quote is a few sentences of at most 1,000 characters each
_REMEDY = "Give what `qabot ask --json` printed, unchanged."
_SUM = re.compile(r"[0-9a-f]{64}")
_KINDS: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Claim:
    """What an answer says of one quote. ``part`` is its place in the JSON: "quotes[0]", "others[1].quotes[0]"."""

    part: str
    text: str
    source: str
    span: Span
    extractor: str
    sha256: str  # of the file's bytes
    text_sha256: str


@dataclass(frozen=True, slots=True)
class ClaimedAnswer:
    """The question and every quote of an answer: of the best one, of the others, and the nearest passages."""

    question: str
    claims: tuple[Claim, ...]


def split_answers(text: str) -> Iterator[tuple[int, str]]:
    """Each answer in ``text`` with the 1-based line it begins in: one spread over many lines, or one a line."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if len(lines) > 1 and _is_one_object(text):
        yield lines[0][0], text
    else:
        yield from lines


def claimed_answer(text: str) -> ClaimedAnswer:
    """What the JSON of one answer claims.

    Raises:
        UsageError: if it is not JSON, not an answer of the known schema, or contradicts itself.
    """
    found = _loaded(text)
    if type(found) is not dict:
        raise _refusal(f"this is {_KINDS[type(found)]}, not an answer")
    schema = _get(found, "schema", int, "the answer")
    if schema != SCHEMA:
        remedy = "Use the qabot that printed it, or ask again."
        raise UsageError(f"the answer has schema {_count(schema)}; this version of qabot knows {SCHEMA}", remedy=remedy)
    question = _get(found, "question", str, "the answer")
    if _get(found, "status", str, "the answer") not in {"answered", "no_answer"}:
        raise _refusal("the answer's status is neither answered nor no_answer")
    claims = [*_quotes(found, "quotes", "", _short_answer(found, "the answer")), *_others(found)]
    return ClaimedAnswer(question, (*claims, *_quotes(found, "nearest", "", None)))


def _others(found: Mapping[str, Any]) -> Iterator[Claim]:
    for number, other in enumerate(_get(found, "others", list, "the answer")):
        part = f"others[{number}]"
        if type(other) is not dict:
            raise _refusal(f"{part} is {_KINDS[type(other)]}, not an object")
        yield from _quotes(other, "quotes", f"{part}.", _short_answer(other, part))


def _short_answer(found: Mapping[str, Any], part: str) -> str | None:
    return None if found.get("answer") is None else _get(found, "answer", str, part)


def _quotes(found: Mapping[str, Any], key: str, prefix: str, short: str | None) -> Iterator[Claim]:
    """The quotes in the list ``key``; the first one marks the short answer, if there is one."""
    for number, quote in enumerate(_get(found, key, list, prefix.rstrip(".") or "the answer")):
        part = f"{prefix}{key}[{number}]"
        if type(quote) is not dict:
            raise _refusal(f"{part} is {_KINDS[type(quote)]}, not an object")
        claim = _claim(quote, part)
        marked = _marked(quote, claim)
        if short is not None and number == 0 and marked != short:
            raise _refusal(f"{part} does not mark the short answer: its answer_start and answer_end are of other words")
        yield claim


def _claim(quote: Mapping[str, Any], part: str) -> Claim:
    text = _get(quote, "text", str, part)
    span = _span(quote, "start", "end", part)
    if len(text) != len(span):
        problem = f"{part} has a text of {len(text):,} characters, but its start and end are {_count(len(span))} apart"
        raise _refusal(problem)
    if len(text) > MAX_QUOTE_CHARS:
        raise _refusal(f"{part} has {len(text):,} characters, more than any quote has")
    return Claim(
        part=part,
        text=text,
        source=_get(quote, "source", str, part),
        span=span,
        extractor=_get(quote, "extractor", str, part),
        sha256=_sum(quote, "sha256", part),
        text_sha256=_sum(quote, "text_sha256", part),
    )


def _marked(quote: Mapping[str, Any], claim: Claim) -> str | None:
    """The words that a quote marks as the short answer; None for a nearest passage, which marks none."""
    if quote.get("answer_start") is None and quote.get("answer_end") is None:
        return None
    answer = _span(quote, "answer_start", "answer_end", claim.part)
    if not claim.span.contains(answer):
        raise _refusal(f"{claim.part} marks an answer outside of itself: answer_start and answer_end lie beyond it")
    return answer.shifted(-claim.span.start).of(claim.text)


def _span(quote: Mapping[str, Any], first: str, last: str, part: str) -> Span:
    start, end = _get(quote, first, int, part), _get(quote, last, int, part)
    if not 0 <= start < end:
        raise _refusal(f"{part} needs 0 <= {first} < {last}, which {_count(start)} and {_count(end)} are not")
    return Span(start, end) if end < 2**62 else _too_far(part)  # beyond that len() of a span fails


def _too_far(part: str) -> Span:
    raise _refusal(f"{part} lies beyond the end of any text")


def _sum(quote: Mapping[str, Any], key: str, part: str) -> str:
    value = _get(quote, key, str, part)
    if _SUM.fullmatch(value) is None:
        raise _refusal(f"{part}.{key} is no SHA-256: 64 hexadecimal digits in lower case")
    return value


def _get(found: Mapping[str, Any], key: str, kind: type[_T], part: str) -> _T:
    """The value of a key that must be there and of exactly this type (``true`` is no number)."""
    if key not in found:
        raise _refusal(f"{part} has no {key}")
    value = found[key]
    if type(value) is not kind:
        raise _refusal(f"{key} of {part} must be {_KINDS[kind]}, and is {_KINDS[type(value)]}")
    return value


def _is_one_object(text: str) -> bool:
    try:
        return type(_loaded(text)) is dict
    except UsageError:
        return False


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise _refusal("this is not an answer: it is nested too deeply") from None
    except ValueError as error:  # also of a number with thousands of digits
        raise _refusal(f"this is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number that JSON knows")


def _count(number: int) -> str:
    """A whole number as it is read, or roughly where it is absurdly long."""
    return f"{number:,}" if abs(number) < 10**15 else "a number of more than 15 digits"


def _refusal(problem: str) -> UsageError:
    return UsageError(problem, remedy=_REMEDY)
