"""Files under seeds/ become Documents: the only place where bytes become text.

Knows names, encodings, headers and structure; knows nothing of sentences, chunks or the index. Parsers and detectors
are imported when a file needs them, so that listing an unchanged folder costs nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qabot.config import SeedsConfig
from qabot.datatypes import Document
from qabot.documents.context import Contexts
from qabot.documents.context_line import context_line
from qabot.documents.decoding import Decoded, decode
from qabot.documents.folder import Scan, SeedFile, read_bytes, scan_folder, suffix_of, unsupported
from qabot.documents.formats import EXTRACTOR_VERSIONS, LIBRARIES, Extractor, extractor_for
from qabot.documents.headings import HeadingPaths
from qabot.documents.lines import line_of
from qabot.errors import DocumentError

if TYPE_CHECKING:
    from qabot.documents.sandbox import Sandbox

__all__ = [
    "EXTRACTOR_VERSIONS",
    "Contexts",
    "Decoded",
    "Extractor",
    "HeadingPaths",
    "Scan",
    "SeedFile",
    "context_line",
    "decode",
    "line_of",
    "read_bytes",
    "read_document",
    "scan",
]

_LARGE_TEXT_BYTES = 200_000  # below it the worst text that was found takes two seconds to read


def scan(seeds: Path) -> Scan:
    """List the documents under ``seeds`` without opening any, and what is wrong with the other files.

    Raises:
        ConfigError: if the folder itself cannot be listed.
    """
    return scan_folder(seeds, EXTRACTOR_VERSIONS.keys())


def read_document(seeds: Path, id_: str, *, max_bytes: int, sandbox: Sandbox | None = None) -> Document:
    """Read and decode one file under ``seeds``.

    Args:
        seeds: the folder of documents.
        id_: the document's id.
        max_bytes: larger files are refused.
        sandbox: where formats that need a library, and large texts, are read, within its limits. Without one such a
            file gets a process of its own, with the default limits; for several files, or limits from a configuration:
            ``with Sandbox(config.seeds) as sandbox``.

    Raises:
        DocumentError: if the id is none, leads out of seeds/, or the file cannot be read as text of at most
            ``max_bytes`` bytes.
        ReadingStopped: if that may have a passing cause.
    """
    from qabot.documents.kinds import refuse_other_kind  # its patterns are for reading only, as in formats.py

    raw = read_bytes(seeds, id_, max_bytes=max_bytes)
    suffix = suffix_of(id_)
    if suffix not in EXTRACTOR_VERSIONS:
        problem = unsupported(id_, EXTRACTOR_VERSIONS.keys())
        raise DocumentError(f"{id_} is not read: {problem.reason}", remedy=problem.remedy)
    refuse_other_kind(id_, suffix, raw)
    if suffix not in LIBRARIES and len(raw) <= _LARGE_TEXT_BYTES:
        return extractor_for(suffix).extract(id_, raw)
    from qabot.documents.sandbox import Sandbox

    if sandbox is not None:
        return sandbox.read(id_, raw)
    with Sandbox(SeedsConfig(max_file_bytes=max_bytes)) as own:
        return own.read(id_, raw)
