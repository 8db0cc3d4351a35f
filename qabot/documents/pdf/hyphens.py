"""Lines of one paragraph joined: by a space, or without one where a hyphen parts a word at the line's end.

The hyphen of a compound ("well-known") looks the same as one that only the line's end needed ("infor-mation"). What
stands elsewhere in the document decides; where nothing does, a few first parts that are mostly compounds keep theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

_HYPHENS = "-\u2010\xad"
_SOFT_HYPHEN = "\xad"
_HEAD = re.compile(rf"(?<![^\W\d_])([^\W\d_]+)[{_HYPHENS}]$")
_TAIL = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[^\W_]+(?:[-\u2010][^\W_]+)*")
_COMPOUNDING = frozenset(
    """all cross e ex extra full half high left long low mid multi non off on one open part post pre quasi right self
    semi short single so sub two well""".split()
)
_SUSPENDING = ("and", "or", "to", "und", "oder", "et", "ou", "y", "o")  # "pre- and post-war"


class Joiner:
    """Joins lines; knows the words that stand whole within the lines of the document."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._known: Counter[str] = Counter()
        for line in lines:
            words = [word.lower().replace("\u2010", "-") for word in _WORD.findall(line)]
            if line.endswith(tuple(_HYPHENS)):
                words = words[:-1]  # a part of a word is no word
            self._known.update(words)

    def join(self, lines: Sequence[str]) -> tuple[str, list[int]]:
        """The lines as one text, and where in it each line begins."""
        parts: list[str] = []
        starts = []
        length = 0
        for line in lines:
            if parts:
                length -= len(parts[-1])
                parts[-1] = self._ready(parts[-1], line)
                length += len(parts[-1])
            starts.append(length)
            parts.append(line)
            length += len(line)
        return "".join(parts).rstrip(_SOFT_HYPHEN), starts

    def _ready(self, line: str, following: str) -> str:
        """The line, made ready for the one that follows: with a space, with its hyphen, or without."""
        if line.endswith(_SOFT_HYPHEN):
            return line[:-1]
        if line.endswith(tuple(_HYPHENS)) and line[-2:-1].isalnum() and following[:1].isdigit():
            return line  # COVID-19, 2020-2022
        head, tail = _HEAD.search(line), _TAIL.match(following)
        if head is None or tail is None:
            return f"{line} "
        if tail[0].lower() in _SUSPENDING and not self._is_known(head[1] + tail[0]):
            return f"{line} "
        is_compound = line[: head.start()].endswith(("-", "\u2010"))  # state-of-the-art
        return line if is_compound or self._keeps_hyphen(head[1], tail[0]) else line[:-1]

    def _keeps_hyphen(self, head: str, tail: str) -> bool:
        if not tail[0].islower() or (head.isupper() and len(head) > 1):
            return True
        joined, hyphenated = (head + tail).lower(), f"{head}-{tail}".lower()
        if self._known[joined] != self._known[hyphenated]:
            return self._known[hyphenated] > self._known[joined]
        if head.lower() in _COMPOUNDING:
            return True
        return self._is_known(head) and self._is_known(tail) and len(head) > 2 and len(tail) > 2

    def _is_known(self, word: str) -> bool:
        return self._known[word.lower()] > 0
