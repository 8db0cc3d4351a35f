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


def window(length: int, passage_at: int, start: int = 0, end: int = 0, others: tuple[Any, ...] = ()) -> Any:
    """A window of `length` tokens that are not padding."""
    return import_module("reader_windows").Encoded(list(range(100, 100 + length)), passage_at, start, end, others)


class Scored:
    """A model whose logits for these windows are drawn once; it checks what it is given."""

    def __init__(self, windows: list[Any]) -> None:
        """Logits for each window and each token, also for padding."""
        self.windows, width = windows, max(len(one.ids) for one in windows)
        generator = torch.Generator().manual_seed(len(windows))
        self.starts = 3 * torch.randn((len(windows), width), generator=generator)
        self.ends = 3 * torch.randn((len(windows), width), generator=generator)

    def __call__(
        self, *, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> SimpleNamespace:
        """The logits, if the windows come in their order, padded with zeros."""
        for row, one in enumerate(self.windows):
            rest = [0] * (self.starts.shape[1] - len(one.ids))
            assert input_ids[row].tolist() == one.ids + rest
            assert attention_mask[row].tolist() == [1] * len(one.ids) + rest
            assert token_type_ids[row].tolist() == [0] * one.passage_at + [1] * (len(one.ids) - one.passage_at) + rest
        return SimpleNamespace(start_logits=self.starts, end_logits=self.ends)


def cross_entropy(logits: list[float], gold: float) -> float:
    """-log of the gold one's share."""
    return log(sum(exp(logit) for logit in logits)) - gold


def by_hand(example: Any, logits: list[list[float]], golds: list[int]) -> float:
    """The loss of one question for its starts (or ends), a window a row, the own one first."""
    own, *others = (
        [row[0], *row[one.passage_at : len(one.ids) - 1]] for one, row in zip(example.windows, logits, strict=True)
    )
    loss = cross_entropy(own, logits[0][golds[0]])
    if not others:
        return loss
    loss += sum(cross_entropy(row, row[0]) for row in others) / len(others)
    over_all = [0.0, *(logit - row[0] for row in (own, *others) for logit in row[1:])]
    return loss + cross_entropy(over_all, logits[0][golds[0]] - own[0])


@pytest.mark.parametrize(
    "competing",
    [(0,), (1,), (2,), (2, 0, 1), (0, 2, 2, 0)],
    ids=["by itself", "one other", "two others", "a mixed batch", "a longer one"],
)
@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_loss_is_what_its_docstring_says(recipe: ModuleType, competing: tuple[int, ...], first: int) -> None:
    """Windows of other lengths than their neighbours', answers of two and three tokens and none, in turn."""
    lengths = iter((11, 17, 8, 14, 9, 12, 16, 10))
    golds = ((5, 6), (0, 0), (4, 6))
    batch = [
        window(next(lengths), 4, *golds[(first + at) % 3], tuple(window(next(lengths), 3) for _ in range(others)))
        for at, others in enumerate(competing)
    ]
    windows = [one for example in batch for one in example.windows]
    model, row, expected = Scored(windows), 0, 0.0
    for example in batch:
        rows = slice(row, row + len(example.windows))
        expected += by_hand(example, model.starts[rows].tolist(), [example.start])
        expected += by_hand(example, model.ends[rows].tolist(), [example.end])
        row = rows.stop
    assert float(recipe.loss_of(model, batch, "cpu")) == pytest.approx(expected / 2, rel=1e-5)


@pytest.mark.usefixtures("recipe")
def test_beside_competitors_the_window_holds_the_answer() -> None:
    """Of a long passage that is read in several windows, whatever the share of wrong ones."""
    filler = "The choir sang on and nobody counted the hours. " * 40
    passage = filler + "Ada left. " + filler
    at = passage.index("Ada")
    windows = import_module("reader_windows")
    example = import_module("reader_data").Example(
        "Who left?", passage, at, at + 3, "", "", others=("Bo came.", filler)
    )
    tokenizer = load_tokenizer()
    answer = tokenizer.encode("Ada", add_special_tokens=False).ids
    for seed in range(5):
        rng = Random(seed)  # noqa: S311 - no secret
        found = windows.encoded(tokenizer, example, rng, wrong_window_share=1)
        assert found.ids[found.start : found.end + 1] == answer
        assert [(other.start, other.end) for other in found.others] == [(0, 0), (0, 0)]


@pytest.mark.usefixtures("recipe")
def test_a_question_without_answer_is_put_to_the_nearest_windows() -> None:
    """Of its own long passage as of the competing one, none with a gold position."""
    filler = "The choir sang on and nobody counted the hours. " * 40
    windows = import_module("reader_windows")
    question = "Who left Ada early?"
    example = import_module("reader_data").Example(
        question, f"{filler}Ada stayed early.{filler}", 0, 0, "", "", others=(f"{filler}Bo left Ada.",)
    )
    tokenizer = load_tokenizer()
    ada = tokenizer.encode("Ada", add_special_tokens=False).ids[0]
    for seed in range(5):
        rng = Random(seed)  # noqa: S311 - no secret
        found = windows.encoded(tokenizer, example, rng, wrong_window_share=0).windows
        assert [(one.start, one.end, ada in one.ids[one.passage_at :]) for one in found] == [(0, 0, True)] * 2


@pytest.mark.usefixtures("recipe")
def test_a_passage_of_our_own_has_one_title_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its competitors have one at most, too; another number would tell which is the one asked about."""
    data = import_module("reader_data")
    mix = data.Mix.__new__(data.Mix)
    mix._worlds, mix._careless_share = {"world/unanswered": []}, 0.0
    monkeypatch.setattr(data, "context_line", lambda *_: "Twice\n")
    for kind in ("world/unanswered", "tenth/community", "choice/squad"):
        example = data.Example("Who left?", "Rules\nAda stayed.", 0, 0, "Rules", kind)
        assert {mix._dressed(example, Random(seed)).passage for seed in range(20)} == {example.passage}  # noqa: S311


@pytest.mark.usefixtures("recipe")
def test_a_batch_counts_the_windows_of_its_questions() -> None:
    """No more tokens than asked for, padding and competitors included."""
    windows = import_module("reader_windows")
    questions = [window(9, 4, 5, 6, (window(20, 3), window(12, 3))) for _ in range(5)]
    rng = Random(0)  # noqa: S311 - no secret
    made = windows.batches(questions, rng, batch_tokens=2 * 3 * 20)
    assert [len(batch) for batch in made] == [2, 2]


@pytest.mark.usefixtures("recipe")
def test_the_parts_of_a_batch_take_as_long() -> None:
    """Every question is in one of them, and none has more than a question's windows more than another."""
    windows = import_module("reader_windows")
    batch = [window(9 + at, 4, 0, 0, (window(9, 3),) * (at % 3)) for at in range(11)]
    made = windows.parts(batch, 4)
    assert sorted(map(id, batch)) == sorted(id(one) for part in made for one in part)
    sizes = [sum(len(one.windows) for one in part) for part in made]
    assert max(sizes) - min(sizes) <= 2
    assert windows.parts(batch[:2], 4) == [[batch[1]], [batch[0]]]


def leg_of(recipe: ModuleType, run: Path) -> Any:
    """A leg of a tiny model, as far as its mean and its state go."""
    leg = recipe.Leg.__new__(recipe.Leg)
    leg.model, leg.args, leg.device = torch.nn.Linear(2, 1), SimpleNamespace(run=run), "cpu"
    leg.optimiser = torch.optim.AdamW(leg.model.parameters())
    leg.draws = SimpleNamespace(mix=SimpleNamespace(cursors={"kind": 3}))
    leg.mean, leg.meant, leg.trained_s, leg.steps, leg.refills, leg.tokens = {}, 0, 60.0, 5, 2, 99
    return leg


def test_the_mean_of_the_weights_along_a_leg(recipe: ModuleType, tmp_path: Path) -> None:
    """Each taking counts as much as any other, also after an interruption."""
    leg, taken = leg_of(recipe, tmp_path), []
    for number in range(4):
        if number == 2:
            leg.save()
            leg = leg_of(recipe, tmp_path)
            leg.restore()
        torch.nn.init.normal_(leg.model.weight)
        taken.append(leg.model.weight.detach().clone())
        leg.into_mean()
    assert leg.meant == 4
    torch.testing.assert_close(leg.mean["weight"], sum(taken) / 4)


def test_a_state_from_before_there_was_a_mean(recipe: ModuleType, tmp_path: Path) -> None:
    """The leg goes on, and the mean begins."""
    leg = leg_of(recipe, tmp_path)
    leg.save()
    state = torch.load(tmp_path / "state.pt")
    del state["mean"], state["meant"]
    torch.save(state, tmp_path / "state.pt")
    leg.restore()
    assert (leg.mean, leg.meant, leg.tokens) == ({}, 0, 99)
