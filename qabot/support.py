"""Does a passage say what somebody claims? The sentence that carries a claim's every fact, or nothing.

The rule is sober on purpose. A sentence supports a claim only if it has all of its numbers, names and units, says it
with the same polarity, has every content word that carries something, and means about the same as a whole. Paraphrases
in other words are missed: that is the price of not taking a near miss for support.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qabot.datatypes import Candidate, Document, Filters, Quote, Span
from qabot.encoder import Encoder
from qabot.index import Searchable
from qabot.question import clean, content_words
from qabot.quotes import make_quote
from qabot.retriever import Retriever
from qabot.sentences import prose_starts

# Tuned on the parts "tune" and "report" of the community claims (tests/data/community/claims.jsonl).
MIN_COSINE = 0.6  # of claim and sentence
MIN_WORD_COSINE = 0.55  # of two words that are written alike, so that "lost" has "lose" and "winter" not "winner"
MIN_WORD_RATIO = 70.0  # rapidfuzz's, of 100
MAX_CLAIMS = 5  # sentences of one message
_MAX_CLAIM_CHARS = 500
_PASSAGES = 10
_LEAST_WORDS = 2

_NAME = re.compile(r"\b[A-Z][\w'\u2019-]+")
_WORD = re.compile(r"[\w'\u2019-]+")
_NUMBER_WORDS = {
    word: str(value)
    for value, words in enumerate(
        "zero|one once single|two twice double|three thrice|four|five|six|seven|eight|nine|ten|eleven|twelve".split("|")
    )
    for word in words.split()
}
_NEGATIONS = frozenset(
    """not no never none nobody nothing nowhere neither nor without cannot can't don't doesn't didn't won't isn't aren't
    wasn't weren't shouldn't mustn't couldn't wouldn't forbidden banned prohibited except unless""".split()
)
# Words that change what is said although they are no content words, or stems that the other one of the pair may hide.
_OPPOSITES = tuple(
    tuple(frozenset(side.split()) for side in pair.split("|"))
    for pair in (
        "before earlier|after later",
        "most maximum|least minimum",
        "more above over|less fewer below under",
        "open opens opened|closed closes shut",
        "first|last",
        "all every everyone everybody|some",
        "inside indoors|outside outdoors",
        "allowed may can|forbidden banned prohibited",
        "free|paid costs cost",
        "optional may can allowed|required obligatory must",
        "noon midday|midnight",
        "morning|evening night afternoon",
        "summer|winter",
        "increase rise rose up|decrease fall fell down",
        "north|south",
        "east|west",
        "hot warm|cold cool",
        "monthly|weekly daily yearly",
    )
)
_LIGHT = frozenset(
    """go goes going come comes get gets put puts take takes make makes mean means lead leads give gives keep keeps let
    lets allow allows allowed permit permitted need needs want wants use uses used become becomes happen happens start
    starts begin begins stay stays remain remains actually really basically always also apparently""".split()
)
# In chat many write them small. Not "march" and "may", which are other words too.
_CALENDAR = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february april june july august september
    october november december""".split()
)
_PIECE_ENDS = re.compile(r"(?<=[.!?;])\s+")  # where a sentence of the index may hold two after all
_UNITS = frozenset(
    """second minute hour day week month quarter year decade century weekend meter metre kilometer mile foot inch gram
    kilo kilogram pound euro dollar cent pence degree percent litre liter ml kg km cm mm am pm""".split()
)


@dataclass(frozen=True, slots=True)
class Supported:
    """One claim and the sentence that says it; ``quote`` is None where no sentence of the documents does."""

    claim: str
    quote: Quote | None
    cosine: float = 0.0  # of claim and sentence


@dataclass(frozen=True)
class _Facts:
    """What must not differ between a claim and a sentence that supports it."""

    numbers: tuple[str, ...]
    names: tuple[str, ...]
    days: frozenset[str]
    units: frozenset[str]
    negated: bool
    words: frozenset[str]

    @classmethod
    def of(cls, text: str) -> _Facts:
        words = [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]
        return cls(
            numbers=tuple(_numbers(text)),
            names=tuple(name.lower().removesuffix("'s") for name in _names(text)),
            days=frozenset(word.removesuffix("s") for word in words) & _CALENDAR,
            units=frozenset(word.removesuffix("s") for word in words) & _UNITS,
            negated=any(word in _NEGATIONS for word in words),
            words=frozenset(words),
        )

    def are_in(self, other: _Facts, around: frozenset[str]) -> bool:
        """Whether ``other`` says nothing else; names may also stand in the words ``around`` it."""
        return (
            _in_order(self.numbers, other.numbers)
            and all(name in other.words or name in around for name in self.names)
            and _same_order(self.names, other.names)
            and self.days <= other.days
            and self.units <= other.units
            and self.negated == other.negated
            and not any(_opposed(self.words, other.words, pair) for pair in _OPPOSITES)
        )


