"""A web page as a light tree of our own: parsed by Lexbor as browsers do, walked without recursion.

Holds what is on the page and what its elements sum up to; judges nothing. Elements that never show text are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from qabot.documents.webpage.xhtml import with_end_tags

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
LISTS = ("ul", "ol", "menu", "dir", "dl")
BLOCKS = frozenset(
    (
        "address article aside blockquote body caption center dd details dialog div dt fieldset figcaption figure"
        " footer form frameset header hgroup hr legend li listing main nav optgroup p pre search section summary table"
        " tbody td tfoot th thead tr xmp plaintext button"
    ).split()
) | {*HEADINGS, *LISTS}
# What a browser does not show, shows as a picture or lets people fill in. `rt` and `rp` say how a word is pronounced,
# `del`, `s` and `strike` hold what the page itself takes back: an answer from there would be wrong.
_WITHOUT_TEXT = frozenset(
    (
        "script style noscript template head title meta link svg annotation annotation-xml iframe frame"
        " noframes object embed applet audio video canvas map input select option datalist textarea progress meter"
        " img picture source track area rt rp del s strike"
    ).split()
)
# Holding one of these, a table is there for the looks.
_LAYOUT_SIGNS = frozenset(("table", "blockquote", "article", "section", "form", "hr", *HEADINGS))
# Blink stops at a depth of 512. Far deeper, every parser that follows the standard takes quadratic time; with
# formatting elements that are never closed even the tree grows so, since each paragraph opens all of them anew.
_MAX_DEPTH = 500
_MAX_FORMATTING = 12
_FORMATTING = frozenset("a b big code em font i nobr small strike strong tt u".split())
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NEVER_OPEN = frozenset(
    "area base br col embed hr img input link meta source track wbr p li dt dd tr td th thead tbody tfoot option"
    " optgroup colgroup rp rt html head body script style textarea title svg path".split()
)
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))  # soft hyphen and marks that only allow or forbid a break
_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_SPACES = dict.fromkeys((0xB, 0xC, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0xA0, 0x202F), " ")
_CLEANED = {**_CONTROLS, **_INVISIBLE, **_SPACES, ord("\r"): "\n"}


class Element:
    """One element that may show text, and what it and everything in it sum up to."""

    __slots__ = (
        "attributes",
        "chars",
        "children",
        "dropped",
        "h1s",
        "is_layout",
        "link_chars",
        "own_chars",
        "parent",
        "tag",
    )

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Element | str] = []
        self.dropped = ""  # why it may be left out; "" where it may not
        self.own_chars = 0  # that are not white space, in its own text
        self.chars = 0  # likewise, with all that it holds
        self.link_chars = 0  # those of them that stand in links
        self.h1s = 0
        self.is_layout = False  # holds what no cell of a data table holds

    @property
    def prose(self) -> int:
        """How many characters stand outside of links."""
        return self.chars - self.link_chars

    @property
    def elements(self) -> list[Element]:
        """The children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]


def cleaned(text: str) -> str:
    """Text without control characters, soft hyphens and zero-width spaces; no-break spaces become spaces.

    U+00A0 and U+202F only forbid a line break; with them a quote could not be found by typing its words. Joiners and
    direction marks stay: they change what Persian, Hebrew or an emoji shows.
    """
    return text.replace("\r\n", "\n").translate(_CLEANED)


def parse(text: str) -> LexborHTMLParser:
    """The page as Lexbor reads it; ``noscript`` holds text that is never shown."""
    from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

    return LexborHTMLParser(_flattened(with_end_tags(text)), options=LexborDocumentOptions.WO_EVENTS, scripting=True)


def elements_of(page: LexborHTMLParser) -> list[Element]:
    """All elements that may show text, in document order; the first is the body, each parent before its children."""
    root = Element("body", {}, None)
    found = [root]
    waiting: list[tuple[LexborNode | None, Element]] = [(page.body.first_child if page.body else None, root)]
    while waiting:
        node, parent = waiting.pop()
        if node is None:
            continue
        waiting.append((node.next, parent))
        if node.is_text_node:
            parent.children.append(cleaned(node.text_content or ""))
        elif node.is_element_node and (node.tag or "") not in _WITHOUT_TEXT:
            element = Element(node.tag or "", {k: v or "" for k, v in node.attributes.items()}, parent)
            parent.children.append(element)
            found.append(element)
            waiting.append((node.first_child, element))
    _sum_up(found)
    return found


def _sum_up(elements: list[Element]) -> None:
    for element in reversed(elements):  # each after all that it holds
        texts = [child for child in element.children if isinstance(child, str)]
        element.own_chars = sum(len(word) for text in texts for word in text.split())
        element.chars += element.own_chars
        if element.tag == "a" and "href" in element.attributes:
            element.link_chars = element.chars
        if element.tag == "h1":
            element.h1s += 1
        parent = element.parent
        if parent is not None:
            parent.chars += element.chars
            parent.link_chars += element.link_chars
            parent.h1s += element.h1s
            many_lines = element.tag == "pre" and any("\n" in text.strip() for text in texts)
            parent.is_layout |= element.is_layout or element.tag in _LAYOUT_SIGNS or many_lines


def inline_text(element: Element, skip: frozenset[str]) -> str:
    """The words of the element in one line, blocks and line breaks separated by a space."""
    pieces: list[str] = []
    waiting: list[Element | str] = [element]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            pieces.append(piece)
        elif piece.dropped not in skip:
            around = [" "] if piece.tag in BLOCKS or piece.tag == "br" else []
            waiting.extend((*around, *reversed(piece.children), *around))
    return " ".join("".join(pieces).split())


def _flattened(text: str) -> str:
    """The markup with tags that lie too deep made into empty elements: their text stays, at the last depth."""
    if text.count("<") <= _MAX_FORMATTING:
        return text
    depths = _Depths()
    if not any(depths.too_deep(match) for match in _TAG.finditer(text)):
        return text
    depths = _Depths()
    return _TAG.sub(lambda match: _empty(match) if depths.too_deep(match) else match[0], text)


def _empty(match: re.Match[str]) -> str:
    return "<hr" if match[2].lower() in BLOCKS else "<wbr"


class _Depths:
    """Counts how deep tags lie, near enough to tell a page from an attack: what is never closed counts as open."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()
        self._formatting = 0

    def too_deep(self, match: re.Match[str]) -> bool:
        """Whether this tag, met after those before it, lies deeper than a page needs."""
        name = match[2].lower()
        if name in _NEVER_OPEN:
            return False
        if not match[1]:
            self._open.append(name)
            self._counts[name] += 1
            self._formatting += name in _FORMATTING
        is_too_deep = len(self._open) > _MAX_DEPTH or (name in _FORMATTING and self._formatting > _MAX_FORMATTING)
        if match[1]:
            self._close(name)
        return is_too_deep

    def _close(self, name: str) -> None:
        while self._counts[name]:
            closed = self._open.pop()
            self._counts[closed] -= 1
            self._formatting -= closed in _FORMATTING
            if closed == name:
                return
