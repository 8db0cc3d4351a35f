"""Milliseconds to read one passage, of two readers in turn.

    python benchmarks/readers.py A.onnx B.onnx [--tokens 160] [--runs 300]

Each lies beside a SHA256SUMS that lists it. One question and one passage of so many tokens together, one run after the
other, A and B in turn, so that a busy moment of the machine hits both: the ratio counts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from machine import as_text, describe

from qabot.weights import onnx_session

QUESTION_TOKENS = 12


def main() -> None:
    """Run both, print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs=2, type=Path)
    parser.add_argument("--tokens", type=int, default=160)
    parser.add_argument("--runs", type=int, default=300)
    arguments = parser.parse_args()
    sessions = [onnx_session(model.name, 0, model.parent) for model in arguments.models]
    ids = np.random.default_rng(0).integers(1000, 30_000, (1, arguments.tokens))
    types = (np.arange(arguments.tokens) >= QUESTION_TOKENS).astype(np.int64)[None]
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
    times = np.zeros((arguments.runs + 1, 2))
    for row in times:
        for column, session in enumerate(sessions):
            began = time.perf_counter()
            session.run(None, given)
            row[column] = 1000 * (time.perf_counter() - began)
    medians = np.median(times[1:], axis=0)  # the first run of a session is slow
    print(as_text(describe()))
    for model, median in zip(arguments.models, medians, strict=True):
        print(f"{model}: {median:.1f} ms for {arguments.tokens} tokens, median of {arguments.runs}")
    print(f"the second takes {medians[1] / medians[0]:.2f} times as long")


if __name__ == "__main__":
    main()
