"""Putting a built generation into service, and clearing away what no reader can need any more.

The order is the guarantee: parts, then the manifest, then the folder's name, then CURRENT; each on the disk before the
next. A power cut leaves the old generation in service or the new one, never a mix.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qabot.errors import IndexUnusable
from qabot.index.durable import replace_durably, sync_folder, write_durably
from qabot.index.manifest import MANIFEST_NAME, Manifest, generation_id
from qabot.index.opening import CURRENT_NAME, GENERATIONS_NAME, current_id

_BUILDING_PREFIX = "building-"


@contextmanager
def building_folder(embeddings: Path) -> Iterator[Path]:
    """A new folder to build in, removed at the end of the block unless it was published meanwhile.

    Raises:
        OSError: if the disk refuses.
    """
    folder = embeddings / f"{_BUILDING_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # what cannot be removed now, the next builder removes


def remove_left_overs(embeddings: Path) -> None:
    """Remove what dead builders left. Only for the holder of the lock: nobody else can be building."""
    for left in embeddings.glob(f"{_BUILDING_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
    (embeddings / f"{CURRENT_NAME}.tmp").unlink(missing_ok=True)


def publish(embeddings: Path, building: Path, manifest: Manifest) -> str:
    """Switch to what was built in ``building``, whose parts are flushed already; returns its id.

    Raises:
        OSError: if the disk refuses; the previous generation is then still the current one.
    """
    data = manifest.to_bytes()
    name = generation_id(data)
    write_durably(building / MANIFEST_NAME, data)
    sync_folder(building)
    generations = embeddings / GENERATIONS_NAME
    generations.mkdir(exist_ok=True)
    target = generations / name
    if target.exists():  # the same manifest, so damaged or about to be the same: a folder cannot replace a full one
        target.replace(embeddings / f"{_BUILDING_PREFIX}{os.getpid()}-replaced-{secrets.token_hex(4)}")
    building.replace(target)
    sync_folder(generations)
    previous = _current_or_none(embeddings)
    replace_durably(embeddings / CURRENT_NAME, f"{name}\n".encode("ascii"))
    _remove_all_but(generations, {name, previous})
    return name


def _current_or_none(embeddings: Path) -> str | None:
    try:
        return current_id(embeddings)
    except IndexUnusable:
        return None


def _remove_all_but(generations: Path, kept: set[str | None]) -> None:
    for folder in generations.iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)  # Windows keeps what is open; the next build tries again
