"""Commands and grants with the real client: what is hidden shows on no surface, and settings and limits hold."""

import asyncio
import csv
import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from discord_standin import Fault
from discord_standin.payloads import CHANNEL_ID, EPHEMERAL, GUILD_ID, MEMBER_ID, said
from discord_standin.running import QUESTION, Running, engine, finished, running, until
from discord_standin.scripted import ListedDocument, ScriptedEngine

from qabot.config import DiscordConfig, ServerGrant
from qabot.datatypes import Filters, Problem, silent
from qabot.discord_bot.asking import SOURCE_NOT_FOR_ALL
from qabot.discord_bot.catalogue import PAGE_SIZE, Catalogue, source_card, sources_page, status_card
from qabot.discord_bot.escape import unescape
from qabot.discord_bot.figures import Figures, Summary
from qabot.discord_bot.find_source import NAME
from qabot.discord_bot.kept import ServerSettings, Unanswered
from qabot.discord_bot.log_commands import unanswered_card, unanswered_csv
from qabot.discord_bot.settings_commands import settings_card, with_channel, with_role
from qabot.discord_bot.store_sqlite import SqliteStore
from qabot.errors import IndexDamaged, UsageError

SEEN = (ListedDocument("faq/a.md", "Opening hours"), ListedDocument("faq/b.md"))
HIDDEN = (ListedDocument("staff/secret-plan.md", "Opening of the vault"), ListedDocument("top.md", "Opening"))
FAQ_ONLY = DiscordConfig(public=("faq",), cooldown_s=0.0)
NOW_S = 1_800_000_000.0


def opened(folder: Path, *, logging: bool = False) -> SqliteStore:
    """A store in a folder."""
    return SqliteStore.open(folder / "qabot.sqlite", logging=logging, log_days=30)


def option(name: str, kind: int, value: object) -> dict[str, Any]:
    """An option of a command; kinds: 3 text, 4 number, 5 yes or no."""
    return {"name": name, "type": kind, "value": value}


def with_rights(bot: Running, permissions: int) -> None:
    """From now on interactions come from a member with these permissions."""
    dispatch = bot.discord.gateway.dispatch

    async def dispatched(event: str, data: dict[str, Any]) -> None:
        member = {**data["member"], "permissions": str(permissions)} if "member" in data else None
        await dispatch(event, data | ({"member": member} if member else {}))

    bot.discord.gateway.dispatch = dispatched  # type: ignore[method-assign]


async def setting(bot: Running, name: str, *options: dict[str, Any]) -> dict[str, Any]:
    """Use a sub-command of /settings; the reply."""
    group = [{"name": name, "type": 1, "options": list(options)}]
    return await (await bot.discord.use("settings", group)).reply()


MANAGER = 1 << 5
ROLE = {
    "id": str(GUILD_ID + 1), "name": "staff", "permissions": "0", "position": 1, "color": 0, "hoist": False,
    "managed": False, "mentionable": False, "flags": 0, "colors": {"primary_color": 0},
}  # fmt: skip


def test_what_is_hidden_shows_nowhere() -> None:
    """Completion, lists and the refusal of a hidden name are equal with and without the hidden documents."""

    async def surfaces(listed: tuple[ListedDocument, ...], problems: tuple[Problem, ...]) -> list[object]:
        scripted = replace(engine(listed=listed), unreadable=problems, unsettled=tuple(one.id for one in problems))
        async with running(scripted, config=FAQ_ONLY) as bot:
            discord = bot.discord
            shown: list[object] = [await (await discord.complete("open")).choices()]
            for name, options in (
                ("sources", []),
                ("sources", [option("search", 3, "open")]),
                ("source", [option("name", 3, "staff/secret-plan.md")]),
                ("source", [option("name", 3, "faq/a.md")]),
            ):
                reply = await (await discord.use(name, options)).reply()
                assert reply["flags"] & EPHEMERAL
                shown.append((reply["content"], reply["embeds"]))
            refused = await (await discord.ask(QUESTION, "staff/secret-plan.md")).reply()
            shown.append((refused["content"], refused["flags"] & EPHEMERAL))
            await (await discord.ask(QUESTION)).reply()
            status = (await (await discord.use("status")).reply())["embeds"][0]["fields"]
            shown.append([field for field in status if not field["name"].startswith(("Replies", "State"))])
        assert {filters for _, filters in scripted.asked} == {Filters(collections=frozenset({"faq"}), sealed=True)}
        return shown

    async def check() -> None:
        unreadable = (Problem("staff/x.pdf", "it is a scan", "Remove it."),)
        with_hidden = await surfaces(SEEN + HIDDEN, unreadable)
        assert with_hidden == await surfaces(SEEN, ())
        assert "secret" not in str(with_hidden)
        assert "faq/a.md" in str(with_hidden)

    finished(check())


