"""Whatever markup a web page holds, it gives sound blocks or a message, in a time and size bound by its own."""

import time

import pytest
from html_pages import read, require_sound
from hypothesis import given
from hypothesis import strategies as st

from qabot.errors import DocumentError

TAGS = st.sampled_from(
    "p div b i a li ul ol dl dt dd table tr td th thead tbody caption pre code h1 h2 br span section article main nav"
    " header footer aside button details summary blockquote figure select textarea form svg math font center hr".split()
)
WORDS = st.text(max_size=12).map(lambda text: text.replace("<", "").replace("\0", ""))
ATTRIBUTES = st.sampled_from(
    [
        "",
        " hidden",
        " class=menu",
        " role=main",
        " rowspan=3",
        " colspan=2",
        " href=#",
        " aria-hidden=true",
        " start=-1",
    ]
)
PIECES = st.one_of(
    WORDS,
    st.builds("<{}{}>".format, TAGS, ATTRIBUTES),
    st.builds("</{}>".format, TAGS),
    st.builds("<script>zqscript{}</script>".format, st.integers(0, 9)),
    st.builds("<style>zqscript{}</style>".format, st.integers(0, 9)),
    st.builds("<!-- zqscript{} -->".format, st.integers(0, 9)),
    st.builds("&#{};".format, st.integers(0, 0x11FFFF)),
    st.sampled_from(["&nbsp;", "&lt;", "&shy;", "&#xD800;", "\r\n", "\u200b", "\u202e", "e\u0301", "\ufeff"]),
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_markup_gives_sound_blocks(page: str) -> None:
    """Whatever the tags, the blocks are in order, disjoint and hold all text, and no script or comment is in it."""
    try:
        document = read(f"<p>one{page}")
    except DocumentError:
        return
    require_sound(document)
    assert "zqscript" not in document.text


@given(st.lists(st.text("abc ", min_size=1, max_size=8), min_size=1, max_size=6))
def test_no_word_is_lost_or_changed(words: list[str]) -> None:
    """Paragraphs of any words come back word for word."""
    page = "".join(f"<p>{word}x</p>" for word in words)
    assert read(page).text == "\n\n".join(" ".join(f"{word}x".split()) for word in words)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Bytes of any kind give a sound document or a message with a remedy."""
    try:
        document = read(raw)
    except DocumentError as error:
        assert error.problem.startswith(("a.html is ", "a.html holds "))  # noqa: PT017 - reading may also succeed
        assert error.remedy  # noqa: PT017
        return
    require_sound(document)


# Hostile pages.


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "x",
        "<b>" * 50_000 + "x",
        "<ul><li>x" * 5_000,
        "<table><tr><td>x" * 5_000,
        "".join(f"<p><font color={number}>x" for number in range(1_500)),
        "<dl><dt>x<dd>" * 5_000,
        "<p>" + "<!--" * 100_000 + "x",
        "<p>x" + "<a" * 200_000,
    ],
    ids=["div", "b", "ul", "table", "font", "dl", "comment", "open tags"],
)
def test_deep_nesting_is_read(page: str) -> None:
    """However deep the tags nest, the page is read, without recursion and in a time that grows with its length."""
    started = time.process_time()
    document = read("<p>first</p>" + page)
    require_sound(document)
    assert document.text.startswith("first")
    assert len(document.text) < 50 * len(page)
    assert time.process_time() - started < 60  # a few seconds; quadratic would be hours


def test_spanning_cells_cannot_fill_the_memory() -> None:
    """A cell that claims to cover every row is repeated within bounds."""
    cells = f"<td rowspan=65534>{'words ' * 5}" * 300
    document = read(f"<table><tr>{cells}{'<tr><td>a<td>b' * 3_000}</table>")
    require_sound(document)
    assert len(document.text) < 400_000


@pytest.mark.slow
def test_three_megabytes_in_one_line() -> None:
    """A page in one line takes time by its length."""
    document = read("<p>" + "word and <b>14</b> days. " * 120_000)
    assert document.text.count("14 days") == 120_000
