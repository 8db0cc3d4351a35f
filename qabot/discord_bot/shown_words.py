"""The words of the source that a message of ours shows, read back from its markdown: inverse of ``quote_excerpt``.

The store keeps where a quote stood and not its words. What members see is in the message itself, and Discord sends
that along with each press of a button.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import discord

_OPENED = ">>> "
_TOKEN = re.compile(
    r" ?`… (?P<left_out>[\d,]+) characters? left out …` ?"
    r"|(?P<cut> ?`…` ?)"
    r"|(?P<bold>\*\*)"
    r"|\\(?P<escaped>[^0-9A-Za-z\s])"
    r"|⟨U\+(?P<code>[0-9A-F]{4,6})⟩"
    r"|(?P<plain>.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Run:
    """Words that are shown without a gap; ``start`` counts code points from the quote's beginning."""

    start: int
    words: str


def shown_quotes(embeds: Iterable[discord.Embed]) -> list[tuple[Run, ...]]:
    """The runs of each quote in the message, in its order."""
    parts = [part for embed in embeds for part in (embed.description, *(field.value for field in embed.fields))]
    return [runs(quote) for part in parts if part and (quote := _quote_in(part))]


def runs(markdown: str) -> tuple[Run, ...]:
    """What ``quote_excerpt`` made the markdown from: runs of the source's words, split where something is left out."""
    found: list[Run] = []
    words: list[str] = []
    at = 0
    for token in _TOKEN.finditer(markdown):
        if token["left_out"]:
            at = _close(found, words, at) + int(token["left_out"].replace(",", ""))
        elif not (token["bold"] or token["cut"]):  # what a cut sentence lacks is no part of its quote
            words.append(token["escaped"] or (chr(int(token["code"], 16)) if token["code"] else token["plain"]))
    _close(found, words, at)
    return tuple(found)


def _close(found: list[Run], words: list[str], start: int) -> int:
    """End the run that is being read, and return where the next character of the quote stands."""
    if words:
        found.append(Run(start, "".join(words)))
        start += len(words)
        words.clear()
    return start


def _quote_in(part: str) -> str:
    """The quote of a part: whatever follows the sign that opens it, which is escaped everywhere else."""
    if part.startswith(_OPENED):
        return part.removeprefix(_OPENED)
    return part.partition("\n" + _OPENED)[2]
