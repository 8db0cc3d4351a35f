"""The generation in service and who uses it: exchanged at any moment, closed when its last question is answered.

This module knows how many questions use a generation; it refuses to know when another one takes its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from qabot.answering import Answerers
from qabot.index import Generation


@dataclass
class Serving:
    """A generation in service, and how many questions are using it."""

    generation: Generation
    answerers: Answerers
    users: int = 0


class Service:
    """One generation at a time. Threads may share it; a question sees the one that it borrowed throughout."""

    def __init__(self) -> None:
        self._counting = Lock()
        self._current: Serving | None = None

    @property
    def current(self) -> Serving | None:
        """What is in service, to be compared; for its content it must be borrowed."""
        return self._current

    def exchange(self, successor: Serving | None) -> None:
        """Put another one into service; the old one is closed when its last question is answered."""
        with self._counting:
            retired, self._current = self._current, successor
            unused = retired is not None and retired.users == 0
        if retired is not None and unused:
            retired.generation.close()

    @contextmanager
    def borrowed(self) -> Iterator[Serving]:
        """The generation in service, kept open until the block ends.

        Raises:
            RuntimeError: if there is none.
        """
        with self._counting:
            serving = self._current
            if serving is None:
                raise RuntimeError("the engine is closed")
            serving.users += 1
        try:
            yield serving
        finally:
            with self._counting:
                serving.users -= 1
                last = serving.users == 0 and serving is not self._current
            if last:
                serving.generation.close()
