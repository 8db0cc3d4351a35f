"""The child of the sandbox: reads one file after the other, as the parent sends them, and ends with its parent.

It limits itself before the first byte of a document arrives. An extractor's mistake (anything but DocumentError) ends
the process, which is what it is for: the parent says so and starts another.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from qabot.documents.folder import suffix_of
from qabot.documents.formats import Extractor, extractor_for
from qabot.documents.sandbox_wire import MAX_BLOCKS, Frame, packed, packed_refusal, receive, send
from qabot.errors import DocumentError

_MAX_OPEN_FILES = 64
_NICER = 5
_GRACE_S = 2  # the parent stops a slow child in time; this is for a child whose parent is gone
_ENDLESS = 1 << 62  # the parent is trusted


def main() -> None:
    """What the parent starts."""
    serve(extractor_for)


def serve(extractor_for_suffix: Callable[[str], Extractor]) -> None:
    """Answer the parent's frames until it closes the pipe. The first one holds the limits."""
    requests, answers = _private_pipes()
    limits = receive(requests, max_body_bytes=_ENDLESS).head
    _limit_process(limits["max_memory_bytes"])
    send(answers, Frame({"ready": True}))
    with contextlib.suppress(EOFError):
        while True:
            request = receive(requests, max_body_bytes=_ENDLESS)
            with _limited_time(limits["max_read_s"]):
                send(answers, _answer(extractor_for_suffix, request, limits["max_text_chars"]))


def _private_pipes() -> tuple[FileIO, FileIO]:
    """The parent's pipes, moved away from where libraries print and read."""
    pipes = FileIO(os.dup(0), "rb"), FileIO(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    return pipes


def _answer(extractor_for_suffix: Callable[[str], Extractor], request: Frame, max_text_chars: int) -> Frame:
    id_ = request.head["id"]
    try:
        document = extractor_for_suffix(suffix_of(id_)).extract(id_, bytes(request.body))
        if len(document.text) > max_text_chars:
            return Frame({"too_long": len(document.text)})
        if len(document.blocks) > MAX_BLOCKS:
            problem = f"{id_} holds more than {MAX_BLOCKS:,} paragraphs, items and rows"
            return packed_refusal(DocumentError(problem, remedy="Split it."))
        return packed(document)
    except DocumentError as error:
        return packed_refusal(error)
    except MemoryError:
        return Frame({"out_of_memory": True})


def _limit_process(max_memory_bytes: int) -> None:
    """No files written, none to be started, little memory, low priority. Windows knows none of it."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(_NICER)
    limits = {
        resource.RLIMIT_AS: _mapped_bytes() + max_memory_bytes,
        resource.RLIMIT_NOFILE: _MAX_OPEN_FILES,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        # A system may refuse one (macOS: memory), or have set a lower one before.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (limit, limit))


def _mapped_bytes() -> int:
    """The address space in use already; Linux says, elsewhere the limit counts from nothing."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def _limited_time(max_read_s: float) -> Iterator[None]:
    """End the process if one file takes longer, be it at work or asleep."""
    if sys.platform == "win32":
        yield
        return
    import resource

    limit_s = int(max_read_s) + _GRACE_S
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + limit_s, hard))
    signal.alarm(limit_s)
    yield
    signal.alarm(0)
