"""Words of a PDF page with their places, as pdfium tells them; the only module that reads pdfium's text pages.

Places are in points, as a reader holds the page: x grows to the right, y (the baseline) grows downwards, and both
begin at the page's upper left corner. The order of the content stream is kept, but nobody should rely on it.
"""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pypdfium2 import PdfPage  # type: ignore[import-untyped]  # it has no type hints

_LINE_END_HYPHEN = "\x02"  # what pdfium makes of a hyphen that it takes for one at a line's end
_BULLETS = {"\uf0a7": "▪", "\uf0b7": "•", "\uf0d8": "➢", "\uf0fc": "✓"}  # of Word's lists, in Symbol and Wingdings
_SPELLED = {
    **dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True)),
    **dict.fromkeys("\u200b\u2060\ufeff", ""),  # of no width, they would part words from what people search for
    **dict.fromkeys((_LINE_END_HYPHEN, "\ufffe"), "-"),
    **_BULLETS,
}
_SAYS_NOTHING = re.compile("[\0-\x1f\x7f-\x9f\ue000-\uf8ff\ufffd\uffff\U000f0000-\U0010ffff]")
_RUN = re.compile(r"\S+")
_MAX_SKEW_DEGREES = 15  # scanned pages lie a little askew; a stamp across the page is no text to read
_BOLD_WEIGHT = 600
_FIXED_PITCH_FLAG, _FORCE_BOLD_FLAG = 1, 1 << 18  # font descriptor flags, ISO 32000-1 table 123
_BOLD_NAME = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_FIXED_NAME = re.compile(r"mono|courier|consol|typewriter|menlo|(?:cm|sf|ec)tt", re.IGNORECASE)


class Style(NamedTuple):
    """What a text object says about how its characters look."""

    size: float  # of the em, in points on the page
    bold: bool
    fixed: bool  # all characters are equally wide
    turn: int | None  # quarter turns to the left; None if askew


class Word(NamedTuple):
    """Characters without white space between them, of one style."""

    text: str
    left: float
    right: float
    base: float
    size: float
    bold: bool
    fixed: bool
    glued: bool  # nothing stood between it and the word before it in the content stream
    page: int  # 1-based


class PageWords(NamedTuple):
    """The words of a page by how they are turned: what most of it is, first."""

    groups: tuple[tuple[Word, ...], ...]
    height: float  # of the page as most of its words stand on it
    characters: int
    unknown: int  # characters, of those, that the fonts give no meaning


