"""Writing so that a power cut at any moment leaves the old or the new, and errors of the disk in words.

This module knows files and folders; it refuses to know what is in them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qabot.errors import IndexNotWritten
from qabot.index.manifest import PartRecord

_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY)
_CAUSES = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "a file would be larger than this system allows",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.EIO: "the disk reports an error",
    errno.EMFILE: "too many files are open",
}


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file and wait until it is on the disk.

    Raises:
        OSError: if the disk refuses.
    """
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_durably(path: Path, data: bytes) -> None:
    """Give ``path`` new content in one step: at any moment it holds the old or the new bytes, whole.

    Raises:
        OSError: if the disk refuses.
    """
    aside = path.with_name(path.name + ".tmp")
    write_durably(aside, data)
    aside.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Wait until what another library wrote into ``path`` is on the disk."""
    with path.open("rb+") as file:  # "+": Windows flushes only what could have been written
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the names in ``path`` are on the disk. Windows keeps no such promise and has no such call."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sum_parts(folder: Path) -> tuple[PartRecord, ...]:
    """Flush every file under ``folder`` and record its size and SHA-256, sorted by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    records = []
    for path in paths:
        sync_file(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        records.append(PartRecord(path.relative_to(folder).as_posix(), path.stat().st_size, digest))
    for inner in {path.parent for path in paths}:
        sync_folder(inner)
    return tuple(records)


@contextmanager
def refusals_in_words(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses inside the block into IndexNotWritten, cause first.

    Raises:
        IndexNotWritten: instead of OSError or an error of SQLite.
    """
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        cause, remedy = _cause(error)
        raise IndexNotWritten(
            f"the index could not be written to {folder}: {cause}; the previous one, if any, stays in service",
            remedy=f"{remedy}, then run qabot index.",
        ) from error


def _cause(error: OSError | sqlite3.OperationalError) -> tuple[str, str]:
    """What is the matter, and the first half of what to do about it."""
    room = "Free space or allow writing there"
    if isinstance(error, sqlite3.OperationalError):
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        return "the disk is full" if full else f"SQLite says {error}", room
    if error.errno in _IN_THE_WAY:
        path = Path(os.fsdecode(error.filename2 or error.filename or "something"))
        kind = "a folder" if path.is_dir() else "a link to nothing" if path.is_symlink() else "a file"
        return f"{path.name} is {kind} and stands in the way", f"Move {path.name} away"
    return _CAUSES.get(error.errno or 0) or error.strerror or str(error), room
