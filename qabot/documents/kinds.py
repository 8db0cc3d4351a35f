"""What a file is by its first bytes, where those say another thing than its name.

Only kinds that are known by signs no text begins with; anything else is for the extractor to judge.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from qabot.documents.formats import EXTRACTOR_VERSIONS
from qabot.errors import DocumentError

_MOVE = "Move it out of seeds/, or save its text as one of {readable}."
_UNPACK = "Unpack it, and put what is in it into seeds/."
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NUL_WITHIN_BYTES = 64
_PAGE_WITHIN_BYTES = 1_000


class Kind(NamedTuple):
    """What people call it, the suffixes it may have, and what to do if it has another."""

    name: str
    suffixes: tuple[str, ...] = ()
    remedy: str = _MOVE


_PDF = Kind("a PDF", (".pdf",))
_WORD = Kind("a Word document", (".docx",))
_HTML = Kind("an HTML page", (".html", ".htm"))
_ARCHIVE = Kind("a zip archive", remedy=_UNPACK)
_OLD_OFFICE = Kind("an old Word, Excel or PowerPoint file", remedy="Save it anew as .docx or .pdf.")
_RTF = Kind("an RTF document", remedy="Save it anew as .docx or .txt.")

_BY_FIRST_BYTES = (
    (b"%PDF-", _PDF),
    (b"{\\rtf", _RTF),
    (_OLE, _OLD_OFFICE),
    (b"\x89PNG\r\n\x1a\n", Kind("a PNG picture")),
    (b"\xff\xd8\xff", Kind("a JPEG picture")),
    (b"II*\0", Kind("a TIFF picture")),
    (b"MM\0*", Kind("a TIFF picture")),
    (b"ID3\x03", Kind("an MP3 recording")),
    (b"ID3\x04", Kind("an MP3 recording")),
    (b"OggS\0", Kind("an Ogg recording")),
    (b"\x1f\x8b\x08", Kind("gzip-compressed", remedy=_UNPACK)),
    (b"\xfd7zXZ\0", Kind("xz-compressed", remedy=_UNPACK)),
    (b"\x28\xb5\x2f\xfd", Kind("zstd-compressed", remedy=_UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", remedy=_UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", remedy=_UNPACK)),
    (b"\x7fELF", Kind("a program")),
    (b"\xcf\xfa\xed\xfe", Kind("a program")),
    (b"SQLite format 3\0", Kind("an SQLite database")),
)
_WITH_NUL = (  # kinds whose first letters a text may have too, but never a NUL soon after
    (b"MZ", Kind("a program")),
    (b"BM", Kind("a BMP picture")),
    (b"GIF8", Kind("a GIF picture")),
)
_BZIP2 = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")
_MEDIA = re.compile(rb"RIFF.{4}(?:WEBP|WAVE|AVI )|.{4}ftyp", re.DOTALL)
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*(?:<!doctype\s+html\b|<html[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_MEMBER = (
    rb"PK\x03\x04.{26}"  # what goes before a member's name (APPNOTE 4.3.7): "password/" is another one than "word/"
)


def _member(name: bytes) -> re.Pattern[bytes]:
    return re.compile(_MEMBER + name, re.DOTALL)


_INSIDE_ZIP = (
    (_member(rb"word/document\d*\.xml"), _WORD),
    (_member(rb"xl/workbook"), Kind("an Excel file", remedy="Save its sheets as .html or .pdf.")),
    (_member(rb"ppt/presentation"), Kind("a PowerPoint file", remedy="Save it as .pdf.")),
    (
        _member(rb"mimetypeapplication/vnd\.oasis\.opendocument"),
        Kind("an OpenDocument file", remedy="Save it as .docx or .pdf."),
    ),
    (_member(rb"mimetypeapplication/epub\+zip"), Kind("an EPUB book", remedy=_UNPACK)),
)


def refuse_other_kind(id_: str, suffix: str, raw: bytes) -> None:
    """Pass a file unless its bytes plainly are of another kind than its suffix says.

    Raises:
        DocumentError: naming the kind.
    """
    if suffix == ".docx" and raw.startswith((_ZIP, _OLE)):
        return  # its extractor looks into the package
    kind = _kind_of(raw)
    if kind is None or suffix in kind.suffixes:
        return
    remedy = kind.remedy.format(readable=" ".join(sorted(EXTRACTOR_VERSIONS)))
    if kind.suffixes and kind.suffixes[0] in EXTRACTOR_VERSIONS:
        remedy = f"Rename it so that it ends in {kind.suffixes[0]}."
    raise DocumentError(f"{id_} is {kind.name} by its content", remedy=remedy)


def _kind_of(raw: bytes) -> Kind | None:
    if raw.startswith(_ZIP):
        return next((kind for sign, kind in _INSIDE_ZIP if sign.search(raw)), _ARCHIVE)
    for first, kind in _BY_FIRST_BYTES:
        if raw.startswith(first):
            return kind
    if _BZIP2.match(raw):
        return Kind("bzip2-compressed", remedy=_UNPACK)
    if b"\0" in raw[:_NUL_WITHIN_BYTES]:
        return _kind_with_nul(raw)
    return _HTML if _PAGE.match(raw[:_PAGE_WITHIN_BYTES]) else None


def _kind_with_nul(raw: bytes) -> Kind | None:
    if _MEDIA.match(raw):
        return Kind("a picture, recording or film")
    return next((kind for first, kind in _WITH_NUL if raw.startswith(first)), None)
