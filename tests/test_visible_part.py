"""What somebody may not see has no influence on what they are told: with and without it the outputs are equal."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tantivy
from corpus import SEED, make_root
from small_index import opened, sentences, update, write_seeds

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.engine import Engine
from qabot.index import Generation, VisiblePart
from qabot.index.entry import embedded_text
from qabot.index.ranking import rounded

MANUAL = "# Pool manual\n\nThe pool opens at 9 am. The pump was replaced in 2019. Towels are rented at the desk.\n"
MINUTES = "Date: 2021-05-04\n\nThe treasurer is Maria Lopez. She was elected by all members of the swimming club.\n"
SEEN = {
    "public/manual.md": MANUAL,
    "public/club/minutes.txt": MINUTES,
    "public/long.txt": sentences(about="pump", count=150),
    "public/war.txt": SEED.read_bytes(),
}
HIDDEN = {
    "hidden/manual.md": MANUAL.replace("9 am", "7 am") + "The alarm code is 4711. The zamboni is green.\n",
    "hidden/minutes.txt": MINUTES.replace("Maria", "Carla"),
    "hidden/pumps.txt": sentences(about="pump treasurer towel", count=300),
    "top.txt": "Date: 2024-01-01\n\nThe pool opens at noon. The trasurer is nobody.\n",
}
PUBLIC = Filters(collections=frozenset({"public"}), sealed=True)
QUESTIONS = (
    "When does the pool open?",  # answered
    "Who is the treasurer?",
    "Who is the tresurer?",  # corrected by the visible words only
    "When was the pump replaced?",
    "Which property has the pump number 17?",
    "What is the alarm code?",  # its words stand in the hidden part only
    "What colour is the zamboni?",
    "When was the manual published?",  # several documents could be meant, one is visible
    "When were the minutes published?",
    "What is the date of this document?",
    "How many civilians have been killed?",
    "pump",
    "Wie spaet ist es im Schwimmbad von Hamburg?",  # the language is only judged if the words are unknown
    "qwertyuiop asdfghjkl",
)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    """One with the hidden files and one without."""
    with_hidden = Engine.open(make_root(tmp_path_factory.mktemp("with"), SEEN | HIDDEN))
    without = Engine.open(make_root(tmp_path_factory.mktemp("without"), SEEN))
    yield with_hidden, without
    with_hidden.close()
    without.close()


def timeless(result: Answer | NoAnswer) -> tuple[Answer | NoAnswer, tuple[str, ...]]:
    """The result without how long it took; notes do not take part in comparisons of results, so they stand beside."""
    return replace(result, elapsed_ms=0.0), result.notes


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_are_equal_with_and_without_hidden_documents(engines: tuple[Engine, Engine], question: str) -> None:
    """Answer, confidence, quotes, others, reason, missing words, nearest passages and generation: bit for bit."""
    with_hidden, without = engines
    assert timeless(with_hidden.ask(question, filters=PUBLIC)) == timeless(without.ask(question, filters=PUBLIC))
    one = replace(PUBLIC, sources=frozenset({"public/long.txt"}))
    assert timeless(with_hidden.ask(question, filters=one)) == timeless(without.ask(question, filters=one))


def test_the_comparison_can_fail(engines: tuple[Engine, Engine]) -> None:
    """Without the seal the hidden documents do show: in generation, notes or answers."""
    with_hidden, without = engines
    assert any(timeless(with_hidden.ask(q)) != timeless(without.ask(q)) for q in QUESTIONS)
    hidden = with_hidden.ask("What is the alarm code?")
    assert isinstance(hidden, Answer)
    assert hidden.text == "4711"


def test_excluding_is_the_same_as_not_granting(engines: tuple[Engine, Engine]) -> None:
    """Everything without the hidden collection and the files at the top is the same part as the collection public."""
    with_hidden, without = engines
    left = Filters(excluded=frozenset({"hidden", "."}), sealed=True)
    for question in QUESTIONS[:6]:
        assert timeless(with_hidden.ask(question, filters=left)) == timeless(without.ask(question, filters=PUBLIC))


def test_nothing_is_an_empty_corpus(engines: tuple[Engine, Engine]) -> None:
    """Who may see nothing is told the same as if there were no document."""
    result = engines[0].ask("When does the pool open?", filters=Filters(excluded=frozenset({""}), sealed=True))
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.missing_terms, result.nearest) == ("empty_corpus", (), ())


def test_a_change_among_the_hidden_does_not_show(tmp_path: Path) -> None:
    """When a hidden file changes, not even the generation's name in the answer does; a visible change shows at once."""
    engine = Engine.open(make_root(tmp_path, SEEN | HIDDEN))
    before = timeless(engine.ask(QUESTIONS[0], filters=PUBLIC))
    make_root(tmp_path, {"hidden/new.txt": "The pool opens at 5 am."})
    assert engine.refresh() is not None
    assert timeless(engine.ask(QUESTIONS[0], filters=PUBLIC)) == before
    make_root(tmp_path, {"public/manual.md": MANUAL.replace("9 am", "10 am")})
    assert engine.refresh() is not None
    after = engine.ask(QUESTIONS[0], filters=PUBLIC)
    assert isinstance(after, Answer)
    assert after.text == "10 am"
    engine.close()


def test_bm25_is_tantivys(tmp_path: Path) -> None:
    """Our own counting gives the scores of an independent engine, with and without a seal."""
    files = {f"{name}.txt": sentences(about=name, count=40) for name in ("cat", "dog")}
    write_seeds(tmp_path, files | {"long.txt": "word " * 3000 + "cat. " + "The end.", "short.txt": "A cat."})
    update(tmp_path)
    with opened(tmp_path) as generation:
        searched = tantivys(generation)
        part = VisiblePart(generation, Filters(sealed=True))
        for question in ("cat number 7", "the end", "property dog today dog", "nothing of it"):
            terms = generation.analyse(question)
            assert dict(generation.lexical(terms, 500)) == pytest.approx(searched(terms), rel=1e-4)
            assert part.lexical(terms, 500) == generation.lexical(terms, 500)
            assert part.occurring(terms) == generation.occurring(terms)
        assert part.vocabulary() == generation.vocabulary()


def tantivys(generation: Generation) -> Callable[[list[str]], dict[int, float]]:
    """Search by Tantivy over the stems of every chunk, as it would split what is joined by spaces."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_unsigned_field("row", stored=True)
    schema = builder.build()
    index = tantivy.Index(schema)
    writer = index.writer(num_threads=1)
    for row, (chunk, text) in enumerate(generation.passages(range(generation.chunk_count))):
        stems = " ".join(generation.analyse(embedded_text(chunk.context, text)))
        writer.add_document(tantivy.Document(body=[stems], row=row))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(terms: list[str]) -> dict[int, float]:
        queries = [tantivy.Query.term_query(schema, "body", term, "freq") for term in dict.fromkeys(terms)]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, one) for one in queries])
        hits = searcher.search(query, limit=1000).hits
        return {searcher.doc(address)["row"][0]: score for score, address in hits}

    return search


def test_lengths_are_rounded_as_lucene_rounds_them() -> None:
    """The table of the format: exact to 40, then steps of 2, 4, 8 ..."""
    given = np.array([0, 1, 39, 40, 41, 42, 55, 56, 59, 60, 87, 88, 95, 96, 103, 104, 1000], dtype=np.int32)
    assert rounded(given).tolist() == [0, 1, 39, 40, 40, 42, 54, 56, 56, 60, 84, 88, 88, 96, 96, 104, 984]
