"""Reading a fresh file of seeds/ for the index: settled, split and packed, or the problem with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qabot.chunker import chunk_document
from qabot.datatypes import Document, Problem
from qabot.documents import SeedFile, read_document
from qabot.documents.folder import suffix_of
from qabot.documents.formats import library_of
from qabot.errors import DocumentError, FileUnreached, ReadingStopped
from qabot.index.changes import content_sum, fingerprint_of
from qabot.index.entry import Entry, pack
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import FileRecord, Fingerprint
from qabot.sentences import sentence_spans

if TYPE_CHECKING:
    from qabot.documents.sandbox import Sandbox

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns files into entries as the identity says, those that need it in ``sandbox``."""

    seeds: Path
    identity: IndexIdentity
    count_tokens: Callable[[str], int]
    sandbox: Sandbox
    clock: Callable[[], float]  # seconds since the epoch

    def read(self, file: SeedFile, before: FileRecord | None = None) -> tuple[FileRecord, Entry | None]:
        """The record of a file for the manifest, and its entry; None if it cannot be read (the record says why).

        The record keeps the fingerprint of the listing: if the file changed between listing and reading, the next
        comparison looks at its content, and finds what was read here. ``before`` is the record of the last build, if
        that would have read the file in the same way.
        """
        library = library_of(suffix_of(file.id))
        try:
            document = self._settled(file.id)
        except DocumentError as error:
            problem = _problem(file.id, error)
            # Read once more, by itself: an extractor may fail on bytes that can be read, and those are remembered.
            digest = content_sum(self.seeds, file.id, max_bytes=self.identity.max_file_bytes)
            record = FileRecord(file.id, fingerprint_of(file), digest, library=library, problem=problem)
            return (self._stopped(record, before) if isinstance(error, ReadingStopped) else record), None
        entry = self._entry(document)
        record = FileRecord(file.id, fingerprint_of(file), document.sha256, chunks=len(entry.chunks), library=library)
        return record, entry

    def _stopped(self, record: FileRecord, before: FileRecord | None) -> FileRecord:
        """The record that counts how often these bytes were not read to their end."""
        stops = before.stops if before is not None and before.sha256 == record.sha256 else 0
        return replace(record, stops=stops + 1, stopped_ns=int(self.clock() * 1e9))

    def _settled(self, document_id: str) -> Document:
        """Read a file that nobody writes to meanwhile.

        Raises:
            DocumentError: if it cannot be read.
            FileUnreached: if its bytes cannot be had, or change each time.
        """
        unreached = FileUnreached(
            f"{document_id} changes while it is read", remedy="It is read again once it has settled."
        )
        for _ in range(_TRIES):
            before = _state(self.seeds / document_id)
            try:
                document = self._document(document_id)
            except FileUnreached as error:
                unreached = error
                continue
            if _state(self.seeds / document_id) == before:
                return document
        raise unreached

    def _document(self, document_id: str) -> Document:
        return read_document(self.seeds, document_id, max_bytes=self.identity.max_file_bytes, sandbox=self.sandbox)

    def _entry(self, document: Document) -> Entry:
        sentences = sentence_spans(document)
        chunks = chunk_document(
            document,
            sentences,
            count_tokens=self.count_tokens,
            min_tokens=self.identity.min_tokens,
            max_tokens=self.identity.max_tokens,
        )
        return pack(document, sentences, chunks)


def _problem(document_id: str, error: DocumentError) -> Problem:
    """The error where the file is named already: ``a.txt is empty`` becomes ``it is empty``."""
    said = error.problem.removeprefix(f"{document_id} ")
    return Problem(document_id, error.problem if said == error.problem else f"it {said}", error.remedy)


def _state(path: Path) -> Fingerprint | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return Fingerprint(state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)
