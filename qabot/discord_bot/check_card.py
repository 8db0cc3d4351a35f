"""What became of an answer's quotes in the files of now: the reply to the button "Check". Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import discord

from qabot.discord_bot import wording
from qabot.discord_bot.card import FIELD_NAME_UNITS, Card
from qabot.discord_bot.excerpt import cut_excerpt, plain_excerpt, units
from qabot.discord_bot.rereading import Reread
from qabot.verification import State

_STATES: Mapping[State, str] = MappingProxyType(
    {"unchanged": "Unchanged", "moved": "Moved", "changed": "Changed", "deleted": "Deleted"}
)
_WORDS: Mapping[State, str] = MappingProxyType(
    {
        "unchanged": "The words stand there, character by character.",
        "moved": "The words stand there now, character by character.",
        "changed": "The words do not stand in this document any more.",
        "deleted": "The document is not there any more.",
    }
)
_NEAR_UNITS = 500
_LEAST_NEAR_UNITS = 220
_KEPT_BACK_UNITS = 100


def check_card(reread: Sequence[Reread]) -> discord.Embed:
    """One field a quote: its state, where the words stand now, and what stands there instead if they do not."""
    card = Card(title="Checked just now", description=_summary(reread))
    shown = sum(_add(card, one) for one in reread)
    if shown < len(reread):
        card.add("Not shown", f"{len(reread) - shown} more")
    return card.embed()


def _summary(reread: Sequence[Reread]) -> str:
    standing = sum(one.stands for one in reread)
    if standing == len(reread):
        return "**The quoted words stand in the documents**, which I have just read again."
    rest = len(reread) - standing
    return (
        f"**{rest} of {len(reread)} quotes {'do' if rest > 1 else 'does'} not stand any more.** "
        "Ask again to hear what the documents say now."
    )


def _add(card: Card, one: Reread) -> bool:
    """Add a field for a quote; False if there is no room for it."""
    label = f"{_STATES[one.state]}: "
    budget = FIELD_NAME_UNITS - len(label)
    source = wording.place(one.quote, budget) if one.quote else plain_excerpt(one.kept.source, budget)
    words = _WORDS[one.state] + (f"\nTo be exact: {plain_excerpt(one.detail, 300)}." if one.detail else "")
    name = label + source
    room = min(card.field_room(name), card.room - units(name) - _KEPT_BACK_UNITS)
    if room < units(words):
        return False
    near_room = min(_NEAR_UNITS, room - units(words) - len("\nNow there:\n>>> "))
    if one.near is not None and near_room >= _LEAST_NEAR_UNITS:
        cut = {"cut_start": one.near.place.cut_start, "cut_end": one.near.place.cut_end}
        words += f"\nNow there:\n>>> {cut_excerpt(one.near.text, None, near_room, **cut)}"
    card.add(name, words)
    return True
