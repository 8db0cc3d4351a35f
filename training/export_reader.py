"""A Hugging Face folder of a span reader -> reader.onnx, int8, as qabot ships it, and its line in SHA256SUMS.

    python training/export_reader.py training/runs/reader/final training/runs/reader

Inputs and outputs as the baseline's: `input_ids attention_mask token_type_ids` (int64, batch x tokens) -> `start_logits
end_logits` (float32, batch x tokens). How the graph is made stands in quantise.py, the same for encoder and reader; so
is transformers' eager attention, which transposes the keys once where PyTorch's exports two transpositions a layer.
"""

import argparse
from pathlib import Path

import torch
from quantise import attention_bias, exported, quantised, record
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

MAX_BYTES = 35_000_000


class Reader(torch.nn.Module):
    """The model with the inputs in the order of the ONNX file, and plain tensors out."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.model = AutoModelForQuestionAnswering.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Start and end logits, each (batch, tokens)."""
        out = self.model(
            input_ids=input_ids, attention_mask=attention_bias(attention_mask), token_type_ids=token_type_ids
        )
        return out.start_logits, out.end_logits


def main() -> None:
    """Export, quantise, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="a Hugging Face folder, for example a run's final/")
    parser.add_argument("folder", type=Path, help="where reader.onnx goes")
    args = parser.parse_args()
    graph = exported(Reader(args.weights), output_names=["start_logits", "end_logits"])
    content = quantised(graph).SerializeToString(deterministic=True)
    if len(content) > MAX_BYTES:
        raise ValueError(f"reader.onnx has {len(content)} bytes, more than the {MAX_BYTES} that may ship")
    print(f"{len(content)} bytes, sha256 {record('reader.onnx', content, args.folder)}")


if __name__ == "__main__":
    main()
