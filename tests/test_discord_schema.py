"""Discord's own description judges the traffic: it knows what is wrong, and the stand-in asks it about everything."""

import asyncio
import io
import json
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from discord_schema import DATA, answer_problems, body_problems, line_problems, problems_of
from discord_schema_extract import as_text, extracted
from discord_standin import StandIn, discord
from discord_standin.payloads import APPLICATION_ID, application, me

from qabot.discord_bot.wire import Attached, Reference

WHOLE = Path(os.environ.get("DISCORD_OPENAPI", "openapi.json"))  # Discord's whole description, where somebody has it
CALLBACK = "/api/v10/interactions/1/token/callback"
ORIGINAL = "/api/v10/webhooks/1/token/messages/@original"
CHANNEL = "/api/v10/channels/1/messages"
BUTTON = {"type": 2, "style": 2, "label": "Context", "custom_id": "c"}


def row(**button: Any) -> dict[str, Any]:
    """A message with one button."""
    return {"components": [{"type": 1, "components": [{**BUTTON, **button}]}]}


def test_what_is_right_has_no_problems() -> None:
    """Requests as the documentation shows them pass."""
    assert not list(line_problems("POST", CALLBACK, [("with_response", "1")]))
    assert not list(body_problems("POST", CALLBACK, {"type": 5, "data": {"flags": 64}}))
    assert not list(body_problems("PATCH", ORIGINAL, row()))
    assert not list(body_problems("POST", CHANNEL, {"content": "x", "attachments": [{"id": "0"}]}, ["files[0]"]))
    assert not list(body_problems("POST", "/api/v10/channels/1/typing"))


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", CALLBACK, []),
        ("POST", "/api/v10/interactions/x/token/callback", []),
        ("POST", "/api/v10/made/up", []),
        ("POST", CALLBACK, [("with_response", "perhaps")]),
        ("POST", CALLBACK, [("made_up", "1")]),
        ("PATCH", ORIGINAL, [("thread_id", "general")]),
    ],
)
def test_wrong_lines_are_problems(method: str, path: str, query: list[tuple[str, str]]) -> None:
    """Method, route, ids in the path, and the query's names and values."""
    assert list(line_problems(method, path, query))


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (CALLBACK, {"type": 5, "data": {"flags": "64"}}, "$.data.flags"),
        (CALLBACK, {"type": 5, "data": {"made_up": 1}}, "made_up"),
        (CALLBACK, {"type": 3}, "type"),
        (CALLBACK, {"type": 8, "data": {"choices": [{"name": "n" * 101, "value": "v"}]}}, "choices[0].name"),
        (CHANNEL, {"embeds": [{"title": "x" * 257}]}, "$.embeds[0].title"),
        (CHANNEL, {"embeds": [{"title": "x", "color": 1 << 24}]}, "$.embeds[0].color"),
        (CHANNEL, {"message_reference": {"message_id": 1}}, "$.message_reference.message_id"),
        (CHANNEL, {"attachments": [{"id": 0}]}, "$.attachments[0].id"),
        (CHANNEL, row(style="grey"), "$.components[0].components[0].style"),
        (CHANNEL, row(label="x" * 81), "$.components[0].components[0].label"),
        (CHANNEL, {"allowed_mentions": {"parse": ["all"]}}, "$.allowed_mentions.parse[0]"),
    ],
)
def test_wrong_bodies_are_problems_that_say_where(path: str, body: dict[str, Any], where: str) -> None:
    """The message names the place in the body, also below alternatives."""
    (problem,) = body_problems("POST", path, body)
    assert where in problem


def test_missing_bodies_and_stray_files_are_problems() -> None:
    """A route that needs a body, one that takes none, a file under a wrong name, one that no attachment names."""
    assert list(body_problems("POST", CALLBACK))
    assert list(body_problems("POST", "/api/v10/channels/1/typing", {}))
    assert len(list(body_problems("POST", CHANNEL, {"attachments": [{"id": "0"}]}, ["file"]))) == 2
    assert list(body_problems("POST", CHANNEL, {"attachments": []}, ["files[0]"]))


def test_the_commands_channel_types_are_known_ones() -> None:
    """Type 16, which discord.py adds to forums, is none of the description's: it would refuse all commands."""
    option = {"type": 7, "name": "c", "description": "d", "channel_types": [15, 16]}
    (problem,) = body_problems("PUT", "/applications/1/commands", [{"name": "x", "options": [option]}])
    assert "channel_types[1]" in problem


def test_ids_are_strings_in_what_discord_py_writes_as_numbers() -> None:
    """References to messages and numbers of attachments, which the description wants as strings."""
    sent = Reference(message_id=1, channel_id=2, guild_id=3).to_message_reference_dict()
    assert not list(problems_of("MessageReferenceRequest", sent))
    assert list(problems_of("MessageReferenceRequest", discord.MessageReference(message_id=1, channel_id=2).to_dict()))
    assert not list(problems_of("MessageAttachmentRequest", Attached(io.BytesIO(), "a.txt").to_dict(0)))


def test_the_stand_ins_own_answers_are_judged() -> None:
    """What it says about itself is complete; an answer without a required field is a problem."""
    assert not list(answer_problems("GET", "/users/@me", 200, me()))
    assert not list(answer_problems("GET", "/oauth2/applications/@me", 200, application()))
    assert list(answer_problems("GET", "/users/@me", 200, {**me(), "locale": None}))
    assert list(answer_problems("GET", "/users/@me", 204))


def test_the_stand_in_refuses_what_the_description_refuses() -> None:
    """A request that breaks the description is answered 400, and the problem is kept for the test."""

    async def check() -> list[str]:
        async with StandIn() as stand_in, aiohttp.ClientSession() as session:
            own = {"Authorization": f"Bot {stand_in.token}"}
            commands = f"{stand_in.base}/applications/{APPLICATION_ID}/commands"
            for url, body in ((commands, {"a": "list"}), (f"{commands}?made_up=1", [])):
                async with session.put(url, headers=own, json=body) as response:
                    assert response.status == 400
                    assert (await response.json(content_type=None))["code"] == 50035
            async with session.put(commands, headers=own, json=[]) as response:
                assert response.status == 200
        return stand_in.problems

    assert len(asyncio.run(asyncio.wait_for(check(), 20))) == 2


@pytest.mark.skipif(not WHOLE.is_file(), reason="DISCORD_OPENAPI names no openapi.json")
def test_the_extract_is_what_its_script_makes() -> None:
    """The file in tests/data was made by the script, of the description that is at hand."""
    made = as_text(extracted(json.loads(WHOLE.read_text(encoding="utf-8"))))
    assert DATA.read_text(encoding="utf-8") == made
