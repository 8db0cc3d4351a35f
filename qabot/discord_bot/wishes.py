"""The button under a refusal with which a member wishes to be told when the documents say it; with logging on only."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import discord

from qabot.discord_bot.kept import Asked, Waiting
from qabot.discord_bot.replies import Interaction

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_DAY_S = 86_400

NOT_KEPT = "Questions are not kept here, so I cannot tell you later. Please ask again with `/ask`."
UNKNOWN_QUESTION = "I no longer know this question. Please ask again with `/ask`."
TOO_MANY = "You wait for many answers already. `/forget` deletes all of them, and whatever else I keep about you."
WILL_TELL = (
    "I will ask this again whenever the documents change, until <t:{until}:D>, and tell you {where} if they say it. "
    "For that I keep the question and that you asked for it; `/forget` deletes both."
)


async def wish(interaction: Interaction) -> str:
    """Keep that the member wants the answer; what to say to that."""
    client: QabotClient = interaction.client
    message, store = interaction.message, client.store
    if store is None or message is None or not client.logging_on:
        return NOT_KEPT
    asked = await client.desk.aside(partial(store.asked_under, message.id))
    if asked is None:
        return UNKNOWN_QUESTION
    waiting = _waiting(interaction, message, asked)
    if not await client.desk.aside(partial(store.wait, waiting)):
        return TOO_MANY
    until = int(waiting.since_s) + client.config.log_days * _DAY_S
    return WILL_TELL.format(until=until, where="in a direct message" if waiting.private else "here")


def _waiting(interaction: Interaction, message: discord.Message, asked: Asked) -> Waiting:
    return Waiting(
        message_id=message.id,
        channel_id=interaction.channel_id or asked.channel_id,
        server_id=interaction.guild_id,
        member_id=interaction.user.id,
        question=asked.understood or asked.question,
        source=asked.source,
        private=message.flags.ephemeral,
        since_s=time.time(),
    )
