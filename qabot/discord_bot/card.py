"""An embed that cannot break Discord's limits: every part has to ask for room before it is put in.

Limits: https://discord.com/developers/docs/resources/message#embed-object-embed-limits
"""

from __future__ import annotations

import discord

from qabot.discord_bot.excerpt import units

TITLE_UNITS = 256
DESCRIPTION_UNITS = 4096
FIELD_NAME_UNITS = 256
FIELD_VALUE_UNITS = 1024
FIELDS = 25
TOTAL_UNITS = 6000

COLOUR = 0x2F6F9F


class Card:
    """Collects the parts of one embed and counts what they use of the 6,000 units.

    ``room`` is what is left for further fields; the parts put in first are the ones that matter most.
    """

    def __init__(self, *, title: str, description: str) -> None:
        """Title and description in markdown.

        Raises:
            ValueError: if one of them is empty or too long.
        """
        _require(title, TITLE_UNITS)
        _require(description, DESCRIPTION_UNITS)
        self._embed = discord.Embed(title=title, description=description, colour=COLOUR)
        self.room = TOTAL_UNITS - units(title) - units(description)

    def field_room(self, name: str, most: int = FIELD_VALUE_UNITS) -> int:
        """How long the value of a field called ``name`` may be, 0 if there is no place for it at all."""
        if len(self._embed.fields) >= FIELDS:
            return 0
        return max(0, min(most, FIELD_VALUE_UNITS, self.room - units(name)))

    def add(self, name: str, value: str) -> None:
        """Put a field in.

        Raises:
            ValueError: if it is empty, too long, or there is no room for it.
        """
        _require(name, FIELD_NAME_UNITS)
        _require(value, self.field_room(name))
        self._embed.add_field(name=name, value=value, inline=False)
        self.room -= units(name) + units(value)

    def embed(self) -> discord.Embed:
        """The finished embed."""
        return self._embed


def _require(text: str, most: int) -> None:
    if not text.strip() or units(text) > most:
        raise ValueError(f"a part of an embed needs 1 to {most} units, got {units(text)}")
