"""An int8 reader.onnx -> a Hugging Face folder (`AutoModelForQuestionAnswering`), so that others can load or train on.

    python training/dequantise.py qabot/models/reader.onnx reader-hf --dtype float16

Each int8 weight becomes (value - zero point) * scale; biases and layer norms are stored in float and taken as they
are. The logits are then close to the ONNX file's, not equal: it also rounds activations while it runs. Which weight a
matrix is, is told by the bias added to its product, so it does not matter which exporter named the matrices.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer
from transformers import BertConfig, BertForQuestionAnswering

from qabot.weights import MODELS_DIR

BERT_NAME = re.compile(r"(?:bert\.(?:embeddings|encoder)|qa_outputs)\.[\w.]+$")
HEAD_WIDTH = 32  # of all MiniLM models


def float_weights(model: onnx.ModelProto) -> dict[str, torch.Tensor]:
    """All parameters of the reader under their PyTorch names, float32."""
    held = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    found: dict[str, NDArray[np.generic]] = {}
    for name, values in held.items():
        plain = name.removesuffix("_quantized")
        match = BERT_NAME.search(plain)
        if match and not plain.endswith(("_scale", "_zero_point", "position_ids")):  # the last is no parameter
            found[match.group()] = dequantised(held, plain) if plain != name else values
    for matrix, bias in products(model):
        match = BERT_NAME.search(bias)
        if match is None:
            raise ValueError(f"the product with {matrix} is added to {bias}, which is no bias of a BERT reader")
        found[match.group().removesuffix("bias") + "weight"] = dequantised(held, matrix).T
    return {name: torch.tensor(np.ascontiguousarray(v, dtype=np.float32)) for name, v in found.items()}


def dequantised(held: dict[str, NDArray[np.generic]], name: str) -> NDArray[np.float32]:
    """The float values of an int8 matrix with one scale for all, or one for each column."""
    scale = held[f"{name}_scale"].astype(np.float32)
    return (held[f"{name}_quantized"].astype(np.float32) - held[f"{name}_zero_point"].astype(np.float32)) * scale


def products(model: onnx.ModelProto) -> list[tuple[str, str]]:
    """(name of the int8 matrix without its ending, name of the bias added to its product), for all dense layers."""
    biases = {i.name for i in model.graph.initializer if i.name.endswith(".bias")}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    pairs = []
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            matrix = node.input[1].removesuffix("_quantized")
            pairs.append((matrix, _bias_after(node, users, biases)))
    return pairs


def _bias_after(node: onnx.NodeProto, users: dict[str, list[onnx.NodeProto]], biases: set[str]) -> str:
    """Follow a product through its scaling to the addition of a bias."""
    for _ in range(4):
        (node,) = users[node.output[0]]
        for name in node.input:
            if name in biases:
                return name
    raise ValueError(f"no bias is added behind {node.name}: not a reader exported by quantise.py")


def config_of(weights: dict[str, torch.Tensor]) -> BertConfig:
    """The shape of the model, read from its matrices."""
    vocabulary, width = weights["bert.embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(m.group(1)) for m in (re.search(r"layer\.(\d+)\.", n) for n in weights) if m)
    return BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // HEAD_WIDTH,
        intermediate_size=weights["bert.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=weights["bert.embeddings.position_embeddings.weight"].shape[0],
        architectures=["BertForQuestionAnswering"],
    )


def main() -> None:
    """Read the ONNX file, write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=["float32", "float16"], default="float16")
    args = parser.parse_args()
    weights = float_weights(onnx.load(args.model))
    model = BertForQuestionAnswering(config_of(weights))
    model.load_state_dict(weights)  # strict: a parameter that was not found is an error
    model.to(getattr(torch, args.dtype)).save_pretrained(args.folder)
    Tokenizer.from_file(str(MODELS_DIR / "tokenizer.json")).save(str(args.folder / "tokenizer.json"))


if __name__ == "__main__":
    main()
