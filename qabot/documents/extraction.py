"""The readers of all formats. A format is added with a class that has ``extract``, a row below and its version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from qabot.datatypes import Block, Document
from qabot.documents.decoding import decode
from qabot.documents.formats import Extractor
from qabot.documents.front_matter import markdown_header
from qabot.documents.head_dates import with_head_date
from qabot.documents.heading_words import heading_words
from qabot.documents.markdown import markdown_blocks
from qabot.documents.metadata import Header, plain_header
from qabot.documents.plain import plain_blocks
from qabot.documents.rst import rst_blocks, rst_header
from qabot.errors import DocumentError

EMPTY_REMEDY = "Write something in it, or remove it."


class TextExtractor:
    """Decoded text, unchanged; only header and block rules differ between the plain formats."""

    def __init__(
        self,
        *,
        header: Callable[[str], Header],
        blocks: Callable[[str, int], tuple[Block, ...]],
    ) -> None:
        self._header = header
        self._blocks = blocks

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document with its structure and what its header states.

        Raises:
            DocumentError: if the file is empty or no text.
        """
        try:
            decoded = decode(raw)
        except DocumentError as error:
            raise DocumentError(f"{id_} {error.problem}", remedy=error.remedy) from None
        text = decoded.text
        if not text.strip():
            raise DocumentError(f"{id_} is empty" if not text else f"{id_} holds only white space", remedy=EMPTY_REMEDY)
        header = self._header(text)
        blocks = self._structure(text, header)
        document = Document(
            id=id_,
            text=text,
            sha256=hashlib.sha256(raw).hexdigest(),
            encoding=decoded.encoding,
            extractor="plain",
            blocks=blocks,
            title=header.title or _outermost_heading(id_, text, blocks),
            date=header.date,
            date_span=header.date_span,
            url=header.url,
            notes=tuple(note for note in (decoded.note, header.note) if note),
        )
        return with_head_date(document)

    def _structure(self, text: str, header: Header) -> tuple[Block, ...]:
        """The header's blocks and those of the body; a reStructuredText title may stand before the header."""
        first = header.blocks[0].span.start if header.blocks else 0
        if not text[:first].strip():
            return (*header.blocks, *self._blocks(text, header.body_start))
        blocks = self._blocks(text, 0)  # in one go, since the title's adornment decides the others' levels
        before = [block for block in blocks if block.span.end <= first]
        after = [block for block in blocks if block.span.start >= header.body_start]
        return (*before, *header.blocks, *after)


def _outermost_heading(id_: str, text: str, blocks: tuple[Block, ...]) -> str | None:
    """The words of the first heading of the outermost level."""
    for block in blocks:
        if block.kind == "heading" and block.level == 1:
            return heading_words(id_, block.span.of(text)) or None
    return None


class LateExtractor:
    """A reader whose modules are imported with the first file that needs them."""

    def __init__(self, load: Callable[[], Extractor]) -> None:
        self._load = load

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document.

        Raises:
            DocumentError: if there is no text in these bytes.
        """
        return self._load().extract(id_, raw)


def _word() -> Extractor:
    from qabot.documents.word.file import WordExtractor

    return WordExtractor()


def _page() -> Extractor:
    from qabot.documents.webpage.page import HtmlExtractor

    return HtmlExtractor()


def _pdf() -> Extractor:
    from qabot.documents.pdf.pages import PdfExtractor

    return PdfExtractor()


EXTRACTORS: Mapping[str, Extractor] = {
    ".txt": TextExtractor(header=plain_header, blocks=plain_blocks),
    ".md": TextExtractor(header=markdown_header, blocks=markdown_blocks),
    ".rst": TextExtractor(header=rst_header, blocks=rst_blocks),
    ".docx": LateExtractor(_word),
    ".html": LateExtractor(_page),
    ".htm": LateExtractor(_page),
    ".pdf": LateExtractor(_pdf),
}
