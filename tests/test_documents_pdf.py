"""PDF pages become text in reading order, with structure and page numbers."""

import re
from bisect import bisect_right
from itertools import pairwise

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_files import FIRST, LEFT, LINE, SECOND, TOP, Pages, kinds, read, read_pages

from qabot.datatypes import Document, Span
from qabot.documents.formats import library_of
from qabot.quotes import make_quote
from qabot.sentences import sentence_spans

RIGHT = 110.0  # mm: where the right column begins
WIDE = "This notice tells everybody who sails or walks or waits what the harbour of the town expects of them all year."


def paragraphs(document: Document) -> list[str]:
    """The texts of the paragraphs."""
    return [text for kind, text in kinds(document) if kind == "paragraph"]


def test_one_column() -> None:
    """The lines of a paragraph are joined by spaces, and a gap parts paragraphs."""

    def draw(pages: Pages) -> None:
        pages.column(LEFT, TOP, FIRST)
        pages.column(LEFT, TOP + 7 * LINE, SECOND)

    found = read_pages(draw)
    assert found.text == f"{' '.join(FIRST)}\n\n{' '.join(SECOND)}"
    assert found.pages == (0,)
    assert found.encoding is None
    assert found.extractor == library_of(".pdf")
    assert found.extractor.startswith("pypdfium2 ")


@pytest.mark.parametrize("shift", [0.0, 1.7], ids=["same baselines", "own baselines"])
def test_two_columns_whose_lines_alternate_in_the_file(shift: float) -> None:
    """The left column is read before the right one, whatever the order in the content stream."""

    def draw(pages: Pages) -> None:
        for number, (left, right) in enumerate(zip(FIRST, SECOND, strict=True)):
            pages.put(RIGHT, TOP + number * LINE + shift, right)
            pages.put(LEFT, TOP + number * LINE, left)

    assert paragraphs(read_pages(draw)) == [" ".join(FIRST), " ".join(SECOND)]


def test_title_over_two_columns_and_a_table_below() -> None:
    """What lies across the gutter stands before and after the columns, and the table's rows stay rows."""

    def draw(pages: Pages) -> None:
        pages.put(LEFT, 18, "Notice to everybody who uses the harbour of the town", size=18)
        pages.put(LEFT, 24, WIDE)
        pages.column(LEFT, TOP + LINE, FIRST)
        pages.column(RIGHT, TOP + LINE, SECOND)
        for row, cells in enumerate(
            (("Ship", "Deck", "Seats", "Speed"), ("Petrel", "two", "120", "14"), ("Tern", "one", "60", "17"))
        ):
            for column, cell in enumerate(cells):
                pages.put(LEFT + 42.5 * column, TOP + 9 * LINE + row * LINE, cell)

    found = read_pages(draw)
    assert [block.level for block in found.blocks if block.kind == "row"] == [1, 0, 0]
    assert kinds(found) == [
        ("heading", "Notice to everybody who uses the harbour of the town"),
        ("paragraph", WIDE),
        ("paragraph", " ".join(FIRST)),
        ("paragraph", " ".join(SECOND)),
        ("row", "Ship | Deck | Seats | Speed"),
        ("row", "Petrel | two | 120 | 14"),
        ("row", "Tern | one | 60 | 17"),
    ]


def test_three_columns() -> None:
    """Each cut side is cut again."""
    lines = [[f"{word} one two three four {number}," for number in range(6)] for word in ("alpha", "bravo", "gamma")]

    def draw(pages: Pages) -> None:
        for column, texts in enumerate(lines):
            pages.column(LEFT + 55 * column, TOP, texts)

    assert [text[:5] for text in re.split(r", (?=[abg][a-z]{4} one)", read_pages(draw).text)] == [
        text[:5] for texts in lines for text in texts
    ]


def test_a_table_of_long_texts_is_no_pair_of_columns() -> None:
    """Where the blocks of both sides begin at the same heights, a row's cells are read one after the other."""
    starts = (TOP, TOP + 4 * LINE, TOP + 8 * LINE, TOP + 12 * LINE)

    def draw(pages: Pages) -> None:
        for at, start in enumerate(starts):
            pages.column(LEFT, start, [f"{line} {at}" for line in FIRST[:2]])
            pages.column(RIGHT, start, [f"{line} {at}" for line in SECOND[:2]])

    text = read_pages(draw).text
    places = [text.index(f"{lines[0]} {at}") for at in range(len(starts)) for lines in (FIRST, SECOND)]
    assert places == sorted(places)


def test_a_paragraph_goes_on_in_the_next_column() -> None:
    """Without a sentence's end and with a small letter next, both parts are one paragraph."""
    left = (*FIRST[:5], "the islands, nor may anybody who has no boat walk")

    def draw(pages: Pages) -> None:
        pages.column(LEFT, TOP, left)
        pages.column(RIGHT, TOP, ("out on the mole. It is closed by a gate of iron.", *SECOND[:5]))

    assert "has no boat walk out on the mole. It is" in read_pages(draw).text
    assert len(read_pages(draw).blocks) == 1


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (("All infor-", "mation is free."), "All information is free."),
        (("All infor\xad", "mation is free."), "All information is free."),
        (("It is a well-", "known place."), "It is a well-known place."),
        (("A deep-sea ship. The deep-", "sea crew."), "A deep-sea ship. The deep-sea crew."),
        (("A rerun was shown. The re-", "run ended."), "A rerun was shown. The rerun ended."),
        (("Both pre-", "and post-war."), "Both pre- and post-war."),
        (("For COVID-", "19 tests."), "For COVID-19 tests."),
        (("The Anglo-", "Saxon king."), "The Anglo-Saxon king."),
        (("State-of-the-", "art tools."), "State-of-the-art tools."),
        (("It was late -", "very late."), "It was late - very late."),
    ],
)
def test_words_at_line_ends(lines: tuple[str, str], text: str) -> None:
    """A word that the line's end parted is whole again, and compounds keep their hyphen."""
    assert read_pages(lambda pages: pages.column(LEFT, TOP, lines)).text == text


