"""Table rows read one at a time: the right one is chosen, named by its columns, and quoted as it stands."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_index import HashedWords, opened, update, write_seeds

from qabot.config import Config
from qabot.datatypes import Answer, Document, Filters, Span
from qabot.documents.formats import extractor_for
from qabot.engine import Engine
from qabot.index import IndexIdentity
from qabot.reader import OnnxReader, Reading, ScoredSpan
from qabot.retriever import Retriever
from qabot.rows import QuestionWords, ReadableRow, Row, headed_rows
from qabot.second_look import margin_at

TEXT = (
    "# Prices\n\n| What | Members | Others |\n|---|---:|---:|\n"
    "| Guest room | 18.00 | 32.00 |\n| Tent | 30.00 | |\n\nEnd."
)


def document(text: str = TEXT, suffix: str = ".md") -> Document:
    """The text as a file of that type."""
    return extractor_for(suffix).extract(f"a{suffix}", text.encode())


def rows(text: str = TEXT, suffix: str = ".md") -> tuple[Row, ...]:
    """All rows below a head."""
    return headed_rows(document(text, suffix), Span(0, len(text)))


def asking(*stems: str) -> QuestionWords:
    """A question of these words, counted in lower case."""
    return QuestionWords(frozenset(stems), lambda words: words.lower().split())


def test_rows_know_their_columns() -> None:
    """Each cell that is not empty has its column's name and its place in the text."""
    first, second = rows()
    assert [(name, cell.of(TEXT)) for name, cell in zip(first.names, first.cells, strict=True)] == [
        ("What", "Guest room"),
        ("Members", "18.00"),
        ("Others", "32.00"),
    ]
    assert second.names == ("What", "Members")
    assert second.span.of(TEXT) == "| Tent | 30.00 | |"


def test_only_whole_rows_of_the_passage() -> None:
    """Rows that the passage cuts off are not read, and the head may stand before it."""
    begins = TEXT.index("| Tent")
    assert [row.span.start for row in headed_rows(document(), Span(begins, len(TEXT)))] == [begins]
    assert [row.span.start for row in headed_rows(document(), Span(begins - 3, len(TEXT)))] == [begins]
    assert headed_rows(document(), Span(begins + 1, len(TEXT))) == ()


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        (".txt", "Tent | 30\nRoom | 40\nHall | 50\n"),
        (".txt", "What | Price\n-----|-----\nTent | 30 | extra\n"),
        (".md", "No table | at all\n"),
    ],
)
def test_rows_without_a_name_for_each_cell_are_left(suffix: str, text: str) -> None:
    """A row with more or fewer cells than its head, or without a head, is read as it stands."""
    assert rows(text, suffix) == ()


def test_a_second_table_has_its_own_head() -> None:
    """Of two tables, also without a line between them, each row has the names above it."""
    found = rows("A | B\n--|--\na1 | b1\n\nC | D\n--|--\nc1 | d1\n", ".txt")
    assert [row.names for row in found] == [("A", "B"), ("C", "D")]


def test_the_words_say_each_column() -> None:
    """A row is read as name and cell, and every cell is taken back to where it stands."""
    row = rows()[0]
    readable = ReadableRow.of(row, TEXT)
    assert readable.text == "What: Guest room | Members: 18.00 | Others: 32.00"
    places = [readable.place(Span(start, start + 4)) for start in readable.starts]
    assert [place and place.of(TEXT) for place in places] == ["Gues", "18.0", "32.0"]


def test_names_are_no_answers() -> None:
    """A span within a column's name has no place; one that reaches into a cell is cut to the cell."""
    readable = ReadableRow.of(rows()[0], TEXT)
    name, cell = readable.text.index("Members"), readable.text.index("18.00")
    spans = (ScoredSpan(Span(name, name + 7), 3.0), ScoredSpan(Span(name, cell + 5), 2.0))
    placed = readable.placed(Reading(spans, null_score=-1.0), origin=10)
    assert [(scored.span.shifted(10).of(TEXT), scored.span_score) for scored in placed.spans] == [("18.00", 2.0)]
    assert placed.null_score == -1.0


@given(at=st.tuples(st.integers(0, 60), st.integers(1, 60)))
def test_a_place_lies_in_a_cell(at: tuple[int, int]) -> None:
    """Whatever span of the words: its place, if any, is part of one cell and has the same letters."""
    row = rows()[0]
    readable = ReadableRow.of(row, TEXT)
    place = readable.place(span := Span(at[0], at[0] + at[1]))
    assert place is None or any(cell.contains(place) for cell in row.cells)
    assert place is None or place.of(TEXT) in readable.text[span.start : span.end]


def test_a_row_is_told_by_its_cells() -> None:
    """A row has as many words of the question as its cells and columns; columns alone tell no row from another."""
    room, tent = rows()
    words = asking("guest", "room", "members")
    assert words.in_row(room, TEXT) == 3
    assert words.in_row(tent, TEXT) == 0


