"""The configuration: read once, and nothing in it is ignored."""

import os
from pathlib import Path

import pytest
from corpus import make_root

from qabot.config import ChunksConfig, Config
from qabot.errors import ConfigError


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    """An empty root is configured by the defaults, and its folders follow from it."""
    config = Config.load(tmp_path, environ={})
    assert config == Config(root=tmp_path)
    assert (config.seeds_dir, config.embeddings_dir) == (tmp_path / "seeds", tmp_path / "embeddings")


def test_the_root_comes_from_the_environment(tmp_path: Path) -> None:
    """QABOT_ROOT is used where no root is named, and a named one goes first."""
    (tmp_path / "named").mkdir()
    environ = {"QABOT_ROOT": str(tmp_path)}
    assert Config.load(environ=environ).root == tmp_path
    assert Config.load(tmp_path / "named", environ=environ).root == tmp_path / "named"


def test_values_are_read(tmp_path: Path) -> None:
    """Keys of each section arrive; whole numbers are fine where a fraction is expected, and 0 is a value."""
    toml = "[answers]\nthreshold = 0\nmax_passages = 3\n[chunks]\nmin_tokens = 40\nmax_tokens = 80\n"
    config = make_root(tmp_path, {}, toml)
    assert config.answers.threshold == 0
    assert config.answers.max_passages == 3
    assert config.chunks == ChunksConfig(min_tokens=40, max_tokens=80)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_pipe_or_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """It is told at once, where reading would wait for ever, with what to do."""
    path = tmp_path / "qabot.toml"
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="it is no regular file") as raised:
        Config.load(tmp_path, environ={})
    assert raised.value.remedy.startswith("Move it away")
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="it is a folder"):
        Config.load(tmp_path, environ={})


def test_grants_are_read(tmp_path: Path) -> None:
    """Lists arrive as tuples and each server's section as a grant; a server with an empty list sees nothing."""
    toml = """
    [discord]
    public = ["faq", "."]
    new_servers = "nothing"
    [discord.servers."123456789012345678"]
    collections = ["faq", "staff/rules"]
    [discord.servers.2]
    collections = []
    """
    discord = make_root(tmp_path, {}, toml).discord
    assert (discord.public, discord.new_servers) == (("faq", "."), "nothing")
    assert {name: grant.collections for name, grant in discord.servers.items()} == {
        "123456789012345678": ("faq", "staff/rules"),
        "2": (),
    }


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[answer]\n", "unknown section: answer"),
        ("[answers]\nthreshhold = 0.5\n", "threshhold"),
        ("[answers]\nthreshold = '0.5'\n", "answers.threshold must be float"),
        ("[answers]\nthreshold = 1.5\n", "probability"),
        ("[answers]\nthreshold = nan\n", "probability"),
        ("[answers]\nmax_passages = true\n", "answers.max_passages must be int"),
        ("[answers]\nmax_passages = 0\n", "at least 1"),
        ("[encoder]\nengine = 'torch'\n", "onnx, sentence-transformers"),
        ("[encoder]\nmodel = 'x'\n", "sentence-transformers"),
        ("[chunks]\nmin_tokens = 150\nmax_tokens = 100\n", "min_tokens"),
        ("seeds = 3\n", "must be a section"),
        ("[seeds\n", "cannot be read"),
        ("[discord]\npublik = []\n", "unknown key in [discord]: publik"),
        ("[discord]\npublic = 'handbook'\n", "discord.public must be a list of str"),
        ("[discord]\npublic = [3]\n", "discord.public must be a list of str"),
        ("[discord]\npublic = ['/handbook/']\n", "is no collection"),
        ("[discord]\npublic = ['a/../b']\n", "is no collection"),
        ("[discord]\npublic = ['']\n", "is no collection"),
        ("[discord]\nnew_servers = 'all'\n", "public, nothing"),
        ("[discord]\nlogging = 1\n", "discord.logging must be bool"),
        ("[discord]\nlog_days = 0\n", "discord.log_days"),
        ("[discord]\ncooldown_s = -1\n", "discord.cooldown_s"),
        ("[discord]\nqueue = 0\n", "discord.queue"),
        ("[discord]\nserver_limit_per_minute = 0\n", "server_limit_per_minute"),
        ("[discord]\nadmin_servers = ['my server']\n", "is no server's id"),
        ("[discord]\nservers = 3\n", "discord.servers must hold sections"),
        ("[discord.servers]\n123 = 3\n", "discord.servers.123 must be a section"),
        ("[discord.servers.123]\ncollection = []\n", "unknown key in [discord.servers.123]: collection"),
        ("[discord.servers.123]\ncollections = ['a/']\n", "is no collection"),
        ("[discord.servers.mine]\ncollections = []\n", "is no server's id"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, toml: str, said: str) -> None:
    """An unknown key, a wrong type and a value out of bounds are errors that name it and end with the remedy."""
    with pytest.raises(ConfigError) as error:
        make_root(tmp_path, {}, toml)
    assert said in str(error.value)
    assert error.value.remedy
    assert str(error.value).endswith(error.value.remedy)


def test_a_root_that_does_not_exist(tmp_path: Path) -> None:
    """A mistyped --root is an error, not an empty corpus."""
    with pytest.raises(ConfigError, match="there is no folder"):
        Config.load(tmp_path / "nowhere", environ={})
