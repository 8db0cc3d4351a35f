"""A short question that follows another one is completed by it: the earlier content words plus its own.

In memory only: the last question of each member in each channel, for ten minutes, as content words.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from qabot.question import content_words, words

REMEMBERED_S = 10 * 60.0
OWN_WORDS = 4  # a question with so many content words stands by itself
_MOST_QUESTIONS = 5000
_MOST_WORDS = 12  # of the earlier questions
_MOST_CHARS = 60  # of one word
_ASKING = re.compile(
    r"\b(how (?:many|much|old|long|far|often|big|large|tall)|who(?:se|m)?|what|which|when|where|why|how)\b"
)


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it is asked of the documents. ``completed``: whether an earlier one was needed."""

    text: str
    completed: bool


@dataclass(frozen=True, slots=True)
class _Earlier:
    asking: str  # "when", "how many"; "" for a question without
    content: tuple[str, ...]
    at_s: float


class Followups:
    """What members asked last, each in each channel. ``clock`` in seconds. For the event loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: OrderedDict[tuple[int, int], _Earlier] = OrderedDict()

    def understand(self, question: str, *, member_id: int, channel_id: int) -> Understood:
        """The question, completed if it is a follow-up; it is remembered as the member's last one here."""
        own = tuple(word[:_MOST_CHARS] for word in content_words(question))
        asking = _asking(question)
        earlier = self._earlier(member_id, channel_id)
        completed = earlier is not None and bool(own or asking) and len(own) < OWN_WORDS
        text = question
        if completed and earlier is not None:
            asking = asking or earlier.asking
            own = (*(word for word in earlier.content if word not in own), *own)[-_MOST_WORDS:]
            text = " ".join([asking, *own]).strip() + "?"
        if own:
            self._remember(member_id, channel_id, _Earlier(asking, own[:_MOST_WORDS], self._clock()))
        return Understood(text, completed)

    def forget_member(self, member_id: int) -> None:
        """Drop all that a member asked."""
        for key in [key for key in self._last if key[0] == member_id]:
            del self._last[key]

    def _earlier(self, member_id: int, channel_id: int) -> _Earlier | None:
        self._drop_expired()
        return self._last.get((member_id, channel_id))

    def _drop_expired(self) -> None:
        """The oldest stand in front."""
        oldest_s = self._clock() - REMEMBERED_S
        while self._last and next(iter(self._last.values())).at_s < oldest_s:
            self._last.popitem(last=False)

    def _remember(self, member_id: int, channel_id: int, question: _Earlier) -> None:
        self._last[member_id, channel_id] = question
        self._last.move_to_end((member_id, channel_id))
        while len(self._last) > _MOST_QUESTIONS:
            self._last.popitem(last=False)


def _asking(question: str) -> str:
    """The word that tells what kind of answer is wanted."""
    found = _ASKING.search(" ".join(words(question)))
    return found[0] if found else ""