def test_the_state_of_status_is_of_the_visible() -> None:
    """The name of the state changes with a visible document and not with a hidden one."""

    def state(*documents: ListedDocument) -> str:
        return Catalogue(documents, (), 0.0).state

    assert state(*SEEN) == state(*SEEN)
    assert state(*SEEN) != state(replace(SEEN[0], sha256="1" * 64), SEEN[1])


def test_a_server_without_a_grant_sees_nothing() -> None:
    """With new_servers = "nothing" the engine is asked for no document, and lists are empty."""

    async def check() -> None:
        scripted = engine()
        other = {"1": ServerGrant(("*",))}
        async with running(scripted, config=DiscordConfig(new_servers="nothing", servers=other)) as bot:
            await (await bot.discord.ask(QUESTION)).reply()
            listed = await (await bot.discord.use("sources")).reply()
            choices = await (await bot.discord.complete("")).choices()
            status = str((await (await bot.discord.use("status")).reply())["embeds"])
        assert "<t:" in status
        assert "<t:0:" not in status  # a state since 1970 would be one of nothing
        assert scripted.asked[0][1] == Filters(excluded=frozenset({""}), sealed=True)
        assert "no documents" in listed["embeds"][0]["description"]
        assert choices == []

    finished(check())


def test_who_sees_more_than_the_channel_is_answered_privately() -> None:
    """A member with a role gets a private answer from all that it opens, and is told why."""
    everyone_is_staff = ServerSettings(roles=(("faq", frozenset()), ("staff", frozenset({GUILD_ID + 1}))))

    async def check() -> None:
        scripted = engine(listed=SEEN + HIDDEN)
        async with running(scripted, config=DiscordConfig(cooldown_s=0.0)) as bot:
            bot.client.granted.remember(GUILD_ID, everyone_is_staff)
            plain = await (await bot.discord.ask(QUESTION)).reply()
            guild = bot.client.get_guild(GUILD_ID)
            assert guild is not None
            with_role_of_staff(bot, guild)
            told = await (await bot.discord.ask(QUESTION)).reply()
            options = [option("question", 3, QUESTION), option("private", 5, False)]  # noqa: FBT003
            public = await (await bot.discord.use("ask", options)).reply()
            hidden = await (
                await bot.discord.use("ask", [*options, option("source", 3, "staff/secret-plan.md")])
            ).reply()
        assert not plain["flags"] & EPHEMERAL
        assert told["flags"] & EPHEMERAL
        assert told["content"].startswith("Sent privately")
        assert not public["flags"] & EPHEMERAL
        assert hidden["flags"] & EPHEMERAL
        assert hidden["content"] == SOURCE_NOT_FOR_ALL
        excluded = [filters.excluded for _, filters in scripted.asked]
        assert excluded == [
            frozenset({"faq", "staff"}),
            frozenset({"faq"}),
            frozenset({"faq", "staff"}),
            frozenset({"faq"}),
        ]

    finished(check())


def with_role_of_staff(bot: Running, guild: Any) -> None:
    """The server has one more role, and interactions come from a member who holds it."""
    import discord

    guild._add_role(discord.Role(guild=guild, state=guild._state, data=ROLE))  # type: ignore[arg-type]
    dispatch = bot.discord.gateway.dispatch

    async def dispatched(event: str, data: dict[str, Any]) -> None:
        await dispatch(event, {**data, "member": {**data["member"], "roles": [ROLE["id"]]}})

    bot.discord.gateway.dispatch = dispatched  # type: ignore[method-assign]


