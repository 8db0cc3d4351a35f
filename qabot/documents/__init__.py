"""Files under seeds/ become Documents: the only place where bytes become text.

Knows names, encodings, headers and structure; knows nothing of sentences, chunks or the index. Parsers and detectors
are imported when a file needs them, so that listing an unchanged folder costs nothing.
"""

from __future__ import annotations

from pathlib import Path

from qabot.datatypes import Document
from qabot.documents.decoding import Decoded, decode
from qabot.documents.folder import Scan, SeedFile, read_bytes, scan_folder, suffix_of, unsupported
from qabot.documents.formats import EXTRACTOR_VERSIONS, Extractor, extractor_for
from qabot.documents.headings import HeadingPaths
from qabot.documents.lines import line_of
from qabot.errors import DocumentError

__all__ = [
    "EXTRACTOR_VERSIONS",
    "Decoded",
    "Extractor",
    "HeadingPaths",
    "Scan",
    "SeedFile",
    "decode",
    "line_of",
    "read_bytes",
    "read_document",
    "scan",
]


def scan(seeds: Path) -> Scan:
    """List the documents under ``seeds`` without opening any, and what is wrong with the other files.

    Raises:
        ConfigError: if the folder itself cannot be listed.
    """
    return scan_folder(seeds, EXTRACTOR_VERSIONS.keys())


def read_document(seeds: Path, id_: str, *, max_bytes: int) -> Document:
    """Read and decode one file under ``seeds``.

    Raises:
        DocumentError: if the id is none, leads out of seeds/, or the file cannot be read as text of at most
            ``max_bytes`` bytes.
    """
    raw = read_bytes(seeds, id_, max_bytes=max_bytes)
    suffix = suffix_of(id_)
    if suffix not in EXTRACTOR_VERSIONS:
        problem = unsupported(id_, EXTRACTOR_VERSIONS.keys())
        raise DocumentError(f"{id_} is not read: {problem.reason}", remedy=problem.remedy)
    return extractor_for(suffix).extract(id_, raw)
