"""What a watcher tells."""

from __future__ import annotations

from dataclasses import dataclass

from qabot.listing import Changes, Report
from qabot.pinned import PinnedReport


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The index was built; ``damage``: what was wrong with it on the disk, if that was the reason."""

    report: Report
    damage: str | None = None


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A generation that another process, or a question, had built is in service now.

    ``changes``: the files that are others in it; None if that cannot be told. ``damage``: what was found wrong with the
    index on the disk before.
    """

    generation: str
    changes: Changes | None = None
    damage: str | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Something could not be done. Told once for each cause.

    ``index``: it is the index that could not be brought up to date, so that the one before answers.
    """

    problem: str
    remedy: str
    index: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another process is building the index: the one before answers until that is done. Told once for each process."""

    problem: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """What had failed or was waited for is over, and nothing was to be built."""

    generation: str


@dataclass(frozen=True, slots=True)
class Blind:
    """The system tells of no changes, so only sweeps find them, every ``sweep_s`` seconds. Told once."""

    reason: str
    sweep_s: float


@dataclass(frozen=True, slots=True)
class PinnedAsked:
    """The pinned questions were asked of a new generation."""

    report: PinnedReport


Notice = Rebuilt | TakenOver | Failed | Waiting | Recovered | Blind | PinnedAsked
