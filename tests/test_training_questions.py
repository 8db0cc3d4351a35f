"""What was written for training is fit for it: no leg stops hours later over a line of it."""

import json
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

TRAINING = Path(__file__).parent.parent / "training"
QUESTIONS = TRAINING / "questions"


@pytest.mark.parametrize(
    "pattern", [f"{name}community_*.jsonl" for name in ("", "hard_", "eighth_", "ninth_", "tenth_", "eleventh_")]
)
def test_worlds_have_several_passages(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question is put to another passage of its world, so there must be one; no passage belongs to two worlds.

    That each answer stands in its passage is checked by what reads the files.
    """
    monkeypatch.syspath_prepend(str(TRAINING))
    worlds, passages = defaultdict(set), defaultdict(set)
    for one in import_module("reader_authored").community(pattern):
        worlds[one.world].add(one.passage)
        passages[one.passage].add(one.world)
    assert worlds
    assert all(len(members) > 1 for members in worlds.values())
    assert all(len(of) == 1 for of in passages.values())


def test_no_two_worlds_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worlds of all files are drawn from together."""
    monkeypatch.syspath_prepend(str(TRAINING))
    written = import_module("reader_authored").community
    legs = ("eighth", "ninth", "tenth", "eleventh")
    names = [{one.world for one in written(f"{leg}_community_*.jsonl")} for leg in legs]
    assert all(names)
    assert len(set.union(*names)) == sum(map(len, names))


def test_contested_questions_name_their_paragraphs() -> None:
    """By twelve hexadecimal digits each, never the own one, the most convincing first, within the recipe's bounds."""
    lines = [line for path in QUESTIONS.glob("retrieved_*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert lines
    for record in map(json.loads, lines):
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in [record["passage"], *record["others"]])
        assert 1 <= len(record["others"]) == len(set(record["others"])) == len(record["behind"]) <= 3
        assert record["passage"] not in record["others"]
        assert record["behind"] == sorted(record["behind"])
        assert -6 <= record["behind"][0] <= record["behind"][-1] <= 6


def test_competitors_that_win_clearly_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of them answer in other words; a question of which nothing is left is left out, too."""
    monkeypatch.syspath_prepend(str(TRAINING))
    authored = import_module("reader_authored")
    monkeypatch.setattr(authored, "FOLDER", tmp_path)
    records = [
        {"passage": "a", "of": 0, "others": ["b", "c"], "behind": [-1.5, -0.5]},
        {"passage": "a", "of": 1, "others": ["b"], "behind": [-2.0]},
        {"passage": "a", "of": 0, "others": ["d"], "behind": [2.0]},
    ]
    (tmp_path / "retrieved_1.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    assert authored.retrieved() == [authored.Retrieved("a", 0, ("d",))]


def test_tempting_questions_name_their_paragraphs() -> None:
    """As contested ones do; the surest first, none below the recipe's bound."""
    lines = [line for path in QUESTIONS.glob("tempting_*.jsonl") for line in path.read_text("utf-8").splitlines()]
    assert lines
    for record in map(json.loads, lines):
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in (record["passage"], record["asked"]))
        assert all(len(key) == 12 and int(key, 16) >= 0 for key in record["others"])
        assert 1 <= len(record["others"]) == len(set(record["others"])) == len(record["margins"]) <= 3
        assert record["passage"] not in record["others"]
        assert record["margins"] == sorted(record["margins"], reverse=True)
        assert record["margins"][-1] >= -6


def test_paragraphs_that_seem_too_sure_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many of them do answer; a question of which nothing is left is left out, too."""
    monkeypatch.syspath_prepend(str(TRAINING))
    authored = import_module("reader_authored")
    monkeypatch.setattr(authored, "FOLDER", tmp_path)
    records = [
        {"passage": "a", "asked": "p", "others": ["b", "c"], "margins": [2.5, 1.5]},
        {"passage": "a", "asked": "q", "others": ["b"], "margins": [2.0]},
    ]
    (tmp_path / "tempting_1.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    assert authored.tempting() == [authored.Tempting("a", "p", ("c",))]


def test_questions_about_squad_name_their_paragraph() -> None:
    """Each by twelve hexadecimal digits; a changed question says of which one and where."""
    lines = [line for path in QUESTIONS.glob("*squad1_*.jsonl") for line in path.read_text("utf-8").splitlines()]
    records = [json.loads(line) for line in lines]
    assert records
    for record in records:
        assert len(record["passage"]) == 12
        assert int(record["passage"], 16) >= 0
        for question in [*record["unanswerable"], *(one for one, _ in record["answerable"])]:
            assert isinstance(question, str) or (question["of"] >= 0 and question["changed"])
