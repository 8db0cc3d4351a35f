"""Which mistakes are shown, in which order, and with which passages."""

from dataclasses import replace

import pytest
from evaluated import outcome
from results import quote

from qabot.datatypes import Candidate, Chunk, Span
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.mistakes import MOST_CHARS, Passage, passages_of, refused_ones, wrong_ones
from qabot.evaluation.outcomes import Outcome, Prediction

TEXT = "Ann opened the library in 1907. Bob closed it in 1931."


def said(answer: str, text: str = TEXT, *, source: str = "a.txt") -> Prediction:
    """An answer with the whole text as its quote."""
    at = Span(text.index(answer), text.index(answer) + len(answer))
    whole = quote(text, (at.start, at.end), source=source)
    return Prediction(replace(whole, span=Span(0, len(text)), answer=at), answer, 0.9, 1.0)


def question(*golds: str, text: str = TEXT, source: str | None = "a.txt", placed: bool = True) -> Question:
    """A question with golds where they first stand in the text, or known by their words only."""
    spans = [Span(text.index(gold), text.index(gold) + len(gold)) if placed else None for gold in golds]
    return Question("?", tuple(map(Gold, golds, spans)), "line 1", source=source)


def test_wrong_answers_come_surest_first() -> None:
    """Right ones, refused ones, questions without an answer and missing predictions are no wrong answers shown."""
    wrong = [outcome("cat", "dog", 0.6), outcome("", "dog", 0.9), outcome("cat", "cow", 0.5)]
    others = [outcome("cat", "cat", 0.7), outcome("cat", "dog", 0.49), outcome("cat", ""), outcome("cat", None)]
    assert wrong_ones([*others, *wrong], 0.5) == [wrong[1], wrong[0], wrong[2]]
    assert wrong_ones(others[2:], 0.0) == []


def test_refused_answers_come_nearest_to_the_threshold_first() -> None:
    """Only right ones: that a wrong one was refused is no mistake."""
    refused = [outcome("cat", "cat", 0.1), outcome("cat", "cat", 0.4)]
    others = [outcome("cat", "dog", 0.3), outcome("cat", "cat", 0.5), outcome("cat", ""), outcome("cat", None)]
    assert refused_ones([*refused, *others], 0.5) == refused[::-1]


def test_an_answer_from_the_right_passage_is_shown_in_it() -> None:
    """One passage of the file with both marked."""
    one = Outcome(question("1907"), said("1931"))
    gold, wrong = Span(26, 30), Span(49, 53)
    assert passages_of(one, {"a.txt": TEXT}) == [Passage("a.txt", 0, TEXT, gold=(gold,), said=(wrong,))]


def test_an_answer_from_elsewhere_is_shown_first() -> None:
    """Then the right passage; for an unanswerable question there is none."""
    other = "Carl opened the school in 1950."
    one = Outcome(question("1907"), said("1950", other, source="b.txt"))
    texts = {"a.txt": TEXT, "b.txt": other}
    assert [(p.source, p.gold, p.said) for p in passages_of(one, texts)] == [
        ("b.txt", (), (Span(26, 30),)),
        ("a.txt", (Span(26, 30),), ()),
    ]
    (only,) = passages_of(replace(one, question=question()), texts)
    assert only.source == "b.txt"


def test_over_the_own_index_the_passage_found_is_the_right_one() -> None:
    """All places of the gold's words in it are marked, as they stand in the document; else only the quote is shown."""
    asked = question("the  LIBRARY", text="the  LIBRARY", source=None, placed=False)
    chunk = Candidate(0, Chunk("a.txt", Span(1000, 1000 + len(TEXT))), TEXT, None, None, 1.0)
    one = Outcome(asked, said("1950", "Carl opened the school in 1950.", source="b.txt"), rank=3, passage=chunk)
    first, second = passages_of(one, {})
    assert (first.text, first.said) == ("Carl opened the school in 1950.", (Span(26, 30),))
    assert (second.start, second.gold) == (1000, (Span(1011, 1022),))
    assert passages_of(replace(one, rank=0, passage=None), {}) == [first]


def test_a_quote_inside_the_passage_found_is_marked_in_it() -> None:
    """By its place, not by its words: a quote that stands elsewhere in the same document is a passage of its own."""
    sentence = "Bob closed it in 1931."
    one = Outcome(question("1907", placed=False), said("1931", sentence))
    for start, together in ((32, True), (5_000, False)):
        assert one.prediction is not None
        assert one.prediction.quote is not None
        span, answer = Span(start, start + len(sentence)), Span(start + 17, start + 21)
        moved = replace(one.prediction, quote=replace(one.prediction.quote, span=span, answer=answer))
        found = Candidate(0, Chunk("a.txt", Span(0, len(TEXT))), TEXT, None, None, 1.0)
        passages = passages_of(replace(one, prediction=moved, rank=1, passage=found), {})
        assert [passage.said for passage in passages] == ([(answer,)] if together else [(answer,), ()])
        assert passages[-1].gold == (Span(26, 30),)


def test_without_any_answer_the_right_passage_is_left() -> None:
    """A prediction that is missing, or without a quote, has no place."""
    for prediction in (None, Prediction(None, "", 0.0, 1.0)):
        (only,) = passages_of(Outcome(question("1907"), prediction), {"a.txt": TEXT})
        assert (only.gold, only.said) == ((Span(26, 30),), ())


@pytest.mark.parametrize("place", [0, 3_000, 5_994])
def test_a_long_passage_is_cut_around_the_answer(place: int) -> None:
    """Whole words, at most so many characters, the answer in it and still where it stands."""
    words = "lorem " * 1_000
    text = f"{words[:place]}ANSWER {words[place:]}"
    one = Outcome(question("ANSWER", text=text), None)
    (shown,) = passages_of(one, {"a.txt": text})
    assert len(shown.text) <= MOST_CHARS
    assert shown.text == shown.span.of(text)
    assert [span.of(text) for span in shown.gold] == ["ANSWER"]
    assert shown.span.contains(shown.gold[0])
    assert set(shown.text.split()) == {"lorem", "ANSWER"}
    assert (shown.cut_before, shown.cut_after) == (place > 0, place < 5_000)


def test_an_answer_that_is_cut_off_is_not_marked() -> None:
    """The first answer decides what is shown; another one far away is left out."""
    text = f"FIRST {'lorem ' * 1_000}LAST"
    (shown,) = passages_of(Outcome(question("FIRST", "LAST", text=text), None), {"a.txt": text})
    assert [span.of(text) for span in shown.gold] == ["FIRST"]
