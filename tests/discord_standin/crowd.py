"""Many members at the same moment, and what became of each of their interactions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from discord_standin.interactions import Asked
from discord_standin.payloads import LOADING, MEMBER_ID
from discord_standin.server import StandIn

_KINDS = ("ask", "ask", "private", "ask", "press", "ask", "complete", "ask", "sources", "find")


@dataclass(frozen=True)
class Outcome:
    """What became of the interactions of a crowd; times in seconds, one for each that was acknowledged."""

    answered: int
    refused: int  # with words that say when to try again
    failed: tuple[str, ...]  # what members were told else
    lost: int  # "thinking" for ever, or nothing at all
    acknowledged_after_s: tuple[float, ...]


@dataclass(frozen=True)
class Crowd:
    """``interactions`` of ``members`` in turn: half of them /ask, the rest every other way to reach the bot.

    ``message`` is an answer of the bot with buttons.
    """

    questions: Sequence[str]
    message: dict[str, Any]
    members: int
    interactions: int

    async def outcome(self, discord: StandIn, *, within_s: float) -> Outcome:
        """Let them all loose at once, and wait until each has its reply or ``within_s`` seconds are over."""
        asked = [await self._one(discord, number) for number in range(self.interactions)]
        waiting = [asyncio.create_task(one.settled.wait()) for one in asked]
        _done, late = await asyncio.wait(waiting, timeout=within_s)
        for task in late:
            task.cancel()
        return _outcome(asked)

    async def _one(self, discord: StandIn, number: int) -> Asked:
        who = {"member_id": MEMBER_ID + 1 + number % self.members}
        question = self.questions[number % len(self.questions)]
        match _KINDS[number % len(_KINDS)]:
            case "press":
                return await discord.press(self.message, "Check", **who)
            case "complete":
                return await discord.complete("a", **who)
            case "sources":
                return await discord.use("sources", **who)
            case "find":
                return await discord.use_on("Find the source", {**self.message, "content": question}, **who)
            case "private":
                options = [("question", 3, question), ("private", 5, True)]
                named = [{"name": name, "type": kind, "value": value} for name, kind, value in options]
                return await discord.use("ask", named, **who)
            case _:
                return await discord.ask(question, **who)


def _outcome(asked: Sequence[Asked]) -> Outcome:
    told = [_told(one) for one in asked]
    counted = Counter(told)
    known = {"answered", "refused", "lost"}
    return Outcome(
        answered=counted["answered"],
        refused=counted["refused"],
        failed=tuple(words for words in told if words not in known),
        lost=counted["lost"],
        acknowledged_after_s=tuple(one.acknowledged_after_s for one in asked if one.acknowledged_after_s is not None),
    )


def _told(asked: Asked) -> str:
    """In one word what the member got; words that are neither an answer nor a refusal as they are."""
    if asked.callback is not None and asked.callback["type"] == 8:
        return "answered"
    shown = list(asked.messages.values())
    if not shown or any(one["flags"] & LOADING for one in shown):
        return "lost"
    if any(one["embeds"] for one in shown):
        return "answered"
    return "refused" if "try again in" in shown[0]["content"] else shown[0]["content"] or "nothing"
