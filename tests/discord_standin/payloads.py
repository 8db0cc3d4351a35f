"""The objects that Discord sends, as small as the client takes them."""

from __future__ import annotations

import itertools
from typing import Any

APPLICATION_ID = 1_100_000_000_000_000_001
BOT_ID = 1_100_000_000_000_000_002
GUILD_ID = 1_100_000_000_000_000_003
CHANNEL_ID = 1_100_000_000_000_000_004
MEMBER_ID = 1_100_000_000_000_000_005
THREAD_ID = 1_100_000_000_000_000_006
DIRECT_ID = 1_100_000_000_000_000_007
NOW = "2026-11-22T12:00:00.000000+00:00"
EPHEMERAL = 64
LOADING = 128

_ids = itertools.count(1_200_000_000_000_000_000)


def new_id() -> str:
    """A snowflake that was not given before."""
    return str(next(_ids))


def user(user_id: int, name: str, *, bot: bool = False) -> dict[str, Any]:
    """A user object."""
    return {
        "id": str(user_id), "username": name, "discriminator": "0", "avatar": None, "global_name": None,
        "bot": bot, "public_flags": 0, "flags": 0, "primary_guild": None,
    }  # fmt: skip


def me() -> dict[str, Any]:
    """GET /users/@me."""
    return {**user(BOT_ID, "qabot", bot=True), "mfa_enabled": True, "locale": "en-US", "verified": True, "email": None}


def member(member_id: int) -> dict[str, Any]:
    """GET /guilds/{guild}/members/{member}."""
    return {
        "user": user(member_id, "member"), "roles": [], "joined_at": NOW, "deaf": False, "mute": False, "flags": 0,
        "nick": None, "avatar": None, "banner": None, "communication_disabled_until": None, "pending": False,
        "premium_since": None,
    }  # fmt: skip


def application() -> dict[str, Any]:
    """GET /oauth2/applications/@me."""
    return {
        "id": str(APPLICATION_ID), "name": "qabot", "icon": None, "description": "", "bot_public": False,
        "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": 0, "summary": "", "team": None,
        "owner": user(MEMBER_ID, "owner"), "interactions_endpoint_url": None, "type": None, "flags_new": "0",
        "redirect_uris": [], "role_connections_verification_url": None, "approximate_guild_count": 1,
        "approximate_user_install_count": 0, "approximate_user_authorization_count": 0, "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [], "hook": True, "integration_types_config": {"0": {}},
    }  # fmt: skip


def ready(session_id: str, gateway: str, shard: list[int]) -> dict[str, Any]:
    """The READY event."""
    return {
        "v": 10, "user": user(BOT_ID, "qabot", bot=True), "guilds": [{"id": str(GUILD_ID), "unavailable": True}],
        "session_id": session_id, "resume_gateway_url": gateway, "shard": shard,
        "application": {"id": str(APPLICATION_ID), "flags": 0},
    }  # fmt: skip


def guild() -> dict[str, Any]:
    """The GUILD_CREATE event."""
    return {
        "id": str(GUILD_ID), "name": "a server", "icon": None, "splash": None, "owner_id": str(MEMBER_ID),
        "afk_timeout": 300, "afk_channel_id": None, "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "emojis": [], "features": [], "mfa_level": 0, "system_channel_id": None,
        "system_channel_flags": 0, "premium_tier": 0, "preferred_locale": "en-US", "nsfw_level": 0, "stickers": [],
        "joined_at": NOW, "large": False, "unavailable": False, "member_count": 2, "voice_states": [], "members": [],
        "roles": [{
            "id": str(GUILD_ID), "name": "@everyone", "color": 0, "hoist": False, "position": 0,
            "permissions": str(1 << 31 | 1 << 10), "managed": False, "mentionable": False, "flags": 0,
        }],
        "channels": [{
            "id": str(CHANNEL_ID), "type": 0, "name": "general", "position": 0, "permission_overwrites": [],
            "nsfw": False, "topic": None, "parent_id": None,
        }],
        "threads": [thread()], "presences": [], "stage_instances": [], "guild_scheduled_events": [],
    }  # fmt: skip


