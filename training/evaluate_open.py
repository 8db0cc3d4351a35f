"""Open domain: all passages of both SQuAD dev files as one corpus, questions of the report articles, the whole way.

    python training/evaluate_open.py qabot/models/reader.onnx --data DATA [--questions 1000]

As many answerable questions (of the 20 report articles of both files) as unanswerable ones (of the seven of SQuAD 2.0),
drawn with a fixed seed. Right: an answer whose span overlaps a gold span inside of its whole sentences, or a refusal of
an unanswerable question; both kinds weigh the same. Readers are compared by the margin of their best span and by the
shipped probability, each at the threshold that is best on as many questions of the calibrate articles in the same
corpus; the shipped reader also as it ships, at its own threshold. Intervals: 95 %, bootstrapped by article.
The folder of the model holds a SHA256SUMS file that lists it.
"""

import argparse
import gzip
import json
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import numpy as np
from fit_calibration import as_document, is_right
from numpy.typing import NDArray
from reader_data import CALIBRATE, REPORT, SQUAD1_DEV, SQUAD2

from qabot.answerer import Answerer
from qabot.config import Config
from qabot.datatypes import Filters
from qabot.engine import Engine
from qabot.evaluation.intervals import intervals, rows_by
from qabot.reader import OnnxReader
from qabot.selection import Found
from qabot.weights import load_tokenizer, model_sha256, onnx_session

SEED = 0


@dataclass(frozen=True)
class Asked:
    """The best span by margin and by probability, each with its score and whether it is right."""

    title: str
    answerable: bool
    margin: tuple[float, bool]
    probability: tuple[float, bool]


def articles(data: Path) -> list[dict]:
    """All articles; those that are in both files with the questions of SQuAD 2.0."""
    newer, older = (json.loads(gzip.decompress((data / name).read_bytes()))["data"] for name in (SQUAD2, SQUAD1_DEV))
    titles = {article["title"] for article in newer}
    return [*newer, *(article for article in older if article["title"] not in titles)]


def asked_all(answerer: Answerer, documents: list[tuple[str, list]], titles: frozenset[str], count: int) -> list[Asked]:
    """`count` answerable and `count` unanswerable questions of these articles, each asked over the whole corpus."""
    pool = [(title, text, gold) for title, questions in documents if title in titles for text, gold in questions]
    random = Random(SEED)  # noqa: S311 - no secret
    results = []
    for wanted in (True, False):
        of_kind = [one for one in pool if bool(one[2]) is wanted]
        for title, text, gold in random.sample(of_kind, min(count, len(of_kind))):
            found = [one for read in answerer.study(text) for one in read.found]
            best = [max(found, key=key, default=None) for key in (by_margin, by_probability)]
            right = [one is not None and is_right(answerer, one, gold) for one in best]
            scores = [best[0] and by_margin(best[0]), best[1] and by_probability(best[1])]
            pairs = [(-99.0 if s is None else s, r) for s, r in zip(scores, right, strict=True)]
            results.append(Asked(title, wanted, *pairs))
            print(f"\r{len(results)}/{2 * count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results


def by_margin(found: Found) -> float:
    """How much better the span fits than "no answer"."""
    return found.features.margin


def by_probability(found: Found) -> float:
    """The calibrated probability."""
    return found.probability


def treated(asked: list[Asked], *, threshold: float, by: str) -> NDArray[np.float64]:
    """For each question 1 if it was answered rightly or rightly refused, shape (n,)."""
    scores = np.array([getattr(one, by)[0] for one in asked])
    right = np.array([getattr(one, by)[1] for one in asked])
    able = np.array([one.answerable for one in asked])
    return np.where(able, (scores >= threshold) & right, scores < threshold).astype(np.float64)


def best_cut(asked: list[Asked], *, by: str) -> float:
    """The threshold that treats the largest number of questions rightly."""
    cuts = sorted(getattr(one, by)[0] for one in asked)
    return float(max(cuts, key=lambda cut: treated(asked, threshold=cut, by=by).mean()))


def balanced(values: NDArray[np.float64], asked: list[Asked]) -> dict[str, object]:
    """Right answers, right refusals and their mean, in percent."""
    able = np.array([one.answerable for one in asked])

    def mean(rows: NDArray[np.int64]) -> list[float]:
        return [float(np.mean([values[rows][able[rows]].mean(), values[rows][~able[rows]].mean()]))]

    (between,) = intervals(mean, rows_by([one.title for one in asked]))
    return {
        "answered": round(100 * float(values[able].mean()), 1),
        "refused": round(100 * float(values[~able].mean()), 1),
        "mean": round(50 * float(values[able].mean() + values[~able].mean()), 1),
        "mean_95": [round(100 * bound, 1) for bound in between],
    }


def main() -> None:
    """Build the corpus, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, help="int8 ONNX readers, each listed in a SHA256SUMS beside it")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--questions", type=int, default=1000, help="of each kind")
    parser.add_argument("--calibrate", type=int, default=600, help="of each kind, for the thresholds")
    args = parser.parse_args()
    whole = articles(args.data)
    of_squad2 = {a["title"] for a in json.loads(gzip.decompress((args.data / SQUAD2).read_bytes()))["data"]}
    report = REPORT | {a["title"] for a in whole if a["title"] not in of_squad2}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        documents = []
        for article in whole:
            name, text, questions = as_document(article)
            (Path(folder) / "seeds" / name).write_bytes(text.encode("utf-8"))
            documents.append((article["title"], questions))
        engine = Engine.open(Config.load(Path(folder), environ={}))
        answerer = engine._service.current.answerers.of(Filters())  # noqa: SLF001 - looks between the steps on purpose
        for model in args.models:
            reader = OnnxReader(load_tokenizer(), onnx_session(model.name, 1, model.parent))
            answerer._passages = replace(answerer._passages, reader=reader)  # noqa: SLF001
            tuning = asked_all(answerer, documents, CALIBRATE, args.calibrate)
            asked = asked_all(answerer, documents, report, args.questions)
            for by in ("margin", "probability"):
                cut = best_cut(tuning, by=by)
                print(model, f"by {by}, cut at {cut:.3f}:", balanced(treated(asked, threshold=cut, by=by), asked))
            if model_sha256("reader.onnx") in (model.parent / "SHA256SUMS").read_text(encoding="ascii"):
                shown = treated(asked, threshold=answerer._threshold, by="probability")  # noqa: SLF001
                print(model, "as shipped:", balanced(shown, asked))
        engine.close()


if __name__ == "__main__":
    main()
