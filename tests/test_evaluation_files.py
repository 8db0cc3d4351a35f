"""Both formats are read as they are written, and what is malformed is named by its place."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from qabot.datatypes import Span
from qabot.errors import UsageError
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.files import MAX_UNPACKED_BYTES, jsonl_dataset, squad_dataset, text_of
from qabot.incoming import MAX_BYTES

VILLAGE = Path(__file__).parent / "data/evaluation/village.json"


def squad(*qas: Any, context: Any = "The cat sat.", **changed: Any) -> str:
    """A file with one passage."""
    article = {"title": "Cats", "paragraphs": [{"context": context, "qas": list(qas)}]}
    return json.dumps({"version": "v2.0", "data": [{**article, **changed}]})


def qa(question: Any = "Who sat?", answers: Any = (), **more: Any) -> dict[str, Any]:
    """A question; answers as text and start."""
    golds = [{"text": text, "answer_start": start} for text, start in answers] if answers is not None else None
    return {"question": question, "answers": golds, **more}


def test_a_squad_file_is_read_whole() -> None:
    """Every passage once, every question with its article, passage and golds, each gold where the file says."""
    dataset = squad_dataset("village.json", VILLAGE.read_text(encoding="utf-8"))
    kinds = [question.answerable for question in dataset.questions]
    assert (len(dataset.passages), len(kinds), sum(kinds), dataset.articles) == (10, 30, 21, 3)
    assert (dataset.duplicate_ids, dataset.duplicate_questions, dataset.unplaced_golds) == (0, 0, 0)
    first = dataset.questions[0]
    assert (first.text, first.article, first.id) == (
        "When did the Harbour Library open?",
        "The Harbour Library",
        "v01",
    )
    for question in dataset.questions:
        for gold in question.golds:
            assert gold.span is not None
            assert gold.span.of(dataset.passages[str(question.source)]) == gold.text


def test_a_jsonl_file_is_read_line_by_line() -> None:
    """Blank lines and unknown keys are passed over, a source is optional, lines are numbered as an editor does."""
    lines = [
        '{"question": "Who?", "answers": ["Ann", "Ann B."], "source": "a.txt", "id": 7, "note": "x"}\r',
        "",
        '{"question": "Why?", "answers": null}',
    ]
    assert jsonl_dataset("q.jsonl", "\n".join(lines)).questions == (
        Question("Who?", (Gold("Ann"), Gold("Ann B.")), "line 1", id="7", source="a.txt"),
        Question("Why?", (), "line 3"),
    )


@pytest.mark.parametrize("answers", ["[]", "null", '[""]', '[" ", "the", "?"]'])
def test_an_empty_gold_is_none(answers: str) -> None:
    """No answer, an empty one, and one without a word make a question unanswerable, in both formats."""
    (question,) = jsonl_dataset("q", f'{{"question": "Who?", "answers": {answers}}}').questions
    assert not question.answerable
    spread = [(text, 0) for text in json.loads(answers) or []]
    (question,) = squad_dataset("q", squad(qa(answers=spread))).questions
    assert not question.answerable


def test_a_file_without_a_question_is_an_error() -> None:
    """An empty one, blank lines, an empty list of articles, a passage without questions: perhaps the file was lost."""
    for read, text in (
        (jsonl_dataset, ""), (jsonl_dataset, "\n \n"), (squad_dataset, '{"data": []}'), (squad_dataset, squad()),
    ):  # fmt: skip
        with pytest.raises(UsageError, match=r"^q holds no question\. Give the file that has them\.$"):
            read("q", text)


def test_duplicates_are_kept_and_counted() -> None:
    """Equal ids and equal wordings are questions of their own; equal passages are one document."""
    text = squad(qa(id="1"), qa("who  SAT?", id="1"), qa("Why?", id=2))
    doubled = json.loads(text)
    doubled["data"] *= 2
    dataset = squad_dataset("q", json.dumps(doubled))
    assert (len(dataset.questions), dataset.duplicate_ids, dataset.duplicate_questions) == (6, 4, 4)
    assert dataset.passages == {"000000.txt": "The cat sat."}


def test_a_gold_that_stands_elsewhere_has_no_place() -> None:
    """An offset that does not give the answer's text is not believed, and counted."""
    golds = [("cat", 4), ("cat", 5), ("cat", -8), ("cat", 400)]
    dataset = squad_dataset("q", squad(qa(answers=golds)))
    assert [gold.span for gold in dataset.questions[0].golds] == [Span(4, 7), None, None, None]
    assert dataset.unplaced_golds == 3


