"""What Discord sends is completed before discord.py reads it, and an event that cannot be read ends nothing.

discord.py takes some optional fields for granted, and an error while it reads one event ends the whole connection.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import partial
from typing import Any

from qabot.discord_bot.logs import causes

Event = dict[str, Any]
Parser = Callable[[Any], None]

_INTERACTION: Event = {"version": 1, "attachment_size_limit": 10 * 1024 * 1024, "entitlements": []}
_MEMBER: Event = {"roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
_CHANNEL: Event = {"type": 0, "name": "", "position": 0, "permission_overwrites": []}
_THREAD: Event = {
    "message_count": 0, "member_count": 0, "owner_id": "0", "parent_id": "0",
    "thread_metadata": {"archived": False, "auto_archive_duration": 60, "archive_timestamp": None},
}  # fmt: skip
_THREADS = (10, 11, 12)
_MESSAGE: Event = {
    "content": "", "embeds": [], "attachments": [], "components": [], "mentions": [], "mention_roles": [],
    "mention_everyone": False, "pinned": False, "tts": False, "edited_timestamp": None, "type": 0, "flags": 0,
}  # fmt: skip
_NULLABLE = ("edited_timestamp", "referenced_message")  # in them null says something
_READY: Event = {"shard": [0, 1], "guilds": []}


def read_tolerantly(parsers: MutableMapping[str, Parser], warn: Callable[[str], None]) -> None:
    """Put ``completed`` and a guard before each parser; ``warn`` is told what was passed over."""
    for name, parser in parsers.items():
        parsers[name] = partial(_read, name, parser, warn)


def completed(name: str, event: Any) -> Any:
    """The event with what is missing or null filled in, as far as the bot needs it."""
    if name == "READY":
        return _READY | event
    if name == "MESSAGE_CREATE":
        return _message(event)
    return _interaction(event) if name == "INTERACTION_CREATE" else event


def _read(name: str, parser: Parser, warn: Callable[[str], None], event: Any) -> None:
    try:
        parser(completed(name, event))
    except Exception as error:  # of whatever kind: the next event can be read
        if name == "READY":
            raise  # without it there is no session
        warn(f"Discord sent an event that cannot be read; it is passed over: {name}. {causes(error)}")


def _interaction(event: Event) -> Event:
    found = _INTERACTION | _without_nulls(event)
    if "channel_id" in found:
        channel = _CHANNEL | {"id": found["channel_id"]} | _without_nulls(found.get("channel", {}))
        found["channel"] = (_THREAD if channel["type"] in _THREADS else {}) | channel
    if "guild_id" not in found:
        found.pop("member", None)
        found["channel"] = found.get("channel", {}) | ({} if event.get("channel") else {"type": 1, "recipients": []})
    if "member" in found:
        found["member"] = _MEMBER | found["member"]
    if "message" in found:
        found["message"] = _message(found["message"])
    return found


def _message(event: Event) -> Event:
    found = _MESSAGE | {key: value for key, value in event.items() if value is not None or key in _NULLABLE}
    if "member" in found:
        found["member"] = _MEMBER | found["member"]
    return found


def _without_nulls(event: Event) -> Event:
    return {key: value for key, value in event.items() if value is not None}
