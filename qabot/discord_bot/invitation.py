"""The address under which somebody invites the bot to a server, with the least that it needs there.

It knows the application's id, which is no secret, and nothing else of the token.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import discord

from qabot.discord_bot.credentials import read_token
from qabot.errors import UsageError

SCOPES = ("bot", "applications.commands")
_ID = re.compile(r"[1-9][0-9]{16,19}")

# What replies to messages need. Answers to commands and buttons need none of it, nor do the files in these.
PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    read_message_history=True,  # without it a reply to a message is refused
)


def invite_link(environ: Mapping[str, str], root: Path, *, application_id: str | None = None) -> str:
    """The address, for the given application or else for the one whose token is set.

    Raises:
        ConfigError: if no id is given and there is no token.
        UsageError: if the id is none, or the token does not tell it.
    """
    if application_id is None:
        application_id = application_of(read_token(environ, root))
    elif not _ID.fullmatch(application_id):
        raise UsageError(f"{application_id} is no application id", remedy="It is a number of 17 to 20 digits.")
    query = {"client_id": application_id, "scope": " ".join(SCOPES), "permissions": str(PERMISSIONS.value)}
    return f"https://discord.com/oauth2/authorize?{urlencode(query)}"


def application_of(token: str) -> str:
    """The id in the token's first part, which is the bot's in base64; nothing is sent anywhere.

    Applications of 2016 and before have another id than their bot.

    Raises:
        UsageError: if there is no id in it.
    """
    part = token.split(".", maxsplit=1)[0]
    try:
        found = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        found = ""
    if not _ID.fullmatch(found):
        raise UsageError(
            "the token does not tell the application's id",
            remedy="Name it with --application-id; https://discord.com/developers/applications shows it under "
            "General Information.",
        )
    return found
