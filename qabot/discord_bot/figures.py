"""What /status says of the bot's work: per server, in memory, nothing about persons. Lost with a restart."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_DAY_S = 86_400
_LATEST = 500  # durations that the percentiles are taken over


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one server: replies since midnight UTC, and how long the latest ones took; None without any."""

    today: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(slots=True)
class _Server:
    day: int = -1
    today: int = 0
    took_ms: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))


class Figures:
    """Counts replies. ``clock``: seconds since the epoch. For the event loop only."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._servers: dict[int | None, _Server] = {}

    def note(self, server_id: int | None, *, answer_ms: float) -> None:
        """One reply, and how long it took from the acknowledgement on."""
        server = self._today(server_id)
        server.today += 1
        server.took_ms.append(answer_ms)

    def of(self, server_id: int | None) -> Summary:
        """The figures of one server; of direct messages together."""
        server = self._today(server_id)
        ordered = sorted(server.took_ms)
        return Summary(server.today, _percentile(ordered, 0.5), _percentile(ordered, 0.95))

    def _today(self, server_id: int | None) -> _Server:
        server = self._servers.setdefault(server_id, _Server())
        day = int(self._clock()) // _DAY_S
        if server.day != day:
            server.day, server.today = day, 0
        return server


def _percentile(ordered: list[float], share: float) -> float | None:
    """The nearest-rank percentile; None of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
