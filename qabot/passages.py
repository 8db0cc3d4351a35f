"""The passages that are read for a question, in which order, and when it is enough.

This module knows the budget and the threads; it refuses to know what an answer is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from qabot.calibration import Calibration
from qabot.datatypes import Candidate
from qabot.index import Generation
from qabot.reader import Reader, Reading
from qabot.retriever import READ_WHOLE
from qabot.selection import Found, weigh
from qabot.understanding import Question

CLEAR_PROBABILITY = 0.6  # reading stops here; down to it nothing changed on the tunable community questions,
MIN_PASSAGES = 3  # but not before these: another source may say something else


@dataclass(frozen=True)
class Read:
    """A candidate after reading."""

    candidate: Candidate
    found: tuple[Found, ...]  # best first


@dataclass(frozen=True)
class Threads:
    """Who reads passages, and how many at a time."""

    pool: ThreadPoolExecutor
    count: int


@dataclass(frozen=True)
class PassageReader:
    """Reads candidates with one reader, for one generation; several at a time if there are threads."""

    generation: Generation
    reader: Reader
    calibration: Calibration
    threads: Threads | None = None

    def read(self, asked: Question, candidates: Sequence[Candidate]) -> list[Read]:
        """Read the candidates in order until one answer is clear; a small corpus is read whole.

        What was read ahead of a clear answer is dropped, so that the result does not depend on the threads.
        """
        reads: list[Read] = []
        whole = len(candidates) <= READ_WHOLE
        while len(reads) < len(candidates):
            size = len(candidates) if whole else self._size_of_wave(len(reads))
            wave = candidates[len(reads) : len(reads) + size]
            for candidate, reading in zip(wave, self._readings(asked, wave), strict=True):
                reads.append(Read(candidate, self._weigh(asked, candidate, reading)))
                if not whole and len(reads) >= MIN_PASSAGES and best_probability(reads) >= CLEAR_PROBABILITY:
                    return reads
        return reads

    def _size_of_wave(self, done: int) -> int:
        """One passage a thread; at first so many full rounds that reading may stop after them."""
        at_a_time = self.threads.count if self.threads else 1
        return at_a_time if done else at_a_time * math.ceil(MIN_PASSAGES / at_a_time)

    def _readings(self, asked: Question, candidates: Sequence[Candidate]) -> Iterator[Reading]:
        def one(candidate: Candidate) -> Reading:
            return self.reader.read(asked.corrected, candidate.text, context=candidate.chunk.context)

        return self.threads.pool.map(one, candidates) if self.threads else map(one, candidates)

    def _weigh(self, asked: Question, candidate: Candidate, reading: Reading) -> tuple[Found, ...]:
        document_id = candidate.chunk.document_id
        return tuple(
            weigh(
                candidate,
                reading,
                document=self.generation.document(document_id),
                sentences=self.generation.sentences(document_id),
                terms=asked.terms,
                analyse=self.generation.analyse,
                calibration=self.calibration,
            )
        )


def best_probability(reads: Sequence[Read]) -> float:
    """The probability of the best span of all; 0 if there is none."""
    return max((read.found[0].probability for read in reads if read.found), default=0.0)
