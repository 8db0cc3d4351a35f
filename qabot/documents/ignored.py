"""What the files .qabotignore leave out, by the rules of gitignore (https://git-scm.com/docs/gitignore).

As with git a file may lie in any folder and speaks for what is below it; the deeper file has the last word, in a file
its last line that fits, and what lies in a folder that is left out cannot be taken in again.

A file that cannot be read is an error, not an empty one: it may be there to keep something from being shown.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qabot.errors import ConfigError

if TYPE_CHECKING:  # only who has such a file pays for it
    from pathspec import GitIgnoreSpec

IGNORE_NAME = ".qabotignore"
_MAX_BYTES = 1_000_000


class _Part(NamedTuple):
    """The rules of one file. ``prefix``: what ids in its folder begin with."""

    prefix: str
    spec: GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that hold in one folder, of the outermost file first. Without any they are false."""

    parts: tuple[_Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def with_file(self, path: Path, prefix: str) -> Rules:
        """These and the rules of a file in the folder whose ids begin with ``prefix``.

        Raises:
            ConfigError: if it cannot be read or understood.
        """
        return Rules((*self.parts, _Part(prefix, _spec(_lines(path, prefix), prefix))))

    def leave_out(self, id_: str, *, is_folder: bool) -> bool:
        """Whether a file or folder, whose own folder is not left out, is."""
        for prefix, spec in reversed(self.parts):
            said = spec.check_file(id_.removeprefix(prefix) + ("/" if is_folder else "")).include
            if said is not None:
                return said
        return False


@lru_cache(maxsize=256)
def _spec(lines: tuple[str, ...], prefix: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    for number, line in enumerate(lines, start=1):
        try:
            GitIgnoreSpec.from_lines([line])
        except (ValueError, re.error):
            problem = f"seeds/{prefix}{IGNORE_NAME}: line {number} is no pattern: {line.strip()}"
            raise ConfigError(problem, remedy="Write it as in a .gitignore, or remove the line.") from None
    # pathspec 1.1 takes "a/**/" for every file below a; to git it is every folder, of which the first level is enough.
    return GitIgnoreSpec.from_lines(re.sub(r"/\*\*/\s*$", "/*/", line) for line in lines)


def _lines(path: Path, prefix: str) -> tuple[str, ...]:
    """The lines of the file; none if it vanished.

    Raises:
        ConfigError: if it is no regular file of UTF-8 text, may not be read, or is larger than anybody would write.
    """
    try:
        return _split(_read(path).decode("utf-8-sig"))
    except FileNotFoundError:
        if not path.is_symlink():
            return ()
        why = "it is a link to nothing"
    except UnicodeDecodeError:
        why = "it is not UTF-8"
    except OSError as error:
        why = error.strerror or str(error)
    problem = f"seeds/{prefix}{IGNORE_NAME} cannot be read: {why}"
    raise ConfigError(problem, remedy="Mend or remove it; until then nothing new is indexed.")


def _read(path: Path) -> bytes:
    # O_NONBLOCK: a pipe in its place must not stop the build for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no regular file")
        data = os.read(descriptor, _MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > _MAX_BYTES:
        raise OSError(f"it is larger than {_MAX_BYTES:,} bytes")
    return data


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.replace("\r\n", "\n").split("\n"))
