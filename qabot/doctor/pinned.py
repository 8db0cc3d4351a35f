"""The pinned questions: whether their file is understood, and how they did the last time they were asked."""

from __future__ import annotations

from collections.abc import Iterator

from qabot.config import Config
from qabot.doctor.check import Check
from qabot.errors import ConfigError
from qabot.index.opening import in_service
from qabot.pinned import kept_report, load_pins, outcome_text, pinned_line

_MOST_NAMED = 20
_ASK = "Run qabot index; watch, chat and the bot also ask them."


def pinned_file_checks(config: Config) -> Iterator[Check]:
    """Whether the file, if there is one, is understood."""
    try:
        load_pins(config.pinned_path)
    except ConfigError as error:
        yield Check("configuration", "problem", error.problem, error.remedy)


def pinned_checks(config: Config) -> Iterator[Check]:
    """How the questions did over the index in service; nothing is asked here."""
    try:
        pins = load_pins(config.pinned_path)
    except ConfigError:
        return  # told above
    if pins is None or not pins.pins:
        return
    report = kept_report(config.embeddings_dir, pins)
    if report is None or report.generation != in_service(config.embeddings_dir):
        yield Check("index", "warning", "the pinned questions were not asked of this index yet", _ASK)
        return
    yield Check("index", "warning" if report.failing else "ok", pinned_line(report), "")
    for outcome in report.failing[:_MOST_NAMED]:
        yield Check(
            "index", "warning", outcome_text(outcome), "Mend the documents, or the line of the pinned question."
        )
