"""How often qabot is right and how often it refuses, on a question file with gold spans.

    python benchmarks/answers.py [FILE] [--root DIR] [--part tune|report] [--by kind] [--mistakes]

FILE is JSONL: question, source, answers (a list of words, {text, start} or {text, evidence}, or with a source of their
own: see gold.py) or null, and optionally part and kind; the default is tests/data/seed_questions.jsonl. An answer is
right if it overlaps a gold span that its quote contains. Precision: right answers of the answers given. Coverage: right
answers of the answerable questions. Refusal: refused questions of the unanswerable ones. Each with its counts and the
95 % interval of Wilson (1927); they say nothing about documents and questions of another kind.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from gold import Gold, gold_spans, texts_under

from qabot.config import Config
from qabot.datatypes import Answer, NoAnswer
from qabot.engine import Engine

TOP = Path(__file__).parent.parent


def main() -> None:
    """Ask every question of the file and print three shares for each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=TOP / "tests" / "data" / "seed_questions.jsonl")
    parser.add_argument("--root", type=Path, default=TOP)
    parser.add_argument("--part", choices=["tune", "report"])
    parser.add_argument("--by", choices=["part", "kind"], default="part", help="what the questions are grouped by")
    parser.add_argument("--mistakes", action="store_true", help="print each question that was not treated rightly")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.file.read_text(encoding="utf-8").splitlines()]
    config = Config.load(arguments.root)
    engine, text_of = Engine.open(config), texts_under(config.seeds_dir)
    rows = [row for row in rows if arguments.part in (None, row.get("part"))]
    for group in sorted({row.get(arguments.by, "all") for row in rows}):
        chosen = [row for row in rows if row.get(arguments.by, "all") == group]
        results = [engine.ask(row["question"]) for row in chosen]
        golds = [gold_spans(row, text_of) for row in chosen]
        print(f"{arguments.file.name}, {group}: {summary(golds, results)}")
        if arguments.mistakes:
            print_mistakes(chosen, golds, results)
    engine.close()


def summary(golds: list[Gold], results: list[Answer | NoAnswer]) -> str:
    """Precision, coverage and refusal in words."""
    given = sum(isinstance(result, Answer) for result in results)
    right = sum(is_right(gold, result) for gold, result in zip(golds, results, strict=True))
    unanswerable = [result for gold, result in zip(golds, results, strict=True) if not gold]
    refused = sum(isinstance(result, NoAnswer) for result in unanswerable)
    return (
        f"precision {share(right, given)}, coverage {share(right, len(golds) - len(unanswerable))}, "
        f"refusal {share(refused, len(unanswerable))}"
    )


def is_right(gold: Gold, result: Answer | NoAnswer) -> bool:
    """Whether the short answer overlaps a gold span which its quote contains; no answer does."""
    if not isinstance(result, Answer):
        return False
    quote = result.quotes[0]
    return any(
        quote.source == source
        and quote.answer is not None
        and quote.answer.overlaps(span)
        and quote.span.contains(span)
        for source, span in gold
    )


def share(hits: int, of: int) -> str:
    """A share with its counts and the 95 % Wilson interval."""
    if of == 0:
        return "- (0/0)"
    z, p = 1.96, hits / of
    middle, reach = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    low, high = (middle - reach) / (1 + z * z / of), (middle + reach) / (1 + z * z / of)
    return f"{p:.0%} ({hits}/{of}, {low:.0%}-{high:.0%})"


def print_mistakes(rows: list[dict], golds: list[Gold], results: list[Answer | NoAnswer]) -> None:
    """One line for each question that was answered wrongly, or not, against its gold."""
    for row, gold, result in zip(rows, golds, results, strict=True):
        if is_right(gold, result) if gold else isinstance(result, NoAnswer):
            continue
        said = result.text if isinstance(result, Answer) else f"({result.reason})"
        wanted = row["answers"][0]["text"] if row["answers"] else "(refuse)"
        print(f"  {row['question']}  ->  {said}  [{result.confidence:.2f}]  wanted {wanted}")


if __name__ == "__main__":
    main()
