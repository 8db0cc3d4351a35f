"""Products in bfloat16 give what products in float32 give, to bfloat16's two digits, forward and backward."""

from copy import deepcopy
from importlib import import_module
from pathlib import Path

import pytest
import torch

TRAINING = Path(__file__).parent.parent / "training"


@pytest.mark.parametrize("shape", [(7, 24), (3, 5, 24)], ids=["rows", "windows of tokens"])
def test_a_half_layer_is_near_a_whole_one(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The output and three gradients, of inputs, weight and bias; only products are rounded."""
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
    assert [torch.equal(a, b) for a, b in zip(whole, half, strict=True)] == [False, False, False, True]
    assert all(float((a - b).norm() / a.norm()) < 0.01 for a, b in zip(whole, half, strict=True))
    for product in half[1:3]:  # the output's bias is added in float32
        assert torch.equal(product, product.bfloat16().float())
    assert not torch.equal(half[0], half[0].bfloat16().float())
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_a_copy_shares_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the recipe's replicas do: after a step of one both give the same."""
    monkeypatch.syspath_prepend(str(TRAINING))
    model = torch.nn.Sequential(torch.nn.Linear(8, 8))
    import_module("half_products").multiply_in_half(model)
    copy = deepcopy(model)
    for mine, theirs in zip(model.parameters(), copy.parameters(), strict=True):
        theirs.data = mine.data
    inputs = torch.randn(4, 8)
    before = copy(inputs)
    model(inputs).sum().backward()
    torch.optim.AdamW(model.parameters(), lr=0.1, fused=True).step()
    assert torch.equal(copy(inputs), model(inputs))
    assert not torch.equal(copy(inputs), before)


def test_the_last_layer_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two logits of a token."""
    monkeypatch.syspath_prepend(str(TRAINING))
    model = torch.nn.Sequential(torch.nn.Linear(8, 2))
    inputs = torch.randn(4, 8)
    before = model(inputs)
    import_module("half_products").multiply_in_half(model)
    assert torch.equal(model(inputs), before)
