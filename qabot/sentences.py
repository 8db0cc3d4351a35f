"""Sentences as spans of a document's text, never across its blocks.

nupunkt, with the abbreviations of qabot/abbreviations.py, finds the boundaries inside paragraphs and items; a few
corrections of ours follow, measured on the labelled sets by benchmarks/sentence_splitters.py. A table's row is one
sentence; headings, headers and code are one a line. The choice and its figures stand in docs/decisions.md.
"""

# ruff: noqa: RUF001 - these quotation marks are meant

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from qabot.abbreviations import splitter
from qabot.datatypes import Block, Document, Span
from qabot.documents.lines import lines_of, trimmed

SENTENCES_VERSION = "nupunkt 3"
MAX_SENTENCE_CHARS = 1_000

_PROSE = ("paragraph", "item")
_LOOK_BACK_CHARS = 40

# No boundary after these, whatever follows.
_NEVER_LAST = re.compile(
    r"(?:^|[\s(“‘\"'])(?:Mr|Mrs|Ms|Mx|Mme|Mlle|Dr|Prof|Gen|Sen|Rep|Gov|Lt|Col|Maj|Capt|Cpl|Sgt|Adm|Rev|Hon|Pres|Messrs|Mt"
    r"|e\.g|i\.e|cf|vs|viz|approx|Fig|Figs|Eq|Eqs|Nos|Vol|Ch|Sec|Art|Ref|Refs"
    r"|[A-Z]\.-[A-Z]|[A-Z][a-zäöüß]+str)\.\s*$"
)
# The number of an item, step or chapter at the start of its block is no sentence: "1. Open the valve."
_NUMBER_ONLY = re.compile(
    r"\s*(?:(?:[-*+•>]\s+)*\(?(?:\d{1,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]"
    r"|(?:Chapter|Section|Part|Article|Appendix|Figure|Table|Step|Rule|Annex|Act|Book)\s+[\dA-Z.]{1,6}\.)\s*"
)
_EXCLAIMED = re.compile(r"(?<![!?])!\s*$|(?:…|\.\.\.)\s*$")  # "Yahoo! or Google", "Well ... it depends"
_COMPANY = re.compile(r"(?:Inc|Corp|Ltd|Co|LLC|plc|GmbH)\b")
# "5 p.m. Come early." but not "5 p.m. Monday" or "5 p.m. EST".
_AFTER_HOUR = re.compile(
    r"(?<=\d)\s?[ap]\.m\.[”\"’)]*\s+(?=[“\"(]?[A-Z])"
    r"(?![“\"(]?(?:Mon|Tues?|Wednes|Thurs?|Fri|Satur|Sun)(?:day)?\b|[“\"(]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov"
    r"|Dec)|[“\"(]?[A-Z]{2,4}\b|[“\"(]?(?:Eastern|Central|Pacific|Mountain|Greenwich|Moscow|Kyiv|Kiev|Beijing|Tokyo|London"
    r"|Paris|Berlin)\b)"
)
# Abbreviations that are words, too: "the answer is no. Snakes ...", "in the sun. Snakes ..." but "no. 5", "Sun. noon".
_WORD_AT_END = re.compile(
    r"(?<![\w.-])(?:[Nn]o|[Mm]ax|app|art|cal|col|fed|fig|gal|gen|id|ill|ins|la|lit|mar|mass|med|min|miss|mt|ore|par|pub"
    r"|pop|prop|spec|sat|sun|tech|temp|wash|wed"
    r"|(?<=\d )(?:ft|yds?|hrs?|mins?|secs?|mi|yrs?|mos|wks?))\.[”\"’)\]]*\s+"
    r"(?=[“‘\"'(\[]*(?:[A-Z]['’]?[a-z]|I\b|A ))"
)
_MEASURE = re.compile(r"\d\s?(?:in|cm|mm|km|kg|m|g|l|ml|ha)\.\s*$")  # "5 in. long"
_ENDED = re.compile(r"[.!?…][\"'”’»)\]}*_]*(?:\[[\w ]{1,20}\])*\s*$")
_CLAUSE_END = re.compile(r"[;:,—–)\]](?=\s)")


