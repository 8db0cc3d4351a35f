"""What a person calls a document or a collection -> its id. Used wherever people name one.

This module compares names; it knows nothing of the index behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import PurePosixPath

from qabot.datatypes import Problem
from qabot.errors import UsageError

_MOST_NAMED = 5
_EVERYTHING = (".", "seeds", "./seeds")


def find_source(name: str, ids: Sequence[str], problems: Sequence[Problem] = ()) -> str:
    """The one document that ``name`` means: its id (with or without ``seeds/``), its file name, or that without suffix.

    Raises:
        UsageError: if no document is called so (naming the nearest, or why the file could not be read), or several are.
    """
    wanted = name.removeprefix("./").removeprefix("seeds/")
    readings: tuple[Callable[[PurePosixPath], str], ...] = (str, lambda path: path.name, lambda path: path.stem)
    for spelling in readings:
        found = [known for known in ids if spelling(PurePosixPath(known)) in {name, wanted}]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{name} fits several documents", remedy=f"Name one of them: {_some(found)}.")
    for problem in problems:
        if problem.id in {name, wanted}:
            raise UsageError(f"{problem.id} is not in the index: {problem.reason}", remedy=problem.remedy)
    raise _unknown("document", name, ids, listed_by="`qabot sources` lists all")


def find_collection(name: str, ids: Sequence[str]) -> str:
    """The folder under seeds/ that ``name`` means; a folder that only holds folders is one too. "": seeds/ itself.

    Raises:
        UsageError: if no document lies in such a folder, naming the nearest.
    """
    folders = sorted({str(parent) for known in ids for parent in PurePosixPath(known).parents} - {"."})
    wanted = name.removeprefix("./").removeprefix("seeds/").rstrip("/")
    if name.rstrip("/") in _EVERYTHING and wanted not in folders:
        return ""
    if wanted not in folders:
        raise _unknown("collection", name, folders, listed_by="a collection is a folder under seeds/")
    return wanted


def _unknown(what: str, name: str, known: Collection[str], *, listed_by: str) -> UsageError:
    import difflib  # only a mistake needs it

    by_spelling = {spelling.casefold(): one for one in known for spelling in (PurePosixPath(one).stem, one)}
    near = difflib.get_close_matches(name.casefold(), by_spelling, n=_MOST_NAMED, cutoff=0.5)
    nearest = list(dict.fromkeys(by_spelling[spelling] for spelling in near))
    remedy = f"The nearest: {_some(nearest)}; {listed_by}." if nearest else f"{listed_by[0].upper()}{listed_by[1:]}."
    return UsageError(f"there is no {what} {name}", remedy=remedy)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
