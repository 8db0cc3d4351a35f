"""Fit qabot/models/calibration.json: from a span's features to the probability that it is the right answer.

    python training/fit_calibration.py --data DIR

Every question goes through the whole pipeline, open domain. A span is right if it overlaps a gold span that the
sentences around it contain; for an unanswerable question nothing is right. Fitted on the span that would be shown,
since that is the one whose probability is stated: fit, choose the best span by the fit, fit again. Two kinds of
questions, of equal weight in all:

- four SQuAD 2.0 articles that no reader was trained on; two articles are one corpus. In about equal numbers answerable
  ones, SQuAD's near misses, and questions about the other two articles, which nothing in the corpus answers; every
  second one typed as people type: lower case, no question mark;
- the tunable halves of our own question sets under tests/data, and the corpora of training/corpora, which are for this
  only: a language model wrote them.

The threshold is the lowest one at which five of six unanswerable questions of our own sets are refused: their documents
and questions are of the kinds that people have; SQuAD's near misses were written to deceive readers. (At most one
answer in ten wrong, which is the aim, this reader reaches only by refusing most of the rest: docs/experiments.md.)

For `qabot eval --given` also each question of the four articles with its own passage: the probability that the best
span has at least half of a gold answer's F1, and the one from which on F1 of all questions is best.

Data: SQuAD 2.0 dev (Rajpurkar et al. 2018), CC BY-SA 4.0. Run it after each exchange of the reader or the encoder, and
after a change of how spans are chosen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path

import numpy as np
from evaluate_reader import best_threshold, read_twice, weighed
from numpy.typing import NDArray
from reader_data import gold_questions, sha256_of

sys.path.append(str(Path(__file__).parent.parent / "benchmarks"))  # what is right is decided in one place
from gold import Gold, gold_spans, texts_under

from qabot.answerer import Answerer
from qabot.calibration import CALIBRATION_NAME, Calibration, Features, GivenCalibration
from qabot.config import Config
from qabot.datatypes import Filters, Span
from qabot.engine import Engine
from qabot.evaluation.metrics import scored
from qabot.quotes import sentences_around
from qabot.reader import OnnxReader
from qabot.selection import Found
from qabot.weights import MODELS_DIR, model_sha256

ARTICLES = ("Ctenophora", "Force", "Fresno,_California", "Imperialism")
QUESTIONS = 600  # of the corpus's own articles, evenly spaced; half as many about the other ones come on top
ROUNDS = 6  # of fitting and choosing
L2 = 1e-3  # of the standardised weights
REFUSED = 5 / 6  # of the unanswerable questions of our own sets
HALF = 0.5  # of F1: with the right passage a span is right from here on
DATA_NAME = "squad-dev-v2.0-21-articles.json.gz"
TOP = Path(__file__).parent.parent
TESTS, CORPORA = TOP / "tests" / "data", TOP / "training" / "corpora"
OWN_SETS = {  # question file -> folder of documents
    TESTS / "seed_questions.jsonl": TOP / "seeds",
    TESTS / "community" / "questions.jsonl": TESTS / "community" / "seeds",
    CORPORA / "clubs" / "questions.jsonl": CORPORA / "clubs" / "seeds",
    CORPORA / "firms" / "questions.jsonl": CORPORA / "firms" / "seeds",
    CORPORA / "threads" / "questions.jsonl": CORPORA / "threads" / "seeds",
    CORPORA / "readings" / "questions.jsonl": CORPORA / "readings" / "seeds",
}


@dataclass(frozen=True)
class Asked:
    """What the pipeline found for one question."""

    own: bool  # of our own sets
    answerable: bool
    features: NDArray[np.float64]  # (spans, features)
    right: NDArray[np.float64]  # (spans,)


def main() -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the SQuAD files")
    parser.add_argument("--keep", type=Path, help="keep the features here (.npz), or fit again on what is there")
    parser.add_argument("--dry-run", action="store_true", help="print the fit and write nothing")
    arguments = parser.parse_args()
    asked = remembered(arguments.keep, arguments.data / DATA_NAME)
    weights, intercept = fit(asked)
    stored = {
        "intercept": round(intercept, 4),
        "weights": dict(zip((f.name for f in fields(Features)), np.round(weights, 4).tolist(), strict=True)),
        "threshold": 0.0,
        "given": given(arguments.data / DATA_NAME),
        "fitted_on": {
            "reader_sha256": model_sha256("reader.onnx"),
            "encoder_sha256": model_sha256("encoder.onnx"),
            "squad_sha256": sha256_of(arguments.data / DATA_NAME),
            "squad_articles": list(ARTICLES),
            "own_sets": [f"{file.relative_to(TOP).as_posix()}, tune" for file in OWN_SETS],
        },
    }
    own, squad = ([one for one in asked if one.own is wanted] for wanted in (True, False))
    stored["threshold"] = round(threshold_for(own, weights, intercept), 4)
    for name, part in (("own", own), ("squad", squad)):
        stored["fitted_on"][name] = summary(part, weights, intercept, stored["threshold"])
    print(json.dumps(stored, indent=2))
    if not arguments.dry_run:
        write(json.dumps(stored, indent=2) + "\n")


def given(data: Path) -> dict[str, float]:
    """With the right passage in hand: what is seen at both looks -> probability, and where F1 is best; on all ARTICLES.

    Fitted on the span that would be shown, as above.
    """
    golds = list(gold_questions(data, keep=ARTICLES.__contains__))
    seen = read_twice(OnnxReader.load(threads=1), golds)
    weights = np.array([1.0, 0.0])
    for _ in range(ROUNDS):
        chosen = [max(spans, key=lambda one: weights @ (one.margin, one.again)) for spans in seen]
        x = np.array([(one.margin, one.again) for one in chosen])
        rights = [scored(one.span.of(g.passage), g.answers)[1] >= HALF for g, one in zip(golds, chosen, strict=True)]
        weights, intercept = logistic_regression(x, np.array(rights, dtype=np.float64), np.ones(len(x)))
    margin, again, intercept = (round(float(value), 4) for value in (*weights, intercept))
    logit = best_threshold(weighed(golds, seen, (margin, again)))
    threshold = 1 / (1 + np.exp(-(intercept + logit)))
    return asdict(GivenCalibration(margin, again, intercept, round(float(threshold), 4)))


def remembered(file: Path | None, data: Path) -> list[Asked]:
    """What was collected earlier, if ``file`` holds it; else collected now, and kept there if it is named.

    Raises:
        ValueError: if it was collected with other models, SQuAD data or names of features. Other question sets of our
            own, or another way to count a feature, are not noticed.
    """
    names = [field.name for field in fields(Features)]
    collected_with = [model_sha256("reader.onnx"), model_sha256("encoder.onnx"), sha256_of(data), *names]
    if file is not None and file.exists():
        stored = np.load(file)
        if "collected_with" not in stored or stored["collected_with"].tolist() != collected_with:
            raise ValueError(f"{file} was collected with other models, data or features: delete it")
        cuts = np.cumsum(stored["lengths"])[:-1]
        columns = (
            stored["own"],
            stored["answerable"],
            np.split(stored["features"], cuts),
            np.split(stored["right"], cuts),
        )
        return [Asked(bool(own), bool(able), x, y) for own, able, x, y in zip(*columns, strict=True)]
    asked = [one for one in [*squad_questions(data), *own_questions()] if len(one.right)]
    if file is not None:
        np.savez(
            file,
            collected_with=collected_with,
            own=[one.own for one in asked],
            answerable=[one.answerable for one in asked],
            lengths=[len(one.right) for one in asked],
            features=np.concatenate([one.features for one in asked]),
            right=np.concatenate([one.right for one in asked]),
        )
    return asked


def squad_questions(data: Path) -> Iterator[Asked]:
    """SQuAD's questions, asked in corpora of two articles."""
    articles = [a for a in json.loads(gzip.decompress(data.read_bytes()))["data"] if a["title"] in ARTICLES]
    documents = [as_document(article) for article in articles]
    for half in (0, 1):
        here, elsewhere = documents[half::2], documents[1 - half :: 2]
        own = spaced([question for _, _, questions in here for question in questions], QUESTIONS // 2)
        foreign = [(text, []) for _, _, questions in elsewhere for text, gold in questions if gold]
        questions = own + spaced(foreign, len(own) // 2)
        with tempfile.TemporaryDirectory() as folder:
            seeds = Path(folder) / "seeds"
            seeds.mkdir()
            for name, text, _ in here:
                (seeds / name).write_bytes(text.encode("utf-8"))
            yield from ask_all(Path(folder), questions, own=False)


def own_questions() -> Iterator[Asked]:
    """The tunable halves of our own sets, each asked in its own corpus."""
    for file, seeds in OWN_SETS.items():
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        text_of = texts_under(seeds)
        questions = [(row["question"], gold_spans(row, text_of)) for row in rows if row["part"] == "tune"]
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "seeds").symlink_to(seeds)
            yield from ask_all(Path(folder), questions, own=True)


def as_document(article: dict) -> tuple[str, str, list[tuple[str, Gold]]]:
    """File name, text and questions with their gold, for one SQuAD article."""
    name, text, questions = article["title"].replace(",", "") + ".txt", "", []
    for paragraph in article["paragraphs"]:
        for qa in paragraph["qas"]:
            golds = [] if qa.get("is_impossible") else qa["answers"]
            starts = [(len(text) + gold["answer_start"], len(gold["text"])) for gold in golds]
            questions.append((qa["question"], [(name, Span(start, start + length)) for start, length in starts]))
        text += paragraph["context"] + "\n\n"
    return name, text, questions


def spaced(questions: list[tuple[str, Gold]], count: int) -> list[tuple[str, Gold]]:
    """About ``count`` of them, evenly spaced; every second one as people type."""
    kept = questions[:: max(1, len(questions) // count)]
    return [(text.lower().rstrip("?") if i % 2 else text, gold) for i, (text, gold) in enumerate(kept)]


def ask_all(root: Path, questions: list[tuple[str, Gold]], *, own: bool) -> Iterator[Asked]:
    """What is found for each question in the corpus under ``root``."""
    engine = Engine.open(Config.load(root, environ={}))
    answerer = engine._service.current.answerers.of(Filters())  # noqa: SLF001 - looks between the steps on purpose
    for number, (text, gold) in enumerate(questions):
        found = [one for read in answerer.study(text) for one in read.found]
        features = np.array([astuple(one.features) for one in found])
        right = np.array([is_right(answerer, one, gold) for one in found], dtype=np.float64)
        yield Asked(own, bool(gold), features, right)
        print(f"\r{number + 1}/{len(questions)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    engine.close()


def is_right(answerer: Answerer, found: Found, gold: Gold) -> bool:
    """Whether the span overlaps a gold span that its whole sentences contain."""
    sentences = answerer._generation.sentences(found.document_id)  # noqa: SLF001
    first, last = sentences_around(sentences, found.span)
    quote = Span(sentences[first].start, sentences[last].end)
    return any(found.document_id == name and found.span.overlaps(span) and quote.contains(span) for name, span in gold)


def fit(asked: list[Asked]) -> tuple[NDArray[np.float64], float]:
    """Weights (features,) and intercept in the units of the features."""
    weights, intercept = np.eye(len(fields(Features)))[0], 0.0
    own = np.array([one.own for one in asked])
    sample_weights = np.where(own, 0.5 / max(own.sum(), 1), 0.5 / max((~own).sum(), 1)) * len(asked)
    for _ in range(ROUNDS):
        chosen = [int(np.argmax(one.features @ weights)) for one in asked]
        x = np.array([one.features[i] for one, i in zip(asked, chosen, strict=True)])
        y = np.array([one.right[i] for one, i in zip(asked, chosen, strict=True)])
        weights, intercept = logistic_regression(x, y, sample_weights)
    return weights, intercept


def logistic_regression(
    x: NDArray[np.float64], y: NDArray[np.float64], sample_weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Newton's method on standardised features of shape (n, features), penalised by L2; deterministic."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    design = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    penalty = np.diag([L2 * len(x)] * x.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (sample_weights * (p - y)) + penalty @ beta
        hessian = (design * (sample_weights * p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = beta[:-1] / scale
    return weights, float(beta[-1] - weights @ mean)


def shown(
    asked: list[Asked], weights: NDArray[np.float64], intercept: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probability of the best span of each question (n,), and whether it is right (n,)."""
    calibration = Calibration(intercept, Features(*weights), 0.5)
    probabilities, rights = [], []
    for one in asked:
        p = [calibration.probability(Features(*row)) for row in one.features]
        probabilities.append(max(p))
        rights.append(one.right[int(np.argmax(p))])
    return np.array(probabilities), np.array(rights)


def threshold_for(asked: list[Asked], weights: NDArray[np.float64], intercept: float) -> float:
    """The lowest probability at which the share REFUSED of the unanswerable questions is refused."""
    unanswerable = [one for one in asked if not one.answerable]
    probabilities, _ = shown(unanswerable, weights, intercept)
    return float(np.quantile(probabilities, REFUSED, method="higher"))


def summary(
    asked: list[Asked], weights: NDArray[np.float64], intercept: float, threshold: float
) -> dict[str, int | float]:
    """Counts at the threshold, and the mean negative log likelihood in nats."""
    probabilities, right = shown(asked, weights, intercept)
    answered = probabilities >= threshold
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return {
        "questions": len(asked),
        "answerable": sum(one.answerable for one in asked),
        "answered": int(answered.sum()),
        "answered_rightly": int(right[answered].sum()),
        "log_loss": round(float(-np.mean(right * np.log(p) + (1 - right) * np.log(1 - p))), 4),
    }


def write(content: str) -> None:
    """Store the fit and its sum."""
    (MODELS_DIR / CALIBRATION_NAME).write_text(content, encoding="utf-8")
    sums = MODELS_DIR / "SHA256SUMS"
    lines = [line for line in sums.read_text(encoding="ascii").splitlines() if not line.endswith(CALIBRATION_NAME)]
    digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
    sums.write_text("\n".join(sorted([*lines, f"{digest}  {CALIBRATION_NAME}"], key=lambda s: s[66:])) + "\n")


if __name__ == "__main__":
    main()
