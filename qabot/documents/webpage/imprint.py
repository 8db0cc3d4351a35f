"""What a header, footer or side part says besides links and what every page says: copyright, counters, programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from qabot.documents.webpage.tree import BLOCKS, Element

_MAX_PIECES = 2_000  # parts may lie within each other as deep as they like, and each is looked through
_END = "\x1e"  # around blocks; in no text, since the tree is cleaned
_WHITE = re.compile(r"\s+")
_ENDS = re.compile(r"(?<=\w\w\w[.!?])\s+|\s*[|\u00b7\u2022\x1e]\s*")
_ON_EVERY_PAGE = re.compile(
    r"\u00a9|\(c\)\s*\d{4}|\bcopyright\s+(?:\(c\)|\d{4}|by\b)|\ball rights reserved|\balle rechte vorbehalten"
    r"|\btous droits r\u00e9serv\u00e9s|\bbest viewed (?:with|in|at)\b|\b(?:proudly )?powered by\b"
    r"|\byou are (?:our )?visitor\b|\bvisitor (?:no|number|count)|\b(?:hit|visitor)s? counter\b|\bvisitors? since\b",
    re.IGNORECASE,
)


def said_chars(element: Element) -> int:
    """How many characters its sentences outside of links have, spaces included, but for those of every page."""
    text = "".join(islice(_texts(element), _MAX_PIECES))
    sentences = (" ".join(part.split()) for part in _ENDS.split(text) if _ON_EVERY_PAGE.search(part) is None)
    return sum(len(sentence) for sentence in sentences if any(map(str.isalnum, sentence)))


def _texts(element: Element) -> Iterator[str]:
    """Its text outside of links, with something for each element, so that who counts sees all work."""
    opened: list[tuple[Iterator[Element | str], str]] = [(iter((element,)), "")]
    while opened:
        pieces, end = opened[-1]
        piece = next(pieces, None)
        if piece is None:
            opened.pop()
            yield end
        elif isinstance(piece, str):
            yield _WHITE.sub(" ", piece)
        else:
            around = _END if piece.tag in BLOCKS or piece.tag == "br" else ""
            is_link = piece.tag == "a" and "href" in piece.attributes
            opened.append((iter(() if is_link else piece.children), around))
            yield around
