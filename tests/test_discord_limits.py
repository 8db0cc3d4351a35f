"""Limits: who asks too much is told when to try again, and is answered then."""

import re
from contextlib import ExitStack

import pytest

from qabot.discord_bot.limits import AT_ONCE, Limits, TryAgain


class Clock:
    """A time that is set."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def limits(clock: Clock, *, cooldown_s: float = 3.0, per_minute: int = 1000, queue: int = 1000) -> Limits:
    """Two workers."""
    return Limits(cooldown_s=cooldown_s, server_limit_per_minute=per_minute, queue=queue, workers=2, clock=clock)


def ask(one: Limits, member_id: int = 1, server_id: int | None = 10) -> int:
    """0 if the question was taken, else after how many seconds to try again."""
    try:
        with one.admitted(member_id=member_id, server_id=server_id):
            return 0
    except TryAgain as refused:
        found = re.search(r"try again in (\d+) seconds?\.$", str(refused))
    return int(found[1]) if found else -1


def test_a_member_may_ask_a_few_at_once_then_one_in_each_cooldown() -> None:
    """The sixth question is refused with the time to wait; after that time exactly one more is taken."""
    clock = Clock()
    one = limits(clock)
    assert [ask(one) for _ in range(AT_ONCE + 1)] == [0] * AT_ONCE + [3]
    assert ask(one, member_id=2) == 0
    clock.now_s += 2.5
    assert ask(one) == 1
    clock.now_s += 0.5
    assert [ask(one), ask(one)] == [0, 3]
    clock.now_s += 1000
    assert [ask(one) for _ in range(AT_ONCE + 1)] == [0] * AT_ONCE + [3]


def test_no_cooldown_is_none() -> None:
    """With 0 seconds a member may ask as much as the server may."""
    assert {ask(limits(Clock(), cooldown_s=0.0)) for _ in range(100)} == {0}


def test_a_server_has_so_many_a_minute() -> None:
    """Of all its members together; other servers and direct messages are not touched, and a refusal counts nothing."""
    clock = Clock()
    one = limits(clock, per_minute=3)
    assert ask(one, member_id=1) == 0
    clock.now_s += 20
    assert [ask(one, member_id=n) for n in (2, 3, 4)] == [0, 0, 40]
    assert [ask(one, member_id=4, server_id=server) for server in (11, None)] == [0, 0]
    clock.now_s += 39.5
    assert ask(one, member_id=4) == 1
    clock.now_s += 0.5
    assert [ask(one, member_id=4), ask(one, member_id=5)] == [0, 20]


def test_the_queue_is_bounded() -> None:
    """Beyond it the bot is busy; a place becomes free with each answer, also with one that fails."""
    clock = Clock()
    one = limits(clock, queue=2)
    with ExitStack() as inside:
        inside.enter_context(one.admitted(member_id=1, server_id=10))
        inside.enter_context(one.admitted(member_id=2, server_id=10))
        assert one.waiting == 2
        assert ask(one, member_id=3) == 1
    assert one.waiting == 0
    with pytest.raises(ValueError, match="broken"), one.admitted(member_id=3, server_id=10):
        raise ValueError("broken")
    assert one.waiting == 0


def test_the_time_to_wait_follows_the_answers() -> None:
    """Where answers take long, who is refused for a full queue is told to come back later."""
    clock = Clock()
    one = limits(clock, queue=2, cooldown_s=0.0)
    for _ in range(60):
        with one.admitted(member_id=1, server_id=None):
            clock.now_s += 10
    with one.admitted(member_id=1, server_id=None), one.admitted(member_id=1, server_id=None):
        assert ask(one) > 10


def test_many_members_are_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory is bounded; who is forgotten may ask."""
    monkeypatch.setattr("qabot.discord_bot.limits._MOST_REMEMBERED", 10)
    one = limits(Clock())
    for member in range(100):
        ask(one, member_id=member)
    assert len(one._free_at_s) == 10
