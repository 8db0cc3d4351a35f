"""The likeliest sentences are read twice: in their passages, then side by side."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from qabot.calibration import Calibration, Features
from qabot.datatypes import Candidate, Chunk, Document, Span
from qabot.passages import PassageReader
from qabot.reader import Reading, ScoredSpan
from qabot.second_look import LIKELIEST, SHORT, margin_at
from qabot.selection import Terms

SENTENCES = [f"Before number {n} nobody came. Keeper {n} opens at {n}. After number {n} all left." for n in range(6)]
TEXT = " ".join(SENTENCES)
CALIBRATION = Calibration(-6.0, Features(1.0, 0.0, 0.0, 0.0, 0.0, again=1.0), 0.5)


class Recording:
    """Finds what `opens at` says; how sure it is of it stands in `first`, and for texts read together in `then`."""

    def __init__(self, first: dict[int, float], then: dict[int, float]) -> None:
        self.first, self.then = first, then
        self.read_texts: list[tuple[str, str]] = []
        self.together: list[list[tuple[str, str]]] = []

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """The best first."""
        assert question == "When does it open?"
        self.read_texts.append((passage, context))
        return reading_of(passage, self.first)

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """The same for each."""
        assert question == "When does it open?"
        self.together.append(list(pieces))
        return [reading_of(text, self.then) for text, _ in pieces]


def reading_of(text: str, sure: dict[int, float]) -> Reading:
    """The numbers that are opened at, and how sure of each."""
    places = ((text.find(f"opens at {n}") + len("opens at "), margin) for n, margin in sure.items())
    scored = [ScoredSpan(Span(at, at + 1), margin) for at, margin in places if at >= len("opens at ")]
    return Reading(tuple(sorted(scored, key=lambda one: -one.span_score)), 0.0)


def sentences_of(text: str) -> list[Span]:
    """Where each begins and ends."""
    ends = [at + 1 for at, character in enumerate(text) if character == "."]
    return [Span(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]


def read(reader: Recording, *chunks: Span, text: str = TEXT, sentences: Sequence[Span] = ()) -> list[Any]:
    """What is found in these chunks of the text, all of them read in order."""
    generation: Any = SimpleNamespace(
        document=lambda _: Document("a.txt", text, "", "utf-8", "plain"),
        sentences=lambda _: sentences or sentences_of(text),
        analyse=str.split,
    )
    asked: Any = SimpleNamespace(
        corrected="When does it open?", terms=Terms("When does it open?", frozenset(), frozenset())
    )
    candidates = [
        Candidate(row, Chunk("a.txt", span, "Opening times"), span.of(text), 0.5, 1.0, 0.03)
        for row, span in enumerate(chunks)
    ]
    return PassageReader(generation, reader, CALIBRATION).read(asked, candidates)


def test_the_likeliest_sentences_are_read_together_with_their_neighbours() -> None:
    """No more than so many, the likeliest first, each under the heading that its passage has."""
    reader = Recording({0: 1.0, 2: 3.0, 4: 2.0}, {})
    read(reader, Span(0, len(TEXT)))
    assert reader.read_texts == [(TEXT, "Opening times")]
    assert reader.together == [[(SENTENCES[n], "Opening times") for n in (2, 4, 0)]]
    assert len(reader.together[0]) == LIKELIEST
    reader = Recording({0: 1.0, 1: 0.5, 2: 3.0, 4: 2.0}, {})
    read(reader, Span(0, len(TEXT)))
    assert reader.together == [[(SENTENCES[n], "Opening times") for n in (2, 4, 0)]]


def test_sentences_that_meet_are_one_piece() -> None:
    """No sentence is read twice; the place in the order is that of the likeliest."""
    reader = Recording({1: 1.0, 2: 3.0, 5: 2.0}, {1: 4.0, 2: 3.5, 5: 2.0})
    (one,) = read(reader, Span(0, len(TEXT)))
    assert [text for text, _ in reader.together[0]] == [" ".join(SENTENCES[1:3]), SENTENCES[5]]
    assert {found.text: found.features.again for found in one.found} == {"1": 3.0, "2": 0.5, "5": 0.0}


def test_a_sentence_of_two_passages_is_read_again_once() -> None:
    """Its span is weighed anew in both."""
    reader = Recording({5: 1.0}, {5: 3.0})
    half = TEXT.index(SENTENCES[3])
    found = [one for read_ in read(reader, Span(0, len(TEXT)), Span(half, len(TEXT))) for one in read_.found]
    assert reader.together == [[(SENTENCES[5], "Opening times")]]
    assert [one.features.again for one in found] == [2.0, 2.0]


def test_the_second_look_decides() -> None:
    """What is less sure there falls behind; what was not read again keeps its probability."""
    (one,) = read(Recording({0: 4.0, 2: 3.0, 4: 2.0, 5: 1.0}, {0: 0.5, 2: 5.0, 4: 2.0, 5: 9.0}), Span(0, len(TEXT)))
    assert [found.text for found in one.found] == ["2", "4", "5", "0"]
    assert [found.features.again for found in one.found] == [2.0, 0.0, 0.0, -3.5]
    assert [found.features.margin for found in one.found] == [3.0, 2.0, 1.0, 4.0]
    assert [found.probability for found in one.found] == [CALIBRATION.probability(f.features) for f in one.found]


def test_long_sentences_are_read_without_those_beside_them() -> None:
    """As many as are short together; the one before comes first."""
    text = TEXT.replace("all left", "all left " + "slowly " * 40)
    assert len(text) > len(TEXT) + SHORT
    reader = Recording({2: 1.0}, {})
    read(reader, Span(0, len(text)), text=text)
    assert reader.together == [[("Before number 2 nobody came. Keeper 2 opens at 2.", "Opening times")]]


def test_what_was_not_read_again_keeps_its_probability() -> None:
    """The end of a piece that is too long: nothing is known of it."""

    class Short(Recording):
        """Reads the beginnings only."""

        def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
            """Up to what opens."""
            readings = super().read_together(question, pieces)
            return [
                replace(one, until=text.index("opens at 4") if "4" in text else None)
                for one, (text, _) in zip(readings, pieces, strict=True)
            ]

    (one,) = read(Short({2: 3.0, 4: 2.0}, {2: 5.0, 4: 4.0}), Span(0, len(TEXT)))
    assert {found.text: found.features.again for found in one.found} == {"2": 2.0, "4": 0.0}


class Early(Recording):
    """Its spans begin with the word before."""

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """As Recording's, but for the beginning."""
        found = super().read(question, passage, context=context)
        wider = (replace(one, span=Span(one.span.start - len("at "), one.span.end)) for one in found.spans)
        return replace(found, spans=tuple(wider))


