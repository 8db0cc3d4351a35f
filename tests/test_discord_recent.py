"""Private answers of the last minutes, in memory."""

from qabot.discord_bot.kept import KeptMessage
from qabot.discord_bot.recent import PrivateMessage, PrivateMessages


def private(message_id: int, *, expires_s: float) -> PrivateMessage:
    """A message without quotes."""
    kept = KeptMessage(message_id, 1, None, "g1", (), posted_s=0.0, expires_s=expires_s)
    return PrivateMessage(kept, asker_id=5)


def test_what_has_expired_does_not_stay_in_memory() -> None:
    """Looking for any message and keeping another one both drop all that are past their time."""
    now_s = 0.0
    memory = PrivateMessages(lambda: now_s)
    for message_id, expires_s in ((1, 30.0), (2, 10.0), (3, 20.0)):
        memory.keep(private(message_id, expires_s=expires_s))
    now_s = 15.0
    assert memory.get(1) is not None
    assert list(memory._by_id) == [1, 3]
    now_s = 25.0
    memory.keep(private(4, expires_s=40.0))
    assert list(memory._by_id) == [1, 4]
    assert memory.get(3) is None
