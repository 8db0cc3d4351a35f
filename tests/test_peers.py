"""The comparison with other programs: what it asks, how it judges and what it prints. No peer is installed for this."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from evaluated import outcome

from qabot.datatypes import Span
from qabot.evaluation.datasets import Gold, Question

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
VILLAGE = {
    "hall.md": "# Hall\n\nThe hall opens at nine. The key is with Ann Hill.\n",
    "notes/pond.txt": "The pond is 3 metres deep.\nDucks live there. The pond froze in 1963.\n",
}
ECHO = """
import sys
sys.path.insert(0, {peers!r})
from asking import Peer, Said, run

def build(documents, index, models):
    (index / "first.txt").write_text(min(documents))

def load(index, models):
    def ask(question):
        if question == "raise":
            raise TypeError("no such word")
        if question == "exit":
            raise SystemExit(3)
        return Said(question, 0.5, True, (index / "first.txt").read_text(), None, None)
    return ask

run(Peer(build, load))
"""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of benchmarks/peers/ by its name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))

    def load(name: str) -> ModuleType:
        return import_module(name)

    return load


def letters(texts: Sequence[str]) -> Any:
    """An encoder by the letters' counts, each vector of length 1: texts of the same words are near."""
    counted = np.array([[text.lower().count(chr(at)) for at in range(97, 123)] for text in texts], dtype=np.float64)
    return counted / np.maximum(np.linalg.norm(counted, axis=1, keepdims=True), 1e-9)


def asked(script: Any, ident: str, text: str = "?", **golds: str) -> Any:
    """A question about the village: ``hall`` and ``pond`` say which words of which document answer it."""
    places = {"hall": "hall.md", "pond": "notes/pond.txt"}
    forms = []
    for name, words in golds.items():
        start = VILLAGE[places[name]].index(words)
        gold = Gold(words, Span(start, start + len(words)))
        forms.append(Question(text, (gold,), ident, id=ident, source=places[name]))
    return script("subsets").Asked(ident, text, tuple(forms) or (Question(text, (), ident, id=ident),))


def village(script: Any, *questions: Any) -> Any:
    """The village's documents with some questions."""
    return script("subsets").Subset("village", VILLAGE, questions)


def said(ident: str, answer: str | None, *, source: str | None = None, start: int | None = None) -> dict[str, Any]:
    """A peer's line."""
    end = None if start is None or answer is None else start + len(answer)
    about = {"answer": answer, "score": 0.7, "shown": True, "source": source, "start": start, "end": end}
    return {"id": ident, **about, "seconds": 0.01}


def judged(script: Any, tmp_path: Path, subset: Any, *lines: dict[str, Any]) -> list[Any]:
    """What the judge makes of some lines."""
    for source, text in subset.documents.items():
        (tmp_path / source).parent.mkdir(exist_ok=True)
        (tmp_path / source).write_bytes(text.encode("utf-8"))
    return list(script("judging").Judge(subset, tmp_path)(lines))


@pytest.mark.parametrize("name", ["community", "seed"])
def test_the_sets_of_this_repository_are_as_written_down(script: Any, name: str) -> None:
    """Ids and texts are those of subsets.json; only the half that nothing was tuned on is asked."""
    subsets = script("subsets")
    source = subsets.OWN_FILES[name]
    subset = subsets.read(name, source)
    rows = {row["id"]: row for row in map(json.loads, source.read_text(encoding="utf-8").splitlines())}
    assert {rows[one.id]["part"] for one in subset.questions} == {"report"}
    assert len(subset.questions) == sum(row["part"] == "report" for row in rows.values())
    for form in (form for one in subset.questions for form in one.forms):
        assert all(gold.span.of(subset.documents[form.source]) == gold.text for gold in form.golds)


def test_other_texts_are_refused(script: Any, tmp_path: Path) -> None:
    """A question reworded, or left out, is not the set that others measured."""
    subsets = script("subsets")
    text = subsets.OWN_FILES["seed"].read_text(encoding="utf-8")
    changed = tmp_path / "questions.jsonl"
    changed.write_text(text.replace("How many children are", "How many infants are"), encoding="utf-8")
    with pytest.raises(subsets.SubsetError, match="other texts"):
        subsets.read("seed", changed)
    changed.write_text("\n".join(text.splitlines()[:-2]), encoding="utf-8")
    with pytest.raises(subsets.SubsetError, match="other questions"):
        subsets.read("seed", changed)


def test_no_text_of_the_data_is_written_down(script: Any) -> None:
    """subsets.json names files, sums, documents and ids, and each set's questions once."""
    written = json.loads(script("subsets").WRITTEN.read_text(encoding="utf-8"))["sets"]
    assert written.keys() == script("subsets").RECIPES.keys()
    for one in written.values():
        assert one.keys() == {"file", "file_unpacked_sha256", "sha256", "documents", "questions"}
        assert len(set(one["questions"])) == len(one["questions"]) <= script("subsets").MOST
        assert not any(" " in name for name in [*one["documents"], *one["questions"]])


def test_every_limit_keeps_the_mixture(script: Any) -> None:
    """Two answerable questions, then an unanswerable one, in an order that depends on the ids alone."""
    subsets = script("subsets")
    some = [asked(script, f"a{at}", hall="nine") for at in range(8)] + [asked(script, f"u{at}") for at in range(4)]
    order = subsets.mixed(some, answerable_for_one=2)
    assert [one.answerable for one in order] == [True, True, False] * 4
    assert order == subsets.mixed(some[::-1], answerable_for_one=2)
    assert [one.id for one in order] != sorted(one.id for one in order)


