r"""Text shown as text: a backslash escaper for Discord's markdown, and its inverse.

The grammar that is disarmed. Discord takes ``\c`` as the plain character ``c`` when ``c`` is no ASCII letter, digit or
white space, so a backslash in front of the first character of a construct is enough:

    ==========================  ==========================================================================
    construct                   what gets the backslash
    ==========================  ==========================================================================
    escape                      ``\`` everywhere
    emphasis, strike, spoiler   ``*`` ``_`` ``~`` ``|`` everywhere
    code span, code fence       backtick everywhere
    <@1> <@&1> <#1> <t:1>       ``<`` and ``>`` everywhere; they also open </cmd:1>, <id:guide>, <:e:1>,
                                <a:e:1>, <https://...>, <a@b.c>, <+1...>
    @everyone @here             ``@`` everywhere
    [text](address)             ``[`` and ``]`` everywhere
    > quote, >>> quote          ``>`` everywhere
    # heading, -# small print   ``#`` everywhere; ``-`` first on a line
    - item, * item, + item      ``-`` and ``+`` first on a line (``*`` everywhere)
    1. item, 1) item            the ``.`` or ``)`` after digits that stand first on a line
    scheme:address              ``:`` after an ASCII letter and before anything but white space
    :smile:                     the first ``:`` of what could be an emoji's name
    www.example.com             ``.`` after "www"
    example.com/path            ``.`` before letters that a ``/``, ``?``, ``:`` or ``#`` follows
    an invisible character      is written ``⟨U+200B⟩``; a real ``⟨`` gets a backslash, so the two differ
    ==========================  ==========================================================================

"First on a line" means after a line end or at the start of the text or of a piece that is shown on its own, with or
without white space in between. Everything else, most punctuation included, stays as it is.

Invisible are: control and format characters (zero-width space, direction marks and overrides, soft hyphen, byte-order
mark ...), line and paragraph separators, lone surrogates, fillers and blanks that fonts draw as nothing. They are shown
by their code point because a reader must see what the words alone do not tell. Kept as they are: tab and line ends,
and the joiners and variation selectors inside an emoji, whose picture depends on them. Text without such characters
is copied from Discord exactly as it stands in its source.

The promise, tested: ``unescape(escape(text)) == text`` for every text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

_ALWAYS = frozenset("\\*_~|`<>@[]#⟨")
_FIRST_ON_LINE = frozenset("-+")
_LINE_ENDS = frozenset("\n\r")
_KEPT_CONTROLS = frozenset("\t\n\r")
# Letters and marks that fonts draw as nothing although their category says otherwise.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINER = "\u200d"
_KEYCAP = "\u20e3"
_HOST_END = re.compile(r"[A-Za-z]{2,24}[/?:#]", re.ASCII)
_EMOJI_NAME = re.compile(r":[\w+-]+:")
_ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])|⟨U\+([0-9A-F]{4,6})⟩", re.ASCII)


def escape(text: str) -> str:
    """``text`` as Discord markdown that displays exactly ``text``, with invisible characters by their code point."""
    return "".join(cells(text))


def unescape(markdown: str) -> str:
    """The inverse of ``escape``: the text that was meant."""
    return _ESCAPED.sub(lambda found: found[1] or chr(int(found[2], 16)), markdown)


def cells(text: str, breaks: Collection[int] = ()) -> list[str]:
    """The escaped form of each code point of ``text``, one entry each.

    ``breaks`` are positions where a piece of the text begins that is shown on its own (in bold, after an omission):
    what stands there counts as first on a line.
    """
    breaks = frozenset(breaks)
    written = []
    line = _Line()
    for at, char in enumerate(text):
        if at in breaks:
            line = _Line()
        if is_invisible(text, at):
            written.append(f"⟨U+{ord(char):04X}⟩")
        elif char in _ALWAYS or line.makes_syntax_of(char) or _opens_a_name(text, at):
            written.append("\\" + char)
        else:
            written.append(char)
        line.take(char)
    return written


def shows_codes(text: str) -> bool:
    """Whether anything in ``text`` is shown by its code point."""
    return any(is_invisible(text, at) for at in range(len(text)))


def visible(text: str) -> str:
    """``text`` for places where Discord knows no markdown (choices): only invisible characters are replaced."""
    return "".join(f"⟨U+{ord(char):04X}⟩" if is_invisible(text, at) else char for at, char in enumerate(text))


class _Line:
    """What a line held so far, as far as lists care: only white space, or white space and digits, or more."""

    def __init__(self) -> None:
        self._blank = True
        self._digits = False

    def makes_syntax_of(self, char: str) -> bool:
        """Whether ``char`` at this place would open a list item."""
        return (self._blank and char in _FIRST_ON_LINE) or (self._digits and char in ".)")

    def take(self, char: str) -> None:
        """Go on by one character."""
        if char in _LINE_ENDS:
            self._blank, self._digits = True, False
        elif not (self._blank and (char.isspace() or is_invisible(char, 0))):
            self._digits = (self._blank or self._digits) and char.isdecimal()
            self._blank = False


def _opens_a_name(text: str, at: int) -> bool:
    """Whether the ``:`` or ``.`` here could belong to an address that becomes a link, or open an emoji's name."""
    if text[at] == ":":
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        joins = before.isascii() and before.isalpha() and bool(after.strip())
        return joins or _EMOJI_NAME.match(text, at) is not None
    if text[at] == ".":
        return text[max(0, at - 3) : at].lower() == "www" or _HOST_END.match(text, at + 1) is not None
    return False


def is_invisible(text: str, at: int) -> bool:
    """Whether the character at ``at`` would not be seen, or would change how its neighbours are seen."""
    char = text[at]
    if char < "\x7f":
        return char < " " and char not in _KEPT_CONTROLS
    if char in _BLANK or _is_selector(char):
        return not _is_part_of_emoji(text, at)
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return not _is_part_of_emoji(text, at)
    return False


def _is_selector(char: str) -> bool:
    return "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef" or "\u180b" <= char <= "\u180f"


def _is_part_of_emoji(text: str, at: int) -> bool:
    """Whether a variation selector follows a symbol, or a joiner stands between two of them."""
    char, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if char in "\ufe0e\ufe0f":
        return _is_symbol(before) or after == _KEYCAP
    return char == _JOINER and (_is_symbol(before) or before == "\ufe0f") and _is_symbol(after)


def _is_symbol(char: str) -> bool:
    return bool(char) and unicodedata.category(char) in {"So", "Sk", "Sm"}
