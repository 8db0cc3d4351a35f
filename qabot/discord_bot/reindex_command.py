"""/reindex: take up changed documents now, or build everything again, with the progress in the reply."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import discord
from discord import app_commands

from qabot.discord_bot.escape import escape
from qabot.discord_bot.failures import DISCORD_FAILURES
from qabot.discord_bot.logs import causes
from qabot.discord_bot.private_replies import Parts, reply_privately
from qabot.discord_bot.replies import ANSWER_WITHIN_S, Interaction
from qabot.errors import QabotError, UsageError

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient
    from qabot.discord_bot.commands import QabotTree

_EVERY_S = 2.0
_HAND_OVER_S = ANSWER_WITHIN_S - 60.0

LONG = "This takes longer than I may tell you about here. It goes on; `/status` says when it is done."


@dataclass(slots=True)
class _Latest:
    """The last that was heard of a build; written by its thread, read by the loop."""

    words: str = "Comparing the documents with the index ..."

    def __call__(self, stage: str, done: int, total: int) -> None:
        self.words = f"{stage.capitalize()}: {done:,} of {total:,}"


def add_reindex(tree: QabotTree, client: QabotClient) -> None:
    """Put the command into the tree."""

    @tree.command(name="reindex", description="Take up changed documents now, or build the whole index again")
    @app_commands.describe(full="Build everything again, even what did not change")
    @app_commands.default_permissions(discord.Permissions(manage_guild=True))
    async def reindex(interaction: Interaction, full: bool = False) -> None:  # noqa: FBT002 - an option
        await reply_privately(client, interaction, lambda: _rebuilt(client, interaction, full=full))


async def _rebuilt(client: QabotClient, interaction: Interaction, *, full: bool) -> Parts:
    require_admin(client, interaction)
    if client.desk.rebuilding:
        return {"content": "A rebuild is going on already; `/status` says when it is done."}
    latest = _Latest()
    build = asyncio.ensure_future(client.desk.rebuild(latest, full=full))
    try:
        async with asyncio.timeout(_HAND_OVER_S):
            await _follow(interaction, build, latest)
    except TimeoutError:
        return {"content": LONG}
    finally:
        if not build.done():  # it goes on, whatever becomes of this reply
            build.add_done_callback(partial(_ended, client))
    try:
        changed = build.result()
    except QabotError as error:
        _note(client, error)
        return {"content": f"It failed; the previous index stays in service. {escape(error.problem)}"}
    return {"content": "Done. The index is up to date." if changed else "Nothing had changed."}


async def _follow(interaction: Interaction, build: asyncio.Future[bool], latest: _Latest) -> None:
    """Show how far the build is until it ends. That it cannot be shown is no reason to lose its outcome."""
    shown = ""
    while not (await asyncio.wait({build}, timeout=_EVERY_S))[0]:
        if latest.words != shown:
            shown = latest.words
            with suppress(*DISCORD_FAILURES):
                await interaction.edit_original_response(content=shown)


def _ended(client: QabotClient, build: asyncio.Future[bool]) -> None:
    if not build.cancelled():
        _note(client, build.exception())


def _note(client: QabotClient, error: BaseException | None) -> None:
    if error is not None:
        client.log_once(f"A rebuild failed; the previous index stays. {causes(error)}")


def require_admin(client: QabotClient, interaction: Interaction) -> None:
    """Managers of the servers that the operator named, and whom the application belongs to.

    Raises:
        UsageError: for everybody else.
    """
    manages = interaction.guild_id is not None and interaction.permissions.manage_guild
    if manages and str(interaction.guild_id) in client.config.admin_servers:
        return
    application = client.application
    owners = set()
    if application is not None:
        owners = _managing(application.team) if application.team else {application.owner.id}
    if interaction.user.id not in owners:
        raise UsageError("This command is for those who run this bot", remedy="Changed documents are noticed anyway.")


def _managing(team: discord.Team) -> set[int]:
    """The members that may change the application: not those who are only invited, or may only look."""
    accepted, looking = discord.TeamMembershipState.accepted, discord.TeamMemberRole.read_only
    return {one.id for one in team.members if one.membership_state is accepted and one.role is not looking}
