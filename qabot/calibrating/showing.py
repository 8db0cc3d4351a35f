"""What a calibration found, as JSON and as text, with the counts behind every share. Pure functions."""

from __future__ import annotations

from dataclasses import asdict
from hashlib import sha256
from typing import Any

from qabot import __version__
from qabot.calibrating.making import Made
from qabot.calibrating.risk import (
    ALPHA,
    DELTA,
    MIN_ANSWERS,
    MIN_SHARE,
    MIN_UNANSWERABLE,
    MIN_UNANSWERABLE_SHARE,
    Tested,
)
from qabot.calibrating.runs import LEAST_ANSWERS, Calibrated, Standing
from qabot.calibration import AS_SHIPPED, Recalibration
from qabot.evaluation.metrics import ECE_LEAST
from qabot.evaluation.showing import one_or_more, told_unknown_keys
from qabot.own_calibration import KEPT_NAME
from qabot.terminal import visible

SCHEMA = 1
_DIGITS = 4
_LONGEST = "calibration error"
_EXAMPLES = (0.3, 0.6, 0.9)  # probabilities whose new statement is shown


def as_json(found: Calibrated) -> dict[str, Any]:
    """Everything that was found and what became of it."""
    observed, kept, promise = found.observed, found.recalibration, _in_force(found)
    answerable = int(observed.answerable.sum())
    return {
        "schema": SCHEMA,
        "qabot": __version__,
        "basis": found.basis,
        "data": {
            "name": found.data.name if found.data else None,
            "sha256": sha256(found.data.raw).hexdigest() if found.data else None,
            "questions": len(observed.right),
            "answerable": answerable,
            "unanswerable": len(observed.right) - answerable,
            "duplicates": found.duplicates,
            "predictions": int(observed.weighed.sum()),
        },
        "before": _standing_as_json(found, found.before),
        "after": _standing_as_json(found, found.after),
        "recalibration": asdict(kept) if kept else None,
        "tested": [{**asdict(one), "holds": one.holds} for one in found.tested],
        "promise": {"alpha": ALPHA, "delta": DELTA, **asdict(promise)} if promise else None,
        "made": [_made_as_json(one) for one in found.made],
        "kept": _is_kept(found),
        "notes": notes(found),
    }


def _made_as_json(one: Made) -> dict[str, Any]:
    """A made question, to judge the estimate by; null answers: it counts as unanswerable."""
    golds = None if one.hidden or not one.question.golds else [gold.text for gold in one.question.golds]
    return {"question": one.question.text, "answers": golds, "document": one.document_id, "hidden": one.hidden}


def removed_as_json(removed: bool) -> dict[str, Any]:
    """What `--reset` did."""
    return {"schema": SCHEMA, "qabot": __version__, "removed": removed}


def removed_as_text(removed: bool) -> str:
    """What `--reset` did, in words."""
    return (
        "The calibration of these documents is removed; the shipped one answers again."
        if removed
        else "There was no calibration of these documents; the shipped one answers."
    )


def as_text(found: Calibrated) -> str:
    """A heading, a table of before and after, what changed, and notes."""
    return "\n".join([*_heading(found), "", *_table(found), "", *map(visible, [*_changes(found), *notes(found)])])


def notes(found: Calibrated) -> list[str]:
    """What else there is to know, a sentence each."""
    configured = found.config.answers.threshold
    return [
        *(
            ["Estimate of the shipped calibration, no guarantee: nobody asked these questions."]
            if found.basis == "made"
            else []
        ),
        *([one_or_more(found.duplicates, *_LEFT_OUT)] if found.duplicates else []),
        *told_unknown_keys(found.unknown_keys),
        *([_unpromised(found)] if found.basis == "labelled" and _concluded(found) and not found.promise else []),
        *([_SAME_QUESTIONS] if _chosen_by(found) else []),
        *([_FIRM.format(configured)] if configured is not None else []),
    ]


_SAME_QUESTIONS = (
    "Precision, coverage and refusal after are of the very questions that were fitted to: of others expect somewhat"
    " less."
)
_QUESTIONS = ("question", "questions")
_LEFT_OUT = (
    "question worded like an earlier one was left out.",
    "questions worded like an earlier one were left out.",
)
_FIRM = (
    "answers.threshold = {} in qabot.toml stays in force, whatever was found: before and after are at that threshold."
)


def _is_kept(found: Calibrated) -> bool:
    return found.recalibration not in (None, AS_SHIPPED)


def _in_force(found: Calibrated) -> Tested | None:
    """The promise, unless the configuration overrides its threshold."""
    return found.promise if found.config.answers.threshold is None else None


def _concluded(found: Calibrated) -> bool:
    return found.recalibration is not None


def _unpromised(found: Calibrated) -> str:
    """Why no threshold has a promise."""
    if found.unanswerable_missing:
        return _too_few_unanswerable(found)
    said = f"No threshold keeps the wrong answers to {ALPHA:.0%} with {1 - DELTA:.0%} confidence; the shipped one stays"
    if not found.tested:
        needed = f"{MIN_ANSWERS} answers, or {MIN_SHARE:.0%} of the questions"
        return f"{said}: no threshold gives the {needed}, that a test needs."
    first = found.tested[0]
    return f"{said}: of the {first.answers:,} surest answers {one_or_more(first.wrong, 'is', 'are')} wrong."


