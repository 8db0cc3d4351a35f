"""The slash commands: /ask and /help. Each acknowledges first; everything else happens in the desk's threads."""

from __future__ import annotations

import asyncio
import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from qabot.discord_bot import render, wording
from qabot.discord_bot.card import COLOUR
from qabot.discord_bot.delivery import resolve
from qabot.discord_bot.desk import Listed
from qabot.discord_bot.escape import visible
from qabot.discord_bot.excerpt import units
from qabot.discord_bot.replies import ANSWER_WITHIN_S, STOPPING, Interaction, acknowledge, report, say_privately

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_CHOICES = 25
_CHOICE_UNITS = 100

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
        private="Only you see the answer; you can share it afterwards",
    )
    async def ask(
        interaction: Interaction,
        question: str,  # how long it may be, the engine decides; Discord itself takes 6,000 characters
        source: str | None = None,
        private: bool = False,  # noqa: FBT002 - the option of the command
    ) -> None:
        await answer_question(client, interaction, question, source=source, private=private)

    @ask.autocomplete("source")
    async def complete(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        del interaction
        return choices(client.desk.documents(), current)

    @tree.command(name="help", description="What this bot does, how to ask, and what it stores")
    async def help_(interaction: Interaction) -> None:
        embed = discord.Embed(title="Ask the documents", description=wording.HELP, colour=COLOUR)
        await interaction.response.send_message(embed=embed, ephemeral=True)

    return tree


async def answer_question(
    client: QabotClient, interaction: Interaction, question: str, *, source: str | None, private: bool
) -> None:
    """Acknowledge, have the question answered in a thread, and put the answer in the place of "thinking".

    A name that is no document is acknowledged privately, since the reply will most likely be a refusal.
    """
    if client.stopping:
        await say_privately(interaction, STOPPING)
        return
    with client.answering():
        chosen = None if source is None else document_of(client.desk.documents(), source)
        private = private or (source is not None and chosen is None)
        await acknowledge(interaction, private=private)
        only = chosen or source
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                rendered = await client.desk.ask(question, source=only, show=partial(render.rendered, only=only))
        except asyncio.CancelledError:
            # The bot is being stopped and this answer takes too long: "thinking" must not stay behind.
            await say_privately(interaction, STOPPING)
            raise
        await resolve(client, interaction, rendered, private=private)


def choices(documents: tuple[Listed, ...], typed: str) -> list[app_commands.Choice[str]]:
    """At most 25 documents whose path or title holds what was typed; those whose path begins with it come first."""
    wanted = typed.strip().casefold()
    found = [one for one in documents if wanted in one.id.casefold() or wanted in (one.title or "").casefold()]
    found.sort(key=lambda one: (not one.id.casefold().startswith(wanted), one.id))
    return [app_commands.Choice(name=_choice_name(one), value=choice_value(one.id)) for one in found[:_CHOICES]]


def choice_value(document_id: str) -> str:
    """The path itself if Discord takes it (100 characters), else a short stand-in that ``document_of`` resolves."""
    if units(document_id) <= _CHOICE_UNITS and document_id.strip() == document_id:
        return document_id
    return "#" + hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def document_of(documents: tuple[Listed, ...], value: str) -> str | None:
    """The document that a choice, or a path typed by hand, stands for; None if there is none."""
    return next((listed.id for listed in documents if value in (listed.id, choice_value(listed.id))), None)


def _choice_name(listed: Listed) -> str:
    """The path as plain text; of a long one the end, where the file's own name stands."""
    name = visible(listed.id)
    while units(name) > _CHOICE_UNITS:
        name = "…" + name[2:] if name.startswith("…") else "…" + name[1:]
    return name
