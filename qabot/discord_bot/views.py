"""Which buttons stand under which message, and what they are called.

Their ids are fixed, so that those of public messages work after a restart. One class serves all of them
(``buttons.Press``); views never time out by themselves, since ending one view would take that class away from all.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import discord

from qabot.datatypes import Answer, NoAnswer
from qabot.discord_bot.render import Rendered

Action = Literal["context", "others", "check", "share", "up", "down", "tell"]
ACTIONS: tuple[Action, ...] = get_args(Action)
_MAY_CHANGE = ("below_threshold", "no_candidates", "empty_corpus", "outdated")  # when the documents do
FAMILY = "qabot:"  # with which all ids of ours begin

_LABELS: dict[Action, str] = {
    "context": "Context",
    "others": "Other answers",
    "check": "Check",
    "share": "Share",
    "tell": "Tell me when the documents say it",
}
_EMOJI: dict[Action, str] = {"up": "\N{THUMBS UP SIGN}", "down": "\N{THUMBS DOWN SIGN}"}


def actions_for(rendered: Rendered, *, private: bool, feedback: bool, later: bool = False) -> tuple[Action, ...]:
    """The buttons that make sense under a message. ``feedback``: whether thumbs are kept at all.

    ``later``: whether a refused question can be asked again when the documents change.
    """
    answered = isinstance(rendered.result, Answer)
    wanted: dict[Action, bool] = {
        "context": bool(rendered.quotes),
        "others": any(quote.rank for quote in rendered.quotes),
        "check": bool(rendered.quotes),
        "share": private and answered,
        "up": feedback and answered,
        "down": feedback and answered,
        "tell": later and isinstance(rendered.result, NoAnswer) and rendered.result.reason in _MAY_CHANGE,
    }
    return tuple(action for action in ACTIONS if wanted[action])


def custom_id(action: Action) -> str:
    """The fixed id; its number goes up when a button changes its meaning."""
    return f"{FAMILY}1:{action}"


def action_of(found: str) -> Action | None:
    """What an id stands for; None if it is of another version."""
    return next((action for action in ACTIONS if custom_id(action) == found), None)


def button(action: Action, *, disabled: bool = False) -> discord.ui.Button[Any]:
    """One button in grey: the answer is what counts."""
    return discord.ui.Button(
        style=discord.ButtonStyle.secondary,
        label=_LABELS.get(action),
        emoji=_EMOJI.get(action),
        custom_id=custom_id(action),
        disabled=disabled,
    )


def disabled_view(actions: tuple[Action, ...]) -> discord.ui.View:
    """The same buttons, visibly switched off. To be made on the event loop."""
    view = discord.ui.View(timeout=None)
    for action in actions:
        view.add_item(button(action, disabled=True))
    return view