def test_settings_are_kept_and_shown(tmp_path: Path) -> None:
    """Who may manage the server changes them; the reply shows all; after a restart they hold."""

    async def check() -> None:
        with_store = opened(tmp_path)
        async with running(engine(listed=SEEN), store=with_store) as bot:
            with_rights(bot, MANAGER)
            await setting(bot, "mentions", option("answer", 5, False))  # noqa: FBT003
            await setting(bot, "confidence", option("percent", 4, 95))
            shown = await setting(bot, "show")
            assert shown["flags"] & EPHEMERAL
            fields = {field["name"]: field["value"] for field in shown["embeds"][0]["fields"]}
            assert fields["Messages that mention me are answered"] == "no"
            assert fields["Least confidence"] == "95%"
        with_store.close()
        again = opened(tmp_path)
        async with running(engine(listed=SEEN), store=again) as bot:
            assert bot.client.granted.settings(GUILD_ID) == ServerSettings(mentions=False, minimum_confidence=0.95)
            refused = await (await bot.discord.ask(QUESTION)).reply()
            assert "do not answer this" in refused["embeds"][0]["description"]
        again.close()

    finished(check())


def test_settings_changed_at_once_are_all_kept(tmp_path: Path) -> None:
    """Two managers who change different things in the same moment do not undo each other's change."""

    async def check() -> None:
        with_store = opened(tmp_path)
        async with running(engine(), store=with_store, config=DiscordConfig(cooldown_s=0.0)) as bot:
            with_rights(bot, MANAGER)
            await asyncio.gather(
                setting(bot, "mentions", option("answer", 5, False)),  # noqa: FBT003
                setting(bot, "private", option("default", 5, True)),  # noqa: FBT003
                setting(bot, "threads", option("only", 5, True)),  # noqa: FBT003
            )
            wanted = ServerSettings(mentions=False, private_by_default=True, threads_only=True)
            assert bot.client.granted.settings(GUILD_ID) == wanted
            assert with_store.all_settings() == {GUILD_ID: wanted}
        with_store.close()

    finished(check())


def test_a_misspelt_grant_is_told_at_the_start(caplog: pytest.LogCaptureFixture) -> None:
    """The operator's log names the folder in which no document lies."""

    async def check() -> None:
        async with running(engine(listed=SEEN), config=DiscordConfig(public=("faqq",))):
            pass

    finished(check())
    assert "grants folders that hold no document: faqq." in caplog.text


def test_settings_are_for_managers_only(tmp_path: Path) -> None:
    """Discord hides the command, but the handler checks again; nothing is changed."""

    async def check() -> None:
        with_store = opened(tmp_path)
        async with running(engine(), store=with_store) as bot:
            assert {c["name"]: c["default_member_permissions"] for c in bot.discord.commands}["settings"] == "32"
            refused = await setting(bot, "mentions", option("answer", 5, False))  # noqa: FBT003
            assert refused["flags"] & EPHEMERAL
            assert "may manage this server" in unescape(refused["content"])
            assert with_store.all_settings() == {}
        with_store.close()

    finished(check())


def test_channels_and_threads_are_kept_to() -> None:
    """Elsewhere the bot says privately where it answers, and the engine is not asked."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted, config=DiscordConfig(cooldown_s=0.0)) as bot:
            bot.client.granted.remember(GUILD_ID, ServerSettings(channels=frozenset({CHANNEL_ID + 99})))
            elsewhere = await (await bot.discord.ask(QUESTION)).reply()
            bot.client.granted.remember(GUILD_ID, ServerSettings(threads_only=True))
            no_thread = await (await bot.discord.ask(QUESTION)).reply()
        assert f"<#{CHANNEL_ID + 99}>" in elsewhere["content"]
        assert "threads" in no_thread["content"]
        assert elsewhere["flags"] & no_thread["flags"] & EPHEMERAL
        assert scripted.asked == []

    finished(check())


def test_find_the_source_keeps_to_the_channels_too() -> None:
    """Where questions are not answered, nothing is looked for either."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted, config=DiscordConfig(cooldown_s=0.0)) as bot:
            bot.client.granted.remember(GUILD_ID, ServerSettings(channels=frozenset({CHANNEL_ID + 99})))
            shown = await (await bot.discord.use_on(NAME, said("Pigs can fly.", direct=True))).reply()
        assert f"<#{CHANNEL_ID + 99}>" in shown["content"]
        assert shown["flags"] & EPHEMERAL
        assert scripted.asked == []

    finished(check())


