"""The benchmark of speed works and says what it measured. How fast anything is, no test asserts."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qabot.datatypes import NoAnswer
from qabot.weights import count_tokens, load_tokenizer

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Imports a module of benchmarks/ by its name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))

    def load(name: str) -> ModuleType:
        return import_module(name)

    return load


def written(texts: ModuleType, folder: Path, **arguments: int) -> tuple[dict[str, str], list[Any]]:
    """The documents of a new corpus by name, and its questions."""
    questions = texts.write_corpus(folder, chunks=40, **arguments)
    documents = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.txt"))}
    return documents, list(questions)


def test_equal_arguments_write_equal_corpora(script: Any, tmp_path: Path) -> None:
    """Two runs of the benchmark measure the same documents and questions, and another seed gives others."""
    texts = script("texts")
    assert written(texts, tmp_path / "one") == written(texts, tmp_path / "two")
    assert written(texts, tmp_path / "one") != written(texts, tmp_path / "three", seed=2)


def test_a_corpus_has_the_chunks_that_were_asked_for(script: Any, tmp_path: Path) -> None:
    """At least as many chunks as asked, at most one document more, most of them as long as the design says."""
    texts = script("texts")
    documents, _ = written(texts, tmp_path)
    counts = [texts.chunk_count(tmp_path, f"000/{name}") for name in documents]
    assert sum(counts) >= 40 > sum(counts) - counts[-1]
    tokens = count_tokens(load_tokenizer(), "".join(documents.values()))
    assert 110 <= tokens / sum(counts) <= 160


def test_answers_stand_in_the_documents_and_strangers_do_not(script: Any, tmp_path: Path) -> None:
    """Every answer is a word of some document; a good part of the unanswerable ones name what no document knows."""
    documents, questions = written(script("texts"), tmp_path)
    everything = "\n".join(documents.values())
    assert all(question.answer in everything for question in questions if question.answer is not None)
    unanswerable = [question.text for question in questions if question.answer is None]
    names = [[word.strip("?") for word in text.split()[1:] if word[0].isupper()][-1] for text in unanswerable]
    unknown = sum(name not in everything for name in names)
    assert 0.4 * len(names) <= unknown <= 0.5 * len(names)


def test_passages_read_are_taken_from_the_notes(script: Any) -> None:
    """The number of passages is read from the answer's own notes, and a refusal before any reading counts none."""

    def refused(*notes: str) -> NoAnswer:
        return NoAnswer("?", "below_threshold", 0.0, generation="g", elapsed_ms=1.0, notes=notes)

    passages_read = script("warm").passages_read
    assert passages_read(refused("read as: x", "7 of 10000 passages read; threshold 0.50")) == 7
    assert passages_read(refused()) == 0


def test_rows_put_answered_and_refused_apart(script: Any) -> None:
    """Median and 95th percentile are those of the kind in the row, and a kind that did not occur has none."""
    asked = [{"ms": 10.0 * n, "answered": True, "answerable": True, "right": True, "passages": n} for n in range(1, 22)]
    figures = {"index_s": 1.0, "open_s": 1.0, "documents": 1, "chunks": 2, "peak_bytes": 3e6, "asked": asked}
    rows = {row.what: row for row in script("rows").of("warm", figures)}
    assert (rows["warm, answered"].value, rows["warm, answered"].note) == ("110 ms", "median of 21, p95 200 ms")
    assert rows["warm, refused"].value == "-"
    assert rows["passages read"].value == "11.0"
    assert "most 21" in rows["passages read"].note


def test_ratios_are_to_the_first_command(script: Any) -> None:
    """How many times longer a peer took is said beside it."""
    runs = {"mine": [{"wall_s": 0.5, "cpu_s": 0.4}], "peer": [{"wall_s": 6.0, "cpu_s": 5.0}]}
    mine, peer = script("rows").of("cold", {"runs": runs})
    assert mine.note.endswith("x 1.0")
    assert peer.note.endswith("x 12.0")


def test_the_whole_runs_at_a_tiny_size(tmp_path: Path) -> None:
    """One run prints a row for each thing measured, says what it does not show, and stores all of it."""
    stored = tmp_path / "speed.json"
    arguments = ["--chunks", "20", "--quick", "--without-torch", "--work", str(tmp_path), "--json", str(stored)]
    done = subprocess.run(  # noqa: S603 - this package under this interpreter
        [sys.executable, str(BENCHMARKS / "speed.py"), *arguments],
        capture_output=True, text=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    for what in ("cold, qabot, onnx", "warm, answered", "warm, refused", "passages read", "memory, peak", "embedding"):
        assert f"\n{what}" in done.stdout
    assert "do not show" in done.stdout
    result = json.loads(stored.read_text(encoding="utf-8"))
    assert result["configuration"]["chunks"] == 20 <= result["warm"]["chunks"]
    assert len(result["warm"]["asked"]) == 12
    assert result["machine"]["versions"]["onnxruntime"]
    assert list(result["cold"]["runs"]) == ["qabot, onnx"]
