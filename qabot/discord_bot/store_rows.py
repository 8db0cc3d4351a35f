"""Rows of the store's tables, from and to the values in kept.py. Pure functions."""

from __future__ import annotations

import json
from typing import Any

from qabot.datatypes import Span
from qabot.discord_bot.kept import Asked, KeptQuote, ServerSettings, Waiting


def packed(quote: KeptQuote) -> tuple[object, ...]:
    """The columns of a quote from ``source`` to ``confidence``."""
    answer = (quote.answer.start, quote.answer.end) if quote.answer else (None, None)
    place = (quote.source, quote.span.start, quote.span.end, *answer)
    return (*place, quote.sha256, quote.text_sha256, quote.rank, quote.confidence)


def unpacked(row: tuple[Any, ...]) -> KeptQuote:
    """A quote of such columns."""
    source, start, end, answer_start, answer_end, sha256, text_sha256, rank, confidence = row
    answer = None if answer_start is None else Span(answer_start, answer_end)
    return KeptQuote(source, Span(start, end), answer, sha256, text_sha256, rank, confidence)


def asked_of(row: tuple[Any, ...]) -> Asked:
    """A question of the log, of the columns in ``Asked``'s order."""
    message, channel, server, member, question, answered, *more = row
    return Asked(message, channel, server, member, question, bool(answered), *more)


def waiting_of(row: tuple[Any, ...]) -> Waiting:
    """A question that waits, of the columns in ``Waiting``'s order."""
    message, channel, server, member, question, source, private, since_s = row
    return Waiting(message, channel, server, member, question, source, bool(private), since_s)


def places_as_text(places: frozenset[int]) -> str:
    """Places of quotes in a message as they are kept: ``0,2``."""
    return ",".join(map(str, sorted(places)))


def places_of(text: str) -> frozenset[int]:
    """The inverse."""
    return frozenset(int(place) for place in text.split(",") if place)


def settings_as_json(settings: ServerSettings) -> str:
    """The settings of a server as they are kept."""
    values = {
        "channels": sorted(settings.channels),
        "threads_only": settings.threads_only,
        "mentions": settings.mentions,
        "private_by_default": settings.private_by_default,
        "minimum_confidence": settings.minimum_confidence,
        "roles": [[folder, sorted(roles)] for folder, roles in settings.roles],
    }
    return json.dumps(values)


def settings_of(text: str) -> ServerSettings:
    """The inverse."""
    values = json.loads(text)
    roles = tuple((folder, frozenset(openers)) for folder, openers in values.pop("roles", []))
    return ServerSettings(channels=frozenset(values.pop("channels", [])), roles=roles, **values)
