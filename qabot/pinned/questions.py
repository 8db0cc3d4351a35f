"""The file of pinned questions: JSONL, an object a line.

    {"question": "When does the pool open?", "quote": "9 am", "source": "rules.md"}
    {"question": "Who is the mayor?", "quote": null}

``quote``: what a quote of the answer must contain, up to white space; null: the question must be refused. ``source``,
which may be left out: the document's path under seeds/ that this quote must be from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qabot.errors import ConfigError

_KEYS = ("question", "quote", "source")
_MAX_BYTES = 10_000_000
_REMEDY = (
    'A line reads {"question": "...", "quote": "what it must contain" or null, "source": "path", may be left out}.'
)


@dataclass(frozen=True, slots=True)
class Pin:
    """One question. ``quote`` None: it must be refused; ``source`` None: any document may say it."""

    question: str
    quote: str | None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Pins:
    """A file of questions and the SHA-256 of its bytes."""

    pins: tuple[Pin, ...]
    sha256: str


def load_pins(path: Path) -> Pins | None:
    """Read the file; None if there is none.

    Raises:
        ConfigError: if it cannot be read, or a line is malformed (it is named).
    """
    data = _bytes(path)
    if data is None:
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name} is not UTF-8", remedy="Save it in that encoding.") from None
    pins = [_pin(line, f"{path.name}, line {n}") for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    return Pins(tuple(pins), hashlib.sha256(data).hexdigest())


def _bytes(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # a pipe would be waited for without end
            if not path.exists():
                return None
            raise ConfigError(f"{path.name} is no regular file", remedy="Move it away, or name another pinned_file.")
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path.name} is larger than {_MAX_BYTES:,} bytes", remedy="Pin fewer questions.")
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", remedy="Give qabot the right to.") from None


def _pin(line: str, where: str) -> Pin:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{where}: no JSON ({error})", remedy=_REMEDY) from None
    if not isinstance(values, dict):
        raise ConfigError(f"{where}: no object", remedy=_REMEDY)
    unknown = values.keys() - set(_KEYS)
    if unknown:
        raise ConfigError(f"{where}: unknown key {min(unknown)}", remedy=_REMEDY)
    if "question" not in values or "quote" not in values:
        raise ConfigError(f"{where}: question and quote must be given", remedy=_REMEDY)
    question, quote, source = (values.get(key) for key in _KEYS)
    return Pin(
        _text(question, f"{where}: question"),
        _optional(quote, f"{where}: quote"),
        _optional(source, f"{where}: source"),
    )


def _optional(value: Any, where: str) -> str | None:
    return None if value is None else _text(value, where)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{where} must be a text that is not empty", remedy=_REMEDY)
    return value
