"""Texts that trip programs up, for property tests: hypothesis strategies, and how such a text becomes a file.

Everything that ``texts`` draws is text that qabot must read: it holds a letter, no NUL, and hardly a control character.
"""

# ruff: noqa: RUF001 - these characters are meant

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from xml.sax.saxutils import escape as xml_escape

from hypothesis import strategies as st
from pdf_files import of_objects
from word_files import paragraph, with_parts

_WORDS = (
    "The keeper lights the lamp at dusk.", "Dr. Ito paid 3.50 p.m. Then he left!", "Wait... what? Yes.", "a",
    "Rule", "He said so. They agreed. It rained.", "HARBOUR RULES",
    "See https://example.org/a?b=1#c or www.example.org.",
)  # fmt: skip
_UNICODE = (
    "e\u0301te\u0300 n\u0303 Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u034e\u0334a\u0319lgo", "\u0301",
    "İstanbul İİİ ǰ ΐ ΰ", "GROẞE STRAẞE ﬃ ŉ", "ΌΣΟΣ ς", "👩\u200d👩\u200d👧\u200d👦 👍🏽", "🇺🇦🇩🇪🇺",
    "🏴\U000e0067\U000e007f", "1\ufe0f\u20e3 ☎\ufe0e", "zero\u200bwidth\u200c joiner\u200d\u2060",
    "\ufeffinside\ufeff", "\u202eoverridden\u202c", "\u2066iso\u2069late", "שלום עולם. مرحبا بالعالم.",
    "日本語の文。次の文。", "ไทยไม่มีช่องว่าง", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "soft\xadhyphen", "no\xa0break\u3000wide", "\u2028",
    "line\u2028sep\u2029para", "next\x85line", "\x1b[31mred\x1b[0m", "form\ffeed\vtab",
    "\ue000\U0010ffff\ufffd", "\x9b2J",
)  # fmt: skip
_STRUCTURE = (
    "# One", "## Two ##", "Title\n=====", "Under\n---", "=====\nOver\n=====", "#", "# ",
    "- item\n  - nested\n    more", "1. one\n2. two", "* a\n+ b\n\u2022 c", "| a | b |\n|---|---|\n| 1 | 2 |",
    "a\tb\nc\td", "+---+\n| x |\n+---+", "==  ==\na   b\n==  ==\n1   2\n==  ==", "```python\nnever = 'closed'",
    "~~~\ncode\n~~~", "    indented = True", "::\n\n  literal", ".. code-block::\n\n   x", ".. note:: never",
    ".. |sub| replace:: x", "`role", ":field: value", "<div><p>unclosed <b>bold", "</p></div>",
    "<script>alert(1)", "<!-- never closed", "&amp; &lt; &#x202e; &#0; &bogus;", "<table><tr><td>1<td>2",
    "[a](javascript:alert(1))", "@everyone <@123> ||spoiler|| **b** _i_", "---\ntitle: [broken\n: : :\n---",
    "---\ntitle: Fine\ndate: 2024-02-30\n---", "+++\nx", "---", "***", "> quote\n>> deeper",
    "Q: May I?\nA: No.",
)  # fmt: skip
_BARE = (
    "!?!... --- ;;; (((", "42 1,000 3.14 007 -5", "\u2026\u2014\u201d", "...", "0", "12.05.2024",
    "date 2022-03-23 The", "x" * 300, "ab" * 2_000,
)  # fmt: skip
LINE_ENDS = ("\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\n\r", " ", "", "\t", "\n \t\n", "\f\n", "\x85", "\u2028")
_ALPHABET = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\t\n\r\f\x85\x1b")


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text of nasty pieces between nasty line ends."""
    piece = st.sampled_from((*_WORDS, *_UNICODE, *_STRUCTURE, *_BARE)) | st.text(_ALPHABET, max_size=30)
    pieces = draw(st.lists(piece, min_size=1, max_size=12))
    if draw(st.integers(0, 9)) == 0:
        pieces += [draw(piece)] * 50
    ends = draw(st.lists(st.sampled_from(LINE_ENDS), min_size=len(pieces), max_size=len(pieces)))
    mark = draw(st.sampled_from(("", "", "", "\ufeff", "\r\n", " ", "\f")))
    text = mark + "".join(piece + end for piece, end in zip(pieces, ends, strict=True))
    few_controls = len(re.findall(r"[\x00-\x08\x0e-\x19\x1c-\x1f]", text)) <= len(text) // 200
    return text if few_controls and any(char.isalnum() for char in text) else f"{text} word"


def plain_files(suffix: str) -> st.SearchStrategy[File]:
    """A text as a file of a plain format, in an encoding that says its name."""
    return st.builds(lambda text, encode: File(f"nasty{suffix}", encode(text)), texts(), st.sampled_from(_ENCODINGS))


def extracted_files(suffix: str) -> st.SearchStrategy[File]:
    """A text as a file of a format that is extracted: words that a reader of the file sees."""
    return texts().map(lambda text: File(f"nasty{suffix}", BINDERS[suffix](text)))


class File(NamedTuple):
    """A name and what is in it."""

    name: str
    raw: bytes


def as_page(text: str) -> bytes:
    """A web page with one paragraph for each group of lines."""
    groups = (f"<p>{html.escape(group)}" for group in re.split(r"\n\n|\r\r", text))
    return ("<!doctype html><title>Nasty</title><body>" + "\n".join(groups)).encode()


def as_markup(text: str) -> bytes:
    """A web page whose markup is the text itself."""
    return f"<body><p>Seen before.</p>{text}".encode()


def as_word(text: str) -> bytes:
    """A Word document with one paragraph for each line; without the characters that XML forbids."""
    legal = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", text)
    return with_parts("".join(paragraph(xml_escape(line)) for line in re.split(r"\r\n|\r|\n", legal)))


def as_pdf(text: str) -> bytes:
    """A PDF with up to 50 lines a page, set in a font that says by a ToUnicode map what each code means."""
    lines = [line[at : at + 70] for line in text.splitlines() for at in range(0, len(line), 70)] or [" "]
    codes = {char: code for code, char in enumerate(dict.fromkeys("".join(lines)), start=1)}
    pages = [lines[at : at + 50] for at in range(0, len(lines), 50)]
    kids = b" ".join(b"%d 0 R" % (7 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        b"<</Type/Font/Subtype/Type0/BaseFont/Nasty/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Nasty/DW 500/CIDSystemInfo 6 0 R>>",
        _stream(_to_unicode(codes)),
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>",
    ]
    for number, page in enumerate(pages):
        resources = b"/Resources<</Font<</F1 3 0 R>>>>"
        place = b"/MediaBox[0 0 595 842]/Contents %d 0 R" % (8 + 2 * number)
        objects += [b"<</Type/Page/Parent 2 0 R" + place + resources + b">>", _stream(_shown(page, codes))]
    return of_objects(objects)


def _shown(lines: list[str], codes: Mapping[str, int]) -> bytes:
    written = (b"<%s> Tj T*" % "".join(f"{codes[char]:04x}" for char in line).encode() for line in lines)
    return b"BT /F1 10 Tf 14 TL 60 780 Td\n" + b"\n".join(written) + b"\nET"


def _to_unicode(codes: Mapping[str, int]) -> bytes:
    rows = [f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for char, code in codes.items()]
    parts = [rows[at : at + 100] for at in range(0, len(rows), 100)]
    maps = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in parts)
    head = "begincmap /CMapType 2 def 1 begincodespacerange <0000> <ffff> endcodespacerange\n"
    return f"/CIDInit /ProcSet findresource begin 12 dict begin {head}{maps}\nendcmap end end".encode()


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _utf16(mark: bytes, codec: str) -> Callable[[str], bytes]:
    return lambda text: mark + text.encode(codec)


_ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    str.encode,
    lambda text: text.encode("utf-8-sig"),
    _utf16(codecs.BOM_UTF16_LE, "utf-16-le"),
    _utf16(codecs.BOM_UTF16_BE, "utf-16-be"),
    _utf16(codecs.BOM_UTF32_LE, "utf-32-le"),
)
BINDERS: Mapping[str, Callable[[str], bytes]] = {".html": as_page, ".htm": as_markup, ".docx": as_word, ".pdf": as_pdf}
