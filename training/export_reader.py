"""A Hugging Face folder of a span reader -> reader.onnx, int8, as qabot ships it, and its line in SHA256SUMS.

    python training/export_reader.py training/runs/reader/final training/runs/reader

Inputs and outputs as the baseline's: `input_ids attention_mask token_type_ids` (int64, batch x tokens) -> `start_logits
end_logits` (float32, batch x tokens). How the graph is made stands in quantise.py, the same for encoder and reader, but
that attention's keys are transposed here; the encoder's recipe asks transformers for another attention instead.
"""

import argparse
from pathlib import Path

import onnx
import torch
from quantise import attention_bias, exported, quantised, record
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

MAX_BYTES = 35_000_000
LAYERS = 6


class Reader(torch.nn.Module):
    """The model with the inputs in the order of the ONNX file, and plain tensors out."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Start and end logits, each (batch, tokens)."""
        out = self.model(
            input_ids=input_ids, attention_mask=attention_bias(attention_mask), token_type_ids=token_type_ids
        )
        return out.start_logits, out.end_logits


def transpose_keys_once(graph: onnx.GraphProto, *, layers: int) -> None:
    """Attention's keys by one Transpose, where PyTorch's attention exports two and two Reshapes.

    The same numbers in the same places: (batch, tokens, heads, width) -> (batch, heads, width, tokens).

    Raises:
        ValueError: unless each layer has one such place.
    """
    made_by = {output: node for node in graph.node for output in node.output}
    turned = 0
    for last in [node for node in graph.node if node.op_type == "Reshape"]:
        chain = [last]
        while len(chain) < 4 and chain[-1].input and chain[-1].input[0] in made_by:
            chain.append(made_by[chain[-1].input[0]])
        turns = [list(node.attribute[0].ints) for node in chain if node.op_type == "Transpose"]
        if [node.op_type for node in chain] == ["Reshape", "Transpose"] * 2 and turns == [[0, 2, 1], [0, 2, 1, 3]]:
            source, output = chain[-1].input[0], last.output[0]
            last.CopyFrom(onnx.helper.make_node("Transpose", [source], [output], name=last.name, perm=[0, 2, 3, 1]))
            turned += 1
    if turned != layers:
        raise ValueError(f"attention's keys were found in {turned} places, expected {layers}: the exporter changed")
    _drop_unused(graph)


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove nodes, constants and notes on values that nothing leads on from."""
    used = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if used.intersection(node.output):
            kept.append(node)
            used.update(node.input)
    for part, wanted in (
        (graph.node, kept[::-1]),
        (graph.initializer, [one for one in graph.initializer if one.name in used]),
        (graph.value_info, [one for one in graph.value_info if one.name in used]),
    ):
        copies = [type(one).FromString(one.SerializeToString()) for one in wanted]
        del part[:]
        part.extend(copies)


def main() -> None:
    """Export, quantise, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="a Hugging Face folder, for example a run's final/")
    parser.add_argument("folder", type=Path, help="where reader.onnx goes")
    args = parser.parse_args()
    graph = exported(Reader(args.weights), output_names=["start_logits", "end_logits"])
    transpose_keys_once(graph.graph, layers=LAYERS)
    content = quantised(graph).SerializeToString(deterministic=True)
    if len(content) > MAX_BYTES:
        raise ValueError(f"reader.onnx has {len(content)} bytes, more than the {MAX_BYTES} that may ship")
    print(f"{len(content)} bytes, sha256 {record('reader.onnx', content, args.folder)}")


if __name__ == "__main__":
    main()
