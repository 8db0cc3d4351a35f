"""What comes in through a pipe or a file: lines and bytes, not what is in them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from qabot.errors import UsageError

MAX_BYTES = 100_000_000  # a hundred thousand answers


def stdin_lines() -> Iterator[str]:
    """The lines of stdin as they come, without their line ends; bytes that are not UTF-8 become U+FFFD.

    Raises:
        UsageError: if there is no standard input.
    """
    if sys.stdin is None:
        raise UsageError("there is no standard input", remedy="Redirect a file or a pipe to it.")
    first = True
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", errors="replace").rstrip("\r\n")
        yield text.removeprefix("\ufeff") if first else text
        first = False


def input_bytes(name: str, say: Callable[[str], None]) -> bytes:
    """What a file holds, or standard input (``-``); ``say`` tells a person that the terminal is being read.

    Raises:
        UsageError: if it cannot be read, or has more than 100 MB.
    """
    try:
        raw = _from_stdin(say) if name == "-" else _from_file(name)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{name} cannot be read: {said}", remedy="Name a file that can, or - for a pipe.") from None
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{name} has more than {MAX_BYTES:,} bytes", remedy="Give it in parts.")
    return raw


def _from_file(name: str) -> bytes:
    with open(name, "rb") as file:  # noqa: PTH123 - the name as it was typed
        return file.read(MAX_BYTES + 1)


def _from_stdin(say: Callable[[str], None]) -> bytes:
    if sys.stdin is None:
        raise UsageError("there is no standard input", remedy="Name a file, or redirect one.")
    if sys.stdin.isatty():
        say("reading from the terminal; Ctrl-D ends it")
    return sys.stdin.buffer.read(MAX_BYTES + 1)
