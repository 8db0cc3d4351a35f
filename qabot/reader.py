"""Where in a passage the answer stands: spans with scores, and a score for "not in this passage".

This module knows the span reader's input form and how spans are decoded from its two rows of logits; it refuses to
know which passages are worth reading, or whether a score is good enough. Span decoding follows Devlin et al. 2019
(BERT, section 4.3): score = start logit + end logit, null score = both logits at [CLS]. A longer span comes before a
shorter one only if it scores higher by `LENGTH_COST` a token.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from qabot.datatypes import Span
from qabot.weights import load_tokenizer, onnx_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

READER_NAME = "reader.onnx"
MAX_TOKENS = 192  # [CLS] question [SEP] context passage [SEP], as the reader was trained
MAX_QUESTION_TOKENS = 40
MAX_CONTEXT_TOKENS = 40
MAX_TOKENS_TOGETHER = 320  # of a window that several texts share
OVERLAP_TOKENS = 64  # between two windows of a passage that is too long for one
MAX_ANSWER_TOKENS = 30
LENGTH_COST = 0.05  # logits for each token after the first; chosen on articles that no reader was trained on
_SPECIAL_TOKENS = 3
_N_BEST = 12
# What the tokenizer cuts apart and a reader must not: word pieces, "3.5", "10:30", "U.S", "well-known", "isn\u2019t".
_WORD = re.compile(r"[\w\u0300-\u036f]+(?:[\'\u2019_-]\w+|(?<=\d)[.,:]\d+|(?<=\b[A-Z])\.[A-Z]\b)*")


@dataclass(frozen=True, slots=True)
class ScoredSpan:
    """A span of the passage; ``span_score`` is a sum of two logits, comparable within one reading only."""

    span: Span
    span_score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader sees in one passage, and the score of there being no answer.

    The best spans come first: in the order of their scores less what their length costs, so a score may be a little
    higher than the one before it.
    """

    spans: tuple[ScoredSpan, ...]
    null_score: float
    until: int | None = None  # code points of the passage that were read; None: all

    def margin(self, scored: ScoredSpan) -> float:
        """How much better the span fits than "no answer"; comparable between passages."""
        return scored.span_score - self.null_score


class Reader(Protocol):
    """Reads passages for one question."""

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """The n best spans of ``passage``. ``context`` is read before it, but no answer is taken from it."""
        ...

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """For each (text, context) its n best spans, weighed against those of the other texts."""
        ...


