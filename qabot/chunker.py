"""A Document becomes Chunks: slices made of whole sentences, the unit of the index.

Knows sentences, blocks and token counts; knows nothing of tokenizers or vectors. Every chunk is a slice, together they
cover the whole text, and no chunk has, with its context, more tokens than allowed, so that no encoder cuts its end off
unseen. With 160 tokens, 40 of them at most of context, the encoder (256) holds any chunk whole, and so does one window
of the reader (192) beside a question of up to 29.

A chunk ends before a heading if it is big enough to stand alone, else at the end of a paragraph, else of an item or
row, else of a sentence. What leads something (a heading, a table's head, a question) is not the end of a chunk. Runs of
tiny sections share a chunk. Inside a section a chunk begins with the sentence that the one before ended with, but rows
are not shared, and those that a chunk begins with are few.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

from qabot.datatypes import BlockKind, Chunk, Document, Span
from qabot.documents import Contexts, context_line

CHUNKER_VERSION = "2"

MAX_CONTEXT_TOKENS = 40  # the reader takes no more
_CONTEXT_SHARE = 4  # of a chunk's tokens at most a quarter
_TABLE_SHARE = 4  # so much of a chunk is filled with rows that go on: the fewer stand together, the surer one is found
_WINDOW_OVERLAP = 8  # windows of an over-long sentence share an eighth of their tokens
_STANDS_ALONE = 2  # a section of min_tokens / 2 may be a chunk by itself
_TINY = 4  # a section below min_tokens / 4 joins the one before
_WORD = re.compile(r"\S+")

CountTokens = Callable[[str], int]


class _Unit(NamedTuple):
    """A sentence, or a window of one that is too long. Windows of one sentence overlap each other."""

    span: Span
    tokens: int
    block: int  # index into Document.blocks
    leads: bool = False  # whether it belongs with what follows it
    window: bool = False


class _End(NamedTuple):
    """Where a chunk could end, better ones greater: quality first, then length."""

    quality: int  # 3 section, 2 paragraph, 1 item or row, 0 sentence, -1 after what leads the next unit
    unit: int  # index of the first unit after the chunk


def chunk_document(
    document: Document,
    sentences: Sequence[Span],
    *,
    count_tokens: CountTokens,
    min_tokens: int,
    max_tokens: int,
) -> tuple[Chunk, ...]:
    """Cut a document into chunks of ``min_tokens`` to ``max_tokens`` tokens where its structure allows.

    Args:
        document: with its blocks.
        sentences: of this document, in order and disjoint.
        count_tokens: tokens of a piece of text; called about once a sentence.
        min_tokens: from here on a chunk ends where a paragraph ends.
        max_tokens: no chunk has more together with its context, which itself has at most a quarter of them.

    Returns:
        Chunks in order; the first starts at 0, the last ends with the text, and none leaves a hole. No sentences, no
        chunks.
    """
    if not sentences:
        return ()
    contexts = Contexts(document)
    units = tuple(_units(document, sentences, contexts, count_tokens, max_tokens))
    packer = _Packer(document, units, contexts, count_tokens, min_tokens=min_tokens, max_tokens=max_tokens)
    return tuple(
        Chunk(document.id, _slice(document.text, units, first, end), packer.context(first, end))
        for first, end in packer.runs()
    )


def _slice(text: str, units: Sequence[_Unit], first: int, end: int) -> Span:
    """The chunk of ``units[first:end]``, with the white space that follows it (and at the top, precedes it)."""
    start = units[first].span.start if first else 0
    if end == len(units):
        return Span(start, len(text))
    # The next window of an over-long sentence begins before this one ends.
    return Span(start, max(units[end].span.start, units[end - 1].span.end))


def _units(
    document: Document, sentences: Sequence[Span], contexts: Contexts, count_tokens: CountTokens, max_tokens: int
) -> Iterator[_Unit]:
    """Sentences with their counts, over-long ones as windows that leave room for their context and what leads them."""
    starts = [block.span.start for block in document.blocks]
    leading_tokens = 0
    count_word = cache(count_tokens)  # an over-long sentence repeats its words more often than not
    for sentence in sentences:
        block = max(0, bisect_right(starts, sentence.start) - 1)
        words = sentence.of(document.text)
        tokens = count_tokens(words)
        leads = contexts.leads(sentence)
        shared = leading_tokens if leading_tokens <= max_tokens // 2 else 0
        if tokens + shared <= max_tokens:
            yield _Unit(sentence, tokens, block, leads)
        else:
            room = max_tokens - _context_tokens(max_tokens)
            for window, count in _windows(words, count_tokens, count_word, first_room=room - shared, room=room):
                yield _Unit(window.shifted(sentence.start), count, block, leads, window=True)
        leading_tokens = leading_tokens + tokens if leads else 0


def _context_tokens(max_tokens: int) -> int:
    """How many tokens a context may have beside a text of ordinary length."""
    return min(MAX_CONTEXT_TOKENS, max_tokens // _CONTEXT_SHARE)


def _windows(
    sentence: str, count_tokens: CountTokens, count_word: CountTokens, *, first_room: int, room: int
) -> Iterator[tuple[Span, int]]:
    """Overlapping pieces of a sentence, cut between words, that hold at most ``room`` tokens each."""
    words = [piece for word in _WORD.finditer(sentence) for piece in _pieces(sentence, word.span(), count_word, room)]
    counts = [count_word(word.of(sentence)) for word in words]
    first, done, limit = 0, 0, first_room
    while done < len(words):
        end, total = first, 0
        while end < len(words) and (end == first or total + counts[end] <= limit):
            total += counts[end]
            end += 1
        # Pieces of one word may count for more together than apart.
        while (total := count_tokens(sentence[words[first].start : words[end - 1].end])) > limit and end > first + 1:
            end -= 1
        if end <= done:
            first = done  # nothing new fits beside what was shared
            continue
        yield Span(words[first].start, words[end - 1].end), total
        first, done, limit = _overlapping_first(counts, first, end, room // _WINDOW_OVERLAP), end, room


def _overlapping_first(counts: Sequence[int], first: int, end: int, shared_tokens: int) -> int:
    """Where the window after ``[first, end)`` begins; always later than ``first``."""
    begin = end
    while begin - 1 > first and sum(counts[begin - 1 : end]) <= shared_tokens:
        begin -= 1
    return begin


def _pieces(sentence: str, word: tuple[int, int], count_word: CountTokens, room: int) -> Iterator[Span]:
    """A word, halved until each piece fits."""
    start, end = word
    if end - start == 1 or count_word(sentence[start:end]) <= room // _WINDOW_OVERLAP:
        yield Span(start, end)
        return
    middle = (start + end) // 2
    yield from _pieces(sentence, (start, middle), count_word, room)
    yield from _pieces(sentence, (middle, end), count_word, room)


class _Packer:
    """Chooses which runs of units become chunks; walks the units once."""

    def __init__(
        self,
        document: Document,
        units: Sequence[_Unit],
        contexts: Contexts,
        count_tokens: CountTokens,
        *,
        min_tokens: int,
        max_tokens: int,
    ) -> None:
        self._document = document
        self._units = units
        self._contexts = contexts
        self._count = count_tokens
        self._min = min_tokens
        self._max = max_tokens
        self._line = cache(partial(context_line, count_tokens=count_tokens, max_tokens=_context_tokens(max_tokens)))
        self._sections = self._section_tokens()

    def runs(self) -> Iterator[tuple[int, int]]:
        """Half-open runs of units, in order, overlapping by at most one unit."""
        first = done = 0
        while done < len(self._units):
            end = self._fitting(first, self._end(first, done))
            if end <= done:
                first = done  # nothing new fits beside the shared sentence
                continue
            yield first, end
            done = end
            first = end - 1 if end < len(self._units) and self._shares_last(first, end) else end

    def context(self, first: int, end: int) -> str:
        """The context of the chunk ``[first, end)``, shortened further where one long sentence leaves less room."""
        line = self._context_from(first)
        room = self._max - self._tokens(first, end)
        return line if self._count(line) <= room else context_line([line], self._count, room)

    def _context_from(self, first: int) -> str:
        return self._line(self._contexts.at(self._units[first].span.start))

    def _room(self, first: int) -> int:
        """How many tokens of text are put into a chunk that begins at unit ``first``."""
        room = self._max - self._count(self._context_from(first))
        goes_on = self._kind(first) == "row" and not self._units[first].leads
        return min(room, self._max // _TABLE_SHARE) if goes_on else room

    def _end(self, first: int, done: int) -> int:
        """The best end, after ``done``, of the chunk that begins at ``first``."""
        best = _End(-2, done + 1)
        room = self._room(first)
        total, end = 0, first
        while end < len(self._units) and (end <= done or total + self._units[end].tokens <= room):
            total += self._units[end].tokens
            end += 1
            if end <= done:
                continue
            quality = self._quality(end)
            if quality == 3 and self._stops_before_section(total, end):
                return end
            # Before min_tokens only length counts, but a heading is left for the next chunk.
            best = max(best, _End(quality if total >= self._min else min(quality, 0), end))
        return end if end == len(self._units) else best.unit

    def _stops_before_section(self, total: int, end: int) -> bool:
        section = self._sections.get(end, 0)
        if total + section > self._max:
            return True
        return total >= self._min // _STANDS_ALONE and section >= self._min // _TINY

    def _quality(self, end: int) -> int:
        """How good an end it is before unit ``end``."""
        if end == len(self._units):
            return 3
        if self._units[end - 1].leads:
            return -1
        if self._kind(end) == "heading":
            return 3
        if self._units[end - 1].block == self._units[end].block:
            return 0
        return 1 if self._kind(end) in ("item", "row") else 2

    def _kind(self, unit: int) -> BlockKind:
        """What a unit is part of."""
        blocks = self._document.blocks
        return blocks[self._units[unit].block].kind if blocks else "paragraph"

    def _fitting(self, first: int, end: int) -> int:
        """``end``, or an earlier one if sentences that no white space parts count for more together than apart."""
        if not any(a.span.end >= b.span.start for a, b in pairwise(self._units[first:end])):
            return end
        room = self._room(first)
        while end > first + 1 and self._tokens(first, end) > room:
            end -= 1
        return end

    def _tokens(self, first: int, end: int) -> int:
        return self._count(_slice(self._document.text, self._units, first, end).of(self._document.text))

    def _shares_last(self, first: int, end: int) -> bool:
        """Whether the next chunk begins with the last sentence of this one: if both fit and it leads nothing itself."""
        last, following = self._units[end - 1], self._units[end]
        if end - 1 <= first or last.window or last.leads or following.leads or self._kind(end - 1) == "row":
            return False
        return last.tokens + following.tokens <= self._room(end - 1) and last.tokens <= self._max // 2

    def _section_tokens(self) -> dict[int, int]:
        """For each unit that opens a section, the tokens up to the next heading that follows other text."""
        sections: dict[int, int] = {}
        total = 0
        for at in range(len(self._units) - 1, -1, -1):
            total += self._units[at].tokens
            after_text = at == 0 or not self._units[at - 1].leads
            if self._kind(at) == "heading" and after_text:
                sections[at] = total
                total = 0
        return sections
