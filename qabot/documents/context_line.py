"""The parts of a context in one line that has no more tokens than allowed."""

# ruff: noqa: RUF001 - the separator is meant

from __future__ import annotations

from collections.abc import Callable, Sequence

CONTEXT_SEPARATOR = " › "
_MOST_PARTS = 4  # where all do not fit: title, innermost heading and the leads say most
_FEWEST_WORDS = 3  # of a part before others are dropped for its sake


def context_line(parts: Sequence[str], count_tokens: Callable[[str], int], max_tokens: int) -> str:
    """The parts, outermost first, joined by ``CONTEXT_SEPARATOR``; shortened until they have ``max_tokens`` at most.

    Then those after the first go first, and the longest one loses its last words.
    """
    kept = [part for part in parts if part]
    while kept and count_tokens(line := CONTEXT_SEPARATOR.join(kept)) > max_tokens:
        longest = max(range(len(kept)), key=lambda at: len(kept[at]))
        is_short = len(kept[longest].split()) <= _FEWEST_WORDS
        if len(kept) > (2 if is_short else _MOST_PARTS):
            del kept[1]
        else:
            kept[longest] = _shorter(kept[longest])
            kept = [part for part in kept if part]
    return line if kept else ""


def _shorter(part: str) -> str:
    """Without its last word; half of a lone one."""
    words = part.removesuffix("…").rstrip(" |")
    shorter = words[: words.rfind(" ")] if " " in words else words[: len(words) // 2]
    return shorter.rstrip(" |") + "…" if shorter else ""
