"""REST, and the stand-in as a whole: start it, point a client at ``base``, ask, look at what the member sees."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from aiohttp import web
from discord_schema import answer_problems, body_problems, line_problems

from discord_standin.channels import JUDGE, Channels, as_json, body_of
from discord_standin.gateway import Gateway
from discord_standin.interactions import Asked, Refused
from discord_standin.limits import choice_problems, command_problems, message_problems
from discord_standin.payloads import (
    APPLICATION_ID,
    DIRECT_ID,
    EPHEMERAL,
    MEMBER_ID,
    application,
    interaction,
    me,
    new_id,
    said,
)

TOKEN = "MTEwMDAwMDAwMDAwMDAwMDAwMg.stand-in.not_a_real_token"  # noqa: S105 - of nobody
_T = TypeVar("_T")


@dataclass
class Fault:
    """The next ``times`` requests whose "METHOD path" matches get ``status`` instead of an answer."""

    pattern: str
    status: int
    times: int = 1
    retry_after_s: float = 0.05
    after_effect: bool = False  # the request is carried out first and only its answer lost

    def response(self) -> web.Response:
        """A rate limit with its headers, or a bare failure."""
        if self.status == 429:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after_s, "global": False}
            return as_json(body, status=429, headers={"Via": "1.1 google"})
        return as_json({"message": "failure", "code": 0}, status=self.status)


@dataclass
class StandIn:
    """Discord on loopback. Use as ``async with StandIn() as discord: ...``; problems are for the test to look at."""

    token: str = TOKEN
    refuse_intents: bool = False
    commands: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    judged: set[str] = field(default_factory=set)
    judging: bool = True  # by Discord's own description; a benchmark measures the bot, not that
    asked: dict[str, Asked] = field(default_factory=dict)
    base: str = ""
    clock: Callable[[], float] = time.monotonic

    async def __aenter__(self) -> Self:
        """Listen on a free port of 127.0.0.1."""
        self.gateway = Gateway(self.token, self.problems, refuse_intents=self.refuse_intents)
        self.channels = Channels(self._demand, asked=self.asked)
        app = web.Application(middlewares=[self._around])
        app[JUDGE] = self._demand if self.judging else lambda _problems: None
        app.add_routes([*self._routes(), *self.channels.routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base, self.gateway.address = f"http://127.0.0.1:{port}/api/v10", f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close every connection."""
        await self._runner.cleanup()

    async def ask(self, question: str, source: str | None = None, **who: int) -> Asked:
        """A member uses /ask; ``who``: ``member_id``, here and below."""
        options = [{"name": "question", "type": 3, "value": question}]
        if source is not None:
            options.append({"name": "source", "type": 3, "value": source})
        return await self.use("ask", options, **who)

    async def use(self, name: str, options: list[dict[str, Any]] | None = None, **more: Any) -> Asked:
        """A member uses a command, registered or (from an old client) not any more; ``more``: e.g. ``resolved``."""
        return await self._interact(2, name, options or [], **more)

    async def complete(self, typed: str, *, command: str = "ask", option: str = "source", **who: int) -> Asked:
        """A member types into an option of a command or, "settings role", of a sub-command."""
        name, _, sub = command.partition(" ")
        options: list[dict[str, Any]] = [{"name": option, "type": 3, "value": typed, "focused": True}]
        return await self._interact(4, name, [{"name": sub, "type": 1, "options": options}] if sub else options, **who)

    async def use_on(self, name: str, message: dict[str, Any], **who: int) -> Asked:
        """A member uses a command of a message's context menu; the content comes with it, whatever the intents."""
        resolved = {"messages": {message["id"]: message}}
        return await self._interact(2, name, [], type=3, target_id=message["id"], resolved=resolved, **who)

    async def press(
        self, message: dict[str, Any], label: str, *, member_id: int = MEMBER_ID, custom_id: str | None = None
    ) -> Asked:
        """A member presses the button with this label or emoji, which must be there and alive; or any ``custom_id``."""
        if custom_id is None:
            custom_id = buttons_of(message)[label]["custom_id"]
            assert not buttons_of(message)[label].get("disabled"), f"{label} cannot be pressed"
        data = {"custom_id": custom_id, "component_type": 2}
        return await self._dispatch(3, data, member_id=member_id, message=message)

    async def say(self, content: str, **more: Any) -> dict[str, Any]:
        """A member writes a message; ``more`` as for ``payloads.said``. Only what the intents ask for is sent."""
        if more.get("direct"):
            more.setdefault("channel_id", DIRECT_ID)
        event = said(content, **more)
        await self._require_client()
        wanted = 1 << 12 if more.get("direct") else 1 << 9
        if self.gateway.identifies[-1]["intents"] & wanted:
            await self.gateway.dispatch("MESSAGE_CREATE", event)
        return event

    async def _interact(
        self, kind: int, name: str, options: list[dict[str, Any]], *, member_id: int = MEMBER_ID, **more: Any
    ) -> Asked:
        command_id = next((command["id"] for command in self.commands if command["name"] == name), new_id())
        data = {"id": command_id, "name": name, "type": 1, "options": options, **more}
        return await self._dispatch(kind, data, member_id=member_id)

    async def _dispatch(
        self, kind: int, data: dict[str, Any], *, member_id: int = MEMBER_ID, message: dict[str, Any] | None = None
    ) -> Asked:
        await self._require_client()
        asked = Asked(new_id(), f"aW50ZXJhY3Rpb246{new_id()}", self.clock)
        self.asked[asked.token] = asked
        event = interaction(kind, asked.id, asked.token, data, member_id=member_id)
        await self.gateway.dispatch("INTERACTION_CREATE", event | ({"message": message} if message else {}))
        return asked

    async def _require_client(self) -> None:
        if not self.gateway.known:  # a client that was here gets its events when it resumes
            await asyncio.wait_for(self.gateway.connected.wait(), 15)

    def _routes(self) -> list[web.RouteDef]:
        original = "/api/v10/webhooks/{app}/{token}/messages/@original"
        return [
            web.get("/gateway", self.gateway.serve),
            web.get("/api/v10/gateway/bot", self._gateway_bot),
            web.get("/api/v10/users/@me", self._me),
            web.get("/api/v10/oauth2/applications/@me", self._application),
            web.get("/api/v10/applications/{app}/commands", self._get_commands),
            web.put("/api/v10/applications/{app}/commands", self._put_commands),
            web.post("/api/v10/interactions/{id}/{token}/callback", self._callback),
            web.post("/api/v10/webhooks/{app}/{token}", self._follow_up),
            web.patch(original, self._edit),
            web.get(original, self._get),
            web.delete(original, self._delete),
        ]

    @web.middleware
    async def _around(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Authorisation, faults on order, and refusals in Discord's form."""
        line = f"{request.method} {request.path}"
        self.requests.append(line)
        fault = next((one for one in self.faults if one.times and re.search(one.pattern, line)), None)
        if fault is not None:
            fault.times -= 1
            if not fault.after_effect:
                return fault.response()
        try:
            self._authorise(request)
            self._judge_line(request)
            response = await handler(request)
            self._judge_answer(request, response)
        except Refused as refused:
            return as_json({"message": refused.words, "code": refused.code}, status=refused.status)
        except web.HTTPException as error:
            self.problems.append(f"{line}: {error.status}")
            return as_json({"message": error.reason, "code": 0}, status=error.status)
        return response if fault is None else fault.response()

    def _authorise(self, request: web.Request) -> None:
        """Everything but the gateway itself, interactions and their webhooks needs the token."""
        if re.match(r"/gateway$|/api/v10/(interactions|webhooks)/", request.path):
            return
        if request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")

    def _judge_line(self, request: web.Request) -> None:
        """Route, method, query and, where there is no body, that none is needed. The gateway is not described."""
        if self.judging and request.path != "/gateway" and request.match_info.http_exception is None:
            self._demand(line_problems(request.method, request.path, request.query.items()))
            if not request.can_read_body:
                self._demand(body_problems(request.method, request.path))

    def _judge_answer(self, request: web.Request, response: web.StreamResponse) -> None:
        """The stand-in's own answers, the first of each kind: the bot shall meet what Discord really sends."""
        resource = request.match_info.route.resource
        kind = f"{request.method} {resource.canonical if resource else request.path} {response.status}"
        if isinstance(response, web.Response) and kind not in self.judged:
            self.judged.add(kind)
            body = json.loads(response.body) if isinstance(response.body, bytes) else None
            self.problems += answer_problems(request.method, request.path, response.status, body)

    def _demand(self, problems: Iterator[str]) -> None:
        found = list(problems)
        if found:
            self.problems += found
            raise Refused(400, 50035, f"Invalid Form Body: {found}")

    async def _gateway_bot(self, _request: web.Request) -> web.Response:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        return as_json({"url": self.gateway.address, "shards": 1, "session_start_limit": limit})

    async def _me(self, _request: web.Request) -> web.Response:
        return as_json(me())

    async def _application(self, _request: web.Request) -> web.Response:
        return as_json(application())

    async def _get_commands(self, _request: web.Request) -> web.Response:
        return as_json(self.commands)

    async def _put_commands(self, request: web.Request) -> web.Response:
        """Like Discord, keep only what differs from the defaults and add keys of its own."""
        given, _files = await body_of(request)
        for command in given:
            self._demand(command_problems(command))
        own = {"application_id": str(APPLICATION_ID), "version": new_id()}
        self.commands = [
            {
                "description": "",
                **_without_defaults(command),
                **own,
                "id": new_id(),
                "default_member_permissions": _permissions(command),
            }
            for command in given
        ]
        return as_json(self.commands)

    async def _callback(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        asked = self.asked.get(request.match_info["token"])
        if asked is None or asked.id != request.match_info["id"]:
            raise Refused(404, 10062, "Unknown interaction")
        if payload["type"] == 4:
            self._demand(message_problems(payload["data"]))
        if payload["type"] == 8:
            self._demand(choice_problems(payload["data"]))
        return as_json(asked.take_callback(payload))

    async def _edit(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        self._demand(message_problems(payload, resolves=not payload.get("components")))
        return as_json(self._of(request).edit_original(payload))

    async def _follow_up(self, request: web.Request) -> web.Response:
        payload, _files = await body_of(request)
        self._demand(message_problems(payload))
        return as_json(self._of(request).follow_up(payload))

    async def _get(self, request: web.Request) -> web.Response:
        return as_json(self._of(request).get_original())

    async def _delete(self, request: web.Request) -> web.Response:
        self._of(request).delete_original()
        return web.Response(status=204)

    def _of(self, request: web.Request) -> Asked:
        asked = self.asked.get(request.match_info["token"])
        if asked is None or request.match_info["app"] != str(APPLICATION_ID):
            raise Refused(404, 10015, "Unknown Webhook")
        return asked


def buttons_of(message: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The buttons under a message, by label or emoji."""
    buttons = [button for row in message["components"] for button in row["components"]]
    return {button.get("label") or button["emoji"]["name"]: button for button in buttons}


def is_private(message: dict[str, Any]) -> bool:
    """Whether only one member sees it."""
    return bool(message["flags"] & EPHEMERAL)


def _permissions(command: dict[str, Any]) -> str | None:
    """Sent as a number or a string, and always told as a string."""
    given = command.get("default_member_permissions")
    return None if given is None else str(given)


def _without_defaults(value: Any) -> Any:
    """Discord does not report false, null and empty values of options."""
    if isinstance(value, dict):
        return {key: _without_defaults(one) for key, one in value.items() if one not in (None, False, [])}
    return [_without_defaults(one) for one in value] if isinstance(value, list) else value


class StandInThread:
    """The stand-in on a loop of its own, for tests whose main thread runs the bot as a user would."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stand-in")

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        self.run(self.stand_in.__aenter__())
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop, and end the thread."""
        self.run(self.stand_in.__aexit__())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine on the stand-in's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def start(self, work: Coroutine[Any, Any, _T]) -> None:
        """Run a coroutine on the stand-in's loop while the main thread goes on."""
        asyncio.run_coroutine_threadsafe(work, self._loop)
