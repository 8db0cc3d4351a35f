"""Where a quote stands, with what stands around it: the reply to the button "Context". Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import discord

from qabot.datatypes import Document, Span
from qabot.discord_bot import wording
from qabot.discord_bot.card import Card
from qabot.discord_bot.escape import shows_codes
from qabot.discord_bot.excerpt import excerpt, plain_excerpt
from qabot.discord_bot.rereading import Reread

MOST_QUOTES = 3
_ALL_UNITS = 4800  # of the 6,000 that all embeds share; the rest is for titles, places and notes
_ONE_UNITS = 2400  # more is no pleasure on a phone
_PLACE_UNITS = 200
_CODES_NOTE = "Characters that cannot be seen are shown by their code, such as ⟨U+200B⟩; the file has them as they are."


@dataclass(frozen=True, slots=True)
class ContextReply:
    """The embeds, and the lines as they stand in the source where the embeds had to replace characters."""

    embeds: tuple[discord.Embed, ...]
    original: str | None


def context_reply(reread: Sequence[Reread]) -> ContextReply:
    """The surroundings of the first quotes, each in bold. Words that stand nowhere any more are not shown."""
    shown = reread[:MOST_QUOTES]
    budget = min(_ONE_UNITS, _ALL_UNITS // max(1, len(shown)))
    embeds = tuple(_embed(one, budget) for one in shown)
    originals = [text for one in shown if (text := _original(one, budget)) is not None]
    return ContextReply(embeds, "\n\n".join(originals) or None)


def _embed(one: Reread, budget: int) -> discord.Embed:
    if one.quote is None or one.document is None:
        return gone_card(one)
    card = Card(title="Context", description=f">>> {excerpt(one.document.text, one.quote.span, budget - 4)}")
    card.add("Source", wording.place(one.quote, _PLACE_UNITS))
    if one.state == "moved":
        card.add("Moved", "The document changed after the answer; its words stand here now.")
    if _shows_codes(one.document, one.quote.span, budget):
        card.add("Note", _CODES_NOTE)
    return card.embed()


def gone_card(one: Reread) -> discord.Embed:
    """That the words of a quote stand nowhere any more, without them."""
    source = plain_excerpt(one.kept.source, _PLACE_UNITS)
    return Card(
        title="Context",
        description=f"**These words no longer stand in {source}.**\n"
        "It changed after the answer was given. Ask again to hear what it says now.",
    ).embed()


def _original(one: Reread, budget: int) -> str | None:
    """The whole lines around a quote, if the embed cannot show all of their characters."""
    if one.quote is None or one.document is None or not _shows_codes(one.document, one.quote.span, budget):
        return None
    return _around(one.document, one.quote.span, budget)


def _shows_codes(document: Document, quote: Span, budget: int) -> bool:
    return shows_codes(_around(document, quote, budget))


def _around(document: Document, quote: Span, budget: int) -> str:
    """The lines that an excerpt of ``budget`` may reach, at most as much more on either side as a line is long."""
    text = document.text
    first = max(text.rfind("\n", 0, max(0, quote.start - budget)) + 1, quote.start - 2 * budget, 0)
    end = text.find("\n", min(quote.end + budget, len(text)))
    return text[first : min(len(text) if end < 0 else end + 1, quote.end + 2 * budget)]
