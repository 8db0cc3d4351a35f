"""The reader of .pdf: the text of the pages in reading order, with headings, lists, tables and where pages begin.

pdfium (by pypdfium2) tells each character and its place; what is a line, a column, a paragraph or a table is decided
in the other pdf modules, by geometry. pdfium is not thread-safe: a process reads PDFs in one thread only.

``Document.pages[n]`` is where page n + 1 begins in the text. A page without text begins where the next one does, so
``bisect_right(pages, offset)`` is the number of the page that holds the character at ``offset``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from qabot.datatypes import Document, Span
from qabot.documents.formats import library_of
from qabot.documents.pdf.about import as_header, created, sensible_title, stated_date, title_heading
from qabot.documents.pdf.columns import columns
from qabot.documents.pdf.hyphens import Joiner
from qabot.documents.pdf.lines import Line, fragments_of
from qabot.documents.pdf.paragraphs import Column
from qabot.documents.pdf.running import PageFragments, without_running
from qabot.documents.pdf.text import Composed, compose, continued
from qabot.documents.pdf.typography import Typography
from qabot.documents.pdf.words import PageWords, page_words
from qabot.errors import DocumentError

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument  # type: ignore[import-untyped]  # it has no type hints

MAX_PAGES = 5_000

_HEADER_BYTES = 1_024  # where "%PDF-" may stand, as pdfium has it
_OCR_REMEDY = "Run text recognition (OCR) over it, for example with ocrmypdf."
_DAMAGED_REMEDY = "Open it in a PDF viewer and save or print it to a new file."
_UNKNOWN_SHARE = 0.3  # of the characters: below, the rest can be read
_LISTED_PAGES = 10


class _Opened(NamedTuple):
    """What pdfium tells of a document."""

    pages: list[PageWords | None]  # None: damaged
    title: str
    created: str


class PdfExtractor:
    """Reads PDFs; holds nothing between two of them."""

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document with its pages, and what it states about itself.

        Raises:
            DocumentError: if the bytes are no PDF, are damaged, need a password, hold no readable text or too many
                pages.
        """
        _refuse_other_formats(id_, raw)
        opened = _opened(id_, raw)
        _refuse_unreadable(id_, opened.pages)
        composed = _composed(opened.pages)
        if not composed.text:
            raise DocumentError(f"{id_} is a PDF whose text lies outside of its pages or askew", remedy=_OCR_REMEDY)
        stated = stated_date(composed.text, composed.blocks)
        return Document(
            id=id_,
            text=composed.text,
            sha256=hashlib.sha256(raw).hexdigest(),
            encoding=None,
            extractor=library_of(".pdf"),
            blocks=as_header(composed.blocks, stated[0]) if stated else composed.blocks,
            title=sensible_title(opened.title, id_) or title_heading(composed.text, composed.blocks),
            date=stated[1].iso if stated else created(opened.created),
            date_span=Span(stated[1].start, stated[1].end) if stated else None,
            pages=composed.pages,
            notes=tuple(_notes(opened.pages)),
        )


def _refuse_other_formats(id_: str, raw: bytes) -> None:
    if not raw.strip():
        raise DocumentError(f"{id_} is empty", remedy="Put the document there again, or remove it.")
    if b"%PDF-" not in raw[:_HEADER_BYTES]:
        raise DocumentError(f"{id_} is not a PDF", remedy="Give it the ending of what it is, or remove it.")


def _opened(id_: str, raw: bytes) -> _Opened:
    from pypdfium2 import PdfDocument, PdfiumError  # 60 ms, and only a PDF needs it
    from pypdfium2 import raw as api

    try:
        document = PdfDocument(raw)
    except PdfiumError as error:
        raise _refusal(id_, error.err_code, api.FPDF_ERR_PASSWORD, api.FPDF_ERR_SECURITY) from None
    try:
        _refuse_page_count(id_, len(document))
        about = document.get_metadata_dict()
        pages = [_read_page(document, number) for number in range(1, len(document) + 1)]
        return _Opened(pages, about.get("Title", ""), about.get("CreationDate", ""))
    finally:
        document.close()


def _refusal(id_: str, code: int | None, *encrypted: int) -> DocumentError:
    if code in encrypted:
        return DocumentError(f"{id_} is encrypted", remedy="Save it without a password.")
    return DocumentError(f"{id_} is a damaged PDF", remedy=_DAMAGED_REMEDY)


def _refuse_page_count(id_: str, pages: int) -> None:
    if pages > MAX_PAGES:
        problem = f"{id_} is a PDF of {pages:,} pages, more than the {MAX_PAGES:,} that are read"
        raise DocumentError(problem, remedy="Split it into several files.")


def _read_page(document: PdfDocument, number: int) -> PageWords | None:
    from pypdfium2 import PdfiumError

    try:
        page = document[number - 1]
    except PdfiumError:
        return None
    try:
        return page_words(page, number)
    except PdfiumError:
        return None
    finally:
        page.close()


def _refuse_unreadable(id_: str, pages: list[PageWords | None]) -> None:
    read = [page for page in pages if page is not None]
    if not read:
        raise DocumentError(f"{id_} is a damaged PDF: none of its pages can be read", remedy=_DAMAGED_REMEDY)
    characters = sum(page.characters for page in read)
    if not characters:
        which = f"none of its {len(pages)} pages has text" if len(pages) > 1 else "its page has no text"
        raise DocumentError(f"{id_} is a scan: {which}", remedy=_OCR_REMEDY)
    if sum(page.unknown for page in read) > _UNKNOWN_SHARE * characters:
        problem = f"{id_} is a PDF whose fonts do not tell which characters they show"
        raise DocumentError(problem, remedy=_OCR_REMEDY)


def _composed(pages: list[PageWords | None]) -> Composed:
    """The text of all pages; each page's upright text comes first, then what is turned."""
    upright = without_running(
        [
            PageFragments(number, page.height, fragments_of(page.groups[0]))
            for number, page in enumerate(pages, start=1)
            if page is not None and page.groups
        ]
    )
    regions: list[tuple[list[Line], bool]] = []
    remaining = iter(upright)
    for page in pages:
        if page is None or not page.groups:
            continue
        regions += [(region, False) for region in columns(next(remaining))]
        for turned in page.groups[1:]:
            regions += [(region, True) for region in columns(fragments_of(turned))]
    lines = [region for region, _ in regions]
    usual = Typography.of(lines)
    read = [Column(region, usual, aside=aside).pieces() for region, aside in regions]
    joiner = Joiner(line.text for region in lines for line in region)
    return compose(continued(read, usual), joiner, len(pages))


def _notes(pages: list[PageWords | None]) -> list[str]:
    damaged = [number for number, page in enumerate(pages, start=1) if page is None]
    textless = [number for number, page in enumerate(pages, start=1) if page is not None and not page.characters]
    notes = []
    if damaged:
        notes.append(f"{_numbered(damaged)} cannot be read: the file is damaged there")
    if textless:
        notes.append(f"{_numbered(textless)} {'have' if len(textless) > 1 else 'has'} no text: pictures are not read")
    return notes


def _numbered(pages: list[int]) -> str:
    shown = ", ".join(map(str, pages[:_LISTED_PAGES]))
    more = f" and {len(pages) - _LISTED_PAGES} more" if len(pages) > _LISTED_PAGES else ""
    return f"page{'s' * (len(pages) > 1)} {shown}{more}"
