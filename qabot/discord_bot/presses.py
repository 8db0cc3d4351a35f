"""What each button does. Every reply is private but the one answer that its asker shares.

The words behind a press are never taken from memory: the files are read again, and what does not stand there any more
is not shown.
"""

from __future__ import annotations

import io
import time
from functools import partial
from typing import Any

import discord

from qabot.datatypes import Answer, NoAnswer
from qabot.discord_bot.access import at_least
from qabot.discord_bot.check_card import check_card
from qabot.discord_bot.context_card import MOST_QUOTES, ContextReply, context_reply
from qabot.discord_bot.kept import KeptMessage
from qabot.discord_bot.others_card import others_card
from qabot.discord_bot.private_replies import Parts, reply_privately
from qabot.discord_bot.recent import PrivateMessage
from qabot.discord_bot.render import Rendered, rendered
from qabot.discord_bot.replies import Interaction
from qabot.discord_bot.rereading import Reread, Seen
from qabot.discord_bot.shown_words import shown_quotes
from qabot.discord_bot.views import Action
from qabot.discord_bot.wire import Attached
from qabot.discord_bot.wishes import wish

UNKNOWN = "I no longer know the quotes of this message. Please ask again with `/ask`."
ENDED = "The buttons of a private answer work for a few minutes only. Please ask again with `/ask`."
FOREIGN = "Only who asked can use the buttons of a private answer. Ask yourself with `/ask`."
OTHER_VERSION = "This button is from another version of this bot. Please ask again with `/ask`."
SHARING = "Sharing ..."
SHARED = "Shared. Everyone in this channel can see the answer now."
SHARED_BEFORE = "You have shared this answer already."
NOT_SHAREABLE = "Only an answer can be shared, and only by who asked for it."
UNSEEN = "This message came to me without its quotes; perhaps its embeds were removed. Please ask again with `/ask`."
CHANGED = "The documents changed since. Please ask again, then share the new answer."
NOT_THE_SAME = (
    "From the documents that everyone in this channel may see, the answer is not the same. Ask with `private: False` "
    "for that one."
)
NOTED = "Noted, thank you."
NOT_NOTED = "Ratings are not kept here."


class _CannotBe(Exception):
    """The press is refused; ``words`` say to the member why and what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


async def press(interaction: Interaction, action: Action | None) -> None:
    """Acknowledge, do what the button says, and reply.

    Raises:
        discord.HTTPException: if Discord does not take the reply.
        QabotError: if the documents cannot be read.
    """

    async def work() -> Parts:
        try:
            return await _reply(interaction, action)
        except _CannotBe as refusal:
            return {"content": refusal.words}

    await reply_privately(interaction.client, interaction, work, limits=interaction.client.looks)


async def _reply(interaction: Interaction, action: Action | None) -> Parts:
    """The parts of the private reply."""
    if action is None:
        raise _CannotBe(OTHER_VERSION)
    if action in ("up", "down"):
        return {"content": await _judge(interaction, action)}
    if action == "tell":
        return {"content": await _wish(interaction)}
    kept, private = await _message(interaction)
    seen = _seen(interaction, kept)
    if action == "share":
        return {"content": await _share(interaction, seen, private)}
    if action == "others":
        others = [one for one in seen if one.kept.rank]
        return {"embed": await _reread(interaction, others, others_card)}
    if action == "check":
        visible = [one for one in seen if one.runs]
        if not visible:
            raise _CannotBe(UNSEEN)  # of no quote at all it would be true that all still stand
        return {"embed": await _reread(interaction, visible, check_card)}
    found = await _reread(interaction, [one for one in seen if not one.kept.rank][:MOST_QUOTES], context_reply)
    return _context(found)


def _context(found: ContextReply) -> Parts:
    reply: Parts = {"embeds": list(found.embeds)}
    if found.original is not None:
        raw = found.original.encode("utf-8", "surrogatepass")
        reply["attachments"] = [Attached(io.BytesIO(raw), filename="context.txt")]
    return reply


async def _reread(interaction: Interaction, seen: list[Seen], show: Any) -> Any:
    """The quotes as they stand now, for the eyes of who pressed."""
    filters = await interaction.client.rules.seen_by(interaction)
    return await interaction.client.desk.reread(seen, filters=filters, show=show)


async def _message(interaction: Interaction) -> tuple[KeptMessage, PrivateMessage | None]:
    """What is known of the message with the button."""
    shown, client = interaction.message, interaction.client
    if shown is None:
        raise _CannotBe(UNKNOWN)
    private = client.private.get(shown.id)
    if private is not None:
        if private.asker_id != interaction.user.id:
            raise _CannotBe(FOREIGN)
        return private.message, private
    if shown.flags.ephemeral:
        raise _CannotBe(ENDED)
    kept = await client.desk.aside(partial(client.store.message, shown.id)) if client.store else None
    if kept is None or kept.expires_s <= time.time():
        raise _CannotBe(UNKNOWN)
    return kept, None


def _seen(interaction: Interaction, kept: KeptMessage) -> list[Seen]:
    """The kept quotes, each with its words as the message shows them; those that are shown come first."""
    shown = shown_quotes(interaction.message.embeds) if interaction.message else []
    return [Seen(quote, shown[at] if at < len(shown) else ()) for at, quote in enumerate(kept.quotes)]


async def _wish(interaction: Interaction) -> str:
    """Keep that the member wants to be told; under a private refusal that is its asker, while it works."""
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await _message(interaction)
    return await wish(interaction)


async def _judge(interaction: Interaction, action: Action) -> str:
    """Keep a thumb; one under a private answer is its asker's, while it works."""
    client, message = interaction.client, interaction.message
    if client.store is None or message is None:
        return NOT_NOTED
    if message.flags.ephemeral:
        await _message(interaction)
    judge = partial(client.store.judge, message_id=message.id, member_id=interaction.user.id, at_s=time.time())
    return NOTED if await client.desk.aside(partial(judge, verdict=action)) else NOT_NOTED


