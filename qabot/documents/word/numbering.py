"""The numbers that Word shows before items and headings. They stand nowhere in the file: Word counts, and so we do.

Computed: Arabic (also with leading zeros), Roman, letters, English ordinals, bullets (as "-"), several levels ("2.1"),
restarts and continuations. Other formats (Chinese, Hebrew, spelled-out numbers ...) get "-", and the document a note:
no number is better than a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from qabot.documents.word.styles import Style, Styles
from qabot.documents.word.xml import Element, child, number, switch, value, w

BULLET = "-"

_PLACE = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_ONES = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")
_MAX_ROMAN = 32_767  # Word's own bound; a label must stay a label
_MAX_LETTER = 780  # thirty z
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _roman(count: int) -> str:
    if not 0 < count <= _MAX_ROMAN:
        return str(count)
    signs = ""
    for worth, sign in _ROMAN:
        signs += sign * (count // worth)
        count %= worth
    return signs + _ROMAN_ONES[count]


def _letter(count: int) -> str:
    """From "a" to "z", then "aa", "bb": Word repeats the letter."""
    if not 0 < count <= _MAX_LETTER:
        return str(count)
    return _LETTERS[(count - 1) % 26] * ((count - 1) // 26 + 1)


def _ordinal(count: int) -> str:
    teens = 10 <= count % 100 <= 20
    return f"{count}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"


_FORMATS: dict[str, Callable[[int], str]] = {
    "decimal": str,
    "decimalZero": "{:02d}".format,
    "lowerRoman": _roman,
    "upperRoman": lambda count: _roman(count).upper(),
    "lowerLetter": _letter,
    "upperLetter": lambda count: _letter(count).upper(),
    "ordinal": _ordinal,
    "none": lambda _: "",
}


@dataclass(frozen=True)
class _Level:
    start: int = 1
    format: str = "decimal"
    text: str = ""  # "%1.%2."
    restart: int | None = None  # 0: never; n: only after a level above the n-th
    legal: bool = False  # all numbers Arabic
    style: str | None = None  # paragraphs of this style are at this level


@dataclass(frozen=True)
class _List:
    """A ``w:num``: an abstract list, whose counters it shares with others, and what it changes of it."""

    abstract_id: str
    levels: dict[int, _Level]
    starts: dict[int, int] = field(default_factory=dict)  # levels that begin anew when this list is first used


class Numbering:
    """The lists of one document and how far each has counted; ask for the labels in the order of the text."""

    def __init__(self, root: Element | None, styles: Styles) -> None:
        self.unknown_formats: set[str] = set()
        self._styles = styles
        self._abstract = _by_id(root, "abstractNum", "abstractNumId")
        self._nums = _by_id(root, "num", "numId")
        self._lists: dict[int, _List | None] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._begun: set[int] = set()

    def place(self, properties: Element | None, style: Style) -> tuple[int, int] | None:
        """List and level, from 0, of a paragraph; None if it is in no list."""
        own = child(properties, "numPr")
        own_id, own_level = number(own, "numId"), number(own, "ilvl")
        num_id = style.list_place.num_id if own_id is None else own_id
        if not num_id or (found := self._list(num_id)) is None:  # 0 takes a paragraph out of its style's list
            return None
        if own_level is None:
            own_level = 0 if own_id is not None else _level_of_style(found, style)
        return num_id, own_level

    def label(self, num_id: int, level: int) -> str:
        """Count one paragraph, and give its label: "3.", "2.1", "b)", ``BULLET``; "" where Word shows none."""
        found = self._list(num_id)
        if found is None or level not in found.levels:
            return ""
        counters = self._counted(num_id, found, level)
        shown = found.levels[level]
        if shown.format == "bullet":
            return BULLET
        used = [int(place) - 1 for place in _PLACE.findall(shown.text)]
        formats = {at: "decimal" if shown.legal else found.levels.get(at, _Level()).format for at in used}
        unknown = set(formats.values()) - set(_FORMATS) - {"bullet"}
        if unknown:
            self.unknown_formats |= unknown
            return BULLET
        return _PLACE.sub(lambda place: _shown(counters, formats, int(place[1]) - 1), shown.text).strip()

    def _counted(self, num_id: int, found: _List, level: int) -> dict[int, int]:
        counters = self._counters.setdefault(found.abstract_id, {})
        if num_id not in self._begun:
            self._begun.add(num_id)
            for at in found.starts:
                counters.pop(at, None)
        for at in range(level):
            counters.setdefault(at, _start(found, at))
        counters[level] = counters[level] + 1 if level in counters else _start(found, level)
        for at in [at for at in counters if at > level and _restarts(found.levels.get(at), level)]:
            del counters[at]
        return counters

    def _list(self, num_id: int) -> _List | None:
        if num_id not in self._lists:
            self._lists[num_id] = self._made(num_id)
        return self._lists[num_id]

    def _made(self, num_id: int) -> _List | None:
        num = self._nums.get(str(num_id))
        abstract_id = value(num, "abstractNumId")
        abstract = self._abstract.get(abstract_id or "")
        if num is None or abstract is None or abstract_id is None:
            return None
        levels = _levels(self._linked(abstract))
        starts = {}
        for override in num.findall(w("lvlOverride")):
            at = override.get(w("ilvl"), "")
            levels |= _levels(override)
            start = number(override, "startOverride")
            if start is not None and at in ("0", "1", "2", "3", "4", "5", "6", "7", "8"):
                starts[int(at)] = start
        return _List(abstract_id, levels, starts)

    def _linked(self, abstract: Element) -> Element:
        """The abstract list itself, or the one of the list style that it refers to."""
        link = value(abstract, "numStyleLink")
        num_id = self._styles.style(link).list_place.num_id if link else None
        return self._abstract.get(value(self._nums.get(str(num_id)), "abstractNumId") or "", abstract)


def _by_id(root: Element | None, name: str, id_name: str) -> dict[str, Element]:
    elements = root.findall(w(name)) if root is not None else ()
    return {element.get(w(id_name), ""): element for element in elements}


def _levels(parent: Element) -> dict[int, _Level]:
    return {int(level.get(w("ilvl"))): _level(level) for level in parent.findall(w("lvl")) if _is_level(level)}


def _is_level(level: Element) -> bool:
    return level.get(w("ilvl")) in tuple("012345678")


def _level(element: Element) -> _Level:
    start = number(element, "start")
    return _Level(
        start=1 if start is None else start,
        format=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText") or "",
        restart=number(element, "lvlRestart"),
        legal=switch(element, "isLgl") or False,
        style=value(element, "pStyle"),
    )


def _level_of_style(found: _List, style: Style) -> int:
    """The level that is linked to the style or to one that it is based on; else the one that the style states."""
    for id_ in style.ids:
        for at, level in found.levels.items():
            if level.style == id_:
                return at
    return style.list_place.level or 0


def _start(found: _List, level: int) -> int:
    return found.starts.get(level, found.levels.get(level, _Level()).start)


def _restarts(level: _Level | None, used: int) -> bool:
    """Whether a level begins anew after the level ``used`` above it."""
    return level is None or level.restart is None or used < level.restart


def _shown(counters: dict[int, int], formats: dict[int, str], at: int) -> str:
    return "" if formats[at] == "bullet" else _FORMATS[formats[at]](counters.get(at, 0))
