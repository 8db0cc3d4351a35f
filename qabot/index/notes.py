"""Small files beside the index of what can be found again: one that is lost or spoilt is none.

A file holds JSON behind a line with its sum, since two processes may have written the same file aside. A pipe in its
place is no note, and is not waited for.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from qabot.index.parts import read_regular

_MAX_BYTES = 2**30  # some 100 bytes a file


def read_note(path: Path) -> Any:
    """What was written there; None if nothing is to be had."""
    try:
        data = read_regular(path, at_most_bytes=_MAX_BYTES)
    except OSError:
        return None
    end = data.find(b"\n") + 1
    return json.loads(data[end:]) if data[:end] == _sum(data[end:]) else None


def write_note(path: Path, value: Any) -> None:
    """Put ``value`` there, unless the disk refuses; None: remove what is there."""
    aside = path.with_name(f"{path.name}.tmp")
    try:
        if value is None:
            path.unlink(missing_ok=True)
            return
        body = json.dumps(value).encode("ascii")
        aside.unlink(missing_ok=True)  # a pipe there would be waited for
        aside.write_bytes(_sum(body) + body)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode("ascii") + b"\n"
