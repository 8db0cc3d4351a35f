"""Makes tests/data/discord_schema.json out of Discord's description of its REST interface.

    python tests/discord_schema_extract.py openapi.json

``openapi.json`` is the file ``specs/openapi.json`` of https://github.com/discord/discord-api-spec (MIT licence). Of it
only the routes that the bot uses are kept, with the schemas that these lead to, and no descriptions.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent / "data" / "discord_schema.json"
SOURCE = "https://github.com/discord/discord-api-spec, specs/openapi.json (MIT licence); reduced by {script}"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ROUTES = {
    "/gateway/bot": ("get",),
    "/users/@me": ("get",),
    "/oauth2/applications/@me": ("get",),
    "/applications/{application_id}/commands": ("get", "put"),
    "/interactions/{interaction_id}/{interaction_token}/callback": ("post",),
    _WEBHOOK: ("post",),
    f"{_WEBHOOK}/messages/@original": ("get", "patch", "delete"),
    f"{_WEBHOOK}/messages/{{message_id}}": ("get", "patch", "delete"),
    "/channels/{channel_id}/messages": ("post",),
    "/channels/{channel_id}/messages/{message_id}": ("get", "patch", "delete"),
    "/channels/{channel_id}/typing": ("post",),
    "/guilds/{guild_id}/members/{user_id}": ("get",),
    "/users/@me/channels": ("post",),
}
_PREFIX = "#/components/schemas/"


def main(path: str) -> None:
    """Write the extract."""
    extract = extracted(json.loads(Path(path).read_text(encoding="utf-8")))
    TARGET.write_text(as_text(extract), encoding="utf-8")


def extracted(whole: dict[str, Any]) -> dict[str, Any]:
    """The routes, and every schema that they lead to."""
    paths = {path: _route(whole["paths"][path], methods) for path, methods in ROUTES.items()}
    schemas = whole["components"]["schemas"]
    found: dict[str, Any] = {}
    waiting = sorted(set(_references(paths)))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _plain(schemas[name])
            waiting += _references(found[name])
    return {
        "source": SOURCE.format(script=Path(__file__).name),
        "version": whole["info"]["version"],
        "paths": paths,
        "components": {"schemas": dict(sorted(found.items()))},
    }


def as_text(extract: dict[str, Any]) -> str:
    """JSON with one route or schema a line, so that a difference can be read."""
    lines = [f'"source": {json.dumps(extract["source"])}', f'"version": {json.dumps(extract["version"])}']
    lines.append(f'"paths": {_lines(extract["paths"])}')
    lines.append(f'"components": {{"schemas": {_lines(extract["components"]["schemas"])}}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _lines(parts: dict[str, Any]) -> str:
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items()) + "\n}"


def _route(route: dict[str, Any], methods: tuple[str, ...]) -> dict[str, Any]:
    return {"parameters": _plain(route.get("parameters", [])), **{name: _operation(route[name]) for name in methods}}


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    """Query parameters, the body as JSON, and the body of each success; null where there is none."""
    answers = {
        status: _schema(answer)
        for status, answer in operation["responses"].items()
        if status.startswith("2")
    }  # fmt: skip
    body = operation.get("requestBody", {})
    return {
        "parameters": _plain(operation.get("parameters", [])),
        "body": _schema(body),
        "required": body.get("required", False),
        "files": "multipart/form-data" in body.get("content", {}),
        "answers": answers,
    }


def _schema(body: dict[str, Any]) -> Any:
    found = body.get("content", {}).get("application/json")
    return None if found is None else _plain(found["schema"])


def _plain(value: Any) -> Any:
    """Without descriptions: what is compared needs no words. A property of that name stays."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key != "description" or not isinstance(one, str)}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_PREFIX)
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _references(one)


if __name__ == "__main__":
    main(sys.argv[1])
