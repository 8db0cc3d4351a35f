"""What was written for training is fit for it: no leg stops hours later over a line of it."""

import json
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

TRAINING = Path(__file__).parent.parent / "training"
QUESTIONS = TRAINING / "questions"


@pytest.mark.parametrize(
    "pattern", ["community_*.jsonl", "hard_community_*.jsonl", "eighth_community_*.jsonl", "ninth_community_*.jsonl"]
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
