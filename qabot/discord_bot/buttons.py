"""The buttons as discord.py knows them: one class found by its fixed ids, and one guard around all that it does.

discord.py tells nobody of errors in a dynamic item: they end in its log and the member in "interaction failed".
Therefore everything here answers for itself, and a press that nothing took is answered all the same.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any, Self

import discord

from qabot.discord_bot.presses import UNKNOWN, press
from qabot.discord_bot.replies import Interaction, is_acknowledged, report
from qabot.discord_bot.views import FAMILY, Action, action_of, button

_NOBODY_AFTER_S = 1.5  # Discord waits three seconds; whoever knows the button has acknowledged long before


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=re.escape(FAMILY) + r"(?s:.*)"):
    """A button of ours, of this version or another one."""

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Made anew for each press, from nothing but the id."""
        del match
        try:
            return cls(item)  # type: ignore[arg-type] # discord.py hands over what has the id: a button
        except Exception as error:
            await report(interaction, error)
            raise

    async def callback(self, interaction: Interaction) -> None:
        """Do what the button says; in every case the member gets a reply."""
        try:
            await press(interaction, action_of(self.custom_id))
        except Exception as error:  # noqa: BLE001 - the last place where somebody can be told
            await report(interaction, error)


def live_view(actions: tuple[Action, ...]) -> discord.ui.View | None:
    """Buttons that work; None without any. To be made on the event loop."""
    if not actions:
        return None
    view = discord.ui.View(timeout=None)
    for action in actions:
        view.add_item(Press(button(action)))
    return view


async def answer_if_nobody_does(interaction: Interaction) -> None:
    """Tell who pressed something that nothing knows any more what to do."""
    await asyncio.sleep(_NOBODY_AFTER_S)
    if not is_acknowledged(interaction):
        with suppress(discord.HTTPException):  # somebody was just slow: it is acknowledged by now
            await interaction.response.send_message(UNKNOWN, ephemeral=True)
