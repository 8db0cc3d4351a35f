"""The stand-in itself: it must refuse what Discord refuses, or the other tests prove nothing."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import aiohttp
import pytest
from discord_standin import Asked, Fault, StandIn
from discord_standin.interactions import Refused
from discord_standin.limits import choice_problems, command_problems, message_problems
from discord_standin.payloads import APPLICATION_ID

OFF: dict[str, Any] = {"allowed_mentions": {"parse": []}}
COMMAND = {"name": "ask", "description": "d", "type": 1, "contexts": [0], "integration_types": [0], "options": []}


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


def refusal(work: Any, *arguments: Any) -> int:
    """The error code with which the stand-in refuses."""
    with pytest.raises(Refused) as refused:
        work(*arguments)
    return refused.value.code


def test_three_seconds_are_enforced() -> None:
    """A callback after three seconds is 10062."""
    clock = Clock()
    asked = Asked("1", "t", clock)
    clock.now_s = 3.1
    assert refusal(asked.take_callback, {"type": 5}) == 10062


def test_a_second_callback_is_refused() -> None:
    """An interaction is answered once: 40060."""
    asked = Asked("1", "t")
    asked.take_callback({"type": 5})
    assert refusal(asked.take_callback, {"type": 5}) == 40060


def test_the_token_of_an_interaction_runs_out() -> None:
    """After 15 minutes edits are 50027, before the callback they are 10015, of a deleted message 10008."""
    clock = Clock()
    asked = Asked("1", "t", clock)
    assert refusal(asked.edit_original, {}) == 10015
    asked.take_callback({"type": 5})
    asked.delete_original()
    assert refusal(asked.edit_original, {}) == 10008
    clock.now_s = 901
    assert refusal(asked.follow_up, {}) == 50027


def test_a_follow_up_cannot_make_a_public_defer_private() -> None:
    """The first follow-up takes the place and the visibility of "thinking"."""
    asked = Asked("1", "t")
    asked.take_callback({"type": 5})
    assert asked.follow_up({"content": "x", "flags": 64})["flags"] == 0
    assert asked.follow_up({"content": "x", "flags": 64})["flags"] == 64


def embed(**parts: Any) -> dict[str, Any]:
    """A message with one embed."""
    return {"embeds": [parts], **OFF}


@pytest.mark.parametrize(
    "payload",
    [
        OFF,
        {"content": "x"},
        {"content": "x", "allowed_mentions": {"parse": ["users"]}},
        {"content": "x" * 2001, **OFF},
        {"content": "\N{SLIGHTLY SMILING FACE}" * 1001, **OFF},
        {"content": "x", "made_up": 1, **OFF},
        {"embeds": [{"title": "x"}] * 11, **OFF},
        embed(),
        embed(title=""),
        embed(title="x" * 257),
        embed(description="x" * 4097),
        embed(title="x", fields=[{"name": "n", "value": "v"}] * 26),
        embed(title="x", fields=[{"name": "n", "value": " "}]),
        embed(title="x", fields=[{"name": "n" * 257, "value": "v"}]),
        embed(title="x", fields=[{"name": "n", "value": "v" * 1025}]),
        embed(description="x" * 4000, fields=[{"name": "n", "value": "v" * 1000}] * 2),
    ],
)
def test_messages_beyond_the_limits_are_problems(payload: dict[str, Any]) -> None:
    """Each limit of messages and embeds is checked, and mentions must be off."""
    assert list(message_problems(payload))


def test_a_message_at_the_limits_is_fine() -> None:
    """The limits themselves are allowed."""
    assert not list(message_problems({"content": "x" * 2000, **OFF}))
    assert not list(message_problems(embed(title="x" * 256, description="x" * 4096)))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Ask"},
        {"name": "a" * 33},
        {"description": ""},
        {"description": "x" * 101},
        {"contexts": None},
        {"integration_types": []},
        {"options": [{"name": "a", "description": "d"}, {"name": "b", "description": "d", "required": True}]},
        {"options": [{"name": "a", "description": "d"}] * 26},
    ],
)
def test_commands_beyond_the_limits_are_problems(change: dict[str, Any]) -> None:
    """Names, descriptions, order and number of options, contexts."""
    assert not list(command_problems(COMMAND))
    assert list(command_problems({**COMMAND, **change}))


def test_choices_beyond_the_limits_are_problems() -> None:
    """At most 25 choices of 100 characters."""
    choice = {"name": "n", "value": "v"}
    assert not list(choice_problems({"choices": [choice] * 25}))
    assert list(choice_problems({"choices": [choice] * 26}))
    assert list(choice_problems({"choices": [{"name": "n" * 101, "value": "v"}]}))


def fetched(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one coroutine."""
    return asyncio.run(asyncio.wait_for(work, 20))


def test_rest_refuses_strangers_and_bad_forms_and_remembers() -> None:
    """Without the token 401; a bad form 400 with 50035; an unknown route 404; ordered faults once."""

    async def check() -> list[str]:
        discord = StandIn(faults=[Fault("users", 429)])
        async with discord, aiohttp.ClientSession() as session:
            statuses = []
            own = {"Authorization": f"Bot {discord.token}"}
            for headers in (own, {}, own):
                async with session.get(f"{discord.base}/users/@me", headers=headers) as response:
                    statuses.append(response.status)
            commands = f"{discord.base}/applications/{APPLICATION_ID}/commands"
            async with session.put(commands, headers=own, json=[{**COMMAND, "name": "A"}]) as response:
                statuses.append(response.status)
                assert (await response.json(content_type=None))["code"] == 50035
            async with session.get(f"{discord.base}/nothing", headers=own) as response:
                statuses.append(response.status)
        assert statuses == [429, 401, 200, 400, 404]
        return discord.problems

    assert len(fetched(check())) == 2
