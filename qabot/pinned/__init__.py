"""Pinned questions: what the documents must keep saying, asked again after each rebuild.

Knows the file of questions, what their quotes must contain, and how they did the last time; it refuses to know how a
question is answered.
"""

from qabot.pinned.questions import Pin, load_pins
from qabot.pinned.running import Outcome, PinnedQuestions, PinnedReport, kept_report
from qabot.pinned.showing import outcome_text, pinned_as_json, pinned_line, pinned_text

__all__ = [
    "Outcome",
    "Pin",
    "PinnedQuestions",
    "PinnedReport",
    "kept_report",
    "load_pins",
    "outcome_text",
    "pinned_as_json",
    "pinned_line",
    "pinned_text",
]
