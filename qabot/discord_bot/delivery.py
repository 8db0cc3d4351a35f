"""An answer goes out with its buttons, and what these need is kept: of public ones in the store, else in memory."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord.utils import MISSING

from qabot.datatypes import Answer, NoAnswer
from qabot.discord_bot.buttons import live_view
from qabot.discord_bot.excerpt import plain_excerpt
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.kept import Asked, KeptMessage
from qabot.discord_bot.logs import causes
from qabot.discord_bot.recent import PrivateMessage
from qabot.discord_bot.render import Rendered
from qabot.discord_bot.replies import Interaction, age_s
from qabot.discord_bot.views import Action, actions_for, disabled_view
from qabot.errors import QabotError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_log = logging.getLogger(__name__)

KEPT_S = 90 * 86_400.0
STORE_FAILURES = (QabotError, OSError, sqlite3.Error)


async def resolve(
    client: QabotClient, interaction: Interaction, rendered: Rendered, *, private: bool, note: str | None = None
) -> discord.Message:
    """Put the answer in the place of "thinking", under a note of ours if there is one.

    Raises:
        discord.HTTPException: if Discord does not take it.
    """
    actions = offered(client, rendered, private=private)
    view = live_view(actions)
    shown = await interaction.edit_original_response(
        content=note or MISSING, embed=rendered.embed, view=view or MISSING
    )
    if private and view:
        _keep_private(client, interaction, shown, rendered, actions)
    elif view:
        await keep(client, shown, rendered)
    return shown


def offered(client: QabotClient, rendered: Rendered, *, private: bool) -> tuple[Action, ...]:
    """The buttons of a message. Without a store there are no thumbs, and in public none: a press would know nothing."""
    if client.store is None and not private:
        return ()
    feedback = client.feedback and client.store is not None
    later = client.tells_later(private=private)
    return actions_for(rendered, private=private, feedback=feedback, later=later)


async def keep(client: QabotClient, shown: discord.Message, rendered: Rendered) -> None:
    """Remember the quotes of a public message. If the store refuses, the answer stands and only its buttons end."""
    if client.store is None or not rendered.quotes:
        return
    message = kept_message(shown, rendered, expires_s=time.time() + KEPT_S)
    try:
        await client.desk.aside(partial(client.store.keep_message, message))
    except STORE_FAILURES as error:
        client.log_once(f"The quotes of messages cannot be kept: their buttons will not work. {causes(error)}")


async def log_question(
    client: QabotClient,
    question: str,
    result: Answer | NoAnswer,
    *,
    member_id: int,
    channel_id: int,
    server_id: int | None,
    message_id: int,
    source: str | None = None,
) -> None:
    """Keep who asked what, if the operator switched that on. That it fails is no matter of the member's."""
    if not client.logging_on or client.store is None:
        return
    asked = Asked(
        message_id=message_id,
        channel_id=channel_id,
        server_id=server_id,
        member_id=member_id,
        question=question,
        answered=isinstance(result, Answer),
        confidence=result.confidence,
        asked_s=time.time(),
        understood=result.question_understood,
        source=source,
    )
    try:
        await client.desk.aside(partial(client.store.log, asked))
    except STORE_FAILURES as error:
        client.log_once(f"Questions cannot be kept. {causes(error)}")


async def post_shared(client: QabotClient, interaction: Interaction, rendered: Rendered) -> None:
    """A private answer once more, for everyone in the channel, with who shared it.

    Raises:
        discord.HTTPException: if Discord does not take it.
    """
    view = live_view(offered(client, rendered, private=False))
    by = f"Shared by {plain_excerpt(interaction.user.display_name, 100)}"
    shown = await interaction.followup.send(by, embed=rendered.embed, view=view or MISSING, ephemeral=False, wait=True)
    await keep(client, shown, rendered)


def kept_message(shown: discord.Message, rendered: Rendered, *, expires_s: float) -> KeptMessage:
    """What is remembered of a message."""
    return KeptMessage(
        message_id=shown.id,
        channel_id=shown.channel.id,
        server_id=shown.guild.id if shown.guild else None,
        generation=rendered.result.generation,
        quotes=rendered.quotes,
        posted_s=time.time(),
        expires_s=expires_s,
    )


def _keep_private(
    client: QabotClient,
    interaction: Interaction,
    shown: discord.Message,
    rendered: Rendered,
    actions: tuple[Action, ...],
) -> None:
    """Remember a private message until its buttons are switched off, while its token still lets us do that."""
    left_s = max(0.0, client.private_ends_s - age_s(interaction))
    message = kept_message(shown, rendered, expires_s=time.time() + left_s)
    client.private.keep(PrivateMessage(message, interaction.user.id, rendered))
    client.later(left_s, partial(_switch_off, interaction, actions))


async def _switch_off(interaction: Interaction, actions: tuple[Action, ...]) -> None:
    try:
        await interaction.edit_original_response(view=disabled_view(actions))
    except discord.NotFound:
        return  # the member dismissed the message
    except DISCORD_FAILURES as error:
        _log.info("The buttons of a private message could not be switched off. %s", causes(error))


class Later:
    """Work to be done after a while; what still waits at the end is dropped."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Task[None]] = set()

    def do(self, after_s: float, work: Callable[[], Any]) -> None:
        """Run the coroutine that ``work`` makes in ``after_s`` seconds."""

        async def wait() -> None:
            await asyncio.sleep(after_s)
            await work()

        task = asyncio.create_task(wait(), name="qabot-later")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    def drop_all(self) -> None:
        """Forget what still waits."""
        for task in self._waiting:
            task.cancel()
