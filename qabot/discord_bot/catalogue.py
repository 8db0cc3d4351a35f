"""The documents that somebody may see: as pages, one in detail, and the bot's state, as embeds. Pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import discord

from qabot.datatypes import Problem
from qabot.discord_bot.card import FIELD_VALUE_UNITS, TITLE_UNITS, Card
from qabot.discord_bot.excerpt import excerpt, plain_excerpt
from qabot.discord_bot.figures import Summary
from qabot.listing import Listed, counted, totals

BEHIND = "Since <t:{since}:R> I have not taken up changes; I answer from before. If that lasts, my log says why."
UNCALIBRATED = "The calibration on these documents is not used any more. Whoever runs me: `qabot calibrate FILE` again."
PAGE_SIZE = 20
_PART_UNITS = (100, 60, 30)  # of path, title and date: 20 such lines fit into a description
_FIRST_LINES = 12
_PROBLEMS = 5
_UNSETTLED = 5


class ListedDocument(Listed, Protocol):
    """What a list in Discord shows of a document beside what every list does."""

    @property
    def url(self) -> str | None: ...  # noqa: D102 - fields, described above
    @property
    def pages(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What may be seen: documents, files that could not be read, and when one of them last changed."""

    documents: tuple[ListedDocument, ...]
    problems: tuple[Problem, ...]
    changed_s: float  # seconds since the epoch; the start of the bot if nothing changed since
    behind_s: float | None = None  # since when changes cannot be taken up; None: they can
    uncalibrated: bool = False  # a calibration is kept with the index, and not used
    unsettled: tuple[str, ...] = ()  # files being written to: in ``documents`` as before, in part or not at all

    @property
    def state(self) -> str:
        """A name that changes only when a visible document does."""
        seen = "\n".join(f"{one.id}\0{one.sha256}" for one in self.documents)
        return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def sources_page(catalogue: Catalogue, *, page: int, search: str | None) -> discord.Embed:
    """One page of the documents whose path or title holds ``search``; a page beyond the last is the last."""
    wanted = (search or "").strip().casefold()
    found = [
        one for one in catalogue.documents if wanted in one.id.casefold() or wanted in (one.title or "").casefold()
    ]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(1, page), pages)
    lines = [_line(one) for one in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]]
    card = Card(title="Documents", description="\n".join(lines) or _nothing(wanted))
    if wanted:
        card.add("Searched for", plain_excerpt(search or "", 200))
    more = f"; the next one: /sources page:{page + 1}" if page < pages else ""
    return card.embed().set_footer(text=f"{counted(len(found), 'document')}, page {page} of {pages}{more}")


def source_card(document: ListedDocument, text: str) -> discord.Embed:
    """What a document is, and its first lines."""
    title = plain_excerpt(document.id, TITLE_UNITS).strip() or "(no name)"
    beginning = "\n".join(text.strip().splitlines()[:_FIRST_LINES])
    shown = excerpt(beginning, None, 2000) if beginning else ""
    card = Card(title=title, description=f">>> {shown}" if shown.strip() else "It holds no text.")
    for name, value in (("Title", document.title), ("Date", document.date), ("Address", document.url)):
        if value and value.strip():
            card.add(name, plain_excerpt(value.strip(), FIELD_VALUE_UNITS // 2))
    pages = f", {counted(document.pages, 'page')}" if document.pages else ""
    card.add("Length", f"{counted(document.chars, 'character')}{pages}, {counted(document.chunks, 'chunk')}")
    return card.embed()


def status_card(catalogue: Catalogue, summary: Summary, *, rebuilding: bool) -> discord.Embed:
    """How many documents there are, what could not be read, and how the bot does on this server."""
    card = Card(title="Status", description="I am rebuilding the index." if rebuilding else "I am ready.")
    card.add("Documents", totals(catalogue.documents))
    card.add("State", f"`{catalogue.state}`, since <t:{int(catalogue.changed_s)}:R>")
    if catalogue.behind_s is not None:
        card.add("Not up to date", BEHIND.format(since=int(catalogue.behind_s)))
    if catalogue.uncalibrated:
        card.add("Confidence", UNCALIBRATED)
    if catalogue.problems:
        card.add("Not readable", _problems(catalogue.problems))
    if catalogue.unsettled:
        card.add("Still being written to", _unsettled(catalogue.unsettled))
    times = ""
    if summary.p50_ms is not None and summary.p95_ms is not None:
        times = f"; half took up to {summary.p50_ms / 1000:.2f} s, 95% up to {summary.p95_ms / 1000:.2f} s"
    card.add("Replies here today (UTC)", f"{summary.today:,}{times}")
    return card.embed()


def _line(document: ListedDocument) -> str:
    """At most 198 units, so that a page of them always fits."""
    shown = [one for one in (document.id, document.title, document.date) if one and one.strip()]
    parts = [plain_excerpt(" ".join(one.split()), most) for one, most in zip(shown, _PART_UNITS, strict=False)]
    return "- " + (" · ".join(parts) or "(no name)")


def _problems(problems: Sequence[Problem]) -> str:
    shown = [f"{plain_excerpt(one.id, 60)}: {plain_excerpt(one.reason, 100)}" for one in problems[:_PROBLEMS]]
    more = f"\nand {len(problems) - _PROBLEMS} more" if len(problems) > _PROBLEMS else ""
    return "\n".join(shown) + more


def _unsettled(names: Sequence[str]) -> str:
    shown = [plain_excerpt(name, 60) for name in names[:_UNSETTLED]]
    more = f" and {len(names) - _UNSETTLED:,} more" if len(names) > _UNSETTLED else ""
    return f"{', '.join(shown)}{more}: known to me as before, in part or not yet."


def _nothing(wanted: str) -> str:
    return "No document has this in its name or title." if wanted else "There are no documents here."
