"""Whole processes from a cold start, in turn: `qabot ask` with each engine, and the same by PyTorch alone.

Every command answers the same question about a copy of seeds/. One round is not counted: it fills the disk's cache and
the byte code's, which a second question of a day finds filled, too. Then the commands run a b c a b c, so that a
busy moment of the machine hits all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

TOP = Path(__file__).parent.parent
QUESTION = "How many civilians have been killed?"
EXPECTED = "953"
ONNX, SENTENCE_TRANSFORMERS, PEER = "qabot, onnx", "qabot, sentence-transformers", "peer, PyTorch alone"


class Run(NamedTuple):
    """What one process took: by the clock, and of the processor, which depends less on what else runs."""

    wall_s: float
    cpu_s: float


def measure(work: Path, *, rounds: int, with_torch: bool) -> dict[str, Any]:
    """Wall and CPU seconds of each run of each command, by the command's name."""
    commands = prepare(work, with_torch=with_torch)
    for command in commands.values():
        run(command)
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(run(command))
    return {"question": QUESTION, "runs": {name: [one._asdict() for one in found] for name, found in runs.items()}}


def prepare(work: Path, *, with_torch: bool) -> dict[str, Sequence[str]]:
    """Build an index for each engine, and what the peer needs; the commands to time."""
    commands = {ONNX: _qabot(_root(work / "onnx", "onnx"))}
    if with_torch:
        root = _root(work / "torch", "sentence-transformers")
        commands[SENTENCE_TRANSFORMERS] = _qabot(root)
        commands[PEER] = _peer(root, work / "peer")
    return commands


def run(command: Sequence[str]) -> Run:
    """Run a process from its start to its end.

    Raises:
        RuntimeError: if it did not print the right answer; the time of a failure is worth nothing.
    """
    began, cpu_before = time.perf_counter(), _cpu_of_children()
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=_offline(), check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0 or EXPECTED not in done.stdout:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return Run(seconds, _cpu_of_children() - cpu_before)


def _cpu_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _offline() -> Mapping[str, str]:
    """The environment, in which Hugging Face's libraries look for nothing on a network and byte code is kept.

    Without the latter every run would compile again what was edited last; no installed program does.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}


def _qabot(root: Path) -> Sequence[str]:
    return (sys.executable, "-m", "qabot", "--root", str(root), "ask", QUESTION)


def _root(root: Path, engine: str) -> Path:
    """A corpus of the first seed alone, with its index built."""
    seed = min((TOP / "seeds").glob("*.txt"))
    (root / "seeds").mkdir(parents=True, exist_ok=True)
    shutil.copy2(seed, root / "seeds")
    (root / "qabot.toml").write_text(f'[encoder]\nengine = "{engine}"\n', encoding="utf-8")
    subprocess.run([sys.executable, "-m", "qabot", "--root", root, "index"], check=True, capture_output=True)
    return root


def _peer(root: Path, folder: Path) -> Sequence[str]:
    """Store passages, their vectors and a reader for peer_cold.py."""
    import numpy as np

    from qabot.index.opening import current_id, open_generation

    generation = open_generation(root / "embeddings", current_id(root / "embeddings"))
    rows = range(generation.chunk_count)
    folder.mkdir(exist_ok=True)
    np.save(folder / "vectors.npy", np.stack([generation.vector(row) for row in rows]))
    passages = [text for _, text in generation.passages(rows)]
    generation.close()
    (folder / "passages.json").write_text(json.dumps(passages), encoding="utf-8")
    script, reader = TOP / "training" / "dequantise.py", TOP / "qabot" / "models" / "reader.onnx"
    made = [sys.executable, script, reader, folder / "reader", "--dtype", "float32"]
    subprocess.run(made, check=True, capture_output=True)
    return (sys.executable, str(TOP / "benchmarks" / "peer_cold.py"), str(folder), QUESTION)
