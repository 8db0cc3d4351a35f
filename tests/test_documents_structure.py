"""Blocks: the structure of the text formats."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qabot.datatypes import Document
from qabot.documents.formats import EXTRACTOR_VERSIONS, LIBRARIES, extractor_for
from qabot.documents.tables import cell_places, cells, head_lines

SUFFIXES = sorted(EXTRACTOR_VERSIONS.keys() - LIBRARIES.keys())  # the formats whose text is the file's own


def blocks(text: str, suffix: str) -> list[tuple[str, int, str]]:
    """Kind, level and words of each block."""
    found: Document = extractor_for(suffix).extract(f"a{suffix}", text.encode())
    return [(block.kind, block.level, block.span.of(text)) for block in found.blocks]


def test_plain_text() -> None:
    """Blank lines, markers, bars and capitals structure plain text; wrapped lines stay together."""
    text = (
        "My Handbook\n\nOPENING HOURS\nWe open at 9\nand close at 5.\n\n"
        "You need:\n- one\n- two\n  more\n  - sub"
        "\n\na | b\nc | d\n\n1. Introduction\n\n"
        "He was born in\n1999. Then he\n- it is said - left.\n\nPrices\n------\nLow."
    )
    assert blocks(text, ".txt") == [
        ("heading", 1, "My Handbook"),
        ("heading", 2, "OPENING HOURS"),
        ("paragraph", 0, "We open at 9\nand close at 5."),
        ("paragraph", 0, "You need:"),
        ("item", 1, "- one"),
        ("item", 1, "- two\n  more"),
        ("item", 2, "- sub"),
        ("row", 0, "a | b"),
        ("row", 0, "c | d"),
        ("heading", 3, "1. Introduction"),
        ("paragraph", 0, "He was born in\n1999. Then he\n- it is said - left."),
        ("heading", 2, "Prices\n------"),
        ("paragraph", 0, "Low."),
    ]


@pytest.mark.parametrize("marker", ["- ", "* ", "• ", "1. ", "12) ", "a) ", "(1) ", "(b) "])
def test_plain_items(marker: str) -> None:
    """Each usual marker begins an item."""
    text = f"{marker}one thing\n{marker}another thing"
    assert [kind for kind, _, _ in blocks(text, ".txt")] == ["item", "item"]


@pytest.mark.parametrize(
    "text",
    [
        "A short line that ends a document",
        "It ends with a stop.\n\nText follows.",
        "Roses\n\nViolets\n\nAre blue.",
        "1. Buy milk\n\n2. Buy eggs\n\nThen text.",
        "THIS SOFTWARE IS PROVIDED AS IT IS, WITHOUT\nANY WARRANTY.",
    ],
)
def test_doubtful_lines_are_no_inner_headings(text: str) -> None:
    """What may be a sentence, verse or list is not called a heading (but for a document's first line)."""
    found = blocks("First paragraph here.\n\n" + text.replace("Roses", "Tulips"), ".txt")
    assert [words for kind, _, words in found if kind == "heading"] in ([], ["Violets"])


def test_markdown() -> None:
    """Headings, nested items, rows, fences, quotes and HTML are told apart; signs stay in their blocks."""
    text = (
        "# One\r\nText\r\nmore.\r\n\r\n- a\r\n  - b\r\n\r\n    para\r\n"
        "- ```\r\n  x = 1\r\n  ```\r\n\r\n"
        "| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n\r\n"
        "Two\r\n---\r\n> said\r\n> so\r\n\r\n<div>\r\nfoo\r\n</div>\r\n\r\n***\r\n"
    )
    assert blocks(text, ".md") == [
        ("heading", 1, "# One"),
        ("paragraph", 0, "Text\r\nmore."),
        ("item", 1, "- a"),
        ("item", 2, "- b"),
        ("paragraph", 0, "para"),
        ("code", 0, "- ```\r\n  x = 1\r\n  ```"),
        ("row", 1, "| a | b |"),
        ("row", 1, "|---|---|"),
        ("row", 0, "| 1 | 2 |"),
        ("heading", 2, "Two\r\n---"),
        ("paragraph", 0, "> said\r\n> so"),
        ("paragraph", 0, "<div>\r\nfoo\r\n</div>"),
        ("paragraph", 0, "***"),
    ]


def test_rst() -> None:
    """Titles with their levels, lists, fields, literal blocks, directives and tables are told apart."""
    text = (
        "====\nHead\n====\n\nSee this::\n\n    code\n\n    more\n\n"
        "Sub\n---\n\n* a\n* b\n  c\n\n  1. d\n\n"
        ".. code-block:: sh\n\n   run\n\n.. note::\n   Take care.\n\n"
        "==  ==\na   b\n==  ==\n\n:key: value\n\nOther\n-----\n"
    )
    assert blocks(text, ".rst") == [
        ("heading", 1, "====\nHead\n===="),
        ("paragraph", 0, "See this::"),
        ("code", 0, "code\n\n    more"),
        ("heading", 2, "Sub\n---"),
        ("item", 1, "* a"),
        ("item", 1, "* b\n  c"),
        ("item", 2, "1. d"),
        ("paragraph", 0, ".. code-block:: sh"),
        ("code", 0, "run"),
        ("paragraph", 0, ".. note::"),
        ("paragraph", 0, "Take care."),
        ("row", 0, "==  =="),
        ("row", 0, "a   b"),
        ("row", 0, "==  =="),
        ("item", 1, ":key: value"),
        ("heading", 2, "Other\n-----"),
    ]


def test_rst_table_directives() -> None:
    """Options and header rows of a csv-table or list-table head it; each row of the latter is one block."""
    text = (
        '.. csv-table:: Prices\n   :header: "Name", "Price"\n   :widths: 2, 1\n\n   "Hammer", 3\n\nAfter.\n\n'
        ".. list-table::\n   :header-rows: 1\n\n   * - Name\n     - Price\n   * - Saw\n     - 4\n\nEnd."
    )
    assert blocks(text, ".rst") == [
        ("paragraph", 0, ".. csv-table:: Prices"),
        ("row", 1, ':header: "Name", "Price"'),
        ("row", 1, ":widths: 2, 1"),
        ("row", 0, '"Hammer", 3'),
        ("paragraph", 0, "After."),
        ("paragraph", 0, ".. list-table::"),
        ("row", 1, ":header-rows: 1"),
        ("row", 1, "* - Name\n     - Price"),
        ("row", 0, "* - Saw\n     - 4"),
        ("paragraph", 0, "End."),
    ]


@pytest.mark.parametrize(
    ("table", "head"),
    [
        (["a | b", "c | d"], 0),
        (["a | b", "--|--", "c | d"], 2),
        (["---+---", "a | b", "---+---", "c | d", "---+---"], 3),
        (["+---+", "| a |", "+---+", "| b |", "+---+", "| c |", "+---+"], 0),
        (["+---+", "| a |", "+===+", "| b |", "+---+", "| c |", "+---+"], 3),
        (["==  ==", "a   b", "==  =="], 0),
        (["==  ==", "a   b", "==  ==", "c   d", "==  =="], 3),
        (["Name | Age", "Ben | 3", "Anna | 4"], 1),
        (["Name | Age", "Ben | three", "Anna | four"], 0),
        (["Ben | 3", "Anna | 4", "Eva | 5"], 0),
        (["a | b", "c | d", "e | f", "g | h", "---|---", "sum | 1"], 0),
    ],
)
def test_heads_of_drawn_tables(table: list[str], head: int) -> None:
    """Rules tell a head from the body; without any, names without digits above a column of numbers do."""
    assert head_lines(table) == head


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| a | b |", ["a", "b"]),
        ("|a||b|", ["a", "", "b"]),
        ("| a | b | |", ["a", "b", ""]),
        ("a |  | c", ["a", "", "c"]),
        ("a | b |", ["a", "b", ""]),
        ("a\tb c", ["a", "b c"]),
        ("a b   c", ["a b", "c"]),
        (':header: "Name", "Price, net"', ["Name", "Price, net"]),
        ("* - Name\n     - Price", ["Name", "Price"]),
        ("|", []),
        ("", []),
    ],
)
def test_cells(row: str, found: list[str]) -> None:
    """Bars, tabs, gaps and quotation marks part cells; an empty one inside keeps its place."""
    assert cells(row) == found


