"""Elements that XHTML closes within their own tag: HTML parsers take ``<title/>`` for the beginning of one.

See https://html.spec.whatwg.org/multipage/parsing.html#parse-error-non-void-html-element-start-tag-with-trailing-solidus
"""

from __future__ import annotations

import re

_IS_XHTML = re.compile(
    r"\s{0,99}(?:<\?xml\s|<!DOCTYPE\s{1,9}html\s{1,9}PUBLIC\s{1,9}[\"']-//W3C//DTD XHTML)", re.IGNORECASE
)
# Counted and never over a "<", so that the time is bound by the length. Attributes are quoted, as XHTML demands: in
# <a href=http://a.example/> the slash is the address's.
_CLOSED = re.compile(
    r"<([a-zA-Z][\w:.-]{0,40})"
    r"((?:\s{1,20}[\w:.-]{1,80}\s{0,9}=\s{0,9}(?:\"[^\"<]{0,5000}\"|'[^'<]{0,5000}')){0,40})\s{0,20}/>"
)
_VOID = frozenset(
    "area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr".split()
)


def with_end_tags(text: str) -> str:
    """The markup, elements that are closed within their tag given an end tag if it says that it is XHTML."""
    return _CLOSED.sub(_opened_and_closed, text) if _IS_XHTML.match(text) else text


def _opened_and_closed(match: re.Match[str]) -> str:
    name, attributes = match.groups()
    return match[0] if name.lower() in _VOID else f"<{name}{attributes}></{name}>"
