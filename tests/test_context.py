"""The context of a place: what it is found and read together with, and what no quote is ever taken from."""

# ruff: noqa: RUF001 - the separator is meant

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qabot.datatypes import Block, Document, Span
from qabot.documents import Contexts, context_line
from qabot.documents.formats import extractor_for


def words(text: str) -> int:
    """A token a word."""
    return len(text.split())


def read(text: str, suffix: str = ".md") -> Document:
    """The text as a file of that type."""
    return extractor_for(suffix).extract(f"a{suffix}", text.encode())


def context(text: str, place: str, suffix: str = ".md") -> tuple[str, ...]:
    """The context of the first place in ``text`` where these words stand."""
    return Contexts(read(text, suffix)).at(text.index(place))


TABLE = "# Prices\n\n## Rooms\n\n| What | Members |\n|---|---|\n| Tent | 30 |\n| Hall | 50 |\n\nAfter.\n"


def test_rows_have_the_head_of_their_table() -> None:
    """A row's context ends with the names of its columns; the head's own does not, nor what follows the table."""
    assert context(TABLE, "| Hall") == ("Prices", "Rooms", "What | Members")
    assert context(TABLE, "| What") == context(TABLE, "After") == ("Prices", "Rooms")


def test_the_middle_of_a_row_has_the_same_context() -> None:
    """A chunk that begins within a long row knows its columns too."""
    assert context(TABLE, "50 |") == context(TABLE, "| Hall")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".txt", "Day | Room\n----|-----\nMonday | Hall\n"),
        (".txt", "Day\tRoom\nMonday\t14\nTuesday\t15\n"),
        (".txt", "+-----+------+\n| Day | Room |\n+-----+------+\n| Monday | Hall |\n+-----+------+\n"),
        (".rst", "======  ====\nDay     Room\n======  ====\nMonday  Hall\n======  ====\n"),
        (".rst", "+-----+------+\n| Day | Room |\n+=====+======+\n| Monday | Hall |\n+-----+------+\n"),
        (".rst", '.. csv-table:: T\n   :header: "Day", "Room"\n   :widths: 5, 5\n\n   "Monday", "Hall"\n'),
        (".rst", '.. csv-table:: T\n   :header-rows: 1\n\n   "Day", "Room"\n   "Monday", "Hall"\n'),
        (".rst", ".. list-table:: T\n   :header-rows: 1\n\n   * - Day\n     - Room\n   * - Monday\n     - Hall\n"),
        (".md", "Day | Room\n--- | ---\nMonday | Hall\n"),
    ],
)
def test_every_kind_of_table_has_a_head(suffix: str, text: str) -> None:
    """Each format's way of marking a table's head is understood."""
    assert context(text, "Monday", suffix)[-1] == "Day | Room"


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".txt", "Office | 9-12\nMonday | 8-20\nSauna | 17-22\n"),
        (".txt", "Anna | painter\nMonday | dog\nBen | baker\n"),
        (".rst", "======  ====\nMonday  Hall\n======  ====\n"),
        (".rst", ".. list-table:: T\n\n   * - Anna\n     - 3\n   * - Monday\n     - Hall\n"),
    ],
)
def test_rows_that_speak_for_themselves_have_none(suffix: str, text: str) -> None:
    """Where no line clearly names the columns, none is taken for their names."""
    assert context(text, "Monday", suffix) == ()


def test_items_have_the_line_before_their_list() -> None:
    """A sentence that ends with a colon is context of the whole list below, and of nothing after it."""
    text = "Read this. You may **not** bring:\n\n- dogs\n- fires\n  - candles\n  - torches\n\nThe end.\n"
    assert context(text, "- fires") == ("You may not bring:",)
    assert context(text, "- torches") == ("You may not bring:", "fires")
    assert context(text, "The end") == ()


def test_a_paragraph_below_an_item_belongs_to_it() -> None:
    """Indented text of an item has the item's context and the item."""
    assert context("Rules:\n\n1. Be kind.\n\n   To all.\n2. Be brief.\n", "To all") == ("Rules:", "Be kind.")


