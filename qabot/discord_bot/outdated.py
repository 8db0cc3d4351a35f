"""Public messages whose quoted words are lost are told so, one after the other, as slowly as Discord likes it.

Which messages are left to look at is known from the store alone: those whose documents are not the ones of the last
look. So a restart goes on where the bot was stopped. What Discord refuses is left to the button Check.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import discord

from qabot.discord_bot.delivery import STORE_FAILURES
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.holdings import Holdings, Loss
from qabot.discord_bot.kept import KeptMessage, Store
from qabot.discord_bot.logs import causes
from qabot.discord_bot.outdated_mark import marked_content, marked_embed, unmarked_content
from qabot.discord_bot.rereading import Seen
from qabot.discord_bot.shown_words import shown_quotes
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

EDIT_EVERY_S = 5.0  # in one channel
LOOK_EVERY_S = 1.0  # likewise, where nothing was to be edited
REFUSED_AFTER_S = 30.0  # discord.py waits as long as a rate limit wants; others would wait with it
AGAIN_S = 300.0  # after a failure that may pass
_UNKNOWN_MESSAGE = 10008


@dataclass
class OutdatedQuotes:
    """For the event loop only."""

    client: QabotClient
    _free_at_s: dict[int, float] = field(default_factory=dict)  # channel -> when it may be touched again

    async def round(self) -> float | None:
        """Look at all messages that are due; in how many seconds to try again if something failed."""
        store, desk = self.client.store, self.client.desk
        if store is None:
            return None
        await self.client.wait_until_ready()  # before it nothing is known of who reads a channel
        try:
            while not self.client.stopping:
                held = desk.held
                due = await desk.aside(partial(store.to_look_at, held.sums))
                if not due:
                    self._free_at_s.clear()
                    return None
                for channel_id, message_id in sorted(due, key=lambda one: self._free_at_s.get(one[0], 0.0)):
                    await self._turn(channel_id)
                    await self._look(store, message_id, held)
        except UsageError:
            return LOOK_EVERY_S  # the documents changed again meanwhile
        except (*STORE_FAILURES, *DISCORD_FAILURES) as error:
            self.client.log_once(f"Outdated quotes cannot be told now; it is tried again. {causes(error)}")
            return AGAIN_S
        return None

    async def _turn(self, channel_id: int) -> None:
        """Wait until the channel may be touched, and nobody waits for a first answer."""
        await asyncio.sleep(self._free_at_s.get(channel_id, 0.0) - time.monotonic())
        await self.client.pace.calm()

    def _hold_back(self, channel_id: int, for_s: float) -> None:
        self._free_at_s[channel_id] = time.monotonic() + for_s

    async def _look(self, store: Store, message_id: int, held: Holdings) -> None:
        """Hold one message against the documents, and remember that."""
        aside = self.client.desk.aside
        kept = await aside(partial(store.message, message_id))
        if kept is None:
            return
        marked = kept.marked
        if marked or any(map(held.changed_since, kept.quotes)):
            try:
                async with asyncio.timeout(REFUSED_AFTER_S):
                    marked = await self._told(kept, held)
            except discord.HTTPException as error:
                if error.status >= 500:  # Discord's own failure, which passes
                    raise
                if error.code == _UNKNOWN_MESSAGE:
                    await aside(partial(store.forget_message, message_id))
                self._left(f"status {error.status}, code {error.code}")
            except TimeoutError:
                self._left("a rate limit, or no answer")
        await aside(partial(store.looked_at, message_id, held.sums, marked=marked))

    def _left(self, why: str) -> None:
        self.client.log_once(f"A message could not be told that its quotes are outdated; Check still tells it: {why}.")

    async def _told(self, kept: KeptMessage, held: Holdings) -> frozenset[int]:
        """Edit the message if what it says of its quotes is not true any more; what it says now.

        Raises:
            discord.HTTPException: if Discord refuses.
        """
        channel = self.client.get_partial_messageable(kept.channel_id, guild_id=kept.server_id)
        self._hold_back(kept.channel_id, LOOK_EVERY_S)
        shown = await channel.fetch_message(kept.message_id)
        words = shown_quotes(shown.embeds)
        if not words:
            return kept.marked  # its card was removed
        pairs = enumerate(zip(kept.quotes, words, strict=False))  # those that are not shown come last
        lost = await self._lost(kept, {at: Seen(quote, runs) for at, (quote, runs) in pairs}, held)
        if lost.keys() == kept.marked:
            return kept.marked
        self._hold_back(kept.channel_id, EDIT_EVERY_S)
        await _edit(shown, {kept.quotes[at].source: loss for at, loss in lost.items()}, lost.keys())
        return frozenset(lost)

    async def _lost(self, kept: KeptMessage, seen: Mapping[int, Seen], held: Holdings) -> dict[int, Loss]:
        """The lost quotes among those of documents that the channel may see.

        Of a document that cannot be read now it is not known; what was said of it stays.
        """
        from qabot.index import passes

        guild = self.client.get_guild(kept.server_id) if kept.server_id else None
        place = guild.get_channel_or_thread(kept.channel_id) if guild else None
        public = self.client.rules.there(guild, place, kept.server_id).public
        visible = {at: one for at, one in seen.items() if passes(public, one.kept.source, None)}
        known = {at: one for at, one in visible.items() if held.readable(one.kept.source)}
        lost = await self.client.desk.losses(known, held, visible=lambda name: passes(public, name, None))
        still: dict[int, Loss] = dict.fromkeys((visible.keys() - known.keys()) & kept.marked, "changed")
        return still | lost


async def _edit(shown: discord.Message, lost: Mapping[str, Loss], places: Collection[int]) -> None:
    content = marked_content(shown.content, lost, noticed_s=time.time()) if lost else unmarked_content(shown.content)
    first, *more = shown.embeds
    await shown.edit(content=content or None, embeds=[marked_embed(first, places), *more])