@given(row=st.text(st.sampled_from('ab |\t":*-,\n'), max_size=30))
def test_cells_are_slices_in_order(row: str) -> None:
    """Whatever the row, cells do not overlap and lie within it."""
    places = [place for start, end in cell_places(row) for place in (start, end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(row) for place in places)


PIECES = st.sampled_from(
    "# |## |===|---|- |* |1. |a) |> |```|    |\t|\n|\n\n|\r\n|\r|::|.. |:Date: |date 2022-03-23 |Title: x|"
    "a | b|--|:---|.. list-table:: |\n   * - |:header-rows: 1|<div>|[x]: y|Words here. |WORDS|More words|é\f|\u2028|"
    "…|:|+-|==  ==|\x85".split("|")
)
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=3)
TEXTS = st.lists(PIECES | st.just("|") | LETTERS, min_size=1, max_size=40).map("".join)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(text=TEXTS.filter(lambda text: text.strip() and not text.startswith("\ufeff")))
def test_blocks_hold_everything(suffix: str, text: str) -> None:
    """Blocks are trimmed, in order, disjoint, and hold all that is not white space; the text is unchanged."""
    found = extractor_for(suffix).extract(f"a{suffix}", text.encode())
    assert found.text == text
    place = 0
    for block in found.blocks:
        assert not found.text[place : block.span.start].strip()
        words = block.span.of(found.text)
        assert words == words.strip()
        place = block.span.end
    assert not found.text[place:].strip()
    if found.date_span is not None:
        assert any(block.span.contains(found.date_span) for block in found.blocks)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("piece", ["word ", "[", "|a"])
def test_a_line_of_three_megabytes(suffix: str, piece: str) -> None:
    """One endless line costs seconds at the very most, whatever it is made of."""
    raw = (piece * (3_000_000 // len(piece)) + "x").encode()
    began = time.process_time()
    extractor_for(suffix).extract(f"a{suffix}", raw)
    assert time.process_time() - began < 4  # 0.1 to 0.8 s when measured; quadratic rules take hours
