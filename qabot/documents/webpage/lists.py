"""The marks of list items, as a browser counts and writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qabot.documents.webpage.tree import Element

_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"))
_ROMAN_UNITS = ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass
class Counter:
    """Counts the items of one list."""

    number: int
    step: int
    write: Callable[[int], str] | None  # None for a list without numbers

    def mark(self, item: Element) -> str:
        """What stands before this item: "- ", "3. ", "c. "."""
        if self.write is None:
            return "- "
        self.number = _integer(item.attributes.get("value", ""), self.number)
        mark = f"{self.write(self.number)}. "
        self.number += self.step
        return mark


def list_counter(element: Element) -> Counter:
    """The counter of a list, by its ``start``, ``reversed`` and ``type``."""
    if element.tag != "ol":
        return Counter(0, 0, None)
    backwards = "reversed" in element.attributes
    items = sum(child.tag == "li" for child in element.elements) if backwards else 1
    start = _integer(element.attributes.get("start", ""), items)
    write = {"a": _letters, "A": _capitals, "i": _roman, "I": _roman_capitals}.get(
        element.attributes.get("type", ""), str
    )
    return Counter(start, -1 if backwards else 1, write)


def _integer(text: str, otherwise: int) -> int:
    digits = text.strip().removeprefix("-")
    fits = digits.isascii() and digits.isdigit() and len(digits) < 10
    return int(text) if fits else otherwise


def _letters(number: int) -> str:
    if number < 1:
        return str(number)
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def _capitals(number: int) -> str:
    return _letters(number).upper()


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    letters = ""
    for value, sign in (*_ROMAN, *_ROMAN_UNITS):
        letters += sign * (number // value)
        number %= value
    return letters


def _roman_capitals(number: int) -> str:
    return _roman(number).upper()
