"""What the disk, a signal or another process may do to a build, and that nothing is lost by it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_index import HashedWords, opened, sentences, unwritable, update, versioned, write_seeds

import qabot
from qabot.errors import IndexLocked, IndexMissing, IndexNotWritten
from qabot.index import Generation
from qabot.index.lock import builder_lock

PROGRAM = Path(__file__).with_name("small_index.py")
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(qabot.__file__).parents[1])}  # the package that is tested here
CATS = sentences(about="cat", count=30)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, modes and RLIMIT_FSIZE are POSIX")


def _sound(root: Path) -> Generation | None:
    """Open the generation in service and check that it is one version throughout; None if there is none yet."""
    try:
        with opened(root) as generation:
            versions = {
                generation.document(document.id).text.split(" v")[1].split()[0] for document in generation.documents()
            }
            assert len(versions) == 1
            (version,) = versions
            rows = [row for row, _ in generation.lexical(["number"], 100)]
            assert len(rows) == generation.chunk_count
            for chunk, passage in generation.passages(rows):
                text = versioned(chunk.document_id.removesuffix(".txt"), int(version))
                assert passage == text[chunk.span.start : chunk.span.end]
            return generation
    except IndexMissing:
        return None


@contextlib.contextmanager
def _killed_at_the_end(what: str, root: Path) -> Iterator[None]:
    """Run small_index.py beside the block, from its "ready" on, and kill it after."""
    command = [sys.executable, str(PROGRAM), what, str(root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT) as program:  # noqa: S603 - our own program
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            yield
        finally:
            program.send_signal(signal.SIGKILL)
    assert program.returncode == -signal.SIGKILL


def _kill_builders(root: Path, times: int) -> None:
    """Start a builder, let it work for a random moment while we read, kill it; the index must be sound each time."""
    chance = random.Random(times)  # noqa: S311 - no secret
    opened_at_all = 0
    for _ in range(times):
        with _killed_at_the_end("for-ever", root):
            until = time.monotonic() + chance.uniform(0.0, 0.5)
            while time.monotonic() < until:
                _sound(root)
        opened_at_all += _sound(root) is not None
    assert opened_at_all > 0  # else nothing was tested
    write_seeds(root, {f"{name}.txt": versioned(name, 1) for name in "abc"})
    update(root)
    assert not list((root / "embeddings").glob("building-*"))
    assert not (root / "embeddings" / "CURRENT.tmp").exists()
    assert len(list((root / "embeddings" / "generations").iterdir())) <= 2


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

    write_seeds(tmp_path, {f"{name}.txt": versioned(name, 0) for name in "abc"})
    before = update(tmp_path).generation
    stop_before("fsync", os)
    stop_before("replace", Path)
    write_seeds(tmp_path, {f"{name}.txt": versioned(name, 1) for name in "abc"})
    seen = []
    while (tmp_path / "embeddings" / "CURRENT").read_text().strip() == before:
        steps["n"] = 0
        with contextlib.suppress(_PowerCutError):
            update(tmp_path)
        generation = _sound(tmp_path)
        assert generation is not None
        seen.append(generation.id == before)
        steps["last"] += 1
    assert len(seen) > 10
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


def test_two_builders_take_turns(tmp_path: Path) -> None:
    """Both succeed; the second finds the work done and embeds nothing."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: update(tmp_path), range(2)))
    assert reports[0].generation == reports[1].generation
    assert sorted(report.chunks_embedded > 0 for report in reports) == [False, True]


def test_a_builder_that_waits_too_long_is_told_for_whom(tmp_path: Path) -> None:
    """The message names the process and what to do; afterwards the build goes through."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    (tmp_path / "embeddings").mkdir()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with builder_lock(tmp_path / "embeddings", timeout_s=5):
            held.set()
            release.wait(30)

    owner = threading.Thread(target=hold)
    owner.start()
    held.wait(30)
    try:
        with pytest.raises(IndexLocked, match=r"number \d+.*Wait until it is done"):
            update(tmp_path, lock_timeout_s=0.1)
    finally:
        release.set()
        owner.join()
    assert update(tmp_path).added == ("cats.txt",)


@posix_only
def test_the_lock_dies_with_its_owner(tmp_path: Path) -> None:
    """A lock file and a process number that a killed builder left hold nobody up."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    (tmp_path / "embeddings").mkdir()
    with _killed_at_the_end("hold", tmp_path), pytest.raises(IndexLocked):
        update(tmp_path, lock_timeout_s=0.1)
    assert update(tmp_path, lock_timeout_s=0.1).added == ("cats.txt",)


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
    said = f"{path.name} is {kind} and stands in the way; .* Move {path.name} away, then run qabot index"
    with pytest.raises(IndexNotWritten, match=said):
        update(tmp_path)
    assert os.path.lexists(path)


@posix_only
@pytest.mark.parametrize(
    ("limit_bytes", "refused"),
    [
        (100, "Tantivy"),
        (6_000, "Tantivy"),
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
    assert {path.name for path in (tmp_path / "embeddings").iterdir()} == {"build.lock", "build.pid"}
    assert update(tmp_path, lock_timeout_s=1).added == ("cats.txt",)
