"""A private folder from which Tantivy opens the terms of a generation.

Tantivy maps its files and writes lock files beside them; a generation is never written to and may be removed at any
moment. So its files are linked (copied where links fail) into a folder of our own, summed there, opened, and the folder
is removed again at once: what is mapped stays readable without a name, and a reader that is killed leaves nothing.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qabot.errors import IndexUnusable
from qabot.index.durable import remove_if_possible
from qabot.index.manifest import PartRecord
from qabot.index.parts import read_part
from qabot.index.terms import TERMS_NAME, Terms

_PREFIX = "qabot-terms-"
_DEAD_AFTER_S = 3600.0  # such a folder lives for a moment; Windows cannot remove it while its files are mapped


def open_terms(generation: Path, parts: tuple[PartRecord, ...]) -> Terms:
    """Open the terms of the generation in folder ``generation``, verified.

    Raises:
        IndexDamaged: if a file is not what the manifest says.
        IndexUnusable: if there is no room for a private folder.
        ValueError: if Tantivy cannot make sense of files whose sums are right.
    """
    mine = tuple(part for part in parts if part.path.startswith(f"{TERMS_NAME}/"))
    with _private_folder() as folder:
        for part in mine:
            _take(generation, part, folder)
        return Terms.open(folder / TERMS_NAME)


def _take(generation: Path, part: PartRecord, folder: Path) -> None:
    """Link or copy one file; what is verified is what Tantivy will map, not what had the name before."""
    source, target = generation / part.path, folder / part.path
    with _room():
        target.parent.mkdir(exist_ok=True)
    if _linked(source, target):
        read_part(folder, part)
        return
    data = read_part(generation, part)
    with _room():
        target.write_bytes(data)


def _linked(source: Path, target: Path) -> bool:
    """Give a file a second name; not so a link, which may be turned to other bytes after they were summed."""
    try:
        if source.is_symlink():
            return False
        os.link(source, target)
    except OSError:
        return False
    return True


@contextmanager
def _private_folder() -> Iterator[Path]:
    with _room():
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        _remove_dead(folder.parent)
        yield folder
    finally:
        remove_if_possible(folder)  # on Windows it stays for as long as the files are mapped


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise IndexUnusable(
            f"the index cannot be opened: the folder for temporary files refuses: {error.strerror or error}",
            remedy="Free space there, or name another folder in the environment variable TMPDIR.",
        ) from error


def _remove_dead(folder: Path) -> None:
    """Remove what readers left that were killed while opening."""
    with suppress(OSError):  # others remove too, and whoever opens next tries again
        for left in folder.glob(f"{_PREFIX}*"):
            age_s = abs(time.time() - left.stat().st_mtime)  # from the future, if the clock was put back since
            if age_s > _DEAD_AFTER_S:
                remove_if_possible(left)
