"""Discord's failures at start or in the middle, as errors with a remedy."""

from __future__ import annotations

import aiohttp
import discord

from qabot.errors import DiscordError

# What the client can end with for reasons outside of qabot. OSError is the network here: the engine's own are turned
# into index errors where they arise.
DISCORD_FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)

_BAD_TOKEN = 4004
_BAD_INTENTS = (4013, 4014)


def explained(error: BaseException) -> DiscordError:
    """What happened and what to do about it. The words never hold what was sent to Discord."""
    code = error.code if isinstance(error, discord.ConnectionClosed) else None
    if isinstance(error, discord.LoginFailure) or code == _BAD_TOKEN:
        return DiscordError(
            "Discord refused the token",
            remedy="Make a new one at https://discord.com/developers/applications (your application, Bot, Reset "
            "Token) and put it into DISCORD_TOKEN or .env.",
        )
    if isinstance(error, discord.PrivilegedIntentsRequired) or code in _BAD_INTENTS:
        return DiscordError(
            "Discord refused the intents of this bot",
            remedy="qabot needs no privileged intent, so this is an application of another kind or a changed client: "
            "compare with docs/discord.md, or create a new application.",
        )
    if isinstance(error, discord.HTTPException):
        return DiscordError(
            f"Discord answered with status {error.status}, code {error.code}",
            remedy="See https://discordstatus.com and start again later; if it stays, compare with docs/discord.md.",
        )
    if code is not None:
        return DiscordError(f"Discord closed the connection with code {code}", remedy="Start the bot again.")
    return DiscordError(
        f"Discord cannot be reached: {_why(error)}",
        remedy="Check this machine's network and https://discordstatus.com, then start the bot again.",
    )


def _why(error: BaseException) -> str:
    """What the network says, in words."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its name could not be looked up"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no trusted connection could be made"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the connection broke off"
