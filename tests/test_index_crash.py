"""What the disk, a signal or another process may do to a build, and that nothing is lost by it."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from other_process import ENVIRONMENT, killed_at_the_end, readers
from small_index import HashedWords, opened, sentences, unwritable, update, write_seeds
from versions import build_two, left_over, put, version_in

from qabot.errors import IndexNotWritten

PROGRAM = Path(__file__).with_name("small_index.py")
CATS = sentences(about="cat", count=30)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, modes and RLIMIT_FSIZE are POSIX")


def _kill_builders(root: Path, times: int) -> None:
    """Kill builders at random moments while two processes read all the time; the index must be sound throughout."""
    chance = random.Random(times)  # noqa: S311 - no secret
    build_two(root)
    with readers(root, 2):
        for _ in range(times):
            with killed_at_the_end("small_index.py", "for-ever", root):
                time.sleep(chance.uniform(0.0, 0.5))
            version_in(root)
    put(root, 1)
    update(root)
    assert version_in(root) == 1
    assert left_over(root) == set()


@posix_only
def test_a_killed_builder_leaves_a_sound_index(tmp_path: Path) -> None:
    """Six builders killed at random moments: what opens is whole, and the next build clears up."""
    _kill_builders(tmp_path, 6)


@pytest.mark.slow
@posix_only
def test_200_killed_builders_leave_a_sound_index(tmp_path: Path) -> None:
    """The same two hundred times."""
    _kill_builders(tmp_path, 200)


class _PowerCutError(BaseException):
    """Ends a build at a chosen step; nothing in the package catches it."""


def test_a_stop_at_any_step_of_the_switch_leaves_the_old_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever flush or rename is the last, what opens is one of the two generations, whole."""
    steps = {"n": 0, "last": 0}

    def stop_before(name: str, holder: object) -> None:
        real = getattr(holder, name)

        def step(*arguments: object) -> object:
            steps["n"] += 1
            if steps["n"] > steps["last"]:
                raise _PowerCutError(f"before {name}{arguments}")
            return real(*arguments)

        monkeypatch.setattr(holder, name, step)

    put(tmp_path, 0)
    before = update(tmp_path).generation
    stop_before("fsync", os)
    stop_before("replace", Path)
    put(tmp_path, 1)
    seen = []
    while (tmp_path / "embeddings" / "CURRENT").read_text().strip() == before:
        steps["n"] = 0
        with contextlib.suppress(_PowerCutError):
            update(tmp_path)
        assert version_in(tmp_path) in (0, 1)
        seen.append(version_in(tmp_path) == 0)
        steps["last"] += 1
    assert len(seen) >= 10
    assert seen == [True] * (len(seen) - 1) + [False]


@posix_only
def test_current_is_replaced_not_rewritten(tmp_path: Path) -> None:
    """Who has CURRENT open reads the old name to its end: there is no moment of half a name."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    before = update(tmp_path).generation
    with (tmp_path / "embeddings" / "CURRENT").open() as current:
        write_seeds(tmp_path, {"cats.txt": "Other words."})
        assert update(tmp_path).generation != before
        assert current.read() == f"{before}\n"


@posix_only
@pytest.mark.parametrize("built_before", [True, False])
def test_a_read_only_folder_is_named_as_the_cause(tmp_path: Path, built_before: bool) -> None:
    """The build fails in words; the generation in service still answers."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    (tmp_path / "embeddings").mkdir()
    if built_before:
        update(tmp_path)
        write_seeds(tmp_path, {"dogs.txt": "A dog."})
    with unwritable(tmp_path / "embeddings"), pytest.raises(IndexNotWritten, match="writing there is not allowed"):
        update(tmp_path)
    if built_before:
        with opened(tmp_path) as generation:
            assert generation.document("cats.txt").text == CATS


@posix_only
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("embeddings", "a file"),
        ("embeddings", "a link to nothing"),
        ("embeddings/CURRENT", "a folder"),
        ("embeddings/generations", "a file"),
    ],
)
def test_what_stands_in_the_way_is_named(tmp_path: Path, name: str, kind: str) -> None:
    """Where a file, a folder or a dangling link has the name that is needed, the remedy is to move it away."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    {
        "a file": lambda: path.write_text("mine"),
        "a link to nothing": lambda: path.symlink_to(tmp_path / "nothing"),
        "a folder": lambda: (path / "mine").mkdir(parents=True),
    }[kind]()
    said = f"{path.name} is {kind} and stands in the way.* Move {path.name} away, then run qabot index"
    with pytest.raises(IndexNotWritten, match=said):
        update(tmp_path)
    assert os.path.lexists(path)


@posix_only
@pytest.mark.parametrize(
    ("limit_bytes", "refused"),
    [
        (100, "a file would be"),
        (6_000, "a file would be"),
        (30_000, "a file would be"),
        (60_000, "a file would be"),
        (100_000, "SQLite"),
    ],
)
def test_a_full_disk_loses_nothing(tmp_path: Path, limit_bytes: int, refused: str) -> None:
    """Whichever part the disk refuses, the message says so, the old generation stays and no half-built one is left."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    before = update(tmp_path).generation
    write_seeds(tmp_path, {f"dogs{number}.txt": sentences(about=f"dog{number}", count=300) for number in range(4)})
    command = [sys.executable, str(PROGRAM), "limited", str(tmp_path), str(limit_bytes)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=ENVIRONMENT)  # noqa: S603
    said = ended.stdout
    assert said.startswith("IndexNotWritten"), said
    assert f": {refused}" in said  # terms, vectors (76,845 bytes) and documents (135,168) are each the first to fail
    assert "stays in service" in said
    assert not list((tmp_path / "embeddings").glob("building-*"))
    with opened(tmp_path) as generation:
        assert generation.id == before
    assert len(update(tmp_path).added) == 4


def test_an_interrupted_build_cleans_up(tmp_path: Path) -> None:
    """Ctrl-C while embedding leaves no half-built folder and no lock."""

    class Interrupted(HashedWords):
        def encode(self, text: str) -> NDArray[np.float32]:
            raise KeyboardInterrupt(text)

    write_seeds(tmp_path, {"cats.txt": CATS})
    with pytest.raises(KeyboardInterrupt):
        update(tmp_path, Interrupted())
    assert {path.name for path in (tmp_path / "embeddings").iterdir()} == {"build.lock"}
    assert update(tmp_path, lock_timeout_s=1).added == ("cats.txt",)
