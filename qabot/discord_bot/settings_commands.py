"""/settings: how the bot behaves on a server, for those who may manage it. Settings only narrow what was granted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from qabot.discord_bot.card import FIELD_VALUE_UNITS, Card
from qabot.discord_bot.completion import Choices, folder_choices
from qabot.discord_bot.excerpt import plain_excerpt, units
from qabot.discord_bot.kept import ServerSettings
from qabot.discord_bot.private_replies import Parts, managed_server, reply_privately
from qabot.discord_bot.replies import Interaction
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient
    from qabot.discord_bot.commands import QabotTree

_MOST = 25  # channels, and folders with roles

Change = Callable[[ServerSettings], ServerSettings]


class _Channels(app_commands.Transformer):
    """A channel as it comes with the interaction, whether or not the server is in discord.py's cache.

    The types are spelt out: for forums discord.py also names type 16 (media), which Discord's interface description
    does not know.
    """

    @property
    def type(self) -> discord.AppCommandOptionType:
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        kinds = discord.ChannelType
        return [kinds.text, kinds.news, kinds.forum, kinds.voice, kinds.stage_voice]

    async def transform(
        self, interaction: Interaction, value: app_commands.AppCommandChannel, /
    ) -> app_commands.AppCommandChannel:
        del interaction
        return value


AnyChannel = app_commands.Transform[app_commands.AppCommandChannel, _Channels]


def add_settings(tree: QabotTree, client: QabotClient) -> None:
    """Put the group of commands into the tree."""
    group = app_commands.Group(
        name="settings",
        description="How I behave on this server",
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        default_permissions=discord.Permissions(manage_guild=True),
    )

    _add_switches(group, client)
    _add_lists(group, client)
    tree.add_command(group)


def _add_switches(group: app_commands.Group, client: QabotClient) -> None:
    @group.command(name="show", description="What is set")
    async def show(interaction: Interaction) -> None:
        await _change(client, interaction, lambda settings: settings)

    @group.command(name="threads", description="Answer in threads and forum posts only")
    async def threads(interaction: Interaction, only: bool) -> None:
        await _change(client, interaction, lambda settings: replace(settings, threads_only=only))

    @group.command(name="mentions", description="Answer messages that mention me")
    async def mentions(interaction: Interaction, answer: bool) -> None:
        await _change(client, interaction, lambda settings: replace(settings, mentions=answer))

    @group.command(name="private", description="Show answers to the asker alone unless they ask for a public one")
    async def private(interaction: Interaction, default: bool) -> None:
        await _change(client, interaction, lambda settings: replace(settings, private_by_default=default))

    @group.command(name="confidence", description="Show no answer that is less likely right; 0 for my own measure")
    @app_commands.describe(percent="0 to 99")
    async def confidence(interaction: Interaction, percent: app_commands.Range[int, 0, 99]) -> None:
        least = percent / 100 if percent else None
        await _change(client, interaction, lambda settings: replace(settings, minimum_confidence=least))


def _add_lists(group: app_commands.Group, client: QabotClient) -> None:
    @group.command(name="channel", description="Answer only in this channel and others added so, or no longer in it")
    @app_commands.describe(channel="The channel, its threads included", answer="False takes it off the list again")
    async def channel_(interaction: Interaction, channel: AnyChannel, answer: bool) -> None:
        await _change(client, interaction, partial(with_channel, channel_id=channel.id, add=answer))

    @group.command(name="role", description="Let only some roles see a folder of documents, or everyone again")
    @app_commands.describe(
        collection="The folder (type to search)", role="A role that may see it", allow="False takes the role off again"
    )
    async def role_(interaction: Interaction, collection: str, role: discord.Role, allow: bool) -> None:
        async def require_folder() -> None:
            grant = client.granted.granted(interaction.guild_id)
            if allow and collection not in await client.desk.named(lambda names: names.folders(grant)):
                raise UsageError("There is no folder of that name", remedy="Choose one that is offered while you type.")

        change = partial(with_role, folder=collection, role_id=role.id, add=allow)
        await _change(client, interaction, change, first=require_folder)

    @role_.autocomplete("collection")
    async def complete(interaction: Interaction, current: str) -> Choices:
        if not interaction.permissions.manage_guild:
            return []
        return await folder_choices(client, client.granted.granted(interaction.guild_id), current)


def with_channel(settings: ServerSettings, *, channel_id: int, add: bool) -> ServerSettings:
    """The settings with a channel on its list, or without it.

    Raises:
        UsageError: if the list is full.
    """
    channels = settings.channels | {channel_id} if add else settings.channels - {channel_id}
    if len(channels) > _MOST:
        raise UsageError(f"There are {_MOST} channels on the list already", remedy="Take one off first.")
    return replace(settings, channels=channels)


def with_role(settings: ServerSettings, folder: str, role_id: int, *, add: bool) -> ServerSettings:
    """The settings with a role among those that may see a folder, or without it; without any, everybody may.

    Raises:
        UsageError: if there are too many folders.
    """
    openers = dict(settings.roles)
    roles = openers.get(folder, frozenset())
    openers[folder] = roles | {role_id} if add else roles - {role_id}
    if not openers[folder]:
        del openers[folder]
    if len(openers) > _MOST:
        raise UsageError(f"{_MOST} folders have roles already", remedy="Open one to everyone first.")
    return replace(settings, roles=tuple(sorted(openers.items())))


def settings_card(settings: ServerSettings) -> discord.Embed:
    """What is set, in words."""
    card = Card(
        title="Settings of this server", description="They can only narrow what the operator of this bot allows."
    )
    channels = ", ".join(f"<#{channel}>" for channel in sorted(settings.channels))
    card.add("Channels", channels or "all")
    card.add("Threads and forum posts only", _yes(settings.threads_only))
    card.add("Messages that mention me are answered", _yes(settings.mentions))
    card.add("Private unless asked otherwise", _yes(settings.private_by_default))
    least = settings.minimum_confidence
    card.add("Least confidence", "my own measure" if least is None else f"{least:.0%}")
    lines = [f"{plain_excerpt(folder, 60)}: {_roles(roles)}" for folder, roles in settings.roles]
    while sum(map(units, lines)) + len(lines) > FIELD_VALUE_UNITS - 20:
        lines = [*lines[:-2], "and more"] if lines[-1] == "and more" else [*lines[:-1], "and more"]
    card.add("Folders for some roles only", "\n".join(lines) or "none")
    return card.embed()


def _roles(roles: frozenset[int]) -> str:
    shown = " ".join(f"<@&{role}>" for role in sorted(roles)[:5])
    return f"{shown} and {len(roles) - 5} more" if len(roles) > 5 else shown


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


async def _change(
    client: QabotClient,
    interaction: Interaction,
    change: Change,
    *,
    first: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Keep the changed settings and show all of them; ``first``: what raises if they may not be changed so."""

    async def work() -> Parts:
        server_id = managed_server(interaction)
        if first is not None:
            await first()
        async with client.changing_settings:
            settings = await _changed(client, server_id, change)
        return {"embed": await client.desk.aside(partial(settings_card, settings))}

    await reply_privately(client, interaction, work)


async def _changed(client: QabotClient, server_id: int, change: Change) -> ServerSettings:
    """The changed settings, kept. One at a time: two changes of the same settings would undo each other."""
    before = client.granted.settings(server_id)
    settings = change(before)
    if settings != before:
        if client.store is None:
            raise UsageError("Settings cannot be kept here", remedy="Ask whoever runs this bot.")
        await client.desk.aside(partial(client.store.change_settings, server_id, settings))
        client.granted.remember(server_id, settings)
    return settings
