"""An index that another process built with other settings: whose settings count.

Each command reads qabot.toml when it starts. After a change of it a process that started before, such as the bot or
`qabot watch`, would build the index back with the old settings, the next command would build it again with the new
ones, and so on without end. What qabot.toml says now decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from qabot.config import Config
from qabot.errors import ConfigError, IndexDamaged, IndexMismatch
from qabot.index import IndexIdentity, in_service
from qabot.index.opening import GENERATIONS_NAME, read_manifest


def leave_to_others(config: Config, identity: Callable[[], IndexIdentity], *, serving: str | None) -> None:
    """Refuse to build over what another process built with settings, or a version, that this one does not have.

    Args:
        config: as it was when this process started.
        identity: what this process builds with.
        serving: the generation that it answers from; None: none, so it must build.

    Raises:
        IndexMismatch: if the one on the disk is another one, and qabot.toml does not name this process's settings.
    """
    current = in_service(config.embeddings_dir)
    if serving is None or current is None or current == serving:
        return
    try:
        built_with = read_manifest(config.embeddings_dir / GENERATIONS_NAME / current).identity
    except IndexDamaged:  # which a build mends
        return
    except IndexMismatch as error:  # laid out differently
        raise _other_version(error.problem) from None
    ours = identity()
    if built_with == ours:
        return
    if not _stated(config):
        raise IndexMismatch(
            "qabot.toml changed since this process started, and another one built the index with the new settings",
            remedy="Restart this one to use them.",
        )
    if _settings(built_with) == _settings(ours):
        raise _other_version(f"another version of qabot built the index ({built_with.differences(ours)})")


def _other_version(problem: str) -> IndexMismatch:
    return IndexMismatch(problem, remedy="Restart this process, with the same version as the others.")


def _stated(config: Config) -> bool:
    """Whether qabot.toml still says what this process builds with."""
    try:
        now = Config.load(config.root)
    except ConfigError:  # it is being written, or has a mistake
        return False
    seeds = replace(now.seeds, sweep_s=config.seeds.sweep_s)  # on which the index does not depend
    return (now.encoder, now.chunks, seeds) == (config.encoder, config.chunks, config.seeds)


def _settings(identity: IndexIdentity) -> tuple[Any, ...]:
    """What of it qabot.toml decides."""
    encoder = identity.encoder
    return encoder.engine, encoder.model, identity.min_tokens, identity.max_tokens, identity.limits
