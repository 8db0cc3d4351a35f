"""Training questions written one by one: about passages of our own, and near misses about SQuAD 1.1 paragraphs.

A language model wrote them; that answers stand in their passages is checked, that near misses have none is not.

`training/questions/community_*.jsonl`: one passage a line with title, heading, kind and `questions`, pairs of question
and verbatim answer (null: the passage does not say it). `training/questions/near_misses_*.jsonl`: `passage`, the first
12 hexadecimal digits of the SHA-256 of a paragraph of squad-train-v1.1, and `questions` that it does not answer.
`training/questions/paraphrases_*.jsonl`: the same, with pairs of question and verbatim answer.
`hard_community_*.jsonl`: as the first. `hard_squad1_*.jsonl`: `passage`, `unanswerable` and `answerable` (pairs).
Up to hard_community_09 and hard_squad1_23 they were written while the fifth leg's reader was asked, to find what it
gets wrong; hard_community_12 to _15 and hard_squad1_45, _46, _51 and _54 while the sixth's was; the others without.
Where a question of hard_squad1 is one of SQuAD's with some words changed, only the change is kept: `of` (the number of
the paragraph's question) and `changed` (first word, word after the last, new words). `eighth_*.jsonl`: the same two
sorts, written without any reader for the eighth leg; passages of one `set` are of one world and each answers its own
questions only. `ninth_*.jsonl`: the same for the ninth; its worlds tempt to answers from another of their passages.
`tenth_*.jsonl`, `eleventh_*.jsonl`: the same again for the next two.
`retrieved_*.jsonl`: what retrieve_others.py writes. `tempting_*.jsonl`: what retrieve_tempting.py writes.
`guessed_*.jsonl`: what guess_spans.py writes.

Knows these files; knows nothing of tensors, and of the other sources only their paragraphs.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).parent / "questions"
CLEARLY = -1.0  # logits
TOO_SURE = 2.0  # logits
HOPELESS = -4.0  # logits; of the spans below it one in forty is right
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about the paragraph with this key; `answer` None: the paragraph does not say it."""

    key: str
    question: str | dict[str, Any]
    answer: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """One question about one passage; `answer` None: the passage does not say it."""

    question: str
    answer: str | None
    passage: str
    title: str
    heading: str
    world: str  # that passages share, each of which answers its own questions only; "" if it has none


@dataclass(frozen=True, slots=True)
class Retrieved:
    """A question of SQuAD 1.1, by its paragraph's key and its number there, and the paragraphs that compete with it."""

    key: str
    of: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tempting:
    """An unanswerable question, by the keys of its paragraph and of its words, and other paragraphs that tempt."""

    key: str
    asked: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guessed:
    """A span of a passage that a reader would answer a question with, by the keys of both."""

    asked: str
    passage: str
    start: int
    end: int
    margin: float  # above "no answer", in logits


def community(pattern: str = "community_*.jsonl") -> list[Written]:
    """All questions about passages of our own.

    Raises:
        ValueError: if an answer does not stand in its passage.
    """
    found = []
    for record in _records(pattern):
        passage, title, heading = record["passage"], record["title"], record["heading"]
        for question, answer in record["questions"]:
            if answer is not None and answer not in passage:
                raise ValueError(f"{answer!r} does not stand in the passage of {title!r}")
            found.append(Written(question, answer, passage, title, heading, record.get("set", "")))
    return found


def about_squad1() -> list[Asked]:
    """What was written about paragraphs of squad-train-v1.1 from their text alone."""
    missed = [Asked(r["passage"], q, None) for r in _records("near_misses_*.jsonl") for q in r["questions"]]
    return missed + [Asked(r["passage"], q, a) for r in _records("paraphrases_*.jsonl") for q, a in r["questions"]]


def contrasts_about_squad1(pattern: str) -> list[Asked]:
    """Unanswerable and answerable questions about paragraphs of squad-train-v1.1, of the files of this name."""
    found = []
    for record in _records(pattern):
        found += [Asked(record["passage"], question, None) for question in record["unanswerable"]]
        found += [Asked(record["passage"], question, answer) for question, answer in record["answerable"]]
    return found


