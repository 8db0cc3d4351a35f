"""The likeliest sentences are read twice: with their passage, then with their neighbours alone."""

from types import SimpleNamespace
from typing import Any

import pytest

from qabot.calibration import Calibration, Features
from qabot.datatypes import Candidate, Chunk, Document, Span
from qabot.passages import LOOKS, PassageReader, margin_at
from qabot.reader import Reading, ScoredSpan
from qabot.selection import Terms

SENTENCES = [f"Before number {n} nobody came. Keeper {n} opens at {n}. After number {n} all left." for n in range(6)]
TEXT = " ".join(SENTENCES)
CALIBRATION = Calibration(-6.0, Features(1.0, 0.0, 0.0, 0.0, 0.0, again=1.0), 0.5)


class Recording:
    """Finds what `opens at` says; how sure it is of it stands in `alone` where the text is short, else in `beside`."""

    def __init__(self, beside: dict[int, float], alone: dict[int, float]) -> None:
        self.beside, self.alone = beside, alone
        self.read_texts: list[tuple[str, str]] = []

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """The best first."""
        assert question == "When does it open?"
        self.read_texts.append((passage, context))
        sure = self.alone if passage.count("Keeper") == 1 else self.beside
        scored = []
        for n in range(6):
            at = passage.find(f"opens at {n}")
            if at >= 0 and n in sure:
                scored.append(ScoredSpan(Span(at + 9, at + 10), sure[n]))
        return Reading(tuple(sorted(scored, key=lambda one: -one.span_score)), 0.0)


def sentences_of(text: str) -> list[Span]:
    """Where each begins and ends."""
    ends = [at + 1 for at, character in enumerate(text) if character == "."]
    return [Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]


def read(reader: Recording, *chunks: Span) -> list[Any]:
    """What is found in these chunks of the text, all of them read in order."""
    generation: Any = SimpleNamespace(
        document=lambda _: Document("a.txt", TEXT, "", "utf-8", "plain"),
        sentences=lambda _: sentences_of(TEXT),
        analyse=str.split,
    )
    asked: Any = SimpleNamespace(
        corrected="When does it open?", terms=Terms("When does it open?", frozenset(), frozenset())
    )
    candidates = [
        Candidate(row, Chunk("a.txt", span, "Opening times"), span.of(TEXT), 0.5, 1.0, 0.03)
        for row, span in enumerate(chunks)
    ]
    return PassageReader(generation, reader, CALIBRATION).read(asked, candidates)


def test_the_likeliest_sentences_are_read_again_with_their_neighbours() -> None:
    """No more than so many, the likeliest first, each under the heading that its passage has."""
    reader = Recording({n: float(n) for n in range(6)}, {n: float(n) for n in range(6)})
    read(reader, Span(0, len(TEXT)))
    first, *again = reader.read_texts
    assert first == (TEXT, "Opening times")
    assert again == [(SENTENCES[n], "Opening times") for n in (5, 4, 3)]
    assert len(again) == LOOKS


def test_a_sentence_of_two_passages_is_read_again_once() -> None:
    """Its span is weighed anew in both."""
    reader = Recording({5: 1.0}, {5: 3.0})
    half = TEXT.index(SENTENCES[3])
    found = [one for read_ in read(reader, Span(0, len(TEXT)), Span(half, len(TEXT))) for one in read_.found]
    assert [text for text, _ in reader.read_texts[2:]] == [SENTENCES[5]]
    assert [one.features.again for one in found] == [2.0, 2.0]


def test_the_second_look_decides() -> None:
    """What is less sure alone falls behind; what was not read again keeps its probability."""
    (one,) = read(Recording({0: 4.0, 1: 3.0, 2: 2.0, 3: 1.0}, {0: 0.5, 1: 5.0, 2: 2.0, 3: 9.0}), Span(0, len(TEXT)))
    assert [found.text for found in one.found] == ["1", "2", "3", "0"]
    assert [found.features.again for found in one.found] == [2.0, 0.0, 0.0, -3.5]
    assert [found.features.margin for found in one.found] == [3.0, 2.0, 1.0, 4.0]
    assert [found.probability for found in one.found] == [CALIBRATION.probability(f.features) for f in one.found]


def test_a_passage_of_three_sentences_is_read_once() -> None:
    """There is nothing to leave out; a second look would be the first one."""
    reader = Recording({}, {0: 2.0})
    (one,) = read(reader, Span(0, len(SENTENCES[0])))
    assert reader.read_texts == [(SENTENCES[0], "Opening times")]
    assert [found.features.again for found in one.found] == [0.0]


@pytest.mark.parametrize(
    ("spans", "margin"),
    [([(0, 4, 7.0), (5, 9, 5.0), (8, 12, 6.0)], 6.0), ([(0, 4, 7.0), (20, 24, 3.0)], 3.0), ([], 0.0)],
    ids=["the best that overlaps", "none overlaps", "none found"],
)
def test_the_margin_at_a_place(spans: list[tuple[int, int, float]], margin: float) -> None:
    """Counted from "no answer", whose score is one."""
    reading = Reading(tuple(ScoredSpan(Span(a, b), score + 1) for a, b, score in spans), 1.0)
    assert margin_at(reading, Span(6, 10)) == margin
