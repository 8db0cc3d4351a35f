"""Web pages for tests: read, shown as lines, and what must hold for any of them."""

from pathlib import Path

import pytest

from qabot.datatypes import Document
from qabot.documents.webpage.page import HtmlExtractor
from qabot.errors import DocumentError

PAGES = Path(__file__).parent / "data" / "html"


def read(page: str | bytes) -> Document:
    """The page as a document."""
    return HtmlExtractor().extract("a.html", page.encode() if isinstance(page, str) else page)


def lines(page: str | bytes) -> list[str]:
    """The blocks as "kind level: words"."""
    document = read(page)
    return [f"{block.kind}{block.level or ''}: {block.span.of(document.text)}" for block in document.blocks]


def refusal(raw: str | bytes) -> DocumentError:
    """The error that the bytes are refused with."""
    with pytest.raises(DocumentError) as caught:
        read(raw)
    return caught.value


def require_sound(document: Document) -> None:
    """Blocks are in order, disjoint and hold everything; the text holds nothing that no text has."""
    end = 0
    for block in document.blocks:
        assert not document.text[end : block.span.start].strip()
        assert block.span.start >= end
        assert block.span.of(document.text).strip() == block.span.of(document.text)
        end = block.span.end
    assert not document.text[end:].strip()
    assert all(character.isprintable() or ord(character) > 159 or character in "\n\t" for character in document.text)
    document.text.encode("utf-8")
    if document.date_span is not None:
        assert document.date_span.of(document.text)