def test_only_the_column_that_is_asked_for() -> None:
    """Where the question names a column, that cell is left with those that say which row it is."""
    room = rows()[0]
    assert asking("guest", "others").asked_for(room, TEXT).names == ("What", "Others")
    assert asking("guest", "cost").asked_for(room, TEXT) == room
    assert asking("what", "room").asked_for(room, TEXT) == room  # the cell below "What" is the one that is known


NAMES = tuple(
    f"{material} {thing}"
    for material in "Amber Birch Copper Fern Glass Hazel Iron Jade Linen Maple Oak Pearl Quartz Slate Tin Cork".split()
    for thing in "kettle ladder mop basket lamp shovel curtain barrow stool crate vase rug tray".split()
)


def catalogue(count: int, joint: str = " ") -> tuple[str, dict[str, tuple[str, str]]]:
    """A Markdown table of so many articles, and the price and shelf of each; ``joint`` parts the names' two words."""
    shuffled = [NAMES[at * 37 % len(NAMES)].replace(" ", joint) for at in range(count)]
    facts = {name: (f"{2 + at * 71 % 97}.50", f"{'ABCDEF'[at % 6]}{at * 53 % 89}") for at, name in enumerate(shuffled)}
    table = "\n".join(f"| {name} | {price} | {shelf} |" for name, (price, shelf) in facts.items())
    text = f"# Lending\n\n## Household\n\n| Article | Price | Shelf |\n|---|---|---|\n{table}\n"
    return text, facts


def test_a_row_of_a_big_table_is_found(tmp_path: Path) -> None:
    """Of 200 rows the one that is asked for is among the first ten passages, for each of 20 questions."""
    text, facts = catalogue(200, joint="")
    write_seeds(tmp_path, {"list.md": text})
    identity = IndexIdentity.of(HashedWords().identity, chunks=Config(tmp_path).chunks, seeds=Config(tmp_path).seeds)
    update(tmp_path, identity=identity)
    with opened(tmp_path, identity) as generation:
        retriever = Retriever(generation, HashedWords())
        for name in list(facts)[::10]:
            found = retriever.candidates(f"What does the {name} cost?", 10)
            assert any(f"| {name} |" in candidate.text for candidate in found)
            assert all(candidate.chunk.context or candidate.chunk.span.start == 0 for candidate in found)


@pytest.fixture
def engine(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The shipped models over a table of so many rows, and over pages that have no table."""
    text, _ = catalogue(request.param)
    write_seeds(tmp_path, {"list.md": text, "about.txt": "The shop lends kettles. It costs nothing to look.\n"})
    engine = Engine.open(Config.load(tmp_path, environ={}), threads=1)
    yield engine
    engine.close()


def right(engine: Engine, rows_asked: dict[str, tuple[str, str]]) -> int:
    """How many of two questions about each row are answered with its cell; every answer is a slice of one row."""
    count = 0
    for name, (price, shelf) in rows_asked.items():
        asked = {f"What does the {name} cost?": price, f"On which shelf is the {name}?": shelf}
        for question, wanted in asked.items():
            result = engine.ask(question)
            if isinstance(result, Answer):
                assert "|" not in result.text
                count += result.text == wanted and f"| {name} |" in result.quotes[0].text
    return count


@pytest.mark.parametrize("engine", [40], indirect=True)
def test_the_cell_below_the_column_answers(engine: Engine) -> None:
    """Several numbers and marks stand in each row: the one in the column that is asked for is the answer."""
    _, facts = catalogue(40)
    assert right(engine, dict(list(facts.items())[::10])) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("engine", [200], indirect=True)
def test_a_big_table_is_answered_from(engine: Engine) -> None:
    """Of 40 questions about 20 rows of 200, four in five are answered rightly."""
    _, facts = catalogue(200)
    assert right(engine, dict(list(facts.items())[::10])) >= 32


@pytest.mark.parametrize("engine", [40], indirect=True)
def test_rows_are_looked_at_twice(engine: Engine) -> None:
    """Read by itself with its columns' names first, then as it stands between the rows beside it."""
    _, facts = catalogue(40)
    name, (price, _) = list(facts.items())[20]
    question = f"What does the {name} cost?"
    answerer = engine._service.current.answerers.of(Filters())
    chunk, best = max(
        ((read.candidate.chunk, found) for read in answerer.study(question) for found in read.found),
        key=lambda pair: pair[1].probability,
    )
    assert best.text == price
    text = answerer._generation.document(chunk.document_id).text
    lines = text.splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if f"| {name} |" in line]
    start = sum(map(len, lines[: at - 1]))
    reading = OnnxReader.load(threads=1).read(question, "".join(lines[at - 1 : at + 2]).rstrip(), context=chunk.context)
    margin = margin_at(reading, best.span.shifted(-start))
    assert best.features.again != 0
    assert best.features.again == pytest.approx(margin - best.features.margin, abs=1e-3)