@pytest.mark.parametrize(
    ("question", "private"),
    [(" \n ", True), ("hi there!", True), ("why " * 200, True), ("何人が死亡しましたか", True), (QUESTION, False)],
)
def test_what_is_refused_unread_is_refused_privately(question: str, *, private: bool) -> None:
    """What is no question to the documents is the asker's own matter, also where a public answer was wanted."""

    async def check() -> None:
        async with running(engine(), config=DiscordConfig(cooldown_s=0.0)) as bot:
            options = [
                {"name": "question", "type": 3, "value": question},
                {"name": "private", "type": 5, "value": False},
            ]
            shown = await (await bot.discord.use("ask", options)).reply()
        assert bool(shown["flags"] & EPHEMERAL) == private
        assert shown["embeds"]
        assert not shown["content"]

    finished(check())


def test_private_by_default_can_be_overruled() -> None:
    """With the setting answers are private without a note; private: False makes one public."""

    async def check() -> None:
        async with running(engine(), config=DiscordConfig(cooldown_s=0.0)) as bot:
            bot.client.granted.remember(GUILD_ID, ServerSettings(private_by_default=True))
            private = await (await bot.discord.ask(QUESTION)).reply()
            options = [option("question", 3, QUESTION), option("private", 5, False)]  # noqa: FBT003
            public = await (await bot.discord.use("ask", options)).reply()
        assert private["flags"] & EPHEMERAL
        assert private["content"] == ""
        assert not public["flags"] & EPHEMERAL

    finished(check())


def test_who_asks_too_fast_is_told_when_to_try_again() -> None:
    """The sixth question at once gets a private reply with the seconds, and is not computed."""

    async def check() -> None:
        scripted = engine()
        async with running(scripted, config=DiscordConfig(cooldown_s=60.0)) as bot:
            replies = [await (await bot.discord.ask(QUESTION)).reply() for _ in range(6)]
        assert [bool(reply["flags"] & EPHEMERAL) for reply in replies] == [False] * 5 + [True]
        assert "try again in 60 seconds" in replies[-1]["content"]
        assert len(scripted.asked) == 5

    finished(check())


def test_logged_questions_are_counted_and_forgotten(tmp_path: Path) -> None:
    """With logging on a manager gets the unanswered ones as list and file; /forget deletes the member's."""

    async def check() -> None:
        with_store = opened(tmp_path, logging=True)
        config = DiscordConfig(logging=True, cooldown_s=0.0)
        async with running(engine(), config=config, store=with_store) as bot:
            for _ in range(2):
                await (await bot.discord.ask("Where is @everyone?")).reply()
            await (await bot.discord.ask(QUESTION)).reply()
            with_rights(bot, MANAGER)
            shown = await (await bot.discord.use("unanswered")).reply()
            summary = await (await bot.discord.use("feedback")).reply()
            help_text = (await (await bot.discord.use("help")).reply())["embeds"][0]["description"]
            forgot = await (await bot.discord.use("forget")).reply()
            assert with_store.unanswered(GUILD_ID, limit=5) == []
        with_store.close()
        assert shown["flags"] & EPHEMERAL
        assert "2 times" in shown["embeds"][0]["description"]
        assert "\\@everyone" in shown["embeds"][0]["description"]
        assert [one["filename"] for one in shown["attachments"]] == ["unanswered.csv"]
        assert "Nobody has judged" in summary["embeds"][0]["description"]
        assert "for 30 days" in help_text
        assert "deleted: 3" in forgot["content"]

    finished(check())


