"""The community corpus and its gold agree, in the files themselves and in what qabot reads of them."""

import codecs
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.table import Table
from pypdfium2 import PdfDocument
from selectolax.lexbor import LexborHTMLParser

from qabot.datatypes import Span

COMMUNITY = Path(__file__).parent / "data" / "community"
SEEDS = COMMUNITY / "seeds"
ROWS = [json.loads(line) for line in (COMMUNITY / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
ANSWERABLE = [row for row in ROWS if row["answers"] is not None]
UNANSWERABLE = [row for row in ROWS if row["answers"] is None]
FILES = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*") if path.is_file())
PARTS = ("tune", "report")
EXTRACTED = (".docx", ".htm", ".html", ".pdf")
FILES_OF_A_FORMAT = {".docx": 2, ".htm": 1, ".html": 1, ".md": 13, ".pdf": 2, ".rst": 1, ".txt": 7}
ANSWERABLE_IN_EACH_PART = {".docx": 4, ".htm": 2, ".html": 2, ".md": 24, ".pdf": 4, ".rst": 2, ".txt": 14}
NEAR_IN_EACH_PART = {".docx": 2, ".htm": 1, ".html": 1, ".pdf": 2}
KINDS = set(
    "changelog date event faq glossary howto list minutes news option policy table version yesno".split(),
)

# Every other text file is UTF-8 without a mark.
ENCODINGS = {
    "events/repair-cafe-guide.md": "utf-8-sig",
    "garden/letter-from-the-chair.txt": "utf-16",
    "kitchen/tea-room-menu.txt": "cp1252",
    "sport/chess-league.htm": "cp1252",
}


@cache
def text_of(source: str) -> str:
    """A seed's characters, its line ends as they stand and its mark left out; of an extracted one, all its words."""
    path = SEEDS / source
    if path.suffix == ".docx":
        return "\n".join(
            "\n".join(" | ".join(cell.text for cell in row.cells) for row in part.rows)
            if isinstance(part, Table)
            else part.text
            for part in docx.Document(str(path)).iter_inner_content()
        )
    if path.suffix == ".pdf":
        with PdfDocument(path) as pdf:
            return "\n".join(page.get_textpage().get_text_range() for page in pdf)
    written = path.read_bytes().decode(ENCODINGS.get(source, "utf-8"))
    return LexborHTMLParser(written).body.text(separator=" ") if is_extracted(source) else written


def is_extracted(source: str) -> bool:
    """Whether a seed's text is not the file's own, so that gold names its place by words."""
    return source.endswith(EXTRACTED)


@pytest.fixture(scope="module")
def gold() -> Any:
    """The module of benchmarks/ that finds gold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(COMMUNITY.parents[2] / "benchmarks"))
        return import_module("gold")


@pytest.fixture(scope="module")
def read_text(gold: Any) -> Callable[[str], str]:
    """A seed's text as qabot reads it."""
    read: Callable[[str], str] = gold.texts_under(SEEDS)
    return read


def words_at(span: Span, text: str, source: str) -> str:
    """What stands there; of an extracted document in one line, since its line breaks are the page's."""
    return " ".join(span.of(text).split()) if is_extracted(source) else span.of(text)


def is_typed(question: str) -> bool:
    """Whether a question is written as people type: in lower case, without a question mark."""
    return question == question.lower() and not question.endswith("?")


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_gold_stands_in_its_file(row: dict, gold: Any) -> None:
    """Each gold answer stands at its place in its file, and begins and ends with a sign that is no white space."""
    assert row["answers"]
    for answer, (source, span) in zip(row["answers"], gold.gold_spans(row, text_of), strict=True):
        assert answer["text"] == words_at(span, text_of(source), source)
        assert answer["text"] == answer["text"].strip() != ""


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_qabot_reads_the_gold(row: dict, gold: Any, read_text: Callable[[str], str]) -> None:
    """Every format's reader keeps the words of each gold answer, and those around it, together and once."""
    for answer, (source, span) in zip(row["answers"], gold.gold_spans(row, read_text), strict=True):
        assert answer["text"] == words_at(span, read_text(source), source)


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_gold_says_its_place_as_the_format_allows(row: dict) -> None:
    """In a text file by the code point, in an extracted one by the words around it."""
    for answer in row["answers"]:
        place = "evidence" if is_extracted(answer["source"]) else "start"
        assert answer.keys() == {"source", "text", place}


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_gold_names_its_source(row: dict) -> None:
    """A question's first file is among those of its answers, no answer is listed twice, and a span is no essay."""
    assert row["source"] in {answer["source"] for answer in row["answers"]}
    places = [tuple(sorted(answer.items())) for answer in row["answers"]]
    assert len(set(places)) == len(places)
    assert max(len(answer["text"]) for answer in row["answers"]) < 120


@pytest.mark.parametrize("row", UNANSWERABLE, ids=lambda row: row["id"])
def test_near_misses_have_no_gold(row: dict) -> None:
    """An unanswerable question has neither source nor answers, and names the file that it nearly hits."""
    assert row["source"] is None
    assert row["near"] in FILES


def test_counts() -> None:
    """156 questions, 52 of them unanswerable, each id and each question once, in known parts and kinds."""
    assert (len(ANSWERABLE), len(UNANSWERABLE)) == (104, 52)
    assert len({row["id"] for row in ROWS}) == len({row["question"] for row in ROWS}) == 156
    assert {row["part"] for row in ROWS} == set(PARTS)
    assert {row["kind"] for row in ROWS} == KINDS
    assert sum(row["kind"] == "yesno" for row in ROWS) <= 6


@pytest.mark.parametrize("rows", [ANSWERABLE, UNANSWERABLE], ids=["answerable", "unanswerable"])
def test_parts_are_balanced(rows: list[dict]) -> None:
    """Half of the questions are for tuning and half for the report, and every kind is in both halves."""
    counts = Counter(row["part"] for row in rows)
    assert counts["tune"] == counts["report"]
    kinds = {part: {row["kind"] for row in rows if row["part"] == part} for part in PARTS}
    assert kinds["tune"] == kinds["report"]


@pytest.mark.parametrize("part", PARTS)
def test_about_half_is_typed_in_a_hurry(part: str) -> None:
    """Of each half, 40 to 60 % are in lower case and without a question mark."""
    typed = [is_typed(row["question"]) for row in ROWS if row["part"] == part]
    assert 0.4 <= sum(typed) / len(typed) <= 0.6


@pytest.mark.parametrize("source", FILES)
def test_every_file_is_asked_in_both_parts(source: str) -> None:
    """Each file has an answerable question for tuning, one for the report, and at least one near miss."""
    assert {row["part"] for row in ANSWERABLE if row["source"] == source} == set(PARTS)
    assert source in {row["near"] for row in UNANSWERABLE}


@pytest.mark.parametrize("source", FILES)
def test_files_have_a_length_of_their_kind(source: str) -> None:
    """150 to 900 words: long enough for several passages, short enough to be read by the person who checks the gold."""
    assert 150 <= len(text_of(source).split()) <= 900


@pytest.mark.parametrize("part", PARTS)
def test_counts_of_formats(part: str) -> None:
    """Of each half, 12 answerable questions and 6 near misses are about files whose text is extracted, by format."""
    answerable = Counter(Path(row["source"]).suffix for row in ANSWERABLE if row["part"] == part)
    near = Counter(Path(row["near"]).suffix for row in UNANSWERABLE if row["part"] == part)
    assert answerable == ANSWERABLE_IN_EACH_PART
    assert {suffix: near[suffix] for suffix in EXTRACTED} == NEAR_IN_EACH_PART


def test_formats() -> None:
    """27 files: two PDFs of several pages, two Word files, two web pages, and text in three markups."""
    assert Counter(Path(source).suffix for source in FILES) == FILES_OF_A_FORMAT
    for source in FILES:
        if source.endswith(".pdf"):
            with PdfDocument(SEEDS / source) as pdf:
                assert len(pdf) >= 2


def test_the_corpus_holds_its_odd_files() -> None:
    """At least 15 files in several folders, among them Windows-1252, stated and not, UTF-16 and CRLF with a mark."""
    assert len(FILES) >= 15
    assert len({Path(source).parent for source in FILES}) >= 6
    raw = {source: (SEEDS / source).read_bytes() for source in ENCODINGS}
    for source in ("kitchen/tea-room-menu.txt", "sport/chess-league.htm"):
        with pytest.raises(UnicodeDecodeError):
            raw[source].decode("utf-8")
    assert b"charset=windows-1252" in raw["sport/chess-league.htm"]
    assert raw["garden/letter-from-the-chair.txt"].startswith(codecs.BOM_UTF16_LE)
    crlf = raw["events/repair-cafe-guide.md"]
    assert crlf.startswith(codecs.BOM_UTF8)
    assert crlf.count(b"\r\n") == crlf.count(b"\n") > 30


@pytest.mark.parametrize(
    "row",
    [row for row in ANSWERABLE if row["source"] == "garden/letter-from-the-chair.txt"],
    ids=lambda row: row["id"],
)
def test_starts_count_code_points(row: dict) -> None:
    """A sign outside the basic plane counts as one: in UTF-16 units the letter's gold would begin later."""
    text = text_of(row["source"])
    start = row["answers"][0]["start"]
    assert len(text[:start].encode("utf-16-le")) // 2 > start
