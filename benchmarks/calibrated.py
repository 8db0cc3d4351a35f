"""What `qabot calibrate` does on a set that is unlike the training data: calibration error, and whether promises hold.

    python benchmarks/calibrated.py FILE [--titles Wikinews] [--questions 2400] [--labels 400] [--keep FILE.npz]

FILE is in SQuAD format, packed with gzip or not. 400 of its passages are drawn; three quarters of them are the corpus,
each a document, and a third of the questions are about the others, so that nothing answers them. Each question is asked
once, through the whole pipeline, of an engine that refuses nothing. Then, 40 times: that many labelled questions are
drawn, everything is fitted to them as `qabot calibrate` does, and the rest is the test.

A finite sample of a forecaster that is right about itself has a calibration error too: the last line says how large.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random

import numpy as np

from qabot.calibrating.fitting import fitted, log_loss, stated
from qabot.calibrating.observing import Observations, observe
from qabot.calibrating.risk import ALPHA, laxest, sequence
from qabot.calibration import AS_SHIPPED, Calibration
from qabot.config import Config
from qabot.engine import Engine
from qabot.evaluation.asking import refusing_nothing
from qabot.evaluation.datasets import Question
from qabot.evaluation.files import squad_dataset, text_of
from qabot.evaluation.metrics import expected_calibration_error

PASSAGES, HIDDEN = 400, 100
SPLITS = 40
SEED = 5


def main() -> None:
    """Observe, or read what was observed; then fit and test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--titles", default="", help="only articles with these letters in their title")
    parser.add_argument("--questions", type=int, default=2_400)
    parser.add_argument("--labels", type=int, default=400)
    parser.add_argument("--keep", type=Path, help="keep what was observed here (.npz), or use what is there")
    arguments = parser.parse_args()
    observed = remembered(arguments)
    print(f"{arguments.file.name} {arguments.titles}: {len(observed.right)} questions, ", end="")
    print(f"{observed.answerable.sum()} answerable; {observed.weighed.sum()} answers, {observed.right.sum()} right")
    report(observed, arguments.labels)


def remembered(arguments: argparse.Namespace) -> Observations:
    """What was observed earlier, if the file holds it; else observed now, and kept there if it is named."""
    keep: Path | None = arguments.keep
    if keep is not None and keep.exists():
        stored = np.load(keep)
        return Observations(stored["probability"], stored["right"], stored["answerable"])
    observed = observations(arguments.file, arguments.titles, arguments.questions)
    if keep is not None:
        np.savez(keep, **vars(observed))
    return observed


def observations(file: Path, titles: str, count: int) -> Observations:
    """Every question asked once."""
    dataset, random = squad_dataset(file.name, text_of(file.name, file.read_bytes())), Random(SEED)  # noqa: S311 - no secret
    wanted = [question for question in dataset.questions if titles in (question.article or "")]
    sources = sorted({str(question.source) for question in wanted})
    random.shuffle(sources)
    hidden, shown = set(sources[:HIDDEN]), set(sources[HIDDEN:PASSAGES])
    random.shuffle(wanted)
    foreign = [Question(one.text, (), one.place) for one in wanted if one.source in hidden][: count // 3]
    own = [Question(one.text, one.golds, one.place, source=one.source) for one in wanted if one.source in shown]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        for source in shown:
            (Path(folder) / "seeds" / source).write_text(dataset.passages[source], encoding="utf-8")
        engine = Engine.open(refusing_nothing(Config.load(Path(folder), environ={})))
        observed = Observations.of(observe(engine, one) for one in [*own[: count - count // 3], *foreign])
        engine.close()
    return observed


def report(observed: Observations, labels: int) -> None:
    """Means over the splits."""
    random, rows = np.random.default_rng(SEED), []
    shipped = Calibration.load().threshold
    for _ in range(SPLITS):
        drawn = random.permutation(len(observed.right))
        rows.append(one_split(observed, drawn[:labels], drawn[labels:], shipped))
    names = ("calibration error", "log loss", "precision", "coverage", "calibration error of a true forecaster")
    before, after = (np.array([row[at] for row in rows]) for at in (0, 1))
    for name, first, second in zip(names, before.mean(axis=0), after.mean(axis=0), strict=True):
        print(f"{name:<40} before {first:.3f}  after {second:.3f}")
    promised = [row[2] for row in rows if row[2] is not None]
    print(
        f"a threshold was promised in {len(promised)} of {SPLITS} splits; its risk was above {ALPHA} on the rest of the"
    )
    print(
        f"questions in {sum(risk > ALPHA for risk in promised)}; splits overlap and the rest is small: an illustration"
    )


def one_split(
    observed: Observations, labelled: np.ndarray, rest: np.ndarray, shipped: float
) -> tuple[list[float], list[float], float | None]:
    """Figures of the rest before and after, and the risk there of the promised threshold, if there is one."""
    of = labelled[observed.weighed[labelled]]
    curve = fitted(observed.probability[of], observed.right[of])
    promise = laxest(sequence(observed.probability[labelled], ~observed.right[labelled]))
    threshold = shipped if promise is None else promise.threshold
    wrong = ~observed.right[rest][observed.probability[rest] >= threshold]
    risk = float(wrong.mean()) if promise is not None and len(wrong) else None
    return figures(observed, rest, AS_SHIPPED, shipped), figures(observed, rest, curve, threshold), risk


def figures(observed: Observations, rest: np.ndarray, curve: object, threshold: float) -> list[float]:
    """What ``report`` names, of the rest of the questions."""
    of = rest[observed.weighed[rest]]
    said, right = stated(curve, observed.probability[of]), observed.right[of]
    true = np.random.default_rng(SEED).random(len(said)) < said
    shown = observed.right[rest][observed.probability[rest] >= threshold]
    return [
        expected_calibration_error(said, right) or 0.0,
        log_loss(said, right) or 0.0,
        float(shown.mean()) if len(shown) else float("nan"),
        float(shown.sum() / observed.answerable[rest].sum()),
        expected_calibration_error(said, true) or 0.0,
    ]


if __name__ == "__main__":
    main()
