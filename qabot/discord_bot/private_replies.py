"""The frame around every command whose reply only the member sees: acknowledge, work, reply; and who may use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from qabot.discord_bot.limits import Limits, TryAgain
from qabot.discord_bot.replies import ANSWER_WITHIN_S, STOPPING, Interaction, acknowledge, say_privately
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

Parts = dict[str, Any]
"""What ``edit_original_response`` takes: content, embed, attachments."""


async def reply_privately(
    client: QabotClient, interaction: Interaction, work: Callable[[], Awaitable[Parts]], *, limits: Limits | None = None
) -> None:
    """Acknowledge, do the work, and show its result to the member alone; ``limits``: those in which it counts.

    Raises:
        QabotError: whatever the work raises; the tree reports it.
        discord.HTTPException: if Discord does not take the reply.
    """
    if client.stopping:
        await say_privately(interaction, STOPPING)
        return
    place = limits.admitted(member_id=interaction.user.id, server_id=interaction.guild_id) if limits else nullcontext()
    try:
        with client.answering(), place:
            await acknowledge(interaction, private=True)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                parts = await work()
            await interaction.edit_original_response(**parts)
    except asyncio.CancelledError:
        await say_privately(interaction, STOPPING)  # "thinking" must not stay behind
        raise
    except TryAgain as refusal:
        await say_privately(interaction, str(refusal))


def managed_server(interaction: Interaction) -> int:
    """The server that the member may manage. Discord hides such commands, but its administrators may change that.

    Raises:
        UsageError: outside of servers, or if the member may not manage this one.
    """
    if interaction.guild_id is None:
        raise UsageError("This command is for servers", remedy="Use it in a channel of the server.")
    if not interaction.permissions.manage_guild:
        raise UsageError(
            "This command is for those who may manage this server", remedy="Ask them, or ask for that permission."
        )
    return interaction.guild_id
