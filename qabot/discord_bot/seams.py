"""What others decide for this bot, as its handlers see it: who may see which documents, and where it answers.

``OpenRules`` is the rule without any grant or setting: everybody may see everything, everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import discord

from qabot.datatypes import Filters
from qabot.discord_bot.kept import ServerSettings
from qabot.discord_bot.replies import Interaction


@dataclass(frozen=True, slots=True)
class Sight:
    """What a question may be answered from, in a private and in a public reply, and the server's other settings."""

    own: Filters = Filters()  # noqa: RUF009 - immutable
    public: Filters = Filters()  # noqa: RUF009
    refusal: str | None = None  # why the bot does not answer in this place, in markdown
    settings: ServerSettings = ServerSettings()  # noqa: RUF009


class Rules(Protocol):
    """Asked on the event loop at each use; what blocks is done in a thread inside."""

    def sight(self, interaction: Interaction) -> Sight:
        """What the member of an interaction may be answered from. Reads memory only: it is asked before "thinking"."""

    async def seen_by(self, interaction: Interaction) -> Filters:
        """What the member of an interaction may see in a private reply."""

    async def seen_in(self, message: discord.Message) -> Filters | None:
        """What a public reply to a message may use; None: the bot does not answer there."""

    def minimum_in(self, message: discord.Message) -> float | None:
        """The least confidence that the server wants; None: the calibrated threshold."""

    def there(self, guild: discord.Guild | None, channel: object, server_id: int | None) -> Sight:
        """What a public message in a channel may use; of a channel that is not known: what everyone may see."""

    def seen_by_member(self, server_id: int, roles: Iterable[int]) -> Filters:
        """What a member of a server with these roles may see in private."""

    async def may_share(self, interaction: Interaction, sources: frozenset[str]) -> str | None:
        """Why words of these documents may not be shown to everyone in the channel; None: they may."""


class OpenRules:
    """Everybody may see everything, everywhere."""

    def sight(self, interaction: Interaction) -> Sight:
        """All documents."""
        del interaction
        return Sight()

    async def seen_by(self, interaction: Interaction) -> Filters:
        """All documents."""
        del interaction
        return Filters()

    async def seen_in(self, message: discord.Message) -> Filters | None:
        """All documents."""
        del message
        return Filters()

    def minimum_in(self, message: discord.Message) -> float | None:
        """The calibrated threshold."""
        del message
        return None

    def there(self, guild: discord.Guild | None, channel: object, server_id: int | None) -> Sight:
        """All documents."""
        del guild, channel, server_id
        return Sight()

    def seen_by_member(self, server_id: int, roles: Iterable[int]) -> Filters:
        """All documents."""
        del server_id, roles
        return Filters()

    async def may_share(self, interaction: Interaction, sources: frozenset[str]) -> str | None:
        """Always."""
        del interaction, sources
        return None
