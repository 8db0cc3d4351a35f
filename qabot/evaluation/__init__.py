"""How often qabot is right, how often it refuses, and how sure it may be of both, on a file of questions with answers.

Two formats: SQuAD's JSON, and JSONL. Three ways of asking: the reader with each question's own passage, the whole
pipeline over all passages of the file, or over the user's own index.
"""

from qabot.evaluation.predictions import writable, write_predictions
from qabot.evaluation.report import prepared, write_report
from qabot.evaluation.runs import Evaluation, Wanted, evaluate
from qabot.evaluation.showing import as_json, as_text

__all__ = [
    "Evaluation",
    "Wanted",
    "as_json",
    "as_text",
    "evaluate",
    "prepared",
    "writable",
    "write_predictions",
    "write_report",
]
