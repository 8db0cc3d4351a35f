"""Every handler acknowledges first, and nothing that computes or reads files runs in the event loop's thread."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from discord_standin.payloads import BOT_ID, CHANNEL_ID, GUILD_ID
from discord_standin.running import Running, finished, running, until
from discord_standin.shelf import Shelf

import qabot.index  # noqa: F401 - the engine has loaded it long before; loading it here would read files on the loop
from qabot.config import DiscordConfig
from qabot.datatypes import Filters
from qabot.discord_bot.card import Card
from qabot.discord_bot.document_names import DocumentNames
from qabot.discord_bot.rereading import SeedFiles
from qabot.discord_bot.store_sqlite import SqliteStore
from qabot.discord_bot.views import ACTIONS, custom_id
from qabot.support import Supported

QUESTION = "How old must members be?"
ROLE_ID = GUILD_ID + 1

# What the bot does by itself, whoever asks at that moment.
BACKGROUND = ("SqliteStore.to_look_at", "SqliteStore.waiting")


@dataclass
class Watch:
    """Notes what is done in the thread that made it, and what is begun before its interaction was acknowledged."""

    folder: Path
    on_loop: list[str] = field(default_factory=list)
    too_early: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    bot: Running | None = None
    loop_thread: int = field(default_factory=threading.get_ident)
    on: bool = False

    def note(self, what: str) -> None:
        """Something computes or reads."""
        if not self.on:
            return
        self.done.append(what)
        if threading.get_ident() == self.loop_thread:
            self.on_loop.append(what)
        if self.bot is not None and what not in BACKGROUND:
            asked = list(self.bot.discord.asked.values())
            self.too_early += [what for one in asked if one.callback is None and not one.may_be_late]

    def over(self, inner: Any) -> Any:
        """The same object, every call noted."""
        watch = self

        class Watched:
            def __getattr__(self, name: str) -> Any:
                found = getattr(inner, name)
                if not callable(found):
                    return found

                def noted(*arguments: Any, **more: Any) -> Any:
                    watch.note(f"{type(inner).__name__}.{name}")
                    return found(*arguments, **more)

                return noted

        return Watched()

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Python's own hook: a file of ours is opened or a folder listed."""
        if self.on and event in {"open", "os.listdir", "os.scandir"} and threading.get_ident() == self.loop_thread:
            path = str(arguments[0])
            if path.startswith(str(self.folder)):
                self.on_loop.append(f"{event} {path}")


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Watches files under the test's folder, cards and the search in names; engine, store and files by ``over``."""
    made = Watch(tmp_path)
    for kind, name in ((Card, "__init__"), (DocumentNames, "fitting"), (DocumentNames, "folders")):
        work = getattr(kind, name)

        def noted(*arguments: Any, _work: Any = work, _name: str = f"{kind.__name__}.{name}", **more: Any) -> Any:
            made.note(_name)
            return _work(*arguments, **more)

        monkeypatch.setattr(kind, name, noted)
    sys.addaudithook(made.audit)  # for good, so it is switched off
    yield made
    made.on = False


def value(name: str, kind: int, given: object) -> dict[str, Any]:
    """An option; kinds: 3 text, 4 number, 5 yes or no, 7 channel, 8 role."""
    return {"name": name, "type": kind, "value": given}


CHANNEL = {"channels": {str(CHANNEL_ID): {"id": str(CHANNEL_ID), "type": 0, "name": "general", "permissions": "0"}}}
ROLE = {
    "roles": {
        str(ROLE_ID): {
            "id": str(ROLE_ID), "name": "staff", "permissions": "0", "position": 1, "color": 0, "hoist": False,
            "managed": False, "mentionable": False, "flags": 0, "colors": {"primary_color": 0},
        }
    }
}  # fmt: skip
COMMANDS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "ask": ([value("question", 3, QUESTION), value("source", 3, "club/rules.md")], {}),
    "help": ([], {}),
    "sources": ([value("search", 3, "rules")], {}),
    "source": ([value("name", 3, "club/rules.md")], {}),
    "status": ([], {}),
    "unanswered": ([], {}),
    "feedback": ([], {}),
    "reindex": ([value("full", 5, True)], {}),  # noqa: FBT003
    "settings show": ([], {}),
    "settings threads": ([value("only", 5, False)], {}),  # noqa: FBT003
    "settings mentions": ([value("answer", 5, True)], {}),  # noqa: FBT003
    "settings private": ([value("default", 5, False)], {}),  # noqa: FBT003
    "settings confidence": ([value("percent", 4, 5)], {}),
    "settings channel": ([value("channel", 7, str(CHANNEL_ID)), value("answer", 5, True)], {"resolved": CHANNEL}),  # noqa: FBT003
    "settings role": (
        [value("collection", 3, "club"), value("role", 8, str(ROLE_ID)), value("allow", 5, True)],  # noqa: FBT003
        {"resolved": ROLE},
    ),
    "Find the source": ([], {}),
    "forget": ([], {}),
}


async def used(bot: Running, name: str) -> dict[str, Any]:
    """The reply to a command with its options."""
    options, more = COMMANDS[name]
    command, _, sub = name.partition(" ") if name.startswith("settings") else (name, "", "")
    given = [{"name": sub, "type": 1, "options": options}] if sub else options
    asked = await bot.discord.use(command, given, **more)
    return await ended(bot, asked)


