"""From a peer's lines to outcomes: where each answer stands in the documents, its quote, and whether that is right.

Every peer's answer gets a quote by the same rule, qabot's own: the whole sentences around it. What has no offsets is
looked for, and the place that makes it right counts if there is one: that flatters such a peer, never qabot.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from gold import MAX_BYTES
from subsets import Asked, Subset

from qabot.datatypes import Document, Quote, Span
from qabot.documents import read_document
from qabot.evaluation.datasets import Question
from qabot.evaluation.outcomes import Outcome, Prediction, is_right
from qabot.quotes import make_quote
from qabot.sentences import sentence_spans

_MOST_PLACES = 200  # of a short answer like "a", which would stand everywhere


@dataclass(frozen=True)
class Judged:
    """A question's outcome, and what the measures do not say about it."""

    outcome: Outcome
    shown: bool  # by the peer's own setting
    crash: str | None = None
    invented: str | None = None  # an answer whose words stand nowhere in the documents


class Judge:
    """Knows one set's questions and the folder that holds its documents; each is read once, if it is quoted at all."""

    def __init__(self, subset: Subset, folder: Path) -> None:
        self._subset = subset
        self._texts = {source: _Text(folder, source) for source in subset.documents}

    def __call__(self, lines: Sequence[Mapping[str, Any]]) -> list[Judged]:
        """One for each question; a question without a line is missing, as after a crash of the whole process."""
        by_id = {line["id"]: line for line in lines if "id" in line}
        return [self._judged(one, by_id.get(one.id, {"crash": "the process ended"})) for one in self._subset.questions]

    def _judged(self, asked: Asked, line: Mapping[str, Any]) -> Judged:
        crash = line.get("crash")
        if crash is not None:
            return Judged(Outcome(asked.forms[0], None), shown=False, crash=crash)
        elapsed_ms = 1000 * line["seconds"]
        answer = line["answer"]
        if not answer or not answer.strip():
            return Judged(Outcome(asked.forms[0], Prediction(None, "", 0.0, elapsed_ms)), shown=False)
        quotes = list(self._quotes(line))
        form, quote = _best(asked.forms, quotes)
        prediction = Prediction(quote or _nowhere(answer), answer, line["score"] or 0.0, elapsed_ms)
        return Judged(Outcome(form, prediction), shown=line["shown"], invented=None if quotes else answer)

    def _quotes(self, line: Mapping[str, Any]) -> Iterator[Quote]:
        """A quote for each place where the answer stands."""
        answer, source, start = line["answer"], line["source"], line["start"]
        if start is not None and self._texts[source].document.text[start : line["end"]] == answer:
            yield self._texts[source].quote(Span(start, line["end"]))
            return
        for text in self._texts.values():
            yield from text.places(answer)


class _Text:
    """A document that is read only if somebody answers from it."""

    def __init__(self, folder: Path, source: str) -> None:
        self._folder, self._source = folder, source

    @cached_property
    def document(self) -> Document:
        """As qabot reads it; of text files the text is the file's own."""
        return read_document(self._folder, self._source, max_bytes=MAX_BYTES)

    @cached_property
    def _sentences(self) -> tuple[Span, ...]:
        return sentence_spans(self.document)

    def quote(self, span: Span) -> Quote:
        """The whole sentences around a place; the place alone if it is of signs that belong to no sentence."""
        try:
            return make_quote(self.document, self._sentences, span)
        except ValueError:
            return make_quote(self.document, (span,), span)

    def places(self, words: str) -> Iterator[Quote]:
        """A quote for each place at which the words stand, whatever white space is between them."""
        pattern = r"\s+".join(map(re.escape, words.split()))
        for number, found in enumerate(re.finditer(pattern, self.document.text)):
            if number == _MOST_PLACES:
                return
            yield self.quote(Span(*found.span()))


def _best(forms: Sequence[Question], quotes: Sequence[Quote]) -> tuple[Question, Quote | None]:
    """The form of the question and the quote that make the answer right; else the first of each."""
    right = ((form, quote) for form in forms for quote in quotes if is_right(form, quote))
    return next(right, (forms[0], quotes[0] if quotes else None))


def _nowhere(answer: str) -> Quote:
    """An answer that was given and cannot be right, since it quotes no document."""
    whole = Span(0, len(answer))
    return make_quote(Document("", answer, sha256="", encoding="utf-8", extractor="plain"), (whole,), whole)
