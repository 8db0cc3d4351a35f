"""Cards: what a member reads, within Discord's limits for any document and question."""

import re
import time
from dataclasses import replace
from typing import Any, get_args

import pytest
from discord_standin.limits import embed_problems, embed_units, units
from discord_standin.scripted import answer, no_answer, quote
from hypothesis import given, settings
from hypothesis import strategies as st

from qabot.datatypes import Answer, NoAnswer, OtherAnswer, Quote, Reason, Span
from qabot.discord_bot import render, wording
from qabot.discord_bot.card import Card
from qabot.discord_bot.escape import escape, unescape, visible
from qabot.discord_bot.excerpt import excerpt, plain_excerpt, quote_excerpt
from qabot.render import likelihood

MARK = re.compile(r" ?`… ([\d,]+) characters? left out …` ?")
WORDS = "The minister said so on Monday."
HOSTILE = st.text(alphabet="\\`*_~|<>@#[]-.:1a \n\u202e\u200b🙂.! ", min_size=1, max_size=60)


def fields(embed: Any) -> dict[str, str]:
    """The fields by name."""
    return {field.name: field.value for field in embed.fields}


def shown(markdown: str) -> str:
    """The source's words in a quote as displayed: bold taken off, escapes resolved."""
    return unescape(re.sub(r"(?<!\\)\*\*", "", markdown.replace("\\\\", "\0"))).replace("\0", "\\")


def test_a_quote_that_fits_is_shown_whole() -> None:
    """A fitting quote is verbatim, with nothing but the answer in bold."""
    text = "It cost *5* dollars\nin <all>."
    assert excerpt(text, Span(9, 10), 300) == "It cost \\***5**\\* dollars\nin \\<all\\>."
    assert shown(excerpt(text, Span(9, 10), 300)) == text


def test_a_cut_sentence_is_told_by_a_mark_that_no_document_can_imitate() -> None:
    """A code span stands outside of the words at each end at which the sentence goes on, within the budget."""
    part = replace(quote("a b " * 200, "a b"), cut_start=True, cut_end=True)
    for budget in (220, 400, 2000):
        made = quote_excerpt(part, budget)
        assert made.startswith("`…` ")
        assert made.endswith(" `…`")
        assert units(made) <= budget
    assert quote_excerpt(replace(quote("It is `…` so.", "It"), cut_end=True), 300) == "**It** is \\`…\\` so. `…`"


def test_a_cut_sentence_is_marked_in_every_part_of_a_card() -> None:
    """First, further, other and nearest quotes carry the mark, and the card keeps its limits."""
    part = replace(quote("So it was " * 100, "So"), cut_end=True)
    other = OtherAnswer("So", 0.5, (part,))
    embeds = [
        render.reply(answer("How?", part, part, others=(other,))),
        render.reply(no_answer("How?", nearest=(replace(part, answer=None),))),
    ]
    parts = [embeds[0].description, *(f.value for embed in embeds for f in embed.fields if ">>> " in f.value)]
    assert len(parts) == 4
    assert all(str(one).endswith(" `…`") for one in parts)
    assert [problem for embed in embeds for problem in embed_problems(embed.to_dict())] == []  # type: ignore[arg-type]


def test_sentences_are_left_out_around_the_answer_with_marks() -> None:
    """Whole sentences go, the answer's stays, and the marks count what is missing."""
    text = " ".join([WORDS] * 20 + ["It was exactly 42 then."] + [WORDS] * 20)
    at = text.index("42")
    made = excerpt(text, Span(at, at + 2), 400)
    before, kept, after = re.split(MARK.pattern.replace("(", "(?:", 1), made)
    assert before == after == ""
    assert "**42**" in kept
    assert kept.startswith("The minister")
    assert kept.endswith((".", "then."))
    assert sum(int(found[1].replace(",", "")) for found in MARK.finditer(made)) + len(shown(kept)) >= len(text) - 2
    assert shown(kept) in text


def test_words_are_left_out_when_the_sentence_itself_is_too_long() -> None:
    """A sentence without an end is shown around the answer, cut between words."""
    text = "word " * 2000 + "answer " + "word " * 2000 + "end"
    at = text.index("answer")
    made = excerpt(text, Span(at, at + 6), 400)
    kept = MARK.sub("", made)
    assert "word **answer** word" in kept
    assert set(kept.replace("**", "").split()) == {"word", "answer"}
    assert units(made) <= 400


