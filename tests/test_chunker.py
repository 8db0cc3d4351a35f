"""Chunks: runs of whole sentences that respect the structure and cover the text."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qabot.chunker import chunk_document
from qabot.datatypes import Chunk, Document
from qabot.documents import HeadingPaths
from qabot.documents.formats import extractor_for
from qabot.sentences import sentence_spans

MIN, MAX = 120, 160


def count_tokens(text: str) -> int:
    """Words; long ones count once for every six characters, as word pieces do."""
    return sum(1 + len(word) // 6 for word in text.split())


def chunks_of(text: str, suffix: str, *, least: int = MIN, most: int = MAX) -> tuple[Document, tuple[Chunk, ...]]:
    """The text read as a file of that type, and its chunks."""
    document = extractor_for(suffix).extract(f"a{suffix}", text.encode())
    spans = sentence_spans(document)
    return document, chunk_document(document, spans, count_tokens=count_tokens, min_tokens=least, max_tokens=most)


def texts_of(text: str, suffix: str) -> list[str]:
    """The words of each chunk."""
    document, chunks = chunks_of(text, suffix)
    return [chunk.span.of(document.text).strip() for chunk in chunks]


def sentence(words: int, name: str = "it") -> str:
    """A sentence of so many tokens."""
    return " ".join(["He", *[name] * (words - 2), "so."])


def section(name: str, *sizes: int) -> str:
    """A Markdown section with a paragraph of each size."""
    return "\n\n".join([f"## {name}", *(sentence(size, name.lower()) for size in sizes)])


def test_chunks_overlap_by_one_sentence() -> None:
    """Inside a section the next chunk begins with the sentence that the last one ended with."""
    text = " ".join(sentence(30, f"w{n}") for n in range(20))
    found = texts_of(text, ".txt")
    assert len(found) == 5
    assert all(MIN <= count_tokens(chunk) <= MAX for chunk in found[:-1])
    assert all(after.startswith(before[before.rindex("He") :]) for before, after in pairwise(found))


def test_chunks_end_with_a_paragraph() -> None:
    """Once there are enough tokens a paragraph's end is preferred to a longer chunk."""
    paragraphs = [
        " ".join([sentence(40, "a"), sentence(45, "b"), sentence(40, "c")]),
        " ".join([sentence(30, "d")] * 5),
    ]
    found = texts_of("\n\n".join(paragraphs), ".txt")
    assert found[0] == paragraphs[0]


def test_a_heading_begins_a_chunk() -> None:
    """A section of fair size is a chunk of its own that begins with its heading, without overlap."""
    text = "\n\n".join([section("One", 100), section("Two", 90), section("Three", 70)])
    assert texts_of(text, ".md") == [section("One", 100), section("Two", 90), section("Three", 70)]


def test_a_heading_never_ends_a_chunk() -> None:
    """A heading goes with what follows it, also when that is one over-long sentence."""
    text = "\n\n".join([section("One", 140), "# Part", section("Two", 155), section("Three", 400)])
    document, chunks = chunks_of(text, ".md")
    heading_ends = {block.span.end for block in document.blocks if block.kind == "heading"}
    ends = {chunk.span.start + len(chunk.span.of(text).rstrip()) for chunk in chunks}
    assert not heading_ends & ends
    assert all(count_tokens(chunk.span.of(text)) <= MAX for chunk in chunks)


def test_tiny_sections_share_a_chunk() -> None:
    """Many headings with one line each do not become many chunks."""
    text = "\n\n".join(section(f"Rule {n}", 6) for n in range(60))
    found = texts_of(text, ".md")
    assert all(count_tokens(chunk) > MAX - 12 for chunk in found[:-1])
    assert all(chunk.startswith("## Rule") for chunk in found)


def test_a_small_section_before_a_big_one_stays_small() -> None:
    """A small section is not mixed with the beginning of a big one."""
    text = "\n\n".join([section("Small", 20), section("Big", 100, 100)])
    assert texts_of(text, ".md")[0] == section("Small", 20)


def test_lists_are_cut_between_items() -> None:
    """A long list or table is cut between its items, never inside of one."""
    items = [f"- {sentence(25, f'w{n}')}" for n in range(20)]
    for chunk in texts_of("\n".join(items), ".md"):
        assert set(chunk.split("\n")) <= set(items)


