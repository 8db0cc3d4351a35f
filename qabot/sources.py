"""What the index holds, as `qabot sources` lists it: a table, and as JSON. Pure functions.

This module knows how documents are laid out in columns; it asks nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from qabot.datatypes import Problem
from qabot.listing import Listed, problems_as_json, totals, unread
from qabot.render import SCHEMA
from qabot.terminal import Screen, columns, one_line, shortened, visible

_GAP = "  "  # between columns
_TITLE_COLUMNS = 10  # less of a title says nothing
_LEAST_MISSED = ("encoding", "chunks", "date")  # which columns give way first on a narrow terminal; the name stays

_UNSETTLED = "Still being written to, listed as before, in part or not yet:"

# The columns before the title.
_CELLS: Mapping[str, Callable[[Listed], str]] = {
    "name": lambda document: visible(document.id),
    "date": lambda document: document.date or "-",
    "chunks": lambda document: f"{document.chunks:,}",
    "encoding": lambda document: document.encoding or document.extractor,
}


def sources_as_json(
    generation: str, documents: Sequence[Listed], problems: Sequence[Problem], *, unsettled: Sequence[str]
) -> dict[str, Any]:
    """What ``qabot sources --json`` prints; ``unsettled``: the files that are being written to."""
    keys = ("id", "title", "date", "chars", "chunks", "encoding", "extractor")
    listed = [
        {**{key: getattr(document, key) for key in keys}, "notes": list(document.notes)} for document in documents
    ]
    return {
        "schema": SCHEMA,
        "generation": generation,
        "documents": listed,
        "problems": problems_as_json(problems),
        "unsettled": list(unsettled),
    }


def sources_text(
    documents: Sequence[Listed], problems: Sequence[Problem], screen: Screen, *, unsettled: Sequence[str]
) -> str:
    """A table of the documents, what is worth knowing of each, and the files that are not listed as they are now.

    ``unsettled``: those that are being written to.
    """
    if not documents and not problems and not unsettled:
        return "No documents. Put files into seeds/."
    notes = [f"{visible(document.id)}: {one_line(note)}" for document in documents for note in document.notes]
    blocks = [
        [*_table(documents, screen), *screen.wrapped(f"{totals(documents)}.")],
        [screen.paint("Worth knowing:", "strong"), *_items(notes, screen)] if notes else [],
        [screen.paint("Not in the index:", "warning"), *_items([unread(p) for p in problems], screen)]
        if problems
        else [],
        [screen.paint(_UNSETTLED, "warning"), *_items([visible(name) for name in unsettled], screen)]
        if unsettled
        else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _items(items: Sequence[str], screen: Screen) -> list[str]:
    return [line for item in items for line in screen.wrapped(item, indent="  ")]


def _table(documents: Sequence[Listed], screen: Screen) -> list[str]:
    """Aligned columns, as many as fit beside the name; the last one is the title, cut where it does not fit."""
    if not documents:
        return []
    table = {head: _column(head, [cell(document) for document in documents]) for head, cell in _CELLS.items()}
    for head in _LEAST_MISSED:
        if screen.width is not None and _width(table) + len(_GAP) + _TITLE_COLUMNS > screen.width:
            del table[head]
    room = None if screen.width is None else screen.width - _width(table) - len(_GAP)
    if room is None or room >= _TITLE_COLUMNS:
        titles = ["title", *(one_line(document.title or "-") for document in documents)]
        table["title"] = titles if room is None else [shortened(title, room) for title in titles]
    lines = [_GAP.join(cells).rstrip() for cells in zip(*table.values(), strict=True)]
    return [screen.paint(lines[0], "strong"), *lines[1:]]


def _column(head: str, cells: Sequence[str]) -> list[str]:
    """Head and cells, filled up to the same width; numbers stand at the right."""
    width = max(columns(cell) for cell in (head, *cells))
    gaps = [" " * (width - columns(cell)) for cell in (head, *cells)]
    return [gap + cell if head == "chunks" else cell + gap for gap, cell in zip(gaps, (head, *cells), strict=True)]


def _width(table: Mapping[str, Sequence[str]]) -> int:
    return sum(columns(cells[0]) for cells in table.values()) + len(_GAP) * (len(table) - 1)
