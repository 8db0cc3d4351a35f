"""/ask from the interaction to the reply: who may be answered from what, publicly or privately, now or later."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.discord_bot import render
from qabot.discord_bot.access import at_least
from qabot.discord_bot.delivery import log_question, resolve
from qabot.discord_bot.limits import TryAgain
from qabot.discord_bot.replies import ANSWER_WITHIN_S, STOPPING, Interaction, acknowledge, say_privately
from qabot.discord_bot.seams import Sight
from qabot.question import clean, refusal

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

SENT_PRIVATELY = (
    "Sent privately: you may see documents that not everyone in this channel may see. With the option `private: False` "
    "I answer in public, from the documents that all may see."
)
SOURCE_NOT_FOR_ALL = "Sent privately: not everyone in this channel may see this document."


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered: from which documents, and who sees the reply."""

    filters: Filters
    source: str | None
    private: bool
    note: str | None = None


def planned(client: QabotClient, sight: Sight, *, source: str | None, private: bool | None) -> Plan:
    """Decide before "thinking" is shown, since whether a reply is private cannot be changed afterwards.

    A public reply is computed from what all in the channel may see. Whoever may see more gets a private one, unless
    they asked for a public one; so does who names a document that is not for all, or none at all.
    """
    if private is None and sight.settings.private_by_default:
        private = True
    named = client.desk.names.document
    for_all = source is None or named(source, sight.public) is not None
    if for_all and (private is False or (private is None and sight.own == sight.public)):
        return Plan(sight.public, source and named(source, sight.public), private=False)
    chosen = source and named(source, sight.own)
    exists = source is None or chosen is not None
    note = SENT_PRIVATELY if for_all else SOURCE_NOT_FOR_ALL
    return Plan(sight.own, chosen or source, private=True, note=note if exists and not private else None)


async def answer_question(
    client: QabotClient, interaction: Interaction, question: str, *, source: str | None, private: bool | None
) -> None:
    """Have the question answered if this is the place and the time; what is refused unread is refused privately."""
    sight = client.rules.sight(interaction)
    if client.stopping or sight.refusal is not None:
        await say_privately(interaction, sight.refusal if sight.refusal and not client.stopping else STOPPING)
        return
    try:
        with client.answering(), client.limits.admitted(member_id=interaction.user.id, server_id=interaction.guild_id):
            plan = planned(client, sight, source=source, private=private)
            if refusal(clean(question), max_chars=client.max_question_chars) is not None:
                plan = replace(plan, private=True, note=None)  # a refusal is of use to the asker alone
            await _answer(client, interaction, question, plan, sight)
    except TryAgain as busy:
        await say_privately(interaction, str(busy))


async def _answer(client: QabotClient, interaction: Interaction, question: str, plan: Plan, sight: Sight) -> None:
    """Acknowledge, have the question answered in a thread, and put the answer in the place of "thinking"."""
    show = partial(_shown, only=plan.source, minimum=sight.settings.minimum_confidence)
    try:
        await acknowledge(interaction, private=plan.private)
        began_s = time.monotonic()
        async with asyncio.timeout(ANSWER_WITHIN_S):
            rendered = await client.desk.ask(question, source=plan.source, filters=plan.filters, show=show)
        client.figures.note(interaction.guild_id, answer_ms=1000 * (time.monotonic() - began_s))
        shown = await resolve(client, interaction, rendered, private=plan.private, note=plan.note)
    except asyncio.CancelledError:
        # The bot is being stopped and this answer takes too long: "thinking" must not stay behind.
        await say_privately(interaction, STOPPING)
        raise
    await log_question(
        client,
        question,
        rendered.result,
        member_id=interaction.user.id,
        channel_id=interaction.channel_id or 0,
        server_id=interaction.guild_id,
        message_id=shown.id,
        source=plan.source,
    )


def _shown(result: Answer | NoAnswer, *, only: str | None, minimum: float | None) -> render.Rendered:
    return render.rendered(at_least(result, minimum), only=only)
