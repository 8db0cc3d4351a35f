"""The words of the commands that measure, `qabot eval` and `qabot calibrate`: their options, help and examples."""

from __future__ import annotations

import argparse
from pathlib import Path

EVAL_EPILOG = """\
examples:
  qabot eval questions.jsonl
  qabot eval --json --limit 500 questions.jsonl
  qabot eval --given squad.json
  qabot eval --open --limit 1000 squad.json.gz
  qabot eval --report . questions.jsonl

FILE: with --given and --open SQuAD-format JSON (1.1, 2.0); else JSONL with an object a line:
{"question": "...", "answers": ["...", ...] or null, "source": a document's name, or left out}
An answer without a word is none; a question with none is right if refused. Duplicates are all asked, and told.

exit code: 0 measured, however well; 2 wrong usage, FILE is malformed or empty; 3 the index or a model cannot be used.
"""

CALIBRATE_EPILOG = """\
examples:
  qabot calibrate questions.jsonl
  qabot calibrate --json questions.jsonl
  qabot calibrate
  qabot calibrate --reset

FILE: JSONL with an object a line, questions as people ask them, answerable or not:
{"question": "...", "answers": ["...", ...] or null, "source": a document's name, or left out}
Without FILE questions are made from the documents: an estimate of how well the shipped one fits; nothing is changed.

exit code: 0 done, whatever was found; 2 wrong usage, FILE is malformed or empty; 3 the index or a model cannot be used.
"""


def add_eval(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Give the parser what `qabot eval` takes, but --json; the same parser."""
    parser.add_argument(
        "file", metavar="FILE", help="questions with their answers, perhaps packed with gzip (-: stdin)"
    )
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--given",
        dest="mode",
        action="store_const",
        const="given",
        help="each with its own passage, without a search",
    )
    modes.add_argument(
        "--open",
        dest="mode",
        action="store_const",
        const="open",
        help="over all passages of FILE as the only documents",
    )
    parser.set_defaults(mode="index")
    parser.add_argument("--limit", metavar="N", type=_positive, help="ask a random sample of N, always the same one")
    parser.add_argument(
        "--threshold",
        metavar="P",
        type=_probability,
        help="show answers from this confidence on (default: as in use; with --given the shipped one for given "
        "passages, or 0 if every question of FILE has an answer)",
    )
    parser.add_argument(
        "--report",
        metavar="DIR",
        type=Path,
        help="write a page there with figures, curves and the worst mistakes: qabot-eval.html",
    )
    parser.add_argument(
        "--predictions",
        metavar="FILE",
        type=Path,
        help='write the answers there, as SQuAD\'s scripts read them: {"id": "answer", or "" if refused}',
    )
    return parser


def add_calibrate(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Give the parser what `qabot calibrate` takes, but --json; the same parser."""
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "file", metavar="FILE", nargs="?", help="questions with their answers, perhaps packed with gzip (-: stdin)"
    )
    choice.add_argument("--reset", action="store_true", help="remove what was found before: the shipped one answers")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 on")
    return int(text)


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise argparse.ArgumentTypeError(f"{text} is no probability, 0 to 1")
    return value
