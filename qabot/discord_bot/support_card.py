"""Which sentences say what a message claims: the reply to "Find the source". Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import discord

from qabot.discord_bot import wording
from qabot.discord_bot.card import FIELD_NAME_UNITS, Card
from qabot.discord_bot.excerpt import plain_excerpt, quote_excerpt, units
from qabot.support import Supported

NOTHING = "Nothing in the documents says this."
NO_CLAIM = "There is no statement in this message that I could look for."
_CLAIM_UNITS = 300
_QUOTE_UNITS = 800
_LEAST_QUOTE_UNITS = 240


def support_card(found: Sequence[Supported]) -> discord.Embed:
    """One field a claim: the sentence that says it with its place, or the claim as one that was not found."""
    if not found:
        return Card(title="Find the source", description=NO_CLAIM).embed()
    standing = sum(one.quote is not None for one in found)
    card = Card(title="Find the source", description=_summary(standing, len(found)))
    for one in found:
        _add(card, one)
    return card.embed()


def _summary(standing: int, count: int) -> str:
    if not standing:
        return (
            f"**{NOTHING}**\nThat does not make it wrong: I look for sentences that state it with the same numbers, "
            "names and words."
        )
    if standing < count:
        return f"**The documents say {standing} of {count} statements.** Compare the words yourself."
    return "**The documents say this.** Compare the words yourself."


def _add(card: Card, one: Supported) -> None:
    """A field for a claim, if there is room and something to show."""
    if one.quote is None:
        value = plain_excerpt(one.claim, _CLAIM_UNITS)
        name = "Looked for, not found"
    else:
        name = wording.place(one.quote, FIELD_NAME_UNITS)
        room = min(card.field_room(name, _QUOTE_UNITS), card.room - units(name)) - len(">>> ")
        if room < _LEAST_QUOTE_UNITS:
            return
        value = f">>> {quote_excerpt(one.quote, room, marked=False)}"
    if value.strip() and units(value) <= card.field_room(name):
        card.add(name, value)
