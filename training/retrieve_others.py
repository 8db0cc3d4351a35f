"""Which other paragraphs compete: SQuAD 1.1's training questions asked over a hundred articles, the whole way.

    python training/retrieve_others.py --data DATA --seed 20261129 --out training/questions/retrieved_1.jsonl
    python training/retrieve_others.py --data DATA --seed 2 --out training/questions/retrieved_2.jsonl
    python training/retrieve_others.py --data DATA --seed 3 --out training/questions/retrieved_3.jsonl

Each question goes through the shipped retriever and reader. Written is a line for each whose own answer is found and
where another paragraph without the answer's words comes within `NEAR` of it: `passage` (key of the paragraph asked
about), `of` (the number of its question), `others` (keys, the most convincing first) and `behind` (for each, how much
less convincing it is than the own answer, in logits; below 0 it wins). Where another wins by more than `FAR` the
question is hardly one without its paragraph, and is left out. No text of SQuAD is written.
"""

import argparse
import contextlib
import gzip
import json
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fit_calibration import as_document, is_right
from reader_authored import key_of
from reader_data import SQUAD1

from qabot.answerer import Answerer
from qabot.config import Config
from qabot.datatypes import Filters, Span
from qabot.engine import Engine

NEAR, FAR = 6.0, 6.0  # logits
MOST = 3


@dataclass(frozen=True)
class Place:
    """A paragraph in its document."""

    document_id: str
    span: Span
    key: str
    text: str


def competitors(
    answerer: Answerer, question: str, gold: tuple[str, Span], places: list[Place]
) -> list[tuple[float, str]]:
    """(logits behind the paragraph's own answer, key) of other paragraphs, the nearest first.

    Empty where the own answer is not found.
    """
    asked = place_of(*gold, places)
    answer = gold[1].shifted(-asked.span.start).of(asked.text).lower()
    own, others = [], {}
    for read in answerer.study(question):
        for found in read.found:
            place = place_of(found.document_id, found.span, places)
            if is_right(answerer, found, [gold]):
                own.append(found.features.margin)
            elif place != asked and answer not in place.text.lower():
                others[place.key] = max(others.get(place.key, -math.inf), found.features.margin)
    return sorted((max(own) - margin, key) for key, margin in others.items())[:MOST] if own else []


def place_of(document_id: str, span: Span, places: list[Place]) -> Place:
    """The paragraph in which a span begins."""
    return next(p for p in places if p.document_id == document_id and p.span.start <= span.start < p.span.end)


def laid_out(article: dict[str, Any], seeds: Path) -> list[Place]:
    """Write an article as a document; its paragraphs' places."""
    name, text, _ = as_document(article)
    (seeds / name).write_bytes(text.encode("utf-8"))
    places, at = [], 0
    for paragraph in article["paragraphs"]:
        context = paragraph["context"]
        places.append(Place(name, Span(at, at + len(context) + 2), key_of(context), context))
        at += len(context) + 2
    return places


def main() -> None:
    """Build the corpus, ask, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1, help="draws the articles and the questions")
    parser.add_argument("--articles", type=int, default=100)
    parser.add_argument("--questions", type=int, default=5000)
    args = parser.parse_args()
    random = Random(args.seed)  # noqa: S311 - no secret
    whole = json.loads(gzip.decompress((args.data / SQUAD1).read_bytes()))["data"]
    asked, places = [], []
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for article in random.sample(whole, args.articles):
            _, _, questions = as_document(article)
            numbered = [(key_of(p["context"]), n) for p in article["paragraphs"] for n in range(len(p["qas"]))]
            asked += [(*number, *question) for number, question in zip(numbered, questions, strict=True)]
            places += laid_out(article, seeds)
        engine = Engine.open(Config.load(Path(folder), environ={}))
        answerer = engine._service.current.answerers.of(Filters())  # noqa: SLF001 - looks between the steps on purpose
        aside = args.out.with_suffix(".new")
        with contextlib.closing(engine), aside.open("w", encoding="utf-8") as stream:
            for number, (key, of, question, gold) in enumerate(random.sample(asked, args.questions)):
                near = [one for one in competitors(answerer, question, gold[0], places) if one[0] < NEAR]
                if near and near[0][0] > -FAR:
                    behind = [round(logits, 1) for logits, _ in near]
                    line = {"passage": key, "of": of, "others": [k for _, k in near], "behind": behind}
                    stream.write(json.dumps(line) + "\n")
                print(f"\r{number + 1}/{args.questions}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        aside.replace(args.out)


if __name__ == "__main__":
    main()
