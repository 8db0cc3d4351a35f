"""A small real store: it keeps everything in dictionaries, and remembers from which threads it was called."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qabot.discord_bot.kept import Asked, KeptMessage, ServerSettings, Unanswered, Verdict, Waiting


@dataclass
class MemoryStore:
    """Implements qabot.discord_bot.kept.Store. ``logging``: whether anything about persons is kept."""

    logging: bool = False
    messages: dict[int, KeptMessage] = field(default_factory=dict)
    verdicts: dict[tuple[int, int], Verdict] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    servers: dict[int, ServerSettings] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)
    looked: dict[int, dict[str, str]] = field(default_factory=dict)  # message -> document -> its sum then
    wishes: dict[tuple[int, int], tuple[Waiting, str]] = field(default_factory=dict)  # with the state tried last

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
        self.wishes = {key: wish for key, wish in self.wishes.items() if key[0] != message_id}

    def to_look_at(self, sums: Mapping[str, str]) -> list[tuple[int, int]]:
        """The newest of each channel whose documents are not those of the last look."""
        self.threads.add(threading.get_ident())
        found: dict[int, int] = {}
        for one in self.messages.values():
            looked = self.looked.get(one.message_id, {quote.source: quote.sha256 for quote in one.quotes})
            if any(sums.get(source, "") != was for source, was in looked.items()):
                found[one.channel_id] = max(one.message_id, found.get(one.channel_id, 0))
        return sorted(found.items())

    def looked_at(self, message_id: int, sums: Mapping[str, str], *, marked: frozenset[int]) -> None:
        """Remember the documents of that look."""
        if message_id in self.messages:
            one = self.messages[message_id] = replace(self.messages[message_id], marked=marked)
            self.looked[message_id] = {quote.source: sums.get(quote.source, "") for quote in one.quotes}

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

    def asked_under(self, message_id: int) -> Asked | None:
        """The last one."""
        return next((one for one in reversed(self.asked) if one.message_id == message_id), None)

    def wait(self, waiting: Waiting) -> bool:
        """With logging on only."""
        self.threads.add(threading.get_ident())
        if self.logging:
            self.wishes[waiting.message_id, waiting.member_id] = (waiting, "")
        return self.logging

    def waiting(self, state: str, *, limit: int) -> list[Waiting]:
        """In the order in which they came."""
        return [one for one, tried in self.wishes.values() if tried != state][:limit]

    def tried(self, waiting: Waiting, state: str) -> None:
        """Remember the state."""
        self.wishes[waiting.message_id, waiting.member_id] = (waiting, state)

    def stop_waiting(self, waiting: Waiting) -> bool:
        """Remove it if it is there."""
        return self.wishes.pop((waiting.message_id, waiting.member_id), None) is not None

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
        """Questions, thumbs and wishes."""
        before = len(self.asked) + len(self.verdicts) + len(self.wishes)
        self.wishes = {key: wish for key, wish in self.wishes.items() if key[1] != member_id}
        self.asked = [one for one in self.asked if one.member_id != member_id]
        self.verdicts = {key: verdict for key, verdict in self.verdicts.items() if key[1] != member_id}
        return before - len(self.asked) - len(self.verdicts) - len(self.wishes)

    def forget_server(self, server_id: int) -> None:
        """Its settings and messages."""
        self.servers.pop(server_id, None)
        self.messages = {key: one for key, one in self.messages.items() if one.server_id != server_id}

    def close(self) -> None:
        """Nothing to let go of."""
