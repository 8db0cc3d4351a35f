"""Questions to the bot in ordinary messages: it is mentioned, or somebody writes to it directly.

Without the message content intent Discord sends the words of such messages only; all others arrive empty and are
passed over, but for two whose authors get a hint: a reply to the bot with the ping switched off, and a mention of the
role that Discord made for the bot, which it offers under the bot's own name.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.discord_bot.access import at_least
from qabot.discord_bot.buttons import live_view
from qabot.discord_bot.delivery import keep, log_question, offered
from qabot.discord_bot.escape import escape
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.followups import Understood
from qabot.discord_bot.limits import TryAgain
from qabot.discord_bot.logs import causes
from qabot.discord_bot.render import Rendered, rendered
from qabot.discord_bot.replies import ANSWER_WITHIN_S, FAILED, STOPPING
from qabot.discord_bot.wire import Reference
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_log = logging.getLogger(__name__)

HINT = "Write your question in the same message in which you mention me: `@me when does it open?` Or use `/ask`."
HINT_REPLY = "I can read messages only if they mention me: switch the ping of your reply on, or use `/ask`."
HINT_ROLE = (
    "That was my role, and messages that mention it I cannot read. Of the two that Discord offers under my name choose "
    "the member, or use `/ask`."
)
HINT_EMPTY = "I read nothing but words. Please write your question, or use `/ask`."
HINT_DIRECT = "I do not answer direct messages. Please ask on the server where we met, with `/ask`."
_MENTION = re.compile(r"<(?P<kind>@&|@|#)!?(?P<id>\d+)>|<a?:\w+:\d+>")
_TYPES = (discord.MessageType.default, discord.MessageType.reply)
_TYPING_EVERY_S = 8.0  # Discord shows it for ten
_MOST_CHANNELS = 5000


class Once:
    """Which channels have had their hint; the oldest are forgotten when there are too many."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()

    def first(self, channel_id: int) -> bool:
        """Whether this is the first time."""
        new = channel_id not in self._seen
        self._seen[channel_id] = None
        self._seen.move_to_end(channel_id)
        while len(self._seen) > _MOST_CHANNELS:
            self._seen.popitem(last=False)
        return new


async def handle(client: QabotClient, message: discord.Message) -> None:
    """Answer a message if it is for the bot; whatever fails is told, or else logged once with its cause."""
    if message.author.bot or message.webhook_id is not None or message.type not in _TYPES or client.user is None:
        return
    if message.guild is not None and client.user not in message.mentions:
        if _replies_silently(message, client.user):
            await _hint(client, message, HINT_REPLY)
        elif _mentions_role_of(client.user, message):
            await _hint(client, message, HINT_ROLE)
        return
    question = question_in(message, client.user.id)
    if not question:
        await _hint(client, message, HINT if message.guild else HINT_EMPTY)
        return
    try:
        await _answer(client, message, question)
    except DISCORD_FAILURES as error:
        _log.warning("A message could not be answered: %s", causes(error))


def question_in(message: discord.Message, bot_id: int) -> str:
    """The words of a message without the bot's mentions and without emoji; other mentions as the names members see.

    What is mentioned but not known here is left out: its number would be taken for a word of the question.
    """
    names = {("@", str(one.id)): one.display_name for one in message.mentions if one.id != bot_id}
    names |= {("@&", str(role.id)): role.name for role in message.role_mentions}
    names |= {("#", str(channel.id)): channel.name for channel in message.channel_mentions}

    def named(found: re.Match[str]) -> str:
        return names.get((found["kind"], found["id"]), " ")

    return " ".join(_MENTION.sub(named, message.content).split())


def _replies_silently(message: discord.Message, bot: discord.ClientUser) -> bool:
    """Whether it answers a message of the bot with the ping switched off: it arrives without anything in it."""
    answered = message.reference.resolved if message.reference else None
    empty = not (message.content or message.attachments or message.stickers or message.embeds)
    return empty and isinstance(answered, discord.Message) and answered.author.id == bot.id


