"""What a file named .docx is instead, told by its first bytes or by what its zip holds."""

from __future__ import annotations

from collections.abc import Collection

from qabot.errors import DocumentError

_EMPTY_REMEDY = "Write something in it, or remove it."
_SAVE_AS_DOCX = "Save it as Word document (.docx)."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Streams of an OLE file, in the order in which they tell.
_STREAMS = (
    ("EncryptedPackage", "is encrypted", "Save it without a password."),
    ("WordDocument", "is an old Word file (.doc) by its content", _SAVE_AS_DOCX),
    ("Workbook", "is an old Excel file (.xls) by its content", "Save it as HTML or text."),
    ("PowerPoint Document", "is an old PowerPoint file (.ppt) by its content", "Save it as PDF."),
)
_MAGIC = (
    (b"%PDF-", "is a PDF by its content", "Give it the suffix .pdf."),
    (b"{\\rtf", "is a Rich Text file (.rtf) by its content", _SAVE_AS_DOCX),
    (b"\x89PNG", "is a picture by its content", "Move it out of seeds/."),
    (b"\xff\xd8\xff", "is a picture by its content", "Move it out of seeds/."),
    (b"\xdb\xa5", "is an old Word file (.doc) by its content", _SAVE_AS_DOCX),
)
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
_BY_FOLDER = (
    ("xl/", "is an Excel file (.xlsx) by its content", "Save it as HTML or text."),
    ("ppt/", "is a PowerPoint file (.pptx) by its content", "Save it as PDF."),
)
_BY_MIME = (
    (b"application/vnd.oasis.opendocument.text", "is an OpenDocument text (.odt) by its content", _SAVE_AS_DOCX),
    (b"application/vnd.oasis.opendocument", "is an OpenDocument file by its content", "Save it as PDF."),
    (b"application/epub", "is an EPUB book by its content", "Save it as HTML or text."),
)


def require_zip(raw: bytes) -> None:
    """Refuse bytes that are no zip.

    Raises:
        DocumentError: saying what they are, without the file's name.
    """
    if raw.startswith(_ZIP_STARTS):
        return
    if not raw.strip():
        raise DocumentError("is empty" if not raw else "holds only white space", remedy=_EMPTY_REMEDY)
    raise _ole_kind(raw) if raw.startswith(_OLE) else _kind(raw)


def zip_kind(names: Collection[str], mimetype: bytes) -> DocumentError:
    """What a zip without a Word document is; ``names`` in lower case."""
    for mime, problem, remedy in _BY_MIME:
        if mimetype.startswith(mime):
            return DocumentError(problem, remedy=remedy)
    for folder, problem, remedy in _BY_FOLDER:
        if any(name.startswith(folder) for name in names):
            return DocumentError(problem, remedy=remedy)
    return DocumentError("is a zip archive without a Word document in it", remedy="Unpack it, or remove it.")


def _ole_kind(raw: bytes) -> DocumentError:
    for stream, problem, remedy in _STREAMS:
        if stream.encode("utf-16-le") in raw:
            return DocumentError(problem, remedy=remedy)
    return DocumentError("is no Word file but another OLE file by its content", remedy="Save it as PDF or text.")


def _kind(raw: bytes) -> DocumentError:
    for magic, problem, remedy in _MAGIC:
        if raw.startswith(magic):
            return DocumentError(problem, remedy=remedy)
    start = raw[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return DocumentError("is a web page by its content", remedy="Give it the suffix .html.")
    if start.startswith(b"<?xml"):
        return DocumentError("is a single XML file by its content", remedy=_SAVE_AS_DOCX)
    return DocumentError("is no Word file by its content", remedy=f"{_SAVE_AS_DOCX[:-1]}, or give it its right suffix.")
