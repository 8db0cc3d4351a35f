"""The comparison with other programs: what it asks, how it runs and what it prints. No peer is installed for this."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from village import BENCHMARKS, VILLAGE, asked, judged, said, scripts, village

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
def script() -> Iterator[Any]:
    """Imports a module of benchmarks/peers/ by its name."""
    with scripts() as load:
        yield load


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
    bench.prepare(subset)
    found = bench.asked("echo", subset)
    assert [(line["id"], line.get("answer"), line.get("crash")) for line in found["lines"]] == [
        ("a", "nine", None),
        ("b", None, "TypeError: no such word"),
    ]
    assert found["lines"][0]["source"] == "hall.md"
    assert found["index_s"] > 0
    bench.answers("echo", subset).write_text('{"id": "a", "seconds": 7}\n', encoding="utf-8")
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
