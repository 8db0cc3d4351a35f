"""Measure an int8 reader on given passages, as shipped: one text a run, spinning off, decoded by qabot/reader.py.

    python training/evaluate_reader.py qabot/models/reader.onnx --data DATA --sample 700 --out figures.json

Each passage is read as `qabot eval --given` reads it: under its article's title, then its likeliest sentences once
more. How sure the reader is: what the span beats "no answer" by at both looks, weighed as qabot/models/calibration.json
has it, which was fitted for the shipped reader on the calibrate articles. With `--alone` a passage is read once and
without the title, and nothing is weighed: for readers that have no calibration yet.

The official SQuAD 2.0 figures (EM, F1; answerable and unanswerable apart) on three sets of questions that no reader was
trained on. The threshold is the one with the best F1 on the calibrate articles and is then used, unchanged, on the
report articles; SQuAD 1.1 is answered without a threshold, as its rules are. Intervals: 95 %, bootstrapped by article.
The folder of the model holds a SHA256SUMS file that lists it.
"""

import argparse
import gzip
import json
import time
from dataclasses import dataclass
from functools import cache, partial
from operator import itemgetter
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from reader_data import CALIBRATE, REPORT, SQUAD1_DEV, SQUAD2, Gold, gold_questions, sha256_of

from qabot.calibration import GivenCalibration
from qabot.evaluation.given import Seen, as_document, seen_twice
from qabot.evaluation.intervals import intervals, rows_by
from qabot.evaluation.metrics import scored
from qabot.reader import OnnxReader
from qabot.weights import load_tokenizer, onnx_session

PEER = "predictions-squad-v2.0-bert-single.json.gz"
SEED = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """The best span's text, how sure the reader is of it, and its EM and F1 if it is shown."""

    gold: Gold
    text: str
    logit: float

    def figures(self, *, threshold: float) -> tuple[float, float]:
        """EM and F1 with answers shown that are surer than `threshold`."""
        return scored(self.text if self.logit > threshold else "", self.gold.answers)


def read_once(reader: OnnxReader, golds: list[Gold]) -> list[Prediction]:
    """One prediction a question: the best span, and by how much it beats "no answer"."""
    made = []
    for gold in golds:
        reading = reader.read(gold.question, gold.passage)
        best = reading.spans[0]
        text = gold.passage[best.span.start : best.span.end]
        made.append(Prediction(gold, text, reading.margin(best)))
    return made


def read_twice(reader: OnnxReader, golds: list[Gold]) -> list[list[Seen]]:
    """For each question the spans of its passage, seen as `qabot eval --given` sees them."""
    read = cache(partial(as_document, "passage"))
    return [seen_twice(reader, gold.question, *read(gold.passage), title=gold.title) for gold in golds]


def weighed(golds: list[Gold], seen: list[list[Seen]], weights: tuple[float, float]) -> list[Prediction]:
    """One prediction a question: the span with the highest sum of what it got at both looks, times these weights."""
    made = []
    for gold, spans in zip(golds, seen, strict=True):
        logit, best = max(((weights[0] * one.margin + weights[1] * one.again, one) for one in spans), key=itemgetter(0))
        made.append(Prediction(gold, best.span.of(gold.passage), logit))
    return made


def shipped_weights() -> tuple[float, float]:
    """Of the margin and of what it gains at the second look."""
    given = GivenCalibration.load()
    return given.margin, given.again


def best_threshold(predictions: list[Prediction]) -> float:
    """The logit above which answers are shown so that F1 over all questions is highest."""
    ordered = sorted(predictions, key=lambda p: -p.logit)
    gains = [p.figures(threshold=-np.inf)[1] - p.figures(threshold=np.inf)[1] for p in ordered]
    cut = int(np.argmax(np.concatenate([[0.0], np.cumsum(gains)])))
    above = ordered[cut - 1].logit if cut else ordered[0].logit + 1
    below = ordered[cut].logit if cut < len(ordered) else above - 1
    return (above + below) / 2


def interval(values: NDArray[np.float64], titles: list[str]) -> list[float]:
    """95 % interval of the mean of `values` (n,), articles drawn with replacement."""
    (between,) = intervals(lambda rows: [float(values[rows].mean())], rows_by(titles))
    return [round(100 * bound, 1) for bound in between]


