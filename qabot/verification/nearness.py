"""The sentence that is most like words which stand nowhere any more. For a person to look at; never a quote."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qabot.datatypes import Block, Document, Span
from qabot.verification.claims import Claim
from qabot.verification.places import Place, place_of

_AROUND_CHARS = 200_000  # how far from the old place is looked: about 100 pages to either side
_MOST_SENTENCES = 8
_LEAST_ALIKE = 50.0  # of 100; below that the two only share letters


@dataclass(frozen=True, slots=True)
class Near:
    """Sentences of now. ``alike`` in (0, 1]: the share of characters that stay (rapidfuzz's ratio)."""

    text: str
    place: Place
    alike: float


def nearest_sentences(document: Document, claim: Claim) -> Near | None:
    """As many sentences as the claim has, the most alike around its old place; None if none is alike."""
    from rapidfuzz import fuzz, process  # here and below: only words that are gone need them

    from qabot.sentences import prose_starts, sentence_spans

    spans = sentence_spans(replace(document, blocks=_blocks_around(document, claim.span)))
    count = min(len(prose_starts(claim.text)), _MOST_SENTENCES, len(spans))
    runs = [Span(spans[n].start, spans[n + count - 1].end) for n in range(len(spans) - count + 1)] if count else []
    texts = [run.of(document.text) for run in runs]
    found = process.extractOne(claim.text, texts, scorer=fuzz.ratio, score_cutoff=_LEAST_ALIKE)
    if found is None:
        return None
    text, percent, row = found
    return Near(text, place_of(document, runs[row]), alike=percent / 100)


def _blocks_around(document: Document, old: Span) -> tuple[Block, ...]:
    """The blocks, or their parts, that lie near the old place or, if the text is shorter now, near its end."""
    middle = min(old.start, len(document.text))
    first, last = middle - _AROUND_CHARS, middle + _AROUND_CHARS
    return tuple(
        replace(block, span=Span(max(block.span.start, first), min(block.span.end, last)))
        for block in document.blocks
        if block.span.start < last and first < block.span.end
    )
