"""The bot's token: whether there is one, whether it could be one, and who else may read it. Never the token itself."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from qabot.discord_bot.credentials import TOKEN_NAME, find_token, read_token
from qabot.doctor.check import Check

_PARTS = 3  # of a bot's token, joined by dots
_GIT_S = 2.0


def token_checks(root: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    """Form and place of the token.

    Raises:
        ConfigError: if what was found cannot be a token, or .env cannot be read.
    """
    yield from _file_checks(root / ".env")
    if not find_token(environ, root):
        yield Check("token", "ok", f"there is no Discord token ({TOKEN_NAME}); only `qabot bot` needs one")
        return
    token = read_token(environ, root)
    where = "the environment" if environ.get(TOKEN_NAME) else ".env"
    if len(token.split(".")) == _PARTS and all(token.split(".")):
        yield Check(
            "token", "ok", f"{TOKEN_NAME} in {where} has the form of a token; only Discord knows whether it is right"
        )
    else:
        text = f"{TOKEN_NAME} in {where} does not look like a bot's token: three parts joined by dots"
        yield Check("token", "warning", text, "Copy it again; docs/discord.md shows each step.")


def _file_checks(path: Path) -> Iterator[Check]:
    """Who else can read the file: other users of the machine, and everyone with the repository."""
    if not path.is_file():
        return
    if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Check("token", "warning", f"other users of this machine may read {path}", f"Run: chmod 600 {path}")
    if _tracked(path):
        text = f"{path} is in the git repository: whoever has that has the token"
        remedy = "Run: git rm --cached .env; and reset the token, since the history keeps it."
        yield Check("token", "warning", text, remedy)


def _tracked(path: Path) -> bool:
    """Whether git knows the file; False without git, or outside of a repository."""
    git = shutil.which("git")
    if git is None:
        return False
    # A repository's own settings may name programs for git to run; none of them is needed to list a file.
    asked = [git, "-c", "core.fsmonitor=false", "-C", str(path.parent), "ls-files", "--error-unmatch", "--", path.name]
    try:
        found = subprocess.run(  # noqa: S603 - fixed words and a path of ours, without a shell
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=_GIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return found.returncode == 0
