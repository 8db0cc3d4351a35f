"""Which formats are read, and by what. Importing this costs nothing: the readers come with the first file they read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Protocol

from qabot.datatypes import Document

# By suffix: part of the index's identity. Raise the number whenever the same bytes would give another Document.
EXTRACTOR_VERSIONS: Mapping[str, str] = {
    ".txt": "plain 3",
    ".md": "markdown 3",
    ".rst": "rst 3",
    ".docx": "docx 3",
    ".html": "html 2",
    ".htm": "html 2",
    ".pdf": "pdf 1",
}

# By suffix: the distribution whose version also decides what text a file gives. Text formats need none.
LIBRARIES: Mapping[str, str] = {
    ".docx": "python-docx",
    ".html": "selectolax",
    ".htm": "selectolax",
    ".pdf": "pypdfium2",
}


class Extractor(Protocol):
    """Turns a file's bytes into a Document; the seam for further formats."""

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document.

        Raises:
            DocumentError: if there is no text in these bytes.
        """
        ...


def extractor_for(suffix: str) -> Extractor:
    """The reader for files with this suffix, one of ``EXTRACTOR_VERSIONS``."""
    from qabot.documents.extraction import EXTRACTORS  # its many patterns are compiled when a file is read, not before

    return EXTRACTORS[suffix]


@cache
def library_of(suffix: str) -> str:
    """Name and version of the library that extracts files with this suffix, as in ``Document.extractor``; "" if none.

    Raises:
        importlib.metadata.PackageNotFoundError: if the library is not installed.
    """
    name = LIBRARIES.get(suffix)
    if name is None:
        return ""
    from importlib.metadata import version  # 15 ms that a folder of text files does not pay

    return f"{name} {version(name)}"
