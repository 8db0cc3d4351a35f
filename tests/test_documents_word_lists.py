"""Word files: the numbers of list items and headings, and the rows of tables."""

import pytest
from word_files import blocks, listed, paragraph, read, run, with_parts


def abstract(id_: int, *levels: str) -> str:
    """An abstract list of these levels, each "format:text" and what else it holds."""
    made = []
    for at, level in enumerate(levels):
        format_, text, *further = level.split("|")
        inner = f"<w:start w:val='1'/><w:numFmt w:val='{format_}'/><w:lvlText w:val='{text}'/>{''.join(further)}"
        made.append(f"<w:lvl w:ilvl='{at}'>{inner}</w:lvl>")
    return f"<w:abstractNum w:abstractNumId='{id_}'>{''.join(made)}</w:abstractNum>"


def num(id_: int, abstract_id: int, overrides: str = "") -> str:
    """A list that counts by an abstract one."""
    return f"<w:num w:numId='{id_}'><w:abstractNumId w:val='{abstract_id}'/>{overrides}</w:num>"


def restart(level: int, start: int) -> str:
    """That a level of a list begins anew."""
    return f"<w:lvlOverride w:ilvl='{level}'><w:startOverride w:val='{start}'/></w:lvlOverride>"


LEVELS = ("decimal|%1.", "lowerLetter|%2)", "decimal|%1.%2.%3")


def lines(body: str, numbering: str, styles: str = "") -> list[str]:
    """The lines of the text, without blank ones."""
    return [line for line in read(with_parts(body, numbering=numbering, styles=styles)).text.split("\n") if line]


def test_levels() -> None:
    """Levels are counted apart, a deeper one begins anew after a higher one, and "2.a.1" shows all three."""
    body = "".join(listed("x", 1, level) for level in (0, 1, 1, 0, 1, 2, 2, 0, 2))
    assert lines(body, abstract(0, *LEVELS) + num(1, 0)) == [
        "1. x", "a) x", "b) x", "2. x", "a) x", "2.a.1 x", "2.a.2 x", "3. x", "3.a.1 x",
    ]  # fmt: skip


def test_items_have_their_depth() -> None:
    """An item's level is the depth of its list, from 1."""
    raw = with_parts(listed("x", 1) + listed("y", 1, 1), numbering=abstract(0, *LEVELS) + num(1, 0))
    assert blocks(raw) == [("item", 1, "1. x"), ("item", 2, "a) y")]


def test_lists_go_on_or_begin_anew() -> None:
    """Lists that share an abstract one go on counting, also after other text; one that says so begins anew, once."""
    body = listed("x", 1) + paragraph("between") + listed("x", 1) + listed("x", 2) + listed("x", 3) + listed("x", 3)
    numbering = abstract(0, *LEVELS) + num(1, 0) + num(2, 0) + num(3, 0, restart(0, 5))
    assert lines(body, numbering) == ["1. x", "between", "2. x", "3. x", "5. x", "6. x"]


@pytest.mark.parametrize(("restarts", "after"), [(None, "aa"), (0, "bc"), (1, "ba"), (2, "aa")])
def test_when_a_level_restarts(restarts: int | None, after: str) -> None:
    """A level begins anew after any higher one, unless it says that it does not, or after which."""
    stated = "" if restarts is None else f"<w:lvlRestart w:val='{restarts}'/>"
    numbering = abstract(0, "decimal|%1.", "decimal|%2.", f"lowerLetter|%3|{stated}") + num(1, 0)
    body = "".join(listed("x", 1, level) for level in (0, 1, 2, 1, 2, 0, 2))
    found = lines(body, numbering)
    assert [found[at].split()[0] for at in (4, 6)] == list(after)


@pytest.mark.parametrize(
    ("format_", "count", "label"),
    [
        ("decimal", 12, "12"),
        ("decimalZero", 7, "07"),
        ("upperRoman", 1994, "MCMXCIV"),
        ("lowerRoman", 4, "iv"),
        ("lowerRoman", 999999999, "999999999"),
        ("lowerLetter", 26, "z"),
        ("upperLetter", 28, "BB"),
        ("lowerLetter", 999999999, "999999999"),
        ("ordinal", 21, "21st"),
        ("ordinal", 112, "112th"),
        ("none", 3, ""),
        ("bullet", 3, "-"),
        ("chineseCounting", 3, "-"),
    ],
)
def test_formats(format_: str, count: int, label: str) -> None:
    """Numbers are written as Word writes them; where that is not known there is none."""
    numbering = abstract(0, f"{format_}|%1") + num(1, 0, restart(0, count))
    assert lines(listed("x", 1), numbering) == [f"{label} x".strip()]


