"""All checks in their order, each group apart: what breaks one of them is told as its finding.

The groups are imported when they run, since a library that is missing must not cost more than the group that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from qabot.config import Config
from qabot.doctor.check import Check, Group
from qabot.doctor.configuration import configuration_checks
from qabot.doctor.installation import installation_checks
from qabot.errors import ConfigError, QabotError


def examine(root: Path | None, environ: Mapping[str, str]) -> list[Check]:
    """Every check, over the folder that ``qabot --root`` would use."""
    config, error = _configured(root, environ)
    engine = config.encoder.engine if config else "onnx"
    checks = [
        *_isolated("installation", lambda: installation_checks(engine)),
        *_isolated("models", _models),
        *_isolated("configuration", lambda: configuration_checks(config, error, environ)),
        *_isolated("configuration", lambda: _pinned_file(config)),
    ]
    folder = config or _defaults(root, environ)
    if folder is None:
        return checks
    return [
        *checks,
        *_isolated("seeds", lambda: _seeds(folder)),
        *_isolated("index", lambda: _index(folder, settings_known=config is not None)),
        *_isolated("index", lambda: _pinned(folder)),
        *_isolated("token", lambda: _token(folder.root, environ)),
    ]


def _configured(root: Path | None, environ: Mapping[str, str]) -> tuple[Config | None, ConfigError | None]:
    try:
        return Config.load(root, environ), None
    except ConfigError as error:
        return None, error


def _defaults(root: Path | None, environ: Mapping[str, str]) -> Config | None:
    """The folder with default settings where qabot.toml cannot be used; None if there is no folder."""
    folder = root if root is not None else Path(environ.get("QABOT_ROOT") or ".")
    return Config(root=folder) if folder.is_dir() else None


def _models() -> Iterator[Check]:
    from qabot.doctor.models import model_checks

    return model_checks()


def _seeds(config: Config) -> Iterator[Check]:
    from qabot.doctor.seeds import seeds_checks

    return seeds_checks(config)


def _index(config: Config, *, settings_known: bool) -> Iterator[Check]:
    from qabot.doctor.index import index_checks

    return index_checks(config, settings_known=settings_known)


def _pinned_file(config: Config | None) -> Iterator[Check]:
    from qabot.doctor.pinned import pinned_file_checks

    return pinned_file_checks(config) if config else iter(())


def _pinned(config: Config) -> Iterator[Check]:
    from qabot.doctor.pinned import pinned_checks

    return pinned_checks(config)


def _token(root: Path, environ: Mapping[str, str]) -> Iterator[Check]:
    from qabot.doctor.token import token_checks

    return token_checks(root, environ)


def _isolated(group: Group, checks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """The checks of a group up to the one that fails, and why it does."""
    try:
        yield from checks()
    except QabotError as error:
        yield Check(group, "problem", error.problem, error.remedy)
    except ImportError as error:
        yield Check(group, "problem", f"a library cannot be loaded: {error}", "Install qabot again.")
    except OSError as error:
        what = error.strerror or str(error)
        named = f"{error.filename}: {what}" if error.filename else what
        yield Check(group, "problem", f"this cannot be examined: {named}", "Check the disk and the rights.")
