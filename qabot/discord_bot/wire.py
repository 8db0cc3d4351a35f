"""What discord.py puts into its requests otherwise than Discord's interface description says: ids are strings there.

Discord itself takes numbers as well; whatever else speaks its language by the description may not.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.http import Route


class Attached(discord.File):
    """A file whose number in the list of attachments is a string."""

    def to_dict(self, index: int) -> dict[str, Any]:
        """Called by discord.py with the file's place among the files of the message."""
        return {**super().to_dict(index), "id": str(index)}


async def direct_channel(client: discord.Client, member_id: int) -> discord.PartialMessageable:
    """Where a member is written to directly; the member's id goes out as a string.

    Raises:
        discord.HTTPException: if Discord refuses.
    """
    route = Route("POST", "/users/@me/channels")
    channel = await client.http.request(route, json={"recipient_id": str(member_id)})
    return client.get_partial_messageable(int(channel["id"]), type=discord.ChannelType.private)


class Reference(discord.MessageReference):
    """A reference to a message, with ids that are strings."""

    def to_message_reference_dict(self) -> Any:
        """Called by discord.py for a message that is sent as a reply."""
        ids = ("message_id", "channel_id", "guild_id")
        return {key: str(value) if key in ids else value for key, value in self.to_dict().items()}
