"""From a question to what the documents say: passages read, answers chosen, quotes made and checked.

This module knows the order of the work and when there is no answer; it refuses to know how passages are found, read
or stored, and it writes no word of its own into an answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from qabot.config import AnswersConfig
from qabot.datatypes import Answer, Candidate, Document, Filters, NoAnswer, OtherAnswer, Quote, Reason, Span
from qabot.index import Searchable, passes
from qabot.passages import PassageReader, Read, best_probability
from qabot.publication import date_subject, documents_meant
from qabot.question import clean, is_foreign, refusal
from qabot.quotes import make_quote
from qabot.retriever import Retriever
from qabot.selection import Found, answer_key, merge, name_for_pronoun
from qabot.understanding import Question, Request, understand

MIN_COSINE = 0.2  # without a shared word and below this, a question and a passage have nothing in common
DATE_CONFIDENCE = 0.95  # the document states its date; what is left is the risk of having misunderstood the question
DATE_NOTES = ("the document states its own date",)  # of such an answer, and of no other


class StaleQuoteError(Exception):
    """A file changed since it was indexed, so that its words cannot be shown. Never leaves the engine."""


class Answerer:
    """Answers questions from one generation of the index. Threads may share it."""

    def __init__(
        self,
        generation: Searchable,
        retriever: Retriever,
        passages: PassageReader,
        config: AnswersConfig,
        *,
        is_word: Callable[[str], bool],
        is_current: Callable[[Quote], bool],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._generation = generation
        self._retriever = retriever
        self._passages = passages
        self._config = config
        self._is_word = is_word  # of English, so that it is not "corrected" into a word of the documents
        self._is_current = is_current  # whether the quote's words stand in its file at this moment
        self._clock = clock
        self._stated = passages.calibration.stated
        self._threshold = passages.calibration.stated_threshold if config.threshold is None else config.threshold

    @property
    def searched(self) -> Searchable:
        """The documents that are answered from."""
        return self._generation

    @property
    def retriever(self) -> Retriever:
        """How they are searched."""
        return self._retriever

    def ask(self, question: str, *, filters: Filters, top: int, drop_stale: bool = False) -> Answer | NoAnswer:
        """What the documents that pass ``filters`` say, at most ``top`` different answers with ``top`` quotes each.

        Raises:
            StaleQuoteError: if a quote no longer stands in its file; with ``drop_stale`` it is left out instead.
        """
        began = self._clock()
        result = self._result(Request(clean(question), filters, top, drop_stale))
        return replace(result, question=question, elapsed_ms=1000 * (self._clock() - began))

    def study(self, question: str) -> list[Read]:
        """The passages that are read for a question and how each span is weighed, for fitting the calibration."""
        request = Request(clean(question), Filters(), top=1, drop_stale=True)
        asked = understand(request, self._generation, is_word=self._is_word)
        return self._passages.read(asked, self._candidates(asked))

    def candidates(self, question: str, k: int, *, filters: Filters) -> tuple[Candidate, ...]:
        """The ``k`` passages most worth reading for a question, best first; none for what is refused unread.

        Raises:
            ValueError: unless ``k`` is positive.
        """
        request = Request(clean(question), filters, top=1, drop_stale=True)
        unread = refusal(request.text, max_chars=self._config.max_question_chars) is not None
        if unread or self._generation.chunk_count == 0:
            return ()
        asked = understand(request, self._generation, is_word=self._is_word)
        return self._retriever.candidates(asked.corrected, k, filters)

    def _candidates(self, asked: Question) -> tuple[Candidate, ...]:
        """The passages worth reading, promising ones first: as many as the budget allows, or all of a small corpus."""
        return self._retriever.candidates(asked.corrected, self._config.max_passages, asked.request.filters)

    def _result(self, request: Request) -> Answer | NoAnswer:
        reason = refusal(request.text, max_chars=self._config.max_question_chars)
        if reason is not None:
            return self._no_answer(reason)
        rows = self._generation.rows_of(request.filters)
        if self._generation.chunk_count == 0 or (rows is not None and not len(rows)):
            return self._no_answer("empty_corpus")
        asked = understand(request, self._generation, is_word=self._is_word)
        dated = self._date_answer(asked)
        if dated is not None:
            return dated
        candidates = self._candidates(asked)
        reason = self._unrelated(asked, candidates)
        if reason is not None:
            # Of another language's words it goes without saying that they occur nowhere.
            missing = () if reason == "unsupported_language" else asked.missing
            return self._no_answer(reason, missing_terms=missing)
        reads = self._passages.read(asked, candidates)
        return self._answer(asked, reads) or self._refuse(asked, reads)

    def _unrelated(self, asked: Question, candidates: Sequence[Candidate]) -> Reason | None:
        """Why none of the candidates is worth reading, if so."""
        related = asked.terms.known or any((c.dense_score or 0.0) >= MIN_COSINE for c in candidates)
        mostly_missing = len(asked.terms.known) * 2 < len(asked.terms.stems)
        if (mostly_missing or not related) and is_foreign(asked.request.text):
            return "unsupported_language"
        return None if candidates and related else "no_candidates"

    def _answer(self, asked: Question, reads: Sequence[Read]) -> Answer | None:
        """The best answer whose quotes still stand in their files; ``None`` if none reaches the threshold."""
        found = [one for read in reads for one in read.found]
        shown: list[OtherAnswer] = []
        for group in merge(found):
            if self._stated(group[0].probability) < self._threshold or len(shown) == asked.request.top:
                break
            quotes = self._quotes(asked.request, group, found)
            seen = [quote for answer in shown for quote in answer.quotes]
            new = any(not any(_overlap(quote, other) for other in seen) for quote in quotes)
            if new and quotes[0].answer_text is not None:
                shown.append(OtherAnswer(quotes[0].answer_text, self._stated(group[0].probability), quotes))
        if not shown:
            return None
        best, *others = shown
        return Answer(
            question=asked.request.text,
            text=best.text,
            confidence=best.confidence,
            quotes=best.quotes,
            others=tuple(other for other in others if answer_key(other.text) != answer_key(best.text)),
            generation=self._generation.id,
            elapsed_ms=0.0,
            notes=self._notes(asked, reads),
        )

    def _quotes(self, request: Request, group: Sequence[Found], found: Sequence[Found]) -> tuple[Quote, ...]:
        """A quote for each place of one answer, at most ``request.top``."""
        quotes: list[Quote] = []
        for place in group:
            document = self._generation.document(place.document_id)
            quote = self._quote(document, place.span)
            named = name_for_pronoun(place, found, document, quote.span)
            if named is not place:
                quote = replace(quote, answer=named.span)
            if self._stands(quote, request) and not any(_overlap(quote, other) for other in quotes):
                quotes.append(quote)
            if len(quotes) == request.top:
                break
        return tuple(quotes)

    def _quote(self, document: Document, span: Span, *, marked: bool = True) -> Quote:
        return make_quote(document, self._generation.sentences(document.id), span, marked=marked)

    def _refuse(self, asked: Question, reads: Sequence[Read]) -> NoAnswer:
        """Nothing that may be shown reached the threshold: the sentences that came nearest, for a person to judge."""
        best_of_each = [max(read.found, key=_nearness) for read in reads if read.found]
        nearest: list[Quote] = []
        for found in sorted(best_of_each, key=_nearness, reverse=True):
            quote = self._quote(self._generation.document(found.document_id), found.span, marked=False)
            if (nearest and not found.features.near) or len(nearest) == asked.request.top:
                break  # what shares no word with the question is shown only where nothing else is
            if self._stands(quote, asked.request) and not any(_overlap(quote, other) for other in nearest):
                nearest.append(quote)
        return self._no_answer(
            "outdated" if self._left_out_stale(asked.request, reads) else "below_threshold",
            confidence=self._stated(best_probability(reads)) if any(read.found for read in reads) else 0.0,
            missing_terms=asked.missing,
            nearest=tuple(nearest),
            notes=self._notes(asked, reads),
        )

    def _left_out_stale(self, request: Request, reads: Sequence[Read]) -> bool:
        """Whether something likely enough was left out, since its file changed."""
        likely = (one for read in reads for one in read.found if self._stated(one.probability) >= self._threshold)
        return any(not request.checked.get(one.document_id, True) for one in likely)

    def _date_answer(self, asked: Question) -> Answer | NoAnswer | None:
        """The date of the one document that the question means; ``None`` if it asks for something else."""
        subject = date_subject(asked.corrected)
        if subject is None:
            return None
        filters = asked.request.filters
        searched = [one for one in self._generation.documents() if passes(filters, one.id, one.date)]
        meant = documents_meant(subject, searched, self._generation.analyse)
        if len(meant) > 1:
            note = f"{len(meant)} documents could be meant: name one in the question, or with --source"
            return self._no_answer("ambiguous", notes=(note,))
        document = self._generation.document(meant[0].id) if meant else None
        if document is None or document.date_span is None:
            return None
        quote = self._quote(document, document.date_span)
        if not self._stands(quote, asked.request):
            return None
        return Answer(
            question=asked.request.text,
            text=document.date_span.of(document.text),
            confidence=DATE_CONFIDENCE,
            quotes=(quote,),
            generation=self._generation.id,
            elapsed_ms=0.0,
            notes=DATE_NOTES,
        )

    def _stands(self, quote: Quote, request: Request) -> bool:
        """Whether the quote's words stand in its file at this moment.

        Raises:
            StaleQuoteError: if not, unless the request asks to go on without it.
        """
        if quote.source not in request.checked:
            request.checked[quote.source] = self._is_current(quote)
        if not request.checked[quote.source] and not request.drop_stale:
            raise StaleQuoteError(quote.source)
        return request.checked[quote.source]

    def _no_answer(
        self,
        reason: Reason,
        *,
        confidence: float = 0.0,
        missing_terms: tuple[str, ...] = (),
        nearest: tuple[Quote, ...] = (),
        notes: tuple[str, ...] = (),
    ) -> NoAnswer:
        return NoAnswer(
            question="",
            reason=reason,
            confidence=confidence,
            generation=self._generation.id,
            elapsed_ms=0.0,
            missing_terms=missing_terms,
            nearest=nearest,
            notes=notes,
        )

    def _notes(self, asked: Question, reads: Sequence[Read]) -> tuple[str, ...]:
        """How the result came about, a line each, for :why."""
        notes = [f"{len(reads)} of {self._generation.chunk_count} passages read; threshold {self._threshold:.2f}"]
        if asked.corrected != asked.request.text:
            notes.append(f"read as: {asked.corrected}")
        best = sorted((one for read in reads for one in read.found[:1]), key=lambda one: -one.probability)
        notes += [f"{self._stated(one.probability):.2f}  {one.text}  ({one.document_id})" for one in best[:5]]
        return tuple(notes)


def _nearness(found: Found) -> tuple[float, float]:
    """How near a rejected span's sentence came: by the question's words in it first, since the span is no answer."""
    return found.features.near, found.probability


def _overlap(one: Quote, other: Quote) -> bool:
    return one.source == other.source and one.span.overlaps(other.span)
