"""What another process changed: the files of the generation that was in service against those of the one that is.

Knows manifests; it refuses to know why there is another generation.
"""

from __future__ import annotations

from pathlib import Path

from qabot.errors import IndexUnusable
from qabot.index.manifest import Manifest
from qabot.index.opening import GENERATIONS_NAME, read_manifest
from qabot.index.report import FileChanges, file_changes


class FilesInService:
    """Remembers the files of the generation in service. For one thread."""

    def __init__(self, embeddings: Path) -> None:
        self._embeddings = embeddings
        self._manifest: Manifest | None = None

    def changed_to(self, generation: str) -> FileChanges | None:
        """What is another in this generation than in that of the last call; None at first, or if it cannot be told."""
        before, self._manifest = self._manifest, self._read(generation)
        if before is None or self._manifest is None:
            return None
        return file_changes(before.files, self._manifest.files)

    def _read(self, generation: str) -> Manifest | None:
        """This process has it open, so that it is not parsed again; it may be gone from the disk."""
        try:
            return read_manifest(self._embeddings / GENERATIONS_NAME / generation)
        except IndexUnusable:
            return None
