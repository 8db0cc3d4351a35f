"""The documents that a calibration was found on, so that it can be told how many of them are still there.

This module knows files by their sums; it refuses to know where they are listed, or what becomes of the calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST_SUMS = 200  # so that what is kept stays small; the share that is still there is then known to about 7 points
_SUM_CHARS = 12  # by chance two of a million documents share them once in five hundred


def seen_documents(sums: Iterable[str]) -> dict[str, Any]:
    """How many documents there are, and which, by the SHA-256 of their files; of many, a sample of MOST_SUMS.

    The smallest sums are as good as drawn by lot, and the same whenever the documents are.
    """
    known = sorted(set(sums))
    return {"count": len(known), "sums": [one[:_SUM_CHARS] for one in known[:MOST_SUMS]]}


def still_there(found_on: Mapping[str, Any], sums: Iterable[str | None]) -> tuple[int, int] | None:
    """How many of the documents in ``found_on`` are there as they were, and of how many that was looked at.

    None if nothing is told of them, as in what older versions kept.
    """
    seen = found_on.get("documents")
    known = seen.get("sums") if isinstance(seen, dict) else None
    if not isinstance(known, list) or not known:
        return None
    present = {one[:_SUM_CHARS] for one in sums if one is not None}
    return sum(one in present for one in known), len(known)
