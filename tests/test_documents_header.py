"""Headers are metadata and stay text."""

import pytest

from qabot.datatypes import Document
from qabot.documents import Extractor
from qabot.documents.formats import extractor_for


def document(text: str, suffix: str = ".txt") -> Document:
    """The text read as a file of that type."""
    extractor: Extractor = extractor_for(suffix)
    return extractor.extract(f"a{suffix}", text.encode())


def headers(found: Document) -> list[str]:
    """What stands in header blocks."""
    return [block.span.of(found.text) for block in found.blocks if block.kind == "header"]


def test_a_date_before_the_first_sentence() -> None:
    """The first seed's header gives a date with its place, and the first sentence begins after it."""
    found = document(" date 2022-03-23 The US government has accused Russia.\n\nMore.")
    assert headers(found) == ["date 2022-03-23"]
    assert found.date == "2022-03-23"
    assert found.date_span is not None
    assert found.date_span.of(found.text) == "2022-03-23"
    assert found.blocks[1].span.of(found.text) == "The US government has accused Russia."


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2022-03-23", "2022-03-23"),
        ("2022-03-23T10:00:00Z", "2022-03-23"),
        ("2022/3/23", "2022-03-23"),
        ("23.03.2022", "2022-03-23"),
        ("23 March 2022", "2022-03-23"),
        ("Wed, 23 Mar 2022 10:00:00 +0000", "2022-03-23"),
        ("March 23, 2022", "2022-03-23"),
        ("Sept. 1st, 2021", "2021-09-01"),
        ("29 February 2024", "2024-02-29"),
        ("29 February 2023", None),
        ("2022-13-01", None),
        ("03/04/2022", None),
        ("yesterday", None),
    ],
)
def test_dates_are_normalised(written: str, iso: str | None) -> None:
    """Written dates become ISO dates; impossible and ambiguous ones are no dates."""
    found = document(f"Title: A\nDate: {written}\n\nText.")
    assert found.date == iso
    assert headers(found) == ["Title: A", f"Date: {written}"]
    assert (found.date_span is None) == (iso is None)
    if found.date_span is not None:
        assert found.date_span.of(found.text) in written


def test_lines_of_key_and_value() -> None:
    """A block of known keys is a header, with continuation lines and mail headers; the body follows."""
    text = "Subject: Rates\n  for 2022\nMessage-ID: <1@a>\nLink: https://a.example/b?c=1\nDate: 1 May 2020\nBody."
    found = document(text)
    assert (found.title, found.date, found.url) == ("Rates", "2020-05-01", "https://a.example/b?c=1")
    assert found.blocks[-1].span.of(text) == "Body."
    assert len(headers(found)) == 5


@pytest.mark.parametrize(
    "text",
    [
        "Title fights are rare in this town.",
        "Date palms need sun.",
        "Date 2022-03-23 was a Wednesday.",
        "To: be or not to be.",
        "Summary: nothing happened.",
        "Note: closed.\n\nDate: 2022-01-01",
        "source material is scarce\n\nMore.",
    ],
)
def test_prose_is_no_header(text: str) -> None:
    """Sentences that begin with a header's word stay prose."""
    found = document(text)
    assert headers(found) == []
    assert found.date is None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_front_matter(end: str) -> None:
    """YAML front matter gives title, date and address, keeps every line as a header, and is not the first heading."""
    lines = [
        "---",
        'title: "The: rules"',
        "date: 2022-02-30",
        "updated: 23 March 2022",
        "source: https://a.example",
        "---",
        "# One",
        "Text.",
    ]
    found = document(end.join(lines), ".md")
    assert (found.title, found.date, found.url) == ("The: rules", "2022-03-23", "https://a.example")
    assert headers(found) == lines[:6]
    assert [block.kind for block in found.blocks[6:]] == ["heading", "paragraph"]
    assert found.notes == ()


def test_broken_front_matter_is_a_note() -> None:
    """Front matter that is no YAML is read line by line, with a note."""
    found = document("---\ntitle: [a\ndate: 2022-03-23\n---\nText.", ".md")
    assert found.date == "2022-03-23"
    assert len(found.notes) == 1
    assert "YAML" in found.notes[0]


def test_deep_yaml_does_no_harm() -> None:
    """Front matter made to exhaust the parser is a note as well."""
    found = document("---\na: " + "[" * 5_000 + "\n---\nText.", ".md")
    assert found.blocks[-1].span.of(found.text) == "Text."
    assert len(found.notes) == 1


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    """A lone thematic break opens nothing."""
    found = document("---\n\nText.", ".md")
    assert headers(found) == []


def test_rst_docinfo_follows_the_title() -> None:
    """The field list under the title is the header, and titles keep their levels around it."""
    found = document("=====\nTitle\n=====\n\n:Date: March 23, 2022\n:Author: A\n\nOne\n---\n\nText.\n", ".rst")
    assert (found.title, found.date) == ("Title", "2022-03-23")
    assert [(block.kind, block.level) for block in found.blocks] == [
        ("heading", 1),
        ("header", 0),
        ("header", 0),
        ("heading", 2),
        ("paragraph", 0),
    ]


@pytest.mark.parametrize(
    ("suffix", "text", "title"),
    [
        (".md", "Intro.\n\n# The **first** [rule](#x) `now` #\n\nText.", "The first rule now"),
        (".md", "## Only a section\n\nText.", None),
        (".rst", "The *title*\n===========\n\nText.", "The title"),
        (".txt", "My Handbook\n\nText goes here.", "My Handbook"),
        (".txt", "PUBLIC LICENCE\nVersion 1, 1989\n\nText goes here.", "PUBLIC LICENCE"),
        (".txt", "Text goes here.", None),
    ],
)
def test_titles_from_headings(suffix: str, text: str, title: str | None) -> None:
    """Without a header the outermost heading is the title, without its signs."""
    assert document(text, suffix).title == title
