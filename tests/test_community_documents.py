"""The community's PDF and Word files are what make_documents.py makes of the texts in sources/."""

import re
import zipfile
from importlib import import_module
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdfium2 import PdfDocument

COMMUNITY = Path(__file__).parent / "data" / "community"
SEEDS = COMMUNITY / "seeds"
MADE = {
    "boaters-handbook.md": "canal/boaters-handbook.pdf",
    "hall-hire.md": "events/hall-hire.docx",
    "lido-season.md": "sport/lido-season-2025.pdf",
    "members-handbook.md": "sport/rowing/members-handbook.docx",
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
