"""Searching one generation: both halves, their filters, and many threads at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from small_index import DIM, HashedWords, opened, sentences, update, write_seeds

from qabot.datatypes import Filters
from qabot.errors import UsageError
from qabot.index import Generation, ranking

FILES = {
    "news/old.txt": "date 2020-01-05 The river flooded the harbour. " + sentences(about="bridge", count=20),
    "news/new.txt": "date 2022-03-23 The river froze near the café. " + sentences(about="lake", count=20),
    "news/local/day.txt": "date 2021-06-01 The river was calm. " + sentences(about="boat", count=20),
    "newsletter/undated.txt": "The river has no date. " + sentences(about="fish", count=20),
    "top.txt": "Rivers run running ran. " + sentences(about="runner", count=20),
}


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """Five documents in three collections, three of them dated."""
    root = tmp_path_factory.mktemp("search")
    write_seeds(root, FILES)
    update(root)
    with opened(root) as found:
        yield found


def _documents(generation: Generation, rows: list[tuple[int, float]]) -> set[str]:
    return {generation.chunk(row).document_id for row, _ in rows}


def test_dense_finds_the_row_of_its_own_vector(generation: Generation) -> None:
    """The best row is exact, with cosine 1, and the rest follow in falling order."""
    for row in range(generation.chunk_count):
        hits = generation.dense(generation.vector(row), 5)
        assert hits[0][1] == pytest.approx(1.0, abs=1e-5)
        assert row in [hit for hit, cosine in hits if cosine > 1 - 1e-5]
        assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))


def test_dense_equals_brute_force(generation: Generation) -> None:
    """Every row is scored, with and without a restriction."""
    query = HashedWords().encode("the river was calm near the harbour")
    vectors = np.stack([generation.vector(row) for row in range(generation.chunk_count)])
    for rows in (None, np.arange(3, 9, dtype=np.int64)):
        allowed = range(generation.chunk_count) if rows is None else rows.tolist()
        hits = generation.dense(query, 100, rows)
        assert {row for row, _ in hits} == set(allowed)
        for row, cosine in hits:
            assert cosine == pytest.approx(float(vectors[row] @ query), abs=1e-6)


@pytest.mark.parametrize("vector", [np.zeros(DIM + 1, np.float32), np.zeros(DIM), np.zeros((1, DIM), np.float32)])
def test_dense_refuses_another_shape(generation: Generation, vector: np.ndarray) -> None:
    """What FAISS would misread is refused with what it got."""
    with pytest.raises(ValueError, match="got"):
        generation.dense(vector, 3)


def test_lexical_finds_stems(generation: Generation) -> None:
    """A question's word finds its other forms: the analyser is the same on both sides."""
    assert generation.analyse("Which RIVERS were running?") == ["which", "river", "were", "run"]
    assert _documents(generation, generation.lexical(generation.analyse("rivers"), 50)) == set(FILES)
    assert _documents(generation, generation.lexical(generation.analyse("CAFE"), 50)) == {"news/new.txt"}


def test_lexical_ranks_the_rarer_word_higher(generation: Generation) -> None:
    """BM25 falls along the list and the chunk with both words leads."""
    hits = generation.lexical(generation.analyse("river harbour"), 50)
    assert _documents(generation, hits[:1]) == {"news/old.txt"}
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


def test_a_filter_adds_nothing_to_bm25(generation: Generation) -> None:
    """A row's score is the same under any restriction, so fused scores stay comparable."""
    terms = generation.analyse("the river number")
    free = dict(generation.lexical(terms, 1000))
    rows = generation.rows_of(Filters(collections=frozenset({"news"})))
    assert rows is not None
    restricted = dict(generation.lexical(terms, 1000, rows))
    assert restricted == {row: score for row, score in free.items() if row in set(rows.tolist())}


def test_a_repeated_term_counts_once(generation: Generation) -> None:
    """Saying a word twice does not double its weight."""
    assert generation.lexical(["river", "river"], 9) == generation.lexical(["river"], 9)


@pytest.mark.parametrize(
    "text", ['"x', "a:b", "(", "river AND", "*", "\\", "", "   ", "\x00", "🙂", "-river", "x" * 5000]
)
def test_no_text_is_a_query(generation: Generation, text: str) -> None:
    """Whatever a member types becomes terms or nothing, never syntax and never an error."""
    terms = generation.analyse(text)
    hits = generation.lexical(terms, 5)
    assert bool(hits) == ("river" in terms)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(sources=frozenset({"top.txt", "news/old.txt"})), {"top.txt", "news/old.txt"}),
        (Filters(sources=frozenset({"absent.txt"})), set()),
        (Filters(collections=frozenset({"news"})), {"news/old.txt", "news/new.txt", "news/local/day.txt"}),
        (Filters(collections=frozenset({"news/local/"})), {"news/local/day.txt"}),
        (Filters(since="2021-06-01"), {"news/local/day.txt", "news/new.txt"}),
        (Filters(until="2021-06-01"), {"news/local/day.txt", "news/old.txt"}),
        (Filters(since="2020-02-01", until="2021-12-31"), {"news/local/day.txt"}),
        (Filters(collections=frozenset({"news"}), since="2022-01-01"), {"news/new.txt"}),
    ],
)
def test_filters_hold_in_both_halves(generation: Generation, filters: Filters, expected: set[str]) -> None:
    """By source, collection with its sub-folders, and inclusive dates; undated documents pass no date."""
    rows = generation.rows_of(filters)
    assert rows is not None
    assert rows.dtype == np.int64
    assert {generation.chunk(row).document_id for row in rows.tolist()} == expected
    assert _documents(generation, generation.lexical(generation.analyse("river"), 100, rows)) == expected
    assert _documents(generation, generation.dense(HashedWords().encode("the river"), 100, rows)) == expected
    assert generation.occurring(["river"], rows) == ({"river"} if expected else set())


