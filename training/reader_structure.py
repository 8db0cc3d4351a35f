"""Passages that are not prose: lists, numbered rules, `key: value` lines, table rows, questions and answers.

Made from SQuAD paragraphs and their own questions, so that structure is not foreign to the reader. Knows no files.
Each maker returns (passage, start, end) with `passage[start:end]` the answer, or None where it does not fit.
"""

import re
from random import Random

from reader_questions import FUNCTION_WORDS, QUESTION_WORDS

SENTENCE_END = re.compile(r"(?<=[.!?])[\"”')\]]*\s+(?=[\"“'(\[]?[A-Z0-9])")
ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|No|vs|etc|e\.g|i\.e|Prof|Gen|Col|Sen|Jr|Sr|c|ca|U\.S)\.$")
HEADINGS = (
    "Overview", "History", "Notes", "Details", "General", "Rules", "What to know", "Summary", "Facts", "Background",
    "Questions", "Key points", "At a glance", "Information", "Section 2", "Introduction", "Agenda", "Minutes",
    "Options",
)  # fmt: skip
ROW_FORMS = (
    "{k}: {v}", "- {k}: {v}", "| {k} | {v} |", "**{k}**: {v}", "{k}\t{v}", "- {k} \u2013 {v}", "Q: {q}\nA: {v}",
    "{k} = {v}",
)  # fmt: skip
BULLETS = ("- ", "* ", "• ", "  - ", "+ ")


def sentence_bounds(text: str) -> list[tuple[int, int]]:
    """Rough sentence spans of `text`, good enough to cut training passages; they cover all that is not white space."""
    bounds, start = [], 0
    for match in SENTENCE_END.finditer(text):
        if ABBREVIATED.search(text[start : match.start()]):
            continue
        bounds.append((start, match.start() + len(match.group().rstrip())))
        start = match.end()
    bounds.append((start, len(text.rstrip())))
    return [(a, b) for a, b in bounds if b > a]


def context_line(title: str, rng: Random) -> str:
    """The line that stands before a chunk: the title, or title and heading, with its line end."""
    name = title.replace("_", " ")
    if rng.random() < 0.2:
        name = name.lower().replace(" ", "-") + rng.choice((".md", ".txt", ""))
    return f"{name} \u203a {rng.choice(HEADINGS)}\n" if rng.random() < 0.6 else f"{name}\n"


def as_list(passage: str, start: int, end: int, title: str, rng: Random) -> tuple[str, int, int] | None:
    """The sentences around the answer as bullets or numbered points, under a heading or none.

    `start == end` marks a passage without answer.
    """
    bounds = sentence_bounds(passage)
    if len(bounds) < 2 or (end > start and not any(a <= start and end <= b for a, b in bounds)):
        return None
    numbered = rng.random() < 0.4
    bullet, stop, gap = rng.choice(BULLETS), rng.choice((". ", ") ")), rng.choice(("\n", "\n", "\n\n"))
    out, new_start = _heading(title, rng) if rng.random() < 0.6 else "", -1
    first = rng.choice((1, 1, 1, 3, 7))
    for number, (a, b) in enumerate(bounds, first):
        out += f"{number}{stop}" if numbered else bullet
        if end > start and a <= start and end <= b:
            new_start = len(out) + start - a
        out += passage[a:b] + gap
    return (out.rstrip(), new_start, new_start + end - start) if end > start else (out.rstrip(), 0, 0)


def _heading(title: str, rng: Random) -> str:
    name = rng.choice((title.replace("_", " "), *rng.sample(HEADINGS, 2)))
    return rng.choice(("# {}\n\n", "## {}\n", "{}\n----\n", "{}:\n", "**{}**\n\n")).format(name)


def row_key(question: str, rng: Random) -> str:
    """What a table would call this question: some of its words without the asking ("Year earthquake occur")."""
    words = [w for w in re.findall(r"[\w'\u2019.-]+", question) if w.lower() not in FUNCTION_WORDS | QUESTION_WORDS]
    kept = sorted(rng.sample(range(len(words)), min(len(words), rng.randint(2, 6))))
    key = " ".join(words[i] for i in kept).rstrip(".?")
    return key[:1].upper() + key[1:]


def as_rows(pairs: list[tuple[str, str]], asked: int | None, title: str, rng: Random) -> tuple[str, int, int] | None:
    """(question, answer) pairs as `key: value` lines, table rows or questions and answers; row `asked` answers.

    `asked=None` leaves no answer: the row asked for was left out by the caller.
    """
    if len(pairs) < 2 or any(len(answer) > 120 or "\n" in answer for _, answer in pairs):
        return None
    form = rng.choice(ROW_FORMS)
    out = _heading(title, rng) if rng.random() < 0.5 else ""
    if form.startswith("|") and rng.random() < 0.7:
        out += "| Item | Value |\n|---|---|\n"
    start = end = 0
    for i, (question, answer) in enumerate(pairs):
        before, after = form.format(k=row_key(question, rng), q=question, v="\0").split("\0")
        out += before
        if i == asked:
            start, end = len(out), len(out) + len(answer)
        out += answer + after + "\n"
    return out.rstrip(), start, end
