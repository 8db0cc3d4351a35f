"""The index: whether it can be used, is up to date, and could be built again."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from qabot.config import Config, EncoderConfig
from qabot.doctor.check import Check
from qabot.doctor.seeds import in_bytes
from qabot.documents import scan
from qabot.encoder import DEFAULT_MODEL, EncoderIdentity, shipped_identity
from qabot.errors import ConfigError, IndexMismatch, IndexMissing
from qabot.failed_rebuild import kept_failure
from qabot.index import Generation, IndexIdentity
from qabot.index.changes import compare
from qabot.index.durable import may_use
from qabot.index.lock import LOCK_NAME, builder
from qabot.index.manifest import Manifest
from qabot.index.opening import GENERATIONS_NAME, current_id, open_current, read_manifest
from qabot.index.settling import unsettled_before
from qabot.own_calibration import AGAIN, binding, kept_calibration

_SPARE_BYTES = 100_000_000  # what a build of even a small index may take for a moment
_VOID = "answers.threshold = {} in qabot.toml overrides the threshold of qabot calibrate: its promise does not hold"
_VOID_REMEDY = "Remove answers.threshold from qabot.toml, or run qabot calibrate --reset."
_UPDATES = "Run qabot index; ask, chat and the bot also do it by themselves."


def index_checks(config: Config, *, settings_known: bool) -> Iterator[Check]:
    """``settings_known``: whether qabot.toml could be read; else what the index was built with is not compared.

    Raises:
        IndexUnusable: if the index cannot be used.
    """
    folder = config.embeddings_dir
    if os.path.lexists(folder) and not folder.is_dir():
        yield Check("index", "problem", f"{folder} is no folder", f"Move {folder.name} away, then run qabot index.")
        return
    yield _writable(folder)
    yield from _failed(folder)
    yield from _building(folder)
    try:
        manifest = read_manifest(folder / GENERATIONS_NAME / current_id(folder))
    except (IndexMissing, IndexMismatch) as error:  # of a new folder or a new version: the next command builds it
        yield _room(folder, 0)
        yield Check("index", "warning", error.problem, _UPDATES)
        return
    yield _room(folder, sum(part.size_bytes for part in manifest.parts))
    with closing(open_current(folder, manifest.identity)) as generation:
        yield Check("index", "ok", f"generation {generation.id}: every sum is right")
        if settings_known:
            yield _settings(config, generation.manifest.identity)
            yield from _calibrated(config, generation.manifest)
        yield _current(config, generation)


def _settings(config: Config, built_with: IndexIdentity) -> Check:
    encoder = _encoder(config.encoder, built_with.encoder)
    expected = IndexIdentity.of(encoder, chunks=config.chunks, seeds=config.seeds)
    if expected == built_with:
        return Check("index", "ok", f"built with these settings: {encoder.engine}, {encoder.model}")
    differences = built_with.differences(expected)
    return Check("index", "warning", f"the index was built with other settings ({differences})", _UPDATES)


def _calibrated(config: Config, manifest: Manifest) -> Iterator[Check]:
    """Whether what `qabot calibrate` found is used; nothing where there is none."""
    bound_to = binding(manifest.identity, max_passages=config.answers.max_passages)
    kept = kept_calibration(config.embeddings_dir, bound_to)
    if kept.ignored is not None:
        yield Check("index", "warning", kept.ignored, AGAIN)
    elif kept.found_on is not None:
        # It brings NumPy and what evaluates, which nobody else waits for here.
        from qabot.calibrating.seen import still_there

        what = f"{kept.found_on.get('questions')} {kept.found_on.get('basis')} questions"
        sums = (file.sha256 for file in manifest.files if file.problem is None)
        yield _fitted_to(what, still_there(kept.found_on, sums))
        if kept.found_on.get("promise") and config.answers.threshold is not None:
            yield Check("index", "warning", _VOID.format(config.answers.threshold), _VOID_REMEDY)


def _fitted_to(what: str, there: tuple[int, int] | None) -> Check:
    """Whether confidence was calibrated on these documents, and how many of those are still as they were."""
    if there is None or there[0] == there[1]:
        return Check("index", "ok", f"confidence is calibrated on these documents ({what})")
    left, of = there
    text = f"confidence is calibrated on an earlier state of the documents ({what}): {left:,} of {of:,} are unchanged"
    return Check("index", "ok", text) if 2 * left >= of else Check("index", "warning", text, AGAIN)


def _encoder(config: EncoderConfig, built_with: EncoderIdentity) -> EncoderIdentity:
    """The configured encoder, as far as that can be told without loading it (PyTorch takes seconds)."""
    if config.engine == "onnx":
        return shipped_identity()
    model = (Path(config.model).name if Path(config.model).is_dir() else config.model) or DEFAULT_MODEL
    return replace(built_with, engine=config.engine, model=model)


def _current(config: Config, generation: Generation) -> Check:
    seeds = config.seeds_dir
    try:
        seen = compare(seeds, scan(seeds), generation.manifest, now_ns=time.time_ns())
    except ConfigError:  # which the check of seeds/ tells
        text = "whether it is up to date cannot be told without seeds/"
        return Check("index", "warning", text, "Mend what is said of seeds.")
    if seen.differs:
        waited_for = unsettled_before(config.embeddings_dir)
        left = [file.id for file in seen.fresh if file.id in waited_for]
        return Check("index", "warning", f"files changed since the index was built{_written(left)}", _UPDATES)
    return Check("index", "ok", "up to date with seeds/")


def _written(names: Sequence[str]) -> str:
    """Of the files that changed, those that the last update left out for they were being written to."""
    if not names:
        return ""
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"; {names[0]}{more} was still being written to when an update last looked"


def _failed(folder: Path) -> Iterator[Check]:
    """What another process met, which may not be to be seen from here."""
    failure = kept_failure(folder)
    if failure is not None:
        at = datetime.fromtimestamp(failure.at_s).astimezone()
        text = f"the last rebuild failed, {at:%Y-%m-%d %H:%M:%S}: {failure.problem.rstrip('.')}"
        yield Check("index", "warning", text, failure.remedy)


def _writable(folder: Path) -> Check:
    nearest = folder if folder.exists() else folder.parent
    if may_use(nearest):
        return Check("index", "ok", f"{nearest} can be written to")
    text = f"{nearest} cannot be written to: the index stays as it is, whatever changes"
    return Check("index", "warning", text, "Give qabot the right to write there.")


def _room(folder: Path, index_bytes: int) -> Check:
    """A build writes the whole index anew beside the old one, and the one before that may still be in use."""
    free = shutil.disk_usage(folder if folder.is_dir() else folder.parent).free
    text = f"{in_bytes(free)} free on the disk" + (f", the index has {in_bytes(index_bytes)}" if index_bytes else "")
    if free < 2 * index_bytes + _SPARE_BYTES:
        return Check("index", "warning", f"{text}: too little to build it again", "Free space on that disk.")
    return Check("index", "ok", text)


def _building(folder: Path) -> Iterator[Check]:
    """Whether a build runs; what a killed one left is only told while none does."""
    lock = folder / LOCK_NAME
    if os.path.lexists(lock) and not lock.is_file():
        yield Check("index", "warning", f"{LOCK_NAME} of the index is no regular file", f"Move {LOCK_NAME} away.")
        return
    try:
        locked = _is_locked(lock)
    except PermissionError:
        if may_use(folder):  # else that is said of the folder
            text = f"{LOCK_NAME} of the index may not be opened, so that nothing can be built"
            yield Check("index", "warning", text, f"Give qabot the right to read and write {LOCK_NAME}, or remove it.")
        return
    if locked:
        yield Check("index", "ok", f"a build is running in another process ({builder(folder)})")
        return
    left = sorted(path.name for path in folder.glob("building-*")) if folder.is_dir() else []
    if left:
        what = f"an interrupted build left {len(left)} folder{'' if len(left) == 1 else 's'}: {', '.join(left[:3])}"
        yield Check("index", "warning", what, "Run qabot index: it removes them.")


def _is_locked(path: Path) -> bool:
    """Whether a living process holds the lock. Looked at with a shared lock of an instant, for which builders wait."""
    if sys.platform == "win32":
        return False  # it cannot be told there without writing
    import fcntl

    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # a pipe put in its place must not stop us for ever
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
