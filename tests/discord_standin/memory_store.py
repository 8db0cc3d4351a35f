"""A small real store: it keeps everything in dictionaries, and remembers from which threads it was called."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from qabot.discord_bot.kept import Asked, KeptMessage, ServerSettings, Unanswered, Verdict


@dataclass
class MemoryStore:
    """Implements qabot.discord_bot.kept.Store. ``logging``: whether anything about persons is kept."""

    logging: bool = False
    messages: dict[int, KeptMessage] = field(default_factory=dict)
    verdicts: dict[tuple[int, int], Verdict] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    servers: dict[int, ServerSettings] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)

    def keep_message(self, message: KeptMessage) -> None:
        """Replace or add."""
        self.threads.add(threading.get_ident())
        self.messages[message.message_id] = message

    def message(self, message_id: int) -> KeptMessage | None:
        """Expiry is left to the bot."""
        self.threads.add(threading.get_ident())
        return self.messages.get(message_id)

    def forget_message(self, message_id: int) -> None:
        """Remove it if it is there."""
        self.threads.add(threading.get_ident())
        self.messages.pop(message_id, None)

    def settings(self, server_id: int) -> ServerSettings:
        """The default ones if nothing was set."""
        return self.servers.get(server_id, ServerSettings())

    def all_settings(self) -> dict[int, ServerSettings]:
        """Where something was set."""
        return dict(self.servers)

    def change_settings(self, server_id: int, settings: ServerSettings) -> None:
        """Replace them."""
        self.servers[server_id] = settings

    def log(self, asked: Asked) -> None:
        """With logging on only."""
        self.threads.add(threading.get_ident())
        if self.logging:
            self.asked.append(asked)

    def judge(self, *, message_id: int, member_id: int, verdict: Verdict, at_s: float) -> bool:
        """With logging on only."""
        del at_s
        self.threads.add(threading.get_ident())
        if self.logging:
            self.verdicts[message_id, member_id] = verdict
        return self.logging

    def unanswered(self, server_id: int | None, *, limit: int) -> list[Unanswered]:
        """Each question once."""
        found = [one for one in self.asked if one.server_id == server_id and not one.answered]
        return [Unanswered(one.question, 1, one.asked_s) for one in found[:limit]]

    def judged(self, server_id: int | None, *, limit: int) -> list[Any]:
        """Not needed here."""
        del server_id, limit
        return []

    def purge(self) -> None:
        """Nothing expires here."""

    def forget_member(self, member_id: int) -> int:
        """Questions and thumbs."""
        before = len(self.asked) + len(self.verdicts)
        self.asked = [one for one in self.asked if one.member_id != member_id]
        self.verdicts = {key: verdict for key, verdict in self.verdicts.items() if key[1] != member_id}
        return before - len(self.asked) - len(self.verdicts)

    def forget_server(self, server_id: int) -> None:
        """Its settings and messages."""
        self.servers.pop(server_id, None)
        self.messages = {key: one for key, one in self.messages.items() if one.server_id != server_id}

    def close(self) -> None:
        """Nothing to let go of."""
