r"""Lines of a text, without changing it: a line ends at ``\n``, ``\r\n`` or a lone ``\r``, and nowhere else.

``str.splitlines`` also takes form feeds, U+2028 and others, which would give other line numbers than editors show.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qabot.datatypes import Span

_LINE_END = re.compile(r"\r\n|\r|\n")


class Line(NamedTuple):
    """Where one line lies in the text, its end mark not included; an empty line has ``start == end``."""

    start: int
    end: int
    content: str  # text[start:end], white space kept

    @property
    def blank(self) -> bool:
        """Whether there is nothing but white space."""
        return not self.content or self.content.isspace()

    @property
    def indent(self) -> int:
        """How many characters of white space come first; tabs count as up to the next multiple of eight."""
        white = self.content[: len(self.content) - len(self.content.lstrip())]
        return len(white.expandtabs(8))


def lines_of(text: str, start: int = 0) -> list[Line]:
    """The lines of ``text[start:]``, counted in ``text``."""
    lines = []
    for end in _LINE_END.finditer(text, start):
        lines.append(Line(start, end.start(), text[start : end.start()]))
        start = end.end()
    lines.append(Line(start, len(text), text[start:]))
    return lines


def line_of(text: str, offset: int) -> int:
    """The 1-based number of the line that ``offset`` lies in; both characters of a line end belong to their line."""
    ends = text.count("\n", 0, offset) + text.count("\r", 0, offset) - text.count("\r\n", 0, offset)
    inside_line_end = offset > 0 and text[offset - 1 : offset + 1] == "\r\n"
    return 1 + ends - inside_line_end


def trimmed(text: str, start: int, end: int) -> Span | None:
    """``[start, end)`` without white space at either end; None if there is nothing else."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end -= len(piece) - len(piece.rstrip())
    return Span(start, end) if start < end else None
