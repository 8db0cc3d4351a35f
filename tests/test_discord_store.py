"""The store: what is kept, for how long, and that nothing personal is in the file with logging off."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from qabot.datatypes import Span
from qabot.discord_bot import schema
from qabot.discord_bot.kept import Asked, KeptMessage, KeptQuote, ServerSettings
from qabot.discord_bot.store_sqlite import SqliteStore
from qabot.errors import ConfigError

DAY_S = 86_400.0
NOW_S = 1_800_000_000.0
QUOTE = KeptQuote("faq/a.md", Span(3, 40), Span(5, 9), "0" * 64, "1" * 64, 0, 0.93)
MESSAGE = KeptMessage(
    message_id=2**62,
    channel_id=7,
    server_id=10,
    generation="g1",
    quotes=(QUOTE, replace(QUOTE, answer=None, rank=1)),
    posted_s=NOW_S,
    expires_s=NOW_S + DAY_S,
)
ASKED = Asked(
    message_id=MESSAGE.message_id, channel_id=7, server_id=10, member_id=555_000_111, question="Where is my secret?",
    answered=False, confidence=0.1, asked_s=NOW_S,
)  # fmt: skip


class Clock:
    """A time that is set."""

    def __init__(self) -> None:
        self.now_s = NOW_S

    def __call__(self) -> float:
        """Seconds since the epoch."""
        return self.now_s


@contextmanager
def store(folder: Path, clock: Clock | None = None, *, logging: bool = True, days: int = 30) -> Iterator[SqliteStore]:
    """The store in a folder, closed at the end."""
    opened = SqliteStore.open(folder / "qabot.sqlite", logging=logging, log_days=days, clock=clock or Clock())
    try:
        yield opened
    finally:
        opened.close()


def test_a_message_comes_back_after_a_restart(tmp_path: Path) -> None:
    """All its quotes in order, with and without an answer's place; a second one of the same id replaces it."""
    with store(tmp_path) as first:
        first.keep_message(MESSAGE)
        first.keep_message(replace(MESSAGE, message_id=4, quotes=()))
        first.keep_message(replace(MESSAGE, message_id=4, channel_id=8, server_id=None))
    with store(tmp_path) as second:
        assert second.message(MESSAGE.message_id) == MESSAGE
        assert second.message(4) == replace(MESSAGE, message_id=4, channel_id=8, server_id=None)
        assert second.message(5) is None
        second.forget_message(4)
        assert second.message(4) is None


def test_messages_expire(tmp_path: Path) -> None:
    """From its time on a message is unknown, and the next opening deletes it with its quotes."""
    clock = Clock()
    with store(tmp_path, clock) as opened:
        opened.keep_message(MESSAGE)
        clock.now_s += DAY_S
        assert opened.message(MESSAGE.message_id) is None
    with store(tmp_path, clock):
        pass
    connection = sqlite3.connect(tmp_path / "qabot.sqlite")
    assert [connection.execute(f"select count(*) from {t}").fetchone() for t in ("message", "quote")] == [(0,), (0,)]  # noqa: S608
    connection.close()


def test_settings_are_kept_for_each_server(tmp_path: Path) -> None:
    """Every field survives a restart; a server where nothing was set has the defaults."""
    settings = ServerSettings(
        channels=frozenset({1, 2**62}),
        threads_only=True,
        mentions=False,
        private_by_default=True,
        minimum_confidence=0.75,
        roles=(("staff/é", frozenset({3, 4})), ("x", frozenset())),
    )
    with store(tmp_path) as first:
        first.change_settings(10, settings)
    with store(tmp_path) as second:
        assert second.settings(10) == settings
        assert second.settings(11) == ServerSettings()
        assert second.all_settings() == {10: settings}


