"""/sources, /source and /status: what there is, as far as the member may see it. Private, and never more than that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from discord import app_commands

from qabot.discord_bot.catalogue import source_card, sources_page, status_card
from qabot.discord_bot.completion import document_choices
from qabot.discord_bot.private_replies import Parts, reply_privately
from qabot.discord_bot.replies import Interaction

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient
    from qabot.discord_bot.commands import QabotTree


def add_source_commands(tree: QabotTree, client: QabotClient) -> None:
    """Put the commands into the tree."""

    @tree.command(name="sources", description="Which documents I answer from")
    @app_commands.describe(page="Which page of the list", search="Only documents with this in their name or title")
    async def sources(interaction: Interaction, page: int = 1, search: str | None = None) -> None:
        async def work() -> Parts:
            show = partial(sources_page, page=page, search=search)
            return {"embed": await client.desk.catalogue(client.rules.sight(interaction).own, show)}

        await reply_privately(client, interaction, work, limits=client.looks)

    @tree.command(name="source", description="What a document is, and its first lines")
    @app_commands.describe(name="The document (type to search)")
    async def source(interaction: Interaction, name: str) -> None:
        async def work() -> Parts:
            own = client.rules.sight(interaction).own
            chosen = client.desk.names.document(name, own) or name
            return {"embed": await client.desk.source(chosen, own, source_card)}

        await reply_privately(client, interaction, work, limits=client.looks)

    @source.autocomplete("name")
    async def complete(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return await document_choices(client, client.rules.sight(interaction).own, current)

    @tree.command(name="status", description="How many documents there are, what failed, and how quick I am")
    async def status(interaction: Interaction) -> None:
        async def work() -> Parts:
            summary = client.figures.of(interaction.guild_id)
            show = partial(status_card, summary=summary, rebuilding=client.desk.rebuilding)
            return {"embed": await client.desk.catalogue(client.rules.sight(interaction).own, show)}

        await reply_privately(client, interaction, work)
