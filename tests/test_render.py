"""What a person is shown of a result."""

from dataclasses import replace
from typing import Any, get_args

import pytest
from results import FULL_ANSWER, HOSTILE, SENTENCE, answer, no_answer, quote

from qabot.datatypes import OtherAnswer, Reason
from qabot.render import as_short_text, as_text, in_words, likelihood, more_text, percent, place, why_text
from qabot.terminal import Screen

PIPE = Screen()
TERMINAL = Screen(width=40, colour=True)


def test_text_in_a_pipe_begins_with_the_short_answer_and_quotes_verbatim() -> None:
    """Without a terminal: short answer, quote behind ``> ``, then place, date and confidence; no escape sequences."""
    assert as_text(answer(), PIPE).split("\n") == [
        "More than 953",
        "",
        f"> {SENTENCE}",
        "  a.txt:3 \u00b7 2022-03-23 \u00b7 very likely right (93%)",
    ]


def test_text_marks_where_a_sentence_was_cut_outside_of_its_words() -> None:
    """A sentence too long to quote has a mark on a line of its own at each end at which it goes on, and says so."""
    both = quote(cut_start=True, cut_end=True)
    lines = as_text(answer(both), PIPE).split("\n")
    assert lines[2:5] == ["> [\u2026]", f"> {SENTENCE}", "> [\u2026]"]
    assert "part of a longer sentence" in lines[5]
    assert as_text(answer(quote(cut_end=True)), PIPE).split("\n")[2:4] == [f"> {SENTENCE}", "> [\u2026]"]
    assert "longer" not in as_text(answer(), PIPE)


def test_text_on_a_terminal_marks_the_answer_inside_its_sentence() -> None:
    """With colour the short answer is bold where it stands in the quote, and nowhere else in it."""
    line = next(line for line in as_text(answer(), TERMINAL).split("\n") if "civilians" in line)
    assert "\x1b[1;32mMore than 953\x1b[0m civilians" in line
    assert "\x1b" not in as_text(answer(), replace(TERMINAL, colour=False))


def test_text_shows_every_quote_and_the_other_answers_with_their_sources() -> None:
    """All quotes of the answer and each different answer are shown with where they stand."""
    shown = as_text(FULL_ANSWER, PIPE)
    assert [shown.index(part) for part in ("a.txt:3", "b.txt:3", "also say", "977", "c.txt:3")] == sorted(
        shown.index(part) for part in ("a.txt:3", "b.txt:3", "also say", "977", "c.txt:3")
    )
    assert "  > Some 977 died.\n" in shown
    assert "unlikely (35%)" in shown


def test_text_of_a_refusal_is_plain_and_marks_the_nearest_as_no_answer() -> None:
    """A refusal says so first, then why, what is missing, and what lies near without being an answer."""
    assert as_text(no_answer(missing_terms=("zebra", "moon")), PIPE).split("\n") == [
        "Not in these documents.",
        "Nothing that was read is likely enough to be the answer (the best: 12%).",
        "In none of the documents searched: zebra, moon",
        "",
        "Nearest, but not an answer:",
        "",
        f"> {SENTENCE}",
        "  a.txt:3 \u00b7 2022-03-23",
    ]


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_is_said_in_words(reason: Reason) -> None:
    """Each reason of the closed list has a headline and a sentence of its own."""
    headline, why = as_text(no_answer(reason, nearest=(), confidence=0.0), PIPE).split("\n")
    assert headline in {"Not in these documents.", "No answer."}
    assert why.endswith(".")
    assert "_" not in why


def test_hostile_text_cannot_instruct_the_terminal() -> None:
    """Escape sequences, C1, bidi overrides in quotes, names, headings, terms and notes are shown as symbols."""
    evil = quote(HOSTILE, (0, 12), source=f"{HOSTILE}.txt", heading=HOSTILE)
    refused = no_answer(nearest=(replace(evil, answer=None),), missing_terms=(HOSTILE,), question_understood=HOSTILE)
    told = answer(evil, others=(OtherAnswer(HOSTILE, 0.3, (evil,)),), notes=(HOSTILE,))
    for screen in (PIPE, Screen(width=30)):
        for result in (told, refused):
            shown = "".join(show(result, screen) for show in (as_text, as_short_text, more_text, why_text))
            assert not set(shown) & set("\x1b\x9b\x07\x7f\x85\u202e\u2066\udce9\r")
            assert "\u241b[2J" in shown