def everything_in(folder: Path) -> bytes:
    """The bytes of all files of a store."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def test_without_logging_its_commands_are_absent(tmp_path: Path) -> None:
    """/unanswered and /feedback are not registered, and nothing about the asker reaches the file."""

    async def check() -> None:
        with_store = opened(tmp_path)
        async with running(engine(), store=with_store) as bot:
            await (await bot.discord.ask("Where is my secret?")).reply()
            names = {command["name"] for command in bot.discord.commands}
            forgot = await (await bot.discord.use("forget")).reply()
            written = everything_in(tmp_path)
        with_store.close()
        assert not names & {"unanswered", "feedback"}
        assert "Nothing was stored" in forgot["content"]
        assert b"secret" not in written
        assert str(MEMBER_ID).encode() not in written
        assert MEMBER_ID.to_bytes(8) not in written

    finished(check())


@pytest.mark.parametrize(
    ("admin", "rights", "done"), [(True, MANAGER, True), (True, 0, False), (False, MANAGER, False)]
)
def test_who_may_reindex(admin: bool, rights: int, done: bool) -> None:
    """Managers of the servers that the operator named, nobody else but the owner of the application."""

    async def check() -> None:
        scripted = engine()
        config = DiscordConfig(admin_servers=(str(GUILD_ID),) if admin else ())
        async with running(scripted, config=config) as bot:
            application = bot.client.application
            assert application is not None
            application.owner = discord_user(bot, MEMBER_ID + 1)
            with_rights(bot, rights)
            reply = await (await bot.discord.use("reindex", [option("full", 5, True)])).reply()  # noqa: FBT003
            assert ("Done" in reply["content"]) is done
            assert ("run this bot" in reply["content"]) is not done
            application.owner = discord_user(bot, MEMBER_ID)
            with_rights(bot, 0)
            assert "Nothing had changed" in (await (await bot.discord.use("reindex")).reply())["content"]

    finished(check())


@pytest.mark.parametrize(
    ("state", "role", "done"), [(2, "developer", True), (1, "developer", False), (2, "read_only", False)]
)
def test_who_of_a_team_may_reindex(state: int, role: str, done: bool) -> None:
    """Members of the application's team that may change it, not those who are invited only or may only look."""

    async def check() -> None:
        async with running(engine()) as bot:
            from discord import Team

            application = bot.client.application
            assert application is not None
            user = {"id": str(MEMBER_ID), "username": "x", "discriminator": "0", "avatar": None}
            member = {"user": user, "membership_state": state, "role": role, "permissions": ["*"], "team_id": "1"}
            team = {"id": "1", "name": "team", "icon": None, "owner_user_id": "2", "members": [member]}
            application.team = Team(bot.client._connection, team)  # type: ignore[arg-type]
            reply = await (await bot.discord.use("reindex")).reply()
            assert ("Nothing had changed" in reply["content"]) is done

    finished(check())


def test_a_rebuild_is_told_of_though_its_progress_could_not_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """When Discord refuses to show how far it is, the outcome is shown all the same."""
    monkeypatch.setattr("qabot.discord_bot.reindex_command._EVERY_S", 0.02)
    gate = threading.Event()

    class Building(ScriptedEngine):
        def refresh(self, progress: Any = silent, *, full: bool = False) -> object | None:
            del progress
            if full:
                gate.wait(20)
            return full or None

    async def check() -> None:
        async with running(Building(engine().table)) as bot:
            refused = Fault(r"PATCH .*/messages/@original", 403)
            bot.discord.faults.append(refused)
            asked = await bot.discord.use("reindex", [option("full", 5, True)])  # noqa: FBT003
            await until(lambda: not refused.times)
            gate.set()
            assert "Done" in (await asked.reply())["content"]

    finished(check())


def discord_user(bot: Running, user_id: int) -> Any:
    """A user of that id."""
    import discord

    data = {"id": str(user_id), "username": "x", "discriminator": "0", "avatar": None}
    return discord.User(state=bot.client._connection, data=data)  # type: ignore[arg-type]


def test_pages_of_sources_keep_the_limits() -> None:
    """Hostile names of any length stay text and within an embed; each document is on exactly one page."""
    hostile = [ListedDocument(f"{n:03}/" + "**<@1>\n# `" * 60, "||spoiler|| " * 50, "2022-03-23") for n in range(45)]
    catalogue = Catalogue(tuple(hostile), (), 0.0)
    pages = [sources_page(catalogue, page=n, search=None) for n in range(1, 4)]
    lines = [line for page in pages for line in (page.description or "").split("\n")]
    assert [line[2:5] for line in lines] == [f"{n:03}" for n in range(45)]
    assert all(len(page) <= 6000 and len(page.description or "") <= 4096 for page in pages)
    assert sources_page(catalogue, page=99, search=None).description == pages[-1].description
    assert len((pages[0].description or "").split("\n")) == PAGE_SIZE
    found = sources_page(catalogue, page=1, search="007/")
    assert (found.description or "").count("\n") == 0
    assert "name or title" in (sources_page(catalogue, page=1, search="no such").description or "")
    card = source_card(hostile[0], "`" * 50_000)
    assert len(card) <= 6000
    assert len(source_card(SEEN[0], " \n ").description or "") > 0
    problems = tuple(Problem("x" * 500, "y" * 500, "z") for _ in range(99))
    full = Catalogue((), problems, 0.0, 0.0, uncalibrated=True, unsettled=("`*_" * 200,) * 99)
    assert len(status_card(full, Summary(0, None, None), rebuilding=False)) <= 6000


