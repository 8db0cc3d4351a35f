"""The teacher reads the same tokens as the small reader, and what it thinks of a window arrives in the loss."""

from importlib import import_module
from math import exp, log
from pathlib import Path
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from transformers import MPNetConfig, MPNetForQuestionAnswering

from qabot.weights import load_tokenizer

TRAINING = Path(__file__).parent.parent / "training"
DRAWS = {"seed": 1, "weights": {"squad1/plain": 1.0}}


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """training/reader_taught.py."""
    monkeypatch.syspath_prepend(str(TRAINING))
    return import_module("reader_taught")


def window(ids: list[int], passage_at: int = 3) -> Any:
    """A window of these tokens, without answer."""
    return import_module("reader_windows").Encoded(ids, passage_at, 0, 0)


def logits(width: int, *, seed: int, closed: tuple[int, ...] = ()) -> torch.Tensor:
    """Logits of one window, -1e4 at closed positions."""
    row = 3 * torch.randn((1, width), generator=torch.Generator().manual_seed(seed))
    row[0, list(closed)] = -1e4
    return row


def view(taught: ModuleType, windows: list[Any], seen: list[torch.Tensor]) -> Any:
    """A teacher's view, whose logits for starts these are; for ends they are the other way round."""
    nothing = torch.zeros((0, 2, taught.KEPT), dtype=torch.uint8)
    starts, ends = taught.likeliest(torch.cat(seen)), taught.likeliest(torch.cat(seen).flip(1))
    empty = taught.Taught({}, nothing, nothing, 0, DRAWS)
    keys = [taught.key_of_window(one) for one in windows]
    return empty.more(keys, torch.stack([starts[0], ends[0]], 1), torch.stack([starts[1], ends[1]], 1), 2)


def shares(row: list[float]) -> list[float]:
    """Probabilities at a temperature of two."""
    raised = [exp(logit / 2) for logit in row]
    return [one / sum(raised) for one in raised]


@pytest.mark.usefixtures("taught")
def test_the_teacher_takes_berts_tokens() -> None:
    """As MPNet takes its own: four further on, but for those that open, part and fill up."""
    config = MPNetConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    torch.manual_seed(0)
    teacher = import_module("teacher").Teacher(config).eval()
    plain = MPNetForQuestionAnswering(config).eval()
    plain.load_state_dict(teacher.state_dict())
    word = load_tokenizer().encode("Ada left", add_special_tokens=False).ids
    bert = torch.tensor([[101, *word, 102, *word, 102, 0]])
    own = torch.tensor([[0, *(i + 4 for i in word), 2, *(i + 4 for i in word), 2, 1]])
    mask = torch.tensor([[1] * 7 + [0]])
    got = teacher(input_ids=bert, token_type_ids=torch.zeros_like(bert), attention_mask=mask)
    wanted = plain(input_ids=own, attention_mask=mask)
    assert torch.equal(got.start_logits, wanted.start_logits)
    assert torch.equal(got.end_logits, wanted.end_logits)


def test_the_loss_is_the_cross_entropy_with_the_teacher(taught: ModuleType) -> None:
    """Over its eight likeliest positions and the rest as one more, within the rounding of its logarithms."""
    one = window(list(range(100, 120)))
    teacher, student = logits(20, seed=1, closed=(1, 2, 19)), logits(20, seed=2, closed=(1, 2, 19))
    seen, own = shares(teacher[0].tolist()), shares(student[0].tolist())
    best = sorted(range(20), key=lambda at: -seen[at])[:8]
    rest, own_rest = 1 - sum(seen[at] for at in best), 1 - sum(own[at] for at in best)
    wanted = -4 * (sum(seen[at] * log(own[at]) for at in best) + rest * log(own_rest))
    loss, known = view(taught, [one], [teacher]).loss(student, [one], 0)
    assert known.tolist() == [True]
    assert float(loss) == pytest.approx(wanted, rel=0.03)


def test_a_short_window_has_fewer_positions(taught: ModuleType) -> None:
    """A question about three tokens has four outcomes; the places left over count for nothing."""
    one = window([101, 7, 102, 8, 9, 10, 102])
    teacher, student = logits(7, seed=3, closed=(1, 2, 6)), logits(7, seed=4, closed=(1, 2, 6))
    seen, own = shares(teacher[0].tolist()), shares(student[0].tolist())
    wanted = -4 * sum(seen[at] * log(own[at]) for at in (0, 3, 4, 5))
    # In a batch with a longer one it is padded.
    padded = torch.cat((student, torch.full((1, 5), -1e4)), 1)
    for row in (student, padded):
        assert float(view(taught, [one], [teacher]).loss(row, [one], 0)[0]) == pytest.approx(wanted, rel=0.03)


