"""A small but real index for tests: an encoder that hashes words, and files written into a temporary folder.

Run as a program it is a builder for another process to watch, limit or kill (see test_index_crash.py).
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qabot.encoder import EncoderIdentity
from qabot.errors import QabotError
from qabot.index import BuildReport, Generation, IndexIdentity, build, open_current
from qabot.index.lock import builder_lock
from qabot.index.opening import current_id

DIM = 32
IDENTITY = IndexIdentity(
    encoder=EncoderIdentity(engine="test", model="hashed words", sha256="0" * 64, dim=DIM),
    min_tokens=16,
    max_tokens=24,
    max_file_bytes=100_000,
    max_text_chars=100_000,
    max_read_s=20.0,
    max_memory_bytes=1_000_000_000,
    tokenizer_sha256="1" * 64,
    sentences="test 1",
    chunker="test 1",
    extractors=((".txt", "plain 1"),),
)
LATER = 10_000.0  # seconds after now: no file is so young then that its fingerprint is not trusted


class HashedWords:
    """Each word adds to one of 32 numbers; texts with the same words have the same vector. Counts its work."""

    def __init__(self, identity: EncoderIdentity = IDENTITY.encoder) -> None:
        self.identity = identity
        self.encoded: list[str] = []

    def encode(self, text: str) -> NDArray[np.float32]:
        """A float32 vector of shape (32,) and length 1."""
        self.encoded.append(text)
        vector = np.zeros(DIM, dtype=np.float32)
        for word in text.lower().split():
            vector[hashlib.sha256(word.encode()).digest()[0] % DIM] += 1.0
        return vector / np.float32(np.linalg.norm(vector))


def count_tokens(text: str) -> int:
    """Words."""
    return len(text.split())


def write_seeds(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files under ``root``/seeds and return that folder."""
    seeds = root / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = seeds / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return seeds


def update(root: Path, encoder: HashedWords | None = None, **options: Any) -> BuildReport:
    """Bring ``root``/embeddings up to date with ``root``/seeds."""
    encoder = encoder or HashedWords()
    options = {"identity": IDENTITY, "count_tokens": count_tokens} | options
    return build(root / "seeds", root / "embeddings", encoder=encoder, **options)


@contextlib.contextmanager
def opened(root: Path, identity: IndexIdentity = IDENTITY) -> Iterator[Generation]:
    """The generation in service, closed at the end of the block."""
    generation = open_current(root / "embeddings", identity)
    try:
        yield generation
    finally:
        generation.close()


def part_of(root: Path, name: str) -> Path:
    """A file of the generation in service by the end of its name: the first segment's, where each has one."""
    embeddings = root / "embeddings"
    return min((embeddings / "generations" / current_id(embeddings)).glob(f"*{name}"))


def sentences(*, about: str, count: int) -> str:
    """That many sentences of eight words, each different."""
    return " ".join(f"The {about} number {n} has property {n * 7} today." for n in range(count))


def listing(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every path under ``folder`` with its mode, mtime and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        state = path.stat()
        content = path.read_bytes() if path.is_file() else b""
        found[path.relative_to(folder).as_posix()] = (state.st_mode, state.st_mtime_ns, content)
    return found


@contextlib.contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Make a folder and all in it read-only, for root too (which otherwise ignores modes)."""
    paths = [folder, *folder.rglob("*")]
    modes = [(path, path.stat().st_mode) for path in paths]
    for path, mode in modes:
        path.chmod(mode & ~0o222)
    try:
        with _without_override():
            yield
    finally:
        for path, mode in modes:
            path.chmod(mode)


@contextlib.contextmanager
def _without_override() -> Iterator[None]:
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # version 3 of the call, this thread
    before = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable, for capabilities 0-31 and 32-63
    assert libc.capget(header, before) == 0
    without = (ctypes.c_uint32 * 6)(*before)
    without[0] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, without) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


def _build_for_ever(root: Path) -> None:
    """Write version after version of three files and build after each, until killed."""
    for name in ("faiss", "filelock", "tantivy"):  # else half of the kills would only meet imports
        importlib.import_module(name)
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    version = int.from_bytes(os.urandom(3))
    while True:
        version += 1
        write_seeds(root, {f"{name}.txt": versioned(name, version) for name in "abc"})
        update(root)


def versioned(name: str, version: int) -> str:
    """A text that says its version in each sentence."""
    return sentences(about=f"{name} of v{version}", count=12)


def _hold_the_lock(root: Path) -> None:
    """Take the builder's lock and keep it until killed."""
    with builder_lock(root / "embeddings", timeout_s=5):
        print("ready", flush=True)  # noqa: T201 - the parent waits for it
        time.sleep(600)


def _build_with_small_files(root: Path, limit_bytes: int) -> None:
    """Build where no file may become larger than ``limit_bytes``; print what happened."""
    import resource  # POSIX only

    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        report = update(root)
    except QabotError as error:
        print(type(error).__name__, error)  # noqa: T201 - the parent reads it
    else:
        print("built", report.generation)  # noqa: T201


def other_encoder() -> HashedWords:
    """An encoder with another identity."""
    return HashedWords(replace(IDENTITY.encoder, sha256="2" * 64))


if __name__ == "__main__":
    if sys.argv[1] == "for-ever":
        _build_for_ever(Path(sys.argv[2]))
    elif sys.argv[1] == "hold":
        _hold_the_lock(Path(sys.argv[2]))
    else:
        _build_with_small_files(Path(sys.argv[2]), int(sys.argv[3]))
