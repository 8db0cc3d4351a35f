"""The date that a document states in its head, and no date out of its text."""

# ruff: noqa: RUF001 - these dashes are meant

from io import BytesIO

import pytest

from qabot.datatypes import Document
from qabot.documents.formats import extractor_for


def document(text: str, suffix: str = ".md") -> Document:
    """The text read as a file of that type."""
    return extractor_for(suffix).extract(f"a{suffix}", text.encode())


def stated(found: Document) -> str | None:
    """The words of the document's date."""
    return found.date_span.of(found.text) if found.date_span else None


@pytest.mark.parametrize(
    ("line", "iso"),
    [
        ("Date: 14 March 2026", "2026-03-14"),
        ("**Date:** 14 March 2026", "2026-03-14"),
        ("**Date**: Saturday, 14 March 2026", "2026-03-14"),
        ("*Published on 14 March 2026*", "2026-03-14"),
        ("Published: March 14, 2026 at 10:30", "2026-03-14"),
        ("Published 2026-03-14 by Ana Lee", "2026-03-14"),
        ("Posted 14.03.2026 | 3 min read", "2026-03-14"),
        ("_Last updated 3 May 2026._", "2026-05-03"),
        ("Last updated: 2026-05-03T09:00:00Z", "2026-05-03"),
        ("(last revised on 3 May 2026)", "2026-05-03"),
        ("> Version of 2 October 2024.", "2024-10-02"),
        ("Date – 14 March 2026", "2026-03-14"),
    ],
)
@pytest.mark.parametrize("before", ["", "By Ana Lee, Hartsmere\n\n"])
def test_a_line_below_the_title(line: str, iso: str, before: str) -> None:
    """A line below the title that says it is the document's date gives it, with its place, and is a header."""
    found = document(f"# Rules of the yard\n\n{before}{line}\n\nDogs are led on a leash.\n")
    assert found.date == iso
    assert [block.span.of(found.text) for block in found.blocks if block.kind == "header"] == [line]
    assert found.title == "Rules of the yard"


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".txt", "Rules of the yard\n\nDate: 14 March 2026\n\nDogs are led.\n"),
        (".txt", "Letter from the chair\r\nDate: 14 March 2026\r\n\r\nDear friends,\r\n\r\nthe year was good.\r\n"),
        (".txt", "RULES\n=====\nHouse A\nPublished 14 March 2026\nDogs are led on a leash.\n"),
        (".md", "Rules\n=====\n\nDate: 14 March 2026\n\nDogs are led.\n"),
        (".md", "---\ntitle: Rules\n---\n\n# Rules\n\nDate: 14 March 2026\n"),
        (".md", "---\ntitle: Rules\ndate: 2026-03-14\n---\n\n# Rules\n\nLast updated 3 May 2026\n"),
        (".md", "---\nlast_updated: 2026-03-14\n---\n# Rules\n"),
        (".md", "# Rules\n\nUpdated 3 May 2026\nPublished 14 March 2026\n\nDogs are led.\n"),
        (".rst", "Rules\n=====\n\n*Date:* 14 March 2026\n\nDogs are led.\n"),
        (".md", "# Minutes of the meeting of 14 March 2026\n\nNine members came.\n"),
        (".md", "# Minutes of the members' assembly, held on 14 March 2026 #\n\nNine members came.\n"),
        (".txt", "Minutes of the board, 14 March 2026\n\nNine members came.\n"),
        (".md", "# Notes from the working group's meeting on 14 March 2026\n\nNine members came.\n"),
        (".md", "# Newsletter no. 5, 14 March 2026\n\nNine members came.\n"),
    ],
)
def test_heads_of_other_shapes(suffix: str, text: str) -> None:
    """Underlined titles, letters, front matter, field lists and titles that name their day give the date."""
    found = document(text, suffix)
    assert found.date == "2026-03-14"
    assert stated(found) in ("14 March 2026", "2026-03-14")
    covered = "".join(block.span.of(found.text) for block in found.blocks)
    assert "".join(covered.split()) == "".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "# Rules\n\nDogs are led on a leash.\n\nDate: 14 March 2026\n",
        "# Rules\n\nPublished 14 March 2026 by mistake, they were withdrawn.\n",
        "# Rules\n\nThe meeting of 14 March 2026 agreed on them.\n",
        "# Rules\n\nAgreed on 14 March 2026\n",
        "# Rules\n\nValid from 14 March 2026\n",
        "# Rules\n\nDate of birth: 14 March 1990\n",
        "# Rules\n\nDate and time: 14 March 2026, 19:00\n",
        "# Rules\n\nDeadline: 14 March 2026\n",
        "# Lantern walk\n\nSaturday, 14 March 2026\n",
        "# Rules\n\n- Date: 14 March 2026\n- Place: the hall\n",
        "# Rules\n\n| Date | 14 March 2026 |\n|---|---|\n| Place | hall |\n",
        "# Changes\n\n## Version 2\n\nReleased by Ana\n\nDate: 14 March 2026\n",
        "# Rules\n\n```\nDate: 14 March 2026\n```\n",
        "# Price list, valid from 14 March 2026\n\nBread is 3 euros.\n",
        "# Report on the fire of 14 March 2026\n\nIt burned.\n",
        "# Invitation to the meeting of 14 March 2026\n\nCome all.\n",
        "# What we know of the minutes of 14 March 2026 and since\n\nLittle.\n",
        "# Minutes of the fire\n\n## Meeting of 14 March 2026\n\nIt burned.\n",
        "# Rules\n\nDate: 14/03/2026\n",
        "# Rules\n\nDear neighbours,\n\nDate: 14 March 2026\n",
        "# Rules\n\n" + "Ana\n" * 10 + "Date: 14 March 2026\n",
        "The committee looked at all that had been\npublished on 14 March 2026\nand agreed with it.\n",
    ],
)
def test_other_dates_are_not_the_documents(text: str) -> None:
    """Prose, lists, tables, code, other sections, events and what lies below the head give no date."""
    assert document(text).date is None
    is_marked_up = "##" in text or "`" in text
    assert is_marked_up or document(text.removeprefix("# "), ".txt").date is None


def test_a_first_line_without_a_title() -> None:
    """A file that begins with the line has its date from it, and the line is a header."""
    found = document("Last updated 3 May 2026\n\nDogs are led on a leash.\n", ".txt")
    assert found.date == "2026-05-03"
    assert [block.kind for block in found.blocks] == ["header", "paragraph"]


def test_a_word_file_states_its_date_below_its_title() -> None:
    """What stands below the title of a Word file counts before the day on which it was saved."""
    import docx

    file = docx.Document()
    file.add_heading("Rules of the yard", level=0)
    file.add_paragraph("Last updated 3 May 2026")
    file.add_paragraph("Dogs are led on a leash.")
    saved = BytesIO()
    file.save(saved)
    found = extractor_for(".docx").extract("a.docx", saved.getvalue())
    assert (found.date, stated(found)) == ("2026-05-03", "3 May 2026")


def test_a_head_without_end_costs_little() -> None:
    """Megabytes of short lines or one endless line are not searched beyond the head."""
    assert document("Ana\n" * 200_000 + "Date: 14 March 2026\n", ".txt").date is None
    assert document("# Rules\n\nDate: " + "a " * 500_000 + "14 March 2026\n").date is None
