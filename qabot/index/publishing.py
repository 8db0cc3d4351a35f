"""Putting a built generation into service, and clearing away what no reader can need any more.

The order is the guarantee: parts, then the manifest, then the folder's name, then CURRENT; each on the disk before the
next. A power cut leaves the old generation in service or the new one, never a mix.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from qabot.errors import IndexMissing, IndexUnusable
from qabot.index.durable import patiently, remove_if_possible, replace_durably, sync_folder, write_durably
from qabot.index.manifest import MANIFEST_NAME, Manifest, generation_id
from qabot.index.opening import CURRENT_NAME, GENERATIONS_NAME, current_id, in_service

BUILDING_PREFIX = "building-"


@contextmanager
def building_folder(embeddings: Path) -> Iterator[Path]:
    """A new folder to build in, removed at the end of the block unless it was published meanwhile.

    Raises:
        OSError: if the disk refuses.
    """
    folder = embeddings / f"{BUILDING_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        remove_if_possible(folder)  # what cannot be removed now, the next builder removes


def remove_left_overs(embeddings: Path) -> None:
    """Remove what dead builders left. Only for the holder of the lock: nobody else can be building.

    Raises:
        OSError: if something that is not ours has the name of what a switch needs.
    """
    for left in embeddings.glob(f"{BUILDING_PREFIX}*"):
        remove_if_possible(left)
    (embeddings / f"{CURRENT_NAME}.tmp").unlink(missing_ok=True)
    with suppress(OSError):  # the next build tries again
        _remove_unneeded(embeddings / GENERATIONS_NAME, in_service(embeddings))


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
        target.replace(embeddings / f"{BUILDING_PREFIX}{os.getpid()}-replaced-{secrets.token_hex(4)}")
    previous = in_service(embeddings)
    with _withdrawn_if_not_switched(embeddings, target):
        patiently(partial(building.replace, target))
        sync_folder(generations)
        replace_durably(embeddings / CURRENT_NAME, f"{name}\n".encode("ascii"))
    _remove_all_but(generations, {name, previous})
    return name


@contextmanager
def _withdrawn_if_not_switched(embeddings: Path, target: Path) -> Iterator[None]:
    """If the block ends before the switch, take its generation away again: on a full disk the room is needed."""
    try:
        yield
    finally:
        if _names_another(embeddings, target.name):
            remove_if_possible(target)


def _names_another(embeddings: Path, name: str) -> bool:
    """Whether it is certain that ``name`` is not in service."""
    try:
        return current_id(embeddings) != name
    except IndexMissing:
        return True
    except IndexUnusable:
        return False


def _remove_unneeded(generations: Path, current: str | None) -> None:
    """Leave the one in service and the one before it. What is younger was never switched to, or half removed."""
    ages = {path.name: path.stat().st_mtime_ns for path in generations.iterdir()}
    if current not in ages:  # then the next build wants the youngest that is sound
        return
    before = [name for name, age in ages.items() if name != current and age <= ages[current]]
    _remove_all_but(generations, {current, max(before, key=ages.__getitem__, default=None)})


def _remove_all_but(generations: Path, kept: set[str | None]) -> None:
    """Remove other generations. An open reader needs nothing from them, one that is opening begins again."""
    with suppress(OSError):  # the switch is done: what cannot be removed now, the next build removes
        for folder in generations.iterdir():
            if folder.name not in kept:
                remove_if_possible(folder)  # Windows keeps what is open
