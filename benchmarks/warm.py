"""Questions to an open index: how long each answer takes, and how much memory the process needs.

    python benchmarks/warm.py ROOT QUESTIONS.json

is the process that is measured: ROOT is a corpus whose index is built, QUESTIONS.json a list of {"text": ..., "answer":
... or null}; it prints one JSON object. ``measure``, for speed.py, makes both and starts it: memory counts from a
process's beginning, and a build's peak is not an answer's.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from machine import peak_bytes
from texts import Question, write_corpus

from qabot.config import Config
from qabot.datatypes import Answer, NoAnswer
from qabot.engine import Engine

UNTIMED = 5  # questions before the first that counts
_PASSAGES = re.compile(r"(\d+) of \d+ passages read")


def measure(root: Path, *, chunks: int, answerable: int, unanswerable: int) -> dict[str, Any]:
    """Build a corpus of ``chunks`` chunks unless it is there, and ask it; see ``main`` for what comes back."""
    questions = _corpus(root, chunks)
    chosen = _some(questions, answerable=answerable + UNTIMED, unanswerable=unanswerable)
    path = root / "chosen.json"
    path.write_text(json.dumps([asdict(question) for question in chosen]), encoding="utf-8")
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "qabot", "--root", root, "index"], check=True, capture_output=True)
    index_s = time.perf_counter() - began
    child = [sys.executable, __file__, str(root), str(path)]
    answered = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    return {"index_s": index_s, **json.loads(answered.stdout)}


def _corpus(root: Path, chunks: int) -> list[Question]:
    """The questions of the corpus in ``root``, which is written first unless an earlier run kept it."""
    kept = root / f"questions-{chunks}.json"
    if not kept.exists():
        questions = write_corpus(root / "seeds", chunks=chunks)
        kept.write_text(json.dumps([asdict(question) for question in questions]), encoding="utf-8")
    return [Question(**one) for one in json.loads(kept.read_text(encoding="utf-8"))]


def _some(questions: Sequence[Question], *, answerable: int, unanswerable: int) -> list[Question]:
    """The first of either kind, in the order in which they stand."""
    left = {True: answerable, False: unanswerable}
    chosen = []
    for question in questions:
        kind = question.answer is not None
        if left[kind] > 0:
            left[kind] -= 1
            chosen.append(question)
    return chosen


def main() -> None:
    """Open, ask, print."""
    root, path = Path(sys.argv[1]), Path(sys.argv[2])
    questions = json.loads(path.read_text(encoding="utf-8"))
    began = time.perf_counter()
    engine = Engine.open(Config.load(root))
    open_s = time.perf_counter() - began
    for question in questions[:UNTIMED]:
        engine.ask(question["text"])
    asked = [ask(engine, question) for question in questions[UNTIMED:]]
    documents = engine.documents()
    engine.close()
    result = {
        "documents": len(documents),
        "chunks": sum(document.chunks for document in documents),
        "open_s": open_s,
        "peak_bytes": peak_bytes(),
        "asked": asked,
    }
    print(json.dumps(result))


def ask(engine: Engine, question: dict[str, Any]) -> dict[str, Any]:
    """One question: wall time, what came of it, and how many passages were read for it."""
    began = time.perf_counter()
    result = engine.ask(question["text"])
    return {
        "ms": 1000 * (time.perf_counter() - began),
        "answered": isinstance(result, Answer),
        "answerable": question["answer"] is not None,
        "right": isinstance(result, Answer) and question["answer"] is not None and question["answer"] in result.text,
        "passages": passages_read(result),
    }


def passages_read(result: Answer | NoAnswer) -> int:
    """From the line in the notes; 0 if there is none, for then nothing was read."""
    found = [_PASSAGES.match(note) for note in result.notes]
    return next((int(match[1]) for match in found if match), 0)


if __name__ == "__main__":
    main()
