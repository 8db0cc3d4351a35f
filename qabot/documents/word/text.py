r"""The words of one paragraph as a reader of the printed page sees them.

Tracked changes are taken as accepted, fields by their results; hidden text, comments and deletions are dropped. Tabs
stay, line and page breaks become ``\n``, a soft hyphen nothing and a no-break hyphen "-".
"""

# ruff: noqa: RUF001 - these signs are meant

from __future__ import annotations

import re
from typing import NamedTuple

from qabot.documents.word.styles import Style, Styles
from qabot.documents.word.xml import Element, child, contents, m, value, w

_TEXT = frozenset((w("t"), m("t")))
_SIGNS = {w("tab"): "\t", w("ptab"): "\t", w("br"): "\n", w("cr"): "\n", w("noBreakHyphen"): "-"}
# Formulas are read in one line: a fraction without its bar would be another number.
_BEFORE = {m("den"): "/", m("sup"): "^", m("sub"): "_"}
_DROPPED = frozenset(
    map(w, "pPr rPr del moveFrom instrText delText delInstrText rt sdtPr softHyphen object footnotePr".split())
)
_NOTES = {w("footnoteReference"): "footnotes", w("endnoteReference"): "endnotes"}
# Signs of the fonts Wingdings and Symbol that change what a sentence says; others show as �.
_FONT_SIGNS = {
    "Wingdings": {0xDF: "←", 0xE0: "→", 0xE1: "↑", 0xE2: "↓", 0xE8: "→", 0xFC: "✓", 0xFB: "✗", 0xFE: "☑", 0xFD: "☒",
                  0xA8: "☐", 0x6F: "☐", 0x71: "☐", 0x78: "☒", 0x4A: "☺"},
    "Symbol": {0xA3: "≤", 0xB3: "≥", 0xB1: "±", 0xB0: "°", 0x6D: "μ", 0xB4: "×", 0xB9: "≠", 0xB7: "•", 0xAE: "→",
               0xBB: "≈", 0xB8: "÷", 0x2D: "−"},
}  # fmt: skip
_UNKNOWN_SIGN = "�"
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"[\t\n\r\x85]")
_MAX_OPEN_FIELDS = 50  # each piece of text asks them all; beyond it they are damaged, and their codes show


class Note(NamedTuple):
    """A reference to a foot- or endnote."""

    kind: str  # "footnotes" or "endnotes"
    id: str


class ParagraphText(NamedTuple):
    """What a paragraph holds."""

    text: str
    bold: bool  # all of it
    boxes: tuple[Element, ...]  # text boxes that are anchored in it
    notes: tuple[Note, ...]  # in the order of their references


class TextReader:
    """Reads paragraphs in order; a field may begin in one and end in another."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._fields: list[bool] = []  # for each open field: whether its code, not its result, is being read

    def read(self, paragraph: Element, style: Style) -> ParagraphText:
        r"""The text of a paragraph, not trimmed; without control characters but ``\n`` and ``\t``."""
        walk = _Walk(self._styles, style, self._fields)
        walk.through(paragraph, visible=not style.hidden, bold=style.bold)
        # Field codes end with their paragraph: one that is never closed must not swallow the rest of the document.
        self._fields[:] = [False] * len(self._fields)
        return ParagraphText("".join(walk.pieces), walk.bold, tuple(walk.boxes), tuple(walk.notes))


class _Walk:
    """One pass over one paragraph."""

    def __init__(self, styles: Styles, style: Style, fields: list[bool]) -> None:
        self.pieces: list[str] = []
        self.boxes: list[Element] = []
        self.notes: list[Note] = []
        self.bold = True
        self._styles = styles
        self._style = style
        self._fields = fields

    def through(self, parent: Element, *, visible: bool, bold: bool) -> None:
        for element in contents(parent):
            tag = element.tag
            if tag in _TEXT:
                self._say(_clean(element.text or ""), visible=visible, bold=bold)
            elif tag == _RUN:
                self._run(element)
            elif tag in _SIGNS:
                self._say(_SIGNS[tag], visible=visible, bold=True)
            elif tag == _FIELD:
                self._field(element.get(_FIELD_TYPE))
            elif tag in _NOTES and visible:
                self.notes.append(Note(_NOTES[tag], element.get(_ID, "")))
            elif tag == _BOX:
                self.boxes.append(element)
            elif tag == _SYMBOL:
                self._say(_sign(element), visible=visible, bold=bold)
            elif tag not in _DROPPED:
                self._say(_BEFORE.get(tag, ""), visible=visible, bold=True)
                self.through(element, visible=visible, bold=bold)

    def _run(self, run: Element) -> None:
        properties = child(run, "rPr")
        visible = not self._styles.hidden(properties, self._style)
        before = len(self.pieces)
        raised = value(properties, "vertAlign") == "superscript"
        self.through(run, visible=visible, bold=self._styles.bold(properties, self._style))
        # 10 with a raised 6 is not 106; a raised note number after a year neither.
        if raised and 0 < before < len(self.pieces):
            last, first = self.pieces[before - 1][-1:], self.pieces[before][:1]
            if last.isdigit() and (first.isdigit() or first in ("-", "−")):
                self.pieces[before] = "^" + self.pieces[before]

    def _say(self, piece: str, *, visible: bool, bold: bool) -> None:
        if piece and visible and not any(self._fields):
            self.pieces.append(piece)
            self.bold = self.bold and (bold or piece.isspace())

    def _field(self, kind: str | None) -> None:
        if kind == "begin" and len(self._fields) < _MAX_OPEN_FIELDS:
            self._fields.append(True)
        elif kind == "separate" and self._fields:
            self._fields[-1] = False
        elif kind == "end" and self._fields:
            self._fields.pop()


_RUN, _FIELD, _FIELD_TYPE, _BOX, _SYMBOL, _ID = (
    w("r"), w("fldChar"), w("fldCharType"), w("txbxContent"), w("sym"), w("id"),
)  # fmt: skip


def _clean(text: str) -> str:
    """White space as Word shows it, and no characters that are none."""
    return _UNWANTED.sub("", _SPACES.sub(" ", text))


def _sign(symbol: Element) -> str:
    """The character that a sign of a symbol font stands for."""
    try:
        code = int(symbol.get(w("char"), ""), 16)
    except ValueError:
        return ""
    private = 0xF000 <= code <= 0xF0FF
    known = _FONT_SIGNS.get(symbol.get(w("font"), ""), {})
    if private or code in known:
        return known.get(code & 0xFF, _UNKNOWN_SIGN)
    return _clean(chr(code)) if code < 0x110000 else ""
