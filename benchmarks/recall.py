"""How often the right passage is among the first 1, 3 and 10 candidates, on a question file with gold spans.

    python benchmarks/recall.py [FILE] [--root DIR] [--part tune|report] [--missed]

FILE is JSONL as for benchmarks/answers.py; the default is the community's questions, and --root its corpus. A passage
is right if it holds a whole gold span. Questions are searched as they are answered: with their spelling corrected. A
corpus of so few passages that all are read has a recall@10 of 100 % by design. Intervals are Wilson's (1927), 95 %;
they say nothing about documents and questions of another kind.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from answers import share
from gold import Gold, gold_spans, texts_under

from qabot.config import Config
from qabot.datatypes import Candidate
from qabot.engine import Engine

COMMUNITY = Path(__file__).parent.parent / "tests" / "data" / "community"
RANKS = (1, 3, 10)


def main() -> None:
    """Search for every answerable question of a part and print its recall."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=COMMUNITY / "questions.jsonl")
    parser.add_argument("--root", type=Path, default=COMMUNITY)
    parser.add_argument("--part", choices=["tune", "report"], default="tune")
    parser.add_argument("--missed", action="store_true", help="print the questions whose passage is not the first")
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in arguments.file.read_text(encoding="utf-8").splitlines()]
    asked = [row for row in rows if row["answers"] is not None and row.get("part") in (None, arguments.part)]
    config = Config.load(arguments.root)
    text_of = texts_under(config.seeds_dir)
    with closing(Engine.open(config)) as engine:
        found = [engine.candidates(row["question"], max(RANKS)) for row in asked]
    ranks = [rank(gold_spans(row, text_of), candidates) for row, candidates in zip(asked, found, strict=True)]
    print(f"{arguments.file.name}, {arguments.part}: {summary(ranks)}")
    for row, place in zip(asked, ranks, strict=True):
        if arguments.missed and place != 1:
            print(f"  {place or '-'}  {row['question']}  wanted {row['answers'][0]['text']!r} of {row['source']}")


def rank(gold: Gold, candidates: Sequence[Candidate]) -> int | None:
    """The place, from 1, of the first passage that holds a gold span; None if none does."""
    for place, candidate in enumerate(candidates, start=1):
        chunk = candidate.chunk
        if any(chunk.document_id == source and chunk.span.contains(span) for source, span in gold):
            return place
    return None


def summary(ranks: Sequence[int | None]) -> str:
    """Recall at each of ``RANKS`` in words."""
    hits = {at: sum(place is not None and place <= at for place in ranks) for at in RANKS}
    return ", ".join(f"recall@{at} {share(count, len(ranks))}" for at, count in hits.items())


if __name__ == "__main__":
    main()
