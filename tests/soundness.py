"""What must hold for any document, however hostile: its structure, sentences, chunks, quotes, and what is shown.

Each rule is checked by another computation than qabot's own.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import PurePosixPath

from discord_standin.limits import embed_problems, embed_units

from qabot.datatypes import Answer, Chunk, Document, NoAnswer, Problem, Quote, Span
from qabot.discord_bot import render as discord_render
from qabot.discord_bot.escape import unescape
from qabot.documents.formats import LIBRARIES, library_of
from qabot.documents.heading_words import heading_words
from qabot.render import as_json, as_short_text, as_text, json_line, more_text, place, why_text
from qabot.sentences import MAX_SENTENCE_CHARS
from qabot.terminal import Screen

_SCREENS = (Screen(), Screen(width=30))
_BIDI = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_C1 = "".join(map(chr, range(0x7F, 0xA0)))
_C0 = "".join(map(chr, range(0x20)))
_STEERS_A_TERMINAL = frozenset(_C0.replace("\n", "") + _C1 + _BIDI + "\u2028\u2029")
_UNSEEN = frozenset(_BIDI + "\u200b\u200e\u200f\ufeff\u2060\xad\u061c")
_OMISSION = re.compile(r"`…(?: [\d,]+ characters? left out …)?`")


def require_document(document: Document, raw: bytes) -> None:
    """Text, blocks, pages, date and sums are as ``Document`` promises."""
    text = document.text
    assert text.strip()
    text.encode("utf-8")
    assert document.sha256 == hashlib.sha256(raw).hexdigest()
    suffix = PurePosixPath(document.id).suffix.lower()
    if suffix in LIBRARIES:
        assert (document.encoding, document.extractor) == (None, library_of(suffix))
        assert not [char for char in set(text) if unicodedata.category(char) == "Cc" and char not in "\n\t"]
    else:
        assert document.encoding is not None
        assert document.extractor == "plain"
        assert raw.decode(document.encoding) == text
    _require_apart(text, [block.span for block in document.blocks])
    assert list(document.pages) == sorted(document.pages)
    assert document.pages[:1] in ((), (0,))
    assert all(page <= len(text) for page in document.pages)
    assert document.date_span is None or document.date_span.of(text).strip()
    assert document.date is None or re.fullmatch(r"\d{4}-\d\d-\d\d", document.date)


def require_sentences(document: Document, sentences: Sequence[Span]) -> None:
    """Sentences are trimmed and bounded, hold everything, and none reaches from one block into another."""
    _require_apart(document.text, sentences)
    for sentence in sentences:
        assert sentence.of(document.text) == sentence.of(document.text).strip()
        assert len(sentence) <= MAX_SENTENCE_CHARS
    blocks = iter(document.blocks)
    block = next(blocks)
    for sentence in sentences:
        while block.span.end <= sentence.start:
            block = next(blocks)
        assert block.span.contains(sentence)


def require_chunks(
    document: Document, chunks: Sequence[Chunk], count_tokens: Callable[[str], int], max_tokens: int
) -> None:
    """Chunks are slices in order without a hole between them, each with words, none with too many tokens."""
    assert chunks[0].span.start == 0
    assert chunks[-1].span.end == len(document.text)
    for before, after in pairwise(chunks):
        assert before.span.start < after.span.start <= before.span.end < after.span.end
    for chunk in chunks:
        assert chunk.document_id == document.id
        assert chunk.span.of(document.text).strip()
        assert count_tokens(chunk.span.of(document.text)) + count_tokens(chunk.context) <= max_tokens


def require_quote(quote: Quote, document: Document) -> None:
    """A quote is a slice of its document, at the place that it names."""
    text = document.text
    assert quote.text == text[quote.span.start : quote.span.end]
    assert quote.text.strip()
    assert quote.answer is None or quote.answer_text == text[quote.answer.start : quote.answer.end]
    assert quote.text_sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (quote.source, quote.sha256, quote.date) == (document.id, document.sha256, document.date)
    assert (quote.encoding, quote.extractor) == (document.encoding, document.extractor)
    plain = document.encoding is not None
    assert quote.line_start == (_line(text, quote.span.start) if plain else None)
    assert quote.line_end == (_line(text, quote.span.end - 1) if plain else None)
    assert (quote.page is None) == (not document.pages)
    assert (quote.heading or None) == _heading(document, quote.span.start)


def require_harmless(result: Answer | NoAnswer) -> None:
    """Neither terminal, JSON reader nor Discord is steered by what is shown; in JSON every text arrives verbatim."""
    for screen in _SCREENS:
        for show in (as_text, as_short_text, more_text, why_text):
            require_shown(show(result, screen))
    line = json_line(as_json(result))
    assert not (_STEERS_A_TERMINAL | {"\n"}) & set(line)
    said = json.loads(line)
    assert [quote["text"] for quote in said["quotes"] or said["nearest"]] == [quote.text for quote in _first(result)]
    assert "\n" not in "".join(place(quote) for quote in _first(result))
    _require_harmless_in_discord(result)


def require_shown(printed: str) -> None:
    """What is printed steers no terminal and can be written as UTF-8."""
    assert not _STEERS_A_TERMINAL & set(printed)
    printed.encode("utf-8")


def require_problem(problem: Problem) -> None:
    """A reason and a remedy, each one line that can be printed."""
    for words in (problem.reason, problem.remedy):
        assert words.strip() == words != ""
        assert not (_STEERS_A_TERMINAL | {"\n"}) & set(words)


def shown_quotes(result: Answer | NoAnswer) -> Iterator[Quote]:
    """Every quote in a result."""
    yield from _first(result)
    if isinstance(result, Answer):
        for other in result.others:
            yield from other.quotes


def results_of(quote: Quote) -> tuple[Answer | NoAnswer, ...]:
    """A quote as an answer, if it marks one, and as a passage near to none."""
    near = NoAnswer("Why?", "below_threshold", 0.1, "g1", 1.0, nearest=(replace(quote, answer=None),))
    if quote.answer_text is None:
        return (near,)
    question = f"Who said {quote.text[:80]}?"
    return (near, Answer(question, quote.answer_text, 0.9, (quote,), "g1", 1.0, notes=(quote.answer_text,)))


def _first(result: Answer | NoAnswer) -> tuple[Quote, ...]:
    return result.quotes if isinstance(result, Answer) else result.nearest


def _require_harmless_in_discord(result: Answer | NoAnswer) -> None:
    embed = discord_render.reply(result).to_dict()
    assert not list(embed_problems(dict(embed)))
    assert embed_units(dict(embed)) <= 6000
    described = str(embed.get("description", "")) if isinstance(result, Answer) else ""  # else qabot's own words
    texts = [str(embed.get("title", "")), described]
    texts += [text for field in embed.get("fields", []) for text in (field["name"], field["value"])]
    for text in texts:
        assert not [char for char in set(text) if unicodedata.category(char) == "Cc" and char not in "\n\r\t"]
        assert not _UNSEEN & set(text)
        _require_nothing_live(_OMISSION.sub("", text))
    quote = next(iter(_first(result)), None)
    if quote is not None and len(quote.text) < 200:
        displayed = unescape("\0".join(texts).replace("**", ""))  # a real asterisk has its backslash
        assert quote.text.replace("*", "") in displayed.replace("*", "")


def _require_nothing_live(markdown: str) -> None:
    """No mention, link, code or spoiler in what is not escaped."""
    live = re.sub(r"\\[^0-9A-Za-z\s]", "\N{MIDDLE DOT}", markdown)
    assert not set("@<[`~|#_") & set(live), markdown
    assert not re.search(r"[A-Za-z]:\S", live.replace("**", " "))


def _require_apart(text: str, spans: Sequence[Span]) -> None:
    """Spans are in order, disjoint, inside of the text and hold all that is not white space."""
    end = 0
    for span in spans:
        assert end <= span.start < span.end <= len(text)
        assert not text[end : span.start].strip()
        end = span.end
    assert not text[end:].strip()


def _line(text: str, offset: int) -> int:
    """The 1-based line of a character that ends none, by Python's own reading of line ends."""
    return len(io.StringIO(f"{text[:offset]}x", newline=None).readlines())


def _heading(document: Document, offset: int) -> str | None:
    """The words of the nearest heading that ends before ``offset``; of its parent where ``offset`` is in a heading."""
    headings = [block for block in document.blocks if block.kind == "heading" and block.span.start <= offset]
    if headings and headings[-1].span.end > offset:
        inside = headings.pop()
        level = inside.level
        while headings and headings[-1].level >= level:
            headings.pop()
    return heading_words(document.id, headings[-1].span.of(document.text)) or None if headings else None
