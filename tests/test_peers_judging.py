"""How the comparison with other programs judges answers and counts; and the plain cosine cut, the smallest of them."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from evaluated import outcome
from village import VILLAGE, asked, judged, letters, said, scripts, village


@pytest.fixture
def script() -> Iterator[Any]:
    """Imports a module of benchmarks/peers/ by its name."""
    with scripts() as load:
        yield load


def test_the_plain_cosine_cut(script: Any, tmp_path: Path) -> None:
    """The nearest sentence with its place, shown only above the threshold."""
    peer = script("peer_cosine")
    peer.store(VILLAGE, tmp_path, letters)
    ask = peer.nearest(tmp_path, letters)
    found = ask("ducks live there")
    assert (found.answer, found.source, found.shown) == ("Ducks live there.", "notes/pond.txt", True)
    assert VILLAGE[found.source][found.start : found.end] == found.answer
    assert not ask("zzz").shown


def test_sentences_of_the_cosine_cut(script: Any) -> None:
    """A sign of ending or a line's end ends a sentence; nothing but white space is lost."""
    rows = script("peer_cosine").sentences(VILLAGE)
    assert [row["answer"] for row in rows] == [
        "# Hall", "The hall opens at nine.", "The key is with Ann Hill.",
        "The pond is 3 metres deep.", "Ducks live there.", "The pond froze in 1963.",
    ]  # fmt: skip
    assert all(VILLAGE[row["source"]][row["start"] : row["end"]] == row["answer"] for row in rows)


def test_an_answer_with_a_place_is_judged_there(script: Any, tmp_path: Path) -> None:
    """Right where the gold stands; the same words elsewhere, or in the other document, are wrong."""
    subset = village(script, *(asked(script, ident, pond="1963") for ident in "abc"))
    text = VILLAGE["notes/pond.txt"]
    lines = [
        said("a", "1963", source="notes/pond.txt", start=text.index("1963")),
        said("b", "pond", source="notes/pond.txt", start=text.index("pond")),
        said("c", "nine", source="hall.md", start=VILLAGE["hall.md"].index("nine")),
    ]
    found = judged(script, tmp_path, subset, *lines)
    assert [one.outcome.right for one in found] == [True, False, False]
    assert not any(one.invented for one in found)


def test_either_document_of_a_gold_counts(script: Any, tmp_path: Path) -> None:
    """A question that two documents answer is right from each of them."""
    subset = village(script, asked(script, "a", hall="The hall opens", pond="The pond is 3"))
    line = said("a", "The pond is", source="notes/pond.txt", start=0)
    assert judged(script, tmp_path, subset, line)[0].outcome.right


def test_an_answer_without_a_place_is_looked_for(script: Any, tmp_path: Path) -> None:
    """The place that makes it right counts, white space apart; what stands nowhere is invented and wrong."""
    subset = village(script, asked(script, "a", pond="pond froze"), asked(script, "b", pond="3 metres"))
    lines = [said("a", "The  pond", source="hall.md"), said("b", "3 metres there")]
    first, second = judged(script, tmp_path, subset, *lines)
    assert (first.outcome.right, first.invented) == (True, None)
    assert (second.outcome.right, second.invented) == (False, "3 metres there")
    assert second.outcome.prediction.quote is not None  # it was given: precision counts it


def test_a_wrong_offset_does_not_pass_for_a_place(script: Any, tmp_path: Path) -> None:
    """Where other words stand than the answer, the answer is looked for like one without a place."""
    subset = village(script, asked(script, "a", pond="1963"))
    line = said("a", "1944", source="notes/pond.txt", start=VILLAGE["notes/pond.txt"].index("1963"))
    (found,) = judged(script, tmp_path, subset, line)
    assert (found.outcome.right, found.invented) == (False, "1944")


