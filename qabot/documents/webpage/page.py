"""Saved web pages (.html, .htm) become Documents: the words that a browser shows, without menus and scripts.

Lexbor parses, through selectolax; what is a block, a list, a table or navigation is decided by rules of our own.
"""

from __future__ import annotations

import hashlib
import html
import re

from qabot.datatypes import Block, Document
from qabot.documents.formats import library_of
from qabot.documents.metadata import plain_header
from qabot.documents.plain import plain_blocks
from qabot.documents.webpage.blocks import page_blocks
from qabot.documents.webpage.encoding import decode_page
from qabot.documents.webpage.metadata import page_date, page_title, page_url, stated_date
from qabot.documents.webpage.navigation import kept_parts
from qabot.documents.webpage.tree import cleaned, elements_of, parse
from qabot.errors import DocumentError

_ANY_TAG = re.compile(r"<[a-zA-Z!/?]")
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_WAITING = re.compile(
    r"\W*(?:please\s+wait|loading|redirecting|just a moment|checking your browser|(?:please\s+)?enable javascript"
    r"|(?:this (?:page|site|app)|you)\s+(?:needs?|requires?)\s.{0,40}javascript).{0,120}",
    re.IGNORECASE | re.DOTALL,
)
_WEB_ARCHIVE = re.compile(rb"\s*(?:From: <Saved by |MIME-Version: 1\.0\s)", re.IGNORECASE)


class HtmlExtractor:
    """Reads web pages; keeps nothing between them."""

    def extract(self, id_: str, raw: bytes) -> Document:
        """The page's content with its structure and what it states of itself.

        Raises:
            DocumentError: if the file is no web page, or there are no words in it.
        """
        _require_page(id_, raw)
        try:
            decoded = decode_page(raw)
        except DocumentError as error:
            raise DocumentError(f"{id_} {error.problem}", remedy=error.remedy) from None
        notes = (decoded.note,) if decoded.note else ()
        source = decoded.text
        if _ANY_TAG.search(source) is None:
            return _plain(id_, raw, source, notes)
        page = parse(source)
        elements = elements_of(page)
        text, blocks = page_blocks(elements[0], kept_parts(elements))
        _require_words(id_, text, source)
        date = page_date(page)
        return Document(
            id=id_,
            text=text,
            sha256=hashlib.sha256(raw).hexdigest(),
            encoding=None,
            extractor=library_of(".html"),
            blocks=blocks,
            title=page_title(page, _first_heading(text, blocks)),
            date=date,
            date_span=stated_date(text, date) if date else None,
            url=page_url(page, source),
            notes=notes,
        )


def _plain(id_: str, raw: bytes, source: str, notes: tuple[str, ...]) -> Document:
    """A file without any markup: its lines are what it is made of."""
    text = cleaned(html.unescape(source)).replace("\r", "\n").strip()
    _require_words(id_, text, source)
    header = plain_header(text)
    blocks = (*header.blocks, *plain_blocks(text, header.body_start))
    return Document(
        id=id_,
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        encoding=None,
        extractor=library_of(".html"),
        blocks=blocks,
        title=header.title or _first_heading(text, blocks),
        date=header.date,
        date_span=header.date_span,
        url=header.url,
        notes=notes,
    )


def _first_heading(text: str, blocks: tuple[Block, ...]) -> str | None:
    found = next((block for block in blocks if block.kind == "heading" and block.level == 1), None)
    return " ".join(found.span.of(text).split()) if found else None


def _require_page(id_: str, raw: bytes) -> None:
    """Refuse an archive of a page and its pictures: mail, not markup. Other kinds are told apart before."""
    if _WEB_ARCHIVE.match(raw):
        raise DocumentError(f"{id_} is a web archive (MHTML) by its content", remedy="Save the page as HTML instead.")


def _require_words(id_: str, text: str, source: str) -> None:
    has_script = _SCRIPT.search(source) is not None
    if has_script and (not text or _WAITING.fullmatch(text)):
        problem = f"{id_} holds only scripts: its text appears when a browser runs them"
        raise DocumentError(problem, remedy="Save the page from a browser after it has loaded.")
    if not source.strip():
        raise DocumentError(f"{id_} is empty", remedy="Write something in it, or remove it.")
    if not text:
        raise DocumentError(f"{id_} holds no text", remedy="Save the page from a browser after it has loaded.")
