"""Where the token comes from. It is returned once and kept nowhere; no message ever holds it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from qabot.errors import ConfigError

TOKEN_NAME = "DISCORD_TOKEN"  # noqa: S105 - the name, not the token
_TOKEN = re.compile(r"[\w.=-]+", re.ASCII)
_REMEDY = (
    "Copy the token from https://discord.com/developers/applications (your application, Bot, Reset Token) and set "
    f"{TOKEN_NAME}=... in the environment or in a file named .env beside seeds; docs/discord.md shows each step."
)


def read_token(environ: Mapping[str, str], root: Path) -> str:
    """The token from the environment, else from ``root/.env``.

    The file is parsed, not exported: no other process inherits what stands in it.

    Raises:
        ConfigError: if there is none, the file cannot be read, or what was found cannot be a token.
    """
    token = find_token(environ, root)
    if not token:
        raise ConfigError(f"there is no Discord token: {TOKEN_NAME} is not set", remedy=_REMEDY)
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{TOKEN_NAME} holds something that cannot be a token (only letters, digits and . _ - = occur in one)",
            remedy=_REMEDY,
        )
    return token


def find_token(environ: Mapping[str, str], root: Path) -> str:
    """Whatever stands where the token should; "" if nothing does.

    Raises:
        ConfigError: if the file cannot be read.
    """
    return (environ.get(TOKEN_NAME) or _from_file(root / ".env") or "").strip()


def _from_file(path: Path) -> str | None:
    from dotenv import dotenv_values

    if not os.path.lexists(path):
        return None
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "no regular file"
        raise ConfigError(f"the file .env cannot be read: it is {kind}", remedy=_REMEDY)
    try:
        return dotenv_values(path, interpolate=False, encoding="utf-8-sig").get(TOKEN_NAME)
    except UnicodeDecodeError:
        raise ConfigError("the file .env cannot be read: it is not UTF-8", remedy=_REMEDY) from None
    except OSError as error:
        raise ConfigError(f"the file .env cannot be read: {error.strerror}", remedy=_REMEDY) from None
