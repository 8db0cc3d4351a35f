"""What a terminal may be shown: width, colour, and no text that could instruct it.

This module knows terminals and columns; it knows nothing of questions and answers. Document text is foreign: an escape
sequence in it could rewrite the screen or the clipboard, a bidirectional override could turn a quote around.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

from qabot.datatypes import Span

Style = Literal["answer", "strong", "faint", "warning"]

_SGR: Mapping[Style, str] = {"answer": "1;32", "strong": "1", "faint": "2", "warning": "1;33"}
_WIDEST = 100  # longer lines are hard to read
_NARROWEST = 20
_UNKNOWN_WIDTH = 80

# Each of them becomes one visible symbol, so that nothing disappears: C0 and DEL their control pictures; C1 (which some
# terminals obey like ESC), bidirectional embeddings, overrides and isolates, and lone surrogates U+FFFD.
_C1 = range(0x80, 0xA0)
_BIDI = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SURROGATES = range(0xD800, 0xE000)
_VISIBLE: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys((*_C1, *_BIDI, *_SURROGATES, 0x2028, 0x2029), "\ufffd"),
    ord("\t"): "    ",  # a tab's real width depends on its column
}

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")  # the lines that a quote's place counts, not those of str.splitlines
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Screen:
    """Where text is shown. ``width`` in columns; None: do not wrap, as in a file or a pipe."""

    width: int | None = None
    colour: bool = False

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> Screen:
        """The screen behind ``stream``; colour only on a terminal, without NO_COLOR (no-color.org) and TERM=dumb."""
        if not stream.isatty():
            return cls()
        colour = not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        return cls(width=_columns(stream, environ), colour=colour)

    def paint(self, text: str, style: Style) -> str:
        """``text`` in a style, unchanged where there is no colour. The text must be visible() already."""
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if self.colour and text else text

    def wrapped(self, text: str, *, indent: str = "", style: Style | None = None) -> list[str]:
        """One paragraph as lines that fit, broken at white space only; neutralised, then styled."""
        room = None if self.width is None else self.width - len(indent)
        shown = (visible(text[start:end]) for start, end in wrap(text, room))
        return [(indent + (line if style is None else self.paint(line, style))).rstrip() for line in shown]

    def quoted(self, text: str, *, mark: Span | None, indent: str = "") -> list[str]:
        """``text`` behind ``> ``, its own line ends kept, with the part ``mark`` (counted in ``text``) in bold."""
        prefix = indent + self.paint(">", "faint")
        room = None if self.width is None else self.width - len(indent) - 2
        return [f"{prefix} {self._marked(text, line, mark)}".rstrip() for line in wrap(text, room)]

    def _marked(self, text: str, line: tuple[int, int], mark: Span | None) -> str:
        start, end = line
        if mark is None or mark.end <= start or end <= mark.start:
            return visible(text[start:end])
        first, last = max(start, mark.start), min(end, mark.end)
        middle = self.paint(visible(text[first:last]), "answer")
        return visible(text[start:first]) + middle + visible(text[last:end])


def visible(text: str) -> str:
    """``text`` with every character that could instruct a terminal replaced by a visible symbol; tabs become spaces."""
    return text.translate(_VISIBLE)


def one_line(text: str) -> str:
    """``text`` on one line: visible, each run of white space a single space."""
    return visible(" ".join(text.split()))


def columns(text: str) -> int:
    """How many terminal columns ``text`` takes: wide East Asian characters and emoji two, combining marks none."""
    if text.isascii():
        return len(visible(text))
    return sum(_char_columns(char) for char in visible(text))


def shortened(text: str, width: int) -> str:
    """``text``, visible() already, cut to ``width`` columns; an ellipsis says where something was cut."""
    if columns(text) <= width:
        return text
    used = 0
    for position, char in enumerate(text):
        used += _char_columns(char)
        if used >= width:
            return f"{text[:position].rstrip()}\u2026"
    return text


def wrap(text: str, width: int | None) -> Iterator[tuple[int, int]]:
    """The lines of ``text`` as ``(start, end)``: broken at its own line ends, and at white space where too wide.

    Everything that is not white space lies in exactly one of them; a word wider than ``width`` stays whole.
    ``width`` is in columns, None for no limit. A blank line gives an empty range.
    """
    for line in _LINE.finditer(text):
        if line.start() == line.end() and line.start() > 0:
            return  # \Z matches once more after the last line end
        end = line.start() + len(line.group().rstrip("\r\n"))
        if width is None or columns(text[line.start() : end]) <= width:
            yield line.start(), end
        else:
            yield from _folded(text, line.start(), end, max(width, 1))


def _folded(text: str, start: int, end: int, width: int) -> Iterator[tuple[int, int]]:
    """One line that is too wide, folded between words; its first line keeps the white space it starts with."""
    line_start, line_end = start, start
    for word in _WORD.finditer(text, start, end):
        if line_end > line_start and columns(text[line_start : word.end()]) > width:
            yield line_start, line_end
            line_start = word.start()
        line_end = word.end()
    yield line_start, line_end


def _char_columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Cf", "Me", "Mn"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    """The terminal's width from COLUMNS or the terminal itself; a terminal may not know (0 columns)."""
    asked = environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked) > 0:
        return min(max(int(asked), _NARROWEST), _WIDEST)
    try:
        known = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        known = 0
    return min(max(known or _UNKNOWN_WIDTH, _NARROWEST), _WIDEST)
