"""Answer | NoAnswer -> one Discord embed. Pure functions; nothing here waits, reads or remembers.

The layout, the same for every reply: the question as title; the short answer in bold and the quote, with the answer
in bold inside it, as description; then source, confidence, further quotes and other answers as fields. A quote is
always the last thing in its part and opened by ``>>> ``, so that its own line ends stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import discord

from qabot.datatypes import Answer, NoAnswer, OtherAnswer, Quote
from qabot.discord_bot import wording
from qabot.discord_bot.card import FIELD_NAME_UNITS, TITLE_UNITS, Card
from qabot.discord_bot.escape import escape, shows_codes
from qabot.discord_bot.excerpt import plain_excerpt, quote_excerpt, units
from qabot.discord_bot.kept import KeptQuote

_SHORT_ANSWER_UNITS = 600
_QUOTE_UNITS = 2400  # of the first quote; the rest of the 6,000 is for fields
_FURTHER_QUOTE_UNITS = 600
_LEAST_QUOTE_UNITS = 240  # a shorter excerpt would show little but marks
_COUNTS_UNITS = 120
_QUOTES = 4
_OTHERS = 3
_NEAREST = 2
_PLACE_UNITS = 200
_CODES_NOTE = "Characters that cannot be seen are shown by their code, such as ⟨U+200B⟩."


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the member sees, and what its buttons need of it."""

    embed: discord.Embed
    result: Answer | NoAnswer
    quotes: tuple[KeptQuote, ...]  # those that are shown first, in the message's order
    only: str | None = None  # the one document that was searched


def reply(result: Answer | NoAnswer, *, only: str | None = None) -> discord.Embed:
    """What the member sees for one question; ``only`` names the one document that was searched.

    Keeps all of Discord's limits for any documents and question.
    """
    return rendered(result, only=only).embed


def rendered(result: Answer | NoAnswer, *, only: str | None = None) -> Rendered:
    """``reply`` with the quotes behind it."""
    found = answered(result) if isinstance(result, Answer) else not_answered(result, only=only)
    return replace(found, only=only)


def answered(answer: Answer) -> Rendered:
    """The short answer, its quotes, how sure it is, and what else the documents say."""
    first, *further = answer.quotes
    card = Card(title=_title(answer), description=_description(answer.text, first))
    card.add("Source", wording.place(first, _PLACE_UNITS))
    card.add("Confidence", wording.confidence(answer.confidence))
    _add_understanding(card, answer)
    _add_codes_note(card, [answer.question, *(quote.text for quote in answer.quotes[:_QUOTES])])
    same = [quote for quote in further[: _QUOTES - 1] if _add_quote(card, "The same in ", quote)]
    others = [other for other in answer.others[:_OTHERS] if _add_other(card, other)]
    _add_counts(card, len(further) - len(same), len(answer.others) - len(others))
    shown = [first, *same, *(other.quotes[0] for other in others)]
    return Rendered(card.embed(), answer, _kept_quotes(answer, shown))


def _kept_quotes(answer: Answer, shown: list[Quote]) -> tuple[KeptQuote, ...]:
    """All quotes of the answer and of the other ones, those that are ``shown`` first."""
    ranked = dict.fromkeys(answer.quotes, (0, answer.confidence))
    for rank, other in enumerate(answer.others, start=1):
        ranked |= {quote: (rank, other.confidence) for quote in other.quotes if quote not in ranked}
    in_order = [*shown, *(quote for quote in ranked if quote not in shown)]
    return tuple(_kept(quote, *ranked[quote]) for quote in in_order)


def _kept(quote: Quote, rank: int, confidence: float) -> KeptQuote:
    return KeptQuote(quote.source, quote.span, quote.answer, quote.sha256, quote.text_sha256, rank, confidence)


