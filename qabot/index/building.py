"""The build: seeds/ -> documents -> chunks -> vectors and terms -> one generation, switched to when it is complete.

Files whose content is unchanged are taken from the previous generation as they are, most of them by linking the segment
that holds them, and so are vectors of unchanged chunks. If nothing changed, nothing is written.
Files that are being written to are left for a later build, unless the index would lose them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from qabot.datatypes import Progress, silent
from qabot.documents import scan
from qabot.encoder import Encoder
from qabot.errors import IndexLocked
from qabot.index.changes import Comparison
from qabot.index.durable import refusals_in_words
from qabot.index.folding import to_fold
from qabot.index.identity import IndexIdentity
from qabot.index.job import Job
from qabot.index.lock import builder_lock
from qabot.index.looks import Look
from qabot.index.opening import GENERATIONS_NAME
from qabot.index.previous import Previous
from qabot.index.publishing import BUILDING_PREFIX, building_folder, publish, remove_left_overs
from qabot.index.reading import Reading
from qabot.index.report import BuildReport, up_to_date_report, written_report
from qabot.index.settling import Settling

_YOUNG_NS = 2_000_000_000  # a look that was taken before waiting for another builder may be older


def build(  # noqa: PLR0913 - all but two by name; most have defaults
    seeds: Path,
    embeddings: Path,
    *,
    identity: IndexIdentity,
    encoder: Encoder,
    count_tokens: Callable[[str], int],
    progress: Progress = silent,
    clock: Callable[[], float] = time.time,
    full: bool = False,
    lock_timeout_s: float = 60.0,
    seen: Look | None = None,
    locked: Callable[[], None] = lambda: None,
) -> BuildReport:
    """Bring ``embeddings`` up to date with ``seeds``.

    Args:
        seeds: the folder of documents.
        embeddings: the folder of the index; made if it is missing.
        identity: what to build with; its limits are those of the chunker and of the files.
        encoder: computes the vectors; its identity is ``identity.encoder``.
        count_tokens: measures chunks; made from the tokenizer that ``identity`` names.
        progress: called with stage, done and total.
        clock: seconds since the epoch, for the manifest, to tell which files are too young for their fingerprint, and
            when to try a file again.
        full: take nothing over from the previous generation.
        lock_timeout_s: how long to wait for another builder.
        seen: a look at ``seeds`` that was just taken; the folder is not listed again if it still says what to do.
        locked: called when nobody else builds any more. What it raises ends the build, and nothing has changed.

    Raises:
        IndexLocked: if another process is still building after that time.
        IndexNotWritten: if the disk refuses; the previous generation stays in service.
        ConfigError: if seeds/ cannot be listed.
        ModelError: if the encoder fails.
        ValueError: if ``encoder`` is another one than ``identity`` names.
    """
    from qabot.documents.sandbox import Sandbox  # a question that finds nothing changed does not pay for it

    if encoder.identity != identity.encoder:
        raise ValueError(f"the encoder is {encoder.identity}, the identity names {identity.encoder}")
    started = time.perf_counter()
    with Sandbox(identity.limits) as sandbox, refusals_in_words(embeddings):
        if not embeddings.exists():
            scan(seeds)  # where that is refused, no empty folder is left behind
        embeddings.mkdir(parents=True, exist_ok=True)
        reading = Reading(identity, count_tokens, sandbox, Settling(seeds, embeddings, clock))
        with builder_lock(embeddings, timeout_s=lock_timeout_s):
            locked()
            remove_left_overs(embeddings)
            with Previous.open(embeddings, identity, full=full) as previous:
                report = _update(embeddings, previous, _looked(previous, reading, seen), reading, encoder, progress)
    return replace(report, elapsed_ms=(time.perf_counter() - started) * 1000)


def clear_left_overs(embeddings: Path) -> None:
    """Remove what killed builders left, unless somebody builds right now, who does so himself, or the disk refuses."""
    if any(embeddings.glob(f"{BUILDING_PREFIX}*")):
        with suppress(IndexLocked, OSError), builder_lock(embeddings, timeout_s=0):
            remove_left_overs(embeddings)


def _looked(previous: Previous, reading: Reading, seen: Look | None) -> tuple[Comparison, int]:
    """What changed, and when that was looked for: the look that was taken, if it is young and of what is in service."""
    settling = reading.settling
    scanned_ns = int(settling.clock() * 1e9)  # before the listing: what changes while it is made counts as young
    in_service = previous.up_to_date.id if previous.up_to_date is not None else None
    if seen is not None and seen.generation == in_service and 0 <= scanned_ns - seen.scanned_ns < _YOUNG_NS:
        return seen.comparison, seen.scanned_ns
    comparison = previous.compare(settling.seeds, scan(settling.seeds), now_ns=scanned_ns)
    needed = previous.lost_if_left
    return settling.leave_out(comparison, previous.kept, listed_ns=scanned_ns, needed=needed), scanned_ns


def _update(
    embeddings: Path,
    previous: Previous,
    looked: tuple[Comparison, int],
    reading: Reading,
    encoder: Encoder,
    progress: Progress,
) -> BuildReport:
    comparison, scanned_ns = looked
    if previous.up_to_date is not None and not comparison.differs:
        return replace(
            up_to_date_report(previous.up_to_date.id, previous.up_to_date.manifest), unsettled=comparison.left
        )
    job = Job(previous, comparison, encoder, reading.read, progress)
    folded = to_fold(job.filled(), fresh_files=len(comparison.fresh))
    with building_folder(embeddings) as folder:
        job.write(folder, generations=embeddings / GENERATIONS_NAME, folded=folded)
        manifest = job.manifest(reading.identity, scanned_ns=scanned_ns, created_ns=int(reading.settling.clock() * 1e9))
        generation = publish(embeddings, folder, manifest)
    report = written_report(generation, previous.files, manifest, chunks_embedded=job.embedded)
    return replace(report, unsettled=tuple(sorted({*comparison.left, *job.left})))