def auc(predictions: list[Prediction]) -> float | None:
    """How often the reader is surer of an answerable question than of an unanswerable one; None without both kinds."""
    yes = np.array([p.logit for p in predictions if p.gold.answers])
    no = np.array([p.logit for p in predictions if not p.gold.answers])
    return round(float((yes[:, None] > no[None, :]).mean()), 4) if len(yes) and len(no) else None


def report(predictions: list[Prediction], *, threshold: float, peer: dict[str, str]) -> dict[str, object]:
    """All figures of one set, in percent."""
    figures = np.array([p.figures(threshold=threshold) for p in predictions])
    answerable = np.array([bool(p.gold.answers) for p in predictions])
    titles = [p.gold.title for p in predictions]
    made: dict[str, object] = {
        "questions": len(predictions),
        "unanswerable": int((~answerable).sum()),
        "articles": len(set(titles)),
        "f1": _percent(figures[:, 1]),
        "f1_95": interval(figures[:, 1], titles),
        "em": _percent(figures[:, 0]),
        "answerable_f1": _percent(figures[answerable, 1]),
        "refused": _percent(figures[~answerable, 1]) if not answerable.all() else None,
        "forced_f1": _percent(np.array([p.figures(threshold=-np.inf)[1] for p in predictions])[answerable]),
        "auc": auc(predictions),
    }
    if peer:
        theirs = np.array([scored(peer[p.gold.id], p.gold.answers)[1] for p in predictions])
        made |= {"peer_f1": _percent(theirs), "minus_peer": _percent(figures[:, 1] - theirs)}
        made["minus_peer_95"] = interval(figures[:, 1] - theirs, titles)
    return made


def _percent(values: NDArray[np.float64]) -> float:
    return round(100 * float(values.mean()), 1)


def sampled(path: Path, titles: frozenset[str], count: int) -> list[Gold]:
    """`count` questions of these articles (0: all), the same ones at every call."""
    golds = list(gold_questions(path, keep=titles.__contains__))
    return Random(SEED).sample(golds, count) if 0 < count < len(golds) else golds  # noqa: S311 - no secret


def main() -> None:
    """Read, measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="an int8 ONNX reader, listed in the SHA256SUMS beside it")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--sample", type=int, default=0, help="questions a set; 0: all")
    parser.add_argument("--sets", nargs="+", default=["calibrate", "report", "squad1"])
    parser.add_argument(
        "--threshold",
        type=float,
        help="logits, instead of the best on the calibrate articles",
    )
    parser.add_argument("--alone", action="store_true", help="read once, without titles")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="JSON with figures and settings; predictions beside it as .jsonl")
    args = parser.parse_args()
    peer = json.loads(gzip.decompress((args.data / PEER).read_bytes()))
    of_squad2 = {g.title for g in gold_questions(args.data / SQUAD2, keep=bool)}
    of_squad1 = frozenset(g.title for g in gold_questions(args.data / SQUAD1_DEV, keep=bool)) - of_squad2
    sets = {"calibrate": (SQUAD2, CALIBRATE), "report": (SQUAD2, REPORT), "squad1": (SQUAD1_DEV, of_squad1)}
    session = onnx_session(args.model.name, args.threads, args.model.parent)
    reader = OnnxReader(load_tokenizer(), session)
    weights = (1.0, 0.0) if args.alone else shipped_weights()
    threshold, results, stored = args.threshold, {}, []
    for name in args.sets:
        began = time.monotonic()
        golds = sampled(args.data / sets[name][0], sets[name][1], args.sample)
        predictions = read_once(reader, golds) if args.alone else weighed(golds, read_twice(reader, golds), weights)
        if threshold is None:
            threshold = best_threshold(predictions)
        shown_above = -np.inf if name == "squad1" else threshold
        results[name] = report(predictions, threshold=shown_above, peer={} if name == "squad1" else peer)
        results[name]["seconds"] = round(time.monotonic() - began, 1)
        print(name, json.dumps(results[name]), flush=True)
        stored += [{"set": name, "id": p.gold.id, "text": p.text, "logit": round(p.logit, 4)} for p in predictions]
    print(f"threshold {threshold:.3f}")
    if args.out:
        settings = {"model_sha256": sha256_of(args.model), "alone": args.alone, "weights": weights}
        settings |= {"sample": args.sample, "seed": SEED, "threshold": threshold}
        args.out.write_text(json.dumps({**settings, "sets": results}, indent=1) + "\n")
        args.out.with_suffix(".jsonl").write_text("".join(json.dumps(s) + "\n" for s in stored))


if __name__ == "__main__":
    main()
