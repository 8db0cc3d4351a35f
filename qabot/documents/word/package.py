"""A .docx as a zip of XML parts (ECMA-376 part 2), opened so that no file can do harm.

python-docx parses the parts but does not open the package: it inflates each member in one go whatever its header
promises, follows every relationship (also to parts that are not there), and reads all the pictures.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Mapping

from qabot.documents.word.kinds import require_zip, zip_kind
from qabot.documents.word.xml import Element, w
from qabot.errors import DocumentError

MAX_UNPACKED_BYTES = 200_000_000
MAX_RATIO = 100
RATIO_FROM_BYTES = 10_000_000  # a small file of blanks may well shrink to a thousandth

_SAVE_AGAIN = "Open it in Word and save it again, or take it from a backup."
_ENCRYPTED_FLAG = 0x1
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # Word reads no other
# What zipfile raises on damaged or hostile bytes, beside BadZipFile.
_ZIP_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, ValueError, OverflowError,
    RuntimeError,
)  # fmt: skip
_TRANSITIONAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"


class WordPackage:
    """The parts of one Word document. Each is unpacked and parsed when asked for.

    Raises:
        DocumentError: if the bytes are no Word document, or one that unpacks beyond the limits. As in all methods, the
            message begins with "is" or "holds", to follow the file's name.
    """

    def __init__(self, raw: bytes) -> None:
        require_zip(raw)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except _ZIP_ERRORS:
            raise _damaged("its zip directory cannot be read") from None
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        _require_bounded(members)
        # Part names are compared without case; some writers separate them as Windows does.
        self._members = {member.filename.replace("\\", "/").lower(): member for member in members}
        self._main_name = self._targets("").get("officeDocument", "word/document.xml")
        if self._main_name.lower() not in self._members or self._main_name.lower().startswith(("xl/", "ppt/")):
            raise zip_kind(self._members, self._first_bytes("mimetype"))
        self._related = self._targets(self._main_name)

    def document(self) -> Element:
        """The main part's root.

        Raises:
            DocumentError: if it is damaged or no ``w:document``.
        """
        root = self._part(self._main_name)
        if root is None or root.tag != w("document"):
            raise _damaged("its main part is no Word document")
        return root

    def related(self, kind: str) -> Element | None:
        """The root of the part that the main part names by a relationship: "styles", "footnotes"; None without one.

        Raises:
            DocumentError: if it is damaged.
        """
        return self._part(self._related[kind]) if kind in self._related else None

    def core_properties(self) -> Element | None:
        """The root of title and dates; None without.

        Raises:
            DocumentError: if it is damaged.
        """
        name = self._targets("").get("core-properties")
        return self._part(name) if name else None

    def _targets(self, source: str) -> Mapping[str, str]:
        """Kind of relationship -> name of the part in this package; what lies outside is left out, never fetched."""
        folder, name = posixpath.split(source)
        root = self._part(posixpath.join(folder, "_rels", f"{name}.rels"))
        found: dict[str, str] = {}
        for relation in root if root is not None else ():
            kind, target = relation.get("Type") or "", relation.get("Target") or ""  # a comment has None
            if relation.get("TargetMode") != "External":
                found.setdefault(posixpath.basename(kind), posixpath.normpath(posixpath.join("/", folder, target))[1:])
        return found

    def _part(self, name: str) -> Element | None:
        member = self._members.get(name.lower())
        return None if member is None else _parsed(self._unpacked(member, member.file_size), name)

    def _unpacked(self, member: zipfile.ZipInfo, limit: int) -> bytes:
        """At most ``limit`` bytes of a member, however much is packed in it: headers can lie."""
        try:
            with self._zip.open(member) as packed:
                return packed.read(limit)
        except _ZIP_ERRORS:
            raise _damaged(f"its part {member.filename[:80]!r} cannot be unpacked") from None

    def _first_bytes(self, name: str) -> bytes:
        return self._unpacked(self._members[name], 100) if name in self._members else b""


def _damaged(how: str) -> DocumentError:
    return DocumentError(f"is a damaged Word file: {how}", remedy=_SAVE_AGAIN)


def _require_bounded(members: list[zipfile.ZipInfo]) -> None:
    """Refuse by the zip's directory alone, before anything is unpacked."""
    if any(member.flag_bits & _ENCRYPTED_FLAG for member in members):
        raise DocumentError("is encrypted", remedy="Save it without a password.")
    if any(member.compress_type not in _METHODS for member in members):
        raise _damaged("it is packed in a way that Word does not use")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed):
        problem = f"holds {unpacked:,} bytes packed into {packed:,}, as harmful files do"
        raise DocumentError(problem, remedy="Remove it, or split it and leave out its pictures.")


def _parsed(xml: bytes, name: str) -> Element:
    """The root of a part. Entities are never resolved, and a part that declares any is refused."""
    from docx.oxml import parse_xml  # 0.1 s to import, and only Word files need it

    try:
        root = parse_xml(xml.replace(_STRICT, _TRANSITIONAL))
    except (SyntaxError, ValueError):  # lxml's XMLSyntaxError is a SyntaxError
        raise _damaged(f"its part {name[:80]!r} is no valid XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(f"holds a DTD in its part {name[:80]!r}, which no Word file has", remedy="Remove it.")
    return root
