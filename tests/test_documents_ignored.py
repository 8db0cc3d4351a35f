"""`.qabotignore` leaves out what a .gitignore would, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from corpus import make_root
from small_index import write_seeds

from qabot.documents import scan
from qabot.documents.folder import list_folders
from qabot.engine import Engine
from qabot.errors import ConfigError

IGNORE = ".qabotignore"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")


def listed(seeds: Path) -> list[str]:
    """The ids of what is read."""
    return [file.id for file in scan(seeds).files]


def test_patterns_leave_out_files_and_folders(tmp_path: Path) -> None:
    """What is left out is no document, and no problem either: somebody wished it so."""
    files = dict.fromkeys(
        ["a.txt", "log.txt", "drafts/b.txt", "drafts/deep/c.txt", "old/photo.jpg", "x/old/d.txt"], "Text."
    )
    seeds = write_seeds(tmp_path, files | {IGNORE: "# mine\n\nlog.*\n/drafts/\nold/\n"})
    assert listed(seeds) == ["a.txt"]
    assert scan(seeds).problems == ()


def test_the_deeper_file_has_the_last_word(tmp_path: Path) -> None:
    """It takes in again what the outer one leaves out, but nothing in a folder that is left out itself."""
    files = dict.fromkeys(["a.txt", "keep/a.txt", "keep/b.txt", "gone/a.txt"], "Text.")
    rules = {IGNORE: "a.txt\ngone\n", f"keep/{IGNORE}": "!a.txt\r\n/b.txt\r\n", f"gone/{IGNORE}": "!a.txt\n"}
    assert listed(write_seeds(tmp_path, files | rules)) == ["keep/a.txt"]


def test_folders_that_are_left_out_are_not_watched(tmp_path: Path) -> None:
    """Only folders in which a document could lie are listed; hidden ones and links are no such."""
    seeds = write_seeds(tmp_path, {"a/b/c.txt": "", ".git/d.txt": "", "out/e/f.txt": "", IGNORE: "out/\n"})
    if sys.platform != "win32":
        (seeds / "link").symlink_to(seeds / "a")
    expected = {seeds, seeds / "a", seeds / "a" / "b"}
    assert list_folders(seeds) == {os.path.realpath(folder) for folder in expected}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ok\n!\n", r"line 2 is no pattern: !\. Write it as in a \.gitignore"),
        (b"[z-a]\n", "line 1 is no pattern"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"#" * 1_000_001, "it is larger than 1,000,000 bytes"),
    ],
    ids=["no pattern", "bad range", "no text", "too large"],
)
def test_a_file_that_cannot_be_followed_stops_the_build(tmp_path: Path, content: bytes, said: str) -> None:
    """It may keep a secret: rather nothing new is indexed than what it was to leave out."""
    with pytest.raises(ConfigError, match=said):
        scan(write_seeds(tmp_path, {"a.txt": "Text.", IGNORE: content}))


@POSIX
@pytest.mark.parametrize("kind", ["pipe", "folder", "link"])
def test_what_stands_in_its_place_is_named(tmp_path: Path, kind: str) -> None:
    """A pipe, a folder or a link to nothing of that name is no set of rules, and is not waited for."""
    seeds = write_seeds(tmp_path, {"sub/a.txt": "Text."})
    path = seeds / "sub" / IGNORE
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(seeds / "nothing")
    with pytest.raises(ConfigError, match=r"^seeds/sub/\.qabotignore cannot be read: it is "):
        scan(seeds)


def test_the_index_follows_the_rules(tmp_path: Path) -> None:
    """A rule that comes takes its documents out of the answers, and one that goes brings them back."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n", "hall.md": "The hall is closed.\n"})
    engine = Engine.open(config)

    def changed() -> tuple[tuple[str, ...], tuple[str, ...]]:
        report = engine.refresh()
        assert report is not None
        return report.added, report.removed

    make_root(tmp_path, {IGNORE: "hall.*\n"})
    assert changed() == ((), ("hall.md",))
    (config.seeds_dir / IGNORE).unlink()
    assert changed() == (("hall.md",), ())
    engine.close()


def _random_patterns(random: Random) -> str:
    """Two to four patterns; those that take in again name files: of folders pathspec says more than git does."""
    atoms = ["a", "b", "*", "?", "a*", "**", "[ab]", "[!a]", "a.txt", "*.txt", "b?"]
    lines = []
    for _ in range(random.randrange(1, 4)):
        pattern = "/".join(random.choice(atoms) for _ in range(random.randrange(1, 4)))
        lines.append(random.choice(["", "/"]) + pattern + random.choice(["", "/"]))
    return "\n".join([*lines, random.choice(["", "!b.txt", "!a/ab.txt", "!a*.txt"])]) + "\n"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
@pytest.mark.parametrize("seed", range(12))
def test_git_agrees(tmp_path: Path, seed: int) -> None:
    """Random rules in two folders leave out the very files that git does."""
    random = Random(seed)  # noqa: S311 - no secret
    names = [
        f"{folder}{name}.txt" for folder in ("", "a/", "b/", "a/b/", "b/a/", "a/a.txt/") for name in ("a", "b", "ab")
    ]
    files = {name: "Text." for name in names if name != "a/a.txt"}
    rules = {"": _random_patterns(random), "a/": _random_patterns(random)}
    seeds = write_seeds(tmp_path, files | {f"{folder}{IGNORE}": text for folder, text in rules.items()})
    write_seeds(tmp_path, {f"{folder}.gitignore": text for folder, text in rules.items()})
    environ = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "init", "-q", seeds], check=True, env=environ)  # noqa: S603, S607
    command = ["git", "-C", str(seeds), "ls-files", "-o", "--exclude-per-directory=.gitignore"]
    seen = subprocess.run(command, check=True, env=environ, capture_output=True, text=True).stdout  # noqa: S603
    assert listed(seeds) == sorted(name for name in seen.split() if name.endswith(".txt"))