def everything_in(folder: Path) -> bytes:
    """The bytes of all files of the store."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_with_logging_off_nothing_personal_is_written(tmp_path: Path) -> None:
    """Neither the question nor the member's id is in any byte of the files, open or closed; the features are absent."""
    member = ASKED.member_id
    with store(tmp_path, logging=False) as opened:
        opened.keep_message(MESSAGE)
        opened.log(ASKED)
        assert not opened.judge(message_id=MESSAGE.message_id, member_id=member, verdict="up", at_s=NOW_S)
        assert opened.unanswered(10, limit=9) == []
        assert opened.judged(10, limit=9) == []
        assert opened.forget_member(member) == 0
        written = everything_in(tmp_path)
    for content in (written, everything_in(tmp_path)):
        assert b"faq/a.md" in content
        assert b"secret" not in content
        assert str(member).encode() not in content
        assert member.to_bytes(4) not in content
    with store(
        tmp_path / ".", logging=True
    ) as opened:  # the same bytes are there with logging on, else this is no test
        opened.log(ASKED)
        assert b"secret" in everything_in(tmp_path)
        assert member.to_bytes(4) in everything_in(tmp_path)


def test_switching_logging_off_deletes_what_was_logged(tmp_path: Path) -> None:
    """The next start without logging removes questions and thumbs from the file's very bytes, not the messages."""
    with store(tmp_path) as opened:
        opened.keep_message(MESSAGE)
        opened.log(ASKED)
        opened.judge(message_id=MESSAGE.message_id, member_id=ASKED.member_id, verdict="up", at_s=NOW_S)
    with store(tmp_path, logging=False) as opened:
        assert opened.message(MESSAGE.message_id) == MESSAGE
        assert b"secret" not in everything_in(tmp_path)
        assert ASKED.member_id.to_bytes(4) not in everything_in(tmp_path)


def test_unanswered_questions_are_counted_newest_first(tmp_path: Path) -> None:
    """The same words are one question, in the wording of the last; answered ones and other servers' do not count."""
    with store(tmp_path) as opened:
        for at, (question, server, answered) in enumerate(
            [("Why?", 10, False), ("How?", 10, False), (" why? ", 10, False), ("When?", 10, True), ("Who?", 11, False)]
        ):
            opened.log(replace(ASKED, question=question, server_id=server, answered=answered, asked_s=NOW_S + at))
        opened.log(replace(ASKED, question="In private?", server_id=None))
        found = [(one.question, one.times, one.last_s - NOW_S) for one in opened.unanswered(10, limit=10)]
        assert found == [(" why? ", 2, 2.0), ("How?", 1, 1.0)]
        assert len(opened.unanswered(10, limit=1)) == 1
        assert [one.question for one in opened.unanswered(None, limit=10)] == ["In private?"]


def test_only_the_latest_thumb_of_a_member_counts(tmp_path: Path) -> None:
    """Two members judge one answer, one of them twice."""
    with store(tmp_path) as opened:
        opened.log(replace(ASKED, answered=True))
        for member, verdict in ((1, "up"), (2, "up"), (1, "down")):
            assert opened.judge(message_id=MESSAGE.message_id, member_id=member, verdict=verdict, at_s=NOW_S)
        (judged,) = opened.judged(10, limit=5)
        assert (judged.question, judged.up, judged.down) == (ASKED.question, 1, 1)
        assert opened.judged(11, limit=5) == []


def test_the_log_ends_after_its_days(tmp_path: Path) -> None:
    """What is older than log_days is not shown any more, and deleted by the next purge."""
    clock = Clock()
    with store(tmp_path, clock, days=2) as opened:
        opened.log(ASKED)
        clock.now_s += 2 * DAY_S - 1
        assert len(opened.unanswered(10, limit=5)) == 1
        clock.now_s += 1
        assert opened.unanswered(10, limit=5) == []
        opened.purge()
        assert b"secret" not in everything_in(tmp_path)


