"""Reading a fresh file of seeds/ for the index: settled, split and packed, or the problem with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from qabot.chunker import chunk_document
from qabot.datatypes import Document, Problem
from qabot.documents import SeedFile, read_document
from qabot.documents.folder import suffix_of
from qabot.documents.formats import library_of
from qabot.errors import DocumentError
from qabot.index.changes import content_sum, fingerprint_of
from qabot.index.entry import Entry, pack
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import FileRecord, Fingerprint
from qabot.sentences import sentence_spans

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns files into entries as the identity says."""

    seeds: Path
    identity: IndexIdentity
    count_tokens: Callable[[str], int]

    def read(self, file: SeedFile) -> tuple[FileRecord, Entry | None]:
        """The record of a file for the manifest, and its entry; None if it cannot be read (the record says why).

        The record keeps the fingerprint of the listing: if the file changed between listing and reading, the next
        comparison looks at its content, and finds what was read here.
        """
        library = library_of(suffix_of(file.id))
        try:
            document = self._settled(file.id)
        except DocumentError as error:
            problem = _problem(file.id, error)
            # Read once more, by itself: an extractor may fail on bytes that can be read, and those are remembered.
            digest = content_sum(self.seeds, file.id, max_bytes=self.identity.max_file_bytes)
            return FileRecord(file.id, fingerprint_of(file), digest, library=library, problem=problem), None
        entry = self._entry(document)
        record = FileRecord(file.id, fingerprint_of(file), document.sha256, chunks=len(entry.chunks), library=library)
        return record, entry

    def _settled(self, document_id: str) -> Document:
        """Read a file that nobody writes to meanwhile.

        Raises:
            DocumentError: if it cannot be read, or changes each time.
        """
        for _ in range(_TRIES):
            before = _state(self.seeds / document_id)
            document = read_document(self.seeds, document_id, max_bytes=self.identity.max_file_bytes)
            if _state(self.seeds / document_id) == before:
                return document
        raise DocumentError(f"{document_id} changes while it is read", remedy="It is read again once it has settled.")

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
