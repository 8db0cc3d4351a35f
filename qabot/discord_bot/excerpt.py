"""A quote made to fit: sentences, then words, are left out around the answer, and the gap is marked.

What is left out is told from what is shown by a mark that no source text can imitate: it is a code span, and in the
source's words every backtick is escaped. The answer is never cut while it fits at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from qabot.datatypes import Quote, Span
from qabot.discord_bot.escape import cells

_SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'\u201d\u2019)\]]*\s+|\s*\n\s*\n\s*")
_WORD_ENDS = re.compile(r"\s+")
_CHARACTER_ENDS = re.compile(r".", re.DOTALL)
_BOLD = "**"
_MARK_UNITS = 48  # no mark is longer
_CUT = "`…`"  # the sentence, too long to be quoted whole, goes on there


def units(text: str) -> int:
    """Length as the strictest of Discord's clients counts it: UTF-16 code units."""
    return len(text) + sum(char > "\uffff" for char in text)


def omission(chars: int) -> str:
    """The mark for ``chars`` characters of the source that are not shown."""
    return f"`… {chars:,} character{'s' if chars != 1 else ''} left out …`"


def excerpt(text: str, answer: Span | None, budget: int) -> str:
    """``text`` as markdown of at most ``budget`` units with ``answer`` (counted in ``text``) in bold.

    Whole if it fits; else the longest run of whole sentences around the answer that does, else of whole words, else
    of characters; only an answer that is itself too long loses its middle. Without an answer the beginning is kept.
    ``budget`` must leave room for the marks: at least 200.

    Raises:
        ValueError: for a smaller budget.
    """
    if budget < 200:
        raise ValueError(f"an excerpt needs a budget of at least 200, got {budget}")
    window = _Window.around(text, answer, budget)
    if window.whole_fits(budget):
        return window.markdown(0, len(window.text))
    room = budget - 2 * _MARK_UNITS
    for ends in (_SENTENCE_ENDS, _WORD_ENDS, _CHARACTER_ENDS):
        run = window.grown(ends, room)
        if run is not None:
            return window.markdown(*run)
    return _without_middle(text, answer or Span(0, len(text)), budget)


def quote_excerpt(quote: Quote, budget: int, *, marked: bool = True) -> str:
    """The quote as ``cut_excerpt`` has it, with its answer in bold if ``marked``."""
    inside = quote.answer.shifted(-quote.span.start) if quote.answer and marked else None
    return cut_excerpt(quote.text, inside, budget, cut_start=quote.cut_start, cut_end=quote.cut_end)


def cut_excerpt(text: str, answer: Span | None, budget: int, *, cut_start: bool, cut_end: bool) -> str:
    """As ``excerpt``, with a mark on the side on which a sentence was cut. ``budget``: at least 220, for the marks.

    Raises:
        ValueError: if it is too small.
    """
    head = f"{_CUT} " if cut_start else ""
    tail = f" {_CUT}" if cut_end else ""
    return head + excerpt(text, answer, budget - units(head + tail)) + tail


def plain_excerpt(text: str, budget: int) -> str:
    """``text`` escaped, at most ``budget`` units; too long a text ends in ``…`` instead (names, questions)."""
    escaped = cells(text[: budget + 1])
    if sum(map(units, escaped)) <= budget:
        return "".join(escaped)
    return "".join(_as_many(escaped, budget - 1)) + "…"


@dataclass(frozen=True)
class _Window:
    """The part of a text that could be shown at all, escaped. Positions count in the part, not in the text."""

    text: str
    answer: Span | None
    used: list[int]  # units of the escaped text up to each position
    before: int  # characters of the whole text ahead of the part
    after: int  # and behind it

    @classmethod
    def around(cls, text: str, answer: Span | None, budget: int) -> _Window:
        """Cut first and escape then: a sentence of a megabyte must not cost a second."""
        start = max(0, answer.start - budget) if answer else 0
        end = min(len(text), (answer.end if answer else 0) + budget)
        part = text[start:end]
        inside = answer.shifted(-start) if answer else None
        escaped = cells(part, (inside.start, inside.end) if inside else ())
        used = list(accumulate(map(units, escaped), initial=0))
        return cls(part, inside, used, start, len(text) - end)

    def whole_fits(self, budget: int) -> bool:
        return not self.before and not self.after and self._cost(0, len(self.text)) <= budget

    def grown(self, ends: re.Pattern[str], room: int) -> tuple[int, int] | None:
        """The longest run of pieces around the answer that costs at most ``room``, or None if not even one fits."""
        marks = [0, *(found.end() for found in ends.finditer(self.text)), len(self.text)]
        kept = self.answer or Span(0, marks[1] or 1)
        first = max(i for i, mark in enumerate(marks) if mark <= kept.start)
        last = min(i for i, mark in enumerate(marks) if mark >= kept.end)
        if self._cost(marks[first], marks[last]) > room:
            return None
        grew = True
        while grew:
            grew = False
            if last + 1 < len(marks) and self._cost(marks[first], marks[last + 1]) <= room:
                last, grew = last + 1, True
            if first > 0 and self._cost(marks[first - 1], marks[last]) <= room:
                first, grew = first - 1, True
        return marks[first], marks[last]

    def markdown(self, start: int, end: int) -> str:
        """The run with the answer in bold and a mark on each side where something is left out."""
        end = self._without_white_tail(start, end)
        words = cells(self.text[start:end], self._breaks(start))
        if self.answer:
            words[self.answer.start - start] = _BOLD + words[self.answer.start - start]
            words[self.answer.end - 1 - start] += _BOLD
        return _marked("".join(words), self.before + start, self.after + len(self.text) - end)

    def _without_white_tail(self, start: int, end: int) -> int:
        """The end of a run before its trailing white space, if the run was cut; never inside of the answer."""
        if end == len(self.text) and not self.after:
            return end
        return max(start + len(self.text[start:end].rstrip()), self.answer.end if self.answer else 0)

    def _breaks(self, origin: int) -> tuple[int, ...]:
        return (self.answer.start - origin, self.answer.end - origin) if self.answer else ()

    def _cost(self, start: int, end: int) -> int:
        return self.used[end] - self.used[start] + 2 * len(_BOLD) + 2  # the run's first character may need a backslash


def _marked(words: str, left_out_before: int, left_out_after: int) -> str:
    """The words between the marks for what is left out on either side."""
    head = omission(left_out_before) + " " if left_out_before else ""
    tail = " " + omission(left_out_after) if left_out_after else ""
    return head + words + tail


def _without_middle(text: str, answer: Span, budget: int) -> str:
    """The beginning and the end of an answer that is longer than everything Discord can show."""
    words = answer.of(text)
    room = (budget - 3 * _MARK_UNITS - 4 * len(_BOLD)) // 2
    head = _as_many(cells(words[:room]), room)
    tail = _as_many(cells(words[-room:])[::-1], room)[::-1]
    gap = omission(len(words) - len(head) - len(tail))
    bold = f"{_BOLD}{''.join(head)}{_BOLD} {gap} {_BOLD}{''.join(tail)}{_BOLD}"
    return _marked(bold, answer.start, len(text) - answer.end)


def _as_many(escaped: list[str], room: int) -> list[str]:
    """The first entries that fit into ``room`` units together."""
    used = 0
    for at, cell in enumerate(escaped):
        used += units(cell)
        if used > room:
            return escaped[:at]
    return escaped
