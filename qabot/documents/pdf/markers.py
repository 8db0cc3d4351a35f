"""The signs and numbers that begin list items on a printed page."""

# ruff: noqa: RUF001 - these bullets and dashes are meant

from __future__ import annotations

import re

_BULLET = r"[•▪◦‣⁃●○■□◆➢➤✓✔·]"
_NUMBER = r"(?:\(?\d{1,3}[.)]|\d{1,2}(?:\.\d{1,2}){1,3}\.?|\(?[a-zA-Z]\)|\(?[ivx]{1,4}\)|[ivx]{1,4}\.)"
_BEGINS_ITEM = re.compile(rf"(?:{_BULLET}\s*|(?:[-*–]|{_NUMBER})\s+)(?=\S)")
_MARKER = re.compile(rf"{_BULLET}|[-*–o]|{_NUMBER}")
_CERTAIN = re.compile(_BULLET)


def begins_item(text: str) -> bool:
    """Whether a line begins like a list item; one of digits may also be a wrapped line by chance."""
    return _BEGINS_ITEM.match(text) is not None


def is_certain(text: str) -> bool:
    """Whether a line begins with a sign that begins nothing but list items."""
    return _CERTAIN.match(text) is not None


def is_marker(text: str) -> bool:
    """Whether this is nothing but the sign or number of a list item."""
    return _MARKER.fullmatch(text) is not None
