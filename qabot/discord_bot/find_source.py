"""Find the source: a command in the context menu of every message. Its words come with it, without any intent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from qabot.discord_bot.private_replies import Parts, reply_privately
from qabot.discord_bot.replies import Interaction, say_privately
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
    """Look for the words' source in a thread, and reply privately, where questions are answered; it counts as one."""
    sight = client.rules.sight(interaction)
    if sight.refusal is not None and not client.stopping:
        await say_privately(interaction, sight.refusal)
        return

    async def work() -> Parts:
        return {"embed": await client.desk.find_source(words, filters=sight.own, show=support_card)}

    await reply_privately(client, interaction, work, limits=client.limits)
