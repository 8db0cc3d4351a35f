"""The index: vectors (FAISS), terms (Tantivy), documents (SQLite) and a manifest that binds them to one generation.

embeddings/CURRENT                 the id of the generation in service
embeddings/generations/<id>/       manifest.json, documents.sqlite, vectors.faiss, terms/; never changed once there
embeddings/building-<pid>-<...>/   a build on its way, or what a killed one left for the next to remove
embeddings/build.lock, build.pid   who builds
"""

from qabot.index.building import build
from qabot.index.changes import needs_update
from qabot.index.generation import Generation
from qabot.index.identity import IndexIdentity
from qabot.index.opening import in_service, open_current
from qabot.index.postings import Postings
from qabot.index.report import BuildReport
from qabot.index.texts import IndexedDocument, inside, passes
from qabot.index.visible import Searchable, VisiblePart

__all__ = [
    "BuildReport",
    "Generation",
    "IndexIdentity",
    "IndexedDocument",
    "Postings",
    "Searchable",
    "VisiblePart",
    "build",
    "in_service",
    "inside",
    "needs_update",
    "open_current",
    "passes",
]
