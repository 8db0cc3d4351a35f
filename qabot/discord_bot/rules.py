"""The operator's grants and the servers' settings, applied to what Discord says of a member, a channel, a message.

Settings are held in memory, since they are asked before a question is acknowledged; the store has them for the next
start. What the decisions are is in access.py; here is only what they are made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import discord

from qabot.config import DiscordConfig
from qabot.datatypes import Filters
from qabot.discord_bot import access
from qabot.discord_bot.access import Place
from qabot.discord_bot.kept import ServerSettings
from qabot.discord_bot.replies import Interaction
from qabot.discord_bot.seams import Sight

NO_DIRECT_MESSAGES = "I do not answer direct messages. Please ask on the server where we met."
NOT_FOR_ALL = (
    "Not everyone who can read this channel may see the documents that this answer is from: it cannot be shared here."
)


class GrantedRules:
    """Implements ``seams.Rules``. For the event loop only."""

    def __init__(self, config: DiscordConfig, settings: Mapping[int, ServerSettings] | None = None) -> None:
        self._config = config
        self._settings = dict(settings or {})

    def settings(self, server_id: int) -> ServerSettings:
        """What the server's managers set."""
        return self._settings.get(server_id, ServerSettings())

    def remember(self, server_id: int, settings: ServerSettings) -> None:
        """New settings, or those that the store had."""
        self._settings[server_id] = settings

    def forget(self, server_id: int) -> None:
        """The bot was removed from the server."""
        self._settings.pop(server_id, None)

    def granted(self, server_id: int | None) -> Filters:
        """What the operator lets a server see."""
        return access.granted(self._config, server_id)

    def scopes(self) -> list[Filters]:
        """What everyone may see: of each server that the operator or its managers named, of others and directly."""
        named = {int(server_id) for server_id in self._config.servers} | self._settings.keys()
        servers = [
            access.seen_by(self._config, self.settings(server_id), server_id=server_id, roles=())
            for server_id in sorted(named)
        ]
        unnamed = access.granted(self._config, 0)
        return list(dict.fromkeys([*servers, unnamed, self.granted(None)]))

    def sight(self, interaction: Interaction) -> Sight:
        """What the member of an interaction may be answered from."""
        server_id = interaction.guild_id
        if server_id is None:
            grant = self.granted(None)
            return Sight(own=grant, public=grant, refusal=None if self._config.direct_messages else NO_DIRECT_MESSAGES)
        settings = self.settings(server_id)
        roles = [role.id for role in interaction.user.roles] if isinstance(interaction.user, discord.Member) else []
        public = self._public(interaction.guild, interaction.channel, server_id, settings)
        own = access.seen_by(self._config, settings, server_id=server_id, roles=roles)
        return Sight(own, public, access.refusal(settings, _place(interaction.channel)), settings)

    async def seen_by(self, interaction: Interaction) -> Filters:
        """What the member of an interaction may see in a private reply."""
        return self.sight(interaction).own

    async def seen_in(self, message: discord.Message) -> Filters | None:
        """What a public reply to a message may use; None: the bot does not answer there."""
        if message.guild is None:
            return self.granted(None) if self._config.direct_messages else None
        settings = self.settings(message.guild.id)
        if not settings.mentions or access.refusal(settings, _place(message.channel)) is not None:
            return None
        return self._public(message.guild, message.channel, message.guild.id, settings)

    def minimum_in(self, message: discord.Message) -> float | None:
        """The least confidence that the server wants; None: the calibrated threshold."""
        return self.settings(message.guild.id).minimum_confidence if message.guild else None

    def there(self, guild: discord.Guild | None, channel: object, server_id: int | None) -> Sight:
        """What a public message in a channel may use; of a channel that is not known: what everyone may see."""
        if server_id is None:
            grant = self.granted(None)
            return Sight(own=grant, public=grant, refusal=None if self._config.direct_messages else NO_DIRECT_MESSAGES)
        settings = self.settings(server_id)
        public = self._public(guild, channel, server_id, settings)
        return Sight(public, public, access.refusal(settings, _place(channel)), settings)

    def seen_by_member(self, server_id: int, roles: Iterable[int]) -> Filters:
        """What a member of a server with these roles may see in private."""
        return access.seen_by(self._config, self.settings(server_id), server_id=server_id, roles=roles)

    async def may_share(self, interaction: Interaction, sources: frozenset[str]) -> str | None:
        """Why words of these documents may not be shown to everyone in the channel; None: they may."""
        from qabot.index import passes

        public = self.sight(interaction).public
        return None if all(passes(public, source, None) for source in sources) else NOT_FOR_ALL

    def _public(
        self, guild: discord.Guild | None, channel: object, server_id: int, settings: ServerSettings
    ) -> Filters:
        readers = _audience(guild, channel, server_id)
        return access.seen_in(self._config, settings, server_id=server_id, audience=readers)


def _place(channel: object) -> Place:
    if isinstance(channel, discord.Thread):
        return Place(channel.id, channel.parent_id)
    return Place(getattr(channel, "id", 0), None)


def _audience(guild: discord.Guild | None, channel: object, server_id: int) -> frozenset[int]:
    """Who reads a channel, from its permissions as the gateway told them; unknown ones count as everyone.

    A thread is read by nobody who cannot read its channel. The bot itself, let in as a member or with the role that
    Discord made for it, is no reader.
    """
    place = _place(channel)
    known = guild.get_channel(place.parent_id or place.channel_id) if guild else None
    if guild is None or known is None:
        return frozenset({server_id})
    barred = False
    roles: list[int] = []
    members: list[int] = []
    for target, permissions in known.overwrites.items():
        if target.id == server_id:
            barred = permissions.view_channel is False
        elif permissions.view_channel and not _is_the_bot(guild, target):
            (roles if _is_role(target) else members).append(target.id)
    return access.audience(server_id, everyone_barred=barred, roles_let_in=roles, members_let_in=members)


def _is_role(target: object) -> bool:
    return isinstance(target, discord.Role) or getattr(target, "type", None) is discord.Role


def _is_the_bot(guild: discord.Guild, target: object) -> bool:
    if isinstance(target, discord.Role):
        return target.tags is not None and guild.me is not None and target.tags.bot_id == guild.me.id
    return guild.me is not None and getattr(target, "id", None) == guild.me.id
