"""Passages embedded per second by each engine, one text per run.

    python benchmarks/embedding.py onnx|sentence-transformers

is a process that is measured: it reads a JSON list of texts a line and prints {"seconds": ..., "vectors": [...]} a
line. ``measure``, for speed.py, keeps one such process for each engine and gives them the same batches in turn, so that
neither shares threads with the other and a busy moment of the machine hits both.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qabot.config import EncoderConfig
from qabot.encoder import load_encoder
from qabot.index.opening import current_id, open_generation

ENGINES = ("onnx", "sentence-transformers")


def measure(root: Path, *, texts: int, batch: int, engines: Sequence[str] = ENGINES) -> dict[str, Any]:
    """Texts per second of each engine on ``texts`` chunks of the index in ``root``, and how alike the vectors are."""
    chosen = _chunks(root, texts)
    batches = [chosen[first : first + batch] for first in range(0, len(chosen), batch)]
    seconds = dict.fromkeys(engines, 0.0)
    vectors: dict[str, list[NDArray[np.float32]]] = {engine: [] for engine in engines}
    with _started(engines) as processes:
        for engine in engines:
            _embed(processes[engine], batches[0])  # the first batch of a process is slow, and not counted
        for texts_now in batches:
            for engine in engines:
                took, found = _embed(processes[engine], texts_now)
                seconds[engine] += took
                vectors[engine].append(found)
    rates = {engine: len(chosen) / taken for engine, taken in seconds.items()}
    return {"texts": len(chosen), "batch": batch, "per_second": rates, "mean_cosine": _mean_cosine(vectors)}


def _chunks(root: Path, count: int) -> list[str]:
    """The texts of ``count`` chunks, spread evenly over the index."""
    generation = open_generation(root / "embeddings", current_id(root / "embeddings"))
    rows = np.linspace(0, generation.chunk_count - 1, min(count, generation.chunk_count)).astype(int)
    texts = [text for _, text in generation.passages(rows.tolist())]
    generation.close()
    return texts


@contextmanager
def _started(engines: Sequence[str]) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """A process for each engine; they end when their input does."""
    processes = {
        engine: subprocess.Popen(
            [sys.executable, __file__, engine], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for engine in engines
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            process.communicate()


def _embed(process: subprocess.Popen[str], texts: Sequence[str]) -> tuple[float, NDArray[np.float32]]:
    """Seconds and vectors, of shape (texts, dim)."""
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process needs pipes")
    process.stdin.write(json.dumps(texts) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    return answer["seconds"], np.array(answer["vectors"], dtype=np.float32)


def _mean_cosine(vectors: dict[str, list[NDArray[np.float32]]]) -> float | None:
    """Between the vectors of the first two engines; ``None`` if there is one."""
    if len(vectors) < 2:
        return None
    one, other = (np.concatenate(found) for found in list(vectors.values())[:2])
    return float((one * other).sum(axis=1).mean())


def main() -> None:
    """Embed what comes until the input ends."""
    encoder = load_encoder(EncoderConfig(engine=sys.argv[1]))
    for line in sys.stdin:
        texts = json.loads(line)
        began = time.perf_counter()
        vectors = [encoder.encode(text) for text in texts]
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "vectors": [vector.tolist() for vector in vectors]}), flush=True)


if __name__ == "__main__":
    main()
