"""The PDF and Word files of the community are what make_documents.py makes of sources/, and qabot reads them back."""

import re
import zipfile
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdfium2 import PdfDocument

from qabot.datatypes import Document
from qabot.documents import read_document

COMMUNITY = Path(__file__).parent / "data" / "community"
SEEDS = COMMUNITY / "seeds"
MADE = {
    "boaters-handbook.md": "canal/boaters-handbook.pdf",
    "hall-hire.md": "events/hall-hire.docx",
    "lido-season.md": "sport/lido-season-2025.pdf",
    "members-handbook.md": "sport/rowing/members-handbook.docx",
}


# What stands around a web page's or a PDF's text and is no part of it.
AROUND = {
    "canal/boaters-handbook.pdf": ("Friends of Hartsmere Canal: Boaters", "Page 1 of 3", "Page 2"),
    "library/visit-us.html": ("cookies", "loanLimit", "Catalogue", "The Salt Orchard", "Imprint", "counter", "scripts"),
    "sport/chess-league.htm": ("Guest book", "defaultMinutes", "Georgia", "Best viewed", "visitor no"),
    "sport/lido-season-2025.pdf": ("Page 1 of 2", "Millpond Lido Trust:"),
}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script that makes the files."""
    monkeypatch.syspath_prepend(str(COMMUNITY))
    return import_module("make_documents")


def words_of(path: Path) -> list[str]:
    """The words of a PDF's pages, or of a Word file's parts, markup included."""
    if path.suffix == ".pdf":
        with PdfDocument(path) as pdf:
            return " ".join(page.get_textpage().get_text_range() for page in pdf).split()
    with zipfile.ZipFile(path) as parts:
        return [word for name in sorted(parts.namelist()) for word in parts.read(name).decode("latin-1").split()]


def test_made_again_they_are_the_same(script: Any, tmp_path: Path) -> None:
    """The committed files hold word for word what the script makes, and every source has its file."""
    assert script.MADE == MADE
    assert sorted(path.name for path in (COMMUNITY / "sources").iterdir()) == sorted(MADE)
    script.main([str(tmp_path)])
    for target in MADE.values():
        assert words_of(tmp_path / target) == words_of(SEEDS / target)


@pytest.mark.parametrize("name", [name for name, target in MADE.items() if target.endswith(".pdf")])
def test_pages_show_every_part(script: Any, name: str) -> None:
    """Pages hold the source's parts in its order, cells without their sign, running titles and numbers between them."""
    words = words_of(SEEDS / MADE[name])
    at = 0
    for part in script.read_source(COMMUNITY / "sources" / name).parts:
        for word in re.split(r"[\s|]+", part.text):
            at = words.index(word, at) + 1
    assert at > len(words) - 5


@pytest.mark.parametrize("name", [name for name, target in MADE.items() if target.endswith(".docx")])
def test_word_files_hold_every_part(script: Any, name: str) -> None:
    """Headings, items, rules and table cells are Word's own, with exactly the source's words."""
    parts = script.read_source(COMMUNITY / "sources" / name).parts
    document = docx.Document(str(SEEDS / MADE[name]))
    styles = {"item": "List Bullet", "rule": "List Number", "paragraph": "Normal"}
    written = [(part.text, styles.get(part.kind, f"Heading {part.level}")) for part in parts if part.kind != "row"]
    assert [(paragraph.text, paragraph.style.name) for paragraph in document.paragraphs] == written
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert rows == [part.cells for part in parts if part.kind == "row"]


@cache
def read(source: str) -> Document:
    """A seed as qabot reads it."""
    return read_document(SEEDS, source, max_bytes=1_000_000)


def read_parts(source: str) -> list[tuple[str, str]]:
    """Kind and words of each block, in one line and without bullet or number."""
    document = read(source)
    blocks = [(block.kind, " ".join(block.span.of(document.text).split())) for block in document.blocks]
    marks = re.compile(r"(?:[-•*]|\d+\.) +")
    return [(kind, marks.sub("", words, count=1) if kind == "item" else words) for kind, words in blocks]


@pytest.mark.parametrize("name", MADE)
def test_qabot_reads_every_part(script: Any, name: str) -> None:
    """All words of a source in its order, none added; each part is a block of its kind, whole, and nothing else is."""
    source = script.read_source(COMMUNITY / "sources" / name)
    found = read_parts(MADE[name])
    wanted = [("item" if part.kind == "rule" else part.kind, part.text) for part in source.parts]
    assert found == wanted


@pytest.mark.parametrize("source", AROUND)
def test_qabot_leaves_out_what_stands_around(source: str) -> None:
    """Navigation, side bar, cookie note, scripts, styles and footer of a page, running titles and page numbers."""
    text = " ".join(read(source).text.split())
    assert [words for words in AROUND[source] if words in text] == []


def test_qabot_knows_the_pages() -> None:
    """A PDF's answer can be shown with its page: there are as many as the file has."""
    counts = {source: len(read(source).pages) for source in MADE.values()}
    assert counts == {
        "canal/boaters-handbook.pdf": 3,
        "events/hall-hire.docx": 0,
        "sport/lido-season-2025.pdf": 2,
        "sport/rowing/members-handbook.docx": 0,
    }
