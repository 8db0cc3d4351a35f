"""Which spans the reader would answer with, right or wrong: what it can learn from is where it is wrong.

    python training/guess_spans.py qabot/models/reader.onnx --data DATA --out training/questions/guessed_1.jsonl

Read are the newest questions with the passage of our own or the paragraph of SQuAD 1.1 that they are about, those about
our own also with the passage of their world that shares most words with them; and the questions whose paragraph has
competitors, with it and with the strongest of these. Written is a line a question and passage in which something was
found: `asked` (key of the question), `passage` (key of what was read) and `spans`: the best span and the best that does
not overlap it, as offsets in code points of the passage, with how much better than "no answer" each is, in logits; none
of LEAST or less. No text of SQuAD is written. Whether a span answers is not written either: that follows from the
question's own answer.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from reader_authored import by_shared_words, community, contrasts_about_squad1, key_of, retrieved, title_line
from reader_data import SQUAD1, asked_anew, contested, load_articles

from qabot.reader import OnnxReader, Reading
from qabot.weights import load_tokenizer, onnx_session

LEAST = -8.0  # logits
NEWEST = "eleventh"


def to_read(data: Path) -> Iterator[tuple[str, str, str]]:
    """(question, passage, context) of all that is read."""
    written = community(f"{NEWEST}_community_*.jsonl")
    worlds: dict[str, set[str]] = {}
    lines = {one.passage: title_line(one) for one in written}
    for one in written:
        worlds.setdefault(one.world, set()).add(one.passage)
    for one in written:
        others = by_shared_words(one.question, sorted(worlds[one.world] - {one.passage}))[:1]
        yield from ((one.question, passage, lines[passage]) for passage in (one.passage, *others))
    articles = load_articles(data / SQUAD1, kind="squad1")
    for example in asked_anew(articles, contrasts_about_squad1(f"{NEWEST}_squad1_*.jsonl")):
        yield example.question, example.passage, ""
    for example, others in contested(articles, retrieved()):
        yield example.question, example.passage, ""
        yield example.question, others[0][1], ""


def best_two(reading: Reading) -> list[tuple[int, int, float]]:
    """(start, end, logits above "no answer") of the best span and of the best that does not overlap it."""
    chosen = list(reading.spans[:1])
    chosen += [other for other in reading.spans if not other.span.overlaps(reading.spans[0].span)][:1]
    pairs = ((scored.span, reading.margin(scored)) for scored in chosen)
    return [(span.start, span.end, round(margin, 1)) for span, margin in pairs if margin > LEAST]


def line_of(asked: tuple[str, str, str]) -> str | None:
    """The line that is written; None where nothing was found."""
    question, passage, context = asked
    spans = best_two(_READERS[0].read(question, passage, context=context))
    return json.dumps({"asked": key_of(question), "passage": key_of(passage), "spans": spans}) if spans else None


_READERS: list[OnnxReader] = []


def _load(model: Path) -> None:
    _READERS.append(OnnxReader(load_tokenizer(), onnx_session(model.name, 1, model.parent)))


def main() -> None:
    """Read all, write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    asked = list(to_read(args.data))
    aside = args.out.with_suffix(".new")
    with aside.open("w", encoding="utf-8") as stream, Pool(2, _load, (args.model.resolve(),)) as pool:
        for number, line in enumerate(pool.imap(line_of, asked, chunksize=50)):
            if line:
                stream.write(line + "\n")
            if number % 500 == 0:
                print(f"\r{number}/{len(asked)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    aside.replace(args.out)


if __name__ == "__main__":
    main()