def test_answers_count_where_is_impossible_says_otherwise() -> None:
    """Both ways are counted; a question without it contradicts nothing."""
    said = [("cat", True), ("cat", False), ("", True), ("", False), ("cat", None), ("", None)]
    asked = [
        qa(answers=[(text, 4)] if text else [], **({} if no is None else {"is_impossible": no})) for text, no in said
    ]
    dataset = squad_dataset("q", squad(*asked))
    assert [question.answerable for question in dataset.questions] == [True, True, False, False, True, False]
    assert dataset.contradicted == 2


def test_half_characters_are_replaced_everywhere() -> None:
    """A lone surrogate, which no document can hold, is replaced in passage and gold alike, so offsets stay."""
    text = squad(qa("Who\ud800?", answers=[("c\ud800t", 4)]), context="The c\ud800t sat.")
    dataset = squad_dataset("q", text)
    assert dataset.questions[0].golds == (Gold("c\ufffdt", Span(4, 7)),)
    assert dataset.passages == {"000000.txt": "The c\ufffdt sat."}
    assert dataset.questions[0].text == "Who\ufffd?"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 2 is no JSON"),
        ("[" * 100_000, "line 2 is no JSON"),
        ('["Who?"]', "line 2 is no JSON object"),
        (f'{{"question": "Who?", "answers": [], "id": {"7" * 5_000}}}', "line 2 has a number with too many digits"),
        ('{"answers": []}', 'line 2: "question" must be a string'),
        ('{"question": " ", "answers": []}', 'line 2: "question" is empty'),
        ('{"question": "Who?"}', 'line 2: "answers" must be a list of strings, or null'),
        ('{"question": "Who?", "answers": "Ann"}', 'line 2: "answers" must be a list of strings, or null'),
        ('{"question": "Who?", "answers": [{"text": "Ann"}]}', 'line 2: "answers" must be a list of strings, or null'),
        ('{"question": "Who?", "answers": [], "source": 3}', 'line 2: "source" must be the name of a document'),
    ],
)
def test_a_malformed_line_is_named(line: str, problem: str) -> None:
    """The message says which line, what is wrong with it, and what a line must be."""
    with pytest.raises(UsageError) as refused:
        jsonl_dataset("q.jsonl", f'{{"question": "Who?", "answers": []}}\n{line}')
    assert str(refused.value).startswith(f"q.jsonl: {problem}. Each line must be an object like ")


def test_unknown_keys_are_counted() -> None:
    """Those of ours, and three for people, are known; the others stand with the number of their lines."""
    asked = '{"question": "Who?", "answers": [], "id": 1, "kind": "k", "part": "p", "title": "t", "note": 1'
    dataset = jsonl_dataset("q", f'{asked}}}\n{asked}, "by": "Ann", "\\ud800": 1}}')
    assert dataset.unknown_keys == {"note": 2, "by": 1, "\ufffd": 1}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("sources", "source"),
        ("Source", "source"),
        ("answer", "answers"),
        ("questions", "question"),
        ("anwsers", "answers"),
    ],
)
def test_a_misspelt_key_is_an_error(key: str, meant: str) -> None:
    """It would be passed over, and what it says with it; beside the right one it cannot be given that name as well."""
    row = {"question": "Who?", "answers": ["Ann"], "source": "a.txt", key: "x"}
    fault = f'"{key}" stands beside "{meant}", and one of them must go'
    with pytest.raises(UsageError, match=f"^q: line 1: {fault}. Each line must be an object like"):
        jsonl_dataset("q", json.dumps(row))
    del row[meant]
    with pytest.raises(UsageError, match=f'^q: line 1: "{key}" must be "{meant}". Each line must be an object like'):
        jsonl_dataset("q", json.dumps(row))


@pytest.mark.parametrize(
    ("key", "ours"), [("questionId", "question"), ("sourceID", "source"), ("answersId", "answers")]
)
def test_a_key_that_goes_on_is_another_one(key: str, ours: str) -> None:
    """Beside ours it is counted as any that is not known; instead of ours it is taken for it, and an error."""
    row = {"question": "Who?", "answers": ["Ann"], "source": "a.txt", key: "x"}
    assert jsonl_dataset("q", json.dumps(row)).unknown_keys == {key: 1}
    del row[ours]
    with pytest.raises(UsageError, match=f'"{key}" must be "{ours}"'):
        jsonl_dataset("q", json.dumps(row))


def test_a_key_that_stands_twice_is_an_error() -> None:
    """One of the two would be lost; in SQuAD format too."""
    with pytest.raises(UsageError, match=r'^q: line 1: "answers" stands twice in one object'):
        jsonl_dataset("q", '{"question": "Who?", "answers": ["Ann"], "answers": null}')
    with pytest.raises(UsageError, match='the file: "context" stands twice in one object'):
        squad_dataset("q", squad(qa()).replace('"context"', '"context": "A dog.", "context"'))


