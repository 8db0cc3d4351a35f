"""What `qabot calibrate` does on sets that are unlike the training data: calibration error, and whether promises hold.

    python benchmarks/calibrated.py SET [SET ...] [--labels 400] [--keep FILE.npz]
    python benchmarks/calibrated.py benchmarks/kinds benchmarks/labelled

SET is a folder with seeds/ and questions.jsonl, or a SQuAD-format file, packed with gzip or not. Of such a file 400
passages are drawn (of the articles with --titles in their title); three quarters of them are the corpus, each a
document, and a third of the questions are about the others, so that nothing answers them. Each question is asked once,
through the whole pipeline, in its own set, of an engine that refuses nothing. Then, 40 times: that many labelled
questions are drawn from all, everything is fitted to them as `qabot calibrate` does, and the rest is the test. Last,
cross-fitted: each fifth of the questions with what was fitted to the other four, judged together.

A finite sample of a forecaster that is right about itself has a calibration error too: it stands beside.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path
from random import Random

import numpy as np

from qabot.calibrating.fitting import fitted, log_loss, stated
from qabot.calibrating.observing import Observations, observe
from qabot.calibrating.risk import ALPHA, Tested, least_unanswerable, most_right, sequence
from qabot.calibration import AS_SHIPPED, Calibration
from qabot.config import Config
from qabot.engine import Engine
from qabot.evaluation.asking import refusing_nothing
from qabot.evaluation.datasets import Question
from qabot.evaluation.files import jsonl_dataset, squad_dataset, text_of
from qabot.evaluation.metrics import expected_calibration_error

PASSAGES, HIDDEN = 400, 100
SPLITS = 40
SEED = 5


def main() -> None:
    """Observe, or read what was observed; then fit and test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--titles", default="", help="only articles with these letters in their title")
    parser.add_argument("--questions", type=int, default=2_400, help="of a SQuAD-format file")
    parser.add_argument("--labels", type=int, default=400)
    parser.add_argument("--keep", type=Path, help="keep what was observed here (.npz), or use what is there")
    arguments = parser.parse_args()
    observed = remembered(arguments)
    print(f"{' '.join(one.name for one in arguments.sets)}: {len(observed.right)} questions, ", end="")
    print(f"{observed.answerable.sum()} answerable; {observed.weighed.sum()} answers, {observed.right.sum()} right")
    report(observed, arguments.labels)
    report_cross_fitted(observed)


def remembered(arguments: argparse.Namespace) -> Observations:
    """What was observed earlier, if the file holds it; else observed now, and kept there if it is named."""
    keep: Path | None = arguments.keep
    if keep is not None and keep.exists():
        stored = np.load(keep)
        return Observations(stored["probability"], stored["right"], stored["answerable"])
    parts = [
        in_folder(one) if one.is_dir() else in_file(one, arguments.titles, arguments.questions)
        for one in arguments.sets
    ]
    observed = Observations(*(np.concatenate([vars(part)[name] for part in parts]) for name in vars(parts[0])))
    if keep is not None:
        np.savez(keep, **vars(observed))
    return observed


def in_folder(folder: Path) -> Observations:
    """Every question of a folder asked once in its own documents."""
    file = folder / "questions.jsonl"
    questions = jsonl_dataset(file.name, text_of(file.name, file.read_bytes())).questions
    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "seeds").symlink_to((folder / "seeds").resolve())
        return asked_in(Path(root), questions)


def asked_in(root: Path, questions: Iterable[Question]) -> Observations:
    """What an engine over ``root`` that refuses nothing says to each."""
    engine = Engine.open(refusing_nothing(Config.load(root, environ={})))
    observed = Observations.of(observe(engine, one) for one in questions)
    engine.close()
    return observed


def in_file(file: Path, titles: str, count: int) -> Observations:
    """Questions of a SQuAD-format file, each asked once."""
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
        return asked_in(Path(folder), [*own[: count - count // 3], *foreign])


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


def report_cross_fitted(observed: Observations) -> None:
    """Calibration error of all answers, each stated by a curve that was fitted to the other four fifths."""
    of = np.random.default_rng(SEED).permutation(np.flatnonzero(observed.weighed))
    fifths = np.array_split(of, 5)
    said, right = observed.probability[of].copy(), observed.right[of]
    at = 0
    for fifth in fifths:
        others = np.setdiff1d(of, fifth)
        curve = fitted(observed.probability[others], observed.right[others])
        said[at : at + len(fifth)] = stated(curve, observed.probability[fifth])
        at += len(fifth)
    errors = [error_with_interval(values, right) for values in (observed.probability[of], said)]
    chance = np.random.default_rng(SEED).random((200, len(of))) < said
    alone = np.mean([expected_calibration_error(said, true) or 0.0 for true in chance])
    print(f"cross-fitted, {len(of)} answers: calibration error before {errors[0]}, after {errors[1]}; a true ", end="")
    print(f"forecaster {alone:.3f}")


def error_with_interval(said: np.ndarray, right: np.ndarray) -> str:
    """The calibration error and its bootstrap interval over questions, which lies too high by what chance adds."""
    random = np.random.default_rng(SEED)
    drawn = random.integers(0, len(said), (1_000, len(said)))
    low, high = np.percentile(
        [expected_calibration_error(said[rows], right[rows]) or 0.0 for rows in drawn], [2.5, 97.5]
    )
    return f"{expected_calibration_error(said, right) or 0.0:.3f} [{low:.3f}, {high:.3f}]"


def one_split(
    observed: Observations, labelled: np.ndarray, rest: np.ndarray, shipped: float
) -> tuple[list[float], list[float], float | None]:
    """Figures of the rest before and after, and the risk there of the promised threshold, if there is one."""
    of = labelled[observed.weighed[labelled]]
    curve = fitted(observed.probability[of], observed.right[of])
    promise = promised(Observations(*(column[labelled] for column in vars(observed).values())), shipped)
    threshold = shipped if promise is None else promise.threshold
    wrong = ~observed.right[rest][observed.probability[rest] >= threshold]
    risk = float(wrong.mean()) if promise is not None and len(wrong) else None
    return figures(observed, rest, AS_SHIPPED, shipped), figures(observed, rest, curve, threshold), risk


def promised(labelled: Observations, shipped: float) -> Tested | None:
    """The threshold that `qabot calibrate` would promise for these questions."""
    if (~labelled.answerable).sum() < least_unanswerable(len(labelled.right)):
        return None
    tested = sequence(labelled.probability, ~labelled.right, shipped=shipped)
    return most_right(tested, **vars(labelled), shipped=shipped)


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
