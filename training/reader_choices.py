"""Several short pieces of text as one passage, to be chosen from: what answers, and what only seems to.

    title and heading
    the sentence that answers, with those beside it [SEP] title and heading
    three sentences that share words with the question [SEP] ...

Knows how pieces are cut and put together; knows no files, and not how often anything is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from reader_authored import by_shared_words
from reader_questions import content_words
from reader_structure import sentence_bounds

if TYPE_CHECKING:
    from reader_data import Example
    from reader_guesses import Guess

Bounds = tuple[int, int]

SAMPLE = 12  # passages among which those nearest to a question are looked for
OTHERS = 2  # passages beside its own
SEPARATOR = " [SEP] "  # the tokenizer takes it for its own sign
PIECES = 3
REMOVED_SHARE = 0.12  # of the answered questions: the piece that answers is left out
NEIGHBOURS = (0, 1, 1, 1, 2)  # sentences on each side of a piece's own
LONGEST = 300  # code points of a piece: three mostly fit into a window


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that pieces are cut from, with the line that stands above each of them, and what seems to answer."""

    passage: str
    line: str = ""
    tempting: tuple[Bounds, ...] = ()  # spans that a reader would answer with


def choice_among(
    example: Example, lines: Mapping[str, str], tempting: Mapping[tuple[str, str], Sequence[Bounds]], rng: Random
) -> Example | None:
    """The question over pieces of its own passage and of the OTHERS that share most words with it; None as in `choice`.

    Args:
        example: with its whole passage.
        lines: the passages of its world or article, its own one too, with the line that stands above each.
        tempting: by question and passage what a reader would answer with, and errs.
        rng: decides how the example is put together.
    """
    others = sorted(set(lines) - {example.passage})
    near = by_shared_words(example.question, rng.sample(others, min(SAMPLE, len(others))))[:OTHERS]
    sources = [Source(p, lines[p], tuple(tempting.get((example.question, p), ()))) for p in (example.passage, *near)]
    return choice(example, lines[example.passage], sources, rng)


def choice(example: Example, line: str, sources: Sequence[Source], rng: Random) -> Example | None:
    """The question over at most PIECES pieces in random order; None where its answer would be there twice.

    Args:
        example: with its whole passage, which is one of the `sources`.
        line: what stands above a piece of it.
        sources: what pieces are cut from; those with tempting spans first, then by the words shared with the question.
        rng: decides sizes and order.
    """
    answered = example.end > example.start
    answer = example.passage[example.start : example.end].lower()
    pieces: list[tuple[str, int, int]] = []
    taken: dict[str, list[Bounds]] = {}
    if answered:
        a, b = window(example.passage, (example.start, example.end), rng)
        taken[example.passage] = [(a, b)]
        if rng.random() >= REMOVED_SHARE:
            shift = len(line) - a
            pieces.append((line + example.passage[a:b], example.start + shift, example.end + shift))
    for source, span in _ranked(content_words(example.question), sources, rng):
        if len(pieces) == PIECES:
            break
        a, b = window(source.passage, span, rng)
        if any(a < d and c < b for c, d in taken.get(source.passage, [])):
            continue
        if answered and answer in source.passage[a:b].lower():
            if source.passage == example.passage:
                continue
            return None
        taken.setdefault(source.passage, []).append((a, b))
        pieces.append((source.line + source.passage[a:b], 0, 0))
    rng.shuffle(pieces)
    return _together(example, pieces)


def window(passage: str, span: Bounds, rng: Random) -> Bounds:
    """Where the sentences of a span and some beside them begin and end; shorter than LONGEST where that is possible."""
    bounds = bounds_of(passage)
    holding = [i for i, (a, b) in enumerate(bounds) if a < span[1] and span[0] < b]
    first, last = holding[0], holding[-1]
    for _ in range(rng.choice(NEIGHBOURS)):
        for low, high in ((max(first - 1, 0), last), (first, min(last + 1, len(bounds) - 1))):
            if bounds[high][1] - bounds[low][0] <= LONGEST:
                first, last = min(first, low), max(last, high)
    return min(bounds[first][0], span[0]), max(bounds[last][1], span[1])


def bounds_of(passage: str) -> list[Bounds]:
    """The sentences; a line's end ends one."""
    found, at = [], 0
    for text in passage.splitlines(keepends=True):
        lead = len(text) - len(text.lstrip())
        found += [(at + lead + a, at + lead + b) for a, b in sentence_bounds(text[lead:])]
        at += len(text)
    return found


def tempting_spans(found: Mapping[str, Sequence[Guess]]) -> dict[tuple[str, str], tuple[Bounds, ...]]:
    """By question and passage the spans that a reader would answer with and that do not answer."""
    spans: dict[tuple[str, str], tuple[Bounds, ...]] = {}
    for guess in (guess for listed in found.values() for guess in listed):
        example = guess.example
        if not (example.start < guess.end and guess.start < example.end):
            key = example.question, example.passage
            spans[key] = (*spans.get(key, ()), (guess.start, guess.end))
    return spans


def _ranked(asked: frozenset[str], sources: Sequence[Source], rng: Random) -> list[tuple[Source, Bounds]]:
    """(source, span) of what is near the question: tempting spans, then sentences by the share of its words."""
    tempting = [(source, span) for source in sources for span in source.tempting]
    rng.shuffle(tempting)
    near = [
        (len(content_words(source.passage[a:b]) & asked) + rng.random(), number, (a, b))
        for number, source in enumerate(sources)
        for a, b in bounds_of(source.passage)
    ]
    return tempting + [(sources[number], span) for _, number, span in sorted(near, reverse=True)]


def _together(example: Example, pieces: Sequence[tuple[str, int, int]]) -> Example | None:
    """The pieces as one passage."""
    text, start, end = "", 0, 0
    for piece, a, b in pieces:
        text += SEPARATOR if text else ""
        if b > a:
            start, end = len(text) + a, len(text) + b
        text += piece
    return replace(example, passage=text, start=start, end=end, others=()) if text else None
