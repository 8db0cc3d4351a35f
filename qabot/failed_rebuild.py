"""Why the index could not be brought up to date: kept beside it, so that doctor can tell what another process met.

Kept as well as the disk allows. Where it refuses, doctor finds the cause by itself: no room, no right to write.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qabot.errors import QabotError

FAILURE_NAME = "failure.json"
_MAX_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class FailedRebuild:
    """What went wrong, what helps, and when it was, in seconds since the epoch."""

    problem: str
    remedy: str
    at_s: float


def keep_failure(embeddings: Path, error: QabotError) -> None:
    """Remember why a build failed, unless the disk refuses or there is no index at all."""
    kept = {"problem": error.problem, "remedy": error.remedy, "at_s": time.time()}
    aside = embeddings / f"{FAILURE_NAME}.tmp"
    try:
        aside.write_text(json.dumps(kept), encoding="utf-8")
        aside.replace(embeddings / FAILURE_NAME)
    except OSError:  # a full disk may have given the file and no room for what it should hold
        with suppress(OSError):
            aside.unlink()


def forget_failure(embeddings: Path) -> None:
    """A build succeeded, or there was nothing to build."""
    with suppress(OSError):
        (embeddings / FAILURE_NAME).unlink(missing_ok=True)


def kept_failure(embeddings: Path) -> FailedRebuild | None:
    """Why the latest build failed; None if it did not, or it cannot be told."""
    path = embeddings / FAILURE_NAME
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = FailedRebuild(str(kept["problem"]), str(kept["remedy"]), float(kept["at_s"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if 0 <= found.at_s < 2**33 else None  # no time of this calendar
