"""One builder at a time. The lock belongs to an open file, so it dies with its owner however that ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qabot.errors import IndexLocked

LOCK_NAME = "build.lock"
OWNER_NAME = "build.pid"  # beside the lock: Windows lets nobody read a locked file


@contextmanager
def builder_lock(embeddings: Path, *, timeout_s: float) -> Iterator[None]:
    """Hold the right to build in ``embeddings`` for the length of the block.

    Raises:
        IndexLocked: if another living process still holds it after ``timeout_s``.
        OSError: if the lock file cannot be made.
    """
    from filelock import FileLock, Timeout  # here: 75 ms that only a build has to pay

    lock = FileLock(embeddings / LOCK_NAME)
    try:
        lock.acquire(timeout=timeout_s, poll_interval=0.05)
    except Timeout:
        raise IndexLocked(
            f"another process ({_owner(embeddings)}) is building the index in {embeddings}",
            remedy="Wait until it is done, or end that process; the lock goes with it.",
        ) from None
    try:
        (embeddings / OWNER_NAME).write_text(f"{os.getpid()}\n", encoding="ascii")
        yield
    finally:
        lock.release()


def _owner(embeddings: Path) -> str:
    try:
        pid = (embeddings / OWNER_NAME).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        pid = ""
    return f"number {pid}" if pid.isdecimal() else "its number is not known"
