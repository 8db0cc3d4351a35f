"""Web pages become text as a browser shows it: words and blocks, without menus, scripts and hidden parts."""

import pytest
from html_pages import PAGES, lines, read

# Words and white space.


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>within <b>14</b> days", "within 14 days"),
        ("<p>1<b>4</b> days", "14 days"),
        ("<p>foo<br>bar", "foo\nbar"),
        ("<p>foo <br/> bar", "foo\nbar"),
        ("one<br><br>two", "one\n\ntwo"),
        ("<p>a\r\n  b\t c", "a b c"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p><span>a</span> <span>b</span><span>c</span>", "a bc"),
        ("<p>x<sup>2</sup> and H<sub>2</sub>O", "x2 and H2O"),
        ("<p>a<!-- b -->c", "ac"),
        ("<p>long<wbr>word", "longword"),
        ("<p>AT&amp;T &lt;b&gt; &eacute;&#233; &#x1F600;", "AT&T <b> éé 😀"),
        ("<p>14&nbsp;days, 10\u202f000", "14 days, 10 000"),
        ("<p>co&shy;op\u200berate", "cooperate"),
        ("<p>a&#8205;b", "a\u200db"),
        ("<p>bell&#7;&#x9c;s", "bellœs"),
        ("<p>new <s>20</s> <del>30</del> 10", "new 10"),
        ("<p>漢<ruby>字<rt>ji</rt></ruby>", "漢字"),
        ("<p>loaf <img src=a alt='a picture'>", "loaf"),
    ],
)
def test_words_are_as_a_browser_shows_them(page: str, text: str) -> None:
    """Inline elements never separate, blocks always do, and white space collapses."""
    assert read(page).text == text


def test_preformatted_text_keeps_its_spaces() -> None:
    """Lines and indents of code stay; colouring leaves no trace."""
    assert lines("<pre><code>\ndef f():\n    <b>return</b>&nbsp;1\n\n</code></pre><p>a") == [
        "code: def f():\n    return 1",
        "paragraph: a",
    ]


# Structure.


def test_headings_have_levels() -> None:
    """Each heading is a block with its level."""
    assert lines("<h1>A</h1><p>a</p><h3>B<br>C</h3>") == ["heading1: A", "paragraph: a", "heading3: B\nC"]


def test_items_have_marks_and_depth() -> None:
    """Items stand one a line, with the mark that a browser shows, nested ones indented."""
    page = "<ul><li>a<ul><li><p>b</p><li>c</ul><li>d</ul>"
    assert read(page).text == "- a\n  - b\n  - c\n- d"
    assert lines(page) == ["item1: - a", "item2: - b", "item2: - c", "item1: - d"]


@pytest.mark.parametrize(
    ("list_", "marks"),
    [
        ("<ol><li>x<li>x<li>x", "1. 2. 3."),
        ("<ol start=7><li>x<li value=3>x<li>x", "7. 3. 4."),
        ("<ol reversed><li>x<li>x<li>x", "3. 2. 1."),
        ("<ol type=a start=26><li>x<li>x", "z. aa."),
        ("<ol type=A start=0><li>x<li>x", "0. A."),
        ("<ol type=i start=3><li>x<li>x", "iii. iv."),
        ("<ol type=I start=1994><li>x", "MCMXCIV."),
        ("<ol start=x><li>x", "1."),
    ],
)
def test_numbers_are_counted_as_a_browser_does(list_: str, marks: str) -> None:
    """Start, value, direction and kind of numbers are respected."""
    assert [line.split()[0] for line in read(list_).text.split("\n")] == marks.split()


def test_an_item_of_several_paragraphs() -> None:
    """The mark stands before the first paragraph only."""
    assert lines("<ol><li><p>a</p><p>b</p><li>c</ol>") == ["item1: 1. a", "paragraph: b", "item1: 2. c"]


def test_terms_stand_with_their_definitions() -> None:
    """A term and what it means are one item; further paragraphs follow, and a lone term is not lost."""
    page = (
        "<dl><dt>Fee</dt><dd>4 EUR</dd><dt>-q</dt><dt>--quiet</dt><dd><p>Silent.</p><p>Very.</p></dd>"
        "<dt>Why?<dd>So.<dt>End</dl>"
    )
    assert lines(page) == [
        "item1: Fee: 4 EUR",
        "item1: -q, --quiet: Silent.",
        "paragraph: Very.",
        "item1: Why? So.",
        "item1: End",
    ]


def test_tables_are_read_row_by_row() -> None:
    """Cells are joined with bars, the head has level 1, the caption comes first."""
    head = "<table><caption>Fees</caption><thead><tr><th>Day<th>Price</thead>"
    page = f"{head}<tr><td>Mon<td>4 <b>EUR</b><tr><td><td>5</table>"
    assert lines(page) == ["paragraph: Fees", "row1: Day | Price", "row: Mon | 4 EUR", "row: | 5"]


