"""The gateway: HELLO, IDENTIFY, READY, heartbeats, events, RESUME and every way of falling off it."""

from __future__ import annotations

import asyncio
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from discord_standin.payloads import guild, new_id, ready

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15


@dataclass
class Session:
    """What Discord remembers of a client between connections: the events, in order."""

    id: str
    events: list[dict[str, Any]] = field(default_factory=list)


class Connection:
    """One websocket; each has its own zlib stream."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.session: Session | None = None
        self._zlib = zlib.compressobj()

    async def send(self, op: int, data: Any, **more: Any) -> None:
        """One payload, compressed as the client asked for."""
        raw = json.dumps({"op": op, "d": data, "s": None, "t": None, **more}).encode()
        await self.socket.send_bytes(self._zlib.compress(raw) + self._zlib.flush(zlib.Z_SYNC_FLUSH))


class Gateway:
    """All sessions and the connection that is open now. ``address`` is set by the server once it listens."""

    def __init__(self, token: str, problems: list[str], *, refuse_intents: bool = False) -> None:
        self.address = ""
        self.identifies: list[dict[str, Any]] = []
        self.resumes: list[dict[str, Any]] = []
        self.connected = asyncio.Event()
        self._closed_with: asyncio.Queue[int | None] = asyncio.Queue()
        self._token, self._problems, self._refuse_intents = token, problems, refuse_intents
        self._sessions: dict[str, Session] = {}
        self._session: Session | None = None
        self._connection: Connection | None = None

    @property
    def known(self) -> bool:
        """Whether a client has identified, connected now or not."""
        return self._session is not None

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """GET /gateway, upgraded."""
        if request.query.get("compress") != "zlib-stream" or request.query.get("v") != "10":
            self._problems.append(f"gateway asked for {dict(request.query)}")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket)
        await connection.send(HELLO, {"heartbeat_interval": 41250})
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                await self._take(connection, json.loads(frame.data))
        self._closed_with.put_nowait(socket.close_code)
        if self._connection is connection:
            self._connection = None
            self.connected.clear()
        return socket

    async def close_code(self) -> int | None:
        """With which code the client closed the connection, in order of the connections."""
        return await asyncio.wait_for(self._closed_with.get(), 10)

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        """An event for the client: now, or when it resumes."""
        assert self._session is not None, "no client has identified yet"
        self._session.events.append({"t": event, "d": data})
        if self._connection is not None:
            await self._send_event(self._connection, self._session, len(self._session.events))

    async def drop(self, code: int = 4000) -> None:
        """Close the connection; the session can be resumed."""
        assert self._connection is not None
        connection, self._connection = self._connection, None
        self.connected.clear()
        await connection.socket.close(code=code)

    async def cut(self) -> None:
        """Cut the line without a close frame, as a failing network does."""
        assert self._connection is not None
        connection, self._connection = self._connection, None
        self.connected.clear()
        transport = connection.socket._req.transport
        assert transport is not None
        transport.abort()

    async def ask_to_reconnect(self) -> None:
        """Send what Discord sends before it moves a client to another machine."""
        assert self._connection is not None
        connection, self._connection = self._connection, None
        self.connected.clear()
        await connection.send(RECONNECT, None)

    def forget_session(self) -> None:
        """The next RESUME is refused."""
        self._sessions.clear()

    async def _take(self, connection: Connection, payload: dict[str, Any]) -> None:
        op, data = payload["op"], payload["d"]
        if op == HEARTBEAT:
            await connection.send(ACK, None)
        elif op == IDENTIFY:
            await self._identify(connection, data)
        elif op == RESUME:
            await self._resume(connection, data)
        else:
            self._problems.append(f"gateway op {op}")

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        self.identifies.append(data)
        if data["token"] != self._token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
        elif self._refuse_intents or data["intents"] & PRIVILEGED_INTENTS:
            await connection.socket.close(code=4014, message=b"Disallowed intent(s).")
        else:
            session = Session(new_id())
            self._sessions[session.id] = self._session = connection.session = session
            self._connection = connection
            await self.dispatch("READY", ready(session.id, self.address, data.get("shard", [0, 1])))
            await self.dispatch("GUILD_CREATE", guild())
            self.connected.set()

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        self.resumes.append(data)
        session = self._sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            await connection.send(INVALID_SESSION, data=False)
            return
        self._session, self._connection, connection.session = session, connection, session
        for number in range(data["seq"] + 1, len(session.events) + 1):
            await self._send_event(connection, session, number)
        await self.dispatch("RESUMED", {})
        self.connected.set()

    async def _send_event(self, connection: Connection, session: Session, number: int) -> None:
        event = session.events[number - 1]
        await connection.send(DISPATCH, event["d"], t=event["t"], s=number)
