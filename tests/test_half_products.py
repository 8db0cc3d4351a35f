"""Products in bfloat16 give what products in float32 give, to bfloat16's three digits, forward and backward."""

from importlib import import_module
from pathlib import Path

import pytest
import torch

TRAINING = Path(__file__).parent.parent / "training"


@pytest.mark.parametrize("shape", [(7, 24), (3, 5, 24)], ids=["rows", "windows of tokens"])
def test_a_half_layer_is_near_a_whole_one(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs and all three gradients; parameters and results stay float32."""
    monkeypatch.syspath_prepend(str(TRAINING))
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(24, 16))
    inputs, grads = torch.randn(shape, requires_grad=True), torch.randn(*shape[:-1], 16)

    def results() -> list[torch.Tensor]:
        inputs.grad = None
        model.zero_grad()
        out = model(inputs)
        out.backward(grads)
        return [out.detach(), inputs.grad, *(p.grad.clone() for p in model.parameters())]

    whole = results()
    import_module("half_products").multiply_in_half(model)
    half = results()
    assert any(not torch.equal(a, b) for a, b in zip(whole, half, strict=True))  # it did something
    for a, b in zip(whole, half, strict=True):
        assert b.dtype == torch.float32
        assert float((a - b).norm() / a.norm()) < 0.01


def test_what_needs_no_gradient_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen layer, and inputs from below the lowest trained one."""
    monkeypatch.syspath_prepend(str(TRAINING))
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Linear(8, 8))
    model[0].requires_grad_(requires_grad=False)
    import_module("half_products").multiply_in_half(model)
    model(torch.randn(4, 8)).sum().backward()
    assert model[0].weight.grad is None
    assert model[1].weight.grad is not None


def test_the_last_layer_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two logits of a token."""
    monkeypatch.syspath_prepend(str(TRAINING))
    model = torch.nn.Sequential(torch.nn.Linear(8, 2))
    inputs = torch.randn(4, 8)
    before = model(inputs)
    import_module("half_products").multiply_in_half(model)
    assert torch.equal(model(inputs), before)