def sentence_spans(document: Document) -> tuple[Span, ...]:
    """The sentences: trimmed, in order, disjoint, at most ``MAX_SENTENCE_CHARS`` long.

    Together they hold everything in the document's blocks that is not white space.
    """
    return tuple(span for block in document.blocks for span in _block_sentences(document.text, block))


def cut_at(document: Document, offset: int) -> bool:
    """Whether a sentence goes on over ``offset``, where one begins or ends: it was over ``MAX_SENTENCE_CHARS``.

    Told from the text alone, since who reads a quote anew does not know the sentences around it.
    """
    index = bisect_right(document.blocks, offset, key=lambda block: block.span.start) - 1
    if index < 0:
        return False
    block = document.blocks[index]
    before = document.text[block.span.start : offset]
    after = document.text[offset : block.span.end]
    if len(before) < MAX_SENTENCE_CHARS // 2 or not after.strip():
        return False
    if block.kind == "row":
        return True
    if block.kind in _PROSE:
        return _ENDED.search(before[-_LOOK_BACK_CHARS:]) is None
    beside = before[len(before.rstrip()) :] + after[: len(after) - len(after.lstrip())]
    return "\n" not in beside and "\r" not in beside


def _block_sentences(text: str, block: Block) -> Iterator[Span]:
    piece = block.span.of(text)
    starts = _starts(piece, block)
    for start, end in zip(starts, [*starts[1:], len(piece)], strict=True):
        span = trimmed(piece, start, end)
        if span is not None:
            yield from (part.shifted(block.span.start) for part in _bounded(piece, span))


def _starts(piece: str, block: Block) -> list[int]:
    if block.kind == "row":
        return [0]  # also one that takes several lines: its cells mean something only together
    return prose_starts(piece) if block.kind in _PROSE else [line.start for line in lines_of(piece)]


def prose_starts(paragraph: str) -> list[int]:
    """Where the sentences of a paragraph begin; the first entry is 0."""
    found = [start for start, _ in splitter().span_tokenize(paragraph)][1:]
    kept = [start for start in found if not _wrongly_cut(paragraph, start)]
    missed = [match.end() for pattern in (_AFTER_HOUR, _WORD_AT_END) for match in pattern.finditer(paragraph)]
    return sorted({0, *kept, *missed})


def _wrongly_cut(paragraph: str, start: int) -> bool:
    before = paragraph[max(0, start - _LOOK_BACK_CHARS) : start]
    after = paragraph[start : start + 2 * _LOOK_BACK_CHARS].lstrip()
    if start <= _LOOK_BACK_CHARS and _NUMBER_ONLY.fullmatch(before):
        return True
    if _NEVER_LAST.search(before) or _COMPANY.match(after):
        return True
    return after[:1].islower() and (_EXCLAIMED.search(before) or _MEASURE.search(before)) is not None


def _bounded(text: str, span: Span) -> Iterator[Span]:
    """The span in pieces of at most ``MAX_SENTENCE_CHARS``, cut after a clause, else at white space, else anywhere."""
    start = span.start
    while span.end - start > MAX_SENTENCE_CHARS:
        cut = _cut(text, start)
        piece = trimmed(text, start, cut)
        if piece is not None:
            yield piece
        start = cut
    rest = trimmed(text, start, span.end)
    if rest is not None:
        yield rest


def _cut(text: str, start: int) -> int:
    """The best place to cut after ``start``; in the later half of what is allowed, so that pieces do not get tiny."""
    middle, end = start + MAX_SENTENCE_CHARS // 2, start + MAX_SENTENCE_CHARS
    clause_ends = [match.end() for match in _CLAUSE_END.finditer(text, middle, end)]
    if clause_ends:
        return clause_ends[-1]
    white = [match.start() for match in re.compile(r"\s").finditer(text, middle, end)]
    return white[-1] if white else end
