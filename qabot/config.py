"""Configuration: one frozen value from ``qabot.toml``, loaded once by ``main()`` and passed down in sections.

This module knows every key, its default and its bounds; it knows nothing of what the keys do. An unknown key or a
value of the wrong type is an error, never ignored.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from qabot.errors import ConfigError

Engine = Literal["onnx", "sentence-transformers"]
NewServers = Literal["public", "nothing"]


@dataclass(frozen=True, slots=True)
class SeedsConfig:
    """Which files are read, what reading one may cost, and how often they are all looked at while qabot runs.

    A file above a limit is named and left out.
    """

    max_file_bytes: int = 20_000_000
    max_text_chars: int = 20_000_000
    max_read_s: float = 120.0
    max_memory_bytes: int = 1_000_000_000
    sweep_s: float = 60.0

    def __post_init__(self) -> None:
        _require(self.max_file_bytes > 0, "seeds.max_file_bytes must be positive")
        _require(self.max_text_chars > 0, "seeds.max_text_chars must be positive")
        _require(0 < self.max_read_s <= 3_600, "seeds.max_read_s must be above 0 and at most 3600")
        _require(self.max_memory_bytes >= 100_000_000, "seeds.max_memory_bytes must be at least 100000000")
        _require(1 <= self.sweep_s <= 86_400, "seeds.sweep_s must be 1 to 86400")


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """What turns text into vectors. An empty ``model`` means the one that comes with the engine."""

    engine: Engine = "onnx"
    model: str = ""

    def __post_init__(self) -> None:
        _require(
            self.engine != "onnx" or not self.model,
            'encoder.model can only be chosen with encoder.engine = "sentence-transformers"',
        )


@dataclass(frozen=True, slots=True)
class ChunksConfig:
    """How long a chunk is, in tokens of the shipped tokenizer."""

    min_tokens: int = 120
    max_tokens: int = 160

    def __post_init__(self) -> None:
        _require(16 <= self.min_tokens <= self.max_tokens <= 200, "chunks needs 16 <= min_tokens <= max_tokens <= 200")


@dataclass(frozen=True, slots=True)
class AnswersConfig:
    """How much is read for an answer and how sure it must be. ``threshold`` unset means the calibrated one."""

    max_passages: int = 10
    threshold: float | None = None
    max_question_chars: int = 500
    pinned_file: str = "pinned.jsonl"  # questions that are asked after each rebuild; from the folder of seeds/ on

    def __post_init__(self) -> None:
        _require(self.max_passages >= 1, "answers.max_passages must be at least 1")
        _require(self.threshold is None or 0.0 <= self.threshold <= 1.0, "answers.threshold is a probability, 0 to 1")
        _require(self.max_question_chars >= 20, "answers.max_question_chars must be at least 20")
        _require(bool(self.pinned_file.strip()), "answers.pinned_file must name a file")


@dataclass(frozen=True, slots=True)
class ServerGrant:
    """What one Discord server may see. A collection is a folder under seeds/; see DiscordConfig."""

    collections: tuple[str, ...] = ("*",)

    def __post_init__(self) -> None:
        _require_collections("discord.servers.<id>.collections", self.collections)


@dataclass(frozen=True, slots=True)
class DiscordConfig:
    """Who sees what in Discord, what is kept, and how much may be asked.

    Collections are folders under seeds/, sub-folders included; ``.`` is the files in no folder, ``*`` is everything.
    Servers are named by their id, as Discord shows it to developers.
    """

    public: tuple[str, ...] = ("*",)  # what servers without a grant of their own and direct messages see
    new_servers: NewServers = "public"
    direct_messages: bool = True
    admin_servers: tuple[str, ...] = ()  # whose managers may rebuild the index
    logging: bool = False
    log_days: int = 30
    cooldown_s: float = 3.0
    server_limit_per_minute: int = 120
    queue: int = 100
    servers: Mapping[str, ServerGrant] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _require_collections("discord.public", self.public)
        for name in (*self.admin_servers, *self.servers):
            _require(name.isascii() and name.isdigit(), f"discord: {name!r} is no server's id, which is a number")
        _require(1 <= self.log_days <= 3_650, "discord.log_days must be 1 to 3650")
        _require(0 <= self.cooldown_s <= 3_600, "discord.cooldown_s must be 0 to 3600")
        _require(self.server_limit_per_minute >= 1, "discord.server_limit_per_minute must be at least 1")
        _require(self.queue >= 1, "discord.queue must be at least 1")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the operator decides. The folders follow from ``root``."""

    root: Path
    seeds: SeedsConfig = field(default_factory=SeedsConfig)
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    chunks: ChunksConfig = field(default_factory=ChunksConfig)
    answers: AnswersConfig = field(default_factory=AnswersConfig)
    discord: DiscordConfig = field(default_factory=DiscordConfig)

    @property
    def seeds_dir(self) -> Path:
        """Where the documents lie."""
        return self.root / "seeds"

    @property
    def pinned_path(self) -> Path:
        """Where the pinned questions are, if there are any."""
        return self.root / self.answers.pinned_file

    @property
    def embeddings_dir(self) -> Path:
        """Where the index is built."""
        return self.root / "embeddings"

    @classmethod
    def load(cls, root: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
        """Read ``qabot.toml`` under ``root`` (default: ``QABOT_ROOT``, else the current folder) if it is there.

        Raises:
            ConfigError: if the folder does not exist, or the file is no regular one or no TOML, holds an unknown key or
                a bad value.
        """
        root = root if root is not None else Path(environ.get("QABOT_ROOT") or ".")
        if not root.is_dir():
            raise ConfigError(f"there is no folder {root}", remedy="Name one with --root or QABOT_ROOT.")
        path = root / "qabot.toml"
        if path.exists() and not path.is_file():  # a pipe would be waited for without end
            problem = f"{path} cannot be read: it is {'a folder' if path.is_dir() else 'no regular file'}"
            raise ConfigError(problem, remedy="Move it away; without it every setting has its default.")
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"{path} cannot be read: {error}", remedy="Mend that line, or remove the file.") from None
        return cls(root=root, **_sections(values))


