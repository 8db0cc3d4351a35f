"""One builder at a time, by a lock that dies with its owner; who it is can be read, and decides nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from other_process import ENVIRONMENT, killed_at_the_end
from patience import no_longer_than
from small_index import opened, sentences, update, write_seeds

from qabot.errors import IndexLocked, IndexNotWritten
from qabot.index.lock import OWNER_NAME, builder, builder_lock

CATS = sentences(about="cat", count=30)
BUILD = "import sys; from small_index import *; r = update(Path(sys.argv[1])); print(r.generation, r.chunks_embedded)"

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and pipes with names are POSIX")


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    """An empty folder beside one document."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    (tmp_path / "embeddings").mkdir()
    return tmp_path / "embeddings"


def test_two_builders_take_turns(tmp_path: Path) -> None:
    """Both succeed; the second finds the work done and embeds nothing."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: update(tmp_path), range(2)))
    assert reports[0].generation == reports[1].generation
    assert sorted(report.chunks_embedded > 0 for report in reports) == [False, True]


def test_two_processes_take_turns(tmp_path: Path) -> None:
    """The same for processes: one works, both end with the same index, and it is right."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    environment = ENVIRONMENT | {"PYTHONPATH": os.pathsep.join([ENVIRONMENT["PYTHONPATH"], str(Path(__file__).parent)])}
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    builders = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) for _ in range(2)]  # noqa: S603
    said = [process.communicate(timeout=60)[0].split() for process in builders]
    assert [process.returncode for process in builders] == [0, 0]
    assert said[0][0] == said[1][0]
    assert sorted(chunks != "0" for _, chunks in said) == [False, True]
    with opened(tmp_path) as generation:
        assert generation.id == said[0][0]
        assert generation.document("cats.txt").text == CATS


def test_a_builder_that_waits_too_long_is_told_for_whom(embeddings: Path) -> None:
    """The message names the process, since when, and what to do; afterwards the build goes through."""
    with builder_lock(embeddings, timeout_s=5), ThreadPoolExecutor(1) as pool:
        os.utime(embeddings / OWNER_NAME, (86_400 * 365, 86_400 * 365))
        waiting = pool.submit(update, embeddings.parent, lock_timeout_s=0.1)
        said = (
            rf"number {os.getpid()}, since 197[01]-\d\d-\d\d \d\d:00:00.* is building .*Wait until it is done, or end"
        )
        with pytest.raises(IndexLocked, match=said):
            waiting.result(60)
    assert update(embeddings.parent).added == ("cats.txt",)


@posix_only
def test_the_lock_dies_with_its_owner(embeddings: Path) -> None:
    """What a killed builder left holds nobody up, and while it lived it was the one that was named."""
    with (
        killed_at_the_end("small_index.py", "hold", embeddings.parent) as holder,
        pytest.raises(IndexLocked, match=rf"number {holder.pid}, since"),
    ):
        update(embeddings.parent, lock_timeout_s=0.1)
    assert (embeddings / OWNER_NAME).exists()
    assert update(embeddings.parent, lock_timeout_s=0).added == ("cats.txt",)
    assert not (embeddings / OWNER_NAME).exists()


def test_a_number_that_lives_again_holds_nobody_up(embeddings: Path) -> None:
    """A dead builder's process number may be another process's by now: only the lock counts."""
    (embeddings / "build.lock").touch()
    (embeddings / OWNER_NAME).write_text(f"{os.getppid()}\n")
    assert update(embeddings.parent, lock_timeout_s=0).added == ("cats.txt",)


@pytest.mark.parametrize("content", [b"", b"one\n", b"1\n2\n", b"\xff\xff\xff", b"9" * 10_000])
def test_nonsense_about_the_builder_is_not_told(embeddings: Path, content: bytes) -> None:
    """Half a file, or one that somebody else wrote, gives no wrong name and no traceback."""
    (embeddings / OWNER_NAME).write_bytes(content)
    assert builder(embeddings) == "its number is not known"


def test_a_name_that_cannot_be_written_is_not_the_last_ones(embeddings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a builder goes unnamed: the name of a dead one would be told to end the wrong process."""
    (embeddings / OWNER_NAME).write_text("1\n")

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with builder_lock(embeddings, timeout_s=1):
        assert builder(embeddings) == "its number is not known"


@posix_only
@pytest.mark.parametrize("name", ["build.lock", OWNER_NAME])
def test_a_pipe_in_its_place_stops_nobody(embeddings: Path, name: str) -> None:
    """Neither the lock nor the name is waited for, whatever has its place."""
    os.mkfifo(embeddings / name)
    with no_longer_than(20):
        assert builder(embeddings) == "its number is not known"
        assert update(embeddings.parent, lock_timeout_s=0).added == ("cats.txt",)


@posix_only
@pytest.mark.parametrize("kind", ["a folder", "a link"])
def test_what_has_the_place_of_the_lock_is_named(embeddings: Path, kind: str) -> None:
    """A folder or a link is not locked, and the remedy is to move it away."""
    lock = embeddings / "build.lock"
    lock.mkdir() if kind == "a folder" else lock.symlink_to(embeddings.parent / "seeds" / "cats.txt")
    with pytest.raises(IndexNotWritten, match=f"build.lock is {kind} and stands in the way.*Move build.lock away"):
        update(embeddings.parent, lock_timeout_s=0)
    assert (embeddings.parent / "seeds" / "cats.txt").read_text() == CATS