def test_quotes_wrap_at_white_space_and_lose_nothing() -> None:
    """On a narrow terminal a quote's lines fit, and joined again they are its words."""
    long = "A sentence with several words, a-very-long-one-that-is-wider-than-the-terminal-itself, and  two spaces."
    lines = [
        line for line in as_text(answer(quote(long, (2, 10))), Screen(width=30)).split("\n") if line.startswith(">")
    ]
    assert len(lines) > 3
    assert " ".join(line[2:] for line in lines).split() == long.split()
    assert all(len(line) <= 30 or " " not in line[2:] for line in lines)


def test_an_answer_that_wraps_is_marked_on_every_line() -> None:
    """An answer over two lines is bold on both, and the style never runs over a line's end."""
    whole = quote(SENTENCE, (0, len(SENTENCE)))
    lines = [line for line in as_text(answer(whole), Screen(width=24, colour=True)).split("\n") if ">" in line]
    assert len(lines) >= 3
    assert all("\x1b[1;32m" in line and line.endswith("\x1b[0m") for line in lines)


def test_a_quote_keeps_its_own_lines() -> None:
    """Line ends inside a quote (a list, a table, a lone carriage return) stay line ends, each line behind its mark."""
    shown = as_text(answer(quote("one\r\ntwo\rthree\n\nfour", (0, 3))), PIPE).split("\n")
    assert shown[2:7] == ["> one", "> two", "> three", ">", "> four"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "a.txt:3 \u00b7 2022-03-23"),
        ({"line_end": 5, "date": None}, "a.txt:3-5"),
        ({"line_start": None, "line_end": None, "page": 7, "date": None}, "a.txt \u00b7 page 7"),
        ({"heading": "Fees\nand dues", "date": None}, "a.txt:3 \u00b7 under \u201cFees and dues\u201d"),
        ({"source": "two\nlines.txt", "date": None}, "two\u240alines.txt:3"),
    ],
)
def test_a_place_names_what_is_known(changed: dict[str, Any], expected: str) -> None:
    """File and lines, page, heading and date are named as far as the quote knows them, on one line."""
    assert place(quote(**changed)) == expected


@pytest.mark.parametrize(
    ("confidence", "number", "words"),
    [
        (1.0, "over 99%", "almost certainly right"),
        (0.997, "over 99%", "almost certainly right"),
        (0.996, "over 99%", "almost certainly right"),
        (0.99, "99%", "almost certainly right"),
        (0.9499, "94%", "very likely right"),
        (0.93, "93%", "very likely right"),
        (0.796, "79%", "probably right"),
        (0.6, "60%", "probably right"),
        (0.599, "59%", "uncertain"),
        (0.57, "57%", "uncertain"),
        (0.4, "40%", "uncertain"),
        (0.39, "39%", "unlikely"),
        (0.004, "under 1%", "unlikely"),
        (0.0, "under 1%", "unlikely"),
    ],
)
def test_confidence_is_cut_down_and_never_a_certainty(confidence: float, number: str, words: str) -> None:
    """The number is never rounded up, so that it never belongs to other words, and never 0% or 100%."""
    assert (percent(confidence), in_words(confidence)) == (number, words)
    assert likelihood(confidence) == f"{words} ({number})"


def test_what_matches_nothing_is_not_called_a_question() -> None:
    """Of what found no passage, which may be an instruction, no more is said than that nothing matches it."""
    assert as_text(no_answer("no_candidates", nearest=()), PIPE).endswith("\nNothing in the documents matches this.")


def test_short_text_and_more_together_show_what_the_whole_text_shows() -> None:
    """What a conversation holds back is counted in it, and :more shows exactly that."""
    short, more = as_short_text(FULL_ANSWER, PIPE), more_text(FULL_ANSWER, PIPE)
    assert short.endswith(":more shows 1 more quote and 1 other answer")
    assert "a.txt:3" in short
    assert "b.txt" not in short
    assert "b.txt:3" in more
    assert "977" in more
    assert "a.txt" not in more
    assert (as_short_text(answer(), PIPE), more_text(answer(), PIPE)) == (as_text(answer(), PIPE), "")
    two = no_answer(nearest=(quote(answer=None), quote(answer=None, source="b.txt")))
    assert as_short_text(two, PIPE).endswith(":more shows 1 more passage")
    assert "b.txt" in more_text(two, PIPE)


def test_why_tells_how_the_result_came_about() -> None:
    """Confidence, the completed question, the notes of the search, reason and index are told."""
    told = why_text(FULL_ANSWER, PIPE)
    for part in ("93%", "How many civilians?", "2 passages read", "g1", "12 ms"):
        assert part in told
    assert "below_threshold" in why_text(no_answer(), PIPE)
