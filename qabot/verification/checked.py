"""From the bytes of one or several answers to verdicts and an exit code."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qabot.config import SeedsConfig
from qabot.documents.sandbox import Sandbox
from qabot.errors import UsageError
from qabot.verification.claims import ClaimedAnswer, claimed_answer, split_answers
from qabot.verification.judging import SeedsNow, Verdict, judge_all

STANDS, DOES_NOT_STAND, BAD_INPUT = 0, 1, 2

# What a shell may put before the text: PowerShell's ">" writes UTF-16.
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """One answer of the input with what became of its quotes, or why it is none (``error``)."""

    line: int  # of the input, 1-based, in which it begins
    question: str | None
    verdicts: tuple[Verdict, ...] = ()
    error: UsageError | None = None


def check_answers(raw: bytes, seeds: Path, limits: SeedsConfig) -> list[CheckedAnswer]:
    """Every answer in ``raw`` against the files under ``seeds``, read within ``limits``, in order.

    Raises:
        UsageError: if there is nothing in ``raw``, or it is no text.
        ConfigError: if ``seeds`` cannot be listed.
    """
    parts = list(split_answers(_decoded(raw)))
    if not parts:
        raise UsageError("there is no answer in the input", remedy="Give what `qabot ask --json` printed.")
    claimed = [(line, _claimed(text)) for line, text in parts]
    claims = [claim for _, answer in claimed if isinstance(answer, ClaimedAnswer) for claim in answer.claims]
    with Sandbox(limits) as sandbox:
        verdicts = iter(judge_all(claims, SeedsNow(seeds, sandbox)))
    checked = []
    for line, answer in claimed:
        if isinstance(answer, UsageError):
            checked.append(CheckedAnswer(line, None, error=answer))
        else:
            checked.append(CheckedAnswer(line, answer.question, tuple(next(verdicts) for _ in answer.claims)))
    return checked if len(checked) > 1 else [replace(checked[0], line=1)]


def exit_code(checked: Sequence[CheckedAnswer]) -> int:
    """2 if any was no answer, else 1 if any quote is changed or deleted, else 0."""
    if any(answer.error for answer in checked):
        return BAD_INPUT
    states = {verdict.state for answer in checked for verdict in answer.verdicts}
    return DOES_NOT_STAND if states & {"changed", "deleted"} else STANDS


def _claimed(text: str) -> ClaimedAnswer | UsageError:
    try:
        return claimed_answer(text)
    except UsageError as error:
        return error


def _decoded(raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        remedy = "Give what `qabot ask --json` printed, unchanged."
        raise UsageError(f"the input is not JSON: it is no {encoding} text", remedy=remedy) from None
