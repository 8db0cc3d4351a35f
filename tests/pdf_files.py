"""Small PDFs for tests, made by fpdf2 with a fixed date or written by hand."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from fpdf import FPDF

from qabot.datatypes import Document
from qabot.documents.pdf.pages import PdfExtractor

MADE_AT = datetime(2024, 3, 12, 10, 15, tzinfo=UTC)
LEFT, TOP, LINE = 25.0, 30.0, 5.0  # mm: margin, first baseline, distance of lines

FIRST = (
    "The harbour office opens at seven in the morning",
    "and closes when the last ferry has left the quay.",
    "Visitors who bring a boat should call the office",
    "one day before they come, so that a berth is free",
    "when they arrive. In a storm nobody may go out to",
    "the islands, and the lamp on the tower shows red.",
)
SECOND = (
    "Tickets are sold in the hall beside the big clock",
    "and on board, where they cost two pounds more for",
    "each person. Children under six travel free, dogs",
    "pay half, and bicycles go on the lower deck of the",
    "larger ships. Keep your ticket until you leave the",
    "ship, because somebody may want to look at it once.",
)


class Pages(FPDF):
    """Pages whose lines are put where a test wants them."""

    def __init__(self) -> None:
        super().__init__()
        self.set_creation_date(MADE_AT)
        self.set_auto_page_break(auto=False)
        self.add_page()
        self.set_font("Helvetica", size=10)

    def put(self, x: float, y: float, text: str, size: float = 10, style: str = "") -> None:
        """Write one line that begins at ``x`` with its baseline at ``y``, in millimetres from the upper left."""
        self.set_font("Helvetica", style, size)
        self.text(x, y, text)

    def column(self, x: float, y: float, lines: Iterable[str]) -> None:
        """Write lines below each other, the first at ``y``."""
        for number, line in enumerate(lines):
            self.put(x, y + number * LINE, line)

    def bytes(self) -> bytes:
        """The finished file."""
        return bytes(self.output())


def read(raw: bytes, id_: str = "a.pdf") -> Document:
    """The document that qabot makes of a PDF's bytes."""
    return PdfExtractor().extract(id_, raw)


def read_pages(draw: Callable[[Pages], None]) -> Document:
    """The document of a PDF that ``draw`` fills."""
    pages = Pages()
    draw(pages)
    return read(pages.bytes())


def kinds(document: Document) -> list[tuple[str, str]]:
    """The kind and the text of each block."""
    return [(block.kind, block.span.of(document.text)) for block in document.blocks]


def by_hand(content: bytes, *, page: bytes = b"", font: bytes = b"/Type1/BaseFont/Helvetica") -> bytes:
    """A PDF of one page with this content stream, further entries of the page, and one font, F1."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>"
        + page
        + b">>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype" + font + b">>",
    ]
    return of_objects(objects)


def of_objects(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1, the first its catalogue."""
    body = b"%PDF-1.4\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    return body + head + table + tail
