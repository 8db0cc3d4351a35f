"""What qabot.toml grants in Discord: whether there are documents behind each collection that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from qabot.config import DiscordConfig
from qabot.doctor.check import Check

_REMEDY = "Compare it with the folders under seeds (case counts), and correct the name or add the documents."


def grant_checks(config: DiscordConfig, ids: Iterable[str]) -> Iterator[Check]:
    """A warning for each granted collection without a file; ``ids``: the files under seeds/."""
    parents = {parent.as_posix() for name in ids for parent in _folders(PurePosixPath(name))}
    for setting, collections in _granted(config):
        for name in collections:
            if name != "*" and name not in parents:
                where = "no file lies in seeds itself" if name == "." else f"no file lies in the folder {name}"
                yield Check("seeds", "warning", f"{setting} grants {name!r}, but {where}", _REMEDY)


def _folders(name: PurePosixPath) -> Iterable[PurePosixPath]:
    """Of a file: its folder and those above, or ``.`` if it lies in none."""
    return name.parents if len(name.parts) == 1 else [one for one in name.parents if one.parts]


def _granted(config: DiscordConfig) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "discord.public", config.public
    for server_id, grant in config.servers.items():
        yield f"discord.servers.{server_id}.collections", grant.collections