def test_unknown_formats_are_named() -> None:
    """That numbers are missing is said in the notes."""
    found = read(with_parts(listed("x", 1), numbering=abstract(0, "chineseCounting|%1") + num(1, 0)))
    assert found.notes == ("list numbers of the kind chineseCounting are left out",)


def test_words_in_labels() -> None:
    """What Word writes around the number is part of the label; legal numbering is Arabic throughout."""
    numbering = abstract(0, "upperRoman|Article %1", "decimal|%1.%2|<w:isLgl/>") + num(1, 0)
    assert lines(listed("x", 1) + listed("x", 1, 1), numbering) == ["Article I x", "1.1 x"]


def test_numbers_through_styles() -> None:
    """A style puts its paragraphs into a list, at the level that is linked to it; the number 0 takes one out."""
    styles = "".join(
        f"<w:style w:type='paragraph' w:styleId='H{at}'><w:name w:val='heading {at}'/>"
        "<w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
        for at in (1, 2)
    )
    levels = ("decimal|%1|<w:pStyle w:val='H1'/>", "decimal|%1.%2|<w:pStyle w:val='H2'/>")
    heads = [paragraph(f"x{at}", f"<w:pStyle w:val='H{at}'/>") for at in (1, 2, 2, 1)]
    out = paragraph("out", "<w:pStyle w:val='H1'/><w:numPr><w:numId w:val='0'/></w:numPr>")
    raw = with_parts("".join(heads) + out, styles=styles, numbering=abstract(0, *levels) + num(1, 0))
    assert blocks(raw) == [
        ("heading", 1, "1 x1"), ("heading", 2, "1.1 x2"), ("heading", 2, "1.2 x2"), ("heading", 1, "2 x1"),
        ("heading", 1, "out"),
    ]  # fmt: skip


def test_list_styles() -> None:
    """An abstract list may refer to a list style for its levels."""
    styles = (
        "<w:style w:type='numbering' w:styleId='L'><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>"
    )
    link = "<w:abstractNum w:abstractNumId='1'><w:numStyleLink w:val='L'/></w:abstractNum>"
    assert lines(listed("x", 2), abstract(0, *LEVELS) + link + num(1, 0) + num(2, 1), styles) == ["1. x"]


@pytest.mark.parametrize("numbering", ["", num(1, 7), abstract(0) + num(1, 0)])
def test_lists_that_are_not_there(numbering: str) -> None:
    """A paragraph of a list that nothing defines is a paragraph."""
    assert blocks(with_parts(listed("x", 1), numbering=numbering)) == [("paragraph", 0, "x")]


