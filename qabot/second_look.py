"""The likeliest sentences of a question, read once more: together in one window, each with those beside it.

Only there the reader sees them side by side. This module knows in which pieces they are read; it refuses to know which
are the likeliest, and what follows from how sure the reader is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qabot.datatypes import Span
from qabot.reader import Reader, Reading

LIKELIEST = 3  # sentences that are read together
SHORT = 300  # code points, up to which a sentence is read with those beside it

Sentence = tuple[str, int]  # a document and the number of one of its sentences


@dataclass(frozen=True, slots=True)
class Piece:
    """Sentences of a document that stand together, to be read beside other pieces."""

    document_id: str
    span: Span
    context: str

    def holds(self, document_id: str, span: Span) -> bool:
        """Whether the span begins in it."""
        return self.document_id == document_id and self.span.start <= span.start < self.span.end


@dataclass(frozen=True)
class SecondLook:
    """What the reader saw in the pieces of the likeliest sentences."""

    likeliest: frozenset[Sentence]
    looked_at: Sequence[tuple[Piece, Reading]]

    def margin(self, sentence: Sentence, span: Span) -> float | None:
        """How much the span beats "no answer" there; None where it stands in another sentence or was not read again."""
        document_id, _ = sentence
        for piece, reading in self.looked_at:
            if sentence in self.likeliest and piece.holds(document_id, span):
                unread = reading.until is not None and span.end > piece.span.start + reading.until
                return None if unread else margin_at(reading, span.shifted(-piece.span.start))
        return None


def likeliest(ranked: Iterable[tuple[Sentence, str]]) -> dict[Sentence, str]:
    """The first LIKELIEST different sentences of these, each with the context that it comes with first."""
    first: dict[Sentence, str] = {}
    for sentence, context in ranked:
        first.setdefault(sentence, context)
        if len(first) == LIKELIEST:
            break
    return first


def pieces_of(sentences: Mapping[Sentence, str], spans_of: Callable[[str], Sequence[Span]]) -> list[Piece]:
    """The sentences with those beside them, in their order; no sentence is in two pieces.

    Args:
        sentences: each with the context of its passage.
        spans_of: all sentences of a document.
    """
    shown: dict[str, set[int]] = {}
    for document_id, number in sentences:
        shown.setdefault(document_id, set()).update(_with_neighbours(spans_of(document_id), number))
    pieces: dict[Sentence, Piece] = {}
    for (document_id, number), context in sentences.items():
        first = last = number
        while first - 1 in shown[document_id]:
            first -= 1
        while last + 1 in shown[document_id]:
            last += 1
        spans = spans_of(document_id)
        span = Span(spans[first].start, spans[last].end)
        pieces.setdefault((document_id, first), Piece(document_id, span, context))
    return list(pieces.values())


def look_again(
    reader: Reader, question: str, sentences: Iterable[Sentence], pieces: Sequence[Piece], text_of: Callable[[str], str]
) -> SecondLook:
    """Read the pieces of these sentences together. ``text_of`` gives a document's text."""
    texts = [piece.span.of(text_of(piece.document_id)) for piece in pieces]
    contexts = [piece.context for piece in pieces]
    readings = reader.read_together(question, list(zip(texts, contexts, strict=True))) if pieces else []
    return SecondLook(frozenset(sentences), list(zip(pieces, readings, strict=True)))


def margin_at(reading: Reading, span: Span) -> float:
    """How much the best span that overlaps this one beats "no answer"; if none does, the last one; 0 without any."""
    overlapping = [scored for scored in reading.spans if scored.span.overlaps(span)]
    return max(map(reading.margin, overlapping or reading.spans[-1:]), default=0.0)


def _with_neighbours(sentences: Sequence[Span], number: int) -> range:
    """The sentence, the one before it and the one behind it, as far as they are SHORT together."""
    first = last = number
    if number and sentences[number].end - sentences[number - 1].start <= SHORT:
        first -= 1
    if number + 1 < len(sentences) and sentences[number + 1].end - sentences[first].start <= SHORT:
        last += 1
    return range(first, last + 1)
