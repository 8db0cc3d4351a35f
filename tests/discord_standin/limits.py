"""Discord's limits, as problems in words. Lengths are counted in UTF-16 units, the strictest reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MESSAGE_KEYS = {
    "content", "embeds", "flags", "tts", "allowed_mentions", "components", "attachments", "poll", "message_reference",
    "nonce", "enforce_nonce",
}  # fmt: skip
BUTTON_KEYS = {"type", "style", "label", "custom_id", "disabled", "emoji", "id"}
EMBED_KEYS = {"title", "description", "color", "fields", "footer", "author", "url", "timestamp", "type", "flags"}
COMMAND_KEYS = {
    "name", "description", "type", "options", "nsfw", "dm_permission", "default_member_permissions", "contexts",
    "integration_types",
}  # fmt: skip
NAME = re.compile(r"[-_'\w]{1,32}")


def units(text: str) -> int:
    """UTF-16 code units of the text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def message_problems(payload: dict[str, Any], *, resolves: bool = True) -> Iterator[str]:
    """Everything in a message that Discord would refuse, and mentions that are not switched off."""
    yield from (f"unknown key {key}" for key in payload.keys() - MESSAGE_KEYS)
    content, embeds = payload.get("content") or "", payload.get("embeds") or []
    if resolves and not content and not embeds:
        yield "empty message (50006)"
    if units(content) > 2000:
        yield f"content of {units(content)} units"
    if len(embeds) > 10:
        yield f"{len(embeds)} embeds"
    allowed = payload.get("allowed_mentions", {})
    if allowed.get("parse") != [] or allowed.get("replied_user") or allowed.get("users") or allowed.get("roles"):
        yield "allowed_mentions does not switch every mention off"
    yield from component_problems(payload.get("components") or [])
    for embed in embeds:
        yield from embed_problems(embed)
    if sum(map(embed_units, embeds)) > 6000:
        yield "more than 6,000 units over all embeds"


def component_problems(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Rows of buttons: five of five, each with a label or emoji and an id of its own."""
    if len(rows) > 5:
        yield f"{len(rows)} rows"
    ids = [button.get("custom_id", "") for row in rows for button in row.get("components", [])]
    if len(set(ids)) < len(ids):
        yield f"the same custom_id twice: {ids}"
    for row in rows:
        if row.get("type") != 1 or not 1 <= len(row.get("components", [])) <= 5:
            yield "a row is no row, or has no or more than five components"
        for button in row.get("components", []):
            yield from _button_problems(button)


def _button_problems(button: dict[str, Any]) -> Iterator[str]:
    if button.get("type") == 2:
        yield from (f"unknown button key {key}" for key in button.keys() - BUTTON_KEYS)
        if not button.get("emoji"):
            yield from _text_problems("label", button.get("label") or "", 80)
        if button.get("style") not in {1, 2, 3, 4}:
            yield f"button style {button.get('style')}"
    yield from _text_problems("custom_id", button.get("custom_id", ""), 100)


def embed_units(embed: dict[str, Any]) -> int:
    """What counts towards the 6,000."""
    fields = embed.get("fields", [])
    texts = [embed.get("title", ""), embed.get("description", "")]
    texts += [embed.get("footer", {}).get("text", ""), embed.get("author", {}).get("name", "")]
    return sum(map(units, texts)) + sum(units(field["name"]) + units(field["value"]) for field in fields)


def embed_problems(embed: dict[str, Any]) -> Iterator[str]:
    """Lengths and empty parts of one embed."""
    yield from (f"unknown embed key {key}" for key in embed.keys() - EMBED_KEYS)
    if not embed.get("title") and not embed.get("description") and not embed.get("fields"):
        yield "empty embed"
    for key, most in (("title", 256), ("description", 4096)):
        if key in embed:
            yield from _text_problems(f"embed {key}", embed[key], most)
    if "footer" in embed:
        yield from _text_problems("footer", embed["footer"].get("text", ""), 2048)
    fields = embed.get("fields", [])
    if len(fields) > 25:
        yield f"{len(fields)} fields"
    for field in fields:
        yield from _text_problems("field name", field.get("name", ""), 256)
        yield from _text_problems("field value", field.get("value", ""), 1024)


def choice_problems(data: dict[str, Any]) -> Iterator[str]:
    """Limits of an autocomplete result."""
    choices = data.get("choices", [])
    if len(choices) > 25:
        yield f"{len(choices)} choices"
    for choice in choices:
        yield from _text_problems("choice name", choice.get("name", ""), 100)
        yield from _text_problems("choice value", choice.get("value", ""), 100)


def command_problems(command: dict[str, Any]) -> Iterator[str]:
    """Limits of one application command, and that it says where it may be used."""
    yield from (f"unknown command key {key}" for key in command.keys() - COMMAND_KEYS)
    yield from _name_problems("command", command)
    if not command.get("contexts") or not command.get("integration_types"):
        yield f"command {command.get('name')} does not state contexts and integration_types"
    options = command.get("options", [])
    if len(options) > 25:
        yield f"{len(options)} options"
    for option in options:
        yield from _name_problems("option", option)
        if option.get("choices") and option.get("autocomplete"):
            yield f"option {option['name']} has both choices and autocomplete"
    required = [bool(option.get("required")) for option in options]
    if required != sorted(required, reverse=True):
        yield "a required option after an optional one"


def _name_problems(what: str, named: dict[str, Any]) -> Iterator[str]:
    name = named.get("name", "")
    if what == "command" and named.get("type", 1) in {2, 3}:  # of a context menu: any writing, no description
        yield from _text_problems("menu name", name, 32)
        if named.get("description") or named.get("options"):
            yield "a context menu command has neither description nor options"
        return
    if not NAME.fullmatch(name) or name != name.lower():
        yield f"{what} name {name!r}"
    yield from _text_problems(f"{what} description", named.get("description", ""), 100)


def _text_problems(what: str, text: str, most: int) -> Iterator[str]:
    if not isinstance(text, str) or not text.strip():
        yield f"{what} is empty"
    elif units(text) > most:
        yield f"{what} of {units(text)} units, at most {most}"
