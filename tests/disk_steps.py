"""Every call by which Python code reaches the disk, counted, so that a test can interrupt a build at each of them.

The interpreter itself reports the calls (``sys.setprofile``), so nothing has to be patched, and a call that somebody
adds tomorrow is a step as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import BuiltinFunctionType, FrameType

_FILES = frozenset({"posix", "nt", "io", "_io", "fcntl"})
_LIBRARIES = frozenset({"sqlite3", "_sqlite3", "tantivy.tantivy"})
_PURE = frozenset(
    "fspath getpid _path_normpath urandom readable fileno text_encoding add_text add_unsigned build".split()
)
_CLOSING = frozenset("close __exit__ flock is_symlink is_dir".split())  # do not fail, or must not be left out


@dataclass(slots=True)
class Steps:
    """How many there were, the name of the last, and where to act."""

    at: int
    count: int = 0
    name: str = ""


def reaches_disk(module: str, name: str) -> bool:
    """Whether a call may read or change the disk; the libraries count too."""
    return module in _FILES | _LIBRARIES and name not in _PURE


def may_fail(module: str, name: str) -> bool:
    """Whether a call raises OSError when the disk refuses."""
    return module in _FILES and name not in _PURE | _CLOSING


@contextmanager
def at_step(at: int, act: Callable[[], None], *, counts: Callable[[str, str], bool] = reaches_disk) -> Iterator[Steps]:
    """Call ``act`` just before the call number ``at`` (from 0) that this thread makes inside the block.

    What ``act`` raises is raised in the place of that call; the calls that ``act`` makes are not counted.
    """
    steps = Steps(at)

    def profile(_: FrameType, event: str, function: object) -> None:
        if event != "c_call" or not isinstance(function, BuiltinFunctionType | type(str.join)):
            return
        name = function.__name__
        if not counts(_module(function), name):
            return
        steps.count += 1
        if steps.count - 1 == at:
            steps.name = name
            act()  # the interpreter reports nothing from inside this function

    sys.setprofile(profile)
    try:
        yield steps
    finally:
        sys.setprofile(None)


def _module(function: object) -> str:
    return getattr(function, "__module__", None) or type(getattr(function, "__self__", None)).__module__
