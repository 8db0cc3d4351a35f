"""What the store knows of outdated quotes and of questions that wait, also in a file of the first version."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qabot.datatypes import Span
from qabot.discord_bot import schema
from qabot.discord_bot.kept import Asked, KeptMessage, KeptQuote, Waiting
from qabot.discord_bot.store_sqlite import MOST_WAITING, SqliteStore

DAY_S = 86_400.0
NOW_S = 1_800_000_000.0
OLD, NEW = "0" * 64, "a" * 64
QUOTE = KeptQuote("faq/a.md", Span(3, 40), Span(5, 9), OLD, "1" * 64, 0, 0.93)
MESSAGE = KeptMessage(
    message_id=2**62, channel_id=7, server_id=10, generation="g1", quotes=(QUOTE, replace(QUOTE, source="b.md")),
    posted_s=NOW_S, expires_s=NOW_S + DAY_S,
)  # fmt: skip
WAITING = Waiting(
    message_id=9, channel_id=7, server_id=10, member_id=555_000_111, question="Where is my secret?", source=None,
    private=False, since_s=NOW_S,
)  # fmt: skip
UNCHANGED = {"faq/a.md": OLD, "b.md": OLD}


class Clock:
    """A time that is set."""

    now_s = NOW_S

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now_s


@contextmanager
def store(folder: Path, clock: Clock | None = None, *, logging: bool = True) -> Iterator[SqliteStore]:
    """The store in a folder, closed at the end."""
    opened = SqliteStore.open(folder / "qabot.sqlite", logging=logging, log_days=30, clock=clock or Clock())
    try:
        yield opened
    finally:
        opened.close()


def everything_in(folder: Path) -> bytes:
    """The bytes of all files of the store."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_a_file_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """Its messages, questions and thumbs are there, no quote counts as changed, and everything new works."""
    connection = sqlite3.connect(tmp_path / "qabot.sqlite", isolation_level=None)
    connection.executescript(schema.STEPS[0] + "; pragma user_version = 1")
    connection.execute("insert into message values (?, 7, 10, 'g1', ?, ?)", (2**62, NOW_S, NOW_S + DAY_S))
    for at, source in enumerate(("faq/a.md", "b.md")):
        row = (2**62, at, source, OLD, "1" * 64)
        connection.execute("insert into quote values (?, ?, ?, 3, 40, 5, 9, ?, ?, 0, 0.93)", row)
    connection.execute("insert into asked values (null, 9, 7, 10, 5, 'Why?', 0, 0.1, ?)", (NOW_S,))
    connection.execute("insert into thumb values (9, 5, 'up', ?)", (NOW_S,))
    connection.close()
    with store(tmp_path) as opened:
        assert opened.message(2**62) == MESSAGE
        assert opened.to_look_at(UNCHANGED) == []
        assert opened.to_look_at(UNCHANGED | {"b.md": NEW}) == [(7, 2**62)]
        assert opened.asked_under(9) == Asked(9, 7, 10, 5, "Why?", answered=False, confidence=0.1, asked_s=NOW_S)
        assert opened.wait(WAITING)
        assert opened.forget_member(5) == 3  # the wish of another member is in this one's words


def test_messages_are_looked_at_when_a_document_differs_from_the_last_look(tmp_path: Path) -> None:
    """The newest of each channel, after a restart too; once looked at not again until its documents differ anew."""
    changed, gone = UNCHANGED | {"b.md": NEW}, {"faq/a.md": OLD}
    with store(tmp_path) as opened:
        for number, channel in ((3, 7), (4, 7), (5, 8)):
            opened.keep_message(replace(MESSAGE, message_id=number, channel_id=channel))
        assert opened.to_look_at(UNCHANGED) == []
    with store(tmp_path) as opened:
        assert opened.to_look_at(changed) == [(7, 4), (8, 5)]
        opened.looked_at(4, changed, marked=frozenset({1}))
        assert opened.to_look_at(changed) == [(7, 3), (8, 5)]
        opened.looked_at(3, changed, marked=frozenset())
        opened.looked_at(5, changed, marked=frozenset({0, 1}))
        assert opened.to_look_at(changed) == []
        assert opened.to_look_at(gone) == [(7, 4), (8, 5)]
        marked = [opened.message(number).marked for number in (3, 4, 5)]
    assert marked == [frozenset(), frozenset({1}), frozenset({0, 1})]


def test_an_expired_message_is_not_looked_at(tmp_path: Path) -> None:
    """The retention window ends it."""
    clock = Clock()
    with store(tmp_path, clock) as opened:
        opened.keep_message(MESSAGE)
        clock.now_s += DAY_S
        assert opened.to_look_at({}) == []


def test_a_question_waits_until_it_was_asked_of_the_present_documents(tmp_path: Path) -> None:
    """Each state of the documents once, oldest first, after a restart too; it ends once."""
    later = replace(WAITING, member_id=6, private=True, source="b.md", since_s=NOW_S + 1)
    with store(tmp_path) as opened:
        assert opened.wait(later)
        assert opened.wait(WAITING)
        assert opened.waiting("s1", limit=5) == [WAITING, later]
        assert opened.waiting("s1", limit=1) == [WAITING]
        opened.tried(WAITING, "s1")
    with store(tmp_path) as opened:
        assert opened.waiting("s1", limit=5) == [later]
        assert opened.waiting("s2", limit=5) == [WAITING, later]
        assert opened.stop_waiting(WAITING)
        assert not opened.stop_waiting(WAITING)
        assert opened.waiting("s2", limit=5) == [later]


def test_a_member_waits_for_a_few_questions_only(tmp_path: Path) -> None:
    """The limit is the member's own; the same question again is no further one."""
    with store(tmp_path) as opened:
        for number in range(MOST_WAITING):
            assert opened.wait(replace(WAITING, message_id=number))
        assert not opened.wait(replace(WAITING, message_id=MOST_WAITING))
        assert opened.wait(replace(WAITING, message_id=3))
        assert opened.wait(replace(WAITING, member_id=6))


@pytest.mark.parametrize("end", ["forget", "server", "message", "time", "logging"])
def test_what_waits_ends_with_all_else_that_is_personal(tmp_path: Path, end: str) -> None:
    """/forget, a removed bot, a deleted message, the log's days and logging switched off each delete it for good."""
    clock = Clock()
    with store(tmp_path, clock) as opened:
        opened.wait(WAITING)
        assert b"secret" in everything_in(tmp_path)
        if end == "forget":
            assert opened.forget_member(WAITING.member_id) == 1
        elif end == "server":
            opened.forget_server(10)
        elif end == "message":
            opened.forget_message(9)
        elif end == "time":
            clock.now_s += 30 * DAY_S
        assert opened.waiting("s", limit=5) == ([WAITING] if end == "logging" else [])
    with store(tmp_path, clock, logging=end != "logging"):
        assert b"secret" not in everything_in(tmp_path)


def test_with_logging_off_nobody_waits(tmp_path: Path) -> None:
    """Nothing of it reaches the file."""
    with store(tmp_path, logging=False) as opened:
        assert not opened.wait(WAITING)
        assert opened.waiting("s", limit=5) == []
        assert b"secret" not in everything_in(tmp_path)