class _Place(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float


def page_words(page: PdfPage, number: int) -> PageWords:
    """The words of the page, which is the ``number``-th of its document, counted from 1.

    Raises:
        PdfiumError: if pdfium cannot read the page's text.
    """
    text_page = page.get_textpage()
    try:
        reader = _Reader(text_page.raw, text_page.count_chars(), _Place(*page.get_bbox()), number)
        return reader.read()
    finally:
        text_page.close()


class _Reader:
    """Walks the characters of one text page once."""

    def __init__(self, handle: Any, count: int, box: _Place, number: int) -> None:
        import pypdfium2.raw as api  # type: ignore[import-untyped]  # it has no type hints

        self._api = api
        self._handle = handle
        self._count = count
        self._box = box
        self._number = number
        self._styles: dict[int, Style] = {}
        self._rect = api.FS_RECTF()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._unknown = 0
        self._characters = 0

    def read(self) -> PageWords:
        by_turn: dict[int, list[Word]] = {}
        for first, codes in self._runs():
            self._count_unknown(first, codes)
            for turn, word in self._words(first, codes):
                by_turn.setdefault(turn, []).append(word)
        turns = sorted(by_turn, key=lambda turn: -sum(len(word.text) for word in by_turn[turn]))
        width, height = self._box.right - self._box.left, self._box.top - self._box.bottom
        return PageWords(
            groups=tuple(tuple(by_turn[turn]) for turn in turns),
            height=width if turns and turns[0] % 2 else height,
            characters=self._characters,
            unknown=self._unknown,
        )

    def _runs(self) -> Iterator[tuple[int, str]]:
        """The characters between white space, and the index of the first."""
        code_of, handle = self._api.FPDFText_GetUnicode, self._handle
        codes = (code_of(handle, index) for index in range(self._count))
        text = "".join(chr(code) if code <= 0x10FFFF else "\ufffd" for code in codes)
        for match in _RUN.finditer(text):
            yield match.start(), match[0]

    def _count_unknown(self, first: int, run: str) -> None:
        """Count characters without a meaning; pdfium is asked about the first of a run only, since asking costs."""
        self._characters += len(run)
        if self._api.FPDFText_HasUnicodeMapError(self._handle, first) == 1:
            self._unknown += len(run)
        elif not _is_plain(run):
            self._unknown += sum(_is_unknown(sign) for sign in run)

    def _words(self, first: int, run: str) -> Iterator[tuple[int, Word]]:
        """The run cut where one text object ends and another begins."""
        glued = False
        for start, end in self._pieces(first, first + len(run)):
            text = cleaned(run[start - first : end - first])
            style = self._styles[self._object(start)]
            place = self._place(start, end)
            if text and style.turn is not None and self._is_on_page(place):
                yield style.turn, self._word(text, start, style, place, glued=glued)
                glued = True

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        if self._object(start) == self._object(end - 1):
            yield start, end
            return
        for at in range(start + 1, end):
            if self._object(at) != self._object(start):
                yield start, at
                start = at
        yield start, end

    def _object(self, index: int) -> int:
        """The address of the character's text object, whose style is then known; 0 for what pdfium made up."""
        pointer = self._api.FPDFText_GetTextObject(self._handle, index)
        address = ctypes.addressof(pointer.contents) if pointer else 0
        if address not in self._styles:
            self._styles[address] = self._style(index)
        return address

    def _style(self, index: int) -> Style:
        matrix = self._api.FS_MATRIX()
        self._api.FPDFText_GetMatrix(self._handle, index, matrix)
        size = abs(self._api.FPDFText_GetFontSize(self._handle, index)) * math.hypot(matrix.c, matrix.d)
        name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
        self._api.FPDFText_GetFontInfo(self._handle, index, name, 128, flags)
        font = name.value.decode("utf-8", "replace")
        heavy = self._api.FPDFText_GetFontWeight(self._handle, index) >= _BOLD_WEIGHT
        return Style(
            size=size or 1.0,
            bold=heavy or bool(flags.value & _FORCE_BOLD_FLAG) or _BOLD_NAME.search(font) is not None,
            fixed=bool(flags.value & _FIXED_PITCH_FLAG) or _FIXED_NAME.search(font) is not None,
            turn=_quarter_turns(matrix.a, matrix.b),
        )

    def _place(self, start: int, end: int) -> _Place:
        one, other = self._box_of(start), self._box_of(end - 1)
        return _Place(
            min(one.left, other.left),
            min(one.bottom, other.bottom),
            max(one.right, other.right),
            max(one.top, other.top),
        )

    def _box_of(self, index: int) -> _Place:
        self._api.FPDFText_GetLooseCharBox(self._handle, index, self._rect)
        rect = self._rect
        return _Place(rect.left, rect.bottom, rect.right, rect.top)

    def _is_on_page(self, place: _Place) -> bool:
        """Whether the middle lies on the page; printers' marks and cropped text lie beside it."""
        x, y = (place.left + place.right) / 2, (place.bottom + place.top) / 2
        return self._box.left <= x <= self._box.right and self._box.bottom <= y <= self._box.top

    def _word(self, text: str, index: int, style: Style, place: _Place, *, glued: bool) -> Word:
        self._api.FPDFText_GetCharOrigin(self._handle, index, self._x, self._y)
        turn = style.turn or 0
        left, right = _upright(place, self._box, turn)
        base = _base(self._x.value, self._y.value, self._box, turn)
        return Word(text, left, right, base, style.size, style.bold, style.fixed, glued, self._number)


def _is_plain(run: str) -> bool:
    """Whether nothing in it needs a second look, as in most words."""
    return run.isascii() and run.isprintable()


def _is_unknown(sign: str) -> bool:
    """Whether it says nothing: a control, a replacement character, a private sign that is no bullet."""
    return sign not in _BULLETS and sign != _LINE_END_HYPHEN and _SAYS_NOTHING.match(sign) is not None


def cleaned(run: str) -> str:
    """The characters as text that can be searched, quoted and encoded.

    Latin ligatures are spelled out, so that "office" is found; UTF-16 halves become one character; what is unknown or
    invisible goes, and so does a soft hyphen, except at the end, where the line may end too.
    """
    if _is_plain(run):
        return run
    text = "".join(_SPELLED.get(sign, sign) for sign in run if sign in _SPELLED or not _is_unknown(sign))
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return text[:-1].replace("\xad", "") + text[-1:]


def _quarter_turns(a: float, b: float) -> int | None:
    degrees = math.degrees(math.atan2(b, a)) % 360
    nearest = round(degrees / 90)
    return nearest % 4 if abs(degrees - 90 * nearest) <= _MAX_SKEW_DEGREES else None


def _upright(place: _Place, box: _Place, turn: int) -> tuple[float, float]:
    """Left and right end of the place after the page is turned so that the word is upright."""
    return (
        (place.left - box.left, place.right - box.left),
        (place.bottom - box.bottom, place.top - box.bottom),
        (box.right - place.right, box.right - place.left),
        (box.top - place.top, box.top - place.bottom),
    )[turn]


def _base(x: float, y: float, box: _Place, turn: int) -> float:
    """How far below the upper edge of the page, turned likewise, a point lies."""
    return (box.top - y, x - box.left, y - box.bottom, box.right - x)[turn]