def test_crashes_and_missing_lines_are_no_refusals(script: Any, tmp_path: Path) -> None:
    """Neither a question that raised nor one that was never reached counts as refused; an empty answer does."""
    subset = village(script, *(asked(script, ident) for ident in "abc"))
    crash = {"id": "a", "crash": "TypeError: None", "seconds": 0.1}
    found = judged(script, tmp_path, subset, crash, said("b", None))
    assert [one.crash for one in found] == ["TypeError: None", None, "the process ended"]
    refusal = script("tables").quality(found)["refusal"]
    assert (refusal.value, refusal.count) == (pytest.approx(1 / 3), 3)


def test_coverage_at_a_precision_by_hand(script: Any) -> None:
    """The most right answers above any score at which the share holds; equal scores are shown together."""
    tables = script("tables")

    def at(precision: float, *outcomes: Any) -> float | None:
        shown = [SimpleNamespace(outcome=one, shown=True) for one in outcomes]
        return tables.coverage_at(tables.table_of(shown), precision)

    right, wrong, stranger = ("cat", "cat"), ("cat", "dog"), ("", "dog")
    falling = [outcome(*right, 0.9), outcome(*wrong, 0.8), outcome(*right, 0.7), outcome(*right, 0.6)]
    assert at(0.9, *falling) == 1 / 4
    assert at(0.75, *falling) == 3 / 4
    assert at(0.9, outcome(*right, 0.9), outcome(*stranger, 0.9)) == 0.0  # one score: both or none
    assert at(0.9, outcome("cat", "")) == 0.0
    assert at(0.9, outcome(*stranger)) is None


def test_what_is_shown_is_the_peers_own_choice(script: Any) -> None:
    """An answer that the peer itself refuses counts for the curve alone."""
    tables = script("tables")
    both = [SimpleNamespace(outcome=outcome("cat", "cat", score), shown=score < 0.5) for score in (0.9, 0.1)]
    found = tables.quality(both)
    assert (found["coverage"].value, found["coverage_at_90"].value) == (0.5, 1.0)
    assert found["risk_coverage_area"].value == 0.0


def test_forgiven_crashes_are_refusals(script: Any) -> None:
    """Nothing else changes: an unanswerable question that raised becomes a refused one."""
    tables, judging = script("tables"), script("judging")
    crashed = judging.Judged(outcome("", None), shown=False, crash="TypeError: None")
    right = judging.Judged(outcome("cat", "cat"), shown=True)
    before, after = (tables.quality(some) for some in ([crashed, right], tables.forgiven([crashed, right])))
    assert (before["refusal"].value, after["refusal"].value) == (0.0, 1.0)
    assert (before["f1"].value, after["f1"].value) == (0.5, 1.0)
    assert before["coverage"] == after["coverage"]


def test_beside_the_best_peer(script: Any) -> None:
    """The ratio and the part of the gap that is closed, to the best of the others; nothing where there are none."""
    tables = script("tables")

    def at(coverage: float | None) -> dict[str, Any]:
        return {"coverage_at_90": tables.Value(coverage, None, 10)}

    line = tables.against_best({"qabot": at(0.75), "weak": at(0.1), "strong": at(0.5)})
    assert line == "coverage at 90 % precision: qabot 75 %, strong 50 %: 1.50 times, 50 % of what that misses"
    assert "no threshold helps" in tables.against_best({"qabot": at(0.5), "weak": at(0.0)})
    assert "%: 1.00 times" in tables.against_best({"qabot": at(1.0), "perfect": at(1.0)})
    assert tables.against_best({"qabot": at(0.5), "none": at(None)}) is tables.against_best({"weak": at(0.5)}) is None


def test_latency_leaves_out_the_first_question(script: Any) -> None:
    """It waits for the models; with one question there is nothing left."""
    latency = script("tables").latency
    assert latency([9.0, 0.1, 0.2, 0.3]) == {"p50_ms": pytest.approx(200), "p95_ms": pytest.approx(290), "count": 3}
    assert latency([9.0])["p50_ms"] is None
