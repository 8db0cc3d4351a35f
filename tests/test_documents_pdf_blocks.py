"""The structure of PDF pages, and what they state about themselves."""

from fpdf.enums import VAlign
from pdf_files import FIRST, LEFT, LINE, MADE_AT, SECOND, TOP, Pages, by_hand, kinds, read, read_pages
from pypdfium2 import PdfDocument

from qabot.documents.pdf.words import page_words


def test_headings_by_size_and_weight() -> None:
    """Larger sizes are levels from the outermost, bold lines come below, and the title is the only outermost one."""

    def draw(pages: Pages) -> None:
        pages.put(LEFT, 20, "Rules of the harbour", size=20)
        pages.put(LEFT, 35, "1. Ships", size=14)
        pages.column(LEFT, 45, FIRST)
        pages.put(LEFT, 85, "Small ships", style="B")
        pages.column(LEFT, 92, SECOND)

    found = read_pages(draw)
    headings = [(block.level, block.span.of(found.text)) for block in found.blocks if block.kind == "heading"]
    assert headings == [(1, "Rules of the harbour"), (2, "1. Ships"), (3, "Small ships")]
    assert found.title == "Rules of the harbour"


def test_list_items() -> None:
    """Items begin at their sign or number, wrapped lines belong to them, and deeper ones have a deeper level."""

    def draw(pages: Pages) -> None:
        pages.put(LEFT, TOP, "Bring with you:")
        pages.column(LEFT, TOP + LINE, ("1. a rope of at least twenty metres that is dry and", "    2.5 cm thick;"))
        pages.column(LEFT, TOP + 3 * LINE, ("2. a lamp.",))
        pages.column(LEFT + 8, TOP + 4 * LINE, ("- It burns oil.", "- It is red."))
        pages.column(LEFT, TOP + 6 * LINE, ("3. bread.",))

    found = read_pages(draw)
    items = [(block.level, block.span.of(found.text)) for block in found.blocks if block.kind == "item"]
    assert items == [
        (1, "1. a rope of at least twenty metres that is dry and 2.5 cm thick;"),
        (1, "2. a lamp."),
        (2, "- It burns oil."),
        (2, "- It is red."),
        (1, "3. bread."),
    ]
    assert "2. a lamp.\n- It burns oil." in found.text


def test_table_with_head_and_wrapped_cells() -> None:
    """Rows have their cells between bars, a bold first row is the head, and a cell of two lines is one."""

    def draw(pages: Pages) -> None:
        with pages.table(col_widths=(30, 70, 30), width=130, v_align=VAlign.T) as table:
            for row in (
                ("Berth", "Who may lie there", "Price 2025"),
                ("A 1", "ships of " + "the fishing fleet " * 4, "12.50"),
                ("A 2", "guests", "9.00"),
            ):
                table.row(row)

    found = read_pages(draw)
    rows = [(block.level, block.span.of(found.text)) for block in found.blocks if block.kind == "row"]
    assert rows == [
        (1, "Berth | Who may lie there | Price 2025"),
        (0, f"A 1 | ships of {'the fishing fleet ' * 4}| 12.50"),
        (0, "A 2 | guests | 9.00"),
    ]


def test_justified_lines_are_no_table() -> None:
    """Wide spaces of a justified narrow column make no cells."""

    def draw(pages: Pages) -> None:
        pages.set_xy(LEFT, TOP)
        pages.multi_cell(45, LINE, " ".join((*FIRST, *SECOND)), align="J")

    assert read_pages(draw).text == " ".join((*FIRST, *SECOND))


def test_bullets_need_no_punctuation_before_them() -> None:
    """A bullet begins an item also behind a full line that ends without a mark, as short commands do."""

    def draw(pages: Pages) -> None:
        pages.column(LEFT, TOP, ("\x95 take the rope that hangs beside the door of the hut", "\x95 go on board"))

    assert [kind for kind, _ in kinds(read_pages(draw))] == ["item", "item"]


def test_lines_that_end_early_are_paragraphs() -> None:
    """Each line of an address had room for the next word, so it ends there; before a small letter it goes on."""

    def draw(pages: Pages) -> None:
        pages.column(LEFT, TOP, FIRST)
        pages.column(LEFT, TOP + 7 * LINE, ("Harbour office", "Quay 7, Millpond", "Open all", "the year"))

    assert [text for _, text in kinds(read_pages(draw))][1:] == [
        "Harbour office",
        "Quay 7, Millpond",
        "Open all the year",
    ]


