"""Word files (.docx): python-docx parses the parts, our own walk over them keeps what its paragraphs leave out.

The date is the one that the first lines state, else when the file was last saved or made; the title is the paragraph
in the style Title, else the file's property, else the first heading of level 1 or one before any other text.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, takewhile
from typing import NamedTuple

from qabot.datatypes import Block, Document, Span
from qabot.documents.dates import find_date
from qabot.documents.formats import library_of
from qabot.documents.head_dates import with_head_date
from qabot.documents.metadata import Header, plain_header
from qabot.documents.plain import looks_like_heading
from qabot.documents.word.body import BodyReader, Piece
from qabot.documents.word.numbering import Numbering
from qabot.documents.word.package import WordPackage
from qabot.documents.word.styles import Styles
from qabot.documents.word.text import Note
from qabot.documents.word.xml import Element, child, contents, w
from qabot.errors import DocumentError

_NOTE_KINDS = {"footnotes": "footnote", "endnotes": "endnote"}
_MAX_HEADER_LINES = 20
_BOLD_LEVEL = 2  # of headings that are only bold
# What programs write where nobody gave a title.
_NO_TITLE = re.compile(
    r"(?:untitled|document|word document|dokument|title|\[?document title\]?|microsoft word)[ _-]*\d*"
    r"|microsoft word - .*|.*\.(?:docx?|dotx?|odt|rtf|pdf|txt)|powerpoint presentation|normal|template|\W*",
    re.IGNORECASE,
)
_MAX_TITLE_CHARS = 300
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_CREATED, _MODIFIED = "{http://purl.org/dc/terms/}created", "{http://purl.org/dc/terms/}modified"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_FIRST_DATE = "1981"  # clocks that know nothing say 1601, 1900, 1970 or 1980
_PYTHON_DOCX_TEMPLATE = "2013-12-23"  # in every file of python-docx whose program sets no date


class WordExtractor:
    """Reads .docx files."""

    def extract(self, id_: str, raw: bytes) -> Document:
        """The document with its structure, title and date.

        Raises:
            DocumentError: if the file is no Word document, damaged, encrypted, harmful or without text.
        """
        try:
            return _document(id_, raw, WordPackage(raw))
        except DocumentError as error:
            raise DocumentError(f"{id_} {error.problem}", remedy=error.remedy) from None
        except RecursionError:
            problem = f"{id_} is a Word file with tables or text boxes nested too deeply"
            raise DocumentError(problem, remedy="Save its text without them.") from None


def _document(id_: str, raw: bytes, package: WordPackage) -> Document:
    styles = Styles(package.related("styles"))
    numbering = Numbering(package.related("numbering"), styles)
    reader = BodyReader(styles, numbering, dict(_notes(package)))
    body = child(package.document(), "body")
    pieces = list(reader.read(contents(body) if body is not None else ()))
    if not pieces:
        remedy = "Pictures in it are not read: write the text into it, or remove it."
        raise DocumentError("holds no text", remedy=remedy)
    pieces = _bold_headings(pieces)
    header = _header(pieces)
    text, blocks = _assembled(_marked(pieces, header))
    named, saved = _properties(package.core_properties())
    document = Document(
        id=id_,
        text=text,
        sha256=hashlib.sha256(raw).hexdigest(),
        encoding=None,
        extractor=library_of(".docx"),
        blocks=blocks,
        title=_title_of(pieces) or header.stated.title or named or _outermost_heading(pieces),
        date=header.stated.date or saved,
        date_span=header.date_span(blocks),
        url=header.stated.url,
        notes=(*sorted(reader.problems), *_format_notes(numbering)),
    )
    return with_head_date(document)


def _notes(package: WordPackage) -> Iterator[tuple[Note, Element]]:
    for kind, name in _NOTE_KINDS.items():
        root = package.related(kind)
        for element in root.findall(w(name)) if root is not None else ():
            yield Note(kind, element.get(w("id"), "")), element


def _bold_headings(pieces: list[Piece]) -> list[Piece]:
    """In a document without heading styles, short bold paragraphs before other text are its headings."""
    if any(piece.kind == "heading" and not piece.is_title for piece in pieces):
        return pieces
    following: list[Piece | None] = [*pieces[1:], None]
    return [
        piece._replace(kind="heading", level=_BOLD_LEVEL) if _is_bold_heading(piece, after) else piece
        for piece, after in zip(pieces, following, strict=True)
    ]


def _is_bold_heading(piece: Piece, after: Piece | None) -> bool:
    if not piece.bold or piece.kind != "paragraph" or after is None or "\n" in piece.text:
        return False
    return looks_like_heading(piece.text.removesuffix(":")) and (after.kind != "paragraph" or not after.bold)


class _Header(NamedTuple):
    """What the first paragraphs after the headings state."""

    stated: Header  # its spans count in the paragraphs joined by line ends
    first: int  # index of the first of these paragraphs
    starts: tuple[int, ...]  # where each begins in that count
    whole: int  # how many paragraphs are nothing but header

    def date_span(self, blocks: Sequence[Block]) -> Span | None:
        """Where the assembled text states the date."""
        span = self.stated.date_span
        if span is None:
            return None
        at = bisect_right(self.starts, span.start) - 1
        return span.shifted(blocks[self.first + at].span.start - self.starts[at])


def _header(pieces: Sequence[Piece]) -> _Header:
    first = next((at for at, piece in enumerate(pieces) if piece.kind != "heading"), len(pieces))
    candidates = pieces[first : first + _MAX_HEADER_LINES]
    texts = [piece.text for piece in takewhile(lambda piece: piece.kind == "paragraph", candidates)]
    stated = plain_header("\n".join(texts))
    starts = tuple(accumulate((len(text) + 1 for text in texts), initial=0))
    end = stated.blocks[-1].span.end if stated.blocks else 0
    return _Header(stated, first, starts[:-1], sum(start - 1 <= end for start in starts[1:]))


def _marked(pieces: Sequence[Piece], header: _Header) -> list[Piece]:
    """The pieces, those that are header as such."""
    end = header.first + header.whole
    return [piece._replace(kind="header") if header.first <= at < end else piece for at, piece in enumerate(pieces)]


def _assembled(pieces: Sequence[Piece]) -> tuple[str, tuple[Block, ...]]:
    """The text: a blank line between blocks, none within a list, a table or the header."""
    parts: list[str] = []
    blocks: list[Block] = []
    at = 0
    before: Piece | None = None
    for piece in pieces:
        if before is not None:
            parts.append("\n" if _adjoins(before, piece) else "\n\n")
            at += len(parts[-1])
        parts.append(piece.text)
        blocks.append(Block(piece.kind, Span(at, at + len(piece.text)), piece.level))
        at += len(piece.text)
        before = piece
    return "".join(parts), tuple(blocks)


def _adjoins(before: Piece, piece: Piece) -> bool:
    return before.kind == piece.kind and piece.kind in ("item", "row", "header") and before.table == piece.table


def _title_of(pieces: Sequence[Piece]) -> str | None:
    """The paragraph in the style Title; it is seen, which the file's property, often a template's, is not."""
    return next((piece.text for piece in pieces if piece.is_title), None)


def _outermost_heading(pieces: Sequence[Piece]) -> str | None:
    """The first of the outermost headings, if it is of level 1 or stands before any other text."""
    headings = [piece for piece in pieces if piece.kind == "heading"]
    first = min(headings, key=lambda piece: piece.level, default=None)
    return first.text if first is not None and (first.level == 1 or _comes_first(first, pieces)) else None


def _comes_first(heading: Piece, pieces: Sequence[Piece]) -> bool:
    return any(piece is heading for piece in takewhile(lambda piece: piece.kind == "heading", pieces))


def _properties(root: Element | None) -> tuple[str | None, str | None]:
    """Title and date (ISO) of the file's properties, where they say something."""
    if root is None:
        return None, None
    title = " ".join(_CONTROL.sub(" ", root.findtext(_TITLE) or "").split())
    has_title = len(title) <= _MAX_TITLE_CHARS and not _NO_TITLE.fullmatch(title)
    dates = (_date(root.findtext(name) or "") for name in (_MODIFIED, _CREATED))
    return title if has_title else None, next((date for date in dates if date), None)


def _date(moment: str) -> str | None:
    """The day of a time as W3CDTF writes it; None for those that only say that a clock or a program knew none."""
    found = find_date(moment, 0, min(len(moment), 40))
    known = found is not None and found.start == 0 and found.iso >= _FIRST_DATE and found.iso != _PYTHON_DOCX_TEMPLATE
    return found.iso if found is not None and known else None


def _format_notes(numbering: Numbering) -> tuple[str, ...]:
    if not numbering.unknown_formats:
        return ()
    names = ", ".join(sorted(name[:30] for name in numbering.unknown_formats)[:5])
    return (f"list numbers of the kind {names} are left out",)
