"""One builder at a time. The lock belongs to an open file, so it dies with its owner however that ends.

``build.pid`` beside it only informs: nobody decides by a process number, which another process may have by now.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from qabot.errors import IndexLocked
from qabot.index.parts import read_regular

LOCK_NAME = "build.lock"
OWNER_NAME = "build.pid"  # beside the lock: Windows lets nobody read a locked file
_MAX_OWNER_BYTES = 20


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
            f"another process ({builder(embeddings)}) is building the index in {embeddings}",
            remedy="Wait until it is done, or end that process; the lock goes with it.",
        ) from None
    try:
        _sign(embeddings / OWNER_NAME)
        yield
    finally:
        with suppress(OSError):  # Windows: somebody reads it
            (embeddings / OWNER_NAME).unlink()
        lock.release()


def builder(embeddings: Path) -> str:
    """Who builds, in words; only for people to read, and only while the lock is held."""
    path = embeddings / OWNER_NAME
    try:
        data = read_regular(path, at_most_bytes=_MAX_OWNER_BYTES)
        since = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    except (OSError, ValueError, OverflowError):  # the latter two: no time of this calendar
        return "its number is not known"
    pid = data.strip().decode("ascii", errors="replace")
    if len(data) > _MAX_OWNER_BYTES or not pid.isdecimal():
        return "its number is not known"
    return f"number {pid}, since {since:%Y-%m-%d %H:%M:%S}"


def _sign(path: Path) -> None:
    """Write the process number. What a dead owner left goes first: better no number than a wrong one."""
    with suppress(OSError):  # a full disk will be told of by what has to be written
        path.unlink(missing_ok=True)
        path.write_text(f"{os.getpid()}\n", encoding="ascii")
