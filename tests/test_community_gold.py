"""The community corpus and its gold agree: checked with plain Python, before anything of qabot reads it."""

import codecs
import json
from collections import Counter
from pathlib import Path

import pytest

COMMUNITY = Path(__file__).parent / "data" / "community"
SEEDS = COMMUNITY / "seeds"
ROWS = [json.loads(line) for line in (COMMUNITY / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
ANSWERABLE = [row for row in ROWS if row["answers"] is not None]
UNANSWERABLE = [row for row in ROWS if row["answers"] is None]
FILES = sorted(path.relative_to(SEEDS).as_posix() for path in SEEDS.rglob("*") if path.is_file())
PARTS = ("tune", "report")
KINDS = set(
    "changelog date event faq glossary howto list minutes news option policy table version yesno".split(),
)

# Every other file is UTF-8 without a mark.
ENCODINGS = {
    "events/repair-cafe-guide.md": "utf-8-sig",
    "garden/letter-from-the-chair.txt": "utf-16",
    "kitchen/tea-room-menu.txt": "cp1252",
}


def text_of(source: str) -> str:
    """A seed's characters, its line ends as they stand and its mark left out."""
    return (SEEDS / source).read_bytes().decode(ENCODINGS.get(source, "utf-8"))


def is_typed(question: str) -> bool:
    """Whether a question is written as people type: in lower case, without a question mark."""
    return question == question.lower() and not question.endswith("?")


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_gold_slices_back(row: dict) -> None:
    """Each gold span stands at its place in its file, and begins and ends with a sign that is no white space."""
    assert row["answers"]
    for answer in row["answers"]:
        start, gold = answer["start"], answer["text"]
        assert text_of(answer["source"])[start : start + len(gold)] == gold
        assert gold
        assert gold == gold.strip()


@pytest.mark.parametrize("row", ANSWERABLE, ids=lambda row: row["id"])
def test_gold_names_its_source(row: dict) -> None:
    """A question's first file is among those of its answers, no answer is listed twice, and a span is no essay."""
    assert row["source"] in {answer["source"] for answer in row["answers"]}
    places = [(answer["source"], answer["start"], answer["text"]) for answer in row["answers"]]
    assert len(set(places)) == len(places)
    assert max(len(answer["text"]) for answer in row["answers"]) < 120


@pytest.mark.parametrize("row", UNANSWERABLE, ids=lambda row: row["id"])
def test_near_misses_have_no_gold(row: dict) -> None:
    """An unanswerable question has neither source nor answers, and names the file that it nearly hits."""
    assert row["source"] is None
    assert row["near"] in FILES


def test_counts() -> None:
    """120 questions, 40 of them unanswerable, each id and each question once, in known parts and kinds."""
    assert (len(ANSWERABLE), len(UNANSWERABLE)) == (80, 40)
    assert len({row["id"] for row in ROWS}) == len({row["question"] for row in ROWS}) == 120
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


def test_the_corpus_holds_its_odd_files() -> None:
    """At least 15 files in several folders, among them Windows-1252, UTF-16 with a mark, and CRLF with a mark."""
    assert len(FILES) >= 15
    assert len({Path(source).parent for source in FILES}) >= 6
    raw = {source: (SEEDS / source).read_bytes() for source in ENCODINGS}
    with pytest.raises(UnicodeDecodeError):
        raw["kitchen/tea-room-menu.txt"].decode("utf-8")
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
