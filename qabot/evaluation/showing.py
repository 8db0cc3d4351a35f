"""An evaluation as JSON and as a table, with everything that is needed to judge or repeat it. Pure functions."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from qabot import __version__
from qabot.config import Config
from qabot.evaluation.datasets import SAMPLE_SEED
from qabot.evaluation.figures import KINDS, LEAST_ARTICLES, LEAST_DRAWN, Figure, Kind
from qabot.evaluation.intervals import RESAMPLES, SEED
from qabot.evaluation.runs import EVERY_ANSWER, Evaluation
from qabot.terminal import visible
from qabot.weights import model_sha256

SCHEMA = 1
_DIGITS = 4
_MOST_KEYS = 5
_WITHOUT_EFFECT = ("root", "discord")  # on any figure; the names of folders and servers are nobody else's business
_MODELS = ("reader.onnx", "encoder.onnx", "tokenizer.json", "calibration.json")
_PACKAGES = (  # on which some figure may depend
    "charset-normalizer", "faiss-cpu", "lxml", "markdown-it-py", "numpy", "nupunkt", "onnxruntime", "py3langid",
    "pypdfium2", "python-docx", "rapidfuzz", "selectolax", "tantivy", "tokenizers",
)  # fmt: skip
_TORCH_PACKAGES = ("sentence-transformers", "transformers", "torch")  # with that engine
_SIGNS = {"share": " % ", "risk": "   ", "ms": " ms"}
_MODES = {
    "given": "each question with its own passage, without a search",
    "open": "all passages as one corpus",
    "index": "your own index",
}
_NO_WIDTH = "An interval without width says only that no resample differed, not that the figure is certain."
_WILSON = f"shares of fewer than {LEAST_DRAWN}, or that no resample changes, by Wilson."
_SAME_FILE = (
    "Confidence and threshold were fitted by qabot calibrate to this very file: the figures flatter; take other "
    "questions to judge it."
)
_GIVEN_NOTE = (
    "Confidence is that of the reader with the right passage in hand; do not compare it with what qabot ask says."
)
_EVERY_ANSWER_NOTE = "Every question of the file has an answer, so all answers count as shown, as SQuAD 1.1 has it."


def as_json(made: Evaluation) -> dict[str, Any]:
    """All figures, from 0 to 1 or in milliseconds, with the whole configuration; ``None`` where one is not defined."""
    return {
        "schema": SCHEMA,
        "qabot": __version__,
        "mode": made.wanted.mode,
        "data": _data_as_json(made),
        "threshold": made.threshold,
        "figures": {name: _figure_as_json(figure) for name, figure in made.figures.items()},
        "bootstrap": {
            "by": made.groups.unit,
            "groups": len(made.groups.members),
            "resamples": RESAMPLES,
            "seed": SEED,
            "level": 0.95,
        },
        "configuration": _configuration(made.config),
        "calibration": made.corpus.calibration if made.corpus else None,
        "engine": made.config.encoder.engine,
        "encoder": asdict(made.corpus.encoder) if made.corpus else None,
        "models": {name: model_sha256(name) for name in _MODELS},
        "generation": made.corpus.generation if made.corpus else None,
        "documents": made.corpus.documents if made.corpus else None,
        "unread": made.corpus.unread if made.corpus else None,
        "packages": _packages(made.config.encoder.engine),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "elapsed_s": round(made.elapsed_s, 1),
        "notes": notes(made),
    }


def _configuration(config: Config) -> dict[str, Any]:
    """Every section that a figure may depend on, with all its values."""
    names = [field.name for field in fields(config) if field.name not in _WITHOUT_EFFECT]
    return {name: asdict(getattr(config, name)) for name in names}


def _packages(engine: str) -> dict[str, str | None]:
    """The installed versions by distribution; None where one is not installed as such."""
    names = (*_PACKAGES, *(_TORCH_PACKAGES if engine == "sentence-transformers" else ()))
    return {name: _version(name) for name in names}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _data_as_json(made: Evaluation) -> dict[str, Any]:
    dataset, asked = made.dataset, [outcome.question for outcome in made.outcomes]
    answerable = sum(question.answerable for question in asked)
    return {
        "name": made.wanted.name,
        "sha256": sha256(made.wanted.raw).hexdigest(),
        "bytes": len(made.wanted.raw),
        "questions": len(dataset.questions),
        "articles": dataset.articles,
        "passages": len(dataset.passages),
        "duplicate_ids": dataset.duplicate_ids,
        "duplicate_questions": dataset.duplicate_questions,
        "unplaced_answers": dataset.unplaced_golds,
        "contradicted": dataset.contradicted,
        "unknown_keys": dict(dataset.unknown_keys),
        "asked": len(asked),
        "asked_answerable": answerable,
        "asked_unanswerable": len(asked) - answerable,
        "sample_seed": SAMPLE_SEED if len(asked) < len(dataset.questions) else None,
        "missing_predictions": sum(outcome.prediction is None for outcome in made.outcomes),
    }


def _figure_as_json(figure: Figure) -> dict[str, Any]:
    low, high = figure.interval or (None, None)
    return {
        "value": _rounded(figure.value),
        "low": _rounded(low),
        "high": _rounded(high),
        "method": figure.method,
        "n": figure.count,
        "missing": figure.missing,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def notes(made: Evaluation) -> list[str]:
    """What else there is to know of the figures, a sentence each."""
    dataset, corpus, asked = made.dataset, made.corpus, len(made.outcomes)
    return [
        *([f"A sample of {asked:,} of {len(dataset.questions):,} questions, seed {SAMPLE_SEED}."] * _sampled(made)),
        *_counted(made),
        *(["The index was updated while the questions were asked."] if corpus and corpus.changed else []),
        *told_unknown_keys(dataset.unknown_keys),
        *_own_calibration(made),
        *([_GIVEN_NOTE] if made.wanted.mode == "given" else []),
        *([_EVERY_ANSWER_NOTE] if _shows_all(made) else []),
        *([_NO_WIDTH] if any(map(_has_no_width, made.figures.values())) else []),
        *(_few_articles(made)),
        *(["Few questions say little: read the intervals."] if 0 < asked < 100 else []),
    ]


def _shows_all(made: Evaluation) -> bool:
    """Whether nothing is refused for the sake of the file's form."""
    return made.wanted.mode == "given" and made.wanted.threshold is None and made.threshold == EVERY_ANSWER


