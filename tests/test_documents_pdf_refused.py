"""PDFs that cannot be read are named with what is wrong and what to do; those with faults in part are read."""

import random
import re
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission
from pdf_files import LEFT, TOP, Pages, by_hand, of_objects, read, read_pages
from PIL import Image

from qabot.documents.pdf import pages as pdf_pages
from qabot.errors import DocumentError

HANDBOOK = Path(__file__).parent / "data/community/seeds/canal/boaters-handbook.pdf"
TEXT = "The ferry leaves at seven."
GOOD = by_hand(b"BT /F1 12 Tf 50 700 Td (The ferry leaves at seven.) Tj ET")
OCR = "Run text recognition (OCR) over it, for example with ocrmypdf."
SAVE = "Open it in a PDF viewer and save or print it to a new file."
ENDING = "Give it the ending of what it is, or remove it."


def of_pages(count: int, kids: bytes = b"") -> bytes:
    """A PDF that says that it has so many pages."""
    return of_objects([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count)])


def locked(*, user: str) -> bytes:
    """A PDF encrypted for an owner, and for everybody who reads it unless ``user`` is empty."""
    pdf = FPDF()
    owner = "owner"
    pdf.set_encryption(owner_password=owner, user_password=user, permissions=AccessPermission.none())
    pdf.add_page()
    pdf.set_font("Helvetica", size=12)
    pdf.cell(text=TEXT)
    return bytes(pdf.output())


def scan(pages: int) -> bytes:
    """Pages with nothing but a picture."""
    made = Pages()
    for number in range(pages):
        if number:
            made.add_page()
        made.image(Image.new("L", (60, 80), 200), x=LEFT, y=TOP, w=100)
    return made.bytes()


# A font of two-byte codes without a map to Unicode: what it shows, only its glyphs could tell.
NAMELESS = (
    b"/Type0/BaseFont/AAAAAA+Nameless/Encoding/Identity-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType2"
    b"/BaseFont/AAAAAA+Nameless/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    b"/FontDescriptor<</Type/FontDescriptor/FontName/AAAAAA+Nameless/Flags 4/FontBBox[0 0 1000 1000]"
    b"/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>>>]"
)
REFUSED = {
    "empty": (b"", "is empty", "Put the document there again, or remove it."),
    "white": (b" \n", "is empty", "Put the document there again, or remove it."),
    "zip": (b"PK\x03\x04" + bytes(99), "is not a PDF", ENDING),
    "text": (b"Dear reader,", "is not a PDF", ENDING),
    "garbage": (b"%PDF-1.4\nnothing of a document", "is a damaged PDF", SAVE),
    "zeros": (b"%PDF-1.7\n" + bytes(5_000), "is a damaged PDF", SAVE),
    "truncated": (GOOD[:150], "is a damaged PDF", SAVE),
    "no pages": (of_pages(0), "is a damaged PDF", SAVE),
    "lost pages": (of_pages(2, b"7 0 R 8 0 R"), "is a damaged PDF: none of its pages can be read", SAVE),
    "encrypted": (locked(user="user"), "is encrypted", "Save it without a password."),
    "one scan": (scan(1), "is a scan: its page has no text", OCR),
    "three scans": (scan(3), "is a scan: none of its 3 pages has text", OCR),
    "white page": (by_hand(b"BT /F1 12 Tf 50 700 Td (   ) Tj ET"), "is a scan: its page has no text", OCR),
    "nameless": (
        by_hand(b"BT /F1 12 Tf 50 700 Td <000300040005000600070008> Tj ET", font=NAMELESS),
        "is a PDF whose fonts do not tell which characters they show",
        OCR,
    ),
    "askew": (
        by_hand(b"BT /F1 12 Tf .7071 .7071 -.7071 .7071 100 100 Tm (DRAFT) Tj ET"),
        "is a PDF whose text lies outside of its pages or askew",
        OCR,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read(case: str) -> None:
    """The message names the file and what is wrong with it, then what to do."""
    raw, problem, remedy = REFUSED[case]
    with pytest.raises(DocumentError) as refused:
        read(raw, "in/a.pdf")
    assert refused.value.problem == f"in/a.pdf {problem}"
    assert refused.value.remedy == remedy


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of pages is limited, and the limit itself is allowed."""
    monkeypatch.setattr(pdf_pages, "MAX_PAGES", 2)
    pages = Pages()
    pages.put(LEFT, TOP, TEXT)
    pages.add_page()
    assert len(read(pages.bytes()).pages) == 2
    pages = Pages()
    pages.add_page()
    pages.add_page()
    with pytest.raises(DocumentError, match=r"of 3 pages, more than the 2 that are read\. Split it into"):
        read(pages.bytes())


def test_an_owner_password_alone() -> None:
    """What opens without a password is read, whatever the owner forbids."""
    assert read(locked(user="")).text == TEXT


def test_pages_without_text_are_noted() -> None:
    """The other pages are read, and a note says which have none; long lists are cut."""

    def draw(pages: Pages) -> None:
        pages.put(LEFT, TOP, TEXT)
        for _ in range(13):
            pages.add_page()
        pages.put(LEFT, TOP, "The end.")

    found = read_pages(draw)
    assert found.notes == ("pages 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more have no text: pictures are not read",)
    assert found.pages == (0, *[len(TEXT) + 2] * 13)


def test_damaged_pages_are_noted() -> None:
    """A page that is missing in the file does not hide the others."""
    raw = GOOD.replace(b"Kids[3 0 R]/Count 1", b"Kids[3 0 R 9 0 R]/Count 2")
    found = read(raw)
    assert found.text == TEXT
    assert found.notes == ("page 2 cannot be read: the file is damaged there",)


@pytest.mark.parametrize("cut", range(0, len(GOOD), 40))
def test_truncated_anywhere(cut: int) -> None:
    """A file that ends too early is refused: it is damaged, or nothing of a PDF is left of it."""
    with pytest.raises(DocumentError, match=r"^a\.pdf is (a damaged PDF|empty|not a PDF)\. "):
        read(GOOD[:cut])


@pytest.mark.parametrize("seed", range(60))
def test_damage_anywhere(seed: int) -> None:
    """A file with a few wrong bytes is read or refused in words, and a text that is read can be stored."""
    chance = random.Random(seed)  # noqa: S311 - the same damage in each run
    raw = bytearray(HANDBOOK.read_bytes())
    for _ in range(chance.choice((1, 5, 50))):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    try:
        found = read(bytes(raw))
    except DocumentError as refused:
        assert refused.remedy  # noqa: PT017 - either outcome is right
    else:
        found.text.encode("utf-8")
        assert not re.search(r"[^\S \n]|[\0-\x09\x0b-\x1f\x7f-\x9f]", found.text)


def test_a_title_that_is_none() -> None:
    """Names of files and programs are no titles."""
    for title in ("Microsoft Word - x.doc", "report_final.docx", "Untitled", "untitled 3", "A", "--", "\x00"):
        made = Pages()
        made.set_title(title)
        made.put(LEFT, TOP, TEXT)
        assert read(made.bytes()).title is None
