"""Questions that members wait for are asked again after each change, one at a time and only while nobody else asks.

Whoever waited is told once: the wish is deleted before the answer goes out. What the member and the channel may see,
and whether the member is still there, is looked up anew each time.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.discord_bot.access import at_least
from qabot.discord_bot.buttons import live_view
from qabot.discord_bot.delivery import STORE_FAILURES, keep
from qabot.discord_bot.excerpt import plain_excerpt
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.kept import Store, Waiting
from qabot.discord_bot.limits import TryAgain
from qabot.discord_bot.logs import causes
from qabot.discord_bot.render import Rendered, rendered
from qabot.discord_bot.views import actions_for
from qabot.discord_bot.wire import Reference, direct_channel
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

QUIET_S = 0.5  # between two looks whether members are asking
AGAIN_S = 300.0  # after a failure that may pass
_AT_ONCE = 20  # taken from the store
_UNKNOWN_MEMBER = 10007
_UNKNOWN_USER = 10013

HERE = "<@{member}>, you wished to be told: the documents say it now."
DIRECTLY = "On **{server}** you wished to be told when the documents say this. Now they do."


@dataclass(frozen=True, slots=True)
class Way:
    """How a member can be told. ``to``: the channel, None for a direct message; ``words`` stand above the answer."""

    to: discord.abc.Messageable | None
    filters: Filters
    words: str
    minimum: float | None = None


@dataclass
class AskAgain:
    """For the event loop only."""

    client: QabotClient

    async def round(self) -> float | None:
        """Ask all that wait and were not asked of these documents; in how many seconds to try again after a failure."""
        client, store = self.client, self.client.store
        if store is None or not client.logging_on:
            return None
        await client.wait_until_ready()
        try:
            while not client.stopping:
                state = client.desk.held.state
                waiting = await client.desk.aside(partial(store.waiting, state, limit=_AT_ONCE))
                if not waiting:
                    return None
                for one in waiting:
                    await self._again(store, one, state)
        except (*STORE_FAILURES, *DISCORD_FAILURES) as error:
            client.log_once(f"Questions that members wait for cannot be asked now; it is tried again. {causes(error)}")
            return AGAIN_S
        return None

    async def _again(self, store: Store, waiting: Waiting, state: str) -> None:
        """Ask one question again, and tell its answer in the first way that Discord lets us take."""
        aside = self.client.desk.aside
        ways = await self._ways(waiting)
        if not ways:
            await aside(partial(store.stop_waiting, waiting))
            return
        deleted = False
        for way in ways:
            found = await self._found(waiting, way)
            if found is None:
                if not deleted:
                    await aside(partial(store.tried, waiting, state))
                return
            # Before it is sent: told twice would be worse than not at all. And whoever used /forget meanwhile is left.
            if not deleted and not await aside(partial(store.stop_waiting, waiting)):
                return
            deleted = True
            if await self._told(waiting, way, found):
                return

    async def _ways(self, waiting: Waiting) -> list[Way]:
        """Where the member may be told, best first; empty if nowhere.

        Raises:
            discord.HTTPException: if Discord does not say whether the member is still there.
        """
        client, server_id = self.client, waiting.server_id
        if server_id is None:
            sight = client.rules.there(None, None, None)
            to = client.get_partial_messageable(waiting.channel_id)
            words = HERE.format(member=waiting.member_id)
            return [] if sight.refusal else [Way(to, sight.public, words)]
        guild = client.get_guild(server_id)
        member = await _member(guild, waiting.member_id) if guild else None
        if guild is None or member is None:
            return []
        channel = guild.get_channel_or_thread(waiting.channel_id)
        sight = client.rules.there(guild, channel, server_id)
        minimum = sight.settings.minimum_confidence
        ways = []
        if not waiting.private and sight.refusal is None and _reads(member, channel):
            words = HERE.format(member=waiting.member_id)
            to = client.get_partial_messageable(waiting.channel_id, guild_id=server_id)
            ways.append(Way(to, sight.public, words, minimum))
        if client.config.direct_messages:
            own = client.rules.seen_by_member(server_id, [role.id for role in member.roles])
            words = DIRECTLY.format(server=plain_excerpt(guild.name, 100))
            ways.append(Way(None, own, words, minimum))
        return ways

    async def _found(self, waiting: Waiting, way: Way) -> Rendered | None:
        """The answer, if there is one now. It waits for members, and counts as one more member of the server."""
        client = self.client
        while True:
            if client.limits.waiting:
                await asyncio.sleep(QUIET_S)
                continue
            try:
                with client.limits.admitted(
                    member_id=client.user.id if client.user else 0, server_id=waiting.server_id
                ):
                    return await client.desk.ask(
                        waiting.question,
                        source=waiting.source,
                        filters=way.filters,
                        show=partial(_shown, minimum=way.minimum),
                    )
            except TryAgain as later:
                await asyncio.sleep(later.after_s)
            except UsageError:
                return None  # the one document that was asked is not there now

    async def _told(self, waiting: Waiting, way: Way, found: Rendered) -> bool:
        """Send it; False if Discord refuses this way."""
        client = self.client
        actions = actions_for(found, private=False, feedback=client.feedback) if way.to else ()
        more: dict[str, Any] = {"view": view} if (view := live_view(actions)) else {}
        if way.to and not waiting.private:  # nobody can reply to a private message
            more["reference"] = _reference(waiting)
        try:
            to = way.to or await direct_channel(client, waiting.member_id)
            shown = await to.send(way.words, embed=found.embed, mention_author=False, **more)
        except discord.HTTPException as error:
            client.log_once(f"A member could not be told an answer: status {error.status}, code {error.code}.")
            return error.status >= 500  # it may have arrived all the same
        if way.to:
            await keep(client, shown, found)
        return True


def _reference(waiting: Waiting) -> Reference:
    return Reference(
        message_id=waiting.message_id,
        channel_id=waiting.channel_id,
        guild_id=waiting.server_id,
        fail_if_not_exists=False,
    )


async def _member(guild: discord.Guild, member_id: int) -> discord.Member | None:
    """As Discord knows the member now; None: gone."""
    try:
        return await guild.fetch_member(member_id)
    except discord.NotFound as error:
        if error.code in {_UNKNOWN_MEMBER, _UNKNOWN_USER}:
            return None
        raise


def _reads(member: discord.Member, channel: object) -> bool:
    """Whether the member may read the channel now; not so if that is not known."""
    if isinstance(channel, discord.Thread):
        channel = channel.parent
    return isinstance(channel, discord.abc.GuildChannel) and channel.permissions_for(member).view_channel


def _shown(result: Answer | NoAnswer, *, minimum: float | None) -> Rendered | None:
    result = at_least(result, minimum)
    return rendered(result) if isinstance(result, Answer) else None
