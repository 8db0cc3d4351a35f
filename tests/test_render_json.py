"""The JSON contract of a result, schema 1."""

import json
from typing import Any

import pytest
from results import FULL_ANSWER, HOSTILE, answer, no_answer, quote

from qabot.datatypes import Answer, NoAnswer
from qabot.render import as_json, json_line

QUOTE_TYPES: dict[str, Any] = {
    "text": str,
    "source": str,
    "start": int,
    "end": int,
    "answer_start": int | None,
    "answer_end": int | None,
    "line_start": int | None,
    "line_end": int | None,
    "page": int | None,
    "heading": str | None,
    "date": str | None,
    "encoding": str | None,
    "extractor": str,
    "sha256": str,
    "text_sha256": str,
}
RESULT_TYPES: dict[str, Any] = {
    "schema": int,
    "question": str,
    "question_understood": str | None,
    "status": str,
    "answer": str | None,
    "confidence": float,
    "quotes": list,
    "others": list,
    "reason": str | None,
    "missing_terms": list,
    "nearest": list,
    "generation": str,
    "elapsed_ms": float,
}


def check_types(data: dict[str, Any], types: dict[str, Any]) -> None:
    """The keys of the contract, all of them, in its order, with values of its types."""
    assert list(data) == list(types)
    for key, kind in types.items():
        assert isinstance(data[key], kind), key
        assert not isinstance(data[key], bool), key


@pytest.mark.parametrize("result", [FULL_ANSWER, answer(), no_answer(missing_terms=("zebra",)), no_answer("greeting")])
def test_json_has_every_key_of_the_contract_in_order(result: Answer | NoAnswer) -> None:
    """Answers and refusals have the same keys, in the contract's order and of its types, quotes too."""
    data = json.loads(json_line(as_json(result)))
    check_types(data, RESULT_TYPES)
    assert data["schema"] == 1
    for one in [*data["quotes"], *data["nearest"]]:
        check_types(one, QUOTE_TYPES)
    for other in data["others"]:
        check_types(other, {"answer": str, "confidence": float, "quotes": list})
        for one in other["quotes"]:
            check_types(one, QUOTE_TYPES)


def test_json_of_an_answer_says_what_the_answer_says() -> None:
    """An answered result carries its words, spans and others, and nothing of a refusal."""
    data = as_json(FULL_ANSWER)
    assert (data["status"], data["answer"], data["reason"]) == ("answered", "More than 953", None)
    assert (data["missing_terms"], data["nearest"]) == ([], [])
    assert [one["source"] for one in data["quotes"]] == ["a.txt", "b.txt"]
    first = data["quotes"][0]
    assert (
        first["text"][first["answer_start"] - first["start"] : first["answer_end"] - first["start"]] == data["answer"]
    )
    assert [(o["answer"], o["confidence"], o["quotes"][0]["source"]) for o in data["others"]] == [
        ("977", 0.35, "c.txt")
    ]
    assert data["question_understood"] == "How many civilians?"


def test_json_of_a_cut_quote_is_as_long_as_its_span() -> None:
    """That a sentence was cut is for people: the JSON has no mark in the words, and no key beyond the contract."""
    whole, cut = as_json(answer()), as_json(answer(quote(cut_start=True, cut_end=True)))
    assert cut == whole


def test_json_of_a_refusal_says_why() -> None:
    """A refusal carries its reason, missing terms and nearest passages without an answer's place."""
    data = as_json(no_answer(missing_terms=("zebra",)))
    assert (data["status"], data["answer"], data["quotes"], data["others"]) == ("no_answer", None, [], [])
    assert (data["reason"], data["missing_terms"], data["confidence"]) == ("below_threshold", ["zebra"], 0.12)
    assert data["nearest"][0]["answer_start"] is None
    assert data["nearest"][0]["answer_end"] is None


def test_json_is_one_line_and_carries_hostile_text_verbatim() -> None:
    """Whatever a document holds, the object is one line, safe to print, and parses back to the same text."""
    line = json_line(as_json(answer(quote(HOSTILE, (0, 1), heading=HOSTILE))))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["quotes"][0]["text"] == HOSTILE
    assert json.loads(line)["quotes"][0]["heading"] == HOSTILE
    assert not set(line) & set("\x1b\x9b\x07\x7f\u202e\u2066")
    assert "\u20ac" in line  # readable where that is harmless
    line.encode("utf-8")


def test_json_refuses_numbers_that_are_not_finite() -> None:
    """NaN is no JSON and must not be printed as if it were."""
    with pytest.raises(ValueError, match="JSON"):
        json_line({"elapsed_ms": float("nan")})
