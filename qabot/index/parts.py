"""Reading the files of a generation: each once, and only if it is what the manifest says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from qabot.errors import IndexDamaged
from qabot.index.manifest import PartRecord

REBUILD = "Run qabot index: it rebuilds from seeds/."


def read_part(folder: Path, part: PartRecord) -> bytes:
    """The verified bytes of one part.

    Raises:
        IndexDamaged: if the file is missing, cannot be read, or has another sum.
    """
    try:
        data = (folder / part.path).read_bytes()
    except OSError as error:
        raise IndexDamaged(f"{part.path} of the index cannot be read: {error.strerror}", remedy=REBUILD) from error
    if len(data) != part.size_bytes or hashlib.sha256(data).hexdigest() != part.sha256:
        raise IndexDamaged(f"{part.path} of the index differs from its checksum", remedy=REBUILD)
    return data