def test_the_file_of_unanswered_questions_is_safe_to_open() -> None:
    """Line ends, quotes and commas survive; what a spreadsheet would take for a formula is marked as text."""
    found = [Unanswered('a "b", c\nd', 3, 0.0), Unanswered("=1+1", 1, 0.0), Unanswered("x" * 5000, 1, NOW_S)]
    rows = list(csv.reader(io.StringIO(unanswered_csv(found).decode("utf-8-sig"), newline="")))
    assert rows[:3] == [
        ["times", "last", "question"],
        ["3", "1970-01-01 00:00:00", 'a "b", c\nd'],
        ["1", "1970-01-01 00:00:00", "'=1+1"],
    ]
    assert len(unanswered_card(found * 100)) <= 6000
    lines = (unanswered_card(found).description or "").split("\n")
    assert [line.split(",")[0] for line in lines] == ["- 3 times", "- once", "- once"]


def test_settings_stay_showable() -> None:
    """As many channels, folders and roles as may be set fit into an embed, and one more is refused."""
    settings = ServerSettings()
    for number in range(25):
        settings = with_channel(settings, channel_id=10**18 + number, add=True)
        for role in range(8):
            settings = with_role(settings, f"{number:02}/" + "*" * 90, 10**18 + role, add=True)
    assert len(settings_card(settings)) <= 6000
    with pytest.raises(UsageError):
        with_channel(settings, channel_id=1, add=True)
    with pytest.raises(UsageError):
        with_role(settings, "one more", 1, add=True)
    opened_again = with_role(with_role(ServerSettings(), "a", 1, add=True), "a", 1, add=False)
    assert opened_again == ServerSettings()


def test_figures_are_of_today_and_of_one_server() -> None:
    """The count begins anew at midnight UTC; percentiles are by rank; another server's are its own."""
    now_s = [86_400.0 * 100 - 10]
    figures = Figures(lambda: now_s[0])
    for took in range(1, 101):
        figures.note(1, answer_ms=float(took))
    assert figures.of(1) == Summary(100, 50.0, 95.0)
    assert figures.of(2) == Summary(0, None, None)
    now_s[0] += 20
    assert figures.of(1) == Summary(0, 50.0, 95.0)


def test_status_names_what_is_still_being_written_to() -> None:
    """The first files and how many more, of those that the member may see; nothing when they have settled."""

    async def check() -> None:
        scripted = engine(listed=SEEN + HIDDEN)
        async with running(scripted, config=FAQ_ONLY) as bot:
            shown = []
            for unsettled in (("faq/a.md", "staff/x.md"), tuple(f"faq/{n}.md" for n in range(7)), ()):
                scripted.unsettled = unsettled
                fields = (await (await bot.discord.use("status")).reply())["embeds"][0]["fields"]
                shown.append([field["value"] for field in fields if field["name"] == "Still being written to"])
        assert shown[0] == ["faq/a.md: known to me as before, in part or not yet."]
        assert shown[1][0].startswith("faq/0.md, faq/1.md, ")
        assert "faq/4.md and 2 more" in shown[1][0]
        assert shown[2] == []

    finished(check())


def test_status_says_when_changes_cannot_be_taken_up() -> None:
    """After a refresh that failed /status says since when, without the cause; after one that succeeds nothing."""

    async def check() -> None:
        refusal = IndexDamaged("broken staff/secret-plan.md", remedy="rebuild")
        scripted = engine(refreshes=[refusal, refusal])
        async with running(scripted, config=DiscordConfig(cooldown_s=0.0)) as bot:
            shown = []
            for _ in range(3):
                await (await bot.discord.ask(QUESTION)).reply()
                shown.append(str((await (await bot.discord.use("status")).reply())["embeds"]))
        assert ["Not up to date" in one for one in shown] == [True, True, False]
        assert "secret" not in str(shown)

    finished(check())