def test_a_span_that_begins_before_its_sentence_keeps_its_probability() -> None:
    """No piece holds it; the others are weighed anew all the same."""
    at = TEXT.index("opens at 0") + len("opens at ")
    sentences = [Span(max(one.start, at), one.end) for one in sentences_of(TEXT) if one.end > at]
    (one,) = read(Early({0: 3.0, 4: 2.0}, {0: 5.0, 4: 4.0}), Span(0, len(TEXT)), sentences=sentences)
    assert {found.text: found.features.again for found in one.found} == {"at 0": 0.0, "at 4": 2.0}


def test_a_passage_that_stands_alone_is_read_once() -> None:
    """There is nothing to leave out and nothing beside it: a second look would be the first one."""
    reader = Recording({0: 1.0}, {0: 2.0})
    (one,) = read(reader, Span(0, len(SENTENCES[0])), text=SENTENCES[0])
    assert reader.read_texts == [(SENTENCES[0], "Opening times")]
    assert reader.together == []
    assert [found.features.again for found in one.found] == [0.0]
    assert read(Recording({}, {0: 2.0}), Span(0, len(TEXT)))[0].found == ()


@pytest.mark.parametrize(
    ("spans", "margin"),
    [([(0, 4, 7.0), (5, 9, 5.0), (8, 12, 6.0)], 6.0), ([(0, 4, 7.0), (20, 24, 3.0)], 3.0), ([], 0.0)],
    ids=["the best that overlaps", "none overlaps", "none found"],
)
def test_the_margin_at_a_place(spans: list[tuple[int, int, float]], margin: float) -> None:
    """Counted from "no answer", whose score is one."""
    reading = Reading(tuple(ScoredSpan(Span(a, b), score + 1) for a, b, score in spans), 1.0)
    assert margin_at(reading, Span(6, 10)) == margin
