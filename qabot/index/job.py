"""The inside of one build: fills a folder with the parts of a generation and remembers what it did.

What changed, and the segments that are folded, become one new segment; the others are taken over as they are.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from qabot.datatypes import Progress
from qabot.documents import SeedFile
from qabot.encoder import Encoder
from qabot.index.changes import Comparison
from qabot.index.durable import linked, sum_parts, write_durably
from qabot.index.entry import Entry
from qabot.index.folding import Filled, filled
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import FileRecord, Manifest, PartRecord, SegmentRecord
from qabot.index.parts import read_part
from qabot.index.previous import Previous
from qabot.index.segment import part_names
from qabot.index.segment_writer import SegmentWriter


class ReadFile(Protocol):
    """Reads one fresh file."""

    def __call__(
        self, file: SeedFile, before: FileRecord | None, *, as_it_is: bool = False
    ) -> tuple[FileRecord, Entry | None] | None:
        """Its record and its entry, given its record of the last build; None: it is to be left as it was.

        ``as_it_is``: that may not be, though it changes while it is read.
        """


@dataclass(slots=True)
class Job:
    """One build. ``write`` once, then ``manifest``."""

    previous: Previous
    comparison: Comparison
    encoder: Encoder
    read: ReadFile
    progress: Progress
    records: list[FileRecord] = field(default_factory=list)
    segments: list[SegmentRecord] = field(default_factory=list)
    parts: list[PartRecord] = field(default_factory=list)
    embedded: int = 0
    left: list[str] = field(default_factory=list)  # ids of files that changed while they were read

    def filled(self) -> tuple[Filled, ...]:
        """The segments that could be taken over as they are."""
        if self.previous.segments is None:
            return ()
        return filled(self.previous.segments.manifest.segments, self.comparison.same)

    def write(self, folder: Path, *, generations: Path, folded: frozenset[int]) -> None:
        """Write every part but the manifest, flushed but for the folder itself.

        Args:
            folder: the new, empty folder of the build.
            generations: where the previous generation's folder lies.
            folded: segments of which nothing is taken over as it is.

        Raises:
            IndexNotWritten, OSError, sqlite3.OperationalError: if the disk refuses.
            IndexDamaged: if a part must be copied and is not what it was when it was opened.
            ModelError: if the encoder fails.
        """
        kept = set() if self.previous.segments is None else {one.segment for one in self.comparison.same} - folded - {0}
        for number in sorted(kept):
            self._take_over(number, folder, generations)
        rewritten = [one for one in self.comparison.same if one.segment and one.segment not in kept]
        self.records += [one for one in self.comparison.same if one.segment in kept or not one.segment]
        self._write_segment(folder, rewritten)
        self.records.sort(key=lambda record: record.id)

    def manifest(self, identity: IndexIdentity, *, scanned_ns: int, created_ns: int) -> Manifest:
        """The manifest of what ``write`` left."""
        return Manifest(
            identity=identity,
            segments=tuple(self.segments),
            files=tuple(self.records),
            scan_problems=self.comparison.scan_problems,
            parts=tuple(self.parts),
            scanned_ns=scanned_ns,
            created_ns=created_ns,
        )

    def _write_segment(self, folder: Path, rewritten: list[FileRecord]) -> None:
        """Fresh files and rewritten documents in the order of their ids, as one new segment, if there are any."""
        fresh = {file.id: file for file in self.comparison.fresh}
        before = {record.id: record for record in [*(self.previous.kept if fresh else ()), *rewritten]}
        names = sorted([*fresh, *(record.id for record in rewritten)])
        with ExitStack() as stack:
            writer: SegmentWriter | None = None
            for done, name in enumerate(names):
                self.progress("reading", done, len(names))
                record, entry = self._read(fresh.get(name), before.get(name))
                if record is None:
                    continue
                if entry is None and not record.segment:
                    self.records.append(record)
                    continue
                writer = writer or self._new_segment(folder, stack)
                self._add(record, entry, writer)
            self.progress("reading", len(names), len(names))
            if writer is not None:
                self._finish_segment(folder, writer)

    def _read(self, file: SeedFile | None, before: FileRecord | None) -> tuple[FileRecord | None, Entry | None]:
        """The file's record and what is to be written of it; its last record if it is left, or is to be rewritten."""
        if file is None:
            return before, None
        read = self.read(file, before)
        if read is None:
            self.left.append(file.id)
            if file.id in self.previous.lost_if_left:
                read = self.read(file, before, as_it_is=True)
        return (before, None) if read is None else read

    def _new_segment(self, folder: Path, stack: ExitStack) -> SegmentWriter:
        previous = self.previous.segments
        used = () if previous is None else (one.number for one in previous.manifest.segments)
        writer = SegmentWriter(folder, max(used, default=0) + 1)
        stack.callback(writer.close)
        return writer

    def _add(self, record: FileRecord, entry: Entry | None, writer: SegmentWriter) -> None:
        """Write ``entry``; None: what the previous generation has of the document."""
        if entry is None:
            assert self.previous.texts is not None  # noqa: S101 - it is where the record is from
            writer.take(record.id, self.previous.texts.segments[record.segment], record.segment)
        else:
            writer.add(entry)
        self.records.append(replace(record, segment=writer.number))

    def _finish_segment(self, folder: Path, writer: SegmentWriter) -> None:
        known = () if self.previous.vectors is None else tuple(self.previous.vectors.segments.values())
        record, self.embedded = writer.finish(self.encoder, known=known, progress=partial(self.progress, "embedding"))
        self.segments.append(record)
        self.parts += sum_parts(folder, part_names(writer.number))

    def _take_over(self, number: int, folder: Path, generations: Path) -> None:
        """Link a segment of the previous generation; where links fail, copy it."""
        generation = self.previous.segments
        assert generation is not None  # noqa: S101 - it is where the number is from
        names = part_names(number)
        parts = {part.path: part for part in generation.manifest.parts if part.path in names}
        for name in names:
            source, target = generations / generation.id / name, folder / name
            if not linked(source, target):
                write_durably(target, read_part(source.parent, parts[name]))
            self.parts.append(parts[name])
        self.segments += [one for one in generation.manifest.segments if one.number == number]
