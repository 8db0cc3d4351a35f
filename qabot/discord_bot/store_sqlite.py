"""The store as one SQLite file beside the configuration: ``qabot.sqlite``. Thread-safe; every method blocks.

With logging off nothing about a person is ever handed to SQLite, so nothing of it can be in the file; what an earlier
time with logging on left there is deleted when the store is opened. Deleted rows are overwritten (``secure_delete``).
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from qabot.datatypes import Span
from qabot.discord_bot.kept import Asked, Judged, KeptMessage, KeptQuote, ServerSettings, Unanswered, Verdict
from qabot.discord_bot.schema import migrate
from qabot.errors import ConfigError

_log = logging.getLogger(__name__)

STORE_NAME = "qabot.sqlite"
_BUSY_MS = 5_000
_DAY_S = 86_400.0
_DAMAGED = "damaged"
_LEFT_BY_SQLITE = ("-wal", "-shm")


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
            connection = _opened(path)
        except sqlite3.OperationalError as error:
            raise _refused(path, str(error)) from error
        except sqlite3.DatabaseError as error:
            aside = _move_aside(path, int(clock()))
            _log.warning(
                "%s is damaged (%s) and was moved to %s: earlier buttons, settings and logs are gone.",
                path.name,
                error,
                aside.name,
            )
            try:
                connection = _opened(path)
            except sqlite3.Error as again:
                raise _refused(path, str(again)) from again
        except OSError as error:
            raise _refused(path, error.strerror or type(error).__name__) from error
        store = cls(connection, logging=logging, log_days=log_days, clock=clock)
        store.purge()
        return store

    def keep_message(self, message: KeptMessage) -> None:
        """Remember the quotes of a message."""
        head = (message.message_id, message.channel_id, message.server_id, message.generation)
        quotes = [(message.message_id, at, *_packed(quote)) for at, quote in enumerate(message.quotes)]
        with self._changing() as run:
            run("delete from message where id = ?", message.message_id)
            run("insert into message values (?, ?, ?, ?, ?, ?)", *head, message.posted_s, message.expires_s)
            for quote in quotes:
                run("insert into quote values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", *quote)

    def message(self, message_id: int) -> KeptMessage | None:
        """The quotes of a message; None if it is unknown or expired."""
        with self._lock:
            heads = self._all("select * from message where id = ? and expires_s > ?", message_id, self._clock())
            quotes = self._all("select * from quote where message = ? order by at", message_id)
        if not heads:
            return None
        ((_, channel, server, generation, posted_s, expires_s),) = heads
        return KeptMessage(
            message_id, channel, server, generation, tuple(_unpacked(quote) for quote in quotes), posted_s, expires_s
        )

    def forget_message(self, message_id: int) -> None:
        """The message is gone, and with it what was thought of it."""
        with self._changing() as run:
            run("delete from message where id = ?", message_id)
            run("delete from thumb where message = ?", message_id)

    def settings(self, server_id: int) -> ServerSettings:
        """The settings of a server; the default ones if nothing was set."""
        return self.all_settings().get(server_id, ServerSettings())

    def all_settings(self) -> dict[int, ServerSettings]:
        """Those of each server where something was set."""
        with self._lock:
            return {server: _settings_of(text) for server, text in self._all("select server, json from settings")}

    def change_settings(self, server_id: int, settings: ServerSettings) -> None:
        """Replace the settings of a server."""
        with self._changing() as run:
            run("insert or replace into settings values (?, ?)", server_id, _settings_as_json(settings))

    def log(self, asked: Asked) -> None:
        """Keep a question, if logging is on."""
        if not self._logging:
            return
        values = (asked.message_id, asked.channel_id, asked.server_id, asked.member_id, asked.question)
        with self._changing() as run:
            run(
                "insert into asked values (null, ?, ?, ?, ?, ?, ?, ?, ?)",
                *values, asked.answered, asked.confidence, asked.asked_s,
            )  # fmt: skip

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
        with self._lock:  # else deleted words stay in the write-ahead file
            self._connection.execute("pragma wal_checkpoint(truncate)")

    def forget_member(self, member_id: int) -> int:
        """Delete all that is kept about a member; how many rows that were."""
        with self._changing() as run:
            count = run("delete from asked where member = ?", member_id)
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
            for table in ("message", "asked", "settings"):
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


def _opened(path: Path) -> sqlite3.Connection:
    # Created before SQLite sees it, so that nobody else can read it for a moment; its companions take over the mode.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
    try:
        for pragma in ("journal_mode = wal", "synchronous = normal", "foreign_keys = on", "secure_delete = on"):
            connection.execute(f"pragma {pragma}").close()
        _check(connection)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    with closing(connection.execute("pragma quick_check(1)")) as check:
        (said,) = check.fetchone()
    if said != "ok":
        raise sqlite3.DatabaseError(said)


def _move_aside(path: Path, at: int) -> Path:
    """Give the file another name; what SQLite left beside it belongs to it and goes with it."""
    aside = path.with_name(f"{path.name}.{_DAMAGED}-{at}")
    try:
        path.replace(aside)
        for suffix in _LEFT_BY_SQLITE:
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__) from error
    return aside


def _refused(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"{path.name}, in which the bot keeps settings and what its buttons need, cannot be used: {why}",
        remedy="Check the rights and the free space of the folder that holds qabot.toml and seeds.",
    )


def _packed(quote: KeptQuote) -> tuple[object, ...]:
    answer = (quote.answer.start, quote.answer.end) if quote.answer else (None, None)
    place = (quote.source, quote.span.start, quote.span.end, *answer)
    return (*place, quote.sha256, quote.text_sha256, quote.rank, quote.confidence)


def _unpacked(row: tuple[Any, ...]) -> KeptQuote:
    _, _, source, start, end, answer_start, answer_end, sha256, text_sha256, rank, confidence = row
    answer = None if answer_start is None else Span(answer_start, answer_end)
    return KeptQuote(source, Span(start, end), answer, sha256, text_sha256, rank, confidence)


def _settings_as_json(settings: ServerSettings) -> str:
    values = {
        "channels": sorted(settings.channels),
        "threads_only": settings.threads_only,
        "mentions": settings.mentions,
        "private_by_default": settings.private_by_default,
        "minimum_confidence": settings.minimum_confidence,
        "roles": [[folder, sorted(roles)] for folder, roles in settings.roles],
    }
    return json.dumps(values)


def _settings_of(text: str) -> ServerSettings:
    values = json.loads(text)
    roles = tuple((folder, frozenset(openers)) for folder, openers in values.pop("roles", []))
    return ServerSettings(channels=frozenset(values.pop("channels", [])), roles=roles, **values)
