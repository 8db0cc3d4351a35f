"""The plain cosine cut: the sentence nearest to the question is the answer, if it is near enough.

What people build first with sentence-transformers: sentences by a regular expression, one matrix, one threshold. The
library's documentation names no threshold; 0.5 is the one that examples use most.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from asking import Ask, Documents, Models, Peer, Said, run

THRESHOLD = 0.5
SENTENCE = re.compile(r"\S(?:.*?\S)??(?=(?<=[.!?])\s|\s*\n|\s*\Z)", re.DOTALL)
Encode = Callable[[Sequence[str]], Any]  # texts -> float32 (texts, dim), each of length 1


def sentences(documents: Documents) -> list[dict[str, Any]]:
    """Every sentence with its place; a line's end ends a sentence, too."""
    return [
        {"source": source, "start": found.start(), "end": found.end(), "answer": found.group()}
        for source, text in documents.items()
        for found in SENTENCE.finditer(text)
    ]


def build(documents: Documents, index: Path, models: Models) -> None:
    """Write the sentences and their vectors."""
    store(documents, index, encoder(models))


def load(index: Path, models: Models) -> Ask:
    """Open them."""
    return nearest(index, encoder(models))


def store(documents: Documents, index: Path, encode: Encode) -> None:
    """The same with any encoder."""
    rows = sentences(documents)
    (index / "sentences.json").write_text(json.dumps(rows), encoding="utf-8")
    np.save(index / "vectors.npy", encode([row["answer"] for row in rows]))


def nearest(index: Path, encode: Encode) -> Ask:
    """Ask with any encoder."""
    rows = json.loads((index / "sentences.json").read_text(encoding="utf-8"))
    vectors = np.load(index / "vectors.npy")

    def ask(question: str) -> Said:
        cosines = vectors @ encode([question])[0]
        best = int(cosines.argmax())
        score = float(cosines[best])
        return Said(**rows[best], score=score, shown=score >= THRESHOLD)

    return ask


def encoder(models: Models) -> Encode:
    """sentence-transformers with the weights that all peers use."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(models.encoder), device="cpu", local_files_only=True)

    def encode(texts: Sequence[str]) -> Any:
        return model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)

    return encode


if __name__ == "__main__":
    run(Peer(build, load))
