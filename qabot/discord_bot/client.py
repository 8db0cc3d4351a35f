"""The client's life: resources in ``setup_hook``, commands registered when they changed, an orderly end.

Nothing happens in ``on_ready``: it fires again with every new session.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import discord

from qabot.config import AnswersConfig, DiscordConfig
from qabot.datatypes import Filters
from qabot.discord_bot import mentions
from qabot.discord_bot.access import without_documents
from qabot.discord_bot.address import use_gateway
from qabot.discord_bot.ask_again import AskAgain
from qabot.discord_bot.buttons import Press, answer_if_nobody_does
from qabot.discord_bot.commands import command_tree
from qabot.discord_bot.delivery import STORE_FAILURES, Later
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.events import read_tolerantly
from qabot.discord_bot.figures import Figures
from qabot.discord_bot.followups import Followups
from qabot.discord_bot.kept import Store
from qabot.discord_bot.limits import Limits
from qabot.discord_bot.logs import causes
from qabot.discord_bot.mentions import Once
from qabot.discord_bot.outdated import OutdatedQuotes
from qabot.discord_bot.pace import Pace, unpack_a_few_at_a_time
from qabot.discord_bot.recent import PrivateMessages
from qabot.discord_bot.replies import Interaction
from qabot.discord_bot.rounds import Rounds
from qabot.discord_bot.rules import GrantedRules
from qabot.discord_bot.seams import Rules
from qabot.discord_bot.workers import workers

_log = logging.getLogger(__name__)

FINISH_WITHIN_S = 8.0  # container runtimes kill after 10
_MOST_LOGGED = 1000
PURGE_EVERY_S = 6 * 3600.0
PRIVATE_ENDS_S = 13.5 * 60.0  # after it a private message cannot be changed for much longer


class QabotClient(discord.AutoShardedClient):
    """Answers from a ``Desk``. ``own_gateway`` is set when the API base is a stand-in's.

    Without a ``store`` public answers have no buttons. ``feedback``: whether thumbs are offered; they are with logging
    on. ``max_question_chars``: as the engine has it. ``rules``: in the place of those that follow from ``config`` and
    the servers' settings.
    """

    def __init__(
        self,
        desk: Desk,
        *,
        config: DiscordConfig | None = None,
        max_question_chars: int = AnswersConfig().max_question_chars,
        store: Store | None = None,
        rules: Rules | None = None,
        feedback: bool = False,
        own_gateway: bool = False,
        finish_within_s: float = FINISH_WITHIN_S,
        private_ends_s: float = PRIVATE_ENDS_S,
    ) -> None:
        discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # there is no voice here to warn about
        super().__init__(
            # Guilds is for discord.py's cache. None of them is privileged: of messages only those to the bot are read.
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
        )
        read_tolerantly(self._connection.parsers, self.log_once)
        self.desk = desk
        self.max_question_chars = max_question_chars
        self.store = store
        self.config = config or DiscordConfig()
        self.granted = GrantedRules(self.config)
        self.rules: Rules = rules or self.granted
        self.limits = _limits(self.config, workers=workers())  # of questions
        self.looks = _limits(self.config, workers=1)  # of button presses and lists, which are counted apart
        self.pace = Pace()
        self.figures = Figures()
        self.logging_on = self.config.logging
        self.feedback = feedback or self.logging_on
        self.changing_settings = asyncio.Lock()
        self.private = PrivateMessages()
        self.followups = Followups()
        self.hinted = Once()
        self.private_ends_s = private_ends_s
        self._later = Later()
        self.later = self._later.do
        self._rounds = [
            Rounds(OutdatedQuotes(self).round, name="qabot-outdated"),
            Rounds(AskAgain(self).round, name="qabot-ask-again"),
        ]
        self.tree = command_tree(self)
        self.stopping = False
        self._own_gateway = own_gateway
        self._finish_within_s = finish_within_s
        self._answering: set[asyncio.Task[Any]] = set()
        self._logged: OrderedDict[str, None] = OrderedDict()

    async def setup_hook(self) -> None:
        """Load the engine in a thread, then register the commands if they differ from the registered ones.

        Raises:
            QabotError: if the engine cannot be opened.
            discord.HTTPException: if Discord refuses the commands.
        """
        unpack_a_few_at_a_time(self.http)
        if self._own_gateway:
            _shards, address, _limits = await self.http.get_bot_gateway()
            use_gateway(address)
        self.add_dynamic_items(Press)
        await self.desk.open()
        await self._warn_of_grants()
        await self._take_settings()
        self.desk.prepare(self.granted.scopes())
        await self._register_commands()
        self._begin_rounds()
        _log.info("Ready for questions; documents: %d.", len(self.desk.names))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Called by discord.py beside the handlers of commands and buttons."""
        if interaction.type is discord.InteractionType.component:
            await answer_if_nobody_does(interaction)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Called by discord.py when the bot is removed from a server: nothing of it is kept."""
        self.granted.forget(guild.id)
        if self.store is not None:
            try:
                await self.desk.aside(partial(self.store.forget_server, guild.id))
            except STORE_FAILURES as error:
                _log.warning("What belongs to a server that removed the bot could not be deleted. %s", causes(error))

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """Called by discord.py when a message is deleted, whoever wrote it."""
        await self._forget_messages([payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Called by discord.py when messages are deleted together."""
        await self._forget_messages(sorted(payload.message_ids))

    async def _forget_messages(self, message_ids: list[int]) -> None:
        store = self.store
        if store is None:
            return

        def forget() -> None:
            for message_id in message_ids:
                store.forget_message(message_id)

        try:
            await self.desk.aside(forget)
        except STORE_FAILURES as error:
            self.log_once(f"What belongs to deleted messages could not be deleted. {causes(error)}")

    def tells_later(self, *, private: bool) -> bool:
        """Whether a member can be told an answer later: a private one goes by direct message."""
        return self.logging_on and self.store is not None and (self.config.direct_messages or not private)

    def log_once(self, words: str) -> None:
        """A warning for the operator's log, if it is not among the last ones."""
        if words not in self._logged:
            _log.warning("%s", words)
        self._logged[words] = None
        self._logged.move_to_end(words)
        while len(self._logged) > _MOST_LOGGED:
            self._logged.popitem(last=False)

    async def on_message(self, message: discord.Message) -> None:
        """Called by discord.py with each new message that it is sent."""
        await mentions.handle(self, message)

    def forget_member(self, member_id: int) -> None:
        """Drop what is in memory about a member: the last questions and private answers."""
        self.followups.forget_member(member_id)
        self.private.forget_member(member_id)

    async def close(self) -> None:
        """Close the gateway, then the engine."""
        self.stopping = True
        self._later.drop_all()
        for rounds in self._rounds:
            await rounds.end()
        await super().close()
        await self.desk.close()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Marks the current task as an answer that ``finish`` waits for."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an answer runs in a task")
        self._answering.add(task)
        try:
            yield
        finally:
            self._answering.discard(task)

    async def finish(self) -> None:
        """Take no more questions and let the running answers end, for at most ``finish_within_s`` seconds."""
        self.stopping = True
        if self._answering:
            _log.info("Stopping; answers still running: %d.", len(self._answering))
            await asyncio.wait(set(self._answering), timeout=self._finish_within_s)
        for task in self._answering:
            task.cancel()
        if self._answering:
            await asyncio.wait(set(self._answering), timeout=2.0)

    async def _warn_of_grants(self) -> None:
        """A misspelt folder hides its documents from everybody, which nobody would notice by an answer."""
        folders = await self.desk.named(lambda names: names.folders(Filters()))
        if lacking := without_documents(self.config, folders):
            _log.warning(
                "qabot.toml grants folders that hold no document: %s. Compare with those under seeds (case counts).",
                ", ".join(lacking),
            )

    def _begin_rounds(self) -> None:
        """What is done after each change of the documents, and now for the changes since the last stop."""
        if self.store is None:
            return
        for rounds in self._rounds:
            rounds.begin()
        self.desk.when_changed(self._changed)

    def _changed(self) -> None:
        for rounds in self._rounds:
            rounds.due()

    async def _take_settings(self) -> None:
        """The servers' settings, which have to be in memory; and now and then what has expired is deleted."""
        if self.store is None:
            return
        for server_id, settings in (await self.desk.aside(self.store.all_settings)).items():
            self.granted.remember(server_id, settings)
        self.later(PURGE_EVERY_S, self._purge)

    async def _purge(self) -> None:
        if self.store is not None:
            try:
                await self.desk.aside(self.store.purge)
            except STORE_FAILURES as error:
                self.log_once(f"What has expired could not be deleted. {causes(error)}")
        self.later(PURGE_EVERY_S, self._purge)

    async def _register_commands(self) -> None:
        """Discord counts registrations, so they are compared first; this runs once a start, not at reconnects."""
        if self.application_id is None:
            raise RuntimeError("commands are registered after the login")
        ours = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        theirs = await self.http.get_global_commands(self.application_id)
        if same_commands(ours, theirs):
            return
        await self.tree.sync()
        _log.info("Registered the commands %s.", ", ".join(f"/{command['name']}" for command in ours))


