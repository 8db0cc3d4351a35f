"""Two rankings become one list of candidates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_index import HashedWords, opened, sentences, update, write_seeds

from qabot.datatypes import Filters
from qabot.errors import ModelError
from qabot.index import Generation
from qabot.retriever import READ_WHOLE, Retriever, fuse


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generation]:
    """Three documents of many chunks each, and one that fits into one chunk."""
    root = tmp_path_factory.mktemp("retriever")
    files = {f"{name}.txt": sentences(about=name, count=60) for name in ("cat", "dog", "fish")}
    write_seeds(root, files | {"short.txt": "The secret word is xylophone."})
    update(root)
    with opened(root) as found:
        yield found


def test_fusion_is_reciprocal_rank_with_60() -> None:
    """Scores are sums of 1 / (60 + rank); ties go to the lower row."""
    fused = fuse([7, 3], [3, 5])
    assert fused[0] == (3, pytest.approx(1 / 62 + 1 / 61))
    assert fused[1:] == [(7, pytest.approx(1 / 61)), (5, pytest.approx(1 / 62))]
    assert [row for row, _ in fuse([9, 4], [4, 9])] == [4, 9]
    assert fuse([], []) == []


def test_candidates_say_why_they_were_found(generation: Generation) -> None:
    """Each has its text, and the score of every half that found it."""
    retriever = Retriever(generation, HashedWords())
    candidates = retriever.candidates("What is the xylophone?", 10)
    assert len(candidates) == 10
    assert "xylophone" in candidates[0].text
    for candidate in candidates:
        assert candidate.text == candidate.chunk.span.of(generation.document(candidate.chunk.document_id).text)
        assert candidate.dense_score is not None or candidate.lexical_score is not None
        assert candidate.dense_score is None or -1 - 1e-6 <= candidate.dense_score <= 1 + 1e-6
        assert candidate.lexical_score is None or candidate.lexical_score >= 0
    order = [(-candidate.fused_score, candidate.row) for candidate in candidates]
    assert order == sorted(order)


def test_the_same_question_gives_the_same_list(generation: Generation) -> None:
    """Order and scores are reproducible, also through another retriever."""
    asked = [Retriever(generation, HashedWords()).candidates("cat number 7 today", 20) for _ in range(3)]
    assert asked[0] == asked[1] == asked[2]


def test_a_small_selection_is_returned_whole(generation: Generation) -> None:
    """Where few chunks pass the filters, all of them are candidates, whatever the question."""
    filters = Filters(sources=frozenset({"short.txt"}))
    (only,) = Retriever(generation, HashedWords()).candidates("zebra", 1, filters)
    assert (only.chunk.document_id, only.lexical_score) == ("short.txt", None)


def test_a_small_corpus_is_returned_whole(tmp_path: Path) -> None:
    """Up to eight chunks, none is left out even if fewer were asked for."""
    write_seeds(tmp_path, {f"{n}.txt": f"Number {n} is here." for n in range(READ_WHOLE)})
    update(tmp_path)
    with opened(tmp_path) as small:
        candidates = Retriever(small, HashedWords()).candidates("number 3", 2)
    assert {candidate.row for candidate in candidates} == set(range(READ_WHOLE))


def test_more_than_there_are_gives_all(generation: Generation) -> None:
    """Asking for as many as the corpus has returns each row once."""
    candidates = Retriever(generation, HashedWords()).candidates("dog", generation.chunk_count + 5)
    assert sorted(candidate.row for candidate in candidates) == list(range(generation.chunk_count))


def test_filters_reach_the_candidates(generation: Generation) -> None:
    """Only chunks of the named source come back."""
    filters = Filters(sources=frozenset({"dog.txt"}))
    candidates = Retriever(generation, HashedWords()).candidates("cat number 3", 10, filters)
    assert {candidate.chunk.document_id for candidate in candidates} == {"dog.txt"}
    assert len(candidates) == 10


def test_nothing_passes_the_filters(generation: Generation) -> None:
    """No chunk may be searched: no candidates, no error."""
    assert Retriever(generation, HashedWords()).candidates("cat", 5, Filters(since="2020-01-01")) == ()


def test_a_failing_half_fails_the_search(generation: Generation) -> None:
    """An encoder that cannot work is never replaced by the lexical half alone."""

    class Broken(HashedWords):
        def encode(self, text: str) -> NDArray[np.float32]:
            raise ModelError(f"cannot encode {len(text)} characters", remedy="Mend it.")

    with pytest.raises(ModelError):
        Retriever(generation, Broken()).candidates("cat", 5)


def test_k_must_be_positive(generation: Generation) -> None:
    """Zero candidates are a mistake of the caller."""
    with pytest.raises(ValueError, match="k >= 1"):
        Retriever(generation, HashedWords()).candidates("cat", 0)
