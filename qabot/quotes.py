"""From the place of an answer to a quote: whole sentences, their lines and heading, and a name where a pronoun stands.

This module knows what a reader of a quote needs around the answer; it changes no character of it. Every quote is a
slice of the document's text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from qabot.datatypes import Document, Quote, Span
from qabot.documents import HeadingPaths, line_of
from qabot.sentences import cut_at

_PRONOUNS = frozenset(
    """he she it they him her them his hers its their theirs himself herself itself themselves we us i me who this
    that these those one ones someone""".split()
)
_CAPITALISED = re.compile(r"\b[A-Z][\w'\u2019-]*")
_CALENDAR = frozenset(
    """Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
    September October November December""".split()
)
_MAX_SENTENCES_BACK = 6
_LEADING = " \t\r\n\u201c\u2018\"'([{,;:.-\u2013\u2014*_>#|"
_TRAILING = " \t\r\n,;:*_|-\u2013\u2014"
_CLOSING = {")": "(", "]": "[", "}": "{", "\u201d": "\u201c", "\u2019": "\u2018", '"': '"', "'": "'"}
_SENTENCE_END = ".!?"
_NUMBER = re.compile(r"[$\u20ac\u00a3]?\d")
_LIMIT = re.compile(  # right before a number: without it the number would say something else
    r"(?:\b(?:(?:no |not )?(?:more|less|fewer|longer|later|earlier) than|at (?:least|most)|as (?:many|much) as|up to"
    r"|(?:just |well )?(?:over|under)|about|around|approximately|roughly|nearly|almost)[ \t]*\n?[ \t]*"
    r"|[~<>\u2264\u2265\u00b1] ?)\Z",
    re.IGNORECASE,
)
_MOST_LIMIT_CHARS = 24
_MARKER = re.compile(r"\s*(?:\d{1,3}[.)]|\(?[a-z]\))\s+")  # of a list item; those of one sign are in _LEADING


def make_quote(document: Document, sentences: Sequence[Span], answer: Span, *, marked: bool = True) -> Quote:
    """The whole sentences around ``answer``; if it is a pronoun, from the nearest sentence before that names someone.

    Args:
        document: whose text both spans count in.
        sentences: its sentence spans, in order.
        answer: the short answer, or any place in a passage that only lies near.
        marked: whether the quote marks ``answer`` as its answer.
    """
    first, last = sentences_around(sentences, answer)
    if marked and is_pronoun(answer.of(document.text)):
        first = _naming_sentence(document.text, sentences, first)
    span = Span(min(sentences[first].start, answer.start), max(sentences[last].end, answer.end))
    above = HeadingPaths(document).at(span.start)
    plain = document.encoding is not None  # lines mean something only where the text is the file
    return Quote(
        text=span.of(document.text),
        source=document.id,
        span=span,
        answer=answer if marked else None,
        line_start=line_of(document.text, span.start) if plain else None,
        line_end=line_of(document.text, span.end - 1) if plain else None,
        page=bisect_right(document.pages, answer.start) or None,
        heading=above[-1] if above else None,
        date=document.date,
        encoding=document.encoding,
        extractor=document.extractor,
        sha256=document.sha256,
        text_sha256=document.text_sha256,
        cut_start=cut_at(document, span.start),
        cut_end=cut_at(document, span.end),
    )


def sentences_around(sentences: Sequence[Span], span: Span) -> tuple[int, int]:
    """The indices of the first and the last sentence that share a character with ``span``.

    Raises:
        ValueError: if no sentence does, which means that the spans are of another text.
    """
    last = bisect_left(sentences, span.end, key=lambda sentence: sentence.start) - 1
    first = max(bisect_right(sentences, span.start, key=lambda sentence: sentence.start) - 1, 0)
    if first <= last and sentences[first].end <= span.start:
        first += 1  # the span begins in the white space after that sentence
    if first > last:
        raise ValueError(f"no sentence at {span}")
    return first, last


def is_pronoun(answer: str) -> bool:
    """Whether the answer names nobody."""
    return answer.strip(_LEADING + _TRAILING).lower() in _PRONOUNS


def names_someone(text: str, sentence: Span) -> bool:
    """Whether the sentence has a name: a capitalised word that the document never writes in lower case.

    The first word is capitalised anyhow: it counts if the document also writes it so within a sentence. Days and
    months name nobody.
    """
    for match in _CAPITALISED.finditer(text, sentence.start, sentence.end):
        word = match[0].removesuffix("'s").removesuffix("\u2019s")
        known_lower = re.search(rf"\b{re.escape(word.lower())}\b", text) is not None
        if word.lower() in _PRONOUNS or word in _CALENDAR or known_lower:
            continue
        begins = not text[sentence.start : match.start()].strip(_LEADING)
        if not begins or re.search(rf"[a-z,] {re.escape(word)}\b", text):
            return True
    return False


def _naming_sentence(text: str, sentences: Sequence[Span], index: int) -> int:
    """The nearest sentence before ``index`` that names someone; ``index`` itself if none does within reach."""
    for before in range(index - 1, max(index - 1 - _MAX_SENTENCES_BACK, -1), -1):
        if names_someone(text, sentences[before]):
            return before
    return index


def tidy(text: str, span: Span) -> Span:
    """The span without marks at its edges that belong to the sentence: quotation marks, commas, a full stop.

    The number of a list item goes too. Brackets and quotation marks that are paired inside of the span stay, and so
    does the stop of "U.S.". A span of nothing but marks stays as it is.
    """
    start, end = span.start, span.end
    marker = _MARKER.match(text, start, end) if _at_line_start(text, start) else None
    start = marker.end() if marker else start
    while start < end and text[start] in _LEADING:
        start += 1
    while end > start and (text[end - 1] in _TRAILING or _dangling(text, start, end)):
        end -= 1
    return Span(start, end) if start < end else span


def with_limit(text: str, span: Span) -> Span:
    """The span with what limits the number that it begins with: "more than", "at most", "about", "up to"."""
    if not _NUMBER.match(text, span.start, span.end):
        return span
    limit = _LIMIT.search(text[max(0, span.start - _MOST_LIMIT_CHARS) : span.start])
    return Span(span.start - len(limit.group()), span.end) if limit else span


def _at_line_start(text: str, at: int) -> bool:
    """Whether only white space comes before ``at`` in its line."""
    while at > 0 and text[at - 1] in " \t":
        at -= 1
    return at == 0 or text[at - 1] in "\r\n"


def _dangling(text: str, start: int, end: int) -> bool:
    """Whether the last character closes something that does not open in the span, or ends the sentence."""
    mark, before = text[end - 1], text[start : end - 1]
    if mark in _CLOSING:
        return before.count(_CLOSING[mark]) <= (before.count(mark) if mark != _CLOSING[mark] else 0)
    abbreviation = re.search(r"(?:\b\w|\b(?:Mr|Mrs|Ms|Dr|Jr|Sr|St|No|Inc|Ltd|Co|etc|[ap]\.m))$", before) is not None
    return mark in _SENTENCE_END and not (mark == "." and abbreviation)
