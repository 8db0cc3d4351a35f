"""The store's file: opened for its owner only, checked, brought to the newest version; a damaged one is moved aside."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from qabot.discord_bot.schema import migrate
from qabot.errors import ConfigError

_BUSY_MS = 5_000
_DAMAGED = "damaged"
_LEFT_BY_SQLITE = ("-wal", "-shm")


def opened(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is created if need be.

    Raises:
        ConfigError: if a newer qabot wrote it.
        sqlite3.Error: if it is damaged or cannot be used.
        OSError: if the disk refuses.
    """
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


def move_aside(path: Path, at: int) -> Path:
    """Give the file another name; what SQLite left beside it belongs to it and goes with it.

    Raises:
        ConfigError: if the disk refuses.
    """
    aside = path.with_name(f"{path.name}.{_DAMAGED}-{at}")
    try:
        path.replace(aside)
        for suffix in _LEFT_BY_SQLITE:
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
    except OSError as error:
        raise refused(path, error.strerror or type(error).__name__) from error
    return aside


def refused(path: Path, why: str) -> ConfigError:
    """The error for a file that cannot be used."""
    return ConfigError(
        f"{path.name}, in which the bot keeps settings and what its buttons need, cannot be used: {why}",
        remedy="Check the rights and the free space of the folder that holds qabot.toml and seeds.",
    )
