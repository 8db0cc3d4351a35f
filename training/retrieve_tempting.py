"""Which other paragraphs tempt: questions that their own paragraph does not answer, asked over a whole corpus.

    python training/retrieve_tempting.py --data DATA --out training/questions/tempting_1.jsonl

The corpus: the ten articles of SQuAD 2.0 that may be trained on, and some of SQuAD 1.1. Asked are all unanswerable
questions of the ten and some of the contrast questions about the others. Written is a line a question: `passage` (key
of the paragraph asked about), `asked` (key of the question), `others` (keys of the other paragraphs in which the
shipped reader finds most, the surest first) and `margins` (how much better than "no answer" each is, in logits). Some
of the others do answer: the surer, the more of them. No text of SQuAD is written.
"""

import argparse
import contextlib
import gzip
import json
import math
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

from reader_authored import contrasts_about_squad1, in_words, key_of
from reader_data import CALIBRATE, REPORT, SQUAD1, SQUAD2
from retrieve_others import MOST, Place, laid_out, place_of

from qabot.answerer import Answerer
from qabot.config import Config
from qabot.datatypes import Filters
from qabot.engine import Engine

LEAST = -6.0  # logits
CONTRASTS = ("eighth_squad1_*.jsonl", "ninth_squad1_*.jsonl", "tenth_squad1_*.jsonl")


def tempting(answerer: Answerer, question: str, own: str, places: list[Place]) -> list[tuple[float, str]]:
    """(logits above "no answer", key) of the paragraphs but its `own` where a span is found, the surest first."""
    others: dict[str, float] = {}
    for read in answerer.study(question):
        for found in read.found:
            place = place_of(found.document_id, found.span, places)
            if place.key != own:
                others[place.key] = max(others.get(place.key, -math.inf), found.features.margin)
    return sorted(((margin, key) for key, margin in others.items() if margin > LEAST), reverse=True)[:MOST]


def contrasts(articles: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(key of the paragraph, question) of the contrast questions that these articles' paragraphs do not answer."""
    asked = {
        key_of(p["context"]): [qa["question"].strip() for qa in p["qas"]] for a in articles for p in a["paragraphs"]
    }
    return [
        (one.key, in_words(one.question, asked[one.key]))
        for pattern in CONTRASTS
        for one in contrasts_about_squad1(pattern)
        if one.answer is None and one.key in asked
    ]


def unanswerable(articles: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The same of SQuAD 2.0's own questions."""
    return [
        (key_of(p["context"]), qa["question"].strip())
        for a in articles
        for p in a["paragraphs"]
        for qa in p["qas"]
        if qa.get("is_impossible")
    ]


def main() -> None:
    """Build the corpus, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=4, help="draws the articles and the questions")
    parser.add_argument("--articles", type=int, default=100, help="of SQuAD 1.1")
    parser.add_argument("--questions", type=int, default=3000, help="of those about SQuAD 1.1")
    args = parser.parse_args()
    random = Random(args.seed)  # noqa: S311 - no secret
    second = [a for a in _articles(args.data / SQUAD2) if a["title"] not in REPORT | CALIBRATE]
    first = random.sample(_articles(args.data / SQUAD1), args.articles)
    made = contrasts(first)
    asked = unanswerable(second) + random.sample(made, min(len(made), args.questions))
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        places = [place for article in second + first for place in laid_out(article, seeds)]
        engine = Engine.open(Config.load(Path(folder), environ={}))
        answerer = engine._service.current.answerers.of(Filters())  # noqa: SLF001 - looks between the steps on purpose
        aside = args.out.with_suffix(".new")
        with contextlib.closing(engine), aside.open("w", encoding="utf-8") as stream:
            for number, (key, question) in enumerate(asked):
                near = tempting(answerer, question, key, places)
                if near:
                    others, margins = [k for _, k in near], [round(margin, 1) for margin, _ in near]
                    line = {"passage": key, "asked": key_of(question), "others": others, "margins": margins}
                    stream.write(json.dumps(line) + "\n")
                print(f"\r{number + 1}/{len(asked)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        aside.replace(args.out)


def _articles(path: Path) -> list[dict[str, Any]]:
    return json.loads(gzip.decompress(path.read_bytes()))["data"]


if __name__ == "__main__":
    main()
