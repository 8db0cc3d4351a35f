"""The names of all documents, listed anew when they change: what is asked of them while a member types.

Searching them is work like any other, for a thread; finding the document behind one name is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from qabot.datatypes import Filters
from qabot.discord_bot.excerpt import units

CHOICE_UNITS = 100


@dataclass(frozen=True, slots=True)
class Named:
    """A document's path and title, and both as they are compared."""

    id: str
    title: str | None
    folded_id: str
    folded_title: str

    @classmethod
    def of(cls, document_id: str, title: str | None) -> Named:
        """With both folded."""
        return cls(document_id, title, document_id.casefold(), (title or "").casefold())


class DocumentNames:
    """Never changed once made: threads may share it."""

    def __init__(self, documents: Iterable[tuple[str, str | None]] = ()) -> None:
        self._named = tuple(Named.of(document_id, title) for document_id, title in documents)
        # A path itself always means its document, also where it looks like a stand-in for another one.
        self._by_value = {choice_value(one.id): one.id for one in self._named} | {one.id: one.id for one in self._named}

    def __len__(self) -> int:
        return len(self._named)

    def document(self, value: str, filters: Filters) -> str | None:
        """The document that a choice, or a path typed by hand, stands for, if it may be seen."""
        from qabot.index import passes

        found = self._by_value.get(value)
        return found if found is not None and passes(filters, found, None) else None

    def fitting(self, typed: str, filters: Filters, *, most: int) -> list[Named]:
        """Visible documents whose path or title holds what was typed; those whose path begins with it come first."""
        from qabot.index import passes

        wanted = typed.strip().casefold()
        found = [one for one in self._named if wanted in one.folded_id or wanted in one.folded_title]
        found = [one for one in found if passes(filters, one.id, None)]
        found.sort(key=lambda one: (not one.folded_id.startswith(wanted), one.id))
        return found[:most]

    def folders(self, filters: Filters) -> list[str]:
        """The folders of the visible documents, sorted, and ``.`` for files in none."""
        from qabot.index import passes

        parts = [one.id.split("/")[:-1] for one in self._named if passes(filters, one.id, None)]
        folders = {"/".join(names[: depth + 1]) for names in parts for depth in range(len(names))}
        return sorted(folders | ({"."} if any(not names for names in parts) else set()))


def choice_value(document_id: str) -> str:
    """The path itself if Discord takes it (100 characters), else a short stand-in for it."""
    if units(document_id) <= CHOICE_UNITS and document_id.strip() == document_id:
        return document_id
    return "#" + hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
