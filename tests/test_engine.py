"""The engine follows seeds/: what changed is in the next answer, and no quote outlives its file."""

from dataclasses import replace
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
from corpus import make_root
from filelock import FileLock

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.engine import Engine
from qabot.errors import ConfigError, IndexDamaged, IndexLocked

RULES = "# Pool rules\n\nThe pool opens at 9 am.\n\nDogs are not allowed at the pool.\n"
MINUTES = "Date: 2021-05-04\n\nThe treasurer is Maria Lopez. She was elected by all members.\n"


def answer(engine: Engine, question: str, **filters: object) -> str | None:
    """The short answer, None if there is none."""
    result = engine.ask(question, filters=Filters(**filters))
    return result.text if isinstance(result, Answer) else None


def test_an_empty_folder_is_a_state(tmp_path: Path) -> None:
    """Without documents every question is refused with its reason; a first file makes it answerable."""
    config = make_root(tmp_path, {})
    engine = Engine.open(config)
    result = engine.ask("When does the pool open?")
    assert isinstance(result, NoAnswer)
    assert result.reason == "empty_corpus"
    make_root(tmp_path, {"rules.md": RULES})
    assert engine.refresh() is not None
    assert answer(engine, "When does the pool open?") == "9 am"
    engine.close()


def test_a_changed_file_is_answered_from_at_once(tmp_path: Path) -> None:
    """Also without a refresh: the quote no longer stands in its file, so the index is updated and asked again."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    assert answer(engine, "When does the pool open?") == "9 am"
    make_root(tmp_path, {"rules.md": RULES.replace("9 am", "11 am")})
    assert answer(engine, "When does the pool open?") == "11 am"
    engine.close()


def test_a_deleted_file_is_not_quoted(tmp_path: Path) -> None:
    """What a removed file said is neither an answer nor a nearest passage."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES, "minutes.txt": MINUTES}))
    (tmp_path / "seeds" / "rules.md").unlink()
    result = engine.ask("When does the pool open?")
    assert isinstance(result, NoAnswer)
    assert all(quote.source != "rules.md" for quote in result.nearest)
    engine.close()


def test_what_could_not_be_read_before_is_known(tmp_path: Path) -> None:
    """The second opening knows which files the index that it found did not hold; the first found none."""
    config = make_root(tmp_path, {"rules.md": RULES, "photo.jpg": b"x"})
    first = Engine.open(config)
    assert (first.problems_before, [problem.id for problem in first.problems()]) == ((), ["photo.jpg"])
    first.close()
    make_root(tmp_path, {"minutes.txt": MINUTES, "other.jpg": b"x"})
    second = Engine.open(config)
    assert [problem.id for problem in second.problems_before] == ["photo.jpg"]
    assert [problem.id for problem in second.problems()] == ["other.jpg", "photo.jpg"]
    second.close()


def test_a_stale_quote_is_dropped_when_the_index_cannot_be_updated(tmp_path: Path) -> None:
    """If a build is impossible at the moment, the bot says less, not what no file says any more."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    make_root(tmp_path, {"rules.md": RULES.replace("9 am", "11 am")})
    (tmp_path / "embeddings").rename(tmp_path / "away")
    (tmp_path / "embeddings").write_text("no folder")  # works as root too, whom a read-only folder would not stop
    result = engine.ask("When does the pool open?")
    assert isinstance(result, NoAnswer)
    engine.close()


def test_opening_twice_builds_once(tmp_path: Path) -> None:
    """The second opening finds everything as it was and says that nothing changed."""
    config = make_root(tmp_path, {"rules.md": RULES})
    first = Engine.open(config)
    assert first.last_report is not None
    assert first.last_report.added == ("rules.md",)
    second = Engine.open(config)
    assert second.last_report is None
    assert second.generation_id == first.generation_id
    first.close()
    second.close()


def test_another_engine_rebuilds(tmp_path: Path) -> None:
    """Vectors of two engines never mix: the index of one is replaced, not searched, by the other."""
    onnx = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    other = Engine.open(make_root(tmp_path, {}, '[encoder]\nengine = "sentence-transformers"\n'))
    assert other.last_report is not None
    assert other.last_report.chunks_embedded == 1
    assert other.generation_id != onnx.generation_id
    assert answer(other, "When does the pool open?") == "9 am"
    onnx.close()
    other.close()


def test_filters_restrict_what_is_searched(tmp_path: Path) -> None:
    """A source, a collection or a date leaves only what passes it; an unknown source leaves nothing."""
    files = {"rules.md": RULES, "club/minutes.txt": MINUTES, "club/old/rules.txt": RULES.replace("9 am", "7 am")}
    engine = Engine.open(make_root(tmp_path, files))
    question = "When does the pool open?"
    assert answer(engine, question, sources=frozenset({"rules.md"})) == "9 am"
    assert answer(engine, question, collections=frozenset({"club"})) == "7 am"
    assert answer(engine, "Who is the treasurer?", since="2021-05-04", until="2021-05-04") == "Maria Lopez"
    assert answer(engine, "Who is the treasurer?", until="2021-05-03") is None
    assert answer(engine, question, sources=frozenset({"nowhere.md"})) is None
    engine.close()


def test_candidates_are_what_is_read_for_a_question(tmp_path: Path) -> None:
    """Best first, misspelt or not, from what the filters leave; none for a question that would be refused unread."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES, "minutes.txt": MINUTES}))
    for question in ("Who is the treasurer?", "Who is the tresurer?"):
        assert engine.candidates(question, 3)[0].chunk.document_id == "minutes.txt"
    only = Filters(sources=frozenset({"rules.md"}))
    assert {one.chunk.document_id for one in engine.candidates("Who is the treasurer?", 3, filters=only)} == {
        "rules.md"
    }
    assert engine.candidates(" ", 3) == ()
    with pytest.raises(ValueError, match="k >= 1"):
        engine.candidates("Who is the treasurer?", 0)
    engine.close()


