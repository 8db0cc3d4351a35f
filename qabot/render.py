"""Results -> what is shown: the JSON contract (schema 1) and the text for a terminal. Pure functions.

This module knows how an Answer or NoAnswer looks; it reads nothing, prints nothing and decides nothing about answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from qabot.datatypes import Answer, NoAnswer, OtherAnswer, Quote, Reason
from qabot.terminal import Screen, one_line, visible

SCHEMA = 1

CUT = "[\u2026]"  # where a sentence too long to quote goes on; on a line of its own, apart from the quoted words
PART_OF = "part of a longer sentence"

NOT_IN_DOCUMENTS = "Not in these documents."

# For each reason: the headline, and why in a sentence of its own.
_REASONS: Mapping[Reason, tuple[str, str]] = {
    "below_threshold": (NOT_IN_DOCUMENTS, "Nothing that was read is likely enough to be the answer"),
    "no_candidates": (NOT_IN_DOCUMENTS, "Nothing in the documents matches this."),
    "empty_question": ("No answer.", "The question is empty."),
    "too_long": ("No answer.", "The question is too long; ask it in one or two sentences."),
    "greeting": ("No answer.", "This is a greeting, not a question. Ask about something in the documents."),
    "unsupported_language": ("No answer.", "The question does not look like English, the only language supported."),
    "empty_corpus": ("No answer.", "There is no document to search. Put files into seeds/, or search less narrowly."),
    "outdated": ("No answer.", "The file that may answer this changed, and could not be read anew yet."),
    "ambiguous": ("No answer.", "The question fits several documents. Name one, in the question or with --source."),
}

# Of a fitted probability; the terminal and Discord say the same.
_LIKELY = ((0.95, "almost certainly right"), (0.8, "very likely right"), (0.6, "probably right"), (0.4, "uncertain"))


# Harmless to a JSON parser, but not to a terminal (C1, bidirectional controls), to a reader that takes lines by
# str.splitlines (U+0085, U+2028, U+2029), or to UTF-8 itself (lone surrogates, from a file name in another encoding).
_TO_ESCAPE = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def json_line(data: Mapping[str, Any]) -> str:
    """``data`` as JSON on one line, readable as it is, and safe to print; parsing gives back every text verbatim.

    Raises:
        ValueError: if a number in it is not finite.
    """
    line = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return _TO_ESCAPE.sub(lambda found: f"\\u{ord(found.group()):04x}", line)


def as_json(result: Answer | NoAnswer) -> dict[str, Any]:
    """The result as the contract says it (docs/command-line.md), keys in its order, texts verbatim."""
    answered = result if isinstance(result, Answer) else None
    refused = result if isinstance(result, NoAnswer) else None
    return {
        "schema": SCHEMA,
        "question": result.question,
        "question_understood": result.question_understood,
        "status": "answered" if answered else "no_answer",
        "answer": answered.text if answered else None,
        "confidence": float(result.confidence),
        "quotes": [_quote_as_json(quote) for quote in answered.quotes] if answered else [],
        "others": [_other_as_json(other) for other in answered.others] if answered else [],
        "reason": refused.reason if refused else None,
        "missing_terms": list(refused.missing_terms) if refused else [],
        "nearest": [_quote_as_json(quote) for quote in refused.nearest] if refused else [],
        "generation": result.generation,
        "elapsed_ms": round(float(result.elapsed_ms), 3),
    }


def _other_as_json(other: OtherAnswer) -> dict[str, Any]:
    quotes = [_quote_as_json(quote) for quote in other.quotes]
    return {"answer": other.text, "confidence": float(other.confidence), "quotes": quotes}


def _quote_as_json(quote: Quote) -> dict[str, Any]:
    return {
        "text": quote.text,
        "source": quote.source,
        "start": quote.span.start,
        "end": quote.span.end,
        "answer_start": quote.answer.start if quote.answer else None,
        "answer_end": quote.answer.end if quote.answer else None,
        "line_start": quote.line_start,
        "line_end": quote.line_end,
        "page": quote.page,
        "heading": quote.heading,
        "date": quote.date,
        "encoding": quote.encoding,
        "extractor": quote.extractor,
        "sha256": quote.sha256,
        "text_sha256": quote.text_sha256,
    }


def as_text(result: Answer | NoAnswer, screen: Screen) -> str:
    """The whole result for a person: short answer, quotes with their sources, and what else the documents say."""
    if isinstance(result, NoAnswer):
        return _text([*_no_answer_lines(result, screen), *_nearest_lines(result.nearest, screen)])
    lines = [*_answer_lines(result, result.quotes, screen), *_other_lines(result.others, screen)]
    return _text(lines)


def as_short_text(result: Answer | NoAnswer, screen: Screen) -> str:
    """The result for a conversation: the best quote or nearest passage only, and how to see the rest."""
    if isinstance(result, NoAnswer):
        lines = [*_no_answer_lines(result, screen), *_nearest_lines(result.nearest[:1], screen)]
        hidden = [_counted(len(result.nearest) - 1, "more passage")]
    else:
        lines = _answer_lines(result, result.quotes[:1], screen)
        hidden = [_counted(len(result.quotes) - 1, "more quote"), _counted(len(result.others), "other answer")]
    more = " and ".join(part for part in hidden if part)
    return _text([*lines, *(["", screen.paint(f":more shows {more}", "faint")] if more else [])])


def more_text(result: Answer | NoAnswer, screen: Screen) -> str:
    """What as_short_text() left out; empty if it left out nothing."""
    if isinstance(result, NoAnswer):
        return _text(_nearest_lines(result.nearest[1:], screen))
    further = [line for quote in result.quotes[1:] for line in ("", *_quote_lines(quote, screen))]
    return _text([*further, *_other_lines(result.others, screen)])


def why_text(result: Answer | NoAnswer, screen: Screen) -> str:
    """How the result came about: its confidence, the notes of the search, and the index that was asked."""
    facts = [
        f"confidence {percent(result.confidence)}, {in_words(result.confidence)}",
        *([f"understood as: {result.question_understood}"] if result.question_understood else []),
        *([f"reason: {result.reason}"] if isinstance(result, NoAnswer) else []),
        *result.notes,
        f"index generation {result.generation}, {result.elapsed_ms:.0f} ms",
    ]
    return _text([line for fact in facts for line in screen.wrapped(one_line(fact), indent="  ")])


def in_words(confidence: float) -> str:
    """A probability in words: from "almost certainly right" down to "unlikely"."""
    return next((words for least, words in _LIKELY if confidence >= least), "unlikely")


def percent(confidence: float) -> str:
    """A probability in per cent, cut down rather than rounded up; never 0% or 100%, which nothing fitted is."""
    if confidence < 0.01:
        return "under 1%"
    if confidence > 0.99:
        return "over 99%"
    return f"{int(confidence * 100 + 1e-9)}%"  # 0.29 * 100 is 28.999999999999996


def likelihood(confidence: float) -> str:
    """A probability in words and per cent: ``very likely right (93%)``."""
    return f"{in_words(confidence)} ({percent(confidence)})"


def place(quote: Quote) -> str:
    """Where a quote stands: ``file.txt:14-15``, ``report.pdf, page 3``; then the heading and date as far as known."""
    where = quote.source
    if quote.line_start is not None:
        where += f":{quote.line_start}"
        where += f"-{quote.line_end}" if quote.line_end not in {None, quote.line_start} else ""
    page = f"page {quote.page}" if quote.page is not None else None
    heading = f"under \u201c{one_line(quote.heading)}\u201d" if quote.heading else None
    return visible(" \u00b7 ".join(part for part in (where, page, heading, quote.date) if part))


def _answer_lines(answer: Answer, quotes: Sequence[Quote], screen: Screen) -> list[str]:
    sure = likelihood(answer.confidence)
    short = screen.wrapped(one_line(answer.text), style="answer")
    lines = [*short, "", *_quote_lines(quotes[0], screen, sure=sure)]
    for quote in quotes[1:]:
        lines += ["", *_quote_lines(quote, screen)]
    return lines


def _other_lines(others: Sequence[OtherAnswer], screen: Screen) -> list[str]:
    lines = ["", screen.paint("The documents also say:", "strong")] if others else []
    for other in others:
        sure = likelihood(other.confidence)
        lines += ["", *screen.wrapped(one_line(other.text), indent="  ", style="answer")]
        for number, quote in enumerate(other.quotes):
            lines += _quote_lines(quote, screen, indent="  ", sure="" if number else sure)
    return lines


def _no_answer_lines(result: NoAnswer, screen: Screen) -> list[str]:
    headline, why = _REASONS[result.reason]
    if result.reason == "below_threshold":
        why += f" (the best: {percent(result.confidence)})." if result.confidence > 0.0 else "."
    if result.behind:
        why = behind_text(result.behind)
    lines = [screen.paint(headline, "warning"), *screen.wrapped(why)]
    if result.missing_terms:
        terms = ", ".join(one_line(term) for term in result.missing_terms)
        lines += screen.wrapped(f"In none of the documents searched: {terms}")
    return lines


def behind_text(files: int) -> str:
    """Why a refusal is unsure: the answer may stand in files that could not be taken up."""
    one = files == 1
    how_many = "1 file that is" if one else f"{files:,} files that are"
    return f"{how_many} new or changed could not be taken into the index yet, and may hold the answer."


def _nearest_lines(quotes: Sequence[Quote], screen: Screen) -> list[str]:
    lines = ["", screen.paint("Nearest, but not an answer:", "strong")] if quotes else []
    for quote in quotes:
        lines += ["", *_quote_lines(quote, screen)]
    return lines


def _quote_lines(quote: Quote, screen: Screen, *, indent: str = "", sure: str = "") -> list[str]:
    """The quote behind ``>``, its answer marked, then its place and, for the first one, how sure it is."""
    mark = quote.answer.shifted(-quote.span.start) if quote.answer else None
    part_of = PART_OF if quote.cut_start or quote.cut_end else ""
    source = " \u00b7 ".join(part for part in (place(quote), part_of, sure) if part)
    cut = screen.quoted(CUT, mark=None, indent=indent)
    return [
        *(cut if quote.cut_start else []),
        *screen.quoted(quote.text, mark=mark, indent=indent),
        *(cut if quote.cut_end else []),
        *screen.wrapped(source, indent=indent + "  ", style="faint"),
    ]


def _counted(count: int, what: str) -> str:
    """``2 other answers``; nothing for none."""
    return f"{count} {what}{'' if count == 1 else 's'}" if count > 0 else ""


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n")
