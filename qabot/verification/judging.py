"""One claim against the files as they are now: unchanged, moved, changed or deleted.

The state is the quote's, not the file's: words that stand where they stood are unchanged whatever happened elsewhere
in their file, and words that stand nowhere are changed even if sums say that nothing happened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import Literal

from qabot.datatypes import Document, Span
from qabot.documents import read_bytes, read_document, scan
from qabot.documents.sandbox import Sandbox
from qabot.errors import DocumentError
from qabot.verification.claims import Claim
from qabot.verification.nearness import Near, nearest_sentences
from qabot.verification.places import Place, is_repeated, nearest_occurrence, place_of, stands_at

State = Literal["unchanged", "moved", "changed", "deleted"]

_KEPT_DOCUMENTS = 4  # the quotes of one answer are from few


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a quote. ``place``: where its words stand now; ``near``: what stands there instead, if known."""

    claim: Claim
    state: State
    detail: str  # a clause in words; "" where there is nothing to add
    place: Place | None = None
    near: Near | None = None


class SeedsNow:
    """The files under seeds/, read afresh within the sandbox's limits.

    Raises:
        ConfigError: if seeds/ cannot be listed.
    """

    def __init__(self, seeds: Path, sandbox: Sandbox) -> None:
        found = scan(seeds)
        max_bytes = sandbox.limits.max_file_bytes
        self.readable = tuple(file.id for file in found.files)
        self.names = frozenset((*self.readable, *(problem.id for problem in found.problems)))
        self._read = lru_cache(_KEPT_DOCUMENTS)(partial(read_document, seeds, max_bytes=max_bytes, sandbox=sandbox))
        self._failures: dict[str, DocumentError] = {}  # each may have cost a time-out, which no other claim has to pay
        self._bytes = partial(read_bytes, seeds, max_bytes=max_bytes)

    def document(self, name: str) -> Document:
        """A file as it is read now; one that could not be read is not tried again.

        Raises:
            DocumentError: if it cannot be read.
        """
        if name in self._failures:
            raise self._failures[name].with_traceback(None)
        try:
            return self._read(name)
        except DocumentError as error:
            self._failures[name] = error
            raise

    def sums(self) -> Iterator[tuple[str, str]]:
        """Id and SHA-256 of every file that can be read."""
        for name in self.readable:
            with suppress(DocumentError):
                yield name, hashlib.sha256(self._bytes(name)).hexdigest()

    def hold(self, name: str, claim: Claim) -> bool:
        """Whether the words of the claim stand in a file; not so if it cannot be read."""
        try:
            text = self.document(name).text
        except DocumentError:
            return False
        return nearest_occurrence(text, claim.text, claim.span.start) is not None


def judge_all(claims: Sequence[Claim], now: SeedsNow) -> list[Verdict]:
    """A verdict for each claim, in order. Other files are only read for claims whose own file is gone."""
    homes = _new_homes([claim for claim in claims if claim.source not in now.names], now)
    return [
        _judge(claim, now) if claim.source in now.names else _gone(claim, homes.get(claim, []), now) for claim in claims
    ]


def _judge(claim: Claim, now: SeedsNow) -> Verdict:
    try:
        document = now.document(claim.source)
    except DocumentError as error:
        return Verdict(claim, "changed", f"the file cannot be read now: {error}")
    if _stands(claim, document):
        return Verdict(claim, "unchanged", _about_the_file(claim, document), place_of(document, claim.span))
    found = nearest_occurrence(document.text, claim.text, claim.span.start)
    if found is not None:
        place = place_of(document, found)
        return Verdict(claim, "moved", _joined(_several(document, found), _about_the_file(claim, document)), place)
    near = nearest_sentences(document, claim)
    white = near is not None and near.text.split() == claim.text.split()
    what = "only white space or line ends differ now" if white else "these words do not stand in the file"
    return Verdict(claim, "changed", _joined(what, _about_the_file(claim, document)), near=near)


def _stands(claim: Claim, document: Document) -> bool:
    """Whether the words are in their place: as a slice of the text quoted from, else as words ("Yes", not "Yester")."""
    if document.text_sha256 == claim.text_sha256:
        return document.text[claim.span.start : claim.span.end] == claim.text
    return stands_at(document.text, claim.text, claim.span.start)


def _about_the_file(claim: Claim, document: Document) -> str:
    """What the sums say: nothing where both are the claimed ones and the words stand where they stood."""
    same_bytes, same_text = document.sha256 == claim.sha256, document.text_sha256 == claim.text_sha256
    if same_bytes and same_text:
        altered = "the file is the one quoted from, so the quote was altered after it was printed"
        return "" if _stands(claim, document) else altered
    if same_bytes:
        then, reads = claim.extractor, document.extractor
        by = f"{reads} reads another text from it than {then} did" if reads != then else "another text is read from it"
        return f"the file is the same, but {by}"
    return "the file changed, but not its text" if same_text else "the file changed"


def _several(document: Document, found: Span) -> str:
    return "the nearest of several places" if is_repeated(document.text, found) else ""


def _new_homes(gone: Sequence[Claim], now: SeedsNow) -> dict[Claim, list[str]]:
    """For claims whose file is gone: the files with its bytes that hold the words, else any that hold them."""
    if not gone:
        return {}
    sums = list(now.sums())
    homes = {
        claim: [name for name, digest in sums if digest == claim.sha256 and now.hold(name, claim)] for claim in gone
    }
    lost = [claim for claim, names in homes.items() if not names]
    for name in now.readable if lost else ():
        for claim in lost:
            if now.hold(name, claim):
                homes[claim].append(name)
    return homes


def _gone(claim: Claim, homes: Iterable[str], now: SeedsNow) -> Verdict:
    """The file is gone: its words may stand in another one, the most alike by name first."""
    for name in sorted(homes, key=lambda home: (not _alike(home, claim.source), home)):
        with suppress(DocumentError):  # of a file that vanished since it was seen to hold them
            document = now.document(name)
            found = nearest_occurrence(document.text, claim.text, claim.span.start)
            if found is not None:
                same = document.sha256 == claim.sha256
                what = "the file has another name now" if same else "the file is gone; another one holds these words"
                return Verdict(claim, "moved", what, place_of(document, found))
    return Verdict(claim, "deleted", "there is no such file, and no other one holds these words")


def _alike(home: str, source: str) -> bool:
    return PurePosixPath(home).name == PurePosixPath(source).name


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