def cell(words: str, properties: str = "", run_properties: str = "") -> str:
    """A table cell of one paragraph."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr><w:p>{run(words, run_properties)}</w:p></w:tc>"


def row(*cells: str, properties: str = "") -> str:
    """A table row; what is no cell yet becomes one."""
    made = (words if words.startswith("<") else cell(words) for words in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(made)}</w:tr>"


def table(*rows: str, properties: str = "") -> str:
    """A table."""
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{''.join(rows)}</w:tbl>"


def rows(raw: str, styles: str = "", numbering: str = "") -> list[tuple[int, str]]:
    """Level and words of each row."""
    found = blocks(with_parts(raw, styles=styles, numbering=numbering))
    assert {kind for kind, _, _ in found} == {"row"}
    return [(level, words) for _, level, words in found]


def test_merged_cells() -> None:
    """A cell over columns is said once; one over rows is said in each row if it is short."""
    above, below = "<w:vMerge w:val='restart'/>", "<w:vMerge/>"
    long = "long " * 20
    raw = table(
        row(cell("all", "<w:gridSpan w:val='3'/>")),
        row(cell("EU", above), "Paris", cell(long, above)),
        row(cell("", below), "Rome", cell("", below)),
        row("US", "Ohio", ""),
        row("UK", properties="<w:gridBefore w:val='1'/>"),
    )
    assert rows(raw) == [
        (0, "all"), (0, f"EU | Paris | {long.strip()}"), (0, "EU | Rome |"), (0, "US | Ohio |"), (0, "UK"),
    ]  # fmt: skip


def test_merged_cells_are_found_by_their_column() -> None:
    """Cells that span columns, or begin further right, count as many columns as they take."""
    above, below = "<w:vMerge w:val='restart'/>", "<w:vMerge/>"
    raw = table(
        row(cell("wide", "<w:gridSpan w:val='2'/>"), cell("EU", above)),
        row("a", "b", cell("", below)),
        row("c", cell("", below), properties="<w:gridBefore w:val='1'/>"),
    )
    assert rows(raw) == [(0, "wide | EU"), (0, "a | b | EU"), (0, "c | EU")]


def test_a_stated_header_counts() -> None:
    """Where a row is stated to be the header, no other is believed to be one."""
    stated = row("x", "y", "z", properties="<w:tblHeader/>")
    assert [level for level, _ in rows(table(row("A", "B", "C"), stated, row("1", "2", "3"), properties=LOOK))] == [
        0,
        1,
        0,
    ]


def test_a_cell_is_one_line() -> None:
    """Paragraphs, breaks, lists and tables within a cell are strung up; numbers of an automatic column are kept."""
    numbering = abstract(0, "decimal|%1.") + num(1, 0)
    inner = table(row("p", "q"), row("r", "s"))
    deep = f"<w:tc>{paragraph('one')}<w:p><w:r><w:t>two</w:t><w:br/><w:t>lines</w:t></w:r></w:p>{inner}</w:tc>"
    count = f"<w:tc>{listed('', 1)}</w:tc>"
    assert rows(table(row(count, deep), row(count, "x")), numbering=numbering) == [
        (0, "1. | one two lines p | q r | s"), (0, "2. | x"),
    ]  # fmt: skip


def test_changed_tables() -> None:
    """Deleted rows and cells are left out; rows and cells in content controls are read."""
    control = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>".format
    deleted = row("gone", "gone", properties="<w:del w:id='1'/>")
    raw = table(control(row("a", control(cell("b")))), deleted, row("c", cell("gone", "<w:cellDel/>"), "d"))
    assert rows(raw) == [(0, "a | b"), (0, "c | d")]


LOOK = "<w:tblLook w:val='04A0'/>"
STYLED = "<w:tblStyle w:val='Grid'/>" + LOOK
GRID = "<w:style w:type='table' w:styleId='Grid'><w:tblStylePr w:type='firstRow'/></w:style>"
BOLD = cell("A", "", "<w:b/>"), cell("B", "", "<w:b/>")


@pytest.mark.parametrize(
    ("first", "look", "heads"),
    [
        (row("A", "B", properties="<w:tblHeader/>"), "", True),
        (row("A", "B"), STYLED, True),
        (row("A", "B"), "<w:tblStyle w:val='Grid'/><w:tblLook w:val='0480'/>", False),
        (row("A", "B"), "<w:tblStyle w:val='Grid'/><w:tblLook w:firstRow='0' w:val='04A0'/>", False),
        (row(*BOLD), LOOK, True),
        (row(*BOLD), "", False),
        (row("A", "B"), LOOK, False),
        (row("A", "B", "C"), LOOK, True),
        (row("A", "B", "3"), LOOK, False),
        (row("A", "B" * 70), STYLED, False),
    ],
)
def test_headers(first: str, look: str, heads: bool) -> None:
    """A row heads its table if the file says so, or looks so by style, bold type or three columns of words."""
    found = rows(table(first, row("x", "y"), properties=look), GRID)
    assert [level for level, _ in found] == [int(heads), 0]


def test_a_column_of_figures_has_a_header() -> None:
    """Words above a column of figures are a header where the table's look allows it."""
    assert rows(table(row("Item", "Price"), row("Boat", "5"), properties=LOOK))[0][0] == 1


def test_frames() -> None:
    """A table of one column is a frame: its paragraphs and lists stay what they are."""
    title = paragraph("Title", "<w:outlineLvl w:val='0'/>")
    frame = table(row(f"<w:tc>{title}{paragraph('Words.')}</w:tc>"))
    assert blocks(with_parts(frame)) == [("heading", 1, "Title"), ("paragraph", 0, "Words.")]


def test_two_tables_are_apart() -> None:
    """A blank line stands between two tables, none between rows of one."""
    one = table(row("a", "b"), row("c", "d"))
    assert read(with_parts(one + paragraph("") + one)).text == "a | b\nc | d\n\na | b\nc | d"
