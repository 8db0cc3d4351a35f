"""Spans that a reader would answer with, right or wrong, as examples: what they stand in is read again, as it stands.

Knows what guess_spans.py found and which answers are known; knows nothing of how often anything is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from reader_authored import TOO_SURE, Guessed, key_of
from reader_questions import content_words
from reader_structure import sentence_bounds

if TYPE_CHECKING:
    from reader_data import Example

COMMUNITY, SQUAD1 = "guessed/community", "guessed/squad1"
WHOLE_SHARE = 0.3  # of the passages: shown whole
LINE_SHARE = 0.7  # of our own passages: shown with title and heading in front


@dataclass(frozen=True, slots=True)
class Guess:
    """A question about a passage, and a span of it that a reader would answer with."""

    example: Example
    start: int
    end: int

    def shown(self, rng: Random) -> Example:
        """The sentence of the span and the two beside it, or the whole passage; the answer, if it is there.

        No answer is cut through, and none is left out whose words stand in what is shown.
        """
        passage, start, end = self.example.passage, self.example.start, self.example.end
        before = f"{self.example.title}\n" if self.example.kind == COMMUNITY and rng.random() < LINE_SHARE else ""
        first, after = (0, len(passage)) if rng.random() < WHOLE_SHARE else self._window()
        answered = start < min(after, end) and first < end
        if answered:
            first, after = min(first, start), max(after, end)
        elif start < end and passage[start:end].lower() in passage[first:after].lower():
            first, after, answered = 0, len(passage), True
        shift = len(before) - first
        start, end = (start + shift, end + shift) if answered else (0, 0)
        return replace(self.example, passage=before + passage[first:after], start=start, end=end)

    def _window(self) -> tuple[int, int]:
        bounds = sentence_bounds(self.example.passage)
        holding = [i for i, (a, b) in enumerate(bounds) if a < self.end and self.start < b]
        first, last = max(0, holding[0] - 1), min(len(bounds) - 1, holding[-1] + 1)
        return min(bounds[first][0], self.start), max(bounds[last][1], self.end)


def guesses(
    own: list[Example],
    about: list[Example],
    competing: list[tuple[Example, list[tuple[str, str]]]],
    found: list[Guessed],
) -> dict[str, list[Guess]]:
    """The guesses by kind. Questions that are asked in the same words of two passages are left out.

    So is what may be the answer in other words: a span that shares words with it and does not overlap it; a passage
    that is not the question's, where a span shares words with the answer or the reader is too sure.

    Args:
        own: questions about passages of our own, titled as they are shown.
        about: questions about SQuAD 1.1's paragraphs.
        competing: the same, each with (title, text) of other paragraphs.
        found: what guess_spans.py found about any of these.

    Raises:
        KeyError: if one of `found` is about something else.
    """
    about = [*about, *(example for example, _ in competing)]
    passages = {key_of(p): (p, title, SQUAD1) for _, others in competing for title, p in others}
    passages |= {key_of(e.passage): (e.passage, e.title, SQUAD1) for e in about}
    passages |= {key_of(e.passage): (e.passage, e.title, COMMUNITY) for e in own}
    asked: dict[str, set[Example]] = {}
    for example in (*own, *about):
        asked.setdefault(key_of(example.question), set()).add(replace(example, title="", kind=""))
    made: dict[str, list[Guess]] = {COMMUNITY: [], SQUAD1: []}
    doubtful: set[tuple[str, str]] = set()
    for one in found:
        passage, title, kind = passages[one.passage]
        example, *same_words = asked[one.asked]
        if same_words:
            continue
        elsewhere = example.passage != passage
        start, end = (0, 0) if elsewhere else (example.start, example.end)
        answer, words = example.passage[example.start : example.end], passage[one.start : one.end]
        shared = content_words(answer) & content_words(words) and not (start < one.end and one.start < end)
        if elsewhere and (shared or one.margin >= TOO_SURE):
            doubtful.add((example.question, passage))
        if not shared:
            placed = replace(example, passage=passage, start=start, end=end, title=title, kind=kind)
            made[kind].append(Guess(placed, one.start, one.end))
    return {
        kind: [one for one in listed if (one.example.question, one.example.passage) not in doubtful]
        for kind, listed in made.items()
    }