def _has_no_width(figure: Figure) -> bool:
    """Whether all were alike, so that no resample differs: an area, or a calibration error."""
    return figure.interval is not None and figure.value in (0.0, 1.0) and len({*figure.interval}) == 1


def _counted(made: Evaluation) -> list[str]:
    """What is unusual about questions and files, and about how many of them."""
    dataset, corpus = made.dataset, made.corpus
    counts = (
        (
            dataset.duplicate_ids,
            "question has an id that an earlier one has; both are counted.",
            "questions have an id that an earlier one has; all are counted.",
        ),
        (
            dataset.duplicate_questions,
            "question is worded like an earlier one; both are counted.",
            "questions are worded like an earlier one; all are counted.",
        ),
        (
            dataset.unplaced_golds,
            "gold answer does not stand at its answer_start; it is compared by its words.",
            "gold answers do not stand at their answer_start; they are compared by their words.",
        ),
        (
            dataset.contradicted,
            'question has an "is_impossible" that its answers contradict; the answers count.',
            'questions have an "is_impossible" that their answers contradict; the answers count.',
        ),
        (
            _nowhere(made),
            "answerable question names no document: recall counts any passage with the words.",
            "answerable questions name no document: recall counts any passage with the words.",
        ),
        (
            corpus.unread if corpus else 0,
            "file is not in the index: nothing in it can be found.",
            "files are not in the index: nothing in them can be found.",
        ),
    )
    return [one_or_more(count, one, more) for count, one, more in counts if count]


def one_or_more(count: int, one: str, more: str) -> str:
    """The count and what it is of: ``1 question is ...``, ``1,200 questions are ...``."""
    return f"{count:,} {one if count == 1 else more}"


