"""The passages that are read for a question, in which order, in which pieces, and when it is enough.

A passage is read in one piece, with its context. Where rows of its tables have words of the question, those that have
most of them are also read by themselves (see qabot/rows.py): no other row answers, and these only with what they say by
themselves, though the whole passage may make it surer.

Then the likeliest sentences are read a second time, together (see qabot/second_look.py): how much surer the reader is
of a span there is one more sign.

This module knows the budget and the threads; it refuses to know what an answer is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

from qabot.calibration import Calibration
from qabot.datatypes import Candidate, Document, Span
from qabot.index import Searchable
from qabot.quotes import sentences_around
from qabot.reader import Reader, Reading
from qabot.retriever import READ_WHOLE
from qabot.rows import QuestionWords, ReadableRow, Row, headed_rows
from qabot.second_look import likeliest, look_again, pieces_of
from qabot.selection import Found, best_first, weigh
from qabot.understanding import Question

MAX_ROWS = 3  # of one passage that are read by themselves
CLEAR_PROBABILITY = 0.6  # at the first look; reading stops here: down to it no tunable community question changed,
MIN_PASSAGES = 3  # but not before these: another source may say something else


@dataclass(frozen=True)
class Read:
    """A candidate after reading."""

    candidate: Candidate
    found: tuple[Found, ...]  # best first


@dataclass(frozen=True, slots=True)
class _Plan:
    """In which pieces a candidate is read."""

    candidate: Candidate
    rows: tuple[ReadableRow, ...] = ()
    apart: tuple[Span, ...] = ()  # rows that answer only with what is found in ``rows``

    def texts(self) -> list[str]:
        """What is read, the whole passage first."""
        return [self.candidate.text, *(row.text for row in self.rows)]


@dataclass(frozen=True)
class Threads:
    """Who reads passages, and how many at a time."""

    pool: ThreadPoolExecutor
    count: int


@dataclass(frozen=True)
class PassageReader:
    """Reads candidates with one reader, for one generation; several at a time if there are threads."""

    generation: Searchable
    reader: Reader
    calibration: Calibration
    threads: Threads | None = None

    def read(self, asked: Question, candidates: Sequence[Candidate]) -> list[Read]:
        """Read the candidates in order until one answer is clear, then the likeliest sentences again."""
        return self._read_again(asked, self._read_in_order(asked, candidates))

    def _read_in_order(self, asked: Question, candidates: Sequence[Candidate]) -> list[Read]:
        """The candidates until one answer is clear; a small corpus is read whole.

        What was read ahead of a clear answer is dropped, so that the result does not depend on the threads.
        """
        reads: list[Read] = []
        plans = self._plans(asked, candidates)
        whole = len(candidates) <= READ_WHOLE
        while len(reads) < len(candidates):
            size = len(candidates) if whole else self._size_of_wave(len(reads))
            wave = plans[len(reads) : len(reads) + size]
            for plan, readings in zip(wave, self._readings(asked, wave), strict=True):
                reads.append(Read(plan.candidate, self._found(asked, plan, readings)))
                if not whole and len(reads) >= MIN_PASSAGES and best_probability(reads) >= CLEAR_PROBABILITY:
                    return reads
        return reads

    def _read_again(self, asked: Question, reads: Sequence[Read]) -> list[Read]:
        """The same, with the spans of the likeliest sentences weighed anew: beside one another."""
        pairs = [(found, read.candidate.chunk) for read in reads for found in read.found]
        ranked = sorted(pairs, key=lambda pair: best_first(pair[0]))
        sentences = likeliest((self._sentence_of(found), chunk.context) for found, chunk in ranked)
        pieces = pieces_of(sentences, self.generation.sentences)
        filled = {(read.candidate.chunk.document_id, read.candidate.chunk.span) for read in reads}
        if len(pieces) == 1 and (pieces[0].document_id, pieces[0].span) in filled:
            return list(reads)  # nothing stands beside it and nothing is left out
        look = look_again(
            self.reader, asked.corrected, sentences, pieces, lambda named: self.generation.document(named).text
        )

        def anew(found: Found) -> Found:
            margin = look.margin(self._sentence_of(found), found.span)
            if margin is None:
                return found
            features = replace(found.features, again=margin - found.features.margin)
            return replace(found, features=features, probability=self.calibration.probability(features))

        return [replace(read, found=tuple(sorted(map(anew, read.found), key=best_first))) for read in reads]

    def _sentence_of(self, found: Found) -> tuple[str, int]:
        """The document and the number of the sentence."""
        first, _ = sentences_around(self.generation.sentences(found.document_id), found.span)
        return found.document_id, first

    def _size_of_wave(self, done: int) -> int:
        """One passage a thread; at first so many full rounds that reading may stop after them."""
        at_a_time = self.threads.count if self.threads else 1
        return at_a_time if done else at_a_time * math.ceil(MIN_PASSAGES / at_a_time)

    def _plans(self, asked: Question, candidates: Sequence[Candidate]) -> list[_Plan]:
        """In which pieces each candidate is read."""
        documents = [self.generation.document(candidate.chunk.document_id) for candidate in candidates]
        pairs = list(zip(candidates, documents, strict=True))
        tables = [headed_rows(document, candidate.chunk.span) for candidate, document in pairs]
        words = QuestionWords(asked.terms.stems, self.generation.analyse)
        shared = {
            (document.id, row.span): words.in_row(row, document.text)
            for document, rows in zip(documents, tables, strict=True)
            for row in rows
        }
        most = max(shared.values(), default=0)
        return [
            self._plan(candidate, document, rows, words, [row for row in rows if shared[document.id, row.span] == most])
            if most
            else _Plan(candidate)
            for (candidate, document), rows in zip(pairs, tables, strict=True)
        ]

    def _plan(
        self, candidate: Candidate, document: Document, rows: Sequence[Row], words: QuestionWords, best: Sequence[Row]
    ) -> _Plan:
        readable = (ReadableRow.of(words.asked_for(row, document.text), document.text) for row in best[:MAX_ROWS])
        return _Plan(candidate, rows=tuple(readable), apart=tuple(row.span for row in rows))

    def _readings(self, asked: Question, plans: Sequence[_Plan]) -> Iterator[list[Reading]]:
        """For each plan the readings of its pieces, in order."""
        pieces = [(text, plan.candidate.chunk.context) for plan in plans for text in plan.texts()]
        readings = self._all_readings(asked, pieces)
        return (list(islice(readings, len(plan.texts()))) for plan in plans)

    def _all_readings(self, asked: Question, pieces: Sequence[tuple[str, str]]) -> Iterator[Reading]:
        """The reading of each text with its context, in order."""

        def one(piece: tuple[str, str]) -> Reading:
            text, context = piece
            return self.reader.read(asked.corrected, text, context=context)

        return iter(self.threads.pool.map(one, pieces) if self.threads else map(one, pieces))

    def _found(self, asked: Question, plan: _Plan, readings: Sequence[Reading]) -> tuple[Found, ...]:
        """What the pieces of a candidate say, best first."""
        whole, *by_row = readings
        found: list[Found] = []
        said: list[Span] = []  # the cells in which each row's best is
        for row, reading in zip(plan.rows, by_row, strict=True):
            placed = row.placed(reading, plan.candidate.chunk.span.start)
            of_row = self._weigh(asked, plan.candidate, placed, beside=" ".join(row.row.names))
            found += of_row
            said += (cell for cell in row.row.cells for best in of_row[:1] if cell.overlaps(best.span))

        def may_answer(span: Span) -> bool:
            in_row = any(row.overlaps(span) for row in plan.apart)
            return not in_row or any(cell.contains(span) for cell in said)

        found += self._weigh(asked, plan.candidate, whole, may_answer=may_answer)
        return tuple(sorted(found, key=best_first))

    def _weigh(
        self,
        asked: Question,
        candidate: Candidate,
        reading: Reading,
        *,
        beside: str = "",
        may_answer: Callable[[Span], bool] = lambda _: True,
    ) -> list[Found]:
        document_id = candidate.chunk.document_id
        return weigh(
            candidate,
            reading,
            document=self.generation.document(document_id),
            sentences=self.generation.sentences(document_id),
            terms=asked.terms,
            analyse=self.generation.analyse,
            calibration=self.calibration,
            beside=beside,
            may_answer=may_answer,
        )


def best_probability(reads: Sequence[Read]) -> float:
    """The probability of the best span of all; 0 if there is none."""
    return max((read.found[0].probability for read in reads if read.found), default=0.0)
