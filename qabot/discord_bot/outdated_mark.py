"""That words quoted in an earlier message are lost, put into that message, and taken out again. Pure functions.

A line above the message says what happened to which document and when it was noticed; each lost quote gets a line above
it, where there is room, and the card another colour. The quotes themselves stay, and are read back as before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import discord

from qabot.discord_bot.card import COLOUR, DESCRIPTION_UNITS, FIELD_VALUE_UNITS, TOTAL_UNITS
from qabot.discord_bot.excerpt import plain_excerpt, units
from qabot.discord_bot.holdings import Loss

SIGN = "\N{WARNING SIGN}\N{VARIATION SELECTOR-16} "
OUTDATED = f"{SIGN}**Outdated**"
LOST = f"{SIGN}**No longer there**"
OUTDATED_COLOUR = 0xB0803A

_OPENED = ">>> "
_CONTENT_UNITS = 2000
_NAME_UNITS = 100
_MOST_NAMED = 4


def marked_content(content: str, lost: Mapping[str, Loss], *, noticed_s: float) -> str:
    """The text above the card with the line about the lost documents, in the place of an earlier one.

    Without room for it the text stays alone; what is above our own cards leaves room.
    """
    rest = unmarked_content(content)
    clauses = []
    changed = sorted(source for source, loss in lost.items() if loss == "changed")
    gone = sorted(source for source, loss in lost.items() if loss == "gone")
    if changed:
        clauses.append(f"words quoted here do not stand in {_named(changed)} any more")
    if gone:
        clauses.append(f"{_named(gone)} {'is' if len(gone) == 1 else 'are'} no longer among the documents")
    line = f"{OUTDATED}, noticed <t:{int(noticed_s)}:f>: {'; '.join(clauses)}."
    whole = f"{line}\n{rest}" if rest else line
    return whole if units(whole) <= _CONTENT_UNITS else rest


def unmarked_content(content: str) -> str:
    """The text without the line."""
    return content.partition("\n")[2] if content.startswith(OUTDATED) else content


def marked_embed(embed: discord.Embed, lost: Collection[int]) -> discord.Embed:
    """A copy with a line above each quote in ``lost``, which counts the quotes that are shown; ``()`` takes all out."""
    new = embed.copy()
    parts = [_unmarked(part) for part in _parts(new)]
    room = TOTAL_UNITS - units(new.title or "") - sum(units(field.name or "") for field in new.fields)
    room -= sum(map(units, parts))
    quoted = [at for at, part in enumerate(parts) if _opening(part) is not None]
    for place in sorted(lost):
        if place < len(quoted):
            at = quoted[place]
            more = _marked(parts[at], DESCRIPTION_UNITS if at == 0 else FIELD_VALUE_UNITS, room)
            room -= units(more) - units(parts[at])
            parts[at] = more
    new.colour = discord.Colour(OUTDATED_COLOUR if lost else COLOUR)
    new.description = parts[0] or None
    for at, (field, value) in enumerate(zip(new.fields, parts[1:], strict=True)):
        new.set_field_at(at, name=field.name, value=value, inline=field.inline)
    return new


def _parts(embed: discord.Embed) -> list[str]:
    return [embed.description or "", *(field.value or "" for field in embed.fields)]


def _opening(part: str) -> int | None:
    """Where the sign stands that opens a quote, at the beginning of a line."""
    if part.startswith(_OPENED):
        return 0
    at = part.find(f"\n{_OPENED}")
    return None if at < 0 else at + 1


def _marked(part: str, most: int, room: int) -> str:
    """With the line above its quote, if there is room in the part and in the whole card."""
    at = _opening(part)
    line = f"{LOST}\n"
    if at is None or units(line) > min(room, most - units(part)):
        return part
    return f"{part[:at]}{line}{part[at:]}"


def _unmarked(part: str) -> str:
    at = _opening(part)
    line = f"{LOST}\n"
    if at is None or not part[:at].endswith(line):
        return part
    return part[: at - len(line)] + part[at:]


def _named(sources: Sequence[str]) -> str:
    names = [f"**{plain_excerpt(' '.join(source.split()), _NAME_UNITS)}**" for source in sources[:_MOST_NAMED]]
    more = len(sources) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
