"""Where the command line writes: results to stdout, everything else to stderr. It knows nothing of what they say."""

from __future__ import annotations

import io
import os
import sys

from qabot.errors import UsageError
from qabot.terminal import visible


def prepare_streams() -> None:
    """Results are UTF-8 whatever the locale says; a closed stdout (``>&-``) swallows them."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def write(text: str) -> None:
    """One result to stdout, at once: whoever reads from a pipe is waiting for it.

    Raises:
        UsageError: if it cannot be written.
        BrokenPipeError: if the reader went away.
    """
    _put(f"{text}\n")


def flush_stdout() -> None:
    """What others have printed, likewise at once; raises as ``write`` does."""
    _put("")


def discard_stdout() -> None:
    """Point stdout at the null device, so that Python does not fail once more when it flushes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def say(message: str) -> None:
    """Tell the person something apart from the results."""
    if sys.stderr is not None:
        sys.stderr.write(f"qabot: {visible(message)}\n")
        sys.stderr.flush()


def _put(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise UsageError(
            f"the result cannot be written: {error.strerror}", remedy="Free space, or write it elsewhere."
        ) from None
