"""What a build changed and a check found: as JSON and as text for a terminal. Pure functions.

This module knows how changes and problems are listed; it asks nothing and prints nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from qabot.datatypes import Problem
from qabot.errors import IndexUnusable
from qabot.render import SCHEMA
from qabot.terminal import one_line, visible

if TYPE_CHECKING:  # it would bring the libraries of the index
    from qabot.index.checking import IndexCheck

_MOST_LISTED = 20  # names of one kind of change; all of them are in the JSON
_MOST_LEFT_OUT = 10  # lines of files that cannot be read; sources and the JSON have all


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


class Report(Changes, Protocol):
    """What a build changed, and the work done. ``unsettled``: files left for a later one.

    ``compared``: whether the files of the index before are known; else all are ``added``.
    """

    @property
    def generation(self) -> str: ...  # noqa: D102 - fields, described above
    @property
    def failed(self) -> tuple[Problem, ...]: ...  # noqa: D102
    @property
    def unsettled(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def chunks_embedded(self) -> int: ...  # noqa: D102
    @property
    def chunks_reused(self) -> int: ...  # noqa: D102
    @property
    def elapsed_ms(self) -> float: ...  # noqa: D102
    @property
    def compared(self) -> bool: ...  # noqa: D102
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
    def sha256(self) -> str: ...  # noqa: D102 - of its file's bytes
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
        more = f"; seeds changed: {counts}" if counts and report.compared else ""
        return f"{repaired}; the index was built again in {seconds}{more}"
    if not report.compared:
        return f"index built from {counted(len(report.added), 'document')} in {seconds}"
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


def unread(problem: Problem) -> str:
    """One file that is not in the index, with the reason and what to do about it."""
    return f"{visible(problem.id)} is left out: {_mending(problem)}"


def unread_lines(problems: Sequence[Problem]) -> list[str]:
    """The same of several files, a line each; of many the first ones, and how many more there are."""
    return _first([unread(problem) for problem in problems])


def report_as_json(
    report: Report | None,
    generation: str,
    documents: Sequence[Listed],
    problems: Sequence[Problem],
    repair: IndexUnusable | None = None,
    *,
    unsettled: Sequence[str],
) -> dict[str, Any]:
    """What ``qabot index --json`` prints; None: nothing had to be done, or repaired.

    ``unsettled``: as of the last look, which may have found nothing else and so made no report.
    """
    return {
        "schema": SCHEMA,
        "generation": generation,
        "documents": len(documents),
        "chunks": sum(document.chunks for document in documents),
        "repaired": repair.problem if repair else None,
        **changes_as_json(report),
        "failed": problems_as_json(problems),
        "unsettled": list(unsettled),
        "chunks_embedded": report.chunks_embedded if report else 0,
        "chunks_reused": report.chunks_reused if report else 0,
        "elapsed_ms": round(float(report.elapsed_ms), 3) if report else 0.0,
    }


def report_text(
    report: Report | None,
    documents: Sequence[Listed],
    problems: Sequence[Problem],
    repair: IndexUnusable | None = None,
    *,
    unsettled: Sequence[str],
) -> str:
    """What ``qabot index`` prints: each change by name, files left out with their remedies, and the work done.

    ``unsettled``: as in the JSON.
    """
    holds = f"The index holds {totals(documents)}."
    left_out = [*_left_out(problems), *_waiting(unsettled)]
    if report is None:
        current = "all else is up to date" if unsettled else "the index is up to date"
        return "\n".join([f"Nothing to do: {current}.", *left_out, holds])
    first = changes(report, repair)
    names = _changed_names(report) if repair is None or report.compared else []
    work = f"{counted(report.chunks_embedded, 'chunk')} embedded, {report.chunks_reused:,} reused."
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
    left_out = _left_out(check.problems)
    if check.state == "sound":
        return "\n".join([f"The index is sound and up to date: {holds}.", *left_out])
    if check.state == "outdated":
        counts = _counts(check.changes) or "other files cannot be read"
        first = f"The index is sound but out of date: {counts} since it was built."
        return "\n".join([first, *_changed_names(check.changes), *left_out, check.remedy])
    faults = [f"  {one_line(fault)}" for fault in check.faults]
    return "\n".join([_UNUSABLE[check.state], *faults, check.remedy])


def _left_out(problems: Sequence[Problem]) -> list[str]:
    lines = _first([f"{visible(problem.id)}: {_mending(problem)}" for problem in problems])
    return [f"  left out  {line}" for line in lines]


def _waiting(unsettled: Sequence[str]) -> list[str]:
    lines = [
        f"{visible(name)}: still being written to, so it is not up to date in the index. Run qabot index again."
        for name in unsettled
    ]
    return [f"  waiting   {line}" for line in _first(lines)]


def _first(lines: Sequence[str]) -> list[str]:
    """Hundreds of files on one disk that cannot be read must not push what matters off the screen."""
    rest = len(lines) - _MOST_LEFT_OUT
    return [*lines[:_MOST_LEFT_OUT], *([f"and {rest:,} more; qabot sources lists them"] if rest > 0 else [])]


def _mending(problem: Problem) -> str:
    return visible(f"{problem.reason.rstrip('.')}. {problem.remedy}")


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
