"""Which Discord the bot talks to: the real one, or a stand-in on this machine for tests.

``DISCORD_API_BASE`` (for example ``http://127.0.0.1:8080/api/v10``) is accepted for loopback addresses only, because
the token is sent there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from qabot.errors import ConfigError

BASE_NAME = "DISCORD_API_BASE"


def api_base(environ: Mapping[str, str]) -> str | None:
    """The address of the stand-in, None for the real Discord.

    Raises:
        ConfigError: if it is no http address of this machine.
    """
    base = environ.get(BASE_NAME, "").rstrip("/")
    if not base:
        return None
    require_loopback(base, schemes=("http", "https"))
    return base


def require_loopback(address: str, *, schemes: tuple[str, ...]) -> yarl.URL:
    """Check that ``address`` has one of the schemes and names this machine.

    Raises:
        ConfigError: otherwise.
    """
    remedy = f"{BASE_NAME} is for tests: use an address such as http://127.0.0.1:8080/api/v10, or unset it."
    try:
        url = yarl.URL(address)
    except ValueError:
        raise ConfigError(f"{BASE_NAME} is no address", remedy=remedy) from None
    if url.scheme not in schemes or not _is_loopback(url.host):
        raise ConfigError(f"{BASE_NAME} leads away from this machine", remedy=remedy)
    return url


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def talking_to(base: str | None) -> Iterator[None]:
    """Point discord.py at ``base`` while the block runs (it keeps its addresses in two class attributes)."""
    route, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    if base is not None:
        Route.BASE = base
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = route, gateway


def use_gateway(address: str) -> None:
    """Take a stand-in's own gateway for sessions that start anew; ends with ``talking_to``.

    Raises:
        ConfigError: if the stand-in names a gateway elsewhere.
    """
    DiscordWebSocket.DEFAULT_GATEWAY = require_loopback(address, schemes=("ws", "wss"))