def test_which_documents_date(tmp_path: Path) -> None:
    """With several documents the question must name one; a name in the question or a source is enough."""
    files = {"minutes.txt": MINUTES, "notice.txt": "Date: 2022-01-02\n\nThe hall is closed.\n"}
    engine = Engine.open(make_root(tmp_path, files))
    result = engine.ask("When was this published?")
    assert isinstance(result, NoAnswer)
    assert result.reason == "ambiguous"
    assert answer(engine, "When were the minutes published?") == "2021-05-04"
    assert answer(engine, "When was this published?", sources=frozenset({"notice.txt"})) == "2022-01-02"
    engine.close()


def test_equal_answers_are_merged_and_different_ones_listed(tmp_path: Path) -> None:
    """Two files that agree give one answer with two quotes; one that differs is listed with its own."""
    files = {
        "a.txt": "In summer the pool opens at 9 am.\n",
        "b.txt": "On weekdays the pool opens at 9 am.\n",
        "c.txt": "The pool opens at 7 am.\n",
    }
    engine = Engine.open(make_root(tmp_path, files, "[answers]\nthreshold = 0.3\n"))
    result = engine.ask("When does the pool open?")
    assert isinstance(result, Answer)
    said = {result.text: {q.source for q in result.quotes}}
    said |= {other.text: {q.source for q in other.quotes} for other in result.others}
    assert said == {"9 am": {"a.txt", "b.txt"}, "7 am": {"c.txt"}}
    engine.close()


def test_a_pronoun_is_quoted_with_its_name(tmp_path: Path) -> None:
    """Who was elected is "She" in the sentence; the quote goes back to the one that names her."""
    engine = Engine.open(make_root(tmp_path, {"minutes.txt": MINUTES}, "[answers]\nthreshold = 0.0\n"))
    result = engine.ask("Who was elected by all members?")
    assert isinstance(result, Answer)
    assert "Maria Lopez" in result.quotes[0].text
    engine.close()


def test_a_threshold_of_zero_is_a_threshold(tmp_path: Path) -> None:
    """0.0 in the configuration is not mistaken for "not set": everything is answered."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}, "[answers]\nthreshold = 0.0\n"))
    assert answer(engine, "Who won the world cup at the pool?") is not None
    engine.close()


def test_an_unmounted_folder_is_no_empty_one(tmp_path: Path) -> None:
    """Without seeds/ there is an error with its remedy, not an index of nothing."""
    config = make_root(tmp_path, {})
    (tmp_path / "seeds").rmdir()
    with pytest.raises(ConfigError, match="seeds"):
        Engine.open(config)


def test_top_bounds_the_different_answers(tmp_path: Path) -> None:
    """With top=1 the best answer stands alone, with one quote; with top=2 there is one other."""
    files = {f"{hour}.txt": f"The pool opens at {hour} am.\n" for hour in (7, 8, 9)}
    engine = Engine.open(make_root(tmp_path, files, "[answers]\nthreshold = 0.1\n"))
    for top in (1, 2):
        result = engine.ask("When does the pool open?", top=top)
        assert isinstance(result, Answer)
        assert len(result.others) == top - 1
        assert len(result.quotes) == 1
    engine.close()


def test_filters_that_leave_nothing(tmp_path: Path) -> None:
    """Where no document passes the filters the reason is that there are none, not that none matches."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    result = engine.ask("When does the pool open?", filters=Filters(since="2020-01-01"))
    assert isinstance(result, NoAnswer)
    assert (result.reason, result.missing_terms) == ("empty_corpus", ())
    engine.close()