@pytest.mark.parametrize(
    ("suffix", "question"),
    [(".md", "**Is a dog ok?**"), (".md", "Q: Is a dog ok?"), (".txt", "Q1. Is a dog ok?"), (".txt", "Is a dog ok?")],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_an_answer_has_its_question(suffix: str, question: str, gap: str) -> None:
    """What follows a question is read with it, in the same paragraph where signs mark the question, or in the next."""
    text = f"{question}{gap}Yes. On a lead.\n\nOther things follow here.\n"
    found = context(text, "On a lead", suffix)
    assert [part.endswith("Is a dog ok?") for part in found] == ([] if question[0] == "I" and gap == "\n" else [True])


def test_a_marked_question_holds_until_the_next() -> None:
    """An answer of several paragraphs has its question throughout; the next question, or a heading, ends it."""
    text = "**Q: Dogs?**\nYes.\n\nOn a lead.\n\n**Q: Cats?**\nNo.\n\n# More\n\nText.\n"
    assert context(text, "On a lead") == ("More", "Q: Dogs?")
    assert context(text, "No.") == ("More", "Q: Cats?")
    assert context(text, "**Q: Cats") == ("More", "Q: Dogs?")
    assert context(text, "Text") == ("More",)


@pytest.mark.parametrize("text", ["- Who?\n- What?\n- Why?\n", "Who?\n\nWhat?\n\nWhy?\n"])
def test_questions_in_a_row_answer_nothing(text: str) -> None:
    """A list of questions is no list of answers."""
    assert context(text, "What") == context(text, "Why") == ()


def test_a_long_context_is_cut_between_words() -> None:
    """Each part is at most 120 characters."""
    text = "# " + "long " * 60 + "\n\nText.\n"
    (part,) = context(text, "Text")
    assert len(part) <= 120
    assert part.endswith(" long…")


@pytest.mark.parametrize(
    ("parts", "most", "line"),
    [
        (("Title", "Head"), 3, "Title › Head"),
        (("T", "a", "b", "c", "d", "Day | Room"), 8, "T › d › Day | Room"),
        (("Title of it all", "one two three four five six seven | eight"), 9, "Title of it all › one two three four…"),
        (("Title", "", "Head"), 3, "Title › Head"),
        (("Word" * 10,), 0, ""),
        ((), 5, ""),
    ],
)
def test_the_line_fits(parts: tuple[str, ...], most: int, line: str) -> None:
    """Middle parts go first, then the longest one loses its last words."""
    assert context_line(parts, words, most) == line


@given(parts=st.lists(st.text(max_size=40), max_size=7), most=st.integers(0, 12))
def test_no_line_has_more_tokens_than_allowed(parts: list[str], most: int) -> None:
    """Whatever the parts, the line keeps to the limit, also where each character is a token."""
    assert len(context_line(parts, len, most)) <= most
    assert words(context_line(parts, words, most)) <= most


def test_blocks_of_other_readers() -> None:
    """A table that any reader marked, with no sign in the text, has its head as context."""
    text = "Day | Room\nMonday | Hall"
    blocks = (Block("row", Span(0, 10), 1), Block("row", Span(11, len(text))))
    document = Document("a.pdf", text, sha256="", encoding=None, extractor="x 1", blocks=blocks, title="Plan")
    assert Contexts(document).at(11) == ("Plan", "Day | Room")


def test_tables_that_follow_each_other_have_their_own_heads() -> None:
    """A head after rows begins a table, and so does a blank line of extracted text: no row has the other's columns."""
    lines = ("Day | Room", "Monday | Hall", "Fee | Term", "12 | year")
    text = "\n".join(lines)
    starts = [text.index(line) for line in lines]
    blocks = tuple(
        Block("row", Span(start, start + len(line)), 1 - at % 2)
        for at, (start, line) in enumerate(zip(starts, lines, strict=True))
    )
    document = Document("a.pdf", text, sha256="", encoding=None, extractor="x 1", blocks=blocks)
    assert Contexts(document).at(starts[3]) == ("Fee | Term",)
    parted = Document(
        "a.pdf",
        "Day | Room\nMonday | Hall\n\n12 | year",
        sha256="",
        encoding=None,
        extractor="x 1",
        blocks=(Block("row", Span(0, 10), 1), Block("row", Span(11, 24)), Block("row", Span(26, 35))),
    )
    assert Contexts(parted).at(11) == ("Day | Room",)
    assert Contexts(parted).at(26) == ()