def test_forgetting_a_member_and_a_server(tmp_path: Path) -> None:
    """Only the rows of the one go, also out of the file's bytes; a server's settings go with it."""
    with store(tmp_path) as opened:
        opened.keep_message(MESSAGE)
        opened.log(ASKED)
        opened.log(replace(ASKED, member_id=2, question="Another one?"))
        opened.judge(message_id=MESSAGE.message_id, member_id=ASKED.member_id, verdict="up", at_s=NOW_S)
        assert opened.forget_member(ASKED.member_id) == 2
        assert b"secret" not in everything_in(tmp_path)
        assert [one.question for one in opened.unanswered(10, limit=5)] == ["Another one?"]
        opened.change_settings(10, ServerSettings(mentions=False))
        opened.change_settings(11, ServerSettings(mentions=False))
        opened.forget_server(10)
        assert opened.message(MESSAGE.message_id) is None
        assert opened.unanswered(10, limit=5) == []
        assert opened.all_settings() == {11: ServerSettings(mentions=False)}


def test_the_file_is_its_owners(tmp_path: Path) -> None:
    """Nobody else can read the file or what SQLite writes beside it."""
    with store(tmp_path) as opened:
        opened.keep_message(MESSAGE)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("damage", ["no database at all, but text " * 99, "half", "middle"])
def test_a_damaged_file_is_moved_aside(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """The bot starts afresh, the damaged file stays for whoever wants to look, and one line says so."""
    path = tmp_path / "qabot.sqlite"
    with store(tmp_path) as opened:
        for number in range(300):
            opened.keep_message(replace(MESSAGE, message_id=number))
    content = path.read_bytes()
    damaged = {"half": content[: len(content) // 2], "middle": content[:4096] + b"\xa5" * 8192 + content[12288:]}
    path.write_bytes(damaged.get(damage, damage.encode()))
    with store(tmp_path) as opened:
        opened.keep_message(MESSAGE)
        assert opened.message(MESSAGE.message_id) == MESSAGE
    assert (tmp_path / f"qabot.sqlite.damaged-{int(NOW_S)}").exists()
    (line,) = [record.getMessage() for record in caplog.records]
    assert "is damaged" in line
    assert str(tmp_path) not in line


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A folder in its place, or a file of a newer version, is an error with a remedy, and left as it is."""
    (tmp_path / "qabot.sqlite").mkdir()
    with pytest.raises(ConfigError, match=r"qabot\.sqlite.*cannot be used"), store(tmp_path):
        pass
    newer = tmp_path / "newer"
    newer.mkdir()
    with store(newer):
        pass
    connection = sqlite3.connect(newer / "qabot.sqlite")
    connection.execute(f"pragma user_version = {len(schema.STEPS) + 1}")
    connection.close()
    with pytest.raises(ConfigError, match="newer qabot"), store(newer):
        pass
    assert (newer / "qabot.sqlite").exists()


def test_an_older_file_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A further step of the schema runs once over a file with data, and a failing one leaves the file as it was."""
    with store(tmp_path) as opened:
        opened.keep_message(MESSAGE)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, "create table more (x); insert into nowhere values (1)"))
    with pytest.raises(ConfigError), store(tmp_path):
        pass
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS[:-1], "create table more (x)"))
    for _ in range(2):
        with store(tmp_path) as opened:
            assert opened.message(MESSAGE.message_id) == MESSAGE
    connection = sqlite3.connect(tmp_path / "qabot.sqlite")
    assert connection.execute("pragma user_version").fetchone() == (len(schema.STEPS),)
    assert connection.execute("select count(*) from more").fetchone() == (0,)
    connection.close()


def test_threads_share_it(tmp_path: Path) -> None:
    """Eight threads that write and read at once lose nothing."""
    failures: list[BaseException] = []

    def work(base: int, opened: SqliteStore) -> None:
        try:
            for number in range(base, base + 20):
                opened.keep_message(replace(MESSAGE, message_id=number))
                assert opened.message(number) is not None
                opened.log(replace(ASKED, message_id=number))
        except BaseException as error:  # noqa: BLE001 - shown by the test's own thread
            failures.append(error)

    with store(tmp_path) as opened:
        threads = [threading.Thread(target=work, args=(base * 100, opened)) for base in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert opened.unanswered(10, limit=5)[0].times == 160
