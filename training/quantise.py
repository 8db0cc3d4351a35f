"""From a BERT-shaped PyTorch module to the int8 ONNX file that ships, the same way for encoder and reader.

Knows how a graph is exported, quantised and recorded; does not know what the outputs mean. Used by the recipes
beside it:

    model = quantised(exported(module, output_names=["start_logits", "end_logits"]))
    record("reader.onnx", model.SerializeToString(deterministic=True))

What was tried and what it gave stands in docs/experiments.md.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

from qabot.weights import MODELS_DIR, SUMS_NAME

OPSET = 20  # the first with Gelu as one operator: Div, Erf, Add and Mul cost 8 % of the time
MAX_POSITIONS = 512  # of BERT's position embeddings
INPUT_NAMES = ["input_ids", "attention_mask", "token_type_ids"]  # int64, batch x tokens
QUANTISED_OPERATORS = ["MatMul", "Gather"]  # the weights of the layers, and the embeddings
PER_CHANNEL = True
REDUCE_RANGE = True  # 7 bits: without VNNI, 8-bit products overflow their 16-bit sums
MASKED = -10_000.0  # added to the attention of padding


def attention_bias(attention_mask: torch.Tensor) -> torch.Tensor:
    """A mask (batch, tokens) of 0 and 1 as the float bias (batch, 1, 1, tokens) that transformers passes through.

    Given in this form, the model adds no mask operators of its own to the graph.
    """
    return (1.0 - attention_mask.to(torch.float32)[:, None, None, :]) * MASKED


def exported(module: torch.nn.Module, *, output_names: list[str]) -> onnx.ModelProto:
    """The module's graph, for any batch and length up to 512 tokens; its ``forward`` takes ``INPUT_NAMES`` in order.

    An output must not be called like an operator ("embedding"): the exporter then defines that name twice.
    """
    ids = torch.arange(22).reshape(2, 11) + 1000
    sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("tokens", max=MAX_POSITIONS)}
    program = torch.onnx.export(
        module.eval(),
        (ids, torch.ones_like(ids), torch.zeros_like(ids)),
        input_names=INPUT_NAMES,
        output_names=output_names,
        dynamic_shapes=dict.fromkeys(INPUT_NAMES, sizes),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    buffer = io.BytesIO()
    program.save(buffer)
    model = onnx.load_model_from_string(buffer.getvalue())
    _strip_traces(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph with int8 weights; activations are scaled at run time, one scale a tensor."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "int8.onnx"
        quantize_dynamic(
            model,
            target,
            op_types_to_quantize=QUANTISED_OPERATORS,
            per_channel=PER_CHANNEL,
            reduce_range=REDUCE_RANGE,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(target)


def record(name: str, content: bytes, folder: Path = MODELS_DIR) -> str:
    """Write a model file and its line in SHA256SUMS, sorted by name; the digest is returned."""
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    sums = folder / SUMS_NAME
    lines = sums.read_text("ascii").splitlines() if sums.exists() else []
    kept = [line for line in lines if line.partition("  ")[2] != name]
    lines = sorted([*kept, f"{digest}  {name}"], key=lambda line: line.partition("  ")[2])
    sums.write_text("".join(f"{line}\n" for line in lines), "ascii")
    return digest


def _strip_traces(model: onnx.ModelProto) -> None:
    """Remove the Python stack traces that the exporter leaves: they name the folders of whoever exported."""
    graph = model.graph
    parts: Iterable[onnx.NodeProto | onnx.ValueInfoProto | onnx.TensorProto | onnx.GraphProto | onnx.ModelProto]
    parts = [model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]
    for part in parts:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
