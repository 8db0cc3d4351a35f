"""What the reader's recipe minimises: each passage by itself, and the passages of one question against each other."""

from importlib import import_module
from math import exp, log
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch

from qabot.weights import load_tokenizer

TRAINING = Path(__file__).parent.parent / "training"


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """training/train_reader.py."""
    monkeypatch.syspath_prepend(str(TRAINING))
    return import_module("train_reader")


def model_of(starts: list[list[float]]) -> Any:
    """A model that gives these start logits, and the same logit for every end."""

    def run(**inputs: torch.Tensor) -> SimpleNamespace:
        assert inputs["input_ids"].shape == (len(starts), len(starts[0]))
        return SimpleNamespace(start_logits=torch.tensor(starts), end_logits=torch.zeros((len(starts), len(starts[0]))))

    return run


def test_a_passage_by_itself(recipe: ModuleType) -> None:
    """[CLS] and the passage's tokens share the probability; the question's tokens and [SEP] have none."""
    window = import_module("reader_windows").Encoded(ids=[1, 5, 2, 7, 8, 2], passage_at=3, start=4, end=4)
    loss = recipe.loss_of(model_of([[0.5, 9.0, 9.0, 1.0, 2.0, 9.0]]), [window], "cpu")
    first = log(exp(0.5) + exp(1) + exp(2)) - 2
    assert float(loss) == pytest.approx((first + log(3)) / 2)


def test_passages_of_one_question_compete(recipe: ModuleType) -> None:
    """Beside each passage's own loss: each logit counted from its own [CLS], one "no answer" for all of them."""
    encoded = import_module("reader_windows").Encoded
    other = encoded(ids=[1, 5, 2, 7, 8, 2], passage_at=3, start=0, end=0)
    example = encoded(ids=[1, 5, 2, 7, 8, 2], passage_at=3, start=4, end=4, others=(other,))
    starts = [[0.5, 9.0, 9.0, 1.0, 2.0, 9.0], [-1.0, 9.0, 9.0, 3.0, 0.0, 9.0]]
    loss = recipe.loss_of(model_of(starts), [example], "cpu")
    own = log(exp(0.5) + exp(1) + exp(2)) - 2
    theirs = log(exp(-1) + exp(3) + exp(0)) + 1
    together = log(1 + exp(0.5) + exp(1.5) + exp(4) + exp(1)) - 1.5
    ends = log(3) + log(3) + log(5)
    assert float(loss) == pytest.approx((own + theirs + together + ends) / 2, rel=1e-5)


def test_a_question_keeps_its_competitors(recipe: ModuleType) -> None:
    """Tokenised, every competing passage is a window without answer, and a batch counts it."""
    del recipe  # it finds the modules
    example = import_module("reader_data").Example(
        "Who left?", "Ada left.", 0, 3, "", "", others=("Bo came.", "Cy sat.")
    )
    windows = import_module("reader_windows")
    rng = Random(0)  # noqa: S311 - no secret
    found = windows.encoded(load_tokenizer(), example, rng, wrong_window_share=1)
    assert found.start == found.end == found.passage_at
    assert [(other.start, other.end) for other in found.others] == [(0, 0), (0, 0)]
    room = 3 * found.width
    assert [len(batch) for batch in windows.batches([found] * 5, rng, batch_tokens=2 * room)] == [2, 2]