def test_starts_and_ends_are_kept_apart_and_strangers_unknown(taught: ModuleType) -> None:
    """The loss is least for the view itself; a window that the teacher did not see has none."""
    one, other, stranger = (window([101, 7, 102, *range(n, n + 9), 102]) for n in (20, 40, 60))
    first, second = logits(13, seed=5, closed=(1, 2, 12)), logits(13, seed=6, closed=(0, 10, 11))
    found = view(taught, [one, other], [first, second])
    rows = torch.cat((second, first, first))
    starts, known = found.loss(rows, [other, one, stranger], 0)
    ends, _ = found.loss(rows.flip(1), [other, one, stranger], 1)
    assert known.tolist() == [True, True, False]
    assert starts[2] == 0
    assert torch.allclose(starts, ends, rtol=1e-4)
    assert float(found.loss(first, [other], 0)[0]) > float(starts[0])
    assert float(found.loss(second.flip(1), [one], 1)[0]) > float(ends[1])


def test_a_view_is_read_as_it_was_written(taught: ModuleType, tmp_path: Path) -> None:
    """And only for the draws that it was made for; the error names what differs."""
    windows = [window([101, 7, 102, *range(n, n + 9), 102]) for n in (20, 40)]
    found = view(taught, windows, [logits(13, seed=7), logits(13, seed=8)])
    found.save(tmp_path / "teacher.safetensors")
    again = taught.Taught.load(tmp_path / "teacher.safetensors", DRAWS)
    assert (again.rows, again.refills, again.draws) == (found.rows, 2, DRAWS)
    assert torch.equal(again.positions, found.positions)
    assert torch.equal(again.levels, found.levels)
    assert [path.name for path in tmp_path.iterdir()] == ["teacher.safetensors"]
    with pytest.raises(ValueError, match=r"of other \['seed'\]: label these windows anew"):
        taught.Taught.load(tmp_path / "teacher.safetensors", DRAWS | {"seed": 2})


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_teachers_share_of_the_loss(taught: ModuleType, share: float) -> None:
    """Of the windows that it saw; the gold positions keep the rest, and all of the others."""
    recipe = import_module("train_reader")
    seen, stranger = (window([101, 7, 102, *range(n, n + 9), 102]) for n in (20, 40))
    starts, ends = logits(13, seed=9), logits(13, seed=10)
    rows = SimpleNamespace(start_logits=torch.cat((starts, starts)), end_logits=torch.cat((ends, ends)))
    found = view(taught, [seen], [logits(13, seed=11)])

    def loss(batch: list[Any], known: Any, part: float) -> float:
        count = len(batch)
        model = lambda **_: SimpleNamespace(start_logits=rows.start_logits[:count], end_logits=rows.end_logits[:count])  # noqa: E731
        return float(recipe.loss_of(model, batch, "cpu", known, part))

    gold, soft = loss([seen], None, 0.0), loss([seen], found, 1.0)
    assert gold != soft
    assert loss([seen, stranger], found, share) == pytest.approx(share * soft + (2 - share) * gold, rel=1e-5)


@pytest.mark.usefixtures("taught")
def test_draws_are_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refill by refill from the first, also after a leg has drawn further."""
    draws, data = import_module("reader_draws"), import_module("reader_data")

    class Drawn:
        cursors: dict[str, int]

        def __init__(self, _: Path, **__: object) -> None:
            self.cursors = {"squad1/plain": 0}

        def draw(self, count: int, *, refill: int) -> list[Any]:
            first = self.cursors["squad1/plain"]
            self.cursors["squad1/plain"] += count
            rng = Random(refill)  # noqa: S311 - no secret
            words = "The choir sang on and nobody counted the hours. "
            return [
                data.Example(f"Who left {first + n}?", words * rng.randint(20, 60), 0, 0, "", "") for n in range(count)
            ]

    monkeypatch.setattr(draws, "Mix", Drawn)
    made = draws.Draws(Path(), load_tokenizer(), draws.Knobs(refill_examples=6))
    first, second = made.refill(0), made.refill(1)
    assert first != second
    assert [made.refill(0), made.refill(1)] == [first, second]


@pytest.mark.usefixtures("taught")
def test_the_labeller_sees_each_window_once(tmp_path: Path) -> None:
    """Grouped by length or not: what it keeps for a window is what the model says of that window alone."""
    labels, taught = import_module("label_windows"), import_module("reader_taught")
    config = MPNetConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    torch.manual_seed(1)
    teacher = import_module("teacher").Teacher(config)
    teacher.qa_outputs.weight.data *= 50  # or all positions were as likely
    teacher.save_pretrained(tmp_path)
    labeller = labels.Labeller(tmp_path, threads=2, bfloat16=False)
    windows = [window([101, 7, 102, *range(1000, 1000 + n), 102]) for n in (5, 60, 9, 150, 150, 31)]
    keys, positions, levels = labeller.view(windows)
    assert sorted(keys) == sorted({taught.key_of_window(one) for one in windows})
    for one in windows:
        _, position, level = labeller.view([one])
        row = keys.index(taught.key_of_window(one))
        assert (level[0].int() - levels[row].int()).abs().max() <= 1
        assert torch.equal(position[0, :, 0], positions[row, :, 0])
