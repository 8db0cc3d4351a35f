"""Private answers of the last minutes, in memory only: what their buttons need until they are switched off."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from qabot.discord_bot.kept import KeptMessage
from qabot.discord_bot.render import Rendered

_MOST = 2000  # older ones are as good as expired


@dataclass(slots=True)
class PrivateMessage:
    """A message that only ``asker_id`` sees."""

    message: KeptMessage
    asker_id: int
    rendered: Rendered | None = None  # of an answer that can be shared
    shared: bool = False


class PrivateMessages:
    """By message id, until they expire; ``clock`` in seconds since the epoch. For the event loop only."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._by_id: OrderedDict[int, PrivateMessage] = OrderedDict()

    def keep(self, private: PrivateMessage) -> None:
        """Remember a message; those that have expired go, and the oldest when there are too many."""
        self._drop_expired()
        self._by_id[private.message.message_id] = private
        while len(self._by_id) > _MOST:
            self._by_id.popitem(last=False)

    def get(self, message_id: int) -> PrivateMessage | None:
        """The message, unless it is unknown or expired."""
        self._drop_expired()
        return self._by_id.get(message_id)

    def _drop_expired(self) -> None:
        """An answer that took long expires before others that were kept earlier, so all are looked at."""
        now_s = self._clock()
        for message_id in [at for at, one in self._by_id.items() if one.message.expires_s <= now_s]:
            del self._by_id[message_id]

    def forget_member(self, member_id: int) -> None:
        """Drop all that was shown to a member."""
        for message_id in [at for at, one in self._by_id.items() if one.asker_id == member_id]:
            del self._by_id[message_id]
