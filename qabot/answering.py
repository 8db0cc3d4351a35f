"""Who answers: one answerer over all documents, and one for each part of them that somebody may see alone.

This module knows which part of a generation a question is answered from; it refuses to know how.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from qabot.answerer import Answerer
from qabot.datatypes import Filters
from qabot.index import Generation, Searchable, VisiblePart

_MOST_PARTS = 16  # a part holds a few numbers a chunk

MakeAnswerer = Callable[[Searchable], Answerer]


class Answerers:
    """The answerers of one generation, made when they are needed. Threads may share it."""

    def __init__(self, generation: Generation, make: MakeAnswerer) -> None:
        self._generation = generation
        self._make = make
        self._whole = make(generation)
        self._parts: OrderedDict[Filters, Answerer] = OrderedDict()
        self._lock = Lock()

    def warm(self, before: Answerers) -> None:
        """Make what was in use before, so that no question waits for it."""
        for scope in before.scopes():
            self.of(scope)

    def scopes(self) -> tuple[Filters, ...]:
        """The parts that were asked for, the least recently used first."""
        with self._lock:
            return tuple(self._parts)

    def of(self, filters: Filters) -> Answerer:
        """Who answers a question with these filters."""
        if not filters.sealed:
            return self._whole
        scope = Filters(collections=filters.collections, excluded=filters.excluded, sealed=True)
        with self._lock:
            if scope not in self._parts:
                self._parts[scope] = self._make(VisiblePart(self._generation, scope))
            self._parts.move_to_end(scope)
            while len(self._parts) > _MOST_PARTS:
                self._parts.popitem(last=False)
            return self._parts[scope]
