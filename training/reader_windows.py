"""Examples as the reader takes them: `[CLS] question [SEP] window [SEP]`, the same form as in qabot/reader.py.

Knows tokens and offsets; knows nothing of where examples come from, or of tensors.
"""

from dataclasses import dataclass, replace
from random import Random

from reader_data import Example
from tokenizers import Tokenizer

MAX_TOKENS = 192
QUESTION_TOKENS = 40
OVERLAP_TOKENS = 64
MAX_ANSWER_TOKENS = 30


@dataclass(frozen=True, slots=True)
class Encoded:
    """One window: ids, where its passage begins, and the token positions of the answer (0, 0: no answer).

    `others`: windows of passages that compete for the same question.
    """

    ids: list[int]
    passage_at: int
    start: int
    end: int
    others: tuple["Encoded", ...] = ()

    @property
    def windows(self) -> tuple["Encoded", ...]:
        """Its own window, then the competing ones."""
        return (self, *self.others)

    @property
    def width(self) -> int:
        """The tokens of its longest window."""
        return max(len(window.ids) for window in self.windows)


def windows(tokenizer: Tokenizer, question: str, passage: str) -> list[tuple[list[int], int, list[tuple[int, int]]]]:
    """All windows of a passage: (ids, position of its first token, code point offsets of its tokens)."""
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    asked = tokenizer.encode(question, add_special_tokens=False).ids[:QUESTION_TOKENS]
    read = tokenizer.encode(passage, add_special_tokens=False)
    room = MAX_TOKENS - 3 - len(asked)
    found = []
    for at in range(0, max(1, len(read.ids) - OVERLAP_TOKENS), room - OVERLAP_TOKENS):
        ids = [cls, *asked, sep, *read.ids[at : at + room], sep]
        found.append((ids, len(asked) + 2, read.offsets[at : at + room]))
    return found


def encoded(tokenizer: Tokenizer, example: Example, rng: Random, *, wrong_window_share: float) -> Encoded | None:
    """One window that holds the answer, now and then one that does not; None where the answer was cut through.

    Beside competing passages it always holds the answer, if there is one.
    """
    holding, lacking = [], []
    for ids, at, offsets in windows(tokenizer, example.question, example.passage):
        inside = [i for i, (a, b) in enumerate(offsets) if a < example.end and example.start < b]
        if not inside:
            lacking.append(Encoded(ids, at, 0, 0))
        elif offsets[inside[0]][0] <= example.start and offsets[inside[-1]][1] >= example.end:
            holding.append(Encoded(ids, at, at + inside[0], at + inside[-1]))
    if example.others:
        if example.end and not holding:
            return None
        others = tuple(_nearest_window(tokenizer, example.question, passage) for passage in example.others)
        own = rng.choice(holding) if holding else _nearest_window(tokenizer, example.question, example.passage)
        return replace(own, others=others)
    if holding and not (lacking and rng.random() < wrong_window_share):
        return rng.choice(holding)
    return rng.choice(lacking) if lacking else None


def _nearest_window(tokenizer: Tokenizer, question: str, passage: str) -> Encoded:
    """The window that shares most tokens with the question."""
    found = windows(tokenizer, question, passage)
    ids, at, _ = max(found, key=lambda window: len({*window[0][: window[1]]} & {*window[0][window[1] :]}))
    return Encoded(ids, at, 0, 0)


def batches(examples: list[Encoded], rng: Random, *, batch_tokens: int) -> list[list[Encoded]]:
    """Batches of like length, at most `batch_tokens` with padding, in random order."""
    batch: list[Encoded] = []
    made = []
    for example in sorted(examples, key=lambda e: e.width):
        if batch and sum(len(e.windows) for e in (*batch, example)) * example.width > batch_tokens:
            made.append(batch)
            batch = []
        batch.append(example)
    rng.shuffle(made)
    return made  # the last, longest batch is not full: a few examples are let go rather than trained on in a tiny batch


def parts(batch: list[Encoded], count: int) -> list[list[Encoded]]:
    """The batch in at most `count` parts of about as many windows each."""
    made: list[list[Encoded]] = [[] for _ in range(count)]
    for example in sorted(batch, key=lambda e: -len(e.windows)):
        min(made, key=lambda part: sum(len(e.windows) for e in part)).append(example)
    return [part for part in made if part]