def test_all_malformed_lines_are_named() -> None:
    """The first with its fault, five more by their numbers, the rest as a count."""
    with pytest.raises(UsageError, match=r"^q: line 1 is no JSON \(line 3 cannot be used either\)\."):
        jsonl_dataset("q", "{\n\n{")
    many = r"^q: line 1 is no JSON \(lines 2, 3, 4, 5, 6 and 2 more cannot be used either\)\."
    with pytest.raises(UsageError, match=many):
        jsonl_dataset("q", "{\n" * 8)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{}\n{}", "the file is no JSON"),
        ("[]", "the file is no JSON object"),
        ("{}", 'the file: "data" must be a list'),
        ('{"data": [1]}', 'data[0]: "paragraphs" must be a list'),
        (squad(paragraphs=None), 'data[0]: "paragraphs" must be a list'),
        (squad(context=3), 'data[0].paragraphs[0]: "context" must be a string'),
        (squad(7), 'data[0].paragraphs[0].qas[0]: "question" must be a string'),
        (squad(qa(), qa(answers=None)), 'data[0].paragraphs[0].qas[1]: "answers" must be a list'),
        (squad(qa(answers=[(3, 0)])), 'data[0].paragraphs[0].qas[0].answers[0]: "text" must be a string'),
        (squad(qa(answers=[("c", True)])), 'qas[0].answers[0]: "answer_start" must be a whole number'),
    ],
)
def test_what_is_not_squad_is_named(text: str, problem: str) -> None:
    """The message says where the file departs from the format, and which format is for which mode."""
    with pytest.raises(UsageError) as refused:
        squad_dataset("q.json", text)
    assert str(refused.value).startswith("q.json is not in SQuAD format: ")
    assert problem in str(refused.value)
    assert str(refused.value).endswith("--given and --open need SQuAD-format JSON; JSONL is evaluated without either.")


def test_gzip_is_unpacked_whatever_it_is_called() -> None:
    """Packed or not, with a byte-order mark or not, the text is the same."""
    for raw in (b"abc", b"\xef\xbb\xbfabc", gzip.compress(b"abc"), gzip.compress(b"\xef\xbb\xbfabc")):
        assert text_of("q", raw) == "abc"


def test_utf_16_with_its_mark_is_read() -> None:
    """As for documents, in either order of bytes, packed or not."""
    for raw in (b"\xff\xfea\x00\xe9\x00", b"\xfe\xff\x00a\x00\xe9"):
        assert text_of("q", raw) == text_of("q", gzip.compress(raw)) == "a\xe9"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (gzip.compress(b"abc" * 99)[:-9], "q cannot be unpacked: "),
        (b"\x1f\x8bnot really", "q cannot be unpacked: "),
        (b"abc\xff", "q is no UTF-8: invalid start byte at byte 3."),
        (b"\xff\xfea", "q is no UTF-16: truncated data at byte "),
    ],
)
def test_unreadable_bytes_are_named(raw: bytes, problem: str) -> None:
    """A torn or false gzip and another encoding are errors with remedies."""
    with pytest.raises(UsageError) as refused:
        text_of("q", raw)
    assert str(refused.value).startswith(problem)


def test_a_packed_file_may_hold_as_much_as_another_one() -> None:
    """300 MB of zeros, packed to 300 kB, would take all the memory that there is."""
    assert MAX_UNPACKED_BYTES == MAX_BYTES


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks to more than the limit is refused."""
    monkeypatch.setattr("qabot.evaluation.files.MAX_UNPACKED_BYTES", 1_000)
    assert len(text_of("q", gzip.compress(b"a" * 1_000))) == 1_000
    with pytest.raises(UsageError, match="q unpacks to more than 1,000 bytes"):
        text_of("q", gzip.compress(b"a" * 1_001))


def test_a_sample_is_the_same_each_time_and_in_order() -> None:
    """A limit draws that many questions, not the first ones, keeps their order and every passage."""
    dataset = squad_dataset("village.json", VILLAGE.read_text(encoding="utf-8"))
    sample = dataset.sampled(8)
    assert sample == dataset.sampled(8)
    places = [dataset.questions.index(question) for question in sample.questions]
    assert places == sorted(set(places))
    assert (len(places), places != list(range(8)), len(sample.passages)) == (8, True, 10)
    assert dataset.sampled(30) == dataset.sampled(None) == dataset.sampled(31) == dataset