def _mentions_role_of(bot: discord.ClientUser, message: discord.Message) -> bool:
    return any(role.tags is not None and role.tags.bot_id == bot.id for role in message.role_mentions)


async def _hint(client: QabotClient, message: discord.Message, words: str) -> None:
    """Say how to ask, once in each channel and thread. Where the bot does not answer: nothing, but directly that."""
    answers = await client.rules.seen_in(message) is not None
    if client.stopping or (message.guild and not answers):
        return
    if not client.hinted.first(message.channel.id):
        return
    try:
        await _reply(message, words if answers else HINT_DIRECT)
    except DISCORD_FAILURES as error:
        _log.info("A hint could not be given: %s", causes(error))


async def _answer(client: QabotClient, message: discord.Message, question: str) -> None:
    """Reply with the answer, or with what stands in its way."""
    filters = await client.rules.seen_in(message)
    if filters is None:
        await _hint(client, message, HINT_DIRECT)
        return
    if client.stopping:
        await _reply(message, STOPPING)
        return
    server_id = message.guild.id if message.guild else None
    began_s = time.monotonic()
    with client.answering():
        try:
            async with _typing(message.channel), asyncio.timeout(ANSWER_WITHIN_S):
                with client.limits.admitted(member_id=message.author.id, server_id=server_id):
                    found = await _found(client, message, question, filters)
        except asyncio.CancelledError:
            await _reply(message, STOPPING)
            raise
        except TryAgain as refusal:
            await _reply(message, str(refusal))
            return
        except Exception as error:  # noqa: BLE001 - nobody above could tell the member
            await _reply(message, _told(error))
            return
        client.figures.note(server_id, answer_ms=1000 * (time.monotonic() - began_s))
        reply = await _reply(message, embed=found.embed, view=live_view(offered(client, found, private=False)))
        await keep(client, reply, found)
        await log_question(
            client,
            question,
            found.result,
            member_id=message.author.id,
            channel_id=message.channel.id,
            server_id=server_id,
            message_id=reply.id,
        )


async def _found(client: QabotClient, message: discord.Message, question: str, filters: Filters) -> Rendered:
    """The answer to the question as it is understood here."""
    understood = client.followups.understand(question, member_id=message.author.id, channel_id=message.channel.id)
    show = partial(_shown, question=question, understood=understood, minimum=client.rules.minimum_in(message))
    return await client.desk.ask(understood.text, source=None, filters=filters, show=show)


def _shown(result: Answer | NoAnswer, *, question: str, understood: Understood, minimum: float | None) -> Rendered:
    """Under the question that was asked, with what was understood if that is more; refused below ``minimum``."""
    result = at_least(result, minimum)
    completed = understood.text if understood.completed else result.question_understood
    return rendered(replace(result, question=question, question_understood=completed))


def _told(error: Exception) -> str:
    """Words for the member; what is no fault of theirs is logged under the number in them."""
    if isinstance(error, UsageError):
        return escape(str(error))
    reference = secrets.token_hex(3).upper()
    _log.error("%s: a message could not be answered. %s", reference, causes(error))
    return FAILED.format(reference=reference)


async def _reply(message: discord.Message, words: str = "", **parts: Any) -> discord.Message:
    """A reply that pings nobody, and stands by itself if the message is gone."""
    reference = Reference.from_message(message, fail_if_not_exists=False)
    return await message.channel.send(words or None, reference=reference, mention_author=False, **parts)


@asynccontextmanager
async def _typing(channel: discord.abc.Messageable) -> AsyncIterator[None]:
    """Show that the bot is at it, at once and until the block ends. That it cannot be shown does not matter."""
    showing = asyncio.create_task(_show_typing(channel), name="qabot-typing")
    try:
        yield
    finally:
        showing.cancel()


async def _show_typing(channel: discord.abc.Messageable) -> None:
    try:
        while True:
            await channel.typing()
            await asyncio.sleep(_TYPING_EVERY_S)
    except DISCORD_FAILURES as error:
        _log.debug("Typing could not be shown: %s", error)
