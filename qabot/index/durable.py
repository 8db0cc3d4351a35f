"""Writing so that a power cut at any moment leaves the old or the new, and errors of the disk in words.

This module knows files and folders; it refuses to know what is in them.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from qabot.errors import IndexNotWritten
from qabot.index.manifest import PartRecord

T = TypeVar("T")
_IN_THE_WAY = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.ELOOP)
_ROOM, _RIGHT, _FILES = "Free space there", "Allow writing there", "Close other programs or raise the limit (ulimit -n)"
_CAUSES = {
    errno.ENOSPC: ("the disk is full", _ROOM),
    errno.EDQUOT: ("the disk quota is used up", _ROOM),
    errno.EFBIG: ("a file would be larger than this system allows", "Raise the limit (ulimit -f)"),
    errno.EROFS: ("the file system is read-only", _RIGHT),
    errno.EACCES: ("writing there is not allowed", _RIGHT),
    errno.EPERM: ("writing there is not allowed", _RIGHT),
    errno.EIO: ("the disk reports an error", "Check the disk"),
    errno.EMFILE: ("too many files are open", _FILES),
    errno.ENFILE: ("too many files are open", _FILES),
    errno.EXDEV: ("parts of that folder lie on another file system", "Keep the folder on one file system"),
}
_PATIENCE_S = 2.0 if os.name == "nt" else 0.0  # Windows refuses to rename what somebody is just reading
_PAUSE_S = 0.01


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
    try:
        write_durably(aside, data)
        patiently(partial(aside.replace, path))
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise
    sync_folder(path.parent)


def may_use(folder: Path) -> bool:
    """Whether this process has the right to look into a folder and to write there."""
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)


def remove_if_possible(folder: Path) -> None:
    """Remove a folder. What somebody has open on Windows, or the disk refuses to remove, is for a later try."""
    with suppress(OSError):  # "ignore_errors" ignores most of them
        shutil.rmtree(folder, ignore_errors=True)


def patiently(act: Callable[[], T]) -> T:
    """Do ``act``; where open files hinder others, try again for a moment.

    Raises:
        OSError: what ``act`` raises in the end.
    """
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        with suppress(PermissionError):
            return act()
        time.sleep(_PAUSE_S)
    return act()


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


def sum_parts(folder: Path, names: Sequence[str]) -> tuple[PartRecord, ...]:
    """Flush those files of ``folder`` and record the size and SHA-256 of each.

    Raises:
        OSError: if the disk refuses.
    """
    records = []
    for name in names:
        path = folder / name
        sync_file(path)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        records.append(PartRecord(name, path.stat().st_size, digest))
    return tuple(records)


def linked(source: Path, target: Path) -> bool:
    """Give a file a second name; not so a link, which may be turned to other bytes after they were summed."""
    try:
        if source.is_symlink():
            return False
        os.link(source, target)
    except OSError:
        return False
    return True


@contextmanager
def refusals_in_words(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses inside the block into IndexNotWritten, cause first.

    Raises:
        IndexNotWritten: instead of OSError or an error of SQLite.
    """
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        from qabot.index.opening import CURRENT_NAME  # which needs this module

        cause, remedy = cause_of(error)
        previous = "; the previous one stays in service" if os.path.lexists(folder / CURRENT_NAME) else ""
        raise IndexNotWritten(
            f"the index could not be written to {folder}: {cause}{previous}",
            remedy=f"{remedy}, then run qabot index.",
        ) from error


def cause_of(error: OSError | sqlite3.OperationalError) -> tuple[str, str]:
    """What is the matter, and the first half of what to do about it, both without a full stop."""
    either = "Free space or allow writing there"
    if isinstance(error, sqlite3.OperationalError):
        full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        return _CAUSES[errno.ENOSPC] if full else (f"SQLite says {error}", either)
    if error.errno in _IN_THE_WAY:
        path = Path(os.fsdecode(error.filename2 or error.filename or "something"))
        return f"{path.name} is {_kind(path)} and stands in the way", f"Move {path.name} away"
    refused = Path(os.fsdecode(error.filename or ""))
    if error.errno in (errno.EACCES, errno.EPERM) and refused.is_file() and may_use(refused.parent):
        name = refused.name
        return f"writing to {name} there is not allowed", f"Give qabot the right to read and write {name}, or remove it"
    return _CAUSES.get(error.errno or 0, (error.strerror or str(error), either))


def _kind(path: Path) -> str:
    if path.is_symlink():
        return "a link" if path.exists() else "a link to nothing"
    return "a folder" if path.is_dir() else "a file"
