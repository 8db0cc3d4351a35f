"""qabot.toml: whether it is understood, and what in it differs from the defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from qabot.config import Config
from qabot.doctor.check import Check
from qabot.errors import ConfigError


def configuration_checks(
    config: Config | None, error: ConfigError | None, environ: Mapping[str, str]
) -> Iterator[Check]:
    """``error``: why there is no ``config``."""
    if error is not None:
        yield Check("configuration", "problem", error.problem, error.remedy)
    if config is None:
        return
    by = " (QABOT_ROOT)" if environ.get("QABOT_ROOT") and str(config.root) == environ.get("QABOT_ROOT") else ""
    yield Check("configuration", "ok", f"the folder is {config.root.resolve()}{by}")
    path = config.root / "qabot.toml"
    if not path.exists():
        yield Check("configuration", "ok", "there is no qabot.toml: every setting has its default")
        return
    changed = ", ".join(_changed(config))
    yield Check("configuration", "ok", f"qabot.toml sets {changed or 'nothing but defaults'}")


def _changed(config: Config) -> Iterator[str]:
    """Each setting that is not its default: ``chunks.max_tokens = 200``."""
    for section in fields(config):
        if section.name == "root":
            continue
        mine = getattr(config, section.name)
        usual = type(mine)()
        for key in fields(mine):
            value = getattr(mine, key.name)
            if value != getattr(usual, key.name):
                yield from _written(f"{section.name}.{key.name}", value)


def _written(name: str, value: object) -> Iterator[str]:
    """The setting as qabot.toml has it; of tables (``discord.servers``) each key of each."""
    if isinstance(value, Mapping):
        for title, table in value.items():
            for key in fields(table):
                yield from _written(f"{name}.{title}.{key.name}", getattr(table, key.name))
        return
    yield f"{name} = {list(value) if isinstance(value, tuple) else value}"
