"""The mark of an outdated message: within Discord's limits for any message, taken out without a trace, read past."""

import pytest
from discord_standin import discord
from discord_standin.limits import embed_problems, embed_units, units
from discord_standin.scripted import answer, no_answer, quote
from hypothesis import given
from hypothesis import strategies as st

from qabot.datatypes import OtherAnswer
from qabot.discord_bot.card import COLOUR
from qabot.discord_bot.outdated_mark import LOST, OUTDATED, marked_content, marked_embed, unmarked_content
from qabot.discord_bot.render import rendered
from qabot.discord_bot.shown_words import shown_quotes

WORDS = st.text(min_size=1, max_size=900).filter(lambda text: text.strip() != "")


def card(texts: list[str], *, refused: bool) -> discord.Embed:
    """A card with these quotes."""
    quotes = [quote(text, None if refused else text[:40], source=f"{at}.md") for at, text in enumerate(texts)]
    if refused:
        return rendered(no_answer("Why?", nearest=tuple(quotes))).embed
    others = tuple(OtherAnswer("other", 0.5, (one,)) for one in quotes[2:])
    return rendered(answer("Why?", *quotes[:2], others=others)).embed


@given(texts=st.lists(WORDS, min_size=1, max_size=5), refused=st.booleans(), places=st.sets(st.integers(0, 6)))
def test_a_marked_card_keeps_the_limits_and_its_quotes(texts: list[str], refused: bool, places: set[int]) -> None:
    """Whatever is quoted; unmarked it is the card that it was, and marked twice it is marked once."""
    whole = card(texts, refused=refused)
    marked = marked_embed(whole, places)
    assert not list(embed_problems(marked.to_dict()))
    assert embed_units(marked.to_dict()) <= 6000
    assert shown_quotes([marked]) == shown_quotes([whole])
    assert marked_embed(marked, places).to_dict() == marked.to_dict()
    assert marked_embed(marked, ()).to_dict() == whole.to_dict()
    assert (marked.colour == discord.Colour(COLOUR)) == (not places)


def test_a_card_without_room_is_left_as_it_is() -> None:
    """At the very limit of a field, and of the 6,000, only the colour tells."""
    full = discord.Embed(title="t", description=f">>> {'d' * 4092}")
    full.add_field(name="n", value=f">>> {'v' * 1020}", inline=False)
    full.add_field(name="n", value=f">>> {'v' * 860}", inline=False)
    full.add_field(name="n", value="x" * (6000 - 4096 - 1024 - 864 - 4), inline=False)
    assert embed_units(full.to_dict()) == 6000
    assert LOST not in str(marked_embed(full, {0, 1, 2}).to_dict())
    full.remove_field(2)
    assert [LOST in (field.value or "") for field in marked_embed(full, {0, 1}).fields] == [False, False]


@given(
    names=st.dictionaries(WORDS, st.sampled_from(["changed", "gone"]), min_size=1, max_size=9),
    rest=st.sampled_from(["", "Shared by somebody", "x" * 1990]),
)
def test_the_line_above_the_card_fits_and_goes(names: dict[str, str], rest: str) -> None:
    """One line of any number of names of any kind; without room for it the text stays what it was."""
    content = marked_content(rest, names, noticed_s=1_800_000_000.5)  # type: ignore[arg-type]
    assert units(content) <= 2000
    assert marked_content(content, names, noticed_s=1_800_000_000) == content  # type: ignore[arg-type]
    assert unmarked_content(content) == rest
    assert (OUTDATED in content) == (len(rest) < 1000)


@pytest.mark.parametrize("text", ["", "Shared by somebody", "two\nlines"])
def test_what_has_no_mark_is_not_touched(text: str) -> None:
    """The text of a message that was never marked."""
    assert unmarked_content(text) == text
