"""A build of a small folder, and what a person would be told of the files that it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from small_index import IDENTITY, opened, update, write_seeds

from qabot.datatypes import Problem
from qabot.index import IndexIdentity
from qabot.listing import unread

GOOD = "This file can be read by everyone."


def built(
    root: Path, files: Mapping[str, str | bytes] | None = None, identity: IndexIdentity = IDENTITY
) -> dict[str, Problem]:
    """Build an index of the files and a good one; the problems by id, each fit to be shown."""
    write_seeds(root, {"good.txt": GOOD, **(files or {})})
    report = update(root, identity=identity)
    with opened(root, identity) as generation:
        assert "good.txt" in [document.id for document in generation.documents()]
        assert generation.problems == report.failed
    for problem in report.failed:
        assert problem.reason.split()[0] in ("it", "its", "files")
        assert problem.remedy.endswith(".")
        assert unread(problem).isprintable()
    return {problem.id: problem for problem in report.failed}
