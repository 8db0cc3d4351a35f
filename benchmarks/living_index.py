"""From the save of one file to the answer that quotes it, against a full rebuild in the same run.

    python benchmarks/living_index.py [--files 100 1000] [--changes 10] [--rebuilds 50] [--file-bytes 2000] [--model]

For each number of files: a corpus is written and built; then, ``--changes`` times, one file is saved, the index
refreshed and a question asked that only the new text answers. ``--rebuilds`` more changes follow, without questions,
with the memory before and after. The reader is the real one. What embeds is a stand-in that hashes words, unless
``--model`` is given: building the larger corpora would take many minutes, and a change costs the few chunks' time more.
Not in the figures: the watcher's wait until a file has settled.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import as_text, describe
from numpy.typing import NDArray

from qabot import engine as engine_module
from qabot.config import Config, EncoderConfig
from qabot.datatypes import Answer, Filters
from qabot.encoder import Encoder, EncoderIdentity, shipped_identity
from qabot.engine import Engine
from qabot.evaluation.asking import refusing_nothing

_NOUNS = "harbour ferry bridge library garden market tower museum station orchard valley quarry mill lantern".split()
_VERBS = "was painted;was opened;was repaired;was measured;was visited;was closed;was lit;was sold".split(";")
_WHEN = "in spring;after the flood;by the council;at noon;for the fair;without a word;in the old way".split(";")


class HashedWords:
    """A stand-in for the encoder, a thousand times as quick: a word adds to a few of its numbers."""

    def __init__(self, identity: EncoderIdentity) -> None:
        self.identity = identity

    def encode(self, text: str) -> NDArray[np.float32]:
        """A float32 vector of shape (dim,), L2-normalised."""
        vector = np.full(self.identity.dim, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            vector[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % self.identity.dim] += 1.0
        return vector / np.float32(np.linalg.norm(vector))


def _stand_in(config: EncoderConfig, *, threads: int) -> Encoder:  # noqa: ARG001 - takes what load_encoder takes
    return HashedWords(shipped_identity())


def _text(number: int, version: int, size_bytes: int) -> str:
    """Some ``size_bytes`` of made-up sentences, and in their middle the one that says the code of this version."""
    chance = random.Random(number)  # noqa: S311 - no secret
    sentences, length = [], 0
    while length < size_bytes:
        noun, other = chance.sample(_NOUNS, 2)
        sentences.append(
            f"The {noun} {chance.randrange(10_000)} {chance.choice(_VERBS)} {chance.choice(_WHEN)} near the {other}."
        )
        length += len(sentences[-1]) + 1
    sentences.insert(len(sentences) // 2, f"The access code of cellar K{number} is {_code(number, version)}.")
    return " ".join(sentences)


def _code(number: int, version: int) -> str:
    return str(100_000 + (number * 7919 + version * 104_729) % 900_000)


def _changed_s(engine: Engine, seeds: Path, number: int, version: int, size_bytes: int) -> tuple[float, float, float]:
    """Save one file; seconds until the new generation is in service, of which computing, and until the answer."""
    path = seeds / f"{number % 50}" / f"{number}.txt"
    path.write_text(_text(number, version, size_bytes), encoding="utf-8")
    began, cpu = time.perf_counter(), time.process_time()
    engine.refresh()
    served_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    only = Filters(sources=frozenset({path.relative_to(seeds).as_posix()}))  # the question is how soon, not how right
    found = engine.ask(f"What is the access code of cellar K{number}?", filters=only)
    answered_s = time.perf_counter() - began
    if not isinstance(found, Answer) or found.text != _code(number, version):
        raise SystemExit(f"wrong answer after a change: {found}")
    return served_s, cpu_s, answered_s


def _rss_bytes() -> int:
    """Resident memory, Linux only; 0 elsewhere."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), 0)


def _measure(root: Path, files: int, options: argparse.Namespace) -> None:
    """One size: build, change, rebuild, and print."""
    config = refusing_nothing(Config.load(root))  # the stand-in finds nothing that one could be sure of
    config.seeds_dir.mkdir()
    engine = Engine.open(config)  # of nothing yet: the models are loaded
    for number in range(files):
        path = config.seeds_dir / f"{number % 50}" / f"{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(_text(number, 0, options.file_bytes), encoding="utf-8")
    began = time.perf_counter()
    full = engine.refresh()
    full_s = time.perf_counter() - began
    if full is None:
        raise SystemExit("nothing was built")
    chunks = full.chunks_embedded + full.chunks_reused
    chance = random.Random(files)  # noqa: S311 - no secret
    chosen = [chance.randrange(files) for _ in range(options.changes)]
    times = [_changed_s(engine, config.seeds_dir, number, n + 1, options.file_bytes) for n, number in enumerate(chosen)]
    served, computing, answered = (np.array(column) for column in zip(*times, strict=True))
    print(f"\n{files:,} files of {options.file_bytes:,} bytes, {chunks:,} chunks; full rebuild {full_s:.2f} s")
    rows = ("save to generation in service", served), ("of it processor time", computing), ("save to answer", answered)
    for what, found in rows:
        p50, p95 = np.percentile(found, [50, 95])
        print(
            f"  {what:<32} p50 {p50:.2f} s, p95 {p95:.2f} s of {len(found)} changes, full rebuild x {full_s / p50:.0f}"
        )
    _rebuild(engine, config, files, options)
    engine.close()


def _rebuild(engine: Engine, config: Config, files: int, options: argparse.Namespace) -> None:
    """Many changes, one after the other, and what they leave in memory."""
    before, began, merges = _rss_bytes(), time.perf_counter(), 0
    for version in range(options.rebuilds):
        number = version % files
        path = config.seeds_dir / f"{number % 50}" / f"{number}.txt"
        path.write_text(_text(number, version + 1000, options.file_bytes), encoding="utf-8")
        engine.refresh()
        merges += engine.tidy()  # as the watcher does where nothing else is to do
    if options.rebuilds:
        each_s = (time.perf_counter() - began) / options.rebuilds
        print(
            f"  {options.rebuilds} more rebuilds of {each_s:.2f} s with {merges} merges: memory "
            f"{before / 2**20:.0f} MiB before, {_rss_bytes() / 2**20:.0f} MiB after"
        )


def main() -> None:
    """Measure each size in a folder that is removed again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--changes", type=int, default=10)
    parser.add_argument("--rebuilds", type=int, default=50)
    parser.add_argument("--file-bytes", type=int, default=2000)
    parser.add_argument("--model", action="store_true", help="embed with the shipped model")
    options = parser.parse_args()
    if not options.model:
        engine_module.load_encoder = _stand_in
    print(as_text(describe()))
    print("embedded by the shipped model" if options.model else "embedded by a stand-in")
    for files in options.files:
        with tempfile.TemporaryDirectory() as folder:
            _measure(Path(folder), files, options)


if __name__ == "__main__":
    main()
