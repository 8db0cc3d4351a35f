"""The index: segments of documents (SQLite), vectors (FAISS) and terms, and a manifest that binds them together.

embeddings/CURRENT                 the id of the generation in service
embeddings/generations/<id>/       manifest.json and of each segment <n>-documents.sqlite, <n>-vectors.faiss and
                                   <n>-terms.bin; never changed once there, and shared with other generations (links)
embeddings/building-<pid>-<...>/   a build on its way, or what a killed one left for the next to remove
embeddings/build.lock, build.pid   who builds
embeddings/looked.json             files that were touched since, and hold the same bytes
embeddings/unsettled.json          files that are being written to, and since when they are waited for
"""

from qabot.index.building import build
from qabot.index.changes import needs_update
from qabot.index.generation import Generation
from qabot.index.identity import IndexIdentity
from qabot.index.looks import keep_look, look
from qabot.index.merging import merge, needs_merge
from qabot.index.opening import current_id, in_service, open_current
from qabot.index.report import BuildReport
from qabot.index.texts import IndexedDocument, inside, passes
from qabot.index.visible import Searchable, VisiblePart

__all__ = [
    "BuildReport",
    "Generation",
    "IndexIdentity",
    "IndexedDocument",
    "Searchable",
    "VisiblePart",
    "build",
    "current_id",
    "in_service",
    "inside",
    "keep_look",
    "look",
    "merge",
    "needs_merge",
    "needs_update",
    "open_current",
    "passes",
]