async def _share(interaction: Interaction, seen: list[Seen], private: PrivateMessage | None) -> str:
    """Post a private answer for everyone, if everyone may see its documents and its words still stand there."""
    from qabot.discord_bot.delivery import post_shared  # what is posted has buttons, and these lead back here

    client = interaction.client
    if private is None or private.rendered is None:
        raise _CannotBe(NOT_SHAREABLE)
    # The channel may have been taken off the list of those where the bot answers.
    refusal = client.rules.sight(interaction).refusal
    refusal = refusal or await client.rules.may_share(interaction, frozenset(one.kept.source for one in seen))
    if refusal is not None:
        raise _CannotBe(refusal)
    reread: list[Reread] = await _reread(interaction, seen, list)
    if any(one.state != "unchanged" for one in reread):
        raise _CannotBe(CHANGED)
    public = await _for_all(interaction, private.rendered)
    if private.shared:  # asked only now: two presses at once both come as far as this
        raise _CannotBe(SHARED_BEFORE)
    private.shared = True  # with nothing awaited in between, so that one of them goes on
    try:
        # The first follow-up takes the place of "thinking", which is private and would stay so.
        await interaction.edit_original_response(content=SHARING)
        await post_shared(client, interaction, public)
    except discord.HTTPException:
        private.shared = False
        raise
    return SHARED


async def _for_all(interaction: Interaction, seen: Rendered) -> Rendered:
    """The answer as it comes from what everyone in the channel may see.

    The asker's may tell of the rest even if its quotes do not: percentages and corrections are computed from all that
    was searched.
    """
    client = interaction.client
    sight = client.rules.sight(interaction)
    if sight.own == sight.public:
        return seen

    def show(result: Answer | NoAnswer) -> Rendered:
        return rendered(at_least(result, sight.settings.minimum_confidence), only=seen.only)

    found: Rendered = await client.desk.ask(seen.result.question, source=seen.only, filters=sight.public, show=show)
    if not (isinstance(found.result, Answer) and isinstance(seen.result, Answer)):
        raise _CannotBe(NOT_THE_SAME)
    if found.result.text != seen.result.text:
        raise _CannotBe(NOT_THE_SAME)
    return found
