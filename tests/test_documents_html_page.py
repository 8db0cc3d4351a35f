"""What a web page states of itself, which encoding it is in, and which files are no page that could be read."""

import time

import pytest
from html_pages import lines, read, refusal

from qabot.documents.formats import EXTRACTOR_VERSIONS, extractor_for, library_of
from qabot.documents.webpage.encoding import stated_encoding

# Metadata.


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<title>Refunds | Shop</title>", "Refunds"),
        ("<title>Shop: Refunds</title>", "Refunds"),
        ("<title>Home</title>", "Home"),
        ("<title>About us | Shop</title><meta property=og:site_name content=Shop>", "About us"),
        ("<title>All | about us</title><meta property=og:title content='About us'>", "About us"),
        ("<meta property=og:title content='About  us'>", "About us"),
        ("", "Refunds"),
    ],
)
def test_the_title_is_the_pages_not_the_sites(head: str, title: str) -> None:
    """The heading or Open Graph title where the page's title agrees with it, else the page's title."""
    assert read(f"{head}<h1>Refunds</h1><p>a").title == title


def test_no_title_is_none() -> None:
    """A page that states none has none."""
    assert read("<p>a").title is None


@pytest.mark.parametrize(
    "stated",
    [
        "<meta property=article:published_time content=2024-03-02T08:00:00Z>",
        "<meta name=DC.date.issued content=2024-03-02>",
        "<meta name=date content='2 March 2024'><meta name=date content=2020-01-01>",
        "<meta itemprop=datePublished content=2024-03-02>",
        "<meta name=citation_publication_date content=2024/03/02>",
        "<p>a<time datetime=2024-03-02T10:00 class='entry-date published'>x</time>",
        "<p>a<time itemprop=datePublished datetime=2024-03-02>x</time>",
        '<script type=application/ld+json>{"@graph": [{"x": 1}, {"datePublished": "2024-03-02"}]}</script>',
        "<script type=application/ld+json>{]</script><meta name=date content=2024-03-02>",
        f"<script type=application/ld+json>{'[' * 100_000}</script><meta name=date content=2024-03-02>",
    ],
)
def test_the_date_is_when_it_was_published(stated: str) -> None:
    """Meta elements, JSON-LD and marked times state it."""
    document = read(f"{stated}<p>Words of 1 May 1999.")
    assert (document.date, document.date_span) == ("2024-03-02", None)


@pytest.mark.parametrize(
    "stated", ["<meta name=modified content=2024-03-02>", "<time datetime=2024-03-02>x</time>", ""]
)
def test_other_dates_are_not_taken_for_it(stated: str) -> None:
    """When it was changed, or what an event's date is, does not say when it was published."""
    assert read(f"{stated}<p>Words of 1 May 1999.").date is None


def test_the_dates_place_where_the_text_states_it() -> None:
    """The place is that of the same date in the visible text, not of another one."""
    document = read("<meta name=date content=2024-03-02><p>Since 1 May 1999.<p>Posted 2 March 2024.")
    assert document.date_span is not None
    assert document.date_span.of(document.text) == "2 March 2024"


@pytest.mark.parametrize(
    "stated",
    [
        "<link rel=canonical href='https://a.example/x?b=1'>",
        "<meta property=og:url content=https://a.example/x?b=1>",
        "<link rel=canonical href=/relative><meta property=og:url content=https://a.example/x?b=1>",
        "<!-- saved from url=(0025)https://a.example/x?b=1 -->",
    ],
)
def test_the_address(stated: str) -> None:
    """The canonical address, or the one that the browser noted as it saved the page."""
    assert read(f"{stated}<p>a").url == "https://a.example/x?b=1"


def test_the_library_is_named() -> None:
    """The document says what extracted it, and has no encoding, since its Spans count in extracted text."""
    document = read("<p>a")
    assert document.extractor == library_of(".htm")
    assert document.extractor.startswith("selectolax 1.")
    assert document.encoding is None
    assert {EXTRACTOR_VERSIONS[".html"], EXTRACTOR_VERSIONS[".htm"]} == {"html 2"}
    assert extractor_for(".htm").extract("a.html", b"<p>a") == document


# Encodings.

