"""Word files made for tests: python-docx writes the package, the XML that it cannot write is put in by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import docx
from docx.oxml import parse_xml

from qabot.datatypes import Document
from qabot.documents.word.file import WordExtractor

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'


def saved(document: docx.document.Document) -> bytes:
    """The bytes that python-docx writes."""
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def with_body(*xml: str) -> bytes:
    """python-docx's template with this XML as its body."""
    document = docx.Document()
    for block in parse_xml(f"<w:body {NAMESPACES}>{''.join(xml)}</w:body>"):
        document.element.body.insert(len(document.element.body) - 1, block)
    return saved(document)


def with_parts(body: str, **parts: str) -> bytes:
    """A package made by hand: a body and further parts by kind ("styles", "numbering", "footnotes") with their XML."""
    members = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": relations({"officeDocument": "word/document.xml"}),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations({kind: f"{kind}.xml" for kind in parts}),
    }
    for kind, xml in parts.items():
        members[f"word/{kind}.xml"] = f"<w:{kind} {NAMESPACES}>{xml}</w:{kind}>"
    return zipped(members)


def relations(targets: Mapping[str, str]) -> str:
    """A part of relationships to these targets by kind."""
    rows = (f'<Relationship Id="{kind}" Type="{RELATION}/{kind}" Target="{to}"/>' for kind, to in targets.items())
    return _RELATIONS.format("".join(rows))


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A zip of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)  # without the time of the day
    return file.getvalue()


def members_of(raw: bytes) -> dict[str, str | bytes]:
    """The members of a zip, to change some and zip them again."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def paragraph(text: str, properties: str = "") -> str:
    """A paragraph of one run."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A run of text."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def listed(text: str, num_id: int, level: int = 0) -> str:
    """A paragraph in a list."""
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{num_id}"/></w:numPr>')


def read(raw: bytes) -> Document:
    """The document that qabot reads."""
    return WordExtractor().extract("a.docx", raw)


def blocks(raw: bytes) -> list[tuple[str, int, str]]:
    """Kind, level and words of each block."""
    found = read(raw)
    return [(block.kind, block.level, block.span.of(found.text)) for block in found.blocks]