def test_an_endless_answer_loses_only_its_middle() -> None:
    """When the answer alone is longer than the room, both its ends stay and the gap is counted."""
    text = "a" * 3000 + "z" * 3000
    made = excerpt(text, Span(0, 6000), 500)
    left_out = int(MARK.search(made)[1].replace(",", ""))  # type: ignore[index]
    assert made.startswith("**aaa")
    assert made.endswith("zzz**")
    assert left_out + made.count("a") - MARK.search(made)[0].count("a") + made.count("z") == 6000  # type: ignore[index]


def test_a_mark_cannot_be_imitated() -> None:
    """A source that holds the words of a mark is told from a real mark by its escaped backticks."""
    assert not MARK.search(excerpt("`… 5 characters left out …` said he.", None, 300))


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=60), st.data(), st.integers(200, 1200))
def test_an_excerpt_keeps_budget_and_answer(parts: list[str], data: st.DataObject, budget: int) -> None:
    """Any text and answer: within the budget, the pieces shown are pieces of the source, the answer is among them."""
    text = ". ".join(parts)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 20)))
    made = excerpt(text, Span(start, end), budget)
    assert units(made) <= budget
    kept = MARK.sub("", made)
    assert shown(kept) in text
    assert text[start:end] in shown(kept)


def test_too_small_a_budget_is_refused() -> None:
    """There is no excerpt without room for its marks."""
    with pytest.raises(ValueError, match="at least 200"):
        excerpt("text", None, 100)


def test_several_quotes_and_other_answers_are_fields() -> None:
    """Quotes with the same answer and different answers follow with their places, dates and confidence."""
    first, second = quote("It was 5.", "5"), quote("Five, that is 5.", "5", source="b.txt", date="2023-01-01")
    other = OtherAnswer("7", 0.41, (quote("No, 7.", "7", source="c.txt", page=9, line_start=None, line_end=None),))
    embed = render.reply(answer("How many?", first, second, others=(other,)))
    assert fields(embed)["The same in b.txt · lines 3\N{EN DASH}4 · 2023-01-01"] == ">>> Five, that is **5**."
    assert fields(embed)["Other answer: 7"] == "uncertain (41%) · c.txt · page 9 · 2022-03-23\n>>> No, **7**."


def test_what_finds_no_room_is_counted() -> None:
    """Quotes and answers beyond what is shown are told in numbers."""
    quotes = [quote("It was 5.", "5", source=f"{i}.txt") for i in range(9)]
    others = tuple(OtherAnswer("7", 0.4, (quote("No, 7.", "7"),)) for _ in range(4))
    embed = render.reply(answer("How many?", *quotes, others=others))
    assert fields(embed)["Not shown"] == "5 more passages say the same. 1 more answer differs."


def test_there_is_always_room_for_the_counts() -> None:
    """Whatever the quotes' length, the card ends with the line that counts what is not shown, within the limits."""
    long = quote("y" * 3000, "y", source="x" * 300)
    fullest = 0
    for size in range(240, 620):
        found = quote("y" * size, "y", source="x" * 300)
        others = tuple(OtherAnswer("y", 0.4, (found,)) for _ in range(9))
        result = replace(answer("y" * 300, long, *[found] * 9, others=others), question_understood="y" * 300)
        embed = render.reply(result).to_dict()
        assert not list(embed_problems(embed))  # type: ignore[arg-type]
        assert embed["fields"][-1]["name"] == "Not shown"
        fullest = max(fullest, embed_units(embed))  # type: ignore[arg-type]
    assert 5900 < fullest <= 6000


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_has_words(reason: str) -> None:
    """The closed list of reasons is covered, each with a headline and what to do or know."""
    embed = render.reply(no_answer("Why?", reason))
    headline, why = wording.REASONS[reason]  # type: ignore[index]
    assert embed.description == f"**{headline}**\n{why}"


