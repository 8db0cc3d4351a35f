"""Names of documents and folders as choices while a member types, searched in a thread; at most 25."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from discord import app_commands

from qabot.datatypes import Filters
from qabot.discord_bot.document_names import CHOICE_UNITS, DocumentNames, Named, choice_value
from qabot.discord_bot.escape import visible
from qabot.discord_bot.excerpt import units

if TYPE_CHECKING:
    from qabot.discord_bot.client import QabotClient

_CHOICES = 25

Choices = list[app_commands.Choice[str]]


async def document_choices(client: QabotClient, filters: Filters, typed: str) -> Choices:
    """The visible documents that fit what was typed."""
    return await client.desk.named(partial(_documents, typed=typed, filters=filters))


async def folder_choices(client: QabotClient, filters: Filters, typed: str) -> Choices:
    """The visible folders that fit what was typed; one with a name that Discord does not take cannot be chosen."""
    return await client.desk.named(partial(_folders, typed=typed, filters=filters))


def _documents(names: DocumentNames, *, typed: str, filters: Filters) -> Choices:
    found = names.fitting(typed, filters, most=_CHOICES)
    return [app_commands.Choice(name=_choice_name(one), value=choice_value(one.id)) for one in found]


def _folders(names: DocumentNames, *, typed: str, filters: Filters) -> Choices:
    fitting = [one for one in names.folders(filters) if typed.casefold() in one.casefold()]
    takes = [one for one in fitting if units(visible(one)) <= CHOICE_UNITS and one == one.strip()]
    return [app_commands.Choice(name=visible(one), value=one) for one in takes[:_CHOICES]]


def _choice_name(named: Named) -> str:
    """The path as plain text; of a long one the end, where the file's own name stands."""
    name = visible(named.id)
    while units(name) > CHOICE_UNITS:
        name = "…" + name[2:] if name.startswith("…") else "…" + name[1:]
    return name
