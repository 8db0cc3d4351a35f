"""What the index holds and what a build changed: as JSON and as text for a terminal. Pure functions.

This module knows how documents, changes and problems are listed; it asks nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from qabot.datatypes import Problem
from qabot.errors import IndexUnusable
from qabot.render import SCHEMA
from qabot.terminal import Screen, columns, one_line, shortened, visible

if TYPE_CHECKING:  # it would bring the libraries of the index
    from qabot.index.checking import IndexCheck

_MOST_LISTED = 20  # names of one kind of change; all of them are in the JSON
_GAP = "  "  # between columns
_TITLE_COLUMNS = 10  # less of a title says nothing
_LEAST_MISSED = ("encoding", "chunks", "date")  # which columns give way first on a narrow terminal; the name stays


class Changes(Protocol):
    """Document ids by kind of change; ``renamed``: old and new."""

    @property
    def added(self) -> tuple[str, ...]: ...  # noqa: D102 - fields, described above
    @property
    def changed(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def renamed(self) -> tuple[tuple[str, str], ...]: ...  # noqa: D102
    @property
    def removed(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def unreadable(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def unchanged(self) -> int: ...  # noqa: D102


class Report(Changes, Protocol):
    """What a build changed, and the work done."""

    @property
    def generation(self) -> str: ...  # noqa: D102 - fields, described above
    @property
    def failed(self) -> tuple[Problem, ...]: ...  # noqa: D102
    @property
    def chunks_embedded(self) -> int: ...  # noqa: D102
    @property
    def chunks_reused(self) -> int: ...  # noqa: D102
    @property
    def elapsed_ms(self) -> float: ...  # noqa: D102
    @property
    def repaired(self) -> str | None: ...  # noqa: D102


class Listed(Protocol):
    """A document as the index lists it; lengths in characters and chunks."""

    @property
    def id(self) -> str: ...  # noqa: D102 - fields, described above
    @property
    def title(self) -> str | None: ...  # noqa: D102
    @property
    def date(self) -> str | None: ...  # noqa: D102
    @property
    def chars(self) -> int: ...  # noqa: D102
    @property
    def chunks(self) -> int: ...  # noqa: D102
    @property
    def encoding(self) -> str | None: ...  # noqa: D102
    @property
    def extractor(self) -> str: ...  # noqa: D102
    @property
    def notes(self) -> tuple[str, ...]: ...  # noqa: D102


_UNUSABLE = {
    "missing": "There is no index.",
    "mismatch": "The index is not one that this qabot with these settings can use:",
    "damaged": "The index is damaged:",
}

# The columns before the title.
_CELLS: Mapping[str, Callable[[Listed], str]] = {
    "name": lambda document: visible(document.id),
    "date": lambda document: document.date or "-",
    "chunks": lambda document: f"{document.chunks:,}",
    "encoding": lambda document: document.encoding or document.extractor,
}


def changes(report: Report, repair: IndexUnusable | None = None) -> str:
    """The report in one line: ``seeds changed: 1 added, 2 removed; index updated in 0.4 s``.

    ``repair``: what was wrong with the index that was there, if the report does not say so itself; then that is told
    first, and changes only if it still said which files it was made from.
    """
    return changes_after(report, repair.problem if repair is not None else None)


def changes_after(report: Report, damage: str | None) -> str:
    """As ``changes``, where what was wrong is known in words."""
    counts, seconds = _counts(report), f"{report.elapsed_ms / 1000:.1f} s"
    repaired = report.repaired or damage
    if repaired is not None:
        more = f"; seeds changed: {counts}" if counts and _compared(report) else ""
        return f"{repaired}; the index was built again in {seconds}{more}"
    if counts:
        return f"seeds changed: {counts}; index updated in {seconds}"
    # Nothing embedded: only what is known of files that are left out is another.
    return f"index rebuilt in {seconds}" if report.chunks_embedded else f"index updated in {seconds}"


def _counts(report: Changes) -> str:
    counted = {
        "added": len(report.added),
        "changed": len(report.changed),
        "renamed": len(report.renamed),
        "removed": len(report.removed),
        "no longer readable": len(report.unreadable),
    }
    return ", ".join(f"{count:,} {kind}" for kind, count in counted.items() if count)


def _compared(report: Changes) -> bool:
    """Whether an earlier list of files was known; else the report calls every file added."""
    return bool(report.unchanged or report.changed or report.renamed or report.removed or report.unreadable)


def unread(problem: Problem) -> str:
    """One file that is not in the index, with the reason and what to do about it."""
    return f"{visible(problem.id)} is left out: {_mending(problem)}"


def report_as_json(
    report: Report | None,
    generation: str,
    documents: Sequence[Listed],
    problems: Sequence[Problem],
    repair: IndexUnusable | None = None,
) -> dict[str, Any]:
    """What ``qabot index --json`` prints; None: nothing had to be done, or repaired."""
    return {
        "schema": SCHEMA,
        "generation": generation,
        "documents": len(documents),
        "chunks": sum(document.chunks for document in documents),
        "repaired": repair.problem if repair else None,
        **changes_as_json(report),
        "failed": problems_as_json(problems),
        "chunks_embedded": report.chunks_embedded if report else 0,
        "chunks_reused": report.chunks_reused if report else 0,
        "elapsed_ms": round(float(report.elapsed_ms), 3) if report else 0.0,
    }


def report_text(
    report: Report | None,
    documents: Sequence[Listed],
    problems: Sequence[Problem],
    repair: IndexUnusable | None = None,
) -> str:
    """What ``qabot index`` prints: each change by name, each file left out with its remedy, and the work done."""
    holds = f"The index holds {totals(documents)}."
    left_out = [_left_out(problem) for problem in problems]
    if report is None:
        return "\n".join(["Nothing to do: the index is up to date.", *left_out, holds])
    first = changes(report, repair)
    names = _changed_names(report) if repair is None or _compared(report) else []
    work = f"{report.chunks_embedded:,} chunks embedded, {report.chunks_reused:,} reused."
    return "\n".join([f"{first[0].upper()}{first[1:]}.", *names, *left_out, f"{work} {holds}"])


def check_as_json(check: IndexCheck) -> dict[str, Any]:
    """What ``qabot index --check --json`` prints."""
    return {
        "schema": SCHEMA,
        "state": check.state,
        "generation": check.generation,
        "documents": check.documents,
        "chunks": check.chunks,
        "faults": list(check.faults),
        "remedy": check.remedy,
        **changes_as_json(check.changes),
        "failed": problems_as_json(check.problems),
    }


def check_text(check: IndexCheck) -> str:
    """What ``qabot index --check`` prints: the state, each fault or changed file by name, and the remedy."""
    holds = f"{counted(check.documents, 'document')}, {counted(check.chunks, 'chunk')}"
    left_out = [_left_out(problem) for problem in check.problems]
    if check.state == "sound":
        return "\n".join([f"The index is sound and up to date: {holds}.", *left_out])
    if check.state == "outdated":
        counts = _counts(check.changes) or "other files cannot be read"
        first = f"The index is sound but out of date: {counts} since it was built."
        return "\n".join([first, *_changed_names(check.changes), *left_out, check.remedy])
    faults = [f"  {one_line(fault)}" for fault in check.faults]
    return "\n".join([_UNUSABLE[check.state], *faults, check.remedy])


def sources_as_json(generation: str, documents: Sequence[Listed], problems: Sequence[Problem]) -> dict[str, Any]:
    """What ``qabot sources --json`` prints."""
    keys = ("id", "title", "date", "chars", "chunks", "encoding", "extractor")
    listed = [
        {**{key: getattr(document, key) for key in keys}, "notes": list(document.notes)} for document in documents
    ]
    return {"schema": SCHEMA, "generation": generation, "documents": listed, "problems": problems_as_json(problems)}


def sources_text(documents: Sequence[Listed], problems: Sequence[Problem], screen: Screen) -> str:
    """A table of the documents, what is worth knowing of each, and the files that could not be read."""
    if not documents and not problems:
        return "No documents. Put files into seeds/."
    notes = [f"{visible(document.id)}: {one_line(note)}" for document in documents for note in document.notes]
    blocks = [
        [*_table(documents, screen), *screen.wrapped(f"{totals(documents)}.")],
        [screen.paint("Worth knowing:", "strong"), *_items(notes, screen)] if notes else [],
        [screen.paint("Not in the index:", "warning"), *_items([unread(p) for p in problems], screen)]
        if problems
        else [],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _left_out(problem: Problem) -> str:
    return f"  left out  {visible(problem.id)}: {_mending(problem)}"


def _mending(problem: Problem) -> str:
    return visible(f"{problem.reason.rstrip('.')}. {problem.remedy}")


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


def _changed_names(report: Changes) -> list[str]:
    renamed = tuple(f"{old} -> {new}" for old, new in report.renamed)
    lines = []
    for kind, names in (
        ("added", report.added),
        ("changed", report.changed),
        ("renamed", renamed),
        ("removed", report.removed),
    ):
        lines += [f"  {kind:8}  {visible(name)}" for name in names[:_MOST_LISTED]]
        if len(names) > _MOST_LISTED:
            lines.append(f"  {kind:8}  and {len(names) - _MOST_LISTED:,} more (--json names all)")
    return lines


def totals(documents: Sequence[Listed]) -> str:
    """How many documents and chunks there are, in words."""
    return f"{counted(len(documents), 'document')}, {counted(sum(one.chunks for one in documents), 'chunk')}"


def counted(count: int, what: str) -> str:
    """``1 page``, ``1,200 pages``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def changes_as_json(report: Changes | None) -> dict[str, Any]:
    """Which files changed, by kind; None: none did."""
    return {
        "added": list(report.added) if report else [],
        "changed": list(report.changed) if report else [],
        "renamed": [{"from": old, "to": new} for old, new in report.renamed] if report else [],
        "removed": list(report.removed) if report else [],
        "unreadable": list(report.unreadable) if report else [],
    }


def problems_as_json(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """The files that are left out, and why."""
    return [{"id": problem.id, "reason": problem.reason, "remedy": problem.remedy} for problem in problems]