class Supporter:
    """Finds support in one generation. Threads may share it."""

    def __init__(
        self,
        generation: Searchable,
        retriever: Retriever,
        encoder: Encoder,
        *,
        is_current: Callable[[Quote], bool],
    ) -> None:
        self._generation = generation
        self._retriever = retriever
        self._encoder = encoder
        self._is_current = is_current  # whether the quote's words stand in its file at this moment

    def find(self, message: str, *, filters: Filters) -> tuple[Supported, ...]:
        """For each claim of the message, its first ones, the sentence that supports it; () if nothing is claimed."""
        rows = self._generation.rows_of(filters)
        if self._generation.chunk_count == 0 or (rows is not None and not len(rows)):
            return tuple(Supported(claim, None) for claim in claims_of(message))
        return tuple(self._best(claim, filters) for claim in claims_of(message))

    def _best(self, claim: str, filters: Filters) -> Supported:
        facts, vector = _Facts.of(claim), self._encoder.encode(claim)
        found = [Supported(claim, None)]
        for candidate in self._retriever.candidates(claim, _PASSAGES, filters):
            document = self._generation.document(candidate.chunk.document_id)
            around = f"{candidate.chunk.context} {document.title or ''}"
            for span in self._spans(candidate, document):
                text = span.of(document.text)
                said = [piece for piece in _PIECE_ENDS.split(text) if facts.are_in(_Facts.of(piece), _lower(around))]
                if not any(self._says(claim, piece, around) for piece in said):
                    continue
                cosine = float(np.dot(vector, self._encoder.encode(text)))
                quote = make_quote(document, (span,), span, marked=False)
                if cosine >= MIN_COSINE and self._is_current(quote):
                    found.append(Supported(claim, quote, cosine))
        return max(found, key=lambda one: (one.quote is not None, one.cosine))

    def _spans(self, candidate: Candidate, document: Document) -> Iterator[Span]:
        """The sentences of a passage, each by itself: of two, one's subject would be taken for the other's."""
        return (span for span in self._generation.sentences(document.id) if candidate.chunk.span.overlaps(span))

    def _says(self, claim: str, text: str, around: str) -> bool:
        """Whether the text, with the headings around it, has every word of the claim that carries something."""
        here, known = self._stems(text), self._stems(f"{text} {around}")
        if any(not self._stems(word) & here and self._stems(word) & known for word in content_words(claim)):
            # A word of the headings may stand in the place of one of the sentence: under "For helpers", "the helpers
            # pay" is not said by "the guest pays". So the sentence may say nothing then that the claim does not.
            claimed = self._stems(claim)
            if any(not self._stems(word) & claimed and word not in _LIGHT for word in content_words(text)):
                return False
        missing = [word for word in content_words(claim) if not self._stems(word) & known and word not in _LIGHT]
        return all(_is_number(word) or self._is_form_of_any(word, content_words(text)) for word in missing)

    def _is_form_of_any(self, word: str, others: Sequence[str]) -> bool:
        """Whether it is written much like one of the others and means about the same."""
        from rapidfuzz import fuzz

        alike = [other for other in others if fuzz.ratio(word, other) >= MIN_WORD_RATIO]
        vector = self._encoder.encode(word) if alike else None
        return any(vector is not None and np.dot(vector, self._encoder.encode(one)) >= MIN_WORD_COSINE for one in alike)

    def _stems(self, text: str) -> frozenset[str]:
        return frozenset(stem for word in content_words(text) for stem in self._generation.analyse(word))


def claims_of(message: str) -> tuple[str, ...]:
    """The sentences of a message that claim something: no questions, and at least two content words."""
    text = clean(message)[: _MAX_CLAIM_CHARS * MAX_CLAIMS]
    starts = [*prose_starts(text), len(text)] if text else []
    sentences = [text[start:end].strip() for start, end in pairwise(starts)]
    claiming = (one for one in sentences if not one.endswith("?") and len(content_words(one)) >= _LEAST_WORDS)
    return tuple(one for one in claiming if len(one) <= _MAX_CLAIM_CHARS)[:MAX_CLAIMS]


def _numbers(text: str) -> list[str]:
    """Numbers in order, those in words up to twelve as digits; "1,500" and "1500" are one."""
    found = []
    written = re.findall(r"\d+(?:[.,:]\d+)*|[A-Za-z]+", text)
    for word, following in pairwise([*written, ""]):
        if word.lower() == "one" and not content_words(following):
            continue  # "one must": nobody counts
        if word[0].isdigit():
            found.append(re.sub(r",(?=\d{3}\b)", "", word).removesuffix(".00"))
        elif word.lower() in _NUMBER_WORDS:
            found.append(_NUMBER_WORDS[word.lower()])
    return found


def _names(text: str) -> list[str]:
    """Capitalised words but the first one of the text, which is capitalised anyhow."""
    return [match[0] for match in _NAME.finditer(text) if text[: match.start()].strip(" \"'(*_-")]


def _lower(text: str) -> frozenset[str]:
    """The words of the text in lower case."""
    return frozenset(word.lower() for word in _WORD.findall(text))


def _is_number(word: str) -> bool:
    """Whether it was compared as a number already."""
    return word[0].isdigit() or word in _NUMBER_WORDS


def _in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether all of ``wanted`` are in ``found``, in the same order."""
    rest = iter(found)
    return all(any(one == other for other in rest) for one in wanted)


def _same_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether what both have comes in the same order: who did something to whom is told by it."""
    shared = [one for one in wanted if one in found]
    return _in_order(shared, found)


def _opposed(claim: frozenset[str], sentence: frozenset[str], pair: tuple[frozenset[str], ...]) -> bool:
    """Whether the claim has one side of the pair only and the sentence the other side only."""
    one, other = pair
    return bool(
        (claim & one and sentence & other and not (claim & other or sentence & one))
        or (claim & other and sentence & one and not (claim & one or sentence & other))
    )