@dataclass(frozen=True)
class OnnxReader:
    """The shipped reader: one window a run, unpadded, so that no result depends on what else is read at the time."""

    tokenizer: Tokenizer
    session: InferenceSession
    max_answer_tokens: int = MAX_ANSWER_TOKENS

    @classmethod
    def load(cls, threads: int = 0) -> OnnxReader:
        """Open the shipped reader.

        Raises:
            ModelError: if its file or the tokenizer's is missing or damaged.
        """
        return cls(load_tokenizer(), onnx_session(READER_NAME, threads))

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """The n best spans of ``passage``, offsets in code points of ``passage``.

        Source: Devlin et al. 2019, section 4.3; windows as in the same authors' SQuAD script, the null score being
        the smallest over the windows.
        """
        question_ids = self._encode(question).ids[:MAX_QUESTION_TOKENS]
        context_ids = self._encode(context).ids[:MAX_CONTEXT_TOKENS] if context else []
        encoded = self._encode(passage)
        room = MAX_TOKENS - _SPECIAL_TOKENS - len(question_ids) - len(context_ids)
        best: dict[Span, tuple[float, float]] = {}  # score less the cost of the length, score
        null_score = float("inf")
        for first in _window_starts(len(encoded.ids), room):
            ids = encoded.ids[first : first + room]
            start_logits, end_logits = self._logits(question_ids, context_ids + ids)
            null_score = min(null_score, float(start_logits[0] + end_logits[0]))
            offset = len(question_ids) + 2 + len(context_ids)  # of the window's first token in the input
            tokens = slice(offset, offset + len(ids))
            for span, scores in self._found(passage, encoded, first, (start_logits[tokens], end_logits[tokens])):
                best[span] = max(scores, best.get(span, scores))
        return Reading(_ranked(best), null_score)

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """For each (text, context) its n best spans, offsets in code points of the text; all are read in one run.

        The readings share one null score: that none of the texts answers. Where they do not fit into the window, the
        ends of the longest are not read.
        """
        question_ids = self._encode(question).ids[:MAX_QUESTION_TOKENS]
        texts = [self._encode(text) for text, _ in pieces]
        contexts = [self._encode(context).ids[:MAX_CONTEXT_TOKENS] if context else [] for _, context in pieces]
        needed = [len(ids) + len(encoded.ids) + 1 for ids, encoded in zip(contexts, texts, strict=True)]
        window: list[int | None] = []
        placed: list[tuple[str, Encoding, slice]] = []
        shares = _shares(needed, MAX_TOKENS_TOGETHER - 2 - len(question_ids))
        for (text, _), encoded, context, share in zip(pieces, texts, contexts, shares, strict=True):
            context_ids = context[: share - 1]
            ids = encoded.ids[: share - 1 - len(context_ids)]
            first = len(question_ids) + 2 + len(window) + len(context_ids)
            placed.append((text, encoded, slice(first, first + len(ids))))
            window += [*context_ids, *ids, self.tokenizer.token_to_id("[SEP]")]
        start_logits, end_logits = self._logits(question_ids, window[:-1])
        null_score = float(start_logits[0] + end_logits[0])
        readings = []
        for text, encoded, tokens in placed:
            best: dict[Span, tuple[float, float]] = {}
            for span, scores in self._found(text, encoded, 0, (start_logits[tokens], end_logits[tokens])):
                best[span] = max(scores, best.get(span, scores))
            count = tokens.stop - tokens.start
            until = None if count == len(encoded.ids) else encoded.offsets[count][0]
            readings.append(Reading(_ranked(best), null_score, until))
        return readings

    def _found(
        self, text: str, encoded: Encoding, first: int, logits: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> Iterator[tuple[Span, tuple[float, float]]]:
        """The best spans of a window that begins at token ``first``: each with its score less the cost, its score."""
        for start, end, score in self._spans(*logits):
            yield _whole_words(text, encoded, first + start, first + end), (score - LENGTH_COST * (end - start), score)

    def _encode(self, text: str) -> Encoding:
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _logits(self, question_ids: list[int], passage_ids: Sequence[int | None]) -> tuple[NDArray[np.float32], ...]:
        """Start and end logits, each of shape (tokens,), for ``[CLS] question [SEP] passage [SEP]``."""
        cls, sep = self.tokenizer.token_to_id("[CLS]"), self.tokenizer.token_to_id("[SEP]")
        ids = np.array([[cls, *question_ids, sep, *passage_ids, sep]], dtype=np.int64)
        types = np.zeros_like(ids)
        types[0, len(question_ids) + 2 :] = 1
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": types}
        start_logits, end_logits = self.session.run(["start_logits", "end_logits"], inputs)
        return start_logits[0], end_logits[0]

    def _spans(
        self, start_logits: NDArray[np.float32], end_logits: NDArray[np.float32]
    ) -> list[tuple[int, int, float]]:
        """The best (first token, last token, score) with ``first <= last < first + max_answer_tokens``.

        Best: with the cost of the length taken off. Both inputs have shape (passage tokens,): the question, the context
        and the special tokens are cut off.
        """
        scores = start_logits[:, None] + end_logits[None, :]
        width = len(scores)
        length = np.arange(width)[None, :] - np.arange(width)[:, None]  # tokens after the first
        allowed = (length >= 0) & (length < self.max_answer_tokens)
        preference = np.where(allowed, scores - LENGTH_COST * length, -np.inf).ravel()
        count = min(_N_BEST, int(allowed.sum()))
        order = np.argpartition(-preference, count - 1)[:count] if count else np.array([], dtype=np.int64)
        return [(int(i) // width, int(i) % width, float(scores.flat[i])) for i in order]


def _ranked(best: Mapping[Span, tuple[float, float]]) -> tuple[ScoredSpan, ...]:
    """The n best, by the score less the cost of the length, which stands first."""
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))[:_N_BEST]
    return tuple(ScoredSpan(span, score) for span, (_, score) in ranked)


def _shares(needed: Sequence[int], room: int) -> list[int]:
    """How many tokens each gets of the room: what it needs, or as much as every other that does not get it."""
    shares = [0] * len(needed)
    for done, number in enumerate(sorted(range(len(needed)), key=needed.__getitem__)):
        shares[number] = min(needed[number], (room - sum(shares)) // (len(needed) - done))
    return shares


def _window_starts(tokens: int, room: int) -> list[int]:
    """Where windows of ``room`` tokens begin, so that together they hold all tokens. At least one begins at 0."""
    step = room - OVERLAP_TOKENS
    return [0, *range(step, max(tokens - OVERLAP_TOKENS, 0), step)]


def _whole_words(passage: str, encoded: Encoding, first: int, last: int) -> Span:
    """The characters from token ``first`` to token ``last``, widened to whole words: a word piece is no answer."""
    start, end = encoded.offsets[first][0], encoded.offsets[last][1]
    line_start = max(passage.rfind("\n", 0, start), passage.rfind(" ", 0, start)) + 1
    for word in _WORD.finditer(passage, line_start):
        if word.start() >= end:
            break
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    while end < len(passage) and _continues(passage[end]):
        end += 1
    return Span(start, end)


def _continues(character: str) -> bool:
    """Whether the character belongs to the one before: accents, joiners and variation selectors of emoji."""
    return unicodedata.category(character) in {"Mn", "Me", "Mc"} or character in "\u200d\ufe0e\ufe0f"
