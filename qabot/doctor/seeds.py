"""The documents: whether they can be listed, and which of them cannot be read."""

from __future__ import annotations

from collections.abc import Iterator

from qabot.config import Config
from qabot.datatypes import Problem
from qabot.doctor.check import Check
from qabot.doctor.grants import grant_checks
from qabot.documents import scan
from qabot.errors import IndexUnusable
from qabot.index.opening import GENERATIONS_NAME, current_id, read_manifest

_MOST_NAMED = 20


def seeds_checks(config: Config) -> Iterator[Check]:
    """What the folder holds. What only reading tells is taken from the index, which remembers it.

    Raises:
        ConfigError: if the folder cannot be listed.
    """
    found = scan(config.seeds_dir)
    if not found.files:
        yield Check("seeds", "warning", f"there are no documents in {config.seeds_dir}", "Put files there.")
    else:  # "files": only reading tells which of them are documents
        size = sum(file.size_bytes for file in found.files)
        count = len(found.files)
        yield Check(
            "seeds", "ok", f"{count:,} file{'' if count == 1 else 's'} of types that are read, {in_bytes(size)}"
        )
    yield from grant_checks(config.discord, (file.id for file in found.files))
    problems = {problem.id: problem for problem in (*_remembered(config), *found.problems)}
    listed = {file.id for file in found.files} | {problem.id for problem in found.problems}
    unread = [problem for name, problem in sorted(problems.items()) if name in listed]
    for problem in unread[:_MOST_NAMED]:
        yield Check("seeds", "warning", f"{problem.id} is left out: {problem.reason.rstrip('.')}", problem.remedy)
    if len(unread) > _MOST_NAMED:
        more = f"{len(unread) - _MOST_NAMED:,} more files are left out"
        yield Check("seeds", "warning", more, "Run qabot sources, which names all.")


def in_bytes(size_bytes: int) -> str:
    """A size for people: ``3.4 MB``."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if size_bytes >= size:
            return f"{size_bytes / size:,.1f} {unit}"
    return f"{size_bytes / 1e3:,.1f} kB"


def _remembered(config: Config) -> tuple[Problem, ...]:
    """The files that the last build could not read; nothing where there is no index to ask."""
    try:
        name = current_id(config.embeddings_dir)
        return read_manifest(config.embeddings_dir / GENERATIONS_NAME / name).problems
    except IndexUnusable:
        return ()
