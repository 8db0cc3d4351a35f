"""Word files: title and date, from their properties and their first lines."""

import io
from datetime import UTC, datetime

import docx
import pytest
from word_files import members_of, paragraph, read, saved, with_body, zipped


def with_properties(title: str = "", **dates: datetime) -> bytes:
    """A file with a heading of the second level, these properties, and no other dates than these."""
    document = docx.Document()
    document.add_heading("A heading", 2)
    document.add_paragraph("Words.")
    document.core_properties.title = title
    for name, date in dates.items():
        setattr(document.core_properties, name, date)
    return saved(document)


@pytest.mark.parametrize("title", ["", "Document1", "Microsoft Word - rules.doc", "UNTITLED", "rules v2.docx", " - "])
def test_titles_that_say_nothing(title: str) -> None:
    """Where the property holds what a program left there, the first heading is the title."""
    assert read(with_properties(title)).title == "A heading"


def test_title() -> None:
    """The title that is seen wins over the property, and the property over headings."""
    assert read(with_properties("Rules of 2024")).title == "Rules of 2024"
    document = docx.Document(io.BytesIO(with_properties("Old template")))
    document.paragraphs[0].insert_paragraph_before("The rules", style="Title")
    assert read(saved(document)).title == "The rules"


@pytest.mark.parametrize(("levels", "title"), [((2, 3), None), ((2, 1), "Heading 1"), ((1, 1), "Heading 0")])
def test_a_late_heading_is_the_title_only_at_level_1(levels: tuple[int, ...], title: str | None) -> None:
    """After other text, a heading below level 1 names a part of the document, not all of it."""
    document = docx.Document()
    document.add_paragraph("The office opens at nine.")
    for number, level in enumerate(levels):
        document.add_heading(f"Heading {number}", level)
        document.add_paragraph("Words.")
    assert read(saved(document)).title == title


def test_dates() -> None:
    """The date is when the file was saved, else made; template and clockless dates are none."""
    made, changed = datetime(2024, 5, 1, tzinfo=UTC), datetime(2025, 2, 3, tzinfo=UTC)
    unknown = datetime(1980, 1, 1, tzinfo=UTC)
    assert read(with_properties(created=made, modified=changed)).date == "2025-02-03"
    assert read(with_properties(created=made, modified=unknown)).date == "2024-05-01"
    assert read(with_properties()).date is None


@pytest.mark.parametrize("date", ["", "soon", "9999-12-31T23:59:59-14:00", "2024-13-40"])
def test_damaged_dates(date: str) -> None:
    """A date that is none is passed over."""
    members = members_of(with_properties())
    xml = members["docProps/core.xml"]
    members["docProps/core.xml"] = bytes(xml).replace(b"2013-12-23T23:15:00Z", date.encode())
    assert read(zipped(members)).date in (None, "9999-12-31")


def test_the_first_lines_state_the_date() -> None:
    """Lines of "key: value" below the title are the header, and their date wins, with its place."""
    body = [
        paragraph("Minutes", '<w:pStyle w:val="Title"/>'),
        paragraph("Author: Ann"),
        paragraph("Date:\t3 May 2024"),
        paragraph("We met."),
    ]
    found = read(with_body(*body))
    assert found.text == "Minutes\n\nAuthor: Ann\nDate: 3 May 2024\n\nWe met."
    assert [block.kind for block in found.blocks] == ["heading", "header", "header", "paragraph"]
    assert (found.date, found.date_span and found.date_span.of(found.text)) == ("2024-05-03", "3 May 2024")


def test_an_inline_date() -> None:
    """A date before the first sentence of a paragraph is found where it stands."""
    found = read(with_body(paragraph("Date: 2022-03-23 The government said so."), paragraph("More.")))
    assert (found.date, found.date_span and found.date_span.of(found.text)) == ("2022-03-23", "2022-03-23")
