"""The different answers that the documents also support: the reply to "Other answers". Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from qabot.datatypes import Quote
from qabot.discord_bot import wording
from qabot.discord_bot.card import Card
from qabot.discord_bot.excerpt import plain_excerpt, quote_excerpt, units
from qabot.discord_bot.rereading import Reread

_QUOTE_UNITS = 700
_LEAST_QUOTE_UNITS = 240
_PLACE_UNITS = 200
_KEPT_BACK_UNITS = 200


def others_card(reread: Sequence[Reread]) -> discord.Embed:
    """One field a quote of another answer, best first; those whose words do not stand any more are only counted."""
    standing = [(one, one.quote) for one in reread if one.quote is not None]
    card = Card(title="Other answers", description=_description(len(standing)))
    shown = sum(_add(card, one, quote) for one, quote in standing)
    if shown < len(standing):
        card.add("Not shown", f"{len(standing) - shown} more")
    if len(standing) < len(reread):
        card.add(
            "Changed since", f"{len(reread) - len(standing)} more stood in documents that have changed. Ask again."
        )
    return card.embed()


def _description(count: int) -> str:
    if not count:
        return "The documents give no other answer."
    return "The documents also say this. Which of it holds, you judge by source and date."


def _add(card: Card, one: Reread, quote: Quote) -> bool:
    """Add a field for a quote; False if there is no room for it."""
    name = plain_excerpt(quote.answer_text or "", 100).strip() or "Other answer"
    where = f"{wording.confidence(one.kept.confidence)} · {wording.place(quote, _PLACE_UNITS)}"
    room = min(card.field_room(name, _QUOTE_UNITS), card.room - units(name) - _KEPT_BACK_UNITS)
    room -= units(where) + len("\n>>> ")
    if room < _LEAST_QUOTE_UNITS:
        return False
    card.add(name, f"{where}\n>>> {quote_excerpt(quote, room)}")
    return True
