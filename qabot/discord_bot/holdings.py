"""The documents of a generation by their sums, and which quotes of an earlier message they do not hold any more.

This module compares with the generation that answers, not with the files: a file that is being written at this moment
would make a quote outdated, and the sums that say so would never be looked at again. Pure functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from qabot.datatypes import Document, Problem
from qabot.discord_bot.catalogue import ListedDocument
from qabot.discord_bot.kept import KeptQuote
from qabot.discord_bot.rereading import Seen
from qabot.verification.places import nearest_occurrence

GONE = ""
UNREADABLE = "unreadable"

Loss = Literal["changed", "gone"]


@dataclass(frozen=True, slots=True)
class Holdings:
    """``sums``: of each document the SHA-256 of its file, or UNREADABLE; ``state`` is another one if any of them is."""

    sums: Mapping[str, str] = field(default_factory=dict)
    state: str = ""

    @classmethod
    def of(cls, documents: Iterable[ListedDocument], problems: Iterable[Problem]) -> Holdings:
        """Of what an engine lists."""
        sums = {one.id: UNREADABLE for one in problems} | {one.id: one.sha256 for one in documents}
        rows = "".join(f"{name}\0{sums[name]}\0" for name in sorted(sums))
        return cls(sums, hashlib.sha256(rows.encode("utf-8", "surrogatepass")).hexdigest())

    def changed_since(self, quote: KeptQuote) -> bool:
        """Whether the quote's document has other bytes than it was quoted from, or is gone."""
        return self.sums.get(quote.source, GONE) != quote.sha256

    def readable(self, source: str) -> bool:
        """Whether it can be told what stands in it; of a document that is gone it can."""
        return self.sums.get(source, GONE) != UNREADABLE


def losses(
    seen: Mapping[int, Seen], held: Holdings, visible: Callable[[str], bool], document: Callable[[str], Document]
) -> dict[int, Loss]:
    """Of quotes by their place in the message: those whose words stand in their document no longer.

    Words that moved within it are not lost, nor is a file that only has another name now, if that is ``visible``.

    Raises:
        UsageError: if ``document`` knows one no longer that ``held`` has: a newer generation answers.
    """
    found: dict[int, Loss] = {}
    for place, one in seen.items():
        if one.kept.source not in held.sums:
            if not any(visible(name) for name, sum_ in held.sums.items() if sum_ == one.kept.sha256):
                found[place] = "gone"
        elif held.changed_since(one.kept) and not _stands(one, document(one.kept.source)):
            found[place] = "changed"
    return found


def _stands(seen: Seen, document: Document) -> bool:
    if document.text_sha256 == seen.kept.text_sha256:
        return True
    start = seen.kept.span.start
    return all(nearest_occurrence(document.text, run.words, start + run.start) is not None for run in seen.runs)