def test_an_empty_question_has_a_card_too() -> None:
    """Nothing in an embed is ever empty."""
    assert list(embed_problems(render.reply(no_answer("  ", "empty_question")).to_dict())) == []


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (1.0, "almost certainly right (over 99%)"),
        (0.999, "almost certainly right (over 99%)"),
        (0.9499, "very likely right (94%)"),
        (0.82, "very likely right (82%)"),
        (0.29, "unlikely (29%)"),
        (0.0, "unlikely (under 1%)"),
    ],
)
def test_confidence_is_words_and_per_cent(probability: float, words: str) -> None:
    """The words and the number are those of the terminal: never rounded up, neither certain nor impossible."""
    assert wording.confidence(probability) == words == likelihood(probability)


def test_invisible_characters_are_announced() -> None:
    """A card that shows codes says what they are; others do not."""
    assert "Note" in fields(render.reply(answer("q?", quote("a\u202eb 5", "5"))))
    assert "Note" not in fields(render.reply(answer("q?", quote("ab 5", "5"))))


def test_a_card_refuses_what_does_not_fit() -> None:
    """Empty or too long parts are errors where they are put in, not at Discord."""
    with pytest.raises(ValueError, match="needs 1 to 256"):
        Card(title="", description="x")
    card = Card(title="t", description="x" * 4096)
    card.add("n", "x" * 1024)
    with pytest.raises(ValueError, match="needs 1 to"):
        card.add("n", "x" * 1023)


def test_plain_text_is_cut_between_characters() -> None:
    """A shortened name ends in an ellipsis and never in half an escape or half a surrogate pair."""
    assert plain_excerpt("*" * 50, 10) == "\\*\\*\\*\\*…"
    assert units(plain_excerpt("🙂" * 50, 11)) <= 11


LONG = st.builds(lambda part, times: part * times, HOSTILE, st.integers(1, 400))


@st.composite
def quotes(draw: st.DrawFn) -> Quote:
    """Any quote with an answer in it."""
    text = draw(LONG) + "x"
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, min(len(text), start + draw(st.sampled_from([5, 100, 5000])))))
    plain = quote(text, "x", source=draw(LONG)[:300], date=draw(st.none() | st.just("2022-03-23")))
    return replace(plain, answer=Span(10 + start, 10 + end), page=draw(st.none() | st.integers(1, 9999)))


@st.composite
def results(draw: st.DrawFn) -> Answer | NoAnswer:
    """Any result."""
    question = draw(LONG)
    found = draw(st.lists(quotes(), min_size=1, max_size=6))
    understood = draw(st.none() | LONG)
    if draw(st.booleans()):
        terms = tuple(draw(st.lists(LONG, max_size=30)))
        bare = tuple(replace(one, answer=None) for one in found)
        return no_answer(question, missing_terms=terms, nearest=bare, question_understood=understood)
    others = tuple(OtherAnswer(one.answer_text or "", 0.5, (one,)) for one in draw(st.lists(quotes(), max_size=5)))
    return replace(answer(question, *found, others=others), question_understood=understood)


def check_limits(result: Answer | NoAnswer) -> None:
    """No limit is broken, and every quote shown is a piece of its source that holds the answer where it fits."""
    embed = render.reply(result, only="x" * 300).to_dict()
    assert list(embed_problems(embed)) == []  # type: ignore[arg-type]
    assert embed_units(embed) <= 6000  # type: ignore[arg-type]
    if isinstance(result, Answer):
        first = result.quotes[0]
        kept = MARK.sub("\1", embed["description"].split(">>> ", 1)[1])
        pieces = [shown(piece) for piece in kept.split("\1")]
        assert all(piece in first.text for piece in pieces)
        if units(escape(visible(result.text))) <= 1000:  # as it is shown: an invisible character takes several there
            assert any(result.text in piece for piece in pieces)


@settings(max_examples=40, deadline=None)
@given(results())
def test_no_document_or_question_breaks_a_limit(result: Answer | NoAnswer) -> None:
    """A few generated results of any size."""
    check_limits(result)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None)
@given(results())
def test_no_document_or_question_breaks_a_limit_at_length(result: Answer | NoAnswer) -> None:
    """Many generated results of any size."""
    check_limits(result)


def test_a_quote_of_megabytes_costs_no_time() -> None:
    """Only what could be shown is looked at."""
    started = time.perf_counter()
    made = excerpt("word " * 2_000_000, Span(5_000_000, 5_000_004), 2000)
    assert units(made) <= 2000
    assert time.perf_counter() - started < 1.0
