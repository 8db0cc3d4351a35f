"""Who sees which documents: the operator's grant, narrowed by the server's settings. Pure functions over ids.

What somebody may see is a ``Filters``, sealed where anything is hidden from them: everything told to them is computed
as if nothing else existed. A folder that a server reserves for roles is left out with all that lies in it, whatever
else is granted; a member with one of these roles sees it, but nobody ever sees more than the operator granted.

The audience of a channel is a set of roles of which every reader holds at least one. As a rule that is @everyone (whose
id is the server's). Where @everyone is barred from a channel and only roles are let in, it is these roles. One member
let in by name makes it @everyone again: nothing is known of that member's roles. Administrators, who see every channel
and can give themselves any role, are not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from qabot.config import DiscordConfig
from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.discord_bot.kept import ServerSettings

EVERYTHING = "*"
NOTHING = Filters(excluded=frozenset({""}), sealed=True)  # every document lies in seeds/ itself


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is asked, as far as settings care."""

    channel_id: int
    parent_id: int | None  # of a thread or forum post: its channel

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread or forum post."""
        return self.parent_id is not None


def granted(config: DiscordConfig, server_id: int | None) -> Filters:
    """What the operator lets a server see; ``None``: direct messages."""
    own = None if server_id is None else config.servers.get(str(server_id))
    if own is not None:
        return _only(own.collections)
    if server_id is None:
        return _only(config.public) if config.direct_messages else NOTHING
    return _only(config.public) if config.new_servers == "public" else NOTHING


def seen_by(config: DiscordConfig, settings: ServerSettings, *, server_id: int | None, roles: Iterable[int]) -> Filters:
    """What a member may see in private: the grant without the folders that none of the member's roles opens.

    ``roles`` may or may not hold @everyone, which every member has.
    """
    grant = granted(config, server_id)
    if server_id is None or grant == NOTHING:
        return grant
    held = {server_id, *roles}
    barred = (folder for folder, openers in settings.roles if not openers & held)
    return _without(grant, barred)


def seen_in(
    config: DiscordConfig, settings: ServerSettings, *, server_id: int | None, audience: Collection[int]
) -> Filters:
    """What everyone who can read a channel with this audience may see."""
    grant = granted(config, server_id)
    if server_id is None or grant == NOTHING:
        return grant
    readers = frozenset(audience) or frozenset({server_id})
    barred = (folder for folder, openers in settings.roles if server_id not in openers and not readers <= openers)
    return _without(grant, barred)


def audience(
    server_id: int, *, everyone_barred: bool, roles_let_in: Iterable[int], members_let_in: Iterable[int]
) -> frozenset[int]:
    """The roles of which each reader of a channel holds at least one; see the module."""
    let_in = frozenset(roles_let_in) - {server_id}
    if not everyone_barred or not let_in or any(True for _ in members_let_in):
        return frozenset({server_id})
    return let_in


def refusal(settings: ServerSettings, place: Place) -> str | None:
    """Why the bot does not answer in this place of a server, as a sentence with a way out; ``None``: it does."""
    if settings.channels and not {place.channel_id, place.parent_id} & settings.channels:
        named = ", ".join(f"<#{channel}>" for channel in sorted(settings.channels)[:10])
        return f"I answer only in {named} on this server. Please ask there."
    if settings.threads_only and not place.is_thread:
        return "I answer only in threads and forum posts on this server. Please open one and ask there."
    return None


def at_least(result: Answer | NoAnswer, minimum: float | None) -> Answer | NoAnswer:
    """The result, but no answer less sure than ``minimum``: that becomes a refusal with its quotes as nearest."""
    if not isinstance(result, Answer) or minimum is None:
        return result
    if result.confidence >= minimum:
        return replace(result, others=tuple(other for other in result.others if other.confidence >= minimum))
    return NoAnswer(
        question=result.question,
        reason="below_threshold",
        confidence=result.confidence,
        generation=result.generation,
        elapsed_ms=result.elapsed_ms,
        nearest=tuple(replace(quote, answer=None) for quote in result.quotes),
        question_understood=result.question_understood,
        notes=result.notes,
    )


def without_documents(config: DiscordConfig, folders: Collection[str]) -> list[str]:
    """Collections that are granted although none of ``folders``, those with documents, is called so."""
    named = {*config.public, *(one for grant in config.servers.values() for one in grant.collections)}
    return sorted(named - {EVERYTHING, *folders})


def _only(collections: Iterable[str]) -> Filters:
    chosen = frozenset(collections)
    if not chosen:
        return NOTHING
    return Filters() if EVERYTHING in chosen else Filters(collections=chosen, sealed=True)


def _without(grant: Filters, barred: Iterable[str]) -> Filters:
    excluded = grant.excluded.union(barred)
    return replace(grant, excluded=excluded, sealed=grant.sealed or bool(excluded))
