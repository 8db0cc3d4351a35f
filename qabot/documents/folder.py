"""What lies under seeds/, and opening it safely. Knows names, links and sizes; knows nothing of what files hold.

Nothing outside of seeds/ is ever read: ids cannot climb, and a link is followed only to a file that lies in seeds/.
Folder links are not followed at all, since what they show inside of seeds/ is read under its own name already.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from qabot.datatypes import Problem
from qabot.documents.ignored import IGNORE_NAME, Rules
from qabot.errors import ConfigError, DocumentError, FileUnreached

_PASSED_OVER_PREFIXES = (".", "~$")
_PASSED_OVER_SUFFIXES = ("~", ".swp", ".swo", ".swx", ".tmp", ".part", ".crdownload")
_PASSED_OVER_NAMES = ("Thumbs.db", "desktop.ini", "4913")  # 4913: the file that vim tries a folder with
_GIVE_RIGHT = "Give qabot the right to read it."
_COPY_IT = "Copy what it points to into seeds/, or remove the link."


class SeedFile(NamedTuple):
    """A file as the folder lists it: enough to see later whether it changed."""

    id: str  # POSIX path under seeds/, as the file system spells it
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Scan(NamedTuple):
    """The readable files under seeds/ and what is wrong with the rest; both sorted by id."""

    files: tuple[SeedFile, ...]
    problems: tuple[Problem, ...]


def scan_folder(seeds: Path, suffixes: Collection[str]) -> Scan:
    """List the files with one of the ``suffixes`` (lower case, with dot); hidden and editors' files are passed over.

    Raises:
        ConfigError: if seeds/ itself cannot be listed: one that is gone must not look empty. The empty folder that a
            file system leaves when it is not mounted cannot be told from one that was emptied. Also if a file
            .qabotignore cannot be read: what it would have left out must not be shown.
    """
    files: list[SeedFile] = []
    problems: list[Problem] = []
    root = os.path.realpath(seeds)
    try:
        for found in _walk(root, suffixes):
            (files if isinstance(found, SeedFile) else problems).append(found)  # type: ignore[arg-type]
    except OSError as error:
        raise _unlisted(seeds, error) from None
    return Scan(tuple(sorted(files)), tuple(sorted(problems, key=lambda problem: problem.id)))


def _unlisted(seeds: Path, error: OSError) -> ConfigError:
    problem = f"the folder {seeds} cannot be listed: {error.strerror}"
    return ConfigError(
        problem, remedy="Is its disk mounted? Else create it, or name another root with --root or QABOT_ROOT."
    )


def list_folders(seeds: Path) -> frozenset[str]:
    """The real paths of seeds/ and of every folder under it that can be listed and whose files may be documents.

    Raises:
        ConfigError: as of ``scan_folder``.
    """
    root = os.path.realpath(seeds)
    try:
        prefixes = (listing.prefix for listing in _listings(root) if listing.problem is None)
        return frozenset(os.path.join(root, prefix).rstrip(os.sep) for prefix in prefixes)  # noqa: PTH118 - fast
    except OSError as error:
        raise _unlisted(seeds, error) from None


class _Listing(NamedTuple):
    """One folder: what its ids begin with, and its entries, or why there are none."""

    prefix: str
    entries: list[os.DirEntry[str]]
    problem: Problem | None = None


def _walk(root: str, suffixes: Collection[str]) -> Iterator[SeedFile | Problem]:
    """Every file below.

    Raises:
        OSError: if ``root`` itself cannot be listed.
        ConfigError: if rules of what is left out cannot be read.
    """
    for prefix, entries, problem in _listings(root):
        if problem is not None:
            yield problem
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                found = _file(entry, prefix + entry.name, root, suffixes)
                if found is not None:
                    yield found


def _listings(root: str) -> Iterator[_Listing]:
    """Folder by folder: however deep, since nothing calls itself. Links to folders are not followed.

    Raises:
        OSError: if ``root`` itself cannot be listed.
        ConfigError: if rules of what is left out cannot be read.
    """
    waiting: list[tuple[str, str, Rules]] = [(root, "", Rules())]
    while waiting:
        folder, prefix, rules = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                everything = list(listing)
        except OSError as error:
            if not prefix:
                raise
            if not isinstance(error, FileNotFoundError):  # else it vanished since its parent was listed
                yield _Listing(prefix, [], _refused(prefix, "listed", error))
            continue
        if any(entry.name == IGNORE_NAME for entry in everything):
            rules = rules.with_file(Path(folder, IGNORE_NAME), prefix)
        entries = [entry for entry in everything if not passed_over(entry.name)]
        if rules:
            entries = [entry for entry in entries if not _left_out(rules, entry, prefix)]
        folders = (entry for entry in entries if entry.is_dir(follow_symlinks=False))
        waiting += ((entry.path, f"{prefix}{entry.name}/", rules) for entry in folders)
        yield _Listing(prefix, entries)


def _left_out(rules: Rules, entry: os.DirEntry[str], prefix: str) -> bool:
    return rules.leave_out(prefix + entry.name, is_folder=entry.is_dir(follow_symlinks=False))


def _file(entry: os.DirEntry[str], id_: str, root: str, suffixes: Collection[str]) -> SeedFile | Problem | None:
    """The entry as a file or a problem; None for a link to a folder of seeds/, which is read under its own name."""
    if not _is_utf8(id_):
        return Problem(_printable(id_), "its name is not valid UTF-8", "Rename it.")
    if entry.is_symlink() and not _inside(os.path.realpath(entry.path), root):
        return Problem(id_, "it is a link that leads out of seeds/", _COPY_IT)
    try:
        state = entry.stat()
    except FileNotFoundError:
        # A plain file that vanished since the listing is no longer our business.
        return Problem(id_, "it is a link to nothing", _COPY_IT) if entry.is_symlink() else None
    except OSError as error:
        return _refused(id_, "looked at", error)
    return None if stat.S_ISDIR(state.st_mode) else _judged(id_, state, suffixes)


def _judged(id_: str, state: os.stat_result, suffixes: Collection[str]) -> SeedFile | Problem:
    if not stat.S_ISREG(state.st_mode):
        return Problem(id_, "it is no regular file", "Remove it from seeds/.")
    if suffix_of(id_) not in suffixes:
        return unsupported(id_, suffixes)
    return SeedFile(id_, state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


def _refused(id_: str, what: str, error: OSError) -> Problem:
    """That the system does not let a file or folder be listed or looked at."""
    if error.errno == errno.ELOOP:
        return Problem(_printable(id_), "it is a link that leads in a circle", _COPY_IT)
    too_long = error.errno == errno.ENAMETOOLONG
    remedy = "Move it out of some of its folders, or shorten their names." if too_long else _GIVE_RIGHT
    return Problem(_printable(id_), f"it cannot be {what}: {error.strerror}", remedy)


def unsupported(id_: str, suffixes: Collection[str]) -> Problem:
    """That files of this type are not read."""
    kind = suffix_of(id_)
    reason = f"files of type {kind} are not read" if kind else "it has no suffix that tells its type"
    return Problem(id_, reason, f"Save it as one of {' '.join(sorted(suffixes))}.")


def passed_over(name: str) -> bool:
    """Whether a file or folder of this name is hidden or an editor's own, and so not worth a word."""
    return (
        name.startswith(_PASSED_OVER_PREFIXES)
        or name.lower().endswith(_PASSED_OVER_SUFFIXES)
        or name in _PASSED_OVER_NAMES
        or (name.startswith("#") and name.endswith("#"))
    )


