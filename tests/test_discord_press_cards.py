"""What buttons and "Find the source" reply: within Discord's limits for any document, and true to its words."""

from dataclasses import replace
from typing import Any

from discord_standin.limits import embed_problems, embed_units
from hypothesis import given, settings
from hypothesis import strategies as st

from qabot.datatypes import Document, Span
from qabot.discord_bot.check_card import check_card
from qabot.discord_bot.context_card import context_reply
from qabot.discord_bot.excerpt import quote_excerpt
from qabot.discord_bot.kept import KeptQuote
from qabot.discord_bot.others_card import others_card
from qabot.discord_bot.rereading import Reread
from qabot.discord_bot.shown_words import Run, runs
from qabot.discord_bot.support_card import NOTHING, support_card
from qabot.quotes import make_quote
from qabot.support import Supported
from qabot.verification.nearness import Near
from qabot.verification.places import Place

TEXTS = st.text(alphabet="\\`*_~|<>@#[]-.:1a \n\u202e\u200b🙂.! …", min_size=1, max_size=400)
LONG = st.tuples(TEXTS, st.integers(1, 60)).map(lambda pair: pair[0] * pair[1])


@st.composite
def rereads(draw: Any) -> Reread:
    """A quote somewhere in a hostile document, or gone from it."""
    text = draw(LONG)
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    name = draw(st.text(alphabet="a/*<>@`x🙂", min_size=1, max_size=300))
    answer = Span(start, draw(st.integers(start + 1, end)))
    kept = KeptQuote(name, Span(start, end), answer, "0" * 64, "1" * 64, draw(st.integers(0, 3)), 0.5)
    detail = draw(TEXTS)
    if draw(st.booleans()):
        near = Near(draw(LONG), Place(name, Span(0, 1), 1, 1, None, draw(st.booleans()), draw(st.booleans())), 0.8)
        return Reread(kept, draw(st.sampled_from(["changed", "deleted"])), detail, near=near)
    document = Document(name, text, "0" * 64, "utf-8", "plain")
    quote = make_quote(document, (Span(start, end),), answer)
    return Reread(kept, draw(st.sampled_from(["unchanged", "moved"])), detail, quote, document)


@settings(max_examples=60, deadline=None)
@given(st.lists(rereads(), max_size=12))
def test_replies_to_buttons_keep_every_limit(reread: list[Reread]) -> None:
    """No embed has a part too long or empty, and all of a message together stay below 6,000 units."""
    context = [embed.to_dict() for embed in context_reply(reread).embeds]
    for embeds in (context, [check_card(reread).to_dict()], [others_card(reread).to_dict()]):
        assert [problem for embed in embeds for problem in embed_problems(embed)] == []
        assert sum(map(embed_units, embeds)) <= 6000


def test_a_cut_sentence_is_marked_in_what_stands_there_now() -> None:
    """The sentence nearest to words that are gone may be one that was too long to quote whole."""
    near = Near("and so on", Place("a.txt", Span(0, 9), 1, 1, None, cut_end=True), 0.8)
    kept = KeptQuote("a.txt", Span(0, 9), None, "0" * 64, "1" * 64, 0, 0.5)
    [field] = check_card([Reread(kept, "changed", "", near=near)]).fields
    assert str(field.value).endswith("\n>>> and so on `…`")


def test_a_blank_claim_is_no_field() -> None:
    """Discord refuses a field without a visible character."""
    assert support_card([Supported(" ", None, 0.0), Supported("It rains.", None, 0.0)]).to_dict()["fields"] == [
        {"name": "Looked for, not found", "value": "It rains.", "inline": False}
    ]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS, rereads()), max_size=5))
def test_replies_to_find_the_source_keep_every_limit(found: list[tuple[str, Reread]]) -> None:
    """Likewise for any claims and sentences."""
    embed = support_card([Supported(claim, one.quote, 0.9) for claim, one in found]).to_dict()
    assert list(embed_problems(embed)) == []
    assert embed_units(embed) <= 6000


@settings(max_examples=200, deadline=None)
@given(LONG, st.booleans(), st.booleans(), st.data())
def test_words_are_read_back_from_a_message_as_they_stand_in_the_source(
    text: str, cut_start: bool, cut_end: bool, data: Any
) -> None:
    """Each run of an excerpt is a slice of the source at its stated place, whatever was escaped, left out or cut."""
    start = data.draw(st.integers(0, len(text) - 1))
    answer = Span(start, data.draw(st.integers(start + 1, len(text))))
    whole = make_quote(Document("a.txt", text, "0" * 64, "utf-8", "plain"), (Span(0, len(text)),), answer)
    part = replace(whole, cut_start=cut_start, cut_end=cut_end)
    for run in runs(quote_excerpt(part, data.draw(st.integers(220, 3000)))):
        assert text[run.start : run.start + len(run.words)] == run.words


def test_the_marks_of_a_cut_sentence_are_none_of_its_words() -> None:
    """Else whatever looks for the words after a change of their file would not find them any more."""
    assert runs("`…` and **so** on `…`") == (Run(0, "and so on"),)
    assert [run.words for run in runs("`…` `… 5 characters left out …` and so \\`…\\`")] == ["and so `…`"]


def test_nothing_is_said_plainly() -> None:
    """A claim that no sentence says gets these very words."""
    assert NOTHING in (support_card([Supported("The moon is green.", None)]).description or "")
