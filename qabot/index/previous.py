"""What a new build may take over: the generation in service, or where that is damaged the youngest sound one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from qabot.documents import Scan
from qabot.errors import IndexDamaged, IndexMismatch
from qabot.index.changes import Comparison, compare
from qabot.index.generation import Generation
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import FileRecord
from qabot.index.opening import GENERATIONS_NAME, in_service, open_generation, read_manifest


@dataclass(frozen=True, slots=True)
class Previous:
    """An earlier generation, open for the length of a build, and which of its parts hold for the new identity."""

    generation: Generation | None
    files: tuple[FileRecord, ...] | None  # of the one in service, also if parts of it are damaged; None: not known
    up_to_date: Generation | None  # the same, if it is in service and was built with the same identity
    segments: Generation | None  # whose segments may be taken over as they are
    texts: Generation | None  # whose documents and chunks may be taken over
    vectors: Generation | None  # whose vectors may be taken over

    @classmethod
    def open(cls, embeddings: Path, identity: IndexIdentity, *, full: bool) -> Previous:
        """Find and open it. ``full``: take nothing over; it is opened only to tell what changed."""
        current = in_service(embeddings)
        generation = _first_sound(embeddings, current)
        files = _files(embeddings, current)
        if generation is None or full:
            return cls(generation, files, up_to_date=None, segments=None, texts=None, vectors=None)
        built_with = generation.manifest.identity
        return cls(
            generation,
            files,
            up_to_date=generation if generation.id == current and built_with == identity else None,
            segments=generation if built_with == identity else None,
            texts=generation if built_with.reads_like(identity) else None,
            vectors=generation if built_with.embeds_like(identity) else None,
        )

    @property
    def kept(self) -> tuple[FileRecord, ...]:
        """The files of which documents and chunks may be taken over."""
        return () if self.texts is None else self.texts.manifest.files

    @property
    def lost_if_left(self) -> frozenset[str]:
        """The files of which the index in service holds text, and none may be taken over."""
        kept = {record.id for record in self.kept if record.problem is None}
        return frozenset(one.id for one in self.files or () if one.problem is None and one.id not in kept)

    def compare(self, seeds: Path, found: Scan, *, now_ns: int) -> Comparison:
        """Which files of a listing are to be read. ``now_ns``: since the epoch."""
        if self.texts is not None:
            return compare(seeds, found, self.texts.manifest, now_ns=now_ns)
        return Comparison(
            same=(), fresh=found.files, gone=(), scan_problems=found.problems, scan_problems_differ=bool(found.problems)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.generation is not None:
            self.generation.close()


def _files(embeddings: Path, current: str | None) -> tuple[FileRecord, ...] | None:
    """What the generation in service was made from. Not an older one's files: since then they changed unnoticed."""
    if current is None:
        return None
    try:
        return read_manifest(embeddings / GENERATIONS_NAME / current).files
    except (IndexDamaged, IndexMismatch):
        return None


def _first_sound(embeddings: Path, current: str | None) -> Generation | None:
    for name in _candidates(embeddings, current):
        try:
            return open_generation(embeddings, name)
        except (IndexDamaged, IndexMismatch):  # what is wrong with it will be mended by the build that asks
            continue
    return None


def _candidates(embeddings: Path, current: str | None) -> Iterator[str]:
    """The generation in service, then the others, youngest first."""
    if current is not None:
        yield current
    folder = embeddings / GENERATIONS_NAME
    others = [path for path in folder.iterdir() if path.name != current] if folder.is_dir() else []
    yield from (path.name for path in sorted(others, key=lambda path: path.stat().st_mtime_ns, reverse=True))
