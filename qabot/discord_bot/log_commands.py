"""/forget for everyone; /unanswered and /feedback for those who may manage the server, with logging on only."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from qabot.discord_bot.card import Card
from qabot.discord_bot.excerpt import plain_excerpt
from qabot.discord_bot.kept import Judged, Store, Unanswered
from qabot.discord_bot.private_replies import Parts, managed_server, reply_privately
from qabot.discord_bot.replies import Interaction
from qabot.discord_bot.wire import Attached
from qabot.errors import UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient
    from qabot.discord_bot.commands import QabotTree

_SHOWN = 15
_IN_FILE = 10_000
_QUESTION_UNITS = 200
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MANAGERS = discord.Permissions(manage_guild=True)

FORGOTTEN = "Done. {kept} What you asked within the last minutes is forgotten too."


def add_forget(tree: QabotTree, client: QabotClient) -> None:
    """Put /forget into the tree."""

    @tree.command(name="forget", description="Delete everything that I keep about you, on all servers")
    async def forget(interaction: Interaction) -> None:
        async def work() -> Parts:
            member_id = interaction.user.id
            client.forget_member(member_id)
            count = 0
            if client.store is not None:
                count = await client.desk.aside(partial(client.store.forget_member, member_id))
            kept = f"Entries about you that I deleted: {count}." if count else "Nothing was stored about you."
            return {"content": FORGOTTEN.format(kept=kept)}

        await reply_privately(client, interaction, work)


def add_log_commands(tree: QabotTree, client: QabotClient) -> None:
    """Put /unanswered and /feedback into the tree. Only where logging is on: they would always be empty."""

    @tree.command(name="unanswered", description="Questions that the documents did not answer, newest first")
    @app_commands.guild_only()
    @app_commands.default_permissions(_MANAGERS)
    async def unanswered(interaction: Interaction) -> None:
        async def work() -> Parts:
            find = partial(_store_of(client).unanswered, managed_server(interaction), limit=_IN_FILE)
            return await client.desk.aside(lambda: _unanswered_parts(find()))

        await reply_privately(client, interaction, work)

    @tree.command(name="feedback", description="What members thought of the answers, newest first")
    @app_commands.guild_only()
    @app_commands.default_permissions(_MANAGERS)
    async def feedback(interaction: Interaction) -> None:
        async def work() -> Parts:
            find = partial(_store_of(client).judged, managed_server(interaction), limit=_IN_FILE)
            return await client.desk.aside(lambda: {"embed": feedback_card(find())})

        await reply_privately(client, interaction, work)


def unanswered_card(found: Sequence[Unanswered]) -> discord.Embed:
    """The newest questions without an answer, and how often each was asked."""
    lines = [f"- {_times(one.times)}, <t:{int(one.last_s)}:d> {_question(one.question)}" for one in found[:_SHOWN]]
    more = f"\nand {len(found) - _SHOWN} more, in the file" if len(found) > _SHOWN else ""
    return Card(title="Unanswered questions", description=("\n".join(lines) or "There are none.") + more).embed()


def unanswered_csv(found: Sequence[Unanswered]) -> bytes:
    """The same as a file for spreadsheets: times, last (UTC), question. No cell is taken for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["times", "last", "question"])
    for one in found:
        last = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(one.last_s))
        question = f"'{one.question}" if one.question.startswith(_FORMULA) else one.question
        writer.writerow([one.times, last, question])
    return out.getvalue().encode("utf-8-sig", "replace")


def feedback_card(found: Sequence[Judged]) -> discord.Embed:
    """The thumbs in all, and the questions that were judged last."""
    up, down = sum(one.up for one in found), sum(one.down for one in found)
    lines = [f"- {one.up} up, {one.down} down · {_question(one.question)}" for one in found[:_SHOWN]]
    card = Card(title="Feedback", description="\n".join(lines) or "Nobody has judged an answer yet.")
    card.add("In all", f"{up} up, {down} down, over {len(found)} question{'' if len(found) == 1 else 's'}")
    return card.embed()


def _unanswered_parts(found: Sequence[Unanswered]) -> Parts:
    parts: Parts = {"embed": unanswered_card(found)}
    if found:
        parts["attachments"] = [Attached(io.BytesIO(unanswered_csv(found)), "unanswered.csv")]
    return parts


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _question(text: str) -> str:
    return plain_excerpt(" ".join(text.split()), _QUESTION_UNITS) or "(no question)"


def _store_of(client: QabotClient) -> Store:
    if client.store is None:
        raise UsageError("Nothing is kept here", remedy="Ask whoever runs this bot to switch logging on.")
    return client.store
