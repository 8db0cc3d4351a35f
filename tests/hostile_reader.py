"""A child of the sandbox that does what a hostile file could make a parser do; the file's name says what."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])

from qabot.datatypes import Block, Document, Span
from qabot.documents.extraction import EXTRACTORS
from qabot.documents.formats import Extractor
from qabot.documents.sandbox_child import serve

MEGABYTES = 30


def _allocate(_: Document) -> Document:
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


def _spin(_: Document) -> Document:
    while True:
        pass


def _sleep(document: Document) -> Document:
    time.sleep(600)
    return document


def _segfault(document: Document) -> Document:
    ctypes.string_at(0)
    return document


def _stop(document: Document) -> Document:
    os._exit(3)
    return document


def _kill(document: Document) -> Document:
    os.kill(os.getpid(), signal.SIGKILL)
    return document


def _raise(_: Document) -> Document:
    raise RuntimeError("a mistake of the parser")


def _print(document: Document) -> Document:
    """What libraries in C do: megabytes to both streams, past Python's own."""
    for descriptor in (1, 2):
        for _ in range(MEGABYTES):
            os.write(descriptor, b"x" * 1_000_000)
    return document


def _answer_itself(document: Document) -> Document:
    """Write to the parent's pipe, wherever it is."""
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"no frame at all " * 100)
    return document


def _promise(document: Document) -> Document:
    """Announce a frame of exabytes."""
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"\0\0\0\2" + b"\x7f" * 8 + b"{}")
    return document


def _leave_a_grandchild(document: Document) -> Document:
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
    return document


def _leave_an_escaped_grandchild(document: Document) -> Document:
    if os.fork() == 0:
        os.setsid()
        time.sleep(5)
        os._exit(0)
    os._exit(0)
    return document


def _tell(document: Document) -> Document:
    """What the process can see of its parent's surroundings, as the title."""
    return replace(document, title=json.dumps([sorted(os.environ), str(Path.cwd()), sys.stdin.readline()]))


def _write(document: Document) -> Document:
    try:
        with open(os.path.join("/tmp", f"written-{os.getpid()}"), "wb") as file:  # noqa: PTH118, PTH123, S108
            file.write(b"x" * 100)
    except OSError as error:
        return replace(document, title=type(error).__name__)
    return replace(document, title="written")


def _beyond(document: Document) -> Document:
    return replace(document, blocks=(Block("paragraph", Span(0, len(document.text) + 1)),))


def _twice(document: Document) -> Document:
    return replace(document, blocks=document.blocks[:1] * 2)


def _dated(document: Document) -> Document:
    return replace(document, date="yesterday", date_span=Span(0, len(document.text) + 1))


def _paged(document: Document) -> Document:
    return replace(document, pages=(0, 3, 1))


def _other(document: Document) -> Document:
    return replace(document, text="What never stood in the file.", blocks=(), date_span=None)


def _lie(document: Document) -> Document:
    return replace(document, sha256="0" * 64, encoding="utf-16", extractor="something 1")


def _decorate(document: Document) -> Document:
    return replace(
        document,
        title="\x1b[31mRed\u202e\n title " + "x" * 10_000,
        url="javascript:alert(1)",
        date="not a date",
        notes=tuple(f"\x07note {number} " + "y" * 10_000 for number in range(1_000)),
    )


DEEDS: dict[str, Callable[[Document], Document]] = {
    "allocate": _allocate, "spin": _spin, "sleep": _sleep, "segfault": _segfault, "stop": _stop, "kill": _kill,
    "raise": _raise, "print": _print, "answer": _answer_itself, "promise": _promise,
    "grandchild": _leave_a_grandchild, "escaped": _leave_an_escaped_grandchild, "tell": _tell, "write": _write,
    "beyond": _beyond, "twice": _twice, "dated": _dated, "paged": _paged, "other": _other, "lie": _lie,
    "decorate": _decorate,
}  # fmt: skip


class Hostile:
    """Reads a text file as qabot does, then does the deed that the file is named after."""

    def __init__(self, suffix: str) -> None:
        self._honest = EXTRACTORS[suffix]

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document, if it comes to that."""
        document = self._honest.extract(id_, raw)
        deed = DEEDS.get(PurePosixPath(id_).stem)
        return deed(document) if deed else document


def _hostile(suffix: str) -> Extractor:
    return Hostile(suffix)


if __name__ == "__main__":
    serve(_hostile)
