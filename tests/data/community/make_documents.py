"""Make the community's PDF and Word files from the texts in sources/.

    python tests/data/community/make_documents.py [FOLDER]

FOLDER is where they go; the default is seeds/ beside this file. A source is a small Markdown: fields, then headings,
paragraphs, items and tables, one blank line between them. Running it again gives the same words, and with the same
libraries the same bytes. Needs fpdf2 and python-docx, which the development set holds.
"""

from __future__ import annotations

import re
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from docx import Document
from docx.document import Document as WordDocument
from fpdf import FPDF

HERE = Path(__file__).parent
MADE = {  # source -> file under seeds/
    "boaters-handbook.md": "canal/boaters-handbook.pdf",
    "lido-season.md": "sport/lido-season-2025.pdf",
    "members-handbook.md": "sport/rowing/members-handbook.docx",
    "hall-hire.md": "events/hall-hire.docx",
}
HEADING_SCALE = {0: 1.0, 1: 1.6, 2: 1.2, 3: 1.0}  # of the body's size, by level
LINE = 1.35  # of the type's size
STYLES = {"item": "List Bullet", "rule": "List Number", "paragraph": None}
_MARKS = re.compile(r"(?P<heading>#+) |(?P<item>- )|(?P<rule>\d+\. )|(?P<row>\| )")


class Layout(NamedTuple):
    """How a PDF is set."""

    page_mm: tuple[float, float]
    columns: int
    body_pt: float
    margin_mm: float


LAYOUTS = {
    "boaters-handbook.md": Layout((148, 210), columns=2, body_pt=11, margin_mm=13),
    "lido-season.md": Layout((210, 297), columns=1, body_pt=12.5, margin_mm=18),
}


class Part(NamedTuple):
    """A heading, paragraph, item, numbered rule or table row of a source."""

    kind: str
    text: str  # without its mark; the cells of a row are separated by " | "
    level: int = 0  # of a heading

    @property
    def cells(self) -> list[str]:
        """A row's cells."""
        return self.text.split(" | ")


class Source(NamedTuple):
    """A source file, read."""

    title: str
    author: str
    date: datetime
    parts: list[Part]


def main(arguments: Sequence[str]) -> None:
    """Make all files."""
    folder = Path(arguments[0]) if arguments else HERE / "seeds"
    for name, target in MADE.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        source = read_source(HERE / "sources" / name)
        raw = as_docx(source) if path.suffix == ".docx" else as_pdf(source, LAYOUTS[name])
        path.write_bytes(raw)


def read_source(path: Path) -> Source:
    """The fields and parts of a source; a line without a mark continues the one above."""
    head, body = path.read_text(encoding="utf-8").split("\n\n", 1)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    parts: list[Part] = []
    fresh = True
    for line in body.splitlines():
        mark = _MARKS.match(line)
        if line and (fresh or mark):
            parts.append(_part(line, mark))
        elif line:
            parts[-1] = parts[-1]._replace(text=f"{parts[-1].text} {line}")
        fresh = not line
    date = datetime.fromisoformat(fields["date"]).replace(tzinfo=UTC)
    return Source(fields["title"], fields["author"], date, parts)


def _part(line: str, mark: re.Match[str] | None) -> Part:
    if mark is None:
        return Part("paragraph", line)
    level = len(mark["heading"]) if mark["heading"] else 0
    return Part(str(mark.lastgroup), line[mark.end() :].removesuffix(" |"), level)


def tables_together(parts: list[Part]) -> list[list[Part]]:
    """Each part on its own, but the rows of a table in one list."""
    groups: list[list[Part]] = []
    for part in parts:
        if part.kind == "row" and groups and groups[-1][-1].kind == "row":
            groups[-1].append(part)
        else:
            groups.append([part])
    return groups


class Page(FPDF):
    """Pages with the title above and their number below."""

    running_title = ""

    def header(self) -> None:
        """Print the running title."""
        self.set_font("Helvetica", "I", 8)
        self.cell(0, 5, self.running_title, align="R", new_x="LMARGIN", new_y="NEXT")
        self.ln(4)

    def footer(self) -> None:
        """Print the page's number."""
        self.set_y(-12)
        self.set_font("Helvetica", size=8)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="C")


def as_pdf(source: Source, layout: Layout) -> bytes:
    """The source as a PDF in one column or several."""
    pdf = Page(format=layout.page_mm)
    pdf.core_fonts_encoding = "windows-1252"  # dashes, which latin-1 lacks
    pdf.running_title = f"{source.author}: {source.title}"
    pdf.set_title(source.title)
    pdf.set_author(source.author)
    pdf.set_creation_date(source.date)
    pdf.set_margins(layout.margin_mm, 14)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    (_set_one_column if layout.columns == 1 else _set_columns)(pdf, source, layout)
    return bytes(pdf.output())


def _shown(source: Source) -> list[tuple[Part, str]]:
    """The parts with the words that a page shows: bullets and numbers are written out there."""
    shown, number = [], 0
    for part in source.parts:
        number = number + 1 if part.kind == "rule" else 0
        mark = {"item": "•  ", "rule": f"{number}.  "}.get(part.kind, "")
        shown.append((part, mark + part.text))
    return shown


def _set_font(pdf: FPDF, part: Part, layout: Layout) -> None:
    family, style = ("Helvetica", "B") if part.level else ("Times", "")
    pdf.set_font(family, style, layout.body_pt * HEADING_SCALE[part.level])


def _set_columns(pdf: FPDF, source: Source, layout: Layout) -> None:
    with pdf.text_columns(ncols=layout.columns, gutter=7, text_align="L", line_height=LINE) as text:
        for part, words in _shown(source):
            _set_font(pdf, part, layout)
            with text.paragraph(top_margin=3 if part.level else 0, bottom_margin=2) as paragraph:
                paragraph.write(words)


def _set_one_column(pdf: FPDF, source: Source, layout: Layout) -> None:
    words = {id(part): text for part, text in _shown(source)}
    for group in tables_together(source.parts):
        _set_font(pdf, group[0], layout)
        if group[0].kind == "row":
            _set_table(pdf, group)
        else:
            pdf.multi_cell(0, text=words[id(group[0])], align="L", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)


def _set_table(pdf: FPDF, rows: list[Part]) -> None:
    with pdf.table(text_align=("LEFT", *["CENTER"] * (len(rows[0].cells) - 1)), line_height=8) as table:
        for row in rows:
            table.row(row.cells)


def as_docx(source: Source) -> bytes:
    """The source as a Word file whose headings, lists and tables are Word's own, with a running header."""
    document = Document()
    for name in ("created", "modified"):
        setattr(document.core_properties, name, source.date)
    document.core_properties.title, document.core_properties.author = source.title, source.author
    document.core_properties.comments = ""
    document.sections[0].header.paragraphs[0].text = f"{source.author}, for internal use"
    for group in tables_together(source.parts):
        first = group[0]
        if first.kind == "row":
            _add_table(document, group)
        elif first.kind == "heading":
            document.add_heading(first.text, level=first.level)
        else:
            document.add_paragraph(first.text, style=STYLES[first.kind])
    written = BytesIO()
    document.save(written)
    return _without_clock(written.getvalue())


def _add_table(document: WordDocument, rows: list[Part]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0].cells), style="Table Grid")
    for row in rows:
        for cell, words in zip(table.add_row().cells, row.cells, strict=True):
            cell.text = words


def _without_clock(raw: bytes) -> bytes:
    """The same zip file with one fixed date on its members."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(written, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
            new.writestr(member, old.read(name), zipfile.ZIP_DEFLATED)
    return written.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
