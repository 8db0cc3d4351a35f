"""Word files that cannot be read, or are made to do harm: each is refused with reason and remedy, or safely read."""

import contextlib
import io
import re
import struct
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_files import (
    NAMESPACES,
    members_of,
    paragraph,
    read,
    relations,
    with_body,
    with_parts,
    zipped,
)

from qabot.documents.word import package as word_package
from qabot.errors import DocumentError

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
GOOD = with_parts(paragraph("Words."))


def refusal(raw: bytes) -> str:
    """What is said of a file that must be refused."""
    with pytest.raises(DocumentError) as caught:
        read(raw)
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty. Write something"),
        (b" \n", "holds only white space. Write something"),
        (OLE + "WordDocument".encode("utf-16-le"), "is an old Word file (.doc) by its content. Save it as"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "is encrypted. Save it without a password."),
        (OLE + "Workbook".encode("utf-16-le"), "is an old Excel file"),
        (OLE, "is no Word file but another OLE file"),
        (b"%PDF-1.7\n", "is a PDF by its content. Give it the suffix .pdf."),
        (b"{\\rtf1 x}", "is a Rich Text file (.rtf) by its content. Save it as Word document"),
        (b"<!DOCTYPE html><p>x", "is a web page by its content. Give it the suffix .html."),
        (b"<?xml version='1.0'?><x/>", "is a single XML file"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"Just words.", "is no Word file by its content. Save it as Word document (.docx), or"),
        (zipped({"xl/workbook.xml": "<x/>"}), "is an Excel file (.xlsx)"),
        (zipped({"ppt/presentation.xml": "<x/>"}), "is a PowerPoint file (.pptx)"),
        (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "is an OpenDocument text"),
        (zipped({"mimetype": "application/epub+zip"}), "is an EPUB"),
        (zipped({"photo.jpg": b"x"}), "is a zip archive without a Word document in it. Unpack it"),
        (zipped({}), "is a zip archive without a Word document"),
        (b"PK\x03\x04 and no directory", "is a damaged Word file: its zip directory cannot be read. Open it in Word"),
        (GOOD[: len(GOOD) // 2], "is a damaged Word file: its zip directory"),
        (zipped({"word/document.xml": "<w:document"}), "is a damaged Word file: its part 'word/document.xml'"),
        (zipped({"word/document.xml": "<html/>"}), "is a damaged Word file: its main part is no Word document"),
        (with_parts("<w:p/>"), "holds no text. Pictures in it are not read"),
        (with_parts("<w:p><w:r><w:drawing/></w:r></w:p>"), "holds no text. Pictures"),
        (with_parts(paragraph("x"), styles="<broken"), "is a damaged Word file: its part 'word/styles.xml'"),
    ],
)  # fmt: skip
def test_refusals(raw: bytes, said: str) -> None:
    """Each file is named with what is wrong, and what to do."""
    assert refusal(raw).startswith(f"a.docx {said}")


def test_an_encrypted_member() -> None:
    """A zip with a password is refused as encrypted."""
    raw = bytearray(GOOD)
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(raw)) == "a.docx is encrypted. Save it without a password."


def test_flipped_bytes() -> None:
    """A flipped byte in the packed text is noticed by its sum."""
    raw = bytearray(GOOD)
    place = raw.index(b"word/document.xml") + len(b"word/document.xml") + 40
    raw[place] ^= 0xFF
    assert "is a damaged Word file: its part 'word/document.xml'" in refusal(bytes(raw))


def test_zip_bombs() -> None:
    """What would unpack to a hundred times its size is refused by the directory alone."""
    began = time.process_time()
    said = refusal(zipped({"word/document.xml": bytes(60_000_000)}))
    assert re.match(r"a\.docx holds 60,000,000 bytes packed into \d\d,\d{3}, as harmful files do\. Remove it", said)
    assert time.process_time() - began < 2


def test_too_much_of_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of all members is bounded, however well they are packed."""
    monkeypatch.setattr(word_package, "MAX_UNPACKED_BYTES", 500)
    assert "as harmful files do" in refusal(GOOD)


def test_a_directory_that_lies() -> None:
    """A member that unpacks to more than the directory says is never unpacked further than that."""
    members = members_of(GOOD) | {"word/document.xml": b" " * 50_000_000}
    raw = bytearray(zipped(members))
    at = raw.index(b"word/document.xml", raw.index(b"PK\x01\x02")) - 46
    for entry, offset in ((at, 24), (raw.index(b"word/document.xml") - 30, 22)):
        struct.pack_into("<I", raw, entry + offset, 1000)
    with zipfile.ZipFile(io.BytesIO(bytes(raw))) as archive:
        assert archive.getinfo("word/document.xml").file_size == 1000
    tracemalloc.start()
    said = refusal(bytes(raw))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "its part 'word/document.xml' cannot be unpacked" in said
    assert peak < 5_000_000


def test_unusual_packing() -> None:
    """A method that Word does not use is refused before its library runs."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert "packed in a way that Word does not use" in refusal(file.getvalue())


