"""Fit qabot/models/calibration.json: from a span's features to the probability that it is the right answer.

    python training/fit_calibration.py --data ../shared/data

Asks the questions of four SQuAD 2.0 articles that no reader was trained on, open domain (two articles are one corpus,
the passages are those that the retriever finds), through the whole pipeline. Three kinds in about equal numbers:
answerable ones, SQuAD's near misses, and questions about the other two articles, which nothing in the corpus answers.
Every second one is typed as people type: lower case, no question mark. A span is right if it overlaps a
gold span and the sentences around it contain one; for an unanswerable question nothing is right. Fitted on the span
that would be shown, since that is the one whose probability is stated: fit, choose the best span by the fit, fit again.
The threshold is the lowest at which, on the same questions, at most one answer in ten is wrong.

Data: SQuAD 2.0 dev (Rajpurkar et al. 2018), CC BY-SA 4.0. Run it after each exchange of the reader.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import astuple, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qabot.answerer import Answerer, Request
from qabot.calibration import CALIBRATION_NAME, Calibration, Features
from qabot.config import Config
from qabot.datatypes import Filters, Span
from qabot.engine import Engine
from qabot.quotes import sentences_around
from qabot.selection import Found
from qabot.weights import MODELS_DIR, model_sha256

ARTICLES = ("Ctenophora", "Force", "Fresno,_California", "Imperialism")
QUESTIONS = 900  # of the corpus's own articles, evenly spaced; half as many about the other ones come on top
ROUNDS = 4
L2 = 1e-3  # of the standardised weights
MAX_RISK = 0.10
DATA_NAME = "squad-dev-v2.0-21-articles.json.gz"

Asked = tuple[str, str, list[Span]]  # question, file name, gold spans (none: unanswerable)
Labelled = list[tuple[NDArray[np.float64], NDArray[np.float64]]]  # per question: features (spans, 6), right (spans,)


def main() -> None:
    """Collect, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the SQuAD files")
    parser.add_argument("--features", type=Path, help="keep what was collected here, or fit again what is there")
    parser.add_argument("--dry-run", action="store_true", help="print the fit and write nothing")
    arguments = parser.parse_args()
    raw = (arguments.data / DATA_NAME).read_bytes()
    articles = [a for a in json.loads(gzip.decompress(raw))["data"] if a["title"] in ARTICLES]
    collected, answerable = remembered(arguments.features, lambda: collect(articles))
    weights, intercept = fit(collected)
    probabilities, right = shown(collected, weights, intercept)
    threshold = risk_threshold(probabilities, right)
    answered = probabilities >= threshold
    stored = {
        "intercept": round(intercept, 4),
        "weights": dict(zip((f.name for f in fields(Features)), np.round(weights, 4).tolist(), strict=True)),
        "threshold": round(float(threshold), 4),
        "fitted_on": {
            "data": f"SQuAD 2.0 dev, articles {', '.join(ARTICLES)}, open domain",
            "data_sha256": hashlib.sha256(raw).hexdigest(),
            "reader_sha256": model_sha256("reader.onnx"),
            "encoder_sha256": model_sha256("encoder.onnx"),
            "questions": len(collected),
            "answerable": int(answerable),
            "answered": int(answered.sum()),
            "answered_rightly": int(right[answered].sum()),
            "log_loss": round(log_loss(probabilities, right), 4),
        },
    }
    print(json.dumps(stored, indent=2))
    if not arguments.dry_run:
        write(json.dumps(stored, indent=2) + "\n")


def remembered(file: Path | None, collect_now: Callable[[], tuple[Labelled, int]]) -> tuple[Labelled, int]:
    """What was collected earlier, if ``file`` holds it; else collect now, and keep it there if it is named."""
    if file is not None and file.exists():
        stored = np.load(file)
        cuts = np.cumsum(stored["lengths"])[:-1]
        halves = zip(np.split(stored["features"], cuts), np.split(stored["right"], cuts), strict=True)
        return list(halves), int(stored["answerable"])
    collected, answerable = collect_now()
    if file is not None:
        features, right = (np.concatenate(column) for column in zip(*collected, strict=True))
        np.savez(file, features=features, right=right, lengths=[len(f) for f, _ in collected], answerable=answerable)
    return collected, answerable


