"""One interaction as Discord keeps it: what may still be done with it, and what the member sees."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from discord_standin.payloads import EPHEMERAL, LOADING, message, new_id

ACKNOWLEDGE_WITHIN_S = 3.0
TOKEN_LIVES_S = 15 * 60.0


class Refused(Exception):
    """An answer of Discord that is no success: HTTP status, JSON error code, words."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(status, code, words)
        self.status, self.code, self.words = status, code, words


@dataclass
class Asked:
    """An interaction from its creation on. ``messages`` is what the member sees, by id; the original comes first."""

    id: str
    token: str
    clock: Callable[[], float] = time.monotonic
    created_at: float = 0.0
    acknowledged_after_s: float | None = None
    callback: dict[str, Any] | None = None
    original: str | None = None
    may_be_late: bool = False  # completion: its answer is the work itself
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.created_at = self.clock()

    async def reply(self, timeout_s: float = 10.0) -> dict[str, Any]:
        """The message that the member finally sees; fails when "thinking" stays."""
        await asyncio.wait_for(self.settled.wait(), timeout_s)
        (shown,) = self.messages.values()
        return shown

    async def choices(self, timeout_s: float = 10.0) -> list[dict[str, Any]]:
        """The result of an autocomplete."""
        await asyncio.wait_for(self.settled.wait(), timeout_s)
        assert self.callback is not None
        return self.callback["data"]["choices"]

    def take_callback(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The first and only answer to the interaction itself."""
        self.calls.append("callback")
        if self.callback is not None:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        after_s = self.clock() - self.created_at
        if after_s > ACKNOWLEDGE_WITHIN_S:
            raise Refused(404, 10062, "Unknown interaction")
        self.callback, self.acknowledged_after_s = payload, after_s
        kind, data = payload["type"], payload.get("data") or {}
        if kind == 8:
            self.settled.set()
            return {"interaction": {"id": self.id, "type": 4}}
        if kind in {6, 7}:
            raise Refused(400, 50035, "the bot's buttons answer with a message of their own")
        shown = self._create(data, data.get("flags", 0) & EPHEMERAL | (LOADING if kind == 5 else 0))
        self.original = shown["id"]
        told = {"id": self.id, "type": 2, "response_message_id": shown["id"]}
        return {"interaction": told} | ({"resource": {"type": kind, "message": shown}} if kind == 4 else {})

    def edit_original(self, payload: dict[str, Any]) -> dict[str, Any]:
        """PATCH @original: resolves "thinking"; private stays private."""
        self.calls.append("edit")
        shown = self.messages[self._living_original()]
        flags = shown["flags"] & ~LOADING
        return self._settle({**shown, **message(shown["id"], {**shown, **payload}, flags)})

    def get_original(self) -> dict[str, Any]:
        """GET @original."""
        self.calls.append("get")
        return self.messages[self._living_original()]

    def delete_original(self) -> None:
        """DELETE @original."""
        self.calls.append("delete")
        del self.messages[self._living_original()]
        self.original = None

    def follow_up(self, payload: dict[str, Any]) -> dict[str, Any]:
        """POST: the first one takes the place of "thinking" and cannot change who sees it."""
        self.calls.append("follow-up")
        self._require_living_token()
        if self.original and self.messages[self.original]["flags"] & LOADING:
            flags = self.messages[self.original]["flags"] & ~LOADING
            return self._settle(message(self.original, payload, flags))
        return self._create(payload, payload.get("flags", 0) & EPHEMERAL)

    def _create(self, payload: dict[str, Any], flags: int) -> dict[str, Any]:
        return self._settle(message(new_id(), payload, flags))

    def _settle(self, shown: dict[str, Any]) -> dict[str, Any]:
        self.messages[shown["id"]] = shown
        if not shown["flags"] & LOADING:
            self.settled.set()
        return shown

    def _living_original(self) -> str:
        self._require_living_token()
        if self.original is None:
            raise Refused(404, 10008, "Unknown Message")
        return self.original

    def _require_living_token(self) -> None:
        if self.callback is None:
            raise Refused(404, 10015, "Unknown Webhook")
        if self.clock() - self.created_at > TOKEN_LIVES_S:
            raise Refused(401, 50027, "Invalid Webhook Token")
