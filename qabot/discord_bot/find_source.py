"""Find the source: a command in the context menu of every message. Its words come with it, without any intent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from qabot.discord_bot.limits import TryAgain
from qabot.discord_bot.replies import ANSWER_WITHIN_S, STOPPING, Interaction, acknowledge, say_privately
from qabot.discord_bot.support_card import support_card

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

NAME = "Find the source"


def add_find_source(tree: app_commands.CommandTree[Any], client: QabotClient) -> None:
    """Put the command into the tree."""

    @tree.context_menu(name=NAME)
    async def find(interaction: Interaction, message: discord.Message) -> None:
        await find_source(client, interaction, message.content)


async def find_source(client: QabotClient, interaction: Interaction, words: str) -> None:
    """Acknowledge privately, look for the words' source in a thread, and reply."""
    if client.stopping:
        await say_privately(interaction, STOPPING)
        return
    try:
        with client.answering(), client.limits.admitted(member_id=interaction.user.id, server_id=interaction.guild_id):
            await acknowledge(interaction, private=True)
            filters = await client.rules.seen_by(interaction)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                card = await client.desk.find_source(words, filters=filters, show=support_card)
            await interaction.edit_original_response(embed=card)
    except asyncio.CancelledError:
        await say_privately(interaction, STOPPING)
        raise
    except TryAgain as refusal:
        await say_privately(interaction, str(refusal))