def test_rows_that_go_on_are_few_to_a_chunk() -> None:
    """A long table begins with a full chunk; later ones have few rows, none of them twice, and all of them its head."""
    rows = [f"| Item {n} | {n} | shelf {n} |" for n in range(60)]
    document, chunks = chunks_of("\n".join(["| Item | Price | Place |", "|---|---|---|", *rows]), ".md")
    found = [chunk.span.of(document.text).strip().split("\n") for chunk in chunks]
    assert [row for chunk in found for row in chunk][2:] == rows
    assert len(found[0]) > 2 * len(found[1])
    assert all(count_tokens("\n".join(chunk)) <= MAX // 4 for chunk in found[1:])
    assert {chunk.context for chunk in chunks[1:]} == {"Item | Price | Place"}


@pytest.mark.parametrize("leading", ["| Name | Price |\n|---|---|\n", "You may not bring:\n\n", "**May I smoke?**\n\n"])
def test_what_leads_something_is_not_left_behind(leading: str) -> None:
    """The head of a table, the line before a list and a question stay with what follows, and begin its chunk."""
    following = "| a | 1 |\n| b | 2 |" if "|" in leading else f"- {sentence(20)}" if ":" in leading else sentence(20)
    for size in range(120, 160, 2):
        before = " ".join([sentence(10)] * (size // 10)) + " " + sentence(2 + size % 10)
        found = texts_of(f"{before}\n\n{leading}{following}", ".md")
        assert any(leading + following.split("\n")[0] in chunk for chunk in found)


def test_a_context_makes_room_for_a_long_sentence() -> None:
    """Beside a sentence that nearly fills its chunk the context loses words, rather than the chunk its end."""
    heading = "# " + " ".join(["word"] * 30)
    _, chunks = chunks_of(f"{heading}\n\n{sentence(100)}\n\n{sentence(150)}\n\n{sentence(60)}", ".md")
    beside_long, beside_short = (count_tokens(chunk.context) for chunk in chunks[1:])
    assert 0 < beside_long <= MAX - 150 < beside_short


def test_endless_sentences_become_overlapping_windows() -> None:
    """A sentence over the limit is cut between words, and the pieces share some of them."""
    words = [f"w{n}" for n in range(240)]
    found = [chunk.split() for chunk in texts_of(" ".join(words), ".txt")]
    assert [word for word in words if not any(word in chunk for chunk in found)] == []
    assert all(set(chunk) <= set(words) for chunk in found)
    assert len(found) > 1
    assert found[0][-1] in found[1]


def test_context_names_title_and_headings() -> None:
    """The context is the path of headings above the chunk's first sentence, without what the chunk itself says."""
    text = "\n\n".join(["# Handbook", section("Leave", 100, 100), "### Sick *leave*", sentence(130)])
    _, chunks = chunks_of(text, ".md")
    assert [chunk.context for chunk in chunks] == ["", "Handbook › Leave", "Handbook › Leave"]  # noqa: RUF001
    _, chunks = chunks_of(f"---\ntitle: T\n---\n# Head\n\n{sentence(100)}\n\n{sentence(100)}", ".md")
    assert [chunk.context for chunk in chunks] == ["T", "T › Head"]  # noqa: RUF001


def test_a_heading_does_not_stand_above_itself() -> None:
    """The path of a place inside a heading ends with the heading above it."""
    text = "# One\n\n## Two\n\nText.\n\n# Three\n\nMore."
    document, _ = chunks_of(text, ".md")
    paths = HeadingPaths(document)
    assert paths.at(0) == ()
    assert paths.at(text.index("Two")) == ("One",)
    assert paths.at(text.index("Text")) == ("One", "Two")
    assert paths.at(text.index("More")) == ("Three",)


def test_no_sentences_no_chunks() -> None:
    """Without sentences there is nothing to index."""
    document = Document("a.txt", " ", sha256="", encoding="utf-8", extractor="plain")
    assert chunk_document(document, (), count_tokens=count_tokens, min_tokens=MIN, max_tokens=MAX) == ()


WORDS = st.sampled_from(["He", "said.", "U.S.", "3.5", "“Go.”", "x" * 30, "y" * 300, "word", "it", "end.", "Was?", "¶"])
SPACES = st.sampled_from(
    [" "] * 12
    + [
        "",
        "\n",
        "\r\n",
        "\n\n",
        "\n\n# ",
        "\n- ",
        "\n\n## Head\n\n",
        "\n| a | b\n",
        "\n===\n",
        "?\n\n",
        ":\n- ",
        "\n\n**Why?**\n",
        "\n|---|---|\n",
    ]
)
TEXTS = st.lists(st.tuples(WORDS, SPACES), min_size=1, max_size=150).map(lambda pairs: "".join(map("".join, pairs)))
BOUNDS = st.sampled_from([(16, 16), (16, 40), (40, 50), (16, 200), (120, 160)])


@settings(max_examples=200)
@given(text=TEXTS, suffix=st.sampled_from([".txt", ".md", ".rst"]), bounds=BOUNDS)
def test_documents_are_rebuilt_from_their_chunks(text: str, suffix: str, bounds: tuple[int, int]) -> None:
    """Chunks slice back, are in order, leave no hole, fit the limit with their context, and give the document back."""
    document, chunks = chunks_of(text, suffix, least=bounds[0], most=bounds[1])
    rebuilt = ""
    for before, chunk in pairwise((None, *chunks)):
        assert chunk is not None
        assert chunk.span.start <= len(rebuilt) < chunk.span.end
        assert before is None or before.span.start < chunk.span.start
        assert count_tokens(chunk.span.of(text)) + count_tokens(chunk.context) <= bounds[1]
        rebuilt += chunk.span.of(text)[len(rebuilt) - chunk.span.start :]
    assert rebuilt == document.text == text


@pytest.mark.parametrize("piece", ["He came home. ", "word ", ". ", "x"])
def test_the_time_is_linear(piece: str) -> None:
    """The time grows with the text and no faster: ten times the text takes nowhere near a hundred times as long."""

    def seconds(characters: int) -> float:
        text = piece * (characters // len(piece)) + "x"
        began = time.process_time()
        chunks_of(text, ".txt")
        return time.process_time() - began

    seconds(1_000)  # imports and caches
    assert seconds(1_000_000) < 40 * seconds(100_000) + 1