def told_unknown_keys(unknown: Mapping[str, int]) -> list[str]:
    """Which keys of the lines say nothing, and in how many lines they stand."""
    if not unknown:
        return []
    named = ", ".join(f'"{key[:50]}" ({count:,})' for key, count in list(unknown.items())[:_MOST_KEYS])
    more = f" and {len(unknown) - _MOST_KEYS} more" if len(unknown) > _MOST_KEYS else ""
    return [f"Keys that mean nothing here, and in how many lines: {named}{more}."]


def _own_calibration(made: Evaluation) -> list[str]:
    """That the confidence is of `qabot calibrate`, and whether it was fitted to the questions that were asked now."""
    if made.corpus is None or made.corpus.calibration is None:
        return []
    if made.corpus.calibration["found_on"].get("sha256") == sha256(made.wanted.raw).hexdigest():
        return [_SAME_FILE]
    return ["Confidence, and the threshold if none is configured, are what qabot calibrate found on another file."]


def _few_articles(made: Evaluation) -> list[str]:
    """That questions were drawn though they share articles, if so."""
    articles = len({outcome.question.article for outcome in made.outcomes} - {None})
    if made.groups.unit == "article" or not 1 <= articles < LEAST_ARTICLES:
        return []
    said = f"{articles} articles are" if articles > 1 else "One article is"
    return [f"{said} too few to draw from: the intervals are of questions alone, and too narrow if articles differ."]


def _nowhere(made: Evaluation) -> int:
    """How many answerable questions were searched for wherever their answer's words stand."""
    asked = [outcome.question for outcome in made.outcomes] if made.corpus else []
    return sum(question.answerable and question.source is None for question in asked)


def _sampled(made: Evaluation) -> bool:
    return len(made.outcomes) < len(made.dataset.questions)


def as_text(made: Evaluation) -> str:
    """A heading, a line for each figure, and notes."""
    kinds = [(kind, made.figures[kind.name]) for kind in KINDS]
    rows = [("", "value  ", "95 % interval", "of"), *(row(kind, figure) for kind, figure in kinds)]
    first, second = (max(len(row[at]) for row in rows) for at in range(2))
    third = max(len(row[2]) for row in rows if row[3])  # reasons may be longer
    table = [f"{a:<{first}}  {b:>{second}}  {c:<{third}}  {d}".rstrip() for a, b, c, d in rows]
    return "\n".join([*heading(made), "", *table, "", *footing(made)])


def heading(made: Evaluation) -> tuple[str, str]:
    """What was asked, and of how many questions the figures are."""
    answerable = sum(outcome.question.answerable for outcome in made.outcomes)
    asked = len(made.outcomes)
    passages = f", {one_or_more(len(made.dataset.passages), 'passage', 'passages')}" if made.dataset.passages else ""
    questions = one_or_more(asked, "question", "questions")
    kinds = f"{questions}, {answerable:,} answerable, {asked - answerable:,} not{passages}"
    return (
        f"{visible(made.wanted.name)}: {_MODES[made.wanted.mode]}",
        f"{kinds}; answers shown from a confidence of {made.threshold:.4g} on",
    )


def row(kind: Kind, figure: Figure) -> tuple[str, str, str, str]:
    """A figure's name, value, interval (or why there is none) and what it is of."""
    if figure.value is None:
        return kind.label, "n/a   ", str(figure.missing), ""
    low_to_high = " to ".join(_number(value, kind) for value in figure.interval or ())
    value = f"{_number(figure.value, kind)}{_SIGNS[kind.unit]}"
    of = one_or_more(figure.count, kind.of.replace("questions", "question").replace("answers", "answer"), kind.of)
    return kind.label, value, low_to_high or "n/a", of


def _number(value: float, kind: Kind) -> str:
    """Shares in per cent."""
    return {"share": f"{100 * value:.1f}", "risk": f"{value:.3f}", "ms": f"{value:.1f}"}[kind.unit]


def footing(made: Evaluation) -> Sequence[str]:
    """How the intervals were made, and the notes."""
    groups = f"{len(made.groups.members):,} {made.groups.unit}{'s' * (len(made.groups.members) != 1)}"
    drawn = f"Intervals: bootstrapped over {groups}, {RESAMPLES:,} resamples, seed {SEED}; {_WILSON}"
    return [*([drawn] if made.outcomes else []), *map(visible, notes(made))]