def collect(articles: list[dict]) -> tuple[Labelled, int]:
    """Features and labels of the spans found for each question asked, and how many of them were answerable."""
    documents = [as_document(article) for article in articles]
    collected, answerable = [], 0
    for half in (0, 1):
        here, elsewhere = documents[half::2], documents[1 - half :: 2]
        own = spaced([(q, name, gold) for name, _, asked in here for q, gold in asked], QUESTIONS // 2)
        foreign = spaced([(q, name, []) for name, _, asked in elsewhere for q, gold in asked if gold], len(own) // 2)
        collected += ask_all({name: text for name, text, _ in here}, own + foreign)
        answerable += sum(bool(gold) for _, _, gold in own)
    return [one for one in collected if len(one[0])], answerable


def spaced(questions: list[Asked], count: int) -> list[Asked]:
    """About ``count`` of them, evenly spaced; every second one as people type: lower case, no question mark."""
    kept = questions[:: max(1, len(questions) // count)]
    return [(q.lower().rstrip("?") if i % 2 else q, name, gold) for i, (q, name, gold) in enumerate(kept)]


def ask_all(files: dict[str, str], questions: list[Asked]) -> Labelled:
    """Features and labels of the spans that are found for each question in a corpus of these files."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        for name, text in files.items():
            (Path(folder) / "seeds" / name).write_bytes(text.encode("utf-8"))
        engine = Engine.open(Config.load(Path(folder), environ={}))
        answerer = engine._serving.answerer  # noqa: SLF001 - looks between the steps on purpose
        collected = []
        for number, (question, name, gold) in enumerate(questions):
            collected.append(labelled(answerer, question, name, gold))
            print(f"\r{number + 1}/{len(questions)}", end="", file=sys.stderr, flush=True)
        engine.close()
    return collected


def as_document(article: dict) -> tuple[str, str, list[tuple[str, list[Span]]]]:
    """File name, text and questions with their gold spans, for one article."""
    text, questions = "", []
    for paragraph in article["paragraphs"]:
        for qa in paragraph["qas"]:
            golds = [] if qa.get("is_impossible") else qa["answers"]
            starts = [(len(text) + gold["answer_start"], len(gold["text"])) for gold in golds]
            questions.append((qa["question"], [Span(start, start + length) for start, length in starts]))
        text += paragraph["context"] + "\n\n"
    return article["title"].replace(",", "") + ".txt", text, questions


def labelled(answerer: Answerer, question: str, name: str, gold: list[Span]) -> tuple[np.ndarray, np.ndarray]:
    """Features (spans, 6) and whether each span is right (spans,)."""
    asked = answerer.understand(Request(question, Filters(), top=3, drop_stale=True))
    found = [one for read in answerer.read(asked, answerer.candidates(asked)) for one in read.found]
    right = [is_right(answerer, one, name, gold) for one in found]
    return np.array([astuple(one.features) for one in found]), np.array(right, dtype=np.float64)


def is_right(answerer: Answerer, found: Found, name: str, gold: list[Span]) -> bool:
    """Whether the span overlaps a gold span that its whole sentences contain."""
    if found.document_id != name:
        return False
    sentences = answerer._generation.sentences(name)  # noqa: SLF001
    first, last = sentences_around(sentences, found.span)
    quote = Span(sentences[first].start, sentences[last].end)
    return any(found.span.overlaps(span) and quote.contains(span) for span in gold)


def fit(collected: Labelled) -> tuple[np.ndarray, float]:
    """Weights (6,) and intercept in the units of the features."""
    weights, intercept = np.eye(len(fields(Features)))[0], 0.0
    for _ in range(ROUNDS):
        chosen = [int(np.argmax(features @ weights)) for features, _ in collected]
        x = np.array([features[i] for (features, _), i in zip(collected, chosen, strict=True)])
        y = np.array([right[i] for (_, right), i in zip(collected, chosen, strict=True)])
        weights, intercept = logistic_regression(x, y)
    return weights, intercept


def logistic_regression(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Newton's method on standardised features of shape (n, 6), penalised by L2; deterministic."""
    mean, scale = x.mean(axis=0), x.std(axis=0) + 1e-9
    design = np.hstack([(x - mean) / scale, np.ones((len(x), 1))])
    penalty = np.diag([L2 * len(x)] * x.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ beta))
        gradient = design.T @ (p - y) + penalty @ beta
        hessian = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = beta[:-1] / scale
    return weights, float(beta[-1] - weights @ mean)


def shown(collected: Labelled, weights: np.ndarray, intercept: float) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the best span of each question (n,), and whether it is right (n,)."""
    calibration = Calibration(intercept, Features(*weights), 0.5)
    probabilities, rights = [], []
    for features, right in collected:
        p = [calibration.probability(Features(*row)) for row in features]
        probabilities.append(max(p))
        rights.append(right[int(np.argmax(p))])
    return np.array(probabilities), np.array(rights)


def risk_threshold(probabilities: np.ndarray, right: np.ndarray) -> float:
    """The lowest threshold at which at most ``MAX_RISK`` of the answers given are wrong."""
    order = np.argsort(-probabilities)
    risk = np.cumsum(1 - right[order]) / np.arange(1, len(order) + 1)
    allowed = np.flatnonzero(risk <= MAX_RISK)
    return float(probabilities[order][allowed[-1]]) if len(allowed) else 1.0


def log_loss(probabilities: np.ndarray, right: np.ndarray) -> float:
    """Mean negative log likelihood, in nats."""
    p = np.clip(probabilities, 1e-9, 1 - 1e-9)
    return float(-np.mean(right * np.log(p) + (1 - right) * np.log(1 - p)))


def write(content: str) -> None:
    """Store the fit and its sum."""
    (MODELS_DIR / CALIBRATION_NAME).write_text(content, encoding="utf-8")
    sums = MODELS_DIR / "SHA256SUMS"
    lines = [line for line in sums.read_text(encoding="ascii").splitlines() if not line.endswith(CALIBRATION_NAME)]
    digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
    sums.write_text("\n".join(sorted([*lines, f"{digest}  {CALIBRATION_NAME}"], key=lambda s: s[66:])) + "\n")


if __name__ == "__main__":
    main()
