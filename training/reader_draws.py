"""What a leg draws: its knobs, and the windows that they give, refill by refill, the same ones each time.

Knows the mix and how its examples become windows; knows nothing of models.
"""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from reader_authored import FOLDER
from reader_data import Mix
from reader_windows import Encoded, encoded
from tokenizers import Tokenizer


@dataclass(frozen=True)
class Knobs:
    """All settings of a leg; they are saved beside the weights."""

    seed: int = 20261214
    batch_tokens: int = 2048
    parts_of_batch: int = 4
    refill_examples: int = 512
    peak_lr: float = 1e-4
    warm_share: float = 0.04
    weight_decay: float = 0.01
    clip: float = 1.0
    mean_from: float = 0.5  # of the leg: from here on the mean of its weights is taken, too
    mean_every: int = 16  # steps from one taking to the next
    frozen_layers: int = 0  # from the bottom, and the embeddings and MPNet's table of distances; -1 for none
    dropout: float = 0.0  # about one pass over the data, so little to over-fit; it costs a tenth of the time
    careless_share: float = 0.25
    other_passage_share: float = 0.2  # of the questions about passages of our own: put to one that does not answer them
    wrong_window_share: float = (
        0.15  # of long passages: a window that lacks the answer, so a null score means something
    )
    taught_share: float = 0.5  # of a window's loss: the teacher's view, where there is one
    weights: dict[str, float] = field(
        default_factory=lambda: {
            "squad1/plain": 0.22,
            "squad1/near": 0.02,
            "squad1/removed": 0.01,
            "squad1/listed": 0.03,
            "squad2/real": 0.04,
            "qed/plain": 0.03,
            "qed/removed": 0.01,
            "qamr/plain": 0.01,
            "made/community": 0.01,
            "written/community": 0.01,
            "hard/community": 0.02,
            "hard/squad1": 0.03,
            "eighth/community": 0.02,
            "eighth/squad1": 0.04,
            "ninth/community": 0.02,
            "ninth/squad1": 0.05,
            "tenth/community": 0.03,
            "tenth/squad1": 0.06,
            "eleventh/community": 0.06,
            "eleventh/squad1": 0.06,
            "thirteenth/community": 0.05,
            "thirteenth/squad1": 0.03,
            "fourteenth/community": 0.02,
            "fourteenth/squad1": 0.09,
            "world/community": 0.11,
            "world/unanswered": 0.05,
            "retrieved/squad1": 0.06,
            "tempting/squad": 0.05,
            "guessed/community": 0.05,
            "guessed/squad1": 0.06,
            "choice/community": 0.09,
            "choice/squad": 0.08,
        }
    )


def teachers_knobs() -> Knobs:
    """For the larger model: a smaller rate, more of SQuAD 2.0, fewer of most questions that take three windows."""
    knobs = Knobs()
    other = {"squad2/real": 0.05, "world/community": 0.11, "world/unanswered": 0.03, "retrieved/squad1": 0.06}
    return replace(
        knobs,
        batch_tokens=3072,
        parts_of_batch=2,
        peak_lr=5e-5,
        warm_share=0.06,
        frozen_layers=4,
        weights=knobs.weights | other,
    )


class Draws:
    """The windows of a leg, `Knobs.refill_examples` questions at a time."""

    def __init__(self, data: Path, tokenizer: Tokenizer, knobs: Knobs) -> None:
        self._tokenizer, self._knobs = tokenizer, knobs
        self.mix = Mix(
            data,
            weights=knobs.weights,
            careless_share=knobs.careless_share,
            other_passage_share=knobs.other_passage_share,
            seed=knobs.seed,
        )

    def refill(self, number: int) -> list[Encoded]:
        """The questions of the refill with this number, if those before it were drawn since the last beginning."""
        if number == 0:
            self.mix.cursors = dict.fromkeys(self.mix.cursors, 0)
        rng = Random(f"{self._knobs.seed} windows {number}")  # noqa: S311 - no secret
        drawn = self.mix.draw(self._knobs.refill_examples, refill=number)
        share = self._knobs.wrong_window_share
        made = (encoded(self._tokenizer, example, rng, wrong_window_share=share) for example in drawn)
        return [example for example in made if example]


def settings_of(knobs: Knobs) -> dict[str, object]:
    """All that the windows depend on, but for the data files: what is written beside a label."""
    questions = b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*.jsonl")))
    names = ("seed", "refill_examples", "careless_share", "other_passage_share", "wrong_window_share", "weights")
    return {name: getattr(knobs, name) for name in names} | {"questions": hashlib.sha256(questions).hexdigest()}
