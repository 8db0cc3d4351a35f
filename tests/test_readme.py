"""What README.md says is true: its examples, its configuration keys, its links."""

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from corpus import SEED, make_root

from qabot.cli import main
from qabot.config import Config
from qabot.documents import EXTRACTOR_VERSIONS

TOP = Path(__file__).parent.parent
README = (TOP / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^    \$ qabot ask \"(.+)\"\n((?:    .+\n|\n(?=    [^$]))+)", README, re.MULTILINE)


def test_there_are_examples() -> None:
    """One that is answered and one that is refused; without them the next test would check nothing."""
    assert len(EXAMPLES) == 2


@pytest.mark.parametrize(("question", "shown"), EXAMPLES)
def test_examples_print_what_is_shown(
    question: str, shown: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The README's answers are those that the program gives; only the confidence may differ between processors."""
    config = make_root(tmp_path, {SEED.name: SEED.read_bytes()})
    main(["--root", str(config.root), "ask", question], environ={})
    printed = capsys.readouterr().out.rstrip("\n").splitlines()
    assert [_sure(line.removeprefix("    ")) for line in shown.rstrip("\n").splitlines()] == [_sure(p) for p in printed]


def _sure(line: str) -> str:
    """The line up to its confidence, if it ends with one."""
    return re.sub(r"(?<= \u00b7 )[\w ,]+ \(.*%\)$", "", line)


def test_every_configuration_key_is_described() -> None:
    """The table names all keys, no other, and their defaults."""
    listed = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.+?) \|", README, re.MULTILINE))
    config = Config(root=TOP)
    expected = {
        f"{section.name}.{key.name}": getattr(getattr(config, section.name), key.name)
        for section in dataclasses.fields(config)
        if section.name != "root"
        for key in dataclasses.fields(getattr(config, section.name))
    }
    assert listed == {name: _shown(value) for name, value in expected.items()}


def _shown(value: object) -> str:
    """A default as the table writes it: in TOML, but for what TOML cannot say."""
    if value is None or isinstance(value, Mapping):
        return "none" if isinstance(value, Mapping) else "fitted"
    return f"`{value:g}`" if isinstance(value, float) else f"`{json.dumps(value)}`"


def test_every_format_is_named() -> None:
    """The sentence that says what is read names all suffixes that are, and no other."""
    sentence = re.search(r"sub-folders are collections\. (.+?) are read\.", README)
    assert sentence is not None
    assert set(re.findall(r"`(\.\w+)`", sentence[1])) == set(EXTRACTOR_VERSIONS)


def test_every_command_is_named() -> None:
    """Who reads the README meets each command that answers or tells something."""
    for command in ("ask", "chat", "eval", "verify", "doctor", "sources"):
        assert f"`qabot {command}" in README or f"$ qabot {command}" in README


def test_links_lead_somewhere() -> None:
    """Each relative link of the README and the docs is a file of the project."""
    for page in [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_first_screen_names_the_engines() -> None:
    """Which engine embeds and how to choose the other stands in the first forty lines."""
    first_screen = "\n".join(README.splitlines()[:40])
    assert "[encoder]" in first_screen
    assert 'engine = "sentence-transformers"' in first_screen