def test_no_filter_is_no_restriction(generation: Generation) -> None:
    """None stands for every row."""
    assert generation.rows_of(Filters()) is None


def test_stems_that_occur(generation: Generation) -> None:
    """Stems are looked for among all rows, among the given ones, or among none."""
    stems = ["harbour", "runner", "unicorn", "run"]
    rows = generation.rows_of(Filters(sources=frozenset({"top.txt"})))
    assert generation.occurring(stems) == {"harbour", "runner", "run"}
    assert generation.occurring(stems, rows) == {"runner", "run"}
    assert generation.occurring(stems, np.empty(0, dtype=np.int64)) == set()
    assert generation.occurring([], rows) == set()


def test_a_frequent_stem_among_few_rows(generation: Generation) -> None:
    """A stem is found in the last of its rows as in the first."""
    holding = {row for row, _ in generation.lexical(["river"], 100)}
    assert len(holding) > 2
    for row in range(generation.chunk_count):
        assert generation.occurring(["river"], np.array([row])) == ({"river"} if row in holding else set())


def test_a_frequent_stem_scores_as_a_rare_one(generation: Generation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the counts of a stem are kept as a column or looked up row by row, its scores are the same."""
    stems = generation.analyse("the river number of the harbour")
    monkeypatch.setattr(ranking, "_FREQUENT", 10**6)
    columns = generation.ranking(None).search(stems, 100)
    monkeypatch.setattr(ranking, "_FREQUENT", 0)
    assert generation.ranking(None).search(stems, 100) == columns
    assert len(columns) > 20


def test_of_equal_vectors_the_first_rows_are_found(tmp_path: Path) -> None:
    """Copies of a text are equally near: which of them are among the best is decided by their rows, at every limit."""
    write_seeds(tmp_path, {f"{number:02}.txt": "The same few words stand here." for number in range(40)})
    update(tmp_path)
    with opened(tmp_path) as found:
        query = HashedWords().encode("the same words")
        for k in range(1, 41):
            assert [row for row, _ in found.dense(query, k)] == list(range(k))


def test_vocabulary_holds_surface_words(generation: Generation) -> None:
    """Lower-cased, unstemmed, with accents, each once, of three letters or more, the most frequent first."""
    words = generation.vocabulary()
    assert {"river", "rivers", "running", "café", "flooded"} <= set(words)
    assert len(set(words)) == len(words)
    assert all(len(word) >= 3 and word == word.lower() and word.isalpha() for word in words)
    assert words.index("the") < words.index("flooded")


def test_an_unknown_name_is_an_error(generation: Generation) -> None:
    """Documents are told by the command that lists them, rows by their number."""
    for ask in (generation.sentences, generation.document):
        with pytest.raises(UsageError, match="qabot sources"):
            ask("absent.txt")
    with pytest.raises(IndexError):
        generation.chunk(generation.chunk_count)


def test_threads_get_what_one_thread_gets(generation: Generation) -> None:
    """Eight threads that ask everything at once get the answers that one thread gets."""

    def everything() -> list[object]:
        query = HashedWords().encode("river lake fish")
        rows = generation.rows_of(Filters(collections=frozenset({"news"})))
        asked: list[object] = [generation.dense(query, 9, rows), generation.lexical(["river", "lake"], 9, rows)]
        asked += [generation.chunk(row) for row in range(generation.chunk_count)]
        asked += [generation.document(name).text for name in FILES]
        asked += generation.passages(range(generation.chunk_count))
        asked += [generation.sentences(name) for name in FILES]
        return [*asked, generation.documents(), generation.vocabulary()]

    expected = everything()
    failures: list[object] = []

    def ask() -> None:
        try:
            failures.extend("another answer" for _ in range(20) if everything() != expected)
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_text_survives_the_index_bit_for_bit(tmp_path: Path) -> None:
    """Carriage returns, zero-width and right-to-left marks, astral characters and odd spaces come back as they were."""
    text = "One\r\ntwo\rthree\n\u200b\u202e\u00a0 \U0001f600 e\u0301 \u2028 \u1e9e\u0130 end."
    write_seeds(tmp_path, {"odd.txt": text})
    update(tmp_path)
    with opened(tmp_path) as found:
        assert found.document("odd.txt").text == text
