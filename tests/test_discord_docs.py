"""docs/discord.md stays true to what the bot does."""

import re
from pathlib import Path

import discord_standin
from discord_standin import discord

from qabot.config import DiscordConfig
from qabot.discord_bot import address, client, credentials, excerpt, service
from qabot.discord_bot.client import QabotClient
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.escape import escape

PAGE = (Path(__file__).parent.parent / "docs" / "discord.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_described() -> None:
    """Each command stands in the page with its options, and no other command does."""
    bot = QabotClient(Desk(lambda _: discord_standin.ScriptedEngine()), config=DiscordConfig(logging=True))
    named = {command.name for command in bot.tree.get_commands(type=discord.AppCommandType.chat_input)}
    menus = {command.name for command in bot.tree.get_commands(type=discord.AppCommandType.message)}
    assert all(f"**{name}**" in PAGE for name in menus)
    assert set(re.findall(r"`/(\w+)", PAGE)) == named
    assert "`/ask question [source] [private]`" in PAGE


def test_variables_and_levels_are_named() -> None:
    """The environment variables of the table are the ones that are read."""
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert table == {credentials.TOKEN_NAME, service.LEVEL_NAME, address.BASE_NAME}
    assert all(f"`{level}`" in PAGE for level in service._LEVELS)


def test_figures_and_examples_are_true() -> None:
    """The seconds for finishing, the mark of a gap and the code of an invisible character are as in the code."""
    assert f"up to {client.FINISH_WITHIN_S:.0f} seconds" in PAGE
    assert excerpt.omission(120) in PAGE
    assert escape("\u202e") in PAGE


def test_the_invitation_asks_for_no_permission() -> None:
    """The link invites with permissions=0 and the two scopes that slash commands need."""
    assert "scope=bot+applications.commands&permissions=0" in PAGE