def retrieved() -> list[Retrieved]:
    """The questions whose paragraph had competitors, without those that win clearly: a quarter of them do answer."""
    found = {}
    for record in _records("retrieved_*.jsonl"):
        behind = zip(record["others"], record["behind"], strict=True)
        others = tuple(key for key, logits in behind if logits > CLEARLY)
        if others:
            found[record["passage"], record["of"]] = Retrieved(record["passage"], record["of"], others)
    return list(found.values())


def tempting() -> list[Tempting]:
    """The questions that other paragraphs seem to answer, without those in which too much is found."""
    found = []
    for record in _records("tempting_*.jsonl"):
        above = zip(record["others"], record["margins"], strict=True)
        others = tuple(key for key, logits in above if logits < TOO_SURE)
        if others:
            found.append(Tempting(record["passage"], record["asked"], others))
    return found


def guessed() -> list[Guessed]:
    """The spans that a reader would answer with, without those that it holds for hopeless."""
    return [
        Guessed(record["asked"], record["passage"], start, end, margin)
        for record in _records("guessed_*.jsonl")
        for start, end, margin in record["spans"]
        if margin >= HOPELESS
    ]


def in_words(question: str | dict[str, Any], asked: list[str]) -> str:
    """A question as it was written; one that is kept as a change is made from the paragraph's own questions."""
    if isinstance(question, str):
        return question
    words = asked[question["of"]].split(" ")
    for first, after, new in reversed(question["changed"]):
        words[first:after] = [new] if new else []
    return " ".join(words)


def key_of(text: str) -> str:
    """The key of a paragraph, or of a question's words."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _records(pattern: str) -> list[dict]:
    return [
        json.loads(line)
        for path in sorted(FOLDER.glob(pattern))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]


def as_shown(written: Written, rng: Random) -> tuple[str, int, int]:
    """(passage, start, end): as a chunk shows it, sometimes with its context line, sometimes without some lines.

    Now and then the line that answers is left out; then, and for a question without answer, start == end == 0.
    """
    lines = written.passage.splitlines(keepends=True)
    answer_at = written.passage.find(written.answer) if written.answer else -1
    held = _lines_of(lines, answer_at, len(written.answer or ""))
    kept = list(range(len(lines)))
    answer = written.answer
    if len(lines) > 3 and rng.random() < 0.5:
        kept = [i for i in kept if i in held or i == 0 or rng.random() < 0.75]
    if held and len(kept) > len(held) + 1 and rng.random() < 0.12:
        rest = "".join(lines[i] for i in kept if i not in held)
        if answer and answer.lower() not in rest.lower():
            kept, answer = [i for i in kept if i not in held], None
    passage = "".join(lines[i] for i in kept).rstrip()
    before = _context_line(written, rng)
    if answer is None:
        return before + passage, 0, 0
    at = len(before) + passage.index(answer)
    return before + passage, at, at + len(answer)


def _lines_of(lines: list[str], start: int, length: int) -> set[int]:
    """The numbers of the lines that share a character with `[start, start + length)`."""
    held, at = set(), 0
    for number, line in enumerate(lines):
        if start >= 0 and at < start + length and start < at + len(line):
            held.add(number)
        at += len(line)
    return held


def _context_line(written: Written, rng: Random) -> str:
    line = title_line(written)
    return line + "\n" if line and rng.random() < 0.7 else ""


def title_line(written: Written) -> str:
    """Title and heading of its passage, as chunks have them."""
    return " \u203a ".join(part for part in (written.title, written.heading) if part)


def nearest_other(question: str, own: str, passages: list[str], rng: Random) -> str:
    """Another passage that shares words with the question, out of a sample."""
    return by_shared_words(question, [p for p in rng.sample(passages, min(60, len(passages))) if p != own])[0]


def by_shared_words(question: str, passages: list[str]) -> list[str]:
    """The passages, those first that share most words with the question."""
    asked = set(_WORD.findall(question.lower()))
    return sorted(passages, key=lambda p: -len(asked & set(_WORD.findall(p.lower()))))
