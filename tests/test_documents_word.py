"""Word files: words, headings, text boxes, notes."""

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_files import (
    blocks,
    paragraph,
    read,
    run,
    saved,
    with_body,
    with_parts,
)

from qabot.documents.formats import extractor_for, library_of


def text_of(*inline: str) -> str:
    """The text of one paragraph with this XML between a word on each side."""
    return read(with_body(f"<w:p>{run('A ')}{''.join(inline)}{run(' Z')}</w:p>")).text


def test_structure() -> None:
    """Headings, paragraphs, items and rows come in the order of the body."""
    document = docx.Document()
    document.add_heading("Handbook", 0)
    document.add_heading("Fees", 1)
    document.add_paragraph("They are due in May.")
    document.add_paragraph("one", style="List Bullet")
    document.add_paragraph("two", style="List Bullet 2")
    table = document.add_table(2, 2)
    for at, words in enumerate(("Item", "Price", "Boat", "5")):
        table.cell(at // 2, at % 2).text = words
    document.add_heading("Deep", 9)
    document.add_paragraph("End.")
    found = read(saved(document))
    assert found.text == (
        "Handbook\n\nFees\n\nThey are due in May.\n\n- one\n- two\n\nItem | Price\nBoat | 5\n\nDeep\n\nEnd."
    )
    assert [(block.kind, block.level) for block in found.blocks] == [
        ("heading", 1), ("heading", 1), ("paragraph", 0), ("item", 1), ("item", 1), ("row", 1), ("row", 0),
        ("heading", 9), ("paragraph", 0),
    ]  # fmt: skip
    assert (found.encoding, found.extractor, found.pages, found.url) == (None, library_of(".docx"), (), None)


def test_the_reader_is_registered() -> None:
    """Files that end in .docx are read by this reader, whose library is named."""
    found = extractor_for(".docx").extract("b.docx", with_body(paragraph("Hello.")))
    assert (found.id, found.text) == ("b.docx", "Hello.")
    assert found.extractor.startswith("python-docx 1.")


@pytest.mark.parametrize(
    ("inline", "text"),
    [
        ("<w:hyperlink r:id='x'>" + run("link") + "</w:hyperlink>", "A link Z"),
        ("<w:sdt><w:sdtPr/><w:sdtContent>" + run("control") + "</w:sdtContent></w:sdt>", "A control Z"),
        ("<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + run("Do") + "</w:sdtContent></w:sdt>", "A  Z"),
        ("<w:smartTag>" + run("smart") + "</w:smartTag>", "A smart Z"),
        ("<w:ins w:id='1'>" + run("new") + "</w:ins>", "A new Z"),
        ("<w:moveTo w:id='1'>" + run("here") + "</w:moveTo>", "A here Z"),
        ("<w:del w:id='1'><w:r><w:delText>old</w:delText></w:r></w:del>", "A  Z"),
        ("<w:moveFrom w:id='1'>" + run("there") + "</w:moveFrom>", "A  Z"),
        ("<w:fldSimple w:instr='PAGE'>" + run("7") + "</w:fldSimple>", "A 7 Z"),
        ("<w:r>e<w:noBreakHyphen/><w:t>mail</w:t></w:r>", "A -mail Z"),
        ("<w:r><w:t>in</w:t><w:softHyphen/><w:t>form\u00ad</w:t></w:r>", "A inform Z"),
        ("<w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:br w:type='page'/></w:r>", "A \tb\nc\n Z"),
        ("<w:r><w:t>a\tb\nc\u0085</w:t></w:r>", "A a b c  Z"),
        (run("secret", "<w:vanish/>"), "A  Z"),
        (run("shown", "<w:vanish w:val='0'/>"), "A shown Z"),
        (run("10") + run("6", "<w:vertAlign w:val='superscript'/>"), "A 10^6 Z"),
        (run("21") + run("st", "<w:vertAlign w:val='superscript'/>"), "A 21st Z"),
        ("<w:r><w:sym w:font='Symbol' w:char='F0B3'/><w:sym w:font='Wingdings' w:char='F0E0'/></w:r>", "A ≥→ Z"),
        ("<w:r><w:sym w:font='Webdings' w:char='F021'/><w:sym w:font='Arial' w:char='00E9'/></w:r>", "A �é Z"),
        ("<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>",
         "A 1/2 Z"),
        ("<w:r><w:ruby><w:rt>" + run("over") + "</w:rt><w:rubyBase>" + run("base") + "</w:rubyBase></w:ruby></w:r>",
         "A base Z"),
        ("<w:commentRangeStart w:id='0'/>" + run("c") + "<w:r><w:commentReference w:id='0'/></w:r>", "A c Z"),
        ("<!-- comment -->" + run("c") + "<?processing instruction?>", "A c Z"),
    ],
)  # fmt: skip
def test_words_of_a_paragraph(inline: str, text: str) -> None:
    """A paragraph says what its printed page shows, tracked changes accepted."""
    assert text_of(inline) == text


def field(code: str, result: str) -> str:
    """A complex field."""
    mark = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>".format
    return f"{mark('begin')}<w:r><w:instrText>{code}</w:instrText></w:r>{mark('separate')}{result}{mark('end')}"


def test_fields() -> None:
    """A field's result is read and its code is not, also where fields stand in codes of fields."""
    assert text_of(field("PAGE", run("7"))) == "A 7 Z"
    inner = field("PAGE", run("inner"))
    assert text_of(field(f"IF </w:instrText></w:r>{inner}<w:r><w:instrText>", run("outer"))) == "A outer Z"


def test_a_field_that_never_ends() -> None:
    """What follows the paragraph of a field that is never closed is not lost."""
    begin = "<w:p>" + run("Before") + "<w:r><w:fldChar w:fldCharType='begin'/></w:r>" + run("code") + "</w:p>"
    assert read(with_body(begin, paragraph("After."))).text == "Before\n\nAfter."


def test_a_deleted_paragraph_mark_joins() -> None:
    """A paragraph whose end is deleted goes on in the next one."""
    first = paragraph("One ", "<w:rPr><w:del w:id='1'/></w:rPr>")
    assert read(with_body(first, paragraph("sentence."), paragraph("Next."))).text == "One sentence.\n\nNext."
    assert read(with_parts(first)).text == "One"


BOX = "<w:txbxContent>" + paragraph("Boxed.") + "</w:txbxContent>"
TWICE = (
    "<mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>{0}</wps:txbx></w:drawing></mc:Choice>"
    "<mc:Fallback><w:pict><v:shape><v:textbox>{0}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent>"
)


@pytest.mark.parametrize("box", [TWICE.format(BOX), f"<w:pict><v:textbox>{BOX}</v:textbox></w:pict>"])
def test_a_text_box_is_read_once(box: str) -> None:
    """A text box follows the paragraph that it is anchored in, and its fallback is not read as well."""
    anchor = f"<w:p>{run('Anchor')}<w:r>{box}</w:r>{run(' goes on.')}</w:p>"
    assert read(with_body(anchor, paragraph("Next."))).text == "Anchor goes on.\n\nBoxed.\n\nNext."


def test_the_first_alternative_counts() -> None:
    """Of alternatives the first choice is read, the fallback only without one."""
    choice = "<mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}</mc:Fallback></mc:AlternateContent>"
    assert text_of(choice.format(run("new"), run("old"))) == "A new Z"
    assert text_of(f"<mc:AlternateContent><mc:Fallback>{run('old')}</mc:Fallback></mc:AlternateContent>") == "A old Z"


@pytest.mark.parametrize("wrapper", ["ins", "moveTo", "customXml", "sdt", "del", "moveFrom"])
def test_wrapped_paragraphs(wrapper: str) -> None:
    """Paragraphs and tables within content controls and insertions are read, deleted ones are not."""
    inner = paragraph("in") + f"<w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc><w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
    inner = f"<w:sdtContent>{inner}</w:sdtContent>" if wrapper == "sdt" else inner
    text = read(with_body(f"<w:{wrapper}>{inner}</w:{wrapper}>", paragraph("after"))).text
    assert text == ("after" if wrapper in ("del", "moveFrom") else "in\n\na | b\n\nafter")


def test_notes_follow_their_paragraph() -> None:
    """Foot- and endnotes follow the paragraph, or the table, that refers to them, once; the others are not read."""
    mark = "<w:r><w:{}Reference w:id='{}'/></w:r>".format
    first = f"<w:p>{run('Fee.')}{mark('footnote', 2)}{mark('endnote', 2)}{mark('footnote', 2)}</w:p>"
    cell = f"<w:tc><w:p>{run('in')}{mark('footnote', 3)}</w:p></w:tc>"
    table = f"<w:tbl><w:tr>{cell}<w:tc>{paragraph('b')}</w:tc></w:tr></w:tbl>"
    notes = [
        f"<w:footnote w:id='{at}'>{paragraph(words)}</w:footnote>"
        for at, words in ((0, "Line"), (2, "Foot."), (3, "Cell."))
    ]
    ends = f"<w:endnote w:id='2'>{paragraph('End.')}</w:endnote>"
    raw = with_parts(first + paragraph("Next.") + table, footnotes="".join(notes), endnotes=ends)
    assert read(raw).text == "Fee.\n\nFoot.\n\nEnd.\n\nNext.\n\nin | b\n\nCell."


STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="Standard"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Rubrik"><w:name w:val="Rubrik"/><w:pPr>
<w:outlineLvl w:val="1"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Own"><w:name w:val="My own"/><w:basedOn w:val="Rubrik"/></w:style>
<w:style w:type="paragraph" w:styleId="Inhalt"><w:name w:val="TOC Heading"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:type="paragraph" w:styleId="Verzeichnis1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop"><w:name w:val="x"/><w:basedOn w:val="Loop2"/></w:style>
<w:style w:type="paragraph" w:styleId="Loop2"><w:name w:val="y"/><w:basedOn w:val="Loop"/></w:style>
<w:style w:type="character" w:styleId="Hidden"><w:name w:val="h"/><w:rPr><w:vanish/></w:rPr></w:style>
"""


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        ('<w:pStyle w:val="berschrift1"/>', 1),
        ('<w:pStyle w:val="Rubrik"/>', 2),
        ('<w:pStyle w:val="Own"/>', 2),
        ('<w:pStyle w:val="Own"/><w:outlineLvl w:val="3"/>', 4),
        ('<w:pStyle w:val="Own"/><w:outlineLvl w:val="9"/>', 0),
        ('<w:pStyle w:val="Heading3"/>', 3),
        ('<w:pStyle w:val="Loop"/>', 0),
        ('<w:pStyle w:val="Own"/><w:pPrChange><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:pPrChange>', 2),
        ("", 0),
    ],
)
def test_heading_styles(properties: str, level: int) -> None:
    """A heading is told by the style's built-in name, its outline level, what it is based on, or its id alone."""
    raw = with_parts(paragraph("Words", properties), styles=STYLES)
    assert blocks(raw) == [("heading" if level else "paragraph", level, "Words")]


def test_contents_and_hidden_styles() -> None:
    """The table of contents, which repeats the headings, and text in a hidden style are left out."""
    entry = paragraph("Rules 3", '<w:pStyle w:val="Verzeichnis1"/>') + paragraph(
        "Contents", '<w:pStyle w:val="Inhalt"/>'
    )
    unseen = run("no", '<w:rStyle w:val="Hidden"/>')
    hidden = f"<w:p>{unseen}{run('yes')}</w:p>"
    assert read(with_parts(entry + hidden, styles=STYLES)).text == "yes"


def test_bold_lines_as_headings() -> None:
    """Where no style marks headings, a short bold paragraph before other text is one; where one does, it is not."""
    bold = f"<w:p>{run('Opening ', '<w:b/>')}{run('hours:', '<w:b/>')}</w:p>"
    body = (bold, paragraph("We open at 9."), bold)
    assert [kind for kind, _, _ in blocks(with_body(*body))] == ["heading", "paragraph", "paragraph"]
    styled = paragraph("Top", '<w:pStyle w:val="Heading1"/>')
    assert [kind for kind, _, _ in blocks(with_body(styled, *body))] == ["heading"] + ["paragraph"] * 3


def test_other_documents_within() -> None:
    """An embedded document is not read, and the notes say so."""
    found = read(with_body(paragraph("Words."), "<w:altChunk r:id='rId99'/>"))
    assert found.notes == ("another document that is embedded in it is not read",)


LINES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\u00ad\ufffe\uffff"), max_size=20
)
PARAGRAPHS = st.lists(LINES.map(str.strip), min_size=1, max_size=12).filter(any)
STYLED = st.sampled_from(["Normal", "Heading 1", "Heading 2", "List Bullet", "List Number", "Table"])


@settings(max_examples=30, deadline=None)  # python-docx takes a tenth of a second to write one
@given(paragraphs=PARAGRAPHS, data=st.data())
def test_random_paragraphs(paragraphs: list[str], data: st.DataObject) -> None:
    """Each paragraph comes back whole and in order; blocks are in order, trimmed, disjoint and hold all words."""
    document = docx.Document()
    for words in paragraphs:
        style = data.draw(STYLED)
        if style == "Table":
            document.add_table(1, 1).cell(0, 0).text = words
        else:
            document.add_paragraph(words, style=style)
    found = read(saved(document))
    place = 0
    for block in found.blocks:
        assert found.text[place : block.span.start] in ("", "\n", "\n\n")
        words = block.span.of(found.text)
        assert words == words.strip()
        place = block.span.end
    assert place == len(found.text)
    said = [words for words in paragraphs if words]
    assert len(found.blocks) == len(said)
    assert all(block.span.of(found.text).endswith(words) for block, words in zip(found.blocks, said, strict=True))
    found.text.encode()
