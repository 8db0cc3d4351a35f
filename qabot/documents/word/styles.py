"""What a style of a Word document means: heading levels, lists, hidden text. Looked up once for each style.

Names of built-in styles are English in the file whatever language Word speaks ("heading 1" with the id "berschrift1");
where a name is foreign all the same, the outline level tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qabot.documents.word.xml import Element, child, number, switch, value, w

_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"toc ?(?:[1-9]|heading)|table of figures", re.IGNORECASE)
_BODY_TEXT = 9  # the outline level that is none
_MAX_CHAIN = 64  # styles based on each other; also ends circles


@dataclass(frozen=True)
class ListPlace:
    """Which list a paragraph belongs to, and how deep. ``None``: not said here."""

    num_id: int | None = None
    level: int | None = None


@dataclass(frozen=True)
class Style:
    """What a style and those that it is based on say; the nearest one counts."""

    ids: tuple[str, ...] = ()  # its own, then what it is based on
    heading_level: int = 0  # 1 is the outermost, 0 is none
    is_title: bool = False
    is_contents: bool = False  # an entry of the table of contents, or its heading
    list_place: ListPlace = ListPlace()
    hidden: bool = False
    bold: bool = False
    marks_first_row: bool = False  # of a table


class Styles:
    """The styles of one document."""

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._default: str | None = None
        self._known: dict[str | None, Style] = {}
        for element in root.findall(w("style")) if root is not None else ():
            id_ = element.get(w("styleId"))
            if id_ is not None:
                self._elements.setdefault(id_, element)
                if element.get(w("type")) == "paragraph" and element.get(w("default")) in ("1", "true", "on"):
                    self._default = id_

    def style(self, id_: str | None) -> Style:
        """The style of that id; one that means nothing if there is none."""
        if id_ not in self._known:
            self._known[id_] = self._made(id_) if id_ is not None else Style()
        return self._known[id_]

    def of_paragraph(self, properties: Element | None) -> Style:
        """The style that a paragraph with these properties has."""
        return self.style(value(properties, "pStyle") or self._default)

    def heading_level(self, properties: Element | None) -> int:
        """The outline level, from 1, of a paragraph with these properties; 0 for body text."""
        own = number(properties, "outlineLvl")
        return self.of_paragraph(properties).heading_level if own is None else _level(own)

    def hidden(self, properties: Element | None, paragraph: Style) -> bool:
        """Whether a run with these properties, in a paragraph of that style, is hidden text."""
        own = switch(properties, "vanish")
        return own if own is not None else self._of_run(properties).hidden or paragraph.hidden

    def bold(self, properties: Element | None, paragraph: Style) -> bool:
        """Whether a run with these properties, in a paragraph of that style, is bold."""
        own = switch(properties, "b")
        return own if own is not None else self._of_run(properties).bold or paragraph.bold

    def _of_run(self, properties: Element | None) -> Style:
        return self.style(value(properties, "rStyle")) if properties is not None else Style()

    def _made(self, id_: str) -> Style:
        chain = dict(self._chain(id_))
        elements = [element for element in chain.values() if element is not None]
        names = [*chain, *(value(element, "name") or "" for element in elements)]
        return Style(
            ids=tuple(chain),
            heading_level=_heading_level(chain),
            is_title=any(name.lower() == "title" for name in names),
            is_contents=any(_CONTENTS.fullmatch(name) for name in names),
            list_place=_list_place(elements),
            hidden=_nearest(elements, "vanish"),
            bold=_nearest(elements, "b"),
            marks_first_row=any(_marks_first_row(element) for element in elements),
        )

    def _chain(self, id_: str) -> Iterator[tuple[str, Element | None]]:
        """The style and those that it is based on; a style that is only named has no element."""
        seen: set[str] = set()
        following: str | None = id_
        while following is not None and following not in seen and len(seen) < _MAX_CHAIN:
            seen.add(following)
            element = self._elements.get(following)
            yield following, element
            following = value(element, "basedOn")


def _level(outline: int) -> int:
    return outline + 1 if outline < _BODY_TEXT else 0


def _heading_level(chain: dict[str, Element | None]) -> int:
    for id_, element in chain.items():
        outline = number(element, "pPr", "outlineLvl")
        if outline is not None:
            return _level(outline)
        name = value(element, "name") or id_
        if match := _HEADING.fullmatch(name) or _HEADING.fullmatch(id_):
            return int(match[1])
        if "title" in (name.lower(), id_.lower()):
            return 1
    return 0


def _list_place(elements: list[Element]) -> ListPlace:
    num_ids = (number(element, "pPr", "numPr", "numId") for element in elements)
    levels = (number(element, "pPr", "numPr", "ilvl") for element in elements)
    first_id = next((num_id for num_id in num_ids if num_id is not None), None)
    return ListPlace(first_id, next((level for level in levels if level is not None), None))


def _nearest(elements: list[Element], name: str) -> bool:
    found = (switch(child(element, "rPr"), name) for element in elements)
    return next((on for on in found if on is not None), False)


def _marks_first_row(style: Element) -> bool:
    return any(look.get(w("type")) == "firstRow" for look in style.findall(w("tblStylePr")))
