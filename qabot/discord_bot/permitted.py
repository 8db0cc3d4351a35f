"""What an engine says to somebody who may see only some of its documents.

What may not be seen is refused in the same words as what does not exist. Pure functions.
"""

from __future__ import annotations

from dataclasses import replace

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.discord_bot.askable import AskableEngine
from qabot.discord_bot.catalogue import ListedDocument
from qabot.errors import UsageError


def permitted(engine: AskableEngine, filters: Filters) -> dict[str, ListedDocument]:
    """The documents that pass ``filters``, by id."""
    from qabot.index import passes

    return {one.id: one for one in engine.documents() if passes(filters, one.id, one.date)}


def permitted_document(engine: AskableEngine, name: str, filters: Filters) -> ListedDocument:
    """The document of that name.

    Raises:
        UsageError: if there is none to be seen.
    """
    from qabot.index import passes

    found = next((one for one in engine.documents() if one.id == name and passes(filters, one.id, one.date)), None)
    if found is None:
        raise UsageError(
            "There is no document of that name", remedy="Choose one of the names that are offered while you type."
        )
    return found


def ask_permitted(engine: AskableEngine, question: str, source: str | None, filters: Filters) -> Answer | NoAnswer:
    """Answer from the documents that pass ``filters``, or from ``source`` alone.

    Raises:
        UsageError: if there is no document ``source`` to be seen.
        QabotError: whatever else the engine raises.
    """
    if source is None:
        return engine.ask(question, filters=filters)
    permitted_document(engine, source, filters)
    return engine.ask(question, filters=replace(filters, sources=frozenset({source})))
