"""Acknowledging an interaction, answering it, and owning up when that went wrong: in every case one reply.

Facts behind this module: an interaction must be acknowledged within three seconds and only once (Discord's error
40060 afterwards, 10062 when it is too late); whether a reply is private is fixed with the acknowledgement. To say
privately that a public answer failed, the waiting message is therefore deleted first.
"""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

import discord
from discord import app_commands

from qabot.discord_bot.escape import escape
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.logs import causes
from qabot.errors import UsageError

_log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

ANSWER_WITHIN_S = 13 * 60.0  # an interaction can be answered for 15 minutes; the apology must fit in too
_ALREADY_ACKNOWLEDGED = 40060
_ACKNOWLEDGED = "acknowledged"

STOPPING = "I am being restarted. Please ask again in a minute."
FAILED = (
    "Something went wrong here, not with your question. Please try again; if it happens again, tell whoever runs "
    "this bot the number **{reference}**, under which the cause is logged."
)
OUTDATED = (
    "This command has changed since your Discord loaded it. Please restart Discord (or wait a minute), then ask again."
)


async def acknowledge(interaction: Interaction, *, private: bool) -> None:
    """Show "thinking" at once. Returns when nobody else waits for that, so that computing is in no one's way.

    Raises:
        discord.HTTPException: if Discord no longer knows the interaction or cannot be reached.
    """
    try:
        async with interaction.client.pace.first_answer():
            await interaction.response.defer(thinking=True, ephemeral=private)
    except discord.HTTPException as error:
        # After a 500 the client repeats the request although the first one may have arrived.
        if error.code != _ALREADY_ACKNOWLEDGED:
            raise
    interaction.extras[_ACKNOWLEDGED] = time.monotonic()
    await interaction.client.pace.calm()


def age_s(interaction: Interaction) -> float:
    """Seconds since the interaction was acknowledged, 0 if it was not."""
    now_s = time.monotonic()
    return now_s - float(interaction.extras.get(_ACKNOWLEDGED, now_s))


async def say_privately(interaction: Interaction, words: str) -> None:
    """A reply that only the member sees, whether the interaction was acknowledged or not.

    Raises:
        discord.HTTPException: if there is no way left to reach the member.
    """
    if not is_acknowledged(interaction):
        try:
            async with interaction.client.pace.first_answer():
                await interaction.response.send_message(words, ephemeral=True)
        except discord.HTTPException as error:
            # The acknowledgement may have arrived although it was cut off here.
            if error.code != _ALREADY_ACKNOWLEDGED:
                raise
        else:
            return
    try:
        await interaction.delete_original_response()
    except discord.HTTPException:
        # It stays where it is, so it is resolved there: better public than "thinking" for ever.
        await interaction.edit_original_response(content=words, embeds=[])
        return
    await interaction.followup.send(words, ephemeral=True)


def is_acknowledged(interaction: Interaction) -> bool:
    """Whether Discord waits no longer."""
    return interaction.response.is_done() or _ACKNOWLEDGED in interaction.extras


async def report(interaction: Interaction, error: Exception) -> None:
    """Tell the member that a command or a button failed, and the operator's log why, once, under the same reference."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    words = _words_without_log(cause)
    if words is None:
        reference = secrets.token_hex(3).upper()
        words = FAILED.format(reference=reference)
        _log.error("%s: a command or a button failed. %s", reference, causes(cause))
    try:
        await say_privately(interaction, words)
    except DISCORD_FAILURES as refused:
        if refused is not cause:
            code = refused.code if isinstance(refused, discord.HTTPException) else 0
            _log.warning("The member could not be told: %s (code %d)", type(refused).__name__, code)


def _words_without_log(cause: Exception) -> str | None:
    """What to say when the member can mend it and the operator need not know; None for a failure of ours."""
    if isinstance(cause, UsageError):
        return escape(str(cause))
    if isinstance(cause, (app_commands.CommandNotFound, app_commands.CommandSignatureMismatch)):
        return OUTDATED
    return None