def test_indents_part_paragraphs() -> None:
    """Without gaps, the indent of its first line begins a paragraph, also behind a full last line."""

    def draw(pages: Pages) -> None:
        for number, line in enumerate((*FIRST, *SECOND)):
            pages.put(LEFT + (4 if number in (0, 6) else 0), TOP + number * LINE, line)

    assert [text for _, text in kinds(read_pages(draw))] == [" ".join(FIRST), " ".join(SECOND)]


def test_a_table_of_contents() -> None:
    """Each line is an item of its own, whatever its size, and its dots are one sign."""

    def draw(pages: Pages) -> None:
        for number, chapter in enumerate(("1 Ships", "1.1 Small ships", "2 Guests")):
            pages.put(LEFT, TOP + number * LINE, f"{chapter} {'. ' * 30}{number + 3}", size=13)
        pages.column(LEFT, TOP + 8 * LINE, FIRST)

    assert kinds(read_pages(draw))[:3] == [
        ("item", "1 Ships … 3"),
        ("item", "1.1 Small ships … 4"),
        ("item", "2 Guests … 5"),
    ]


def test_wide_gaps_without_columns_are_no_table() -> None:
    """Lines with a gap each, at no common place, are text."""

    def draw(pages: Pages) -> None:
        for number, (line, gap) in enumerate(zip(FIRST, (2, 22, 9, 30, 15, 4), strict=True)):
            pages.put(LEFT, TOP + number * LINE, line[:10])
            pages.put(LEFT + 24 + gap, TOP + number * LINE, line[10:].strip())

    assert "row" not in [kind for kind, _ in kinds(read_pages(draw))]


def test_listings_keep_their_lines() -> None:
    """Lines of equally wide characters are code, each with its indent."""

    def draw(pages: Pages) -> None:
        pages.column(LEFT, TOP, FIRST)
        pages.set_font("Courier", size=10)
        pages.text(LEFT, TOP + 40, "if wind > 8:")
        pages.text(LEFT + 4 * 600 * 10 / 1000 * 25.4 / 72, TOP + 45, "stay()")

    assert kinds(read_pages(draw))[-1] == ("code", "if wind > 8:\n    stay()")


def test_rotated_pages_and_stamps() -> None:
    """A page that is stored sideways is read upright; a stamp across the page is left out, turned text comes last."""
    content = b"BT /F1 12 Tf 0 1 -1 0 100 100 Tm (Sideways stored) Tj 0 1 -1 0 114 100 Tm (and read upright.) Tj ET"
    raw = by_hand(content, page=b"/Rotate 90")
    assert read(raw).text == "Sideways stored and read upright."
    with PdfDocument(raw) as pdf:
        page = pdf[0]
        assert page_words(page, 1).height == 595
        page.close()

    def draw(pages: Pages) -> None:
        with pages.rotation(90, 10, 150):
            pages.text(10, 150, "turned")
        with pages.rotation(45, 100, 150):
            pages.text(100, 150, "DRAFT")
        pages.column(LEFT, TOP, FIRST)

    assert read_pages(draw).text == f"{' '.join(FIRST)}\n\nturned"


def test_characters() -> None:
    """Ligatures are spelled out, controls and invisible signs go, and Word's bullets become bullets."""
    names = b"/Type1/BaseFont/Helvetica/Encoding<</Type/Encoding/Differences[65/fi/fl/uniFB03/uniF0B7/uni200B]>>"
    assert read(by_hand(b"BT /F1 12 Tf 50 700 Td (oACe DAt BnaEt) Tj ET", font=names)).text == "ofiffie •fit flnat"


def test_title_and_date_of_the_metadata() -> None:
    """Both are taken where sensible, and a date that the first lines state wins with its place."""

    def draw(pages: Pages) -> None:
        pages.set_title("Harbour rules of 2024")
        pages.column(LEFT, TOP, FIRST)

    found = read_pages(draw)
    assert (found.title, found.date, found.date_span) == ("Harbour rules of 2024", MADE_AT.date().isoformat(), None)

    def draw_dated(pages: Pages) -> None:
        pages.set_title("Microsoft Word - rules.doc")
        pages.put(LEFT, 18, "Rules", size=18)
        pages.put(LEFT, 26, "Published: 2 May 2023")
        pages.column(LEFT, TOP + 10, FIRST)

    found = read_pages(draw_dated)
    assert (found.title, found.date) == ("Rules", "2023-05-02")
    assert found.date_span is not None
    assert found.date_span.of(found.text) == "2 May 2023"
    assert kinds(found)[1] == ("header", "Published: 2 May 2023")
