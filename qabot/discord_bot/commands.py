"""The tree of slash commands: /ask and /help here, the others in files of their own.

Each acknowledges first; everything else happens in the desk's threads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from qabot.discord_bot import wording
from qabot.discord_bot.asking import answer_question
from qabot.discord_bot.card import COLOUR
from qabot.discord_bot.completion import document_choices
from qabot.discord_bot.find_source import add_find_source
from qabot.discord_bot.log_commands import add_forget, add_log_commands
from qabot.discord_bot.reindex_command import add_reindex
from qabot.discord_bot.replies import Interaction, report
from qabot.discord_bot.settings_commands import add_settings
from qabot.discord_bot.source_commands import add_source_commands

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

# Servers and direct messages with the bot; not other people's private chats, and not installed to accounts: the
# answers belong to the places whose owners invited the bot.
_CONTEXTS = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
_INSTALLS = app_commands.AppInstallationType(guild=True, user=False)


class QabotTree(app_commands.CommandTree[Any]):
    """The commands of one client, and the reply when one of them fails."""

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError, /) -> None:
        """Called by discord.py with whatever a command raised."""
        await report(interaction, error)


def command_tree(client: QabotClient) -> QabotTree:
    """All commands, bound to the client that answers them."""
    tree = QabotTree(client, allowed_contexts=_CONTEXTS, allowed_installs=_INSTALLS)

    @tree.command(name="ask", description="Ask the documents; the answer is quoted with its source")
    @app_commands.describe(
        question="What do you want to know?",
        source="Only look in this document (type to search)",
        private="Only you see the answer (you can share it afterwards), or everyone; this server has a default",
    )
    async def ask(
        interaction: Interaction,
        question: str,  # how long it may be, the engine decides; Discord itself takes 6,000 characters
        source: str | None = None,
        private: bool | None = None,
    ) -> None:
        await answer_question(client, interaction, question, source=source, private=private)

    @ask.autocomplete("source")
    async def complete(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await document_choices(client, client.rules.sight(interaction).own, current)

    @tree.command(name="help", description="What this bot does, how to ask, and what it stores")
    async def help_(interaction: Interaction) -> None:
        days = client.config.log_days if client.logging_on else None
        embed = discord.Embed(title="Ask the documents", description=wording.help_text(log_days=days), colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    add_find_source(tree, client)
    add_source_commands(tree, client)
    add_forget(tree, client)
    add_settings(tree, client)
    if client.logging_on:
        add_log_commands(tree, client)
    add_reindex(tree, client)
    return tree
