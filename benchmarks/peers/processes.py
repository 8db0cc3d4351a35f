"""One process for each step of each peer: its command, its clock and its lines."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asking import Models
from subsets import TOP, Subset
from weights import encoder_sum, reader_sum

HERE = Path(__file__).parent
LIMIT_S = 3600
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "TOKENIZERS_PARALLELISM": "false",
}


@dataclass(frozen=True)
class Started:
    """Which script in which environment a peer is, and whose index it asks."""

    script: str
    environment: str
    index: str


PEERS: dict[str, Started] = {
    "qabot": Started("peer_qabot.py", "qabot", "qabot"),
    "haystack": Started("peer_haystack.py", "haystack", "haystack"),
    "haystack-mended": Started("peer_haystack_mended.py", "haystack", "haystack"),
    "txtai": Started("peer_txtai.py", "txtai", "txtai"),
    "cosine": Started("peer_cosine.py", "cosine", "cosine"),
}


@dataclass(frozen=True)
class Bench:
    """A folder for each set: documents, questions, each peer's index and answers."""

    work: Path
    interpreters: Mapping[str, Path]
    models: Models

    def prepare(self, subset: Subset) -> Path:
        """Write a set's documents and questions; indexes of other documents go."""
        folder = self.folder(subset)
        stamp, wanted = folder / "documents.sha256", _sum(subset.documents)
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            for source, text in subset.documents.items():
                path = folder / "documents" / source
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text.encode("utf-8"))
            stamp.write_text(wanted, encoding="ascii")
        write_questions(subset, folder / "questions.jsonl")
        return folder

    def folder(self, subset: Subset) -> Path:
        """Where a set's files lie."""
        return self.work / subset.name

    def answers(self, peer: str, subset: Subset) -> Path:
        """Where a peer's lines lie; another reader's are not mistaken for them."""
        return self.folder(subset) / f"answers-{peer}-{reader_sum()[:12]}.jsonl"

    def asked(self, peer: str, subset: Subset, *, keep: bool = False) -> dict[str, Any]:
        """A peer's lines to a set's questions; ``keep``: those of the last run, if they are of all the questions."""
        index_s = self.indexed(peer, subset)
        answers = self.answers(peer, subset)
        wanted = {one.id for one in subset.questions}
        if not (keep and wanted <= {line.get("id") for line in lines_of(answers)}):
            answers.unlink(missing_ok=True)
            self.started(peer, subset, "ask", questions=self.folder(subset) / "questions.jsonl", answers=answers)
        lines = lines_of(answers)
        peaks = [line["peak_bytes"] for line in lines if "peak_bytes" in line]
        answered = [line for line in lines if line.get("id") in wanted]
        return {"lines": answered, "peak_bytes": peaks[0] if peaks else None, "index_s": index_s}

    def indexed(self, peer: str, subset: Subset) -> float | None:
        """Seconds for building a peer's index, process included, now or in an earlier run; None if it failed."""
        index = self._index(peer, subset)
        took = index.with_suffix(".seconds")
        if not took.exists():
            shutil.rmtree(index, ignore_errors=True)
            began = time.perf_counter()
            if not self.started(peer, subset, "index", documents=self.folder(subset) / "documents"):
                return None
            took.write_text(str(time.perf_counter() - began), encoding="ascii")
        return float(took.read_text(encoding="ascii"))

    def _index(self, peer: str, subset: Subset) -> Path:
        return self.folder(subset) / f"index-{PEERS[peer].index}"

    def started(self, peer: str, subset: Subset, command: str, **files: Path) -> bool:
        """Run one step to its end; whether it ended well. What it printed is shown only if not."""
        given = {"index": self._index(peer, subset), **vars(self.models), **files}
        flags = [part for name, path in given.items() for part in (f"--{name}", str(path.resolve()))]
        line = [str(self.interpreters[peer]), str(HERE / PEERS[peer].script), command, *flags]
        here = {"PYTHONPATH": str(TOP)} if peer == "qabot" else {}  # as it stands here, models included
        ended = subprocess.run(
            line, env={**os.environ, **OFFLINE, **here}, check=False, timeout=LIMIT_S, capture_output=True, text=True
        )
        if ended.returncode:
            print(f"{peer}, {subset.name}, {command}: exit {ended.returncode}\n{ended.stderr[-3000:]}", file=sys.stderr)
        return ended.returncode == 0


def measured_cold(bench: Bench, peer: str, subset: Subset, *, rounds: int) -> float | None:
    """Median seconds of a whole process that opens its index and answers one question; None if it fails."""
    one = bench.folder(subset) / "cold.jsonl"
    write_questions(subset.limited(1), one)
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        if not bench.started(peer, subset, "ask", questions=one, answers=one.with_suffix(".answers")):
            return None
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def lines_of(answers: Path) -> list[dict[str, Any]]:
    """What a peer has written so far; nothing if it never began."""
    text = answers.read_text(encoding="utf-8") if answers.exists() else ""
    return [json.loads(line) for line in text.split("\n") if line]


def write_questions(subset: Subset, path: Path) -> None:
    """What a peer may know: ids and words, no gold."""
    rows = [json.dumps({"id": one.id, "question": one.text}) for one in subset.questions]
    path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def _sum(documents: Mapping[str, str]) -> str:
    """Of the documents and the encoder: an index of others must not be asked."""
    made = json.dumps([dict(documents), encoder_sum()], sort_keys=True)
    return hashlib.sha256(made.encode("ascii")).hexdigest()
