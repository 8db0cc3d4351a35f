"""docs/discord.md stays true to what the bot does."""

import configparser
import json
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from contextlib import closing
from pathlib import Path

import discord_standin
from corpus import SEED, make_root
from discord_standin import discord

from qabot import arguments
from qabot.config import Config, DiscordConfig
from qabot.discord_bot import address, client, credentials, excerpt, invitation, service, views
from qabot.discord_bot.client import QabotClient
from qabot.discord_bot.desk import Desk
from qabot.discord_bot.escape import escape, unescape
from qabot.discord_bot.kept import ServerSettings
from qabot.discord_bot.render import Rendered, rendered
from qabot.discord_bot.store_sqlite import STORE_NAME, SqliteStore
from qabot.engine import Engine

TOP = Path(__file__).parent.parent
PAGE = (TOP / "docs" / "discord.md").read_text(encoding="utf-8")


def test_every_command_and_option_is_described() -> None:
    """Each command stands in the page with its options, and no other command does."""
    bot = QabotClient(Desk(lambda _: discord_standin.ScriptedEngine()), config=DiscordConfig(logging=True))
    named = {command.name for command in bot.tree.get_commands(type=discord.AppCommandType.chat_input)}
    menus = {command.name for command in bot.tree.get_commands(type=discord.AppCommandType.message)}
    assert all(f"**{name}**" in PAGE for name in menus)
    assert set(re.findall(r"`/(\w+)(?=[` ])", PAGE)) == named
    assert "`/ask question [source] [private]`" in PAGE


def test_variables_and_levels_are_named() -> None:
    """The environment variables of the table are the ones that are read."""
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert table == {credentials.TOKEN_NAME, service.LEVEL_NAME, address.BASE_NAME}
    assert all(f"`{level}`" in PAGE for level in service._LEVELS)


def test_figures_and_examples_are_true() -> None:
    """The seconds for finishing, the mark of a gap and the code of an invisible character are as in the code."""
    assert f"up to {client.FINISH_WITHIN_S:.0f} seconds" in PAGE
    assert excerpt.omission(120) in PAGE
    assert escape("\u202e") in PAGE


def test_the_invitation_is_the_one_that_the_command_prints() -> None:
    """The address, its number and the names of the permissions are those of the code."""
    link = invitation.invite_link({}, Path(), application_id="1" * 18)
    assert f"\n    {link.replace('1' * 18, 'APPLICATION_ID')}\n" in PAGE
    (named,) = re.findall(r"stands for five permissions: (.+?)\. ", PAGE)
    shown = {name.lower().replace(" ", "_").replace("channels", "channel") for name in re.findall(r"\*(.+?)\*", named)}
    wanted = discord.Permissions(**dict.fromkeys(shown, True))
    assert len(shown) == 5
    assert wanted == invitation.PERMISSIONS


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)


def lines() -> list[str]:
    """Every line that is shown to be typed or saved."""
    return re.findall(r"^    (\S.*)", PAGE, re.MULTILINE)


def test_the_settings_shown_are_valid(tmp_path: Path) -> None:
    """The block of qabot.toml is read as it stands, and grants what the text says."""
    (block,) = re.findall(r"(?:^    .*\n|^\n(?=    ))+", PAGE[PAGE.index("    [discord]") :], re.MULTILINE)[:1]
    (tmp_path / "qabot.toml").write_text(textwrap.dedent(block), encoding="utf-8")
    settings = Config.load(tmp_path, {}).discord
    assert list(settings.servers) == ["123456789012345678"]
    assert settings.public == ("faq", ".")


def test_every_command_line_is_one_that_the_program_takes() -> None:
    """What is typed after qabot or bot.py parses."""
    typed = [shlex.split(line) for line in lines() if re.match(r"\.venv/bin/(qabot|python bot\.py)", line)]
    given = [["bot", *words[2:]] if words[1:2] == ["bot.py"] else words[1:] for words in typed]
    assert [arguments.parse(one).command for one in given] == ["doctor", "bot", "bot"]