LAUGHS = "<!DOCTYPE w [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + at)} '{f'&{chr(97 + at)};' * 10}'>" for at in range(20)
)


@pytest.mark.parametrize(
    ("doctype", "place"),
    [
        (LAUGHS + "]>", "<w:t>&u;</w:t>"),
        (LAUGHS + "]>", "<w:t w:x='&u;'>x</w:t>"),
        ("<!DOCTYPE w [<!ENTITY f SYSTEM 'file:///etc/hostname'>]>", "<w:t>&f;</w:t>"),
        ("<!DOCTYPE w SYSTEM 'http://localhost:9/x.dtd'>", "<w:t>x</w:t>"),
    ],
)
def test_entities(doctype: str, place: str) -> None:
    """Entities are neither multiplied nor fetched: a part with a DTD is refused at once."""
    body = f"{doctype}<w:document {NAMESPACES}><w:body><w:p><w:r>{place}</w:r></w:p></w:body></w:document>"
    began = time.process_time()
    said = refusal(zipped({"word/document.xml": body}))
    assert "holds a DTD in its part" in said or "is no valid XML" in said
    assert time.process_time() - began < 2


def test_python_docx_resolves_no_entities() -> None:
    """The parser that is relied on leaves entities alone."""
    from docx.oxml import parse_xml

    root = parse_xml("<!DOCTYPE x [<!ENTITY a 'secret'>]><x>&a;</x>")
    assert root.text is None
    assert "secret" not in "".join(root.itertext())


def test_nothing_outside_is_read() -> None:
    """A part that lies outside of the file is never read, and one that is not there is not missed."""
    members = members_of(with_parts(paragraph("Words."), styles="<broken", numbering=""))
    rels = str(members["word/_rels/document.xml.rels"], "utf-8").replace("numbering.xml", "NULL")
    members["word/_rels/document.xml.rels"] = rels.replace('"styles.xml"', '"styles.xml" TargetMode="External"')
    assert read(zipped(members)).text == "Words."


def test_macros() -> None:
    """A file with macros under a .docx name is read like any other, its macros left alone."""
    members = members_of(with_body(paragraph("Words.")))
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = bytes(members["[Content_Types].xml"]).replace(
        kind.encode(), b"application/vnd.ms-word.document.macroEnabled.main+xml"
    )
    members |= {"[Content_Types].xml": types, "word/vbaProject.bin": OLE}
    assert read(zipped(members)).text == "Words."


def test_strict_files() -> None:
    """The strict form of the standard is read like the usual one."""
    members = members_of(GOOD)
    members["word/document.xml"] = bytes(members["word/document.xml"]).replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert read(zipped(members)).text == "Words."


def test_the_main_part_may_have_any_name() -> None:
    """The main part is found by its relationship, whatever its name and the case of it."""
    members = members_of(GOOD)
    members["WORD/document2.xml"] = members.pop("word/document.xml")
    members["_rels/.rels"] = relations({"officeDocument": "/word/Document2.xml"})
    assert read(zipped(members)).text == "Words."


def nested(depth: int, start: str, end: str) -> bytes:
    """A file whose words stand deep in something."""
    return with_parts(start * depth + paragraph("deep") + end * depth)


TABLE = ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>")
BOX = ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>")


@pytest.mark.parametrize(("start", "end"), [TABLE, BOX])
def test_deep_nesting(start: str, end: str) -> None:
    """Tables and text boxes in each other are read as deep as people nest them, and refused beyond."""
    assert read(nested(30, start, end)).text == "deep"
    assert re.search("nested too deeply|no valid XML", refusal(nested(3000, start, end)))


@pytest.mark.parametrize(
    "block",
    [
        paragraph("Words."),
        "<w:p><w:r><w:fldChar w:fldCharType='begin'/></w:r></w:p>" + paragraph("x"),
        paragraph("x", "<w:rPr><w:del w:id='1'/></w:rPr>"),
        "<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr></w:tc><w:tc>" + paragraph("x") + "</w:tc></w:tr></w:tbl>",
    ],
)
def test_time_is_linear(block: str) -> None:
    """Twenty thousand blocks cost seconds at the very most, whatever they are."""
    raw = with_parts(block * 20_000 + paragraph("End"))
    began = time.process_time()
    assert read(raw).text.endswith("End")
    assert time.process_time() - began < 8


@settings(deadline=None)
@given(data=st.data())
def test_damaged_files(data: st.DataObject) -> None:
    """Whatever bytes are changed, a file is read or refused."""
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(DocumentError):
        read(bytes(raw)).text.encode()