def suffix_of(id_: str) -> str:
    """The suffix in lower case with its dot; "" without one."""
    name = id_.rpartition("/")[2]
    dot = name.rfind(".")  # as PurePosixPath does it, which is most of the time of listing 10,000 files
    return name[dot:].lower() if 0 < dot < len(name) - 1 else ""


def read_bytes(seeds: Path, id_: str, *, max_bytes: int) -> bytes:
    """The bytes of one file under seeds/.

    Raises:
        DocumentError: if the id could lead elsewhere, or the file is gone, too large or no regular file.
        FileUnreached: if the system does not let it be read, now.
    """
    path = _path_inside(seeds, id_)
    try:
        # O_NONBLOCK: a pipe put in a file's place must not stop the build for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            _require_readable(os.fstat(file.fileno()), path, id_, max_bytes)
            raw = file.read(max_bytes + 1)
    except FileNotFoundError:
        raise DocumentError(f"{id_} vanished while it was read", remedy="Nothing to do if that was meant.") from None
    except PermissionError:
        raise FileUnreached(f"{id_} may not be read", remedy=_GIVE_RIGHT) from None
    except OSError as error:
        raise FileUnreached(f"{id_} cannot be read: {error.strerror}", remedy="Check the disk and the file.") from None
    if len(raw) > max_bytes:
        raise _too_large(id_, f"{len(raw):,} bytes or more", max_bytes)  # it grew meanwhile
    return raw


def _path_inside(seeds: Path, id_: str) -> str:
    """The real path of an id; what is opened is compared with it once more after opening."""
    parts = id_.split("/")
    # A backslash or a colon separates on Windows only, but there it would climb; a NUL ends the name on the way down.
    foreign = "\0" in id_ or (os.name == "nt" and any(mark in id_ for mark in "\\:"))
    if foreign or any(part in ("", ".", "..") or passed_over(part) for part in parts):
        raise DocumentError(f"{_printable(id_)!r} names no document", remedy="Name one as `qabot sources` lists it.")
    root = os.path.realpath(seeds)
    path = os.path.realpath(Path(root, *parts))
    if not _inside(path, root):
        raise DocumentError(f"{id_} is a link that leads out of seeds/", remedy=_COPY_IT)
    return path


def _require_readable(state: os.stat_result, path: str, id_: str, max_bytes: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise DocumentError(f"{id_} is no regular file", remedy="Remove it from seeds/.")
    # The name could have been exchanged for a link between resolving and opening it.
    if os.path.realpath(path) != path or not os.path.samestat(state, Path(path).stat()):
        raise FileUnreached(f"{id_} was exchanged while it was opened", remedy="It is read again with the next update.")
    if state.st_size > max_bytes:
        raise _too_large(id_, f"{state.st_size:,} bytes", max_bytes)


def _too_large(id_: str, size: str, max_bytes: int) -> DocumentError:
    problem = f"{id_} has {size}, above the limit of {max_bytes:,}"
    return DocumentError(problem, remedy="Split it, or raise max_file_bytes under [seeds] in qabot.toml.")


def _inside(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def _is_utf8(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= character <= "\udfff" for character in name)


def _printable(name: str) -> str:
    return name.encode("utf-8", errors="backslashreplace").decode("utf-8")
