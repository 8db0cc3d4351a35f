"""Reading a fresh file of seeds/ for the index: split and packed, or the problem with it, or left while it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from qabot.index.manifest import FileRecord
from qabot.index.settling import Settling, state_of
from qabot.sentences import sentence_spans

if TYPE_CHECKING:
    from qabot.documents.sandbox import Sandbox

_TRIES = 2  # of a file that changes while it is read, or cannot be had


@dataclass(frozen=True, slots=True)
class Reading:
    """Turns files into entries as the identity says, those that need it in ``sandbox``."""

    identity: IndexIdentity
    count_tokens: Callable[[str], int]
    sandbox: Sandbox
    settling: Settling

    def read(
        self, file: SeedFile, before: FileRecord | None = None, *, as_it_is: bool = False
    ) -> tuple[FileRecord, Entry | None] | None:
        """The record of a file for the manifest, and its entry; None if it cannot be read (the record says why).

        No record either, if the file changes while it is read and may wait: then it is left for the next look, unless
        it is to be taken ``as_it_is``.

        The record keeps the fingerprint of the listing: if the file changed between listing and reading, the next
        comparison looks at its content, and finds what was read here. ``before`` is the record of the last build, if
        that would have read the file in the same way.
        """
        library = library_of(suffix_of(file.id))
        document = self._settled(file.id, as_it_is=as_it_is)
        if document is None:
            return None
        if isinstance(document, DocumentError):
            error, problem = document, _problem(file.id, document)
            # Read once more, by itself: an extractor may fail on bytes that can be read, and those are remembered.
            digest = content_sum(self.settling.seeds, file.id, max_bytes=self.identity.max_file_bytes)
            record = FileRecord(file.id, fingerprint_of(file), digest, library=library, problem=problem)
            return (self._stopped(record, before) if isinstance(error, ReadingStopped) else record), None
        entry = self._entry(document)
        record = FileRecord(file.id, fingerprint_of(file), document.sha256, chunks=len(entry.chunks), library=library)
        return record, entry

    def _stopped(self, record: FileRecord, before: FileRecord | None) -> FileRecord:
        """The record that counts how often these bytes were not read to their end."""
        stops = before.stops if before is not None and before.sha256 == record.sha256 else 0
        return replace(record, stops=stops + 1, stopped_ns=int(self.settling.clock() * 1e9))

    def _settled(self, document_id: str, *, as_it_is: bool) -> Document | DocumentError | None:
        """A document that nobody wrote to meanwhile, or why it cannot be read; None if it is left as it was.

        What has waited for long enough is taken as it is.
        """
        path = self.settling.seeds / document_id
        for _ in range(_TRIES):
            before = state_of(path)
            document = self._document(document_id)
            changed = state_of(path) != before
            if not changed and not isinstance(document, FileUnreached):
                break
        if changed and not as_it_is and self.settling.may_wait(document_id):
            return None
        self.settling.was_read(document_id)
        return document

    def _document(self, document_id: str) -> Document | DocumentError:
        seeds, max_bytes = self.settling.seeds, self.identity.max_file_bytes
        try:
            return read_document(seeds, document_id, max_bytes=max_bytes, sandbox=self.sandbox)
        except DocumentError as error:
            return error

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
