"""qabot in Discord. What the command line needs; importing this package imports discord.py."""

from qabot.discord_bot.invitation import invite_link
from qabot.discord_bot.service import run_bot

__all__ = ["invite_link", "run_bot"]
