"""qabot in Discord. ``run_bot`` is all that the command line needs; importing this package imports discord.py."""

from qabot.discord_bot.service import run_bot

__all__ = ["run_bot"]