POLISH = "<p>Zażółć gęślą jaźń</p>"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("<p>café 5 €</p>".encode(), "café 5 €"),
        ("<p>café 5 €</p>".encode("utf-8-sig"), "café 5 €"),
        ("<p>café 5 €</p>".encode("utf-16"), "café 5 €"),
        ("<meta charset=iso-8859-1><p>“café” 5 €</p>".encode("windows-1252"), "“café” 5 €"),
        (
            f"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-2'>{POLISH}".encode("iso-8859-2"),
            POLISH[3:-4],
        ),
        (f"<!-- <meta charset=koi8-r> --><meta charset='windows-1250'>{POLISH}".encode("windows-1250"), POLISH[3:-4]),
        (f"<?xml version='1.0' encoding='windows-1250'?><html>{POLISH}".encode("windows-1250"), POLISH[3:-4]),
        ("<meta charset=x-sjis><p>返品は14日</p>".encode("cp932"), "返品は14日"),
        ("<meta charset=gb2312><p>退货 14 天</p>".encode("gb18030"), "退货 14 天"),
        (b"<meta charset=utf-16><p>plain</p>", "plain"),
        (b"<meta charset=rot13><p>plain</p>", "plain"),
        (f"<!--{'x' * 3000}--><meta charset=windows-1250>{POLISH}".encode("windows-1250"), POLISH[3:-4]),
    ],
)
def test_what_is_stated_decides(raw: bytes, words: str) -> None:
    """A mark, then the page's own statement; the names that the web knows, as the web reads them."""
    document = read(raw)
    assert (document.text, document.notes) == (words, ())


def test_a_page_that_names_the_wrong_encoding() -> None:
    """UTF-8 is told by its bytes whatever the page says, and the note says so."""
    document = read("<meta charset=windows-1252><p>“café”".encode())
    assert document.text == "“café”"
    assert "is UTF-8" in document.notes[0]


def test_a_guess_is_noted() -> None:
    """Without a statement that fits, the encoding is guessed, and the note says so."""
    document = read("<meta charset=utf-8><p>Le café est fermé à midi".encode("windows-1252"))
    assert document.text == "Le café est fermé à midi"
    assert "a guess" in document.notes[0]


@pytest.mark.parametrize("label", ["unicode_escape", "utf-7", "idna", "no such", "\0", "zip", "../x"])
def test_only_encodings_of_the_web_are_known(label: str) -> None:
    """Codecs that are no character sets, and names that are none, state nothing."""
    assert stated_encoding(f"<meta charset='{label}'>".encode()) is None


# What cannot be read.


@pytest.mark.parametrize(
    ("raw", "problem", "remedy"),
    [
        (b"", "is empty", "Write something"),
        (b"  \n", "is empty", "Write something"),
        (b"<html><body></body></html>", "holds no text", "after it has loaded"),
        (b"<div id=root></div><script src=a.js></script>", "holds only scripts", "after it has loaded"),
        (b"<div>Loading\xe2\x80\xa6</div><script>x()</script>", "holds only scripts", "after it has loaded"),
        (b"<p>a\0b", "holds NUL", "UTF-8"),
        (b"\x89\x01\x02\x03\x04\x05\x06", "holds control bytes", "Move it"),
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n", "is a web archive", "Save the page as HTML"),
    ],
)
def test_what_is_no_page_is_refused(raw: bytes, problem: str, remedy: str) -> None:
    """Each with what is wrong and what to do."""
    error = refusal(raw)
    assert error.problem.startswith(f"a.html {problem}")
    assert remedy in error.remedy


def test_text_without_a_tag_is_read_as_text() -> None:
    """Plain text that is called .html keeps its lines and structure."""
    assert lines("# 1 Rules\r\n\r\nBe kind\nto people &amp; dogs.\r\n\r\n- one\n- two") == [
        "paragraph: # 1 Rules",
        "paragraph: Be kind\nto people & dogs.",
        "item1: - one",
        "item1: - two",
    ]


XML = '<?xml version="1.0"?>\n'
XHTML = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n'
)


@pytest.mark.parametrize("beginning", [XML, XHTML, XML + XHTML])
@pytest.mark.parametrize(
    "closed", ["<title/>", '<script src="a.js" />', "<textarea rows='2' cols='3'/>", '<div\nhidden="hidden"/>', "<br/>"]
)
def test_xhtml_closes_elements_within_their_tag(beginning: str, closed: str) -> None:
    """An empty title or script of XHTML does not swallow the page, nor an empty hidden part."""
    page = f'<html xmlns="http://www.w3.org/1999/xhtml">{closed}<p>The words.</p><p>More.</p></html>'
    assert read(beginning + page).text == "The words.\n\nMore."


def test_html_does_not_close_elements_within_their_tag() -> None:
    """Elsewhere the slash means nothing, as in browsers."""
    assert read("<p>Before.</p><div hidden/><p>Not shown.</p></div>").text == "Before."


def test_many_unfinished_tags_of_xhtml_cost_no_time() -> None:
    """Tags that nearly close themselves are looked at once each."""
    started = time.monotonic()
    assert read(XML + "<p>Words." + ('<a b="' + "c" * 4_000 + '" ') * 500).text == "Words."
    assert time.monotonic() - started < 5
