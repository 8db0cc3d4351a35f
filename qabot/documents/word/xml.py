"""Names and small look-ups in WordprocessingML (ECMA-376 part 1, 17), so that the readers above need no prefixes.

Properties are looked up among direct children only: a ``pPrChange`` holds the properties of before a tracked change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

Element: TypeAlias = "BaseOxmlElement"

_MAIN = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
ALTERNATE = f"{_COMPATIBILITY}AlternateContent"
_CHOICE = f"{_COMPATIBILITY}Choice"
_FALLBACK = f"{_COMPATIBILITY}Fallback"

_MAX_DIGITS = 9


def w(name: str) -> str:
    """The full name of an element or attribute of the main namespace."""
    return _MAIN + name


def m(name: str) -> str:
    """The full name of an element of the namespace of formulas."""
    return _MATH + name


_VAL = w("val")
_SDT = w("sdt")
# Content that stands in the document as if these were not there; tracked changes count as accepted.
_TRANSPARENT = frozenset(map(w, ("ins", "moveTo", "customXml", "smartTag", "sdtContent")))


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of that name, its first child of the next name, and so on."""
    for name in path:
        element = None if element is None else element.find(w(name))
    return element


def value(element: Element | None, *path: str) -> str | None:
    """The ``w:val`` of the element at the path; None if either is missing."""
    found = child(element, *path)
    return None if found is None else found.get(_VAL)


def number(element: Element | None, *path: str) -> int | None:
    """The ``w:val`` at the path as a number that is not negative; None if it is none of reasonable length."""
    text = value(element, *path)
    return int(text) if text and len(text) <= _MAX_DIGITS and text.isascii() and text.isdigit() else None


def switch(element: Element | None, name: str) -> bool | None:
    """A property that is on by being there; None if it is not there."""
    found = child(element, name)
    return None if found is None else found.get(_VAL) not in ("0", "false", "off")


def contents(parent: Element) -> Iterator[Element]:
    """The children that count, with what stands in content controls, insertions and alternatives put in their place."""
    pending = [iter(parent)]
    while pending:
        element = next(pending[-1], None)
        if element is None:
            pending.pop()
        elif element.tag in _TRANSPARENT:
            pending.append(iter(element))
        elif element.tag == _SDT:
            pending.append(iter(_control_contents(element)))
        elif element.tag == ALTERNATE:
            pending.append(iter(alternative(element)))
        elif isinstance(element.tag, str):  # comments and processing instructions have none
            yield element


def _control_contents(control: Element) -> list[Element]:
    """What a content control holds; nothing if that is only its prompt or a table of contents."""
    properties = child(control, "sdtPr")
    gallery = value(properties, "docPartObj", "docPartGallery")
    if switch(properties, "showingPlcHdr") or gallery == "Table of Contents":
        return []
    return control.findall(w("sdtContent"))  # type: ignore[no-any-return]


def alternative(element: Element) -> list[Element]:
    """The children of one of the alternatives, which say the same: the first choice, else the fallback."""
    for name in (_CHOICE, _FALLBACK):
        found = element.find(name)
        if found is not None:
            return list(found)
    return []