def test_a_row_of_head_cells_heads_its_table() -> None:
    """Without thead, a first row of th is the head; row heads are not."""
    page = "<table><tr><th>A<th>B<tr><th>x<td>1<tr><th>y<th>2</table>"
    assert lines(page) == ["row1: A | B", "row: x | 1", "row: y | 2"]


def test_cells_that_span_rows_are_repeated() -> None:
    """The words of a cell stand in each row that it covers, wherever it is; one over columns stands once."""
    head = "<table><tr><th>Year<th colspan=2>Boats"
    page = f"{head}<tr><td rowspan=2>1900<td>1<td rowspan=0>z<tr><td>2<tr><td>1930<td>3</table>"
    assert lines(page)[1:] == ["row: 1900 | 1 | z", "row: 1900 | 2 | z", "row: 1930 | 3 | z"]


@pytest.mark.parametrize(
    "table",
    [
        "<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>",
        "<table><tr><td>a<tr><td>b<tr><td>c<tr><td>d</table>",
        "<table><tr><td>a<td>b<td>c<td>d</table>",
        "<table><tr><td>a<td><p>b</p><p>c</p><tr><td><td>d</table>",
        "<table><tr><td>a<td>b<tr><td>c<td><table><tr><td>d</table></table>",
    ],
)
def test_tables_for_the_looks_are_blocks(table: str) -> None:
    """What was put side by side for the looks is read as paragraphs."""
    assert lines(table) == ["paragraph: a", "paragraph: b", "paragraph: c", "paragraph: d"]


def test_quotations_captions_and_folds() -> None:
    """Quoted paragraphs, captions and folded parts are content."""
    page = (
        "<blockquote><p>q</p></blockquote><figure><img><figcaption>c</figcaption></figure>"
        "<details><summary>s</summary>d</details>"
    )
    assert lines(page) == ["paragraph: q", "paragraph: c", "paragraph: s", "paragraph: d"]


# What is left out.


@pytest.mark.parametrize(
    "part",
    [
        "<script>x</script>", "<style>x</style>", "<noscript><p>x</noscript>", "<template><p>x</template>",
        "<svg><text>x</text></svg>", "<iframe>x</iframe>", "<textarea>x</textarea>", "<button>x</button>",
        "<select><option>x</select>", "<p hidden>x</p>", "<p aria-hidden=TRUE>x</p>",
        "<p style='a:b; DISPLAY :none'>x</p>",
        "<p style=visibility:hidden>x</p>", "<dialog>x</dialog>", "<nav>x</nav>", "<div role=navigation>x</div>",
        "<header>x</header>", "<div role=search>x</div>", "<footer>x <a href=/>y</a></footer>",
        "<aside><a href=/>x</a></aside>", "<div class=site-menu><a href=/>x</a></div>",
        "<ol class=breadcrumb><li><a href=/>x</a><li>y</ol>", "<div id=cookie-banner>x</div>",
        "<a href=#main class=skip-link>x</a>", "<a href=#top>¶</a>",
    ],
)  # fmt: skip
def test_what_is_no_content_is_dropped(part: str) -> None:
    """Scripts, controls, hidden parts and navigation are not in the text."""
    assert read(f"{part}<p>Content, and enough of it to stand.</p>{part}").text == "Content, and enough of it to stand."


@pytest.mark.parametrize(
    "part",
    [
        "<div class=menu><p>Soup of the day</p></div>",
        "<article><header><h2>Words</h2></header></article>",
        "<article><footer>Words</footer></article>",
        "<aside>Words of advice</aside>",
        "<div hidden=until-found>Words</div>",
        "<h2><button>Words</button></h2>",
        "<button aria-expanded=false aria-controls=f>How long does it take?</button><div id=f hidden>Two days.</div>",
        f"<nav>{'Words without links. ' * 30}</nav>",
        "<ul><li><a href=a>Words</a><li><a href=b>b</a><li><a href=c>c</a><li><a href=d>d</a></ul>",
        "<label>Words</label>",
        "<form><p>Words</p></form>",
        "<p class=cookie-recipe id=recipe>Words</p><h2 class=cookies>Words</h2>",
    ],
)
def test_content_is_kept_whatever_it_is_called(part: str) -> None:
    """Parts that look like navigation by name only stay, as do folds that one click opens."""
    if "cookie-recipe" in part:
        assert "Words" in read(f"<p>Before.</p>{part}<p>After.</p>").text
        return
    whole = read(f"<body><p>Before.</p>{part}<p>After.</p>").text
    bare = read(
        f"<body><p>Before.</p><div>{part.replace('hidden', 'x').replace('button', 'b')}</div><p>After.</p>"
    ).text
    assert " ".join(whole.split()) == " ".join(bare.split())
    assert len(whole) > len("Before.\n\nAfter.")


