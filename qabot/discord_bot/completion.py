"""Names of documents as choices while a member types, and back from what was chosen or typed by hand."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from discord import app_commands

from qabot.datatypes import Filters
from qabot.discord_bot.desk import Listed
from qabot.discord_bot.escape import visible
from qabot.discord_bot.excerpt import units

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_CHOICES = 25
_CHOICE_UNITS = 100


def visible_documents(client: QabotClient, filters: Filters) -> tuple[Listed, ...]:
    """The documents that may be seen, from memory."""
    from qabot.index import passes

    return tuple(one for one in client.desk.documents() if passes(filters, one.id, None))


def choices(documents: tuple[Listed, ...], typed: str) -> list[app_commands.Choice[str]]:
    """At most 25 documents whose path or title holds what was typed; those whose path begins with it come first."""
    wanted = typed.strip().casefold()
    found = [one for one in documents if wanted in one.id.casefold() or wanted in (one.title or "").casefold()]
    found.sort(key=lambda one: (not one.id.casefold().startswith(wanted), one.id))
    return [app_commands.Choice(name=_choice_name(one), value=choice_value(one.id)) for one in found[:_CHOICES]]


def choice_value(document_id: str) -> str:
    """The path itself if Discord takes it (100 characters), else a short stand-in that ``document_of`` resolves."""
    if units(document_id) <= _CHOICE_UNITS and document_id.strip() == document_id:
        return document_id
    return "#" + hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def document_of(documents: tuple[Listed, ...], value: str) -> str | None:
    """The document that a choice, or a path typed by hand, stands for; None if there is none."""
    return next((listed.id for listed in documents if value in (listed.id, choice_value(listed.id))), None)


def _choice_name(listed: Listed) -> str:
    """The path as plain text; of a long one the end, where the file's own name stands."""
    name = visible(listed.id)
    while units(name) > _CHOICE_UNITS:
        name = "…" + name[2:] if name.startswith("…") else "…" + name[1:]
    return name
