"""The index on the disk, as one process keeps it: compared with seeds/, built, merged and opened.

This module knows how the parts of ``qabot.index`` are called for one configuration; it refuses to know when that is
due, and who answers from what it opens.
"""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial

from qabot.config import Config
from qabot.datatypes import Progress
from qabot.encoder import Encoder, shipped_identity
from qabot.errors import ConfigError, IndexDamaged, IndexMissing, IndexUnusable
from qabot.index import (
    BuildReport,
    Generation,
    IndexIdentity,
    build,
    current_id,
    in_service,
    keep_look,
    look,
    merge,
    needs_merge,
    open_current,
)
from qabot.index.looks import Look
from qabot.other_settings import leave_to_others
from qabot.reader import OnnxReader
from qabot.weights import count_tokens


class Upkeep:
    """Of one index. The models may still be loading: only who needs one waits for it."""

    def __init__(self, config: Config, *, encoder: Future[Encoder], reader: Future[OnnxReader]) -> None:
        self._config = config
        self._encoder = encoder
        self._reader = reader

    def identity(self) -> IndexIdentity:
        """What an index must have been built with."""
        shipped = self._config.encoder.engine == "onnx"  # then the index is opened while the model still loads
        encoder = shipped_identity() if shipped else self._encoder.result().identity
        return IndexIdentity.of(encoder, chunks=self._config.chunks, seeds=self._config.seeds)

    def opened(self) -> Generation:
        """The generation that the disk names.

        Raises:
            IndexUnusable: if there is none, or none that fits.
        """
        return open_current(self._config.embeddings_dir, self.identity())

    def gone(self) -> str | None:
        """Why the disk names no index; None if it does."""
        try:
            current_id(self._config.embeddings_dir)
        except IndexMissing:
            return "embeddings/ held no index any more"
        except IndexDamaged as error:
            return error.problem
        except IndexUnusable:  # we are short of files, or of rights: says nothing of those on the disk
            return None
        return None

    def looked(self, generation: Generation) -> Look | None:
        """What changed since it was built; None if it is not the one on the disk, which is for whoever opens next.

        Raises:
            ConfigError: if seeds/ cannot be listed.
        """
        if in_service(self._config.embeddings_dir) != generation.id:
            return None
        return look(self._config.seeds_dir, self._config.embeddings_dir, generation)

    def behind(self, generation: Generation) -> tuple[str, ...]:
        """The files that are new or changed since it was built, by id; () where seeds/ cannot be listed."""
        try:
            seen = look(self._config.seeds_dir, self._config.embeddings_dir, generation)
        except ConfigError:
            return ()
        return tuple(file.id for file in seen.comparison.fresh)

    def keep(self, seen: Look) -> None:
        """Keep what a look had to read."""
        keep_look(self._config.embeddings_dir, seen)

    def build(
        self, progress: Progress, seen: Look | None, *, serving: str | None, full: bool, lock_timeout_s: float
    ) -> BuildReport:
        """Build what changed, from ``seen`` if that is known. ``serving``: the generation this process answers from.

        Raises:
            IndexMismatch: if another process built the index with settings that this one does not have.
            IndexLocked: if another process is building for longer than ``lock_timeout_s``.
            IndexNotWritten: if the disk refuses.
            ConfigError: if seeds/ cannot be listed.
        """
        leave_alone = partial(leave_to_others, self._config, self.identity, serving=serving)
        leave_alone()  # without waiting for the lock
        tokenizer = self._reader.result().tokenizer
        return build(
            self._config.seeds_dir,
            self._config.embeddings_dir,
            identity=self.identity(),
            encoder=self._encoder.result(),
            count_tokens=lambda text: count_tokens(tokenizer, text),
            progress=progress,
            full=full,
            lock_timeout_s=lock_timeout_s,
            seen=seen,
            locked=leave_alone,
        )

    def merged(self, generation: Generation) -> Generation | None:
        """The one that takes its place, of fewer pieces; None if it has few, or another process is at it.

        Raises:
            IndexNotWritten: if the disk refuses.
            IndexUnusable: if a part of the index is damaged.
        """
        if not needs_merge(generation) or merge(self._config.embeddings_dir, self.identity()) is None:
            return None
        return self.opened()


def did_something(report: BuildReport) -> bool:
    """Whether the build found any file or chunk changed; not so if another process had just built the same."""
    return bool(report.added or report.changed or report.renamed or report.removed or report.chunks_embedded)