@pytest.mark.parametrize("main", ["main", "div role=main", "article"])
def test_the_main_part_is_preferred(main: str) -> None:
    """Beside a main part that holds most of the prose, small parts go and prose or a missing title stays."""
    prose = "Long comments are content, wherever they stand on a page. " * 8
    page = (
        "<div>Site name</div><div><h1>Title</h1></div><div><a href=/>A</a> links</div>"
        f"<{main}><p>{'The content. ' * 60}</p><ul><li><a href=a>List</a></ul></{main.split(maxsplit=1)[0]}>"
        f"<div>{prose}</div>"
    )
    text = read(page).text
    assert [words in text for words in ("Site name", "Title", "A links", "List", "Long comments")] == [
        False, True, False, True, True,
    ]  # fmt: skip


HOURS = "<p>Opening hours: Tuesday to Sunday, 10:00 to 17:30.</p><p>Admission is 8 euros.</p>"
WARNING = "<p>Warning: no lifeguard on duty after 20:00.</p>"
CONTENT = f"<h1>Title</h1><p>{'The content of the page. ' * 20}</p>"


@pytest.mark.parametrize("content", [CONTENT, f"<main>{CONTENT}</main>"])
@pytest.mark.parametrize("tag", ["footer", "header", "aside"])
@pytest.mark.parametrize("words", [HOURS, WARNING, WARNING.removeprefix("<p>")])
def test_sentences_without_links_stay(tag: str, content: str, words: str) -> None:
    """Opening hours in a footer and a warning at the side are content, also below a copyright line."""
    text = read(f"{content}<{tag}><p>\u00a9 2024 The club</p>{words}</{tag}>").text
    assert "Admission is 8 euros." in text or "no lifeguard on duty" in text


def test_a_division_called_footer_with_words_stays() -> None:
    """What only a name calls a footer goes only if it says next to nothing, links beside it or not."""
    footer = f"<div id=footer>{WARNING}<a href=/m>Webmaster</a></div>"
    assert "no lifeguard on duty" in read(f"{CONTENT}{footer}").text


@pytest.mark.parametrize("content", [CONTENT, f"<main>{CONTENT}</main>"])
@pytest.mark.parametrize("opening", ["footer", "header", "div id=footer", "div class=site-footer"])
@pytest.mark.parametrize(
    "words",
    [
        "\u00a9 2024 The Friends of St. Mary's Church and its Garden, Hartsmere. All rights reserved.",
        "Best viewed with any browser. You are visitor no. <img>004127. <a href=/m>Webmaster</a> | <a href=#t>Top</a>",
        "Proudly powered by a program of which everybody has heard",
    ],
)
def test_what_every_page_says_goes(opening: str, words: str, content: str) -> None:
    """Copyright lines, visitor counters and names of programs are no content."""
    end = opening.split(maxsplit=1)[0]
    assert read(f"{content}<{opening}>{words}</{end}>").text.endswith("The content of the page.")


def test_lists_of_links_apart_from_the_text_are_navigation() -> None:
    """Without a main part, a box that holds only links goes; a list between paragraphs stays."""
    links = (
        "<ul>" + "".join(f"<li><a href=/{word}>{word}</a>" for word in ("alpha", "beta", "gamma", "delta")) + "</ul>"
    )
    assert read(f"<div><div>{links}</div></div><div><p>Content.</p></div>").text == "Content."
    assert "alpha" in read(f"<div><p>Content:</p>{links}<p>More.</p></div>").text


@pytest.mark.parametrize(
    "page",
    [
        "<nav>Only this</nav>",
        "<nav><a href=/>Only this</a></nav>",
        "<div hidden>Only this</div>",
        "<div aria-hidden=true>Only this",
    ],
)
def test_a_page_is_never_emptied(page: str) -> None:
    """Where nothing else is there, what would be left out is the content."""
    assert read(page).text == "Only this"


def test_a_page_saved_below_a_notice() -> None:
    """A whole page marked as hidden, as under an open dialog, is read; its menus still go."""
    page = "<div aria-hidden=true><nav>Home</nav><h1>Rules</h1><p>Be kind.</p></div>"
    assert read(f"{page}<div role=dialog class=cookie-box>Yes?</div>").text == "Rules\n\nBe kind."


@pytest.mark.parametrize("name", ["wiki", "blog", "forum", "docs", "shop"])
def test_saved_pages(name: str) -> None:
    """Pages as they are saved from a wiki, a blog, a forum, a manual and a shop read as a person would copy them."""
    assert "\n".join(lines((PAGES / f"{name}.html").read_bytes())) + "\n" == (PAGES / f"{name}.txt").read_text("utf-8")