def test_a_damaged_index_is_repaired_and_said(tmp_path: Path) -> None:
    """Opening notices a flipped byte, builds again, and tells why."""
    config = make_root(tmp_path, {"rules.md": RULES})
    Engine.open(config).close()
    part = next((tmp_path / "embeddings" / "generations").glob("*/*-vectors.faiss"))
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    engine = Engine.open(config)
    assert isinstance(engine.last_repair, IndexDamaged)
    assert engine.last_report is not None
    assert answer(engine, "When does the pool open?") == "9 am"
    engine.close()


def test_an_update_that_fails_is_said_and_the_old_index_answers(tmp_path: Path) -> None:
    """Opening over changed seeds while another process builds keeps what there is, and tells why."""
    config = make_root(tmp_path, {"rules.md": RULES, "notes.txt": "Nothing.\n"})
    Engine.open(config).close()
    make_root(tmp_path, {"new.txt": "The vault code is 7391.\n"})
    with FileLock(tmp_path / "embeddings" / "build.lock"), patch("qabot.engine._WAIT_S", 0.1):
        engine = Engine.open(config)
    assert isinstance(engine.last_failure, IndexLocked)
    assert answer(engine, "When does the pool open?") == "9 am"
    engine.close()


def test_an_answer_that_cannot_be_taken_up_is_no_silence_of_the_documents(tmp_path: Path) -> None:
    """Where the file changed and the index cannot follow, the refusal says so, not that nothing is likely enough."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    make_root(tmp_path, {"rules.md": RULES.replace("9 am", "10 am")})
    with FileLock(tmp_path / "embeddings" / "build.lock"), patch("qabot.engine._WAIT_S", 0.1):
        refused = engine.ask("When does the pool open?")
    assert isinstance(refused, NoAnswer)
    assert (refused.reason, refused.nearest) == ("outdated", ())
    assert answer(engine, "When does the pool open?") == "10 am"
    engine.close()


def test_the_number_of_threads_changes_no_result(tmp_path: Path) -> None:
    """Read one at a time or three, some of them in vain: the same passages count, and every figure is equal."""
    files = {f"{i}.txt": f"The pool in district {i} opens at {i} am. Its keeper is Ann.\n" for i in range(1, 13)}
    config = make_root(tmp_path, files, "[answers]\nthreshold = 0.1\n")
    alone, three = Engine.open(config, threads=1), Engine.open(config, threads=3)
    for question in ("When does the pool in district 7 open?", "Who is the keeper?", "What does the sauna cost?"):
        one, other = alone.ask(question), three.ask(question)
        assert replace(one, elapsed_ms=0.0) == replace(other, elapsed_ms=0.0)
        assert one.notes == other.notes
    alone.close()
    three.close()


def test_many_threads_ask_while_seeds_change(tmp_path: Path) -> None:
    """Each answer is one that some version of the file gave, and its quote was checked when it was made."""
    engine = Engine.open(make_root(tmp_path, {"rules.md": RULES}))
    said: list[str | None] = []
    threads = [
        Thread(target=lambda: said.extend(answer(engine, "When does the pool open?") for _ in range(4)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for hour in (10, 11, 12):
        make_root(tmp_path, {"rules.md": RULES.replace("9 am", f"{hour} am")})
        engine.refresh()
    for thread in threads:
        thread.join()
    assert len(said) == 16
    assert set(said) <= {"9 am", "10 am", "11 am", "12 am", None}
    assert answer(engine, "When does the pool open?") == "12 am"
    engine.close()


def test_opening_reads_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an index that is up to date nothing under embeddings/ is written, if no file is too young to be trusted."""
    monkeypatch.setattr("qabot.index.changes._RACY_NS", 0)
    config = make_root(tmp_path, {"rules.md": RULES})
    Engine.open(config).close()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "embeddings").rglob("*")}
    engine = Engine.open(config)
    engine.ask("When does the pool open?")
    engine.close()
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "embeddings").rglob("*")} == before
    assert before
