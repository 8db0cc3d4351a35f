"""A private folder from which Tantivy opens the terms of a generation.

Tantivy maps its files and writes lock files beside them; a generation is never written to and may be removed at any
moment. So its files are linked (copied where links fail) into a folder of our own, summed there, opened, and the folder
is removed again at once: what is mapped stays readable without a name, and a reader that is killed leaves nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qabot.errors import IndexUnusable
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
    target = folder / part.path
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(generation / part.path, target)
    except OSError:
        data = read_part(generation, part)
        with _room():
            target.write_bytes(data)
    else:
        read_part(folder, part)


@contextmanager
def _private_folder() -> Iterator[Path]:
    with _room():
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        _remove_dead(folder.parent)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # on Windows it stays for as long as the files are mapped


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
    for left in folder.glob(f"{_PREFIX}*"):
        try:
            dead = time.time() - left.stat().st_mtime > _DEAD_AFTER_S
        except OSError:  # another reader's, just removed by it
            continue
        if dead:
            shutil.rmtree(left, ignore_errors=True)
