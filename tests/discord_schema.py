"""Discord's own description of its REST interface, as far as the bot uses it, as a judge of requests and answers.

The stand-in asks it about every request. It is stricter than Discord, which passes over keys that it does not know: a
key that the description does not name is a problem here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

DATA = Path(__file__).parent / "data" / "discord_schema.json"
_PREFIX = re.compile(r"/api/v10(?=/)")
_FILE = re.compile(r"files\[\d\]")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_TRUTHS = ("true", "false", "1", "0")  # a boolean in a query; clients send either form
_ALSO = {  # keys that discord.py sends although the description of requests does not name them
    "ApplicationCommandUpdateRequest": {"nsfw": {"type": "boolean"}},  # documented
    "RichEmbed": {"flags": {"type": "integer"}},  # documented
    "IncomingWebhookUpdateRequestPartial": {"tts": {"const": False}},  # with each edit; Discord passes over it
    "MessageEditRequestPartial": {"tts": {"const": False}},  # likewise
}
_SHOWN = 300  # characters of a value that is wrong


def line_problems(method: str, path: str, query: Iterable[tuple[str, str]] = ()) -> Iterator[str]:
    """What Discord's description has against a method, a path and the query's parameters."""
    found = _operation(method, path)
    if found is None:
        yield f"{method} {path}: no such route in Discord's description"
        return
    operation, parts = found
    known = {one["name"]: one["schema"] for one in operation["parameters"]}
    for name, value in query:
        if name not in known:
            yield f"{method} {path}: unknown query parameter {name}"
        elif known[name].get("type") == "boolean":
            if value not in _TRUTHS:
                yield f"{method} {path}: {name}={value} is no boolean"
        else:
            yield from _broken(f"{method} {path} {name}", known[name], json.dumps(value))
    for name, (value, schema) in parts.items():
        yield from _broken(f"{method} {path} {name}", schema, json.dumps(value))


def body_problems(method: str, path: str, body: Any = None, files: Iterable[str] = ()) -> Iterator[str]:
    """What Discord's description has against the JSON of a request and the names under which files came.

    ``body``: None if there was none. Routes that are unknown are ``line_problems``' matter.
    """
    found = _operation(method, path)
    if found is None:
        return
    operation, _parts = found
    files = list(files)
    if body is None or operation["body"] is None:
        if body is not None or files:
            yield f"{method} {path}: takes no body"
        elif operation["required"]:
            yield f"{method} {path}: needs a body"
        return
    yield from _broken(f"{method} {path}", operation["body"], json.dumps(body))
    yield from (f"{method} {path}: a file as {name}" for name in files if not _FILE.fullmatch(name))
    if files and not operation["files"]:
        yield f"{method} {path}: takes no files"
    yield from _unmatched(f"{method} {path}", body, files)


def answer_problems(method: str, path: str, status: int, body: Any = None) -> Iterator[str]:
    """What Discord's description has against an answer; here unknown keys are fine, as they are for every client."""
    found = _operation(method, path)
    if found is None:
        return
    answers = found[0]["answers"]
    if str(status) not in answers:
        yield f"{method} {path}: answered {status}, known are {sorted(answers)}"
    elif (schema := answers[str(status)]) is not None:
        yield from _broken(f"answer to {method} {path}", schema, json.dumps(body), strict=False)


def problems_of(schema: str, value: Any, *, strict: bool = True) -> Iterator[str]:
    """What stands against a value by the schema of that name."""
    return iter(_broken(schema, {"$ref": f"#/components/schemas/{schema}"}, json.dumps(value), strict=strict))


def _operation(method: str, path: str) -> tuple[Mapping[str, Any], dict[str, tuple[str, Any]]] | None:
    """The description of a request, and the path's parts with their schemas."""
    path = _PREFIX.sub("", path)
    for pattern, names, route in _routes():
        match = pattern.fullmatch(path)
        if match and method.lower() in route:
            schemas = {one["name"]: one["schema"] for one in route["parameters"]}
            return route[method.lower()], {name: (match[name], schemas[name]) for name in names}
    return None


@cache
def _extract() -> dict[str, Any]:
    return json.loads(DATA.read_text(encoding="utf-8"))


@cache
def _routes() -> list[tuple[re.Pattern[str], list[str], dict[str, Any]]]:
    """Every route, those with fewer open parts first: ``@original`` before ``{message_id}``."""
    found = []
    for path, route in sorted(_extract()["paths"].items(), key=lambda one: one[0].count("{")):
        names = re.findall(r"\{(\w+)\}", path)
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
        found.append((re.compile(pattern), names, route))
    return found


@lru_cache(maxsize=4096)
def _broken_text(schema: str, value: str, *, strict: bool) -> tuple[str, ...]:
    """Problems of JSON text; remembered, since clients send the same small bodies again and again."""
    validator = _validator(schema, strict=strict)
    return tuple(_words(error) for error in validator.iter_errors(json.loads(value)))


def _broken(what: str, schema: Any, value: str, *, strict: bool = True) -> list[str]:
    return [f"{what}: {words}" for words in _broken_text(json.dumps(schema), value, strict=strict)]


@cache
def _validator(schema: str, *, strict: bool) -> Draft202012Validator:
    """For one schema, with all named ones within its reach; ``strict``: unknown keys are errors."""
    components = _extract()["components"]
    if strict:
        components = _closed(components)
        for name, more in _ALSO.items():
            components["schemas"][name]["properties"] |= more
        schema = json.dumps(_closed(json.loads(schema)))
    return Draft202012Validator({**json.loads(schema), "components": components}, format_checker=_formats())


@cache
def _formats() -> FormatChecker:
    """Addresses and times; numbers are held by their bounds."""
    checker = FormatChecker(())
    checker.checks("uri")(lambda value: not isinstance(value, str) or bool(_ADDRESS.fullmatch(value)))
    checker.checks("date-time", ValueError)(
        lambda value: not isinstance(value, str) or bool(datetime.fromisoformat(value))
    )
    return checker


def _closed(value: Any) -> Any:
    """The schema with every object that names its properties closed to others."""
    if isinstance(value, list):
        return [_closed(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {key: _closed(one) for key, one in value.items()}
    if isinstance(value.get("properties"), dict) and value.get("type") in ("object", ["object", "null"]):
        found.setdefault("additionalProperties", False)
    return found


def _words(error: ValidationError) -> str:
    """Where and what, from the alternative that came nearest."""
    while error.context:
        error = best_match(iter(_of_its_kind(error.context))) or error
    value = json.dumps(error.instance)
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
    return f"{error.json_path}: {error.message if len(error.message) <= _SHOWN else error.validator} ({shown})"


def _of_its_kind(errors: list[ValidationError]) -> list[ValidationError]:
    """Of the errors of several alternatives those of the ones for the value's own kind, if there are such.

    Another kind is one with another ``type`` in it, or null beside an object.
    """
    others = {
        error.relative_schema_path[0]
        for error in errors
        if list(error.relative_path) == ["type"] or (not error.relative_path and error.validator == "type")
    }
    return [error for error in errors if error.relative_schema_path[0] not in others] or errors


def _unmatched(what: str, body: Any, files: list[str]) -> Iterator[str]:
    """A file whose number no attachment names; Discord would show it, but without its name."""
    attached = (body.get("data") or body).get("attachments") or [] if isinstance(body, dict) else []
    numbers = {str(one.get("id")) for one in attached if isinstance(one, dict)}
    yield from (f"{what}: no attachment for {name}" for name in files if name[6:-1] not in numbers)