def test_reindex_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply is edited with the stage; a second build meanwhile is told so; a failure says what stays."""
    monkeypatch.setattr("qabot.discord_bot.reindex_command._EVERY_S", 0.02)
    gate = threading.Event()

    class Building(ScriptedEngine):
        def refresh(self, progress: Any = silent, *, full: bool = False) -> object | None:
            if full:
                progress("embedding", 3, 40)
                gate.wait(20)
                raise IndexDamaged("no room", remedy="Free some.")
            return None

    async def check() -> None:
        config = DiscordConfig(admin_servers=(str(GUILD_ID),))
        async with running(Building(engine().table), config=config) as bot:
            with_rights(bot, MANAGER)
            asked = await bot.discord.use("reindex", [option("full", 5, True)])  # noqa: FBT003
            await until(lambda: any("3 of 40" in one["content"] for one in asked.messages.values()))
            assert "rebuilding" in str((await (await bot.discord.use("status")).reply())["embeds"])
            second = await (await bot.discord.use("reindex")).reply()
            assert "going on already" in second["content"]
            assert (await (await bot.discord.ask(QUESTION)).reply())["embeds"]
            gate.set()
            await until(lambda: any("It failed" in one["content"] for one in asked.messages.values()))
            assert asked.calls[:2] == ["callback", "edit"]

    finished(check())


def test_settings_take_channels_and_roles(tmp_path: Path) -> None:
    """Both come as Discord resolves them, are kept, shown and taken back; a folder that is not there is refused."""

    async def check(with_store: SqliteStore) -> None:
        async with running(engine(listed=SEEN), store=with_store, config=DiscordConfig(cooldown_s=0.0)) as bot:
            with_rights(bot, MANAGER)

            async def use(sub: str, *options: dict[str, Any], **resolved: Any) -> dict[str, Any]:
                given = [{"name": sub, "type": 1, "options": list(options)}]
                return await (await bot.discord.use("settings", given, resolved=resolved)).reply()

            channel = {str(CHANNEL_ID): {"id": str(CHANNEL_ID), "type": 0, "name": "general", "permissions": "0"}}
            where = option("channel", 7, str(CHANNEL_ID))
            shown = await use("channel", where, option("answer", 5, True), channels=channel)  # noqa: FBT003
            assert f"<#{CHANNEL_ID}>" in str(shown["embeds"])
            who = [option("role", 8, str(ROLE["id"])), option("allow", 5, True)]  # noqa: FBT003
            shown = await use("role", option("collection", 3, "faq"), *who, roles={ROLE["id"]: ROLE})
            assert f"faq: <@&{ROLE['id']}>" in str(shown["embeds"])
            unknown = await use("role", option("collection", 3, "staff"), *who, roles={ROLE["id"]: ROLE})
            assert "no folder of that name" in unescape(unknown["content"])
            assert bot.client.granted.settings(GUILD_ID) == ServerSettings(
                channels=frozenset({CHANNEL_ID}), roles=(("faq", frozenset({int(ROLE["id"])})),)
            )
            offered = await (await bot.discord.complete("f", command="settings role", option="collection")).choices()
            assert [one["value"] for one in offered] == ["faq"]
            off = option("allow", 5, False)  # noqa: FBT003
            await use("role", option("collection", 3, "faq"), who[0], off, roles={ROLE["id"]: ROLE})
            await use("channel", where, option("answer", 5, False), channels=channel)  # noqa: FBT003
            assert bot.client.granted.settings(GUILD_ID) == ServerSettings()

    with_store = opened(tmp_path)
    finished(check(with_store))
    with_store.close()


def test_what_a_server_sees_is_prepared_at_the_start() -> None:
    """Each restricted grant is counted once in the background; a question that would wait for it is told so."""
    gate = threading.Event()

    class Counting(ScriptedEngine):
        def prepare(self, filters: Filters) -> None:
            super().prepare(filters)
            gate.wait(20)

    async def check() -> None:
        scripted = Counting(engine().table, listed=SEEN)
        config = DiscordConfig(public=("faq",), cooldown_s=0.0, servers={str(GUILD_ID + 1): ServerGrant(("*",))})
        async with running(scripted, config=config, refresh_wait_s=0.1) as bot:
            early = await (await bot.discord.ask(QUESTION)).reply()
            assert early["flags"] & EPHEMERAL
            assert "ask again in a minute" in unescape(early["content"])
            assert (await (await bot.discord.use("sources")).reply())["embeds"]
            gate.set()
            await until(lambda: not bot.client.desk.busy)
            assert (await (await bot.discord.ask(QUESTION)).reply())["embeds"]
        assert scripted.prepared == [Filters(collections=frozenset({"faq"}), sealed=True)]

    finished(check())
