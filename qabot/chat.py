"""The conversation in a terminal, question mode: a line is a question, or a command that begins with a colon.

This module knows the commands and what the last answer was; lines come in and text goes out through what it is given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.errors import QabotError
from qabot.listing import Listed
from qabot.progress import News, UpdatedEngine
from qabot.render import as_short_text, more_text, why_text
from qabot.sources import sources_text
from qabot.terminal import Screen

COMMANDS = {
    ":more": "the other answers and passages of the last question",
    ":why": "how the last answer was found",
    ":sources": "the documents",
    ":help": "this list",
    ":quit": "leave (so do :q, :exit, exit, quit and Ctrl-D)",
}
_LEAVING = {":quit", ":q", ":exit", "exit", "quit"}
_TOP = 5  # one is shown, :more has the others
_NOTHING_YET = "There was no question yet."


class AskingEngine(UpdatedEngine, Protocol):
    """What a conversation, and the command line around it, need of the Engine."""

    def ask(self, question: str, *, filters: Filters, top: int) -> Answer | NoAnswer:
        """Answer one question."""

    def documents(self) -> Sequence[Listed]:
        """What the index holds."""


class Chat:
    """One conversation. ``write`` takes results, ``say`` what else there is to tell."""

    def __init__(
        self, engine: AskingEngine, *, screen: Screen, write: Callable[[str], None], say: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._screen = screen
        self._write = write
        self._say = say
        self._last: Answer | NoAnswer | None = None
        self._news = News(engine, say)
        self._heard: deque[str] = deque()  # from another thread

    def tell_opening(self) -> None:
        """Tell what the opening changed."""
        self._news.tell_opening()

    def hear(self, line: str) -> None:
        """Something to tell before the next line is handled: in the middle of typing it would be in the way."""
        self._heard.append(line)

    def run(self, lines: Iterable[str], *, interruptible: bool) -> None:
        """Answer line after line until they end or :quit; an error is told and the conversation goes on.

        ``interruptible``: Ctrl-C gives up one answer, as a person at a terminal means it, and not the conversation.
        """
        for line in lines:
            try:
                goes_on = self.handle(line.strip())
            except QabotError as error:
                self._say(str(error))
            except KeyboardInterrupt:
                if not interruptible:
                    raise
                self._say("interrupted")
            else:
                if not goes_on:
                    return

    def handle(self, line: str) -> bool:
        """Answer one line; False if it ends the conversation.

        Raises:
            QabotError: if the index cannot be asked.
        """
        if line in _LEAVING:
            return False
        while self._heard:
            self._say(self._heard.popleft())
        if line.startswith(":"):
            self._write(f"{self._obey(line)}\n")
        elif line:
            self._news.refresh()
            self._last = self._engine.ask(line, filters=Filters(), top=_TOP)
            self._write(f"{as_short_text(self._last, self._screen)}\n")
        return True

    def _obey(self, command: str) -> str:
        if command == ":help":
            return help_text()
        if command == ":sources":
            self._news.refresh()
            engine = self._engine
            return sources_text(engine.documents(), engine.problems(), self._screen, unsettled=engine.unsettled)
        if command not in COMMANDS:
            return f"There is no {command.split(maxsplit=1)[0]}.\n{help_text()}"
        if self._last is None:
            return _NOTHING_YET
        if command == ":why":
            return why_text(self._last, self._screen)
        return more_text(self._last, self._screen) or "There is nothing more."


def help_text() -> str:
    """The commands, one a line."""
    return "\n".join(["Type a question, or:", *(f"  {name:9} {what}" for name, what in COMMANDS.items())])


def typed_lines() -> Iterator[str]:
    """Lines that a person types at a terminal, with editing and a history that ends with the conversation.

    Ctrl-C clears the line, Ctrl-D ends.
    """
    from prompt_toolkit import PromptSession  # piped conversations do without
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import InMemoryHistory

    commands = WordCompleter(list(COMMANDS), sentence=True)
    session: PromptSession[str] = PromptSession(
        "? ", history=InMemoryHistory(), completer=commands, complete_while_typing=False
    )
    while True:
        try:
            yield session.prompt()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
