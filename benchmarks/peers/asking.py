"""What every peer's script does alike: documents in, an index kept on the disk, questions in, one line of JSON each.

    python peer_NAME.py index --documents FOLDER --index FOLDER --encoder FOLDER --reader FOLDER
    python peer_NAME.py ask --questions FILE --answers FILE --index FOLDER --encoder FOLDER --reader FOLDER

The questions are JSONL {"id", "question"}; no gold comes here. An answer's line holds id, answer (null: none at any
threshold), score, shown (whether the peer, set up as its documentation recommends, gives this answer), source (a path
under the documents), start and end (code points of that document; null where the peer has no offsets) and seconds; or
id, crash and seconds. This module runs in each peer's own environment: it knows the standard library alone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Models:
    """Where the weights lie: a sentence-transformers folder and a Hugging Face folder."""

    encoder: Path
    reader: Path


@dataclass(frozen=True)
class Said:
    """What a peer says to one question; ``answer`` may be there and not be shown."""

    answer: str | None
    score: float | None = None
    shown: bool = False
    source: str | None = None
    start: int | None = None
    end: int | None = None


Documents = dict[str, str]  # path under the folder -> text
Ask = Callable[[str], Said]


@dataclass(frozen=True)
class Peer:
    """Both halves of a peer: ``build`` makes the index of some documents, ``load`` opens it in another process."""

    build: Callable[[Documents, Path, Models], None]
    load: Callable[[Path, Models], Ask]


def run(peer: Peer) -> None:
    """Do what the command line says."""
    arguments = _arguments()
    models = Models(arguments.encoder, arguments.reader)
    if arguments.command == "index":
        arguments.index.mkdir(parents=True, exist_ok=True)
        peer.build(read_documents(arguments.documents), arguments.index, models)
        return
    ask = peer.load(arguments.index, models)
    lines = [line for line in arguments.questions.read_text(encoding="utf-8").split("\n") if line]
    with arguments.answers.open("w", encoding="utf-8") as out:
        for row in map(json.loads, lines):
            out.write(json.dumps(answered(ask, row)) + "\n")
            out.flush()  # what was said before a crash of the whole process counts
        out.write(json.dumps({"peak_bytes": peak_bytes()}) + "\n")


def answered(ask: Ask, row: dict[str, str]) -> dict[str, Any]:
    """The line of one question. Whatever a peer raises is a result of the measurement."""
    began = time.perf_counter()
    try:
        said = asdict(ask(row["question"]))
    except Exception as error:  # noqa: BLE001 - what a peer may raise, nobody can list; it is reported, not hidden
        said = {"crash": f"{type(error).__name__}: {error}"[:300]}
    return {"id": row["id"], **said, "seconds": time.perf_counter() - began}


def read_documents(folder: Path) -> Documents:
    """Every file below as text, line ends as they are."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8") for path in paths}


def peak_bytes(status: Path = Path("/proc/self/status")) -> int | None:
    """The greatest resident memory that this process has had; None where the system does not tell."""
    if not status.exists():
        return None
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["index", "ask"])
    for name in ("documents", "index", "encoder", "reader", "questions", "answers"):
        parser.add_argument(f"--{name}", type=Path)
    return parser.parse_args()
