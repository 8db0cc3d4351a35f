"""Whether a question is for the date of a document itself, and of which one.

This module knows how people ask when something was published; dates that documents tell of are the reader's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from qabot.index import IndexedDocument
from qabot.question import content_words, words

_NOUN = r"(?:article|document|page|text|file|news|post|report|story|statement|notice|letter)"
_DOCUMENT = rf"(?:(?:this|that|it|the)(?: {_NOUN})?)"
_SURELY = rf"(?:(?:this|that)(?: {_NOUN})?|it|the {_NOUN})"
_ISSUED = r"(?:(?:first|last) )?(?:published|posted|released|written|dated|issued|updated)"
_THIS = re.compile(
    rf"when (?:was|were|is) {_DOCUMENT} {_ISSUED}|"
    rf"(?:what|which) (?:date|day) (?:was|were|is) {_DOCUMENT} {_ISSUED}|"
    rf"(?:what(?: i|')?s the |what was the |the )?(?:(?:publication|publishing|posting) date|date of publication)"
    rf"(?: of {_DOCUMENT})?|"
    rf"(?:what(?: i|')?s |what was )?(?:the )?date of {_SURELY}|"
    rf"(?:how old|what date) is {_SURELY}|"
    rf"when did {_SURELY} (?:appear|come out)"
)
# Of something named only "published" and "posted" are said; a car is released and a law is written.
_NAMED = re.compile(
    r"when (?:was|were) (.+?) (?:(?:first|last) )?(?:published|posted)|"
    r"(?:what(?: i|')?s the |what was the |the )?"
    r"(?:(?:publication|publishing|posting) date|date of publication) of (.+)"
)


def date_subject(text: str) -> str | None:
    """Of what the question asks the publication date: "" for "this document", else the words that name it.

    ``None`` if the question is for no document's own date.
    """
    asked = " ".join(words(text))
    if _THIS.fullmatch(asked):
        return ""
    named = _NAMED.fullmatch(asked)
    return next(filter(None, named.groups())) if named else None


def documents_meant(
    subject: str, documents: Iterable[IndexedDocument], analyse: Callable[[str], list[str]]
) -> list[IndexedDocument]:
    """The documents that the question can mean: those with all the subject's words in title or name.

    Of several that are named, those without a date are left out.
    """
    stems = {stem for word in content_words(subject) for stem in analyse(word)}
    meant = [one for one in documents if stems <= set(analyse(f"{one.title or ''} {one.id}"))]
    return meant if not stems else [one for one in meant if one.date] or meant
