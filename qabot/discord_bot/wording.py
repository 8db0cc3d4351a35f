"""What the bot says in its own words: reasons, confidence, places, help. Pure functions, no Discord.

Whatever comes from a document or a member is escaped here before it is put into a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from qabot.datatypes import Quote, Reason
from qabot.discord_bot.excerpt import plain_excerpt
from qabot.render import likelihood

REASONS: Mapping[Reason, tuple[str, str]] = MappingProxyType(
    {
        "below_threshold": (
            "The documents do not answer this.",
            "Some passages come near, but none says it clearly enough to be quoted as the answer.",
        ),
        "no_candidates": ("The documents do not answer this.", "Nothing in the documents matches this."),
        "empty_question": ("There is no question here.", "Ask one in a few words or a sentence."),
        "too_long": ("The question is too long.", "Ask one thing at a time, in a sentence or two."),
        "greeting": ("Hello!", "Ask me something about the documents, and I answer in their own words."),
        "unsupported_language": ("I only understand questions in English.", "Please ask again in English."),
        "empty_corpus": (
            "There is no document to answer from.",
            "Choose another `source` if you chose one, or ask whoever runs this bot to add documents.",
        ),
        "outdated": (
            "I cannot answer this right now.",
            "The document that may answer it changed, and I could not read it anew yet. Please ask again later.",
        ),
        "ambiguous": (
            "The question fits several documents.",
            "Name one in the question, or choose it with the option `source`.",
        ),
    }
)


def behind(files: int) -> str:
    """Why a refusal is unsure: the answer may stand in files that could not be taken up."""
    how_many = "One document is" if files == 1 else f"{files:,} documents are"
    return f"{how_many} new or changed, and could not be taken up yet. Please ask again later."


_HELP = (
    "I answer questions in the documents' own words, and show where the words stand. "
    "What the documents do not say, I do not say either.\n\n"
    "`/ask question` - the answer in bold inside its sentence, with source, lines, date and how sure I am\n"
    "`/ask question source` - the same from one document only; names are completed while you type\n"
    "`/ask question private` - only you see the answer\n"
    "*Apps*, **Find the source** in a message's menu - the passage that says it, or that nothing does\n"
    "Mention me with a question, or write to me directly - the same as `/ask`\n"
    "`/sources` - which documents there are; `/source name` - what one is, and its first lines\n"
    "`/status` - how many documents, what could not be read, how quick I am\n"
    "`/forget` - deletes what is stored about you\n"
    "`/help` - this message, which only you see\n"
    "For those who manage the server: `/settings`{log_commands}, and `/reindex` where the operator allows it\n\n"
    "**How sure** is a fitted probability that the answer is right: of many answers shown with 90%, "
    "about nine in ten should be.\n"
    "**What is stored:** {stored}"
)
_STORED_ALWAYS = (
    "So that the buttons under public answers work, I keep for 90 days where in the documents their quotes stand: "
    "neither the words nor who asked."
)
_STORED_NOTHING = (
    "nothing about you. Neither questions nor who asked them are kept or logged; the answers are ordinary messages in "
    f"the channel. {_STORED_ALWAYS}"
)
_STORED_LOG = (
    "who asked which question, and your thumbs on answers, for {days} days, so that those who manage the server see "
    f"what the documents lack; `/forget` deletes it. {_STORED_ALWAYS}"
)


def help_text(*, log_days: int | None) -> str:
    """What /help says; ``log_days``: for how long questions are kept, None if they are not."""
    if log_days is None:
        return _HELP.format(log_commands="", stored=_STORED_NOTHING)
    return _HELP.format(log_commands=", `/unanswered`, `/feedback`", stored=_STORED_LOG.format(days=log_days))


def confidence(probability: float) -> str:
    """In the same words and per cent as in a terminal: ``very likely right (93%)``."""
    return likelihood(probability)


def place(quote: Quote, budget: int) -> str:
    """Where a quote stands: source, page or lines, date, separated by middle dots; escaped, at most ``budget``."""
    rest = [part for part in (_lines(quote), _page(quote), quote.date and plain_excerpt(quote.date, 40)) if part]
    tail = "".join(f" · {part}" for part in rest)
    return (plain_excerpt(quote.source, budget - len(tail)).strip() or "(no name)") + tail


def _lines(quote: Quote) -> str | None:
    if quote.line_start is None:
        return None
    if quote.line_end in (None, quote.line_start):
        return f"line {quote.line_start}"
    return f"lines {quote.line_start}\N{EN DASH}{quote.line_end}"


def _page(quote: Quote) -> str | None:
    return None if quote.page is None else f"page {quote.page}"
