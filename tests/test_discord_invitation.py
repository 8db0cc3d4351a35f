"""The address that invites the bot: right, with the least rights, and without the token."""

import base64
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from discord_standin import discord

from qabot.cli import main
from qabot.discord_bot.invitation import PERMISSIONS, application_of
from qabot.errors import UsageError

ID = "1100000000000000001"
SECRET = "Gabcde.ThisIsNotForAnyone_0123456789-x"  # noqa: S105 - of nobody
TOKEN = f"{base64.urlsafe_b64encode(ID.encode()).decode().rstrip('=')}.{SECRET}"


def test_the_link_is_printed_and_the_token_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stdout: the id from the token, both scopes, the permissions; nothing of the secret parts."""
    assert main(["--root", str(tmp_path), "bot", "--invite"], environ={"DISCORD_TOKEN": TOKEN}) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out == f"https://discord.com/oauth2/authorize?{urlsplit(out.strip()).query}\n"
    assert parse_qs(urlsplit(out.strip()).query) == {
        "client_id": [ID], "scope": ["bot applications.commands"], "permissions": ["274877991936"],
    }  # fmt: skip
    assert not any(part in out for part in (*SECRET.split("."), TOKEN.split(".", maxsplit=1)[0]))


def test_an_id_that_is_named_needs_no_token(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --application-id the link is there before there is a token."""
    assert main(["--root", str(tmp_path), "bot", "--invite", "--application-id", ID[:-1] + "7"], environ={}) == 0
    assert f"client_id={ID[:-1]}7&" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "environ", "said"),
    [
        ([], {}, "there is no Discord token"),
        ([], {"DISCORD_TOKEN": f"bm90LWFuLWlk.{SECRET}"}, "--application-id"),
        ([], {"DISCORD_TOKEN": f"\u00e4.{SECRET}"}, "cannot be a token"),
        (["--application-id", "qabot"], {}, "qabot is no application id"),
        (["--application-id", "\u0661" * 18], {}, "is no application id"),
    ],
)
def test_what_is_missing_is_told_without_the_token(
    options: list[str], environ: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 2, one line with the remedy, and no part of the token in it."""
    assert main(["--root", str(tmp_path), "bot", "--invite", *options], environ=environ) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert SECRET.split(".")[1] not in err


@pytest.mark.parametrize("part", ["", "=", "MTE", "!!!!", "MTEwMDAwMDAwMDAw", "LTEwMDAwMDAwMDAwMDAwMDAwMQ"])
def test_a_first_part_that_holds_no_id_is_refused(part: str) -> None:
    """Nothing, no base64, too short a number, a negative one."""
    with pytest.raises(UsageError):
        application_of(f"{part}.x.y")


def test_the_id_without_invite_is_wrong_usage(tmp_path: Path) -> None:
    """--application-id alone would start the bot although somebody wanted the link."""
    with pytest.raises(SystemExit) as ended:
        main(["--root", str(tmp_path), "bot", "--application-id", ID], environ={})
    assert ended.value.code == 2


def test_the_permissions_are_those_of_replies_to_messages() -> None:
    """Seeing the channel, sending there and in threads, embeds, and the history that a reply refers to; no more."""
    wanted = discord.Permissions.none()
    for name in ("view_channel", "send_messages", "send_messages_in_threads", "embed_links", "read_message_history"):
        setattr(wanted, name, True)
    assert wanted == PERMISSIONS
    assert PERMISSIONS.value == 1 << 10 | 1 << 11 | 1 << 14 | 1 << 16 | 1 << 38 == 274877991936


def test_bot_py_takes_the_same_options(tmp_path: Path) -> None:
    """``python bot.py --invite`` is ``qabot bot --invite``."""
    bot = Path(__file__).parent.parent / "bot.py"
    run = [sys.executable, str(bot), "--root", str(tmp_path), "--invite", "--application-id", ID]
    assert f"client_id={ID}&" in subprocess.run(run, capture_output=True, text=True, check=True).stdout  # noqa: S603