def thread() -> dict[str, Any]:
    """A thread under the channel."""
    return {
        "id": str(THREAD_ID), "type": 11, "name": "a thread", "guild_id": str(GUILD_ID), "parent_id": str(CHANNEL_ID),
        "owner_id": str(MEMBER_ID), "message_count": 1, "member_count": 1, "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": False, "auto_archive_duration": 1440, "archive_timestamp": NOW, "locked": False,
        },
    }  # fmt: skip


def interaction(
    kind: int, interaction_id: str, token: str, data: dict[str, Any], *, member_id: int = MEMBER_ID
) -> dict[str, Any]:
    """An INTERACTION_CREATE event of a member in the guild's channel; kind 2: a command, 3: a button, 4: completion."""
    return {
        "id": interaction_id, "application_id": str(APPLICATION_ID), "type": kind, "token": token, "version": 1,
        "guild_id": str(GUILD_ID), "channel_id": str(CHANNEL_ID), "channel": {"id": str(CHANNEL_ID), "type": 0},
        "guild": {"id": str(GUILD_ID), "locale": "en-US", "features": []},
        "member": {
            "user": user(member_id, "member"), "roles": [], "joined_at": NOW, "deaf": False, "mute": False,
            "flags": 0, "permissions": "2147483648", "nick": None, "avatar": None,
        },
        "data": data, "locale": "en-GB", "guild_locale": "en-US", "app_permissions": "2147483648",
        "attachment_size_limit": 10485760, "entitlements": [], "context": 0,
        "authorizing_integration_owners": {"0": str(GUILD_ID)},
    }  # fmt: skip


def message(message_id: str, payload: dict[str, Any], flags: int, *, channel_id: int = CHANNEL_ID) -> dict[str, Any]:
    """A message object of the bot as REST returns it."""
    return {
        "id": message_id, "channel_id": str(channel_id), "author": user(BOT_ID, "qabot", bot=True),
        "content": payload.get("content") or "", "embeds": payload.get("embeds") or [], "timestamp": NOW,
        "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": payload.get("attachments") or [], "pinned": False, "flags": flags,
        "type": 19 if payload.get("message_reference") else 20, "webhook_id": str(APPLICATION_ID),
        "application_id": str(APPLICATION_ID), "components": _numbered(payload.get("components") or []),
    }  # fmt: skip


def _numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Components as Discord reports them: each with a number in the message, and common emoji without an id."""
    ids = itertools.count(1)
    shown = [{**row, "id": next(ids)} for row in rows]
    return [{**row, "components": [{**_plain(one), "id": next(ids)} for one in row["components"]]} for row in shown]


def _plain(button: dict[str, Any]) -> dict[str, Any]:
    return {**button, "emoji": {"name": button["emoji"]["name"]}} if button.get("emoji") else button


def said(
    content: str,
    *,
    channel_id: int = CHANNEL_ID,
    direct: bool = False,
    mentions: bool = False,
    reply_to: dict[str, Any] | None = None,
    bot: bool = False,
    member_id: int = MEMBER_ID,
) -> dict[str, Any]:
    """A MESSAGE_CREATE event. Without the message content intent the words come with mentions and direct ones only."""
    author = user(member_id, "member", bot=bot)
    readable = mentions or direct
    found: dict[str, Any] = {
        "id": new_id(), "channel_id": str(channel_id), "author": author, "content": content if readable else "",
        "timestamp": NOW, "edited_timestamp": None, "tts": False, "mention_everyone": False, "mention_roles": [],
        "mentions": [user(BOT_ID, "qabot", bot=True)] if mentions else [], "attachments": [], "embeds": [],
        "pinned": False, "type": 19 if reply_to else 0, "flags": 0, "components": [],
        "channel_type": 1 if direct else 0,
    }  # fmt: skip
    if not direct:
        member = {"roles": [], "joined_at": NOW, "deaf": False, "mute": False, "flags": 0}
        found |= {"guild_id": str(GUILD_ID), "member": member}
    if reply_to:
        reference = {"message_id": reply_to["id"], "channel_id": str(channel_id), "guild_id": str(GUILD_ID), "type": 0}
        found |= {"message_reference": reference, "referenced_message": reply_to}
    return found
