"""Where the gold answers of a question file stand in the documents.

An answer says its place in one of three ways. Plain words: wherever they stand in the document. {text, start}: in a
document whose text is the file's own, by the code point at which it begins. {text, evidence}: in an extracted document
(HTML, PDF, DOCX), where counting would fix one extractor's spacing, by the words of the sentence, item or table row
that holds it. Those words stand once in the document, and the answer once in them; white space and the sign between a
row's cells are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

from qabot.datatypes import Span
from qabot.documents import read_document

Gold = list[tuple[str, Span]]  # document id and place of each right answer; empty: unanswerable

MAX_BYTES = 1_000_000
_BETWEEN_WORDS = r"[\s|]+"


def texts_under(seeds: Path) -> Callable[[str], str]:
    """Document id -> its text, each read once."""

    @cache
    def text_of(source: str) -> str:
        return read_document(seeds, source, max_bytes=MAX_BYTES).text

    return text_of


def gold_spans(row: dict, text_of: Callable[[str], str]) -> Gold:
    """The places of a question's gold answers.

    Raises:
        ValueError: if plain words stand nowhere; if evidence, or an answer in it, does not stand there exactly once.
    """
    found: Gold = []
    for answer in row["answers"] or ():
        if isinstance(answer, str):
            found += [(row["source"], span) for span in _everywhere(answer, text_of(row["source"]))]
        else:
            found.append(_place_of({"source": row["source"], **answer}, text_of))
    return found


def _everywhere(words: str, text: str) -> list[Span]:
    spans = [Span(match.start(), match.end()) for match in re.finditer(re.escape(words), text)]
    if not spans:
        raise ValueError(f"{words!r} does not stand in the document")
    return spans


def _place_of(answer: dict, text_of: Callable[[str], str]) -> tuple[str, Span]:
    source, words = answer["source"], answer["text"]
    if "start" in answer:
        return source, Span(answer["start"], answer["start"] + len(words))
    text = text_of(source)
    evidence = locate(answer["evidence"], text, Span(0, len(text)))
    return source, locate(words, text, evidence)


def locate(words: str, text: str, within: Span) -> Span:
    """The one place of ``words`` in ``text[within]``.

    Raises:
        ValueError: if there is none, or more than one.
    """
    parts = (re.escape(word) for word in re.split(_BETWEEN_WORDS, words))
    pattern = re.compile(rf"(?<!\w){_BETWEEN_WORDS.join(parts)}(?!\w)")
    found = [Span(match.start(), match.end()) for match in pattern.finditer(text, within.start, within.end)]
    if len(found) != 1:
        raise ValueError(f"{words!r} stands {len(found)} times where it should stand once")
    return found[0]