def _too_few_unanswerable(found: Calibrated) -> str:
    count = int((~found.observed.answerable).sum())
    among = one_or_more(len(found.observed.right), *_QUESTIONS)
    unanswerable = f"{count:,} of the {among} {'is' if count == 1 else 'are'} unanswerable"
    return (
        f"No threshold is promised, the shipped one stays: {unanswerable}, and what becomes of"
        f" those shows from {MIN_UNANSWERABLE} and {MIN_UNANSWERABLE_SHARE:.0%} of all on."
        f' Add questions that the documents do not answer ("answers": null).'
    )


def _heading(found: Calibrated) -> list[str]:
    count, answerable = len(found.observed.right), int(found.observed.answerable.sum())
    name = f"{visible(found.data.name)}: labelled questions" if found.data else "questions made from the documents"
    return [name, f"{one_or_more(count, *_QUESTIONS)}, {answerable:,} answerable, {count - answerable:,} not"]


def _table(found: Calibrated) -> list[str]:
    if found.basis == "made":
        return [f"{label:<{len(_LONGEST)}}  {shipped}" for label, shipped, _, _ in _rows(found)]
    rows = [("", "before", "after", "after is of" if _chosen_by(found) or _is_curved(found) else ""), *_rows(found)]
    first, second, third = (max(len(row[at]) for row in rows) for at in range(3))
    return [f"{a:<{first}}  {b:<{second}}  {c:<{third}}  {d}".rstrip() for a, b, c, d in rows]


def _is_curved(found: Calibrated) -> bool:
    return found.recalibration is not None and not found.recalibration.as_shipped


def _chosen_by(found: Calibrated) -> str:
    """What the answers shown after are of, if the same questions decided which are shown."""
    if _in_force(found):
        return "the questions that chose the threshold"
    configured = found.config.answers.threshold is not None  # is compared with what the curve states
    return "the questions that were fitted to" if configured and _is_curved(found) else ""


def _rows(found: Calibrated) -> list[tuple[str, str, str, str]]:
    answerable = int(found.observed.answerable.sum())
    unanswerable = len(found.observed.right) - answerable

    def row(label: str, *cells: str, of: str = "") -> tuple[str, str, str, str]:
        return label, cells[0], cells[1], of

    chosen_by = _chosen_by(found)
    unseen = "answers that the fit had not seen" if _is_curved(found) else ""
    both = (found.before, found.after)
    return [
        row("precision", *(_share(one.right, one.answers) for one in both), of=chosen_by),
        row("coverage", *(_share(one.right, answerable) for one in both), of=chosen_by),
        row("refusal", *(_share(one.refused, unanswerable) for one in both), of=chosen_by),
        row("threshold", *(f"{one.threshold:.4f}" for one in both)),
        row("log loss", *(_number(one.log_loss, "no answers") for one in both), of=unseen),
        row(
            _LONGEST,
            *(_number(one.calibration_error, f"fewer than {ECE_LEAST} answers") for one in both),
            of=unseen,
        ),
    ]


def _changes(found: Calibrated) -> list[str]:
    """What is kept, in words."""
    kept = found.recalibration
    if found.basis == "made":
        return [
            *([_made_ones(found)] if found.made else []),
            "Nothing was changed. Labelled questions can change something: qabot calibrate FILE.",
        ]
    if kept is None:
        few = int(found.observed.weighed.sum())
        too_few = f"fewer than {LEAST_ANSWERS} say too little"
        return [f"Nothing was changed: the best answers, shown or refused, are {few}; {too_few}."]
    if not _is_kept(found):
        return ["The shipped calibration stays: nothing that was found is better. An earlier one of yours is removed."]
    return [
        "The stated probabilities stay as shipped." if kept.as_shipped else _curve(kept),
        *([_promised(found, found.promise)] if found.promise else []),
        f"Kept in embeddings/{KEPT_NAME}, with the index; qabot calibrate --reset removes it.",
    ]


def _made_ones(found: Calibrated) -> str:
    """The first answerable question and the first other one."""
    answerable = next((f"“{one.question.text}”" for one in found.made if one.question.golds and not one.hidden), "none")
    other = next((f"“{one.question.text}”" for one in found.made if one.hidden or not one.question.golds), "none")
    return f"Answerable: such as {answerable}. Unanswerable: such as {other}. All of them: qabot calibrate --json."


def _curve(kept: Recalibration) -> str:
    said = ", ".join(f"{kept.stated(shipped):.2f} for {shipped:.2f}" for shipped in _EXAMPLES)
    return f"Probabilities are stated otherwise: {said}."


def _promised(found: Calibrated, tested: Tested) -> str:
    said = (
        f"f the answers given at most {ALPHA:.0%} are wrong, with {1 - DELTA:.0%} confidence, for questions like"
        f" these: {tested.wrong:,} of {tested.answers:,} were (p = {tested.p_value:.3f})."
    )
    if _in_force(found):
        return f"O{said}"
    return f"Nothing is promised while answers.threshold is set in qabot.toml; without it a promise would hold: o{said}"


def _standing_as_json(found: Calibrated, one: Standing) -> dict[str, Any]:
    answerable = int(found.observed.answerable.sum())
    shares = {
        "precision": _divided(one.right, one.answers),
        "coverage": _divided(one.right, answerable),
        "refusal": _divided(one.refused, len(found.observed.right) - answerable),
    }
    return {name: _rounded(value) for name, value in {**asdict(one), **shares}.items()}


def _divided(count: int, of: int) -> float | None:
    return count / of if of else None


def _rounded(value: float | None) -> float | None:
    return round(value, _DIGITS) if isinstance(value, float) else value


def _share(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} % ({count:,} of {of:,})" if of else "n/a (of none)"


def _number(value: float | None, missing: str) -> str:
    return f"n/a ({missing})" if value is None else f"{value:.4f}"