def _limits(config: DiscordConfig, *, workers: int) -> Limits:
    return Limits(
        cooldown_s=config.cooldown_s,
        server_limit_per_minute=config.server_limit_per_minute,
        queue=config.queue,
        workers=workers,
    )


def same_commands(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> bool:
    """Whether Discord holds exactly our commands. Discord leaves defaults out and adds keys of its own."""
    if len(ours) != len(theirs):
        return False
    registered = {command["name"]: command for command in theirs}
    return all(command["name"] in registered and _holds(registered[command["name"]], command) for command in ours)


def _holds(theirs: Any, ours: Any) -> bool:
    """Whether every value of ours is among theirs; an absent value equals an empty or false one."""
    if isinstance(ours, Mapping):
        # Discord derives dm_permission from contexts and no longer reports it reliably.
        return all(_holds((theirs or {}).get(key), value) for key, value in ours.items() if key != "dm_permission")
    if isinstance(ours, list) and all(isinstance(value, int) for value in ours):
        return sorted(ours) == sorted(theirs or [])
    if isinstance(ours, list):
        return len(ours) == len(theirs or []) and all(map(_holds, theirs or [], ours))
    # Permissions are sent as a number and come back as a string.
    return bool(theirs == ours or not (theirs or ours) or str(theirs) == str(ours))