def book(pages: Pages, texts: list[list[str]]) -> None:
    """Pages with a running title, these lines, and a page number."""
    for number, lines in enumerate(texts, start=1):
        if number > 1:
            pages.add_page()
        pages.put(LEFT, 12, "Harbour rules")
        pages.column(LEFT, TOP, lines)
        pages.put(100, 288, f"Page {number} of {len(texts)}")


def test_running_headers_and_page_numbers_are_dropped() -> None:
    """What repeats at the same place of the pages goes, and a sentence over a page's end is whole."""
    texts = [list(FIRST), [f"Rule {number} is new." for number in (3, 9)], list(SECOND), list(FIRST[:-1])]
    texts[2][-1] = "ship, because somebody may"
    texts[3][0] = "want to look at it."
    found = read_pages(lambda pages: book(pages, texts))
    assert "Harbour" not in found.text
    assert "Page" not in found.text
    assert "because somebody may want to look at it." in found.text
    assert len(found.pages) == 4
    assert found.text[found.pages[3] :].startswith("want to look")


def test_the_running_title_of_two_pages_is_dropped() -> None:
    """Two of two pages are enough for a title in small type or none larger, and the sentence between them is whole."""
    for size in (8.0, 10.0):

        def draw(pages: Pages, size: float = size) -> None:
            for number, lines in enumerate((SECOND[:-1], SECOND[-1:]), start=1):
                if number > 1:
                    pages.add_page()
                pages.put(LEFT, 12, "The harbour's rules", size)
                pages.column(LEFT, TOP, lines)

        found = read_pages(draw)
        assert "rules" not in found.text
        assert f"{SECOND[-2]} {SECOND[-1]}" in found.text


def test_a_larger_title_that_two_pages_share_is_text() -> None:
    """Two pages that begin with the same title, as two forms do, keep it."""

    def draw(pages: Pages) -> None:
        for number in (1, 2):
            if number > 1:
                pages.add_page()
            pages.put(LEFT, 12, "The harbour's rules", 16)
            pages.column(LEFT, TOP, FIRST)

    assert read_pages(draw).text.count("The harbour's rules") == 2


def test_numbers_that_do_not_follow_the_pages_are_text() -> None:
    """The invoice number at the top of each page is kept."""
    numbers = (731, 118, 902, 544)

    def draw(pages: Pages) -> None:
        for at, number in enumerate(numbers):
            if at:
                pages.add_page()
            pages.put(LEFT, 12, f"Invoice {number}")
            pages.column(LEFT, TOP, FIRST)

    assert re.findall(r"Invoice (\d+)", read_pages(draw).text) == [str(number) for number in numbers]


def test_chapter_titles_beside_page_numbers_are_dropped() -> None:
    """A page number at an end of the uppermost line makes all of it a running header."""
    titles = ("Ships", "Ships", "Guests", "Dogs", "Lamps", "Lamps", "Storms", "Fees")

    def draw(pages: Pages) -> None:
        for number, title in enumerate(titles, start=1):
            if number > 1:
                pages.add_page()
            pages.put(LEFT, 12, f"About {title} {number}" if number % 2 else f"About {title}")
            pages.put(180, 12, "" if number % 2 else str(number))
            pages.column(LEFT, TOP, FIRST)

    assert "About" not in read_pages(draw).text


def test_page_numbers_of_quotes() -> None:
    """A quote has the physical page of its answer, also behind pages without text and where a sentence crosses."""
    texts = [["Dogs pay half of what their owner"], [], ["pays. Cats travel free of charge."]]

    def draw(pages: Pages) -> None:
        for number, lines in enumerate(texts):
            if number:
                pages.add_page()
            pages.column(LEFT, TOP, lines)

    found = read_pages(draw)
    assert found.notes == ("page 2 has no text: pictures are not read",)
    assert found.text == "Dogs pay half of what their owner pays. Cats travel free of charge."
    for words, page in (("half", 1), ("pays.", 3), ("Cats", 3)):
        start = found.text.index(words)
        quote = make_quote(found, sentence_spans(found), Span(start, start + len(words)))
        assert quote.page == page
        assert quote.line_start is None
        assert quote.extractor == library_of(".pdf")


def test_three_hundred_pages() -> None:
    """A long document is read in time that grows with its pages, each sentence on its page."""

    def draw(pages: Pages) -> None:
        book(pages, [[*FIRST, f"Rule {11 * number % 307} stands here."] for number in range(1, 301)])

    found = read_pages(draw)
    assert len(found.pages) == 300
    for number in (1, 150, 300):
        at = found.text.index(f"Rule {11 * number % 307} stands")
        assert bisect_right(found.pages, at) == number


WORDS = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789,;:!?()'\"%&+=éüñ", min_size=1, max_size=14)


@settings(deadline=None, max_examples=60)
@given(words=st.lists(WORDS, min_size=1, max_size=300), size=st.sampled_from([8, 10, 12]))
def test_words_come_back_in_order(words: list[str], size: int) -> None:
    """Whatever words a page in one column shows, the text has the same ones in the same order, all in blocks."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=size)
    pdf.multi_cell(0, size / 2, " ".join(words), align="L")
    found = read(bytes(pdf.output()))
    assert found.text.split() == words
    spans = [block.span for block in found.blocks]
    assert all(before.end <= after.start for before, after in pairwise(spans))
    covered = sum(len("".join(span.of(found.text).split())) for span in spans)
    assert covered == len("".join(found.text.split()))