def test_an_article_is_one_document_and_golds_move_along(script: Any) -> None:
    """Of a SQuAD-format file each gold stands in its article at its new place."""
    subsets = script("subsets")
    paragraphs = [
        {"context": text, "qas": [{"id": str(at), "question": "?", "answers": [{"text": word, "answer_start": start}]}]}
        for at, (text, word, start) in enumerate([("Boats go.", "Boats", 0), ("It is cold.", "cold", 6)])
    ]
    unanswerable = {"id": "u", "question": "Why?", "answers": []}
    paragraphs[0]["qas"].append(unanswerable)
    raw = json.dumps({"data": [{"title": "Rhine", "paragraphs": paragraphs}]}).encode()
    made = subsets.squad2("squad2", raw)
    assert made.documents["Rhine.txt"] == "Boats go.\n\nIt is cold.\n\n"
    forms = {one.id: one.forms[0] for one in made.questions}
    places = {
        ident: [gold.span.of(made.documents[form.source]) for gold in form.golds] for ident, form in forms.items()
    }
    assert places == {"0": ["Boats"], "1": ["cold"], "u": []}


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


def test_a_peer_in_its_process(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Index and questions each in a process of their own; what one question raises does not end it, an exit does."""
    processes = script("processes")
    peer = tmp_path / "peer_echo.py"
    peer.write_text(ECHO.format(peers=str(BENCHMARKS / "peers")), encoding="utf-8")
    monkeypatch.setitem(processes.PEERS, "echo", processes.Started(str(peer), "echo", "echo"))
    subset = village(
        script,
        *(asked(script, ident, text) for ident, text in zip("abcd", ["nine", "raise", "exit", "?"], strict=True)),
    )
    bench = processes.Bench(
        tmp_path / "work", {"echo": Path(sys.executable)}, script("asking").Models(tmp_path, tmp_path)
    )
    folder = bench.prepare(subset)
    found = bench.asked("echo", subset)
    assert [(line["id"], line.get("answer"), line.get("crash")) for line in found["lines"]] == [
        ("a", "nine", None),
        ("b", None, "TypeError: no such word"),
    ]
    assert found["lines"][0]["source"] == "hall.md"
    assert found["index_s"] > 0
    (folder / "answers-echo.jsonl").write_text('{"id": "a", "seconds": 7}\n', encoding="utf-8")
    assert bench.asked("echo", subset.limited(1), keep=True)["lines"][0]["seconds"] == 7
    assert bench.asked("echo", subset.limited(2), keep=True)["lines"] != [{"id": "a", "seconds": 7}]  # asked again


def test_the_report_and_the_plot(script: Any, tmp_path: Path) -> None:
    """A row for each peer and set, one for each peer, a line for each fault; a curve and a dot for each peer."""
    run, tables = script("run"), script("tables")
    subset = village(script, asked(script, "a", pond="1963"), asked(script, "b"))
    right = said("a", "1963", source="notes/pond.txt", start=VILLAGE["notes/pond.txt"].index("1963"))
    peers = {"one": [right, said("b", None)], "two": [said("a", "1944"), {"id": "b", "crash": "KeyError: 3"}]}
    parts = {}
    for name, lines in peers.items():
        found = judged(script, tmp_path, subset, *lines)
        times = [line["seconds"] for line in lines if "seconds" in line]
        about = {"quality": tables.quality(found), "faults": tables.faults(found), "table": tables.table_of(found)}
        forgiven = tables.quality(tables.forgiven(found)) if name == "two" else None
        parts[name] = {**about, "forgiven": forgiven, "seconds": times, "peak_bytes": 2e8, "index_s": 1.5}
    recipes = {"village": script("subsets").RECIPES["seed"]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(script("subsets"), "RECIPES", recipes)
        costs = {name: {"cold_s": 0.5, "install_bytes": 3e8} for name in parts}
        text = run.report({"village": subset}, {"village": parts}, costs, command="the command")
    lines = text.splitlines()
    assert sum(line.startswith("| village") for line in lines) == 3  # one more where crashes are forgiven
    assert sum(line.startswith(("| one", "| two")) for line in lines) == 2
    assert "- village, two: 1 questions raised, the first 'KeyError: 3'" in lines
    assert "- village, two: 1 answers stand in no document, the first '1944'" in lines
    picture = ET.fromstring(script("plot").drawn({"village": {n: p["table"] for n, p in parts.items()}}))  # noqa: S314
    tags = [element.tag.rpartition("}")[2] for element in picture.iter()]
    assert (tags.count("polyline"), tags.count("circle")) == (2, 2)


@pytest.mark.parametrize("peer", ["haystack", "txtai", "cosine"])
def test_requirements_are_pinned(peer: str) -> None:
    """The versions that were measured, each exactly, torch among them."""
    text = (BENCHMARKS / "peers" / f"requirements-{peer}.txt").read_text(encoding="utf-8")
    wanted = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(line.count("==") == 1 for line in wanted)
    assert any(line.startswith("torch==") for line in wanted)


def test_a_peer_that_cannot_be_installed_says_so(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the remedy, and nothing that would pass for an environment the next time."""
    environments = script("environments")
    monkeypatch.setattr(environments.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    for _ in range(2):
        with pytest.raises(environments.EnvironmentMissing, match=r"txtai cannot be installed.*--peers"):
            environments.python_of("txtai", tmp_path)
