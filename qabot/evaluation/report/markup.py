"""HTML and SVG as elements, so that whatever is text is escaped by the serialiser and nothing is escaped by hand.

This module knows elements and which characters may be shown; it refuses to know what a page is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby, pairwise
from xml.etree.ElementTree import Element, tostring

from qabot.datatypes import Span
from qabot.terminal import visible


def node(tag: str, *content: Element | str, **attributes: str | float) -> Element:
    """An element with text and elements in it. ``class_`` is the attribute "class", ``stroke_width`` "stroke-width"."""
    made = Element(tag, {_attribute(name): visible(str(value)) for name, value in attributes.items()})
    for part in content:
        if isinstance(part, Element):
            made.append(part)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + _readable(part)
        else:
            made.text = (made.text or "") + _readable(part)
    return made


def marked(text: str, **spans: Iterable[Span]) -> list[Element | str]:
    """``text`` in pieces; those inside of spans, which may overlap, are marks with the spans' names as classes."""
    named = [(name, span) for name, several in spans.items() for span in several]
    cuts = sorted({0, len(text), *(cut for _, span in named for cut in (span.start, span.end))})

    def names(piece: tuple[int, int]) -> str:
        return " ".join(dict.fromkeys(name for name, span in named if span.contains(Span(*piece))))

    pieces: list[Element | str] = []
    for classes, several in groupby(pairwise(cuts), names):
        ends = list(several)
        piece = text[ends[0][0] : ends[-1][1]]
        pieces.append(node("mark", piece, class_=classes) if classes else piece)
    return pieces


def document(*, title: str, style: str, body: Iterable[Element]) -> str:
    """A whole page. Its own policy forbids it to load anything or to run anything."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    head = node(
        "head",
        node("meta", charset="utf-8"),
        node("meta", **{"http-equiv": "Content-Security-Policy", "content": policy}),
        node("meta", name="viewport", content="width=device-width, initial-scale=1"),
        node("meta", name="color-scheme", content="light dark"),
        node("title", title),
        node("style", style),
    )
    page = node("html", head, node("body", *body), lang="en")
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def _attribute(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _readable(text: str) -> str:
    """Line ends stay; what could turn a text around or be lost becomes a visible symbol."""
    return "\n".join(visible(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
