"""The store as one SQLite file beside the configuration: ``qabot.sqlite``. Thread-safe; every method blocks.

With logging off nothing about a person is ever handed to SQLite, so nothing of it can be in the file; what an earlier
time with logging on left there is deleted when the store is opened. Deleted rows are overwritten (``secure_delete``).
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from qabot.discord_bot.kept import Asked, Judged, KeptMessage, ServerSettings, Unanswered, Verdict, Waiting
from qabot.discord_bot.store_file import move_aside, opened, refused
from qabot.discord_bot.store_rows import (
    asked_of,
    packed,
    places_as_text,
    places_of,
    settings_as_json,
    settings_of,
    unpacked,
    waiting_of,
)

_log = logging.getLogger(__name__)

STORE_NAME = "qabot.sqlite"
_DAY_S = 86_400.0
MOST_WAITING = 20  # questions of one member
_QUOTE = "source, start, end, answer_start, answer_end, sha256, text_sha256, rank, confidence"
_ASKED = "message, channel, server, member, question, answered, confidence, asked_s, understood, source"
_WAITING = "message, channel, server, member, question, source, private, since_s"


class SqliteStore:
    """Implements ``kept.Store``. ``clock``: seconds since the epoch."""

    def __init__(
        self, connection: sqlite3.Connection, *, logging: bool, log_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._connection = connection
        self._logging = logging
        self._log_s = log_days * _DAY_S
        self._clock = clock
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, logging: bool, log_days: int, clock: Callable[[], float] = time.time) -> Self:
        """Open or create the file, readable by its owner only. One that is no database is moved aside, and that logged.

        Raises:
            ConfigError: if the disk refuses, or a newer qabot wrote the file.
        """
        try:
            connection = opened(path)
        except sqlite3.OperationalError as error:
            raise refused(path, str(error)) from error
        except sqlite3.DatabaseError as error:
            aside = move_aside(path, int(clock()))
            _log.warning(
                "%s is damaged (%s) and was moved to %s: earlier buttons, settings and logs are gone.",
                path.name,
                error,
                aside.name,
            )
            try:
                connection = opened(path)
            except sqlite3.Error as again:
                raise refused(path, str(again)) from again
        except OSError as error:
            raise refused(path, error.strerror or type(error).__name__) from error
        store = cls(connection, logging=logging, log_days=log_days, clock=clock)
        store.purge()
        return store

    def keep_message(self, message: KeptMessage) -> None:
        """Remember the quotes of a message."""
        head = (message.message_id, message.channel_id, message.server_id, message.generation)
        quotes = [(message.message_id, at, *packed(quote), quote.sha256) for at, quote in enumerate(message.quotes)]
        with self._changing() as run:
            run("delete from message where id = ?", message.message_id)
            marked = places_as_text(message.marked)
            run("insert into message values (?, ?, ?, ?, ?, ?, ?)", *head, message.posted_s, message.expires_s, marked)
            for quote in quotes:
                run(f"insert into quote values ({', '.join('?' * 12)})", *quote)  # noqa: S608 - no data

    def message(self, message_id: int) -> KeptMessage | None:
        """The quotes of a message; None if it is unknown or expired."""
        with self._lock:
            heads = self._all("select * from message where id = ? and expires_s > ?", message_id, self._clock())
            quotes = self._all(f"select {_QUOTE} from quote where message = ? order by at", message_id)  # noqa: S608
        if not heads:
            return None
        ((_, channel, server, generation, posted_s, expires_s, marked),) = heads
        found = tuple(unpacked(quote) for quote in quotes)
        return KeptMessage(message_id, channel, server, generation, found, posted_s, expires_s, places_of(marked))

    def forget_message(self, message_id: int) -> None:
        """The message is gone, and with it what was thought of it."""
        with self._changing() as run:
            run("delete from message where id = ?", message_id)
            run("delete from thumb where message = ?", message_id)
            run("delete from waiting where message = ?", message_id)

    def to_look_at(self, sums: Mapping[str, str]) -> list[tuple[int, int]]:
        """Of each channel the newest message that was not held against these documents, as (channel, message)."""
        with self._lock:
            known = self._all("select distinct source, looked from quote")
        found: dict[int, int] = {}
        for source, looked in known:
            if sums.get(source, "") == looked:
                continue
            with self._lock:  # for each one anew: a press of a button must not wait for all of them
                rows = self._all(
                    "select m.channel, max(m.id) from quote q join message m on m.id = q.message "
                    "where q.source = ? and q.looked = ? and m.expires_s > ? group by m.channel",
                    source, looked, self._clock(),
                )  # fmt: skip
            for channel, message_id in rows:
                found[channel] = max(message_id, found.get(channel, 0))
        return sorted(found.items())

    def looked_at(self, message_id: int, sums: Mapping[str, str], *, marked: frozenset[int]) -> None:
        """A message was held against these documents."""
        with self._changing() as run:
            run("update message set marked = ? where id = ?", places_as_text(marked), message_id)
            for (source,) in self._all("select distinct source from quote where message = ?", message_id):
                new = (sums.get(source, ""), message_id, source)
                run("update quote set looked = ? where message = ? and source = ?", *new)

    def settings(self, server_id: int) -> ServerSettings:
        """The settings of a server; the default ones if nothing was set."""
        return self.all_settings().get(server_id, ServerSettings())

    def all_settings(self) -> dict[int, ServerSettings]:
        """Those of each server where something was set."""
        with self._lock:
            return {server: settings_of(text) for server, text in self._all("select server, json from settings")}

    def change_settings(self, server_id: int, settings: ServerSettings) -> None:
        """Replace the settings of a server."""
        with self._changing() as run:
            run("insert or replace into settings values (?, ?)", server_id, settings_as_json(settings))

    def log(self, asked: Asked) -> None:
        """Keep a question, if logging is on."""
        if not self._logging:
            return
        values = (asked.message_id, asked.channel_id, asked.server_id, asked.member_id, asked.question)
        with self._changing() as run:
            run(
                "insert into asked values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *values, asked.answered, asked.confidence, asked.asked_s, asked.understood, asked.source,
            )  # fmt: skip

    def asked_under(self, message_id: int) -> Asked | None:
        """The question that a message answers, if it was kept."""
        query = f"select {_ASKED} from asked where message = ? and asked_s > ? order by number desc limit 1"  # noqa: S608
        with self._lock:
            found = self._all(query, message_id, self._oldest_s())
        return asked_of(found[0]) if found else None

    def wait(self, waiting: Waiting) -> bool:
        """Keep that a member waits for an answer, if logging is on and the member waits for few others."""
        if not self._logging:
            return False
        values = (waiting.message_id, waiting.channel_id, waiting.server_id, waiting.member_id, waiting.question)
        with self._changing() as run:
            others = "select count(*) from waiting where member = ? and message <> ?"
            ((count,),) = self._all(others, waiting.member_id, waiting.message_id)
            if count >= MOST_WAITING:
                return False
            run(
                "insert or replace into waiting values (?, ?, ?, ?, ?, ?, ?, ?, '')",
                *values, waiting.source, waiting.private, waiting.since_s,
            )  # fmt: skip
        return True

    def waiting(self, state: str, *, limit: int) -> list[Waiting]:
        """Questions that were not asked again of the documents in this state, oldest first; none with logging off."""
        if not self._logging:
            return []
        query = f"select {_WAITING} from waiting where tried <> ? and since_s > ? order by since_s, member limit ?"  # noqa: S608
        with self._lock:
            return [waiting_of(row) for row in self._all(query, state, self._oldest_s(), limit)]

    def tried(self, waiting: Waiting, state: str) -> None:
        """It was asked again, without an answer."""
        with self._changing() as run:
            where = (waiting.message_id, waiting.member_id)
            run("update waiting set tried = ? where message = ? and member = ?", state, *where)

    def stop_waiting(self, waiting: Waiting) -> bool:
        """Delete it; whether it was still there."""
        with self._changing() as run:
            where = (waiting.message_id, waiting.member_id)
            return bool(run("delete from waiting where message = ? and member = ?", *where))

    def judge(self, *, message_id: int, member_id: int, verdict: Verdict, at_s: float) -> bool:
        """Keep a member's latest thumb, if logging is on; whether it was kept."""
        if not self._logging:
            return False
        with self._changing() as run:
            run("insert or replace into thumb values (?, ?, ?, ?)", message_id, member_id, verdict, at_s)
        return True

    def unanswered(self, server_id: int | None, *, limit: int) -> list[Unanswered]:
        """Questions without an answer, newest first; the same words in other case are the same question."""
        query = (
            "select question, count(*), max(asked_s) as last from asked where server is ? and not answered "
            "and asked_s > ? group by lower(trim(question)) order by last desc, question limit ?"
        )
        with self._lock:
            found = self._all(query, server_id, self._oldest_s(), limit)
        return [Unanswered(*row) for row in found]

    def judged(self, server_id: int | None, *, limit: int) -> list[Judged]:
        """Questions whose answers were judged, newest first."""
        query = (
            "select a.question, sum(t.verdict = 'up'), sum(t.verdict = 'down'), max(t.at_s) as last "
            "from thumb t join asked a on a.message = t.message where a.server is ? and t.at_s > ? "
            "group by lower(trim(a.question)) order by last desc, a.question limit ?"
        )
        with self._lock:
            found = self._all(query, server_id, self._oldest_s(), limit)
        return [Judged(*row) for row in found]

    def purge(self) -> None:
        """Delete what has expired, and with logging off all that is personal."""
        oldest_s = self._oldest_s() if self._logging else float("inf")
        with self._changing() as run:
            run("delete from message where expires_s <= ?", self._clock())
            run("delete from asked where asked_s <= ?", oldest_s)
            run("delete from thumb where at_s <= ?", oldest_s)
            run("delete from waiting where since_s <= ?", oldest_s)
        with self._lock:  # else deleted words stay in the write-ahead file
            self._connection.execute("pragma wal_checkpoint(truncate)")

    def forget_member(self, member_id: int) -> int:
        """Delete all that is kept about a member; how many rows that were."""
        with self._changing() as run:
            theirs = "select message from asked where member = ?1"  # what others wait for in this member's words
            count = run(f"delete from waiting where member = ?1 or message in ({theirs})", member_id)  # noqa: S608
            count += run("delete from asked where member = ?", member_id)
            count += run("delete from thumb where member = ?", member_id)
        with self._lock:
            self._connection.execute("pragma wal_checkpoint(truncate)")
        return count

    def forget_server(self, server_id: int) -> None:
        """Delete all that belongs to a server."""
        with self._changing() as run:
            run(
                "delete from thumb where message in (select id from message where server = ?1 "
                "union select message from asked where server = ?1)",
                server_id,
            )
            for table in ("message", "asked", "waiting", "settings"):
                run(f"delete from {table} where server = ?", server_id)  # noqa: S608 - a constant

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _oldest_s(self) -> float:
        return self._clock() - self._log_s

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()

    @contextmanager
    def _changing(self) -> Iterator[Callable[..., int]]:
        """One transaction; what is yielded runs a statement and returns how many rows it changed."""

        def run(statement: str, *values: object) -> int:
            return self._connection.execute(statement, values).rowcount

        with self._lock, self._connection:
            self._connection.execute("begin immediate")
            yield run