def _sections(values: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of a parsed qabot.toml as their dataclasses; sections that are absent keep their defaults."""
    kinds = {name: hint for name, hint in get_type_hints(Config).items() if name != "root"}
    _refuse_unknown(values, kinds, "section")
    return {name: _section(name, section, kinds[name]) for name, section in values.items()}


def _section(name: str, section: object, kind: Any) -> Any:
    """One section as its dataclass."""
    if not isinstance(section, dict):
        raise _wrong(f"{name} must be a section: [{name}]")
    hints = get_type_hints(kind)
    _refuse_unknown(section, hints, f"key in [{name}]")
    return kind(**{key: _value(f"{name}.{key}", value, hints[key]) for key, value in section.items()})


def _value(name: str, value: object, hint: Any) -> Any:
    """One TOML value as its key's annotation asks for: a list as a tuple, named sections as a mapping of them."""
    if get_origin(hint) is Mapping:
        if not isinstance(value, dict):
            raise _wrong(f"{name} must hold sections: [{name}.<name>]")
        kind = get_args(hint)[1]
        return MappingProxyType({key: _section(f"{name}.{key}", one, kind) for key, one in value.items()})
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(type(one) is get_args(hint)[0] for one in value):
            raise _wrong(f"{name} must be a list of {get_args(hint)[0].__name__}, got {value!r}")
        return tuple(value)
    _require_type(name, value, hint)
    return value


def _refuse_unknown(values: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
    for name in values:
        if name not in known:
            raise ConfigError(f"qabot.toml: unknown {what}: {name}", remedy=f"Known are: {', '.join(known)}.")


def _require_type(name: str, value: object, hint: Any) -> None:
    """Check one TOML value against the annotation of its key (int, float, str, Literal or an optional one)."""
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        _require(value in choices, f"{name} must be one of {', '.join(choices)}, got {value!r}")
        return
    allowed = tuple(kind for kind in (get_args(hint) or (hint,)) if kind is not type(None))
    number_for_float = float in allowed and type(value) is int
    _require(
        type(value) in allowed or number_for_float,
        f"{name} must be {' or '.join(kind.__name__ for kind in allowed)}, got {value!r}",
    )


def _require_collections(name: str, collections: tuple[str, ...]) -> None:
    for one in collections:
        plain = one in ("*", ".") or (one == one.strip("/") and not {"", ".", ".."} & set(one.split("/")))
        _require(plain, f'{name}: {one!r} is no collection: "folder", "folder/sub-folder", "." or "*"')


def _require(holds: bool, problem: str) -> None:
    if not holds:
        raise _wrong(problem)


def _wrong(problem: str) -> ConfigError:
    return ConfigError(f"qabot.toml: {problem}", remedy="Change the value, or leave the key out for the default.")