def not_answered(answer: NoAnswer, *, only: str | None = None) -> Rendered:
    """That the documents do not say it, why, and what lies nearest, marked as no answer."""
    headline, why = wording.REASONS[answer.reason]
    if answer.behind:
        why = wording.behind(answer.behind)
    card = Card(title=_title(answer), description=f"**{headline}**\n{why}")
    if only is not None:
        card.add("Searched only in", plain_excerpt(only, _PLACE_UNITS))
    _add_understanding(card, answer)
    _add_missing_terms(card, answer.missing_terms)
    _add_codes_note(card, [answer.question, *(quote.text for quote in answer.nearest[:_NEAREST])])
    near = "Nearest passage, not an answer: "
    shown = [quote for quote in answer.nearest[:_NEAREST] if _add_quote(card, near, quote, most=1000)]
    return Rendered(card.embed(), answer, tuple(_kept(quote, 0, 0.0) for quote in shown))


def _title(answer: Answer | NoAnswer) -> str:
    return plain_excerpt(answer.question.strip(), TITLE_UNITS) or "(no question)"


def _description(short: str, quote: Quote) -> str:
    """The short answer, then its quote. An answer too long for a headline stands whole in the quote only."""
    headline = escape(short) if len(short) <= _SHORT_ANSWER_UNITS else ""
    quoted = f">>> {quote_excerpt(quote, _QUOTE_UNITS)}"
    if not headline or units(headline) > _SHORT_ANSWER_UNITS:
        return quoted
    return f"**{headline}**\n{quoted}"


def _add_understanding(card: Card, answer: Answer | NoAnswer) -> None:
    if answer.question_understood and answer.question_understood.strip():
        card.add("Understood as", plain_excerpt(answer.question_understood, 400))


def _add_codes_note(card: Card, texts: list[str]) -> None:
    if any(shows_codes(text[: _QUOTE_UNITS * 2]) for text in texts):
        card.add("Note", _CODES_NOTE)


def _add_quote(card: Card, label: str, quote: Quote, *, most: int = _FURTHER_QUOTE_UNITS) -> bool:
    """Add a field for a quote; False if there was no room for it."""
    name = label + wording.place(quote, FIELD_NAME_UNITS - len(label))
    room = _quote_room(card, name, most) - len(">>> ")
    if room < _LEAST_QUOTE_UNITS:
        return False
    card.add(name, f">>> {quote_excerpt(quote, room)}")
    return True


def _add_other(card: Card, other: OtherAnswer) -> bool:
    """A different answer, told from the first one by its label, with its first quote."""
    name = f"Other answer: {plain_excerpt(other.text, 100)}"
    where = f"{wording.confidence(other.confidence)} · {wording.place(other.quotes[0], _PLACE_UNITS)}"
    room = _quote_room(card, name, _FURTHER_QUOTE_UNITS) - units(where) - len("\n>>> ")
    if room < _LEAST_QUOTE_UNITS:
        return False
    card.add(name, f"{where}\n>>> {quote_excerpt(other.quotes[0], room)}")
    return True


def _quote_room(card: Card, name: str, most: int) -> int:
    """Room for a quote under ``name``, with enough kept back to say at the end what is not shown."""
    return min(card.field_room(name, most), card.room - units(name) - _COUNTS_UNITS)


def _add_counts(card: Card, left_out: int, unshown: int) -> None:
    """Say what there was no room for, rather than leaving it out silently."""
    parts = []
    if left_out:
        parts.append(f"{left_out} more {'passages say' if left_out > 1 else 'passage says'} the same.")
    if unshown:
        parts.append(f"{unshown} more {'answers differ' if unshown > 1 else 'answer differs'}.")
    text = " ".join(parts)
    if text:
        card.add("Not shown", text)


def _add_missing_terms(card: Card, terms: tuple[str, ...]) -> None:
    """The words of the question that occur nowhere, as many as fit, whole."""
    name = "In none of the documents searched"
    shown = [plain_excerpt(term, 60) for term in terms[:12] if term.strip()]
    if shown:
        more = f" and {len(terms) - len(shown)} more" if len(terms) > len(shown) else ""
        card.add(name, ", ".join(shown) + more)
