"""Two documents, a real answer about them, and what `qabot verify` says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qabot.config import SeedsConfig
from qabot.datatypes import Answer, Quote, Span
from qabot.documents import read_document
from qabot.quotes import make_quote
from qabot.render import as_json
from qabot.sentences import sentence_spans
from qabot.verification import CheckedAnswer, Verdict, check_answers

TEXT = "# Pool\n\nThe pool opens at 7 in the morning. Dogs stay outside.\n\nSwimming costs 5 euros. It is heated.\n"
OPENS = "The pool opens at 7 in the morning."
FILES: dict[str, str | bytes] = {"pool.md": TEXT, "park.txt": "The park never closes."}


def quote_of(root: Path, source: str, words: str) -> Quote:
    """The real quote of the sentence ``words`` in a file; its first word is the answer."""
    document = read_document(root / "seeds", source, max_bytes=10**7)
    start = document.text.index(words)
    answer = Span(start, start + len(words.split(maxsplit=1)[0]))
    return make_quote(document, sentence_spans(document), answer)


def answer_of(*quotes: Quote) -> dict[str, Any]:
    """The JSON of an answer with these quotes."""
    return dict(as_json(Answer("When?", str(quotes[0].answer_text), 0.9, quotes, "g1", 1.0)))


def verdicts(root: Path, *answers: dict[str, Any]) -> list[Verdict]:
    """The verdicts of answers that are all well-formed."""
    found = checked(root, *answers)
    assert [answer.error for answer in found] == [None] * len(answers)
    return [verdict for answer in found for verdict in answer.verdicts]


def checked(root: Path, *answers: Any) -> list[CheckedAnswer]:
    """What is said of answers, one a line."""
    raw = "\n".join(json.dumps(answer) for answer in answers).encode()
    return check_answers(raw, root / "seeds", SeedsConfig())


def write(root: Path, name: str, text: str) -> None:
    """Give a file other content, its line ends as they are in ``text``."""
    (root / "seeds" / name).write_bytes(text.encode())


def changed_answer(asked: dict[str, Any], **values: Any) -> dict[str, Any]:
    """The answer with other values in its first quote."""
    return {**asked, "quotes": [{**asked["quotes"][0], **values}]}