def test_the_unit_is_one_and_confines_the_bot() -> None:
    """The file can be read, starts the bot over the folder it may write, and lets it finish."""
    (text,) = blocks("ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    service = unit["Service"]
    started = arguments.parse(shlex.split(service["ExecStart"])[1:])
    folder = f"/var/lib/{service['StateDirectory']}"
    assert (started.command, str(started.root)) == ("bot", folder) == ("bot", service["ReadWritePaths"])
    assert (service["DynamicUser"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("yes", "strict", "yes")
    assert service.getfloat("TimeoutStopSec") > client.FINISH_WITHIN_S + 2
    assert 86_400 / service.getfloat("RestartSec") < 1000
    for line in (f"mkdir -p {folder}", f"cp -r seeds {folder}/", f"install -m 600 .env {service['EnvironmentFile']}"):
        assert line in lines()


def test_the_image_has_what_the_package_needs_and_no_root() -> None:
    """What is copied exists and is enough to build; the bot runs as nobody and is the program's own command."""
    (text,) = blocks("dockerfile")
    copied = {name for line in re.findall(r"^COPY (?!--)(.+)", text, re.MULTILINE) for name in line.split()[:-1]}
    assert all((TOP / name).exists() for name in copied)
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    licences = {name.split("/")[0] for name in project["project"]["license-files"]}
    assert copied >= {"pyproject.toml", project["project"]["readme"], *packages, *licences}
    assert re.findall(r"^USER (\d+)", text, re.MULTILINE)[0] != "0"
    command = [*json.loads(re.findall(r"^ENTRYPOINT (.+)", text, re.MULTILINE)[0])[1:]]
    assert arguments.parse([*command, *json.loads(re.findall(r"^CMD (.+)", text, re.MULTILINE)[0])]).command == "bot"
    (run,) = (line for line in lines() if line.startswith("docker run "))
    assert {"--read-only", "--tmpfs", "--cap-drop", "no-new-privileges", "$PWD/data:/data"} <= set(shlex.split(run))
    assert float(re.findall(r"--stop-timeout (\d+)", run)[0]) > client.FINISH_WITHIN_S + 2


def test_the_backup_holds_what_the_store_holds(tmp_path: Path) -> None:
    """The line runs while the store is open, and the copy has the last change."""
    (line,) = (one for one in lines() if "VACUUM" in one)
    with closing(SqliteStore.open(tmp_path / STORE_NAME, logging=False, log_days=30)) as store:
        store.change_settings(1, ServerSettings(mentions=False))
        subprocess.run([sys.executable, *shlex.split(line)[1:]], cwd=tmp_path, check=True)  # noqa: S603 - our own line
    copy = tmp_path / "qabot-backup.sqlite"
    with closing(SqliteStore.open(copy, logging=False, log_days=30)) as store:
        assert store.all_settings() == {1: ServerSettings(mentions=False)}


def test_the_readme_shows_an_answer_as_discord_does(tmp_path: Path) -> None:
    """The block is the answer to its question, rendered; only the confidence may differ between processors."""
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"a button\):\n\n((?:    .+\n)+)", readme)
    shown = textwrap.dedent(block).splitlines()
    engine = Engine.open(make_root(tmp_path, {SEED.name: SEED.read_bytes()}))
    try:
        found = rendered(engine.ask(shown[0]))
    finally:
        engine.close()
    assert [_sure(line) for line in shown] == [_sure(line) for line in as_seen(found)]


def as_seen(found: Rendered) -> list[str]:
    """A message as the README writes it: escapes as they are shown, a bar before quotes, buttons in brackets."""
    embed = found.embed
    marked = f"{embed.description}".replace(">>> ", "\N{LEFT ONE QUARTER BLOCK} ")
    rows = [embed.title or "", marked, *(part or "" for field in embed.fields for part in (field.name, field.value))]
    actions = views.actions_for(found, private=False, feedback=False)
    buttons = " ".join(f"[{views.button(action).label}]" for action in actions)
    return [*(line for row in rows for line in unescape(row).splitlines()), buttons]


def _sure(line: str) -> str:
    return re.sub(r"^.+ \(\d+%\)$", "(...)", line)