async def ended(bot: Running, asked: Any) -> dict[str, Any]:
    """The reply, once nothing goes on behind it."""
    await asked.settled.wait()
    await until(lambda: not bot.client._answering)
    assert asked.calls[0] == "callback"
    return list(asked.messages.values())[-1]


async def complete_everything(bot: Running) -> None:
    """Each option that completes."""
    for command, option in (("ask", "source"), ("source", "name"), ("settings role", "collection")):
        asked = await bot.discord.complete("club", command=command, option=option)
        asked.may_be_late = True  # completion is no acknowledgement: its answer is the work
        assert await asked.choices(), command


async def speak(bot: Running) -> None:
    """A mention, a direct message, and a reply that arrives empty."""
    before = len(bot.discord.channels.messages)
    await bot.discord.say(f"<@{BOT_ID}> {QUESTION}", mentions=True)
    answered = await bot.discord.channels.reply(before)
    assert answered["embeds"]
    await bot.discord.say(QUESTION, direct=True)
    await bot.discord.channels.reply(before + 1)
    await bot.discord.say("and then?", reply_to=answered)
    await bot.discord.channels.reply(before + 2)
    await until(lambda: not bot.client._answering)


def registered(bot: Running) -> set[str]:
    """Every command and sub-command that Discord knows."""
    names = set()
    for command in bot.discord.commands:
        subs = [one["name"] for one in command.get("options") or [] if one["type"] == 1]
        names |= {f"{command['name']} {sub}" for sub in subs} or {command["name"]}
    return names


def test_nothing_computes_or_reads_files_on_the_loop(watch: Watch, tmp_path: Path) -> None:
    """All commands, completions, buttons, mentions and deletions: off the loop, and after the acknowledgement."""
    shelf = Shelf.of(tmp_path, {"club/rules.md": "You must be at least 16 years old to join.\n"})
    quoted = shelf.quote("club/rules.md", "16 years old")
    scripted = shelf.engine({QUESTION: shelf.answer(QUESTION, quoted, others=(quoted,))})
    scripted.claims = {"x": (Supported("x", None),)}
    config = DiscordConfig(logging=True, cooldown_s=0.0, server_limit_per_minute=1000, admin_servers=(str(GUILD_ID),))
    store = SqliteStore.open(tmp_path / "qabot.sqlite", logging=True, log_days=30)

    async def check() -> None:
        files = watch.over(SeedFiles(shelf.seeds, shelf.options()["files"]._limits))
        options = {"config": config, "store": watch.over(store), "files": files}
        async with running(watch.over(scripted), **options) as bot:
            watch.bot, watch.on = bot, True
            as_manager(bot)
            assert set(COMMANDS) == registered(bot)
            await complete_everything(bot)
            message = await used(bot, "ask")
            private = await ended(
                bot,
                await bot.discord.use("ask", [value("question", 3, QUESTION), value("private", 5, True)]),  # noqa: FBT003
            )
            for action in ACTIONS:
                shown = private if action == "share" else message
                assert await ended(bot, await bot.discord.press(shown, "", custom_id=custom_id(action))), action
            await ended(bot, await bot.discord.use_on("Find the source", {**message, "content": "x"}))
            await speak(bot)
            for name in set(COMMANDS) - {"Find the source", "ask"}:
                await used(bot, name)
            await delete(bot, message["id"])
            await until(lambda: "SqliteStore.forget_server" in watch.done)
            watch.on = False

    finished(check())
    store.close()
    assert watch.on_loop == []
    assert watch.too_early == []
    kinds = {"OfShelf.ask", "OfShelf.find_source", "OfShelf.refresh", "SeedFiles.reread", "SqliteStore.judge"}
    assert kinds | {"Card.__init__", "DocumentNames.fitting", "SqliteStore.change_settings"} <= set(watch.done)


async def delete(bot: Running, message_id: str) -> None:
    """A message goes, then the server."""
    where = {"channel_id": str(CHANNEL_ID), "guild_id": str(GUILD_ID)}
    await bot.discord.gateway.dispatch("MESSAGE_DELETE", {"id": message_id, **where})
    await bot.discord.gateway.dispatch("GUILD_DELETE", {"id": str(GUILD_ID)})


def as_manager(bot: Running) -> None:
    """From now on interactions come from a member who may manage the server."""
    dispatch = bot.discord.gateway.dispatch

    async def dispatched(event: str, data: dict[str, Any]) -> None:
        more = (
            {"member": {**data["member"], "permissions": str(1 << 5)}}
            if "permissions" in data.get("member", {})
            else {}
        )
        await dispatch(event, data | more)

    bot.discord.gateway.dispatch = dispatched  # type: ignore[method-assign]


def test_the_watch_sees_what_it_should(watch: Watch, tmp_path: Path) -> None:
    """A file read, a card made and a call in this thread are noted: else the test above could not fail."""
    watch.on = True
    (tmp_path / "x").write_text("x", encoding="utf-8")
    Card(title="x", description="y")
    DocumentNames().fitting("", Filters(), most=1)
    watch.over([]).append(1)
    assert [one.split()[0] for one in watch.on_loop] == [
        "open",
        "Card.__init__",
        "DocumentNames.fitting",
        "list.append",
    ]
