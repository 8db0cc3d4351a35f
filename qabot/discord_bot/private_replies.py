"""The frame around every command whose reply only the member sees: acknowledge, work, reply; and who may use it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from qabot.discord_bot.replies import ANSWER_WITHIN_S, STOPPING, Interaction, acknowledge, say_privately
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

Parts = dict[str, Any]
"""What ``edit_original_response`` takes: content, embed, attachments."""


async def reply_privately(client: QabotClient, interaction: Interaction, work: Callable[[], Awaitable[Parts]]) -> None:
    """Acknowledge, do the work, and show its result to the member alone.

    Raises:
        QabotError: whatever the work raises; the tree reports it.
        discord.HTTPException: if Discord does not take the reply.
    """
    if client.stopping:
        await say_privately(interaction, STOPPING)
        return
    with client.answering():
        await acknowledge(interaction, private=True)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                parts = await work()
        except asyncio.CancelledError:
            await say_privately(interaction, STOPPING)
            raise
        await interaction.edit_original_response(**parts)


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
