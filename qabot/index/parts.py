"""Reading the files of an index: each once, never waiting, and parts only if they are what the manifest says."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from qabot.errors import IndexDamaged, IndexUnusable
from qabot.index.manifest import PartRecord

REBUILD = "Run qabot index: it rebuilds from seeds/."
_IN_THE_WAY = (errno.ENOTDIR, errno.EISDIR, errno.ELOOP)  # which a rebuild may be unable to replace
Stamp = tuple[int, int, int, int]  # device, inode, size, time of change
damaged: set[Stamp] = set()  # files that this process read and found spoilt, however sound they once were
_OUR_SHORTAGE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # says nothing about the file


def read_part(folder: Path, part: PartRecord) -> bytes:
    """The verified bytes of one part.

    Raises:
        IndexDamaged: if the file is missing, cannot be read, or has another sum.
        IndexUnusable: if this process may open no more files.
    """
    stamps = stamps_of(folder / part.path)
    try:
        data = read_regular(folder / part.path, at_most_bytes=part.size_bytes)
    except OSError as error:
        damaged.update(stamps)
        raise unreadable(part.path, error) from error
    if len(data) != part.size_bytes or hashlib.sha256(data).hexdigest() != part.sha256:
        damaged.update(stamps)
        raise IndexDamaged(f"{part.path} of the index differs from its checksum", remedy=REBUILD)
    return data


def stamps_of(path: Path) -> set[Stamp]:
    """By what a file can be known again without reading; nothing for a link, or where it cannot be looked at."""
    try:
        state = path.lstat()
    except OSError:
        return set()  # reading it will say why
    if not stat.S_ISREG(state.st_mode):
        return set()
    return {(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)}


def read_regular(path: Path, *, at_most_bytes: int) -> bytes:
    """The first ``at_most_bytes`` + 1 bytes of a file: the one too many tells that it is longer.

    Raises:
        OSError: if it cannot be read or is no regular file.
    """
    with open(path, "rb", opener=_open_without_waiting) as file:
        state = os.fstat(file.fileno())
        if not stat.S_ISREG(state.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return file.read(min(state.st_size, at_most_bytes) + 1)


def unreadable(name: str, error: OSError) -> IndexUnusable:
    """What to raise for a file of the index that cannot be read: only what a rebuild can mend is called damage."""
    problem = f"{name} of the index cannot be read: {error.strerror or error}"
    if error.errno in _OUR_SHORTAGE:
        return IndexUnusable(problem, remedy="Close other programs, or raise the limits (ulimit -n, memory).")
    if error.errno in _IN_THE_WAY and error.filename is not None:
        return IndexDamaged(problem, remedy=f"Move {_culprit(Path(error.filename)).name} away, then run qabot index.")
    return IndexDamaged(problem, remedy=REBUILD)


def _culprit(path: Path) -> Path:
    """What stands in the way of a path: the file or broken link in the place of one of its folders, else itself."""
    above = reversed(path.parents)
    return next((folder for folder in above if os.path.lexists(folder) and not folder.is_dir()), path)


def _open_without_waiting(path: str, flags: int) -> int:
    """A pipe put in a file's place must not stop us for ever."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
