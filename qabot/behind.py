"""A refusal while the index could not follow seeds/: nobody knows what stands in the files that it does not hold yet.

This module knows which refusals that makes unsure; it refuses to know why the index is behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.index import passes

_UNSURE = ("below_threshold", "no_candidates", "empty_corpus", "outdated")


def told_behind(result: Answer | NoAnswer, names: Sequence[str], filters: Filters) -> Answer | NoAnswer:
    """A refusal that says how many files could not be looked into; anything else as it is.

    Args:
        result: what the index says.
        names: ids of the files that are new or changed and could not be taken up.
        filters: what was searched; a file of which no date is known is counted whatever dates it asks for.
    """
    if not isinstance(result, NoAnswer) or result.reason not in _UNSURE:
        return result
    undated = replace(filters, since=None, until=None)
    behind = sum(passes(undated, name, None) for name in names)
    return replace(result, reason="outdated", behind=behind) if behind else result
