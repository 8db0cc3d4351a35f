"""Documents unpacked from a generation, the ones asked for last, within a budget of characters.

The passages of a question are from few documents, and the next question's often from the same; a large document has
hundreds of thousands of sentences, and unpacking them takes longer than reading the passages.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from qabot.datatypes import Document, Span

_DOCUMENTS = 16
_CHARS = 4_000_000  # about five bytes each with the sentences


class Unpacked(NamedTuple):
    """A document and its sentences."""

    document: Document
    sentences: tuple[Span, ...]


class Kept:
    """At most 16 documents of 4,000,000 characters together; the last one stays even if it is longer. Thread-safe."""

    def __init__(self, load: Callable[[str], Unpacked]) -> None:
        self._load = load
        self._found: OrderedDict[str, Unpacked] = OrderedDict()  # the one asked for last is at the end
        self._lock = threading.Lock()

    def __call__(self, document_id: str) -> Unpacked:
        """The document, unpacked now or earlier.

        Raises:
            UsageError: if there is no such document.
        """
        with self._lock:
            if document_id in self._found:
                self._found.move_to_end(document_id)
                return self._found[document_id]
        found = self._load(document_id)  # without the lock: at worst two threads unpack the same
        with self._lock:
            self._found[document_id] = found
            self._found.move_to_end(document_id)
            while len(self._found) > 1 and self._overfull():
                self._found.popitem(last=False)
        return found

    def _overfull(self) -> bool:
        chars = sum(len(kept.document.text) for kept in self._found.values())
        return len(self._found) > _DOCUMENTS or chars > _CHARS
