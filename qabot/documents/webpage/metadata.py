"""Title, date and address that a web page states of itself, for machines: meta elements, links, JSON-LD, times."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qabot.datatypes import Span
from qabot.documents.dates import find_date
from qabot.documents.webpage.tree import cleaned

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

# The best first: when it was published, then what may be that.
_DATE_NAMES = (
    "article:published_time", "og:published_time", "datepublished", "dc.date.issued", "dcterms.issued",
    "dc.date.created", "dcterms.created",
    "citation_publication_date", "publication_date", "publication-date", "publish-date", "pubdate",
    "parsely-pub-date", "sailthru.date", "dc.date", "dcterms.date", "date",
)  # fmt: skip
_PUBLISHED_TIMES = frozenset(
    ("published", "pubdate", "entry-date", "post-date", "dt-published", "posted-on", "publish-date")
)
_SAVED_FROM = re.compile(r"<!-- saved from url=\(\d{4}\)(?P<url>https?://[^\s<>\"]{1,2000}) -->")
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,2000}")
_SUFFIX_SIGNS = r" ?[|»] ?| [·•—\u2013-] "
_SEARCHED_CHARS = 3_000  # the date that a page states of itself stands near its top
_LARGEST_DATA_CHARS = 1_000_000
_LONGEST_TITLE_CHARS = 300


def page_title(page: LexborHTMLParser, heading: str | None) -> str | None:
    """The page's own name, without that of its site where heading, Open Graph or site name tell them apart."""
    element = page.css_first("head title")
    whole = _line(element.text()) if element is not None else ""
    named = _meta(page).get("og:title", "")
    for words in (heading or "", named):
        if words and words.casefold() in (whole or named).casefold():
            return words
    site = _meta(page).get("og:site_name", "")
    parts = re.split(f"({_SUFFIX_SIGNS})", whole)
    if site and len(parts) > 2 and parts[-1].strip().casefold() == site.casefold():
        whole = "".join(parts[:-2]).strip()
    return whole or named or heading or None


def page_url(page: LexborHTMLParser, source: str) -> str | None:
    """The page's address as it states it itself, or as the browser that saved it noted it in ``source``."""
    addresses = [link.attributes.get("href") for link in page.css('link[rel~="canonical" i]')]
    addresses.append(_meta(page).get("og:url"))
    found = next((address.strip() for address in addresses if address and _ADDRESS.fullmatch(address.strip())), None)
    saved = _SAVED_FROM.search(source, 0, _SEARCHED_CHARS)
    return cleaned(found) if found else saved["url"] if saved else None


def page_date(page: LexborHTMLParser) -> str | None:
    """When the page was published, YYYY-MM-DD. When it was changed is another matter."""
    meta = _meta(page)
    stated = (*_linked_data(page), *(meta[name] for name in _DATE_NAMES if name in meta), *_times(page))
    return next((found.iso for text in stated if (found := find_date(text, 0, min(len(text), 100)))), None)


def stated_date(text: str, date: str) -> Span | None:
    """Where the first lines of the text state the date."""
    start, end = 0, min(len(text), _SEARCHED_CHARS)
    while (found := find_date(text, start, end)) is not None:
        if found.iso == date:
            return Span(found.start, found.end)
        start = found.end
    return None


def _meta(page: LexborHTMLParser) -> dict[str, str]:
    """The contents of the meta elements by name, lower case; the first of a name counts."""
    found: dict[str, str] = {}
    for element in page.css("meta[content]"):
        attributes = element.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or ""
        found.setdefault(name.strip().lower(), _line(attributes.get("content") or ""))
    return {name: content for name, content in found.items() if name and content}


def _line(text: str) -> str:
    return " ".join(cleaned(text).split())[:_LONGEST_TITLE_CHARS]


def _times(page: LexborHTMLParser) -> Iterator[str]:
    for time in page.css("time[datetime]"):
        attributes = time.attributes
        marks = (attributes.get("class") or "").lower().split()
        published = (attributes.get("itemprop") or "").lower() == "datepublished" or "pubdate" in attributes
        if (published or _PUBLISHED_TIMES.intersection(marks)) and "updated" not in marks:
            yield attributes.get("datetime") or ""


def _linked_data(page: LexborHTMLParser) -> Iterator[str]:
    """The dates of publication in the page's JSON-LD, the outermost first."""
    for script in page.css('script[type="application/ld+json" i]'):
        source = script.text()
        if len(source) > _LARGEST_DATA_CHARS:
            continue
        try:
            data = json.loads(source, strict=False)
        except (ValueError, RecursionError):
            continue
        yield from _published(data)


def _published(data: Any) -> Iterator[str]:
    waiting = deque([data])
    while waiting:
        value = waiting.popleft()
        if isinstance(value, dict):
            if isinstance(value.get("datePublished"), str):
                yield value["datePublished"]
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
