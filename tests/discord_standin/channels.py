"""Messages in channels: what a bot may post, change and delete there, and what members see of it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from discord_schema import body_problems

from discord_standin.interactions import Asked, Refused
from discord_standin.limits import message_problems
from discord_standin.payloads import DIRECT_ID, EPHEMERAL, member, message, new_id, user

JUDGE = web.AppKey("judge", Callable[[Iterator[str]], None])  # refuses a request if there are problems


@dataclass
class Channels:
    """Every message that the bot sent to a channel by itself, and where it showed that it is typing."""

    demand: Callable[[Iterator[str]], None]
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)
    closed: dict[str, int] = field(default_factory=dict)  # channel id -> error code for whatever is sent there
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    asked: Mapping[str, Asked] = field(default_factory=dict)  # whose public replies are messages of their channel
    left: set[str] = field(default_factory=set)  # members who are on no server any more
    edits: list[tuple[str, float]] = field(default_factory=list)  # channel id and when

    def routes(self) -> list[web.RouteDef]:
        """REST, as far as bots use it here."""
        one = "/api/v10/channels/{channel}/messages/{message}"
        return [
            web.post("/api/v10/channels/{channel}/messages", self._create),
            web.get(one, self._get),
            web.patch(one, self._edit),
            web.delete(one, self._delete),
            web.post("/api/v10/channels/{channel}/typing", self._typing),
            web.get("/api/v10/guilds/{guild}/members/{member}", self._member),
            web.post("/api/v10/users/@me/channels", self._direct),
        ]

    async def reply(self, number: int = 0, timeout_s: float = 10.0) -> dict[str, Any]:
        """The message with this number, once it is there."""
        async with asyncio.timeout(timeout_s):
            while len(self.messages) <= number:
                self.arrived.clear()
                await self.arrived.wait()
        return list(self.messages.values())[number]

    async def _create(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        self._require_open(request)
        self.demand(message_problems(payload))
        reference = payload.get("message_reference")
        if reference is not None and reference.get("fail_if_not_exists") is not False:
            self.demand(iter(["a reply to a deleted message would fail"]))
        shown = message(new_id(), payload, 0, channel_id=int(request.match_info["channel"]))
        shown |= {"message_reference": reference} if reference else {}
        self.messages[shown["id"]] = shown
        self.arrived.set()
        return as_json(shown)

    async def _get(self, request: web.Request) -> web.Response:
        self._require_open(request)
        return as_json(self._holder(request)[request.match_info["message"]])

    async def _edit(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        self._require_open(request)
        holder = self._holder(request)
        before = holder[request.match_info["message"]]
        shown = {**before, **message(before["id"], {**before, **payload}, 0, channel_id=int(before["channel_id"]))}
        self.demand(message_problems({**payload, "content": shown["content"], "embeds": shown["embeds"]}))
        holder[before["id"]] = shown
        self.edits.append((before["channel_id"], time.monotonic()))
        return as_json(shown)

    async def _delete(self, request: web.Request) -> web.Response:
        del self._holder(request)[request.match_info["message"]]
        return web.Response(status=204)

    async def _member(self, request: web.Request) -> web.Response:
        member_id = request.match_info["member"]
        if member_id in self.left:
            raise Refused(404, 10007, "Unknown Member")
        return as_json(member(int(member_id)))

    async def _direct(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        who = user(int(payload["recipient_id"]), "member")
        return as_json({"id": str(DIRECT_ID), "type": 1, "recipients": [who], "flags": 0, "last_message_id": None})

    async def _typing(self, request: web.Request) -> web.Response:
        self._require_open(request)
        self.typing.append(request.match_info["channel"])
        return web.Response(status=204)

    def _require_open(self, request: web.Request) -> None:
        code = self.closed.get(request.match_info["channel"])
        if code is not None:
            raise Refused(403, code, "Missing Access")

    def _holder(self, request: web.Request) -> dict[str, dict[str, Any]]:
        """Where the message is kept; private ones are in no channel."""
        message_id = request.match_info["message"]
        for holder in (self.messages, *(one.messages for one in self.asked.values())):
            if message_id in holder and not holder[message_id]["flags"] & EPHEMERAL:
                return holder
        raise Refused(404, 10008, "Unknown Message")


async def body_of(request: web.Request) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The JSON of a request and its files by name; attachments are filled in as Discord reports them.

    Raises:
        Refused: if Discord's own description of its interface has something against it.
    """
    if not request.content_type.startswith("multipart/"):
        payload = await request.json()
        request.app[JUDGE](body_problems(request.method, request.path, payload))
        return payload, {}
    payload, parts, files = {}, [], {}
    async for part in await request.multipart():
        raw = await part.read(decode=True)
        if part.name == "payload_json":
            payload = json.loads(raw)
        else:
            parts.append(part.name or "")
            files[part.filename or ""] = bytes(raw)
    request.app[JUDGE](body_problems(request.method, request.path, payload, parts))
    attached = payload.get("data", payload)
    attached["attachments"] = [_attachment(name, raw) for name, raw in files.items()]
    return payload, files


def _attachment(name: str, raw: bytes) -> dict[str, Any]:
    """As Discord reports it; ``raw`` is for the tests."""
    where = {"url": "https://cdn.invalid/", "proxy_url": "https://cdn.invalid/"}
    return {"id": new_id(), "filename": name, "size": len(raw), **where, "raw": raw.decode("utf-8", "replace")}


def as_json(data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Discord names no charset, and the client insists on that."""
    content = {"Content-Type": "application/json", **(headers or {})}
    return web.Response(body=json.dumps(data).encode(), status=status, headers=content)
