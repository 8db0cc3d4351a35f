"""Readers go on while builders publish, are killed, and clear away what they left."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from disk_steps import at_step
from other_process import publish_elsewhere, readers, started
from small_index import opened, update
from versions import build_two, left_over, put, version_in, version_of

from qabot.index import durable

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="fork, SIGSTOP and SIGKILL are POSIX")


@pytest.fixture(autouse=True)
def _private_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of steps shall not depend on what other programs left in the system's folder."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def _kill_at_steps(root: Path, every: int, every_of_the_switch: int) -> Counter[tuple[str, bool, bool]]:
    """Kill a builder at every so manieth step while two processes read; what it was about to do, and what came."""
    with readers(root, 2), started("other_process.py", "kill", root, every, every_of_the_switch) as killer:
        said, _ = killer.communicate()
        assert killer.returncode == 0
    lines = [line.split() for line in said.splitlines()]
    update(root)
    assert left_over(root) == set()
    return Counter((name, part == "True", switched == "True") for name, part, switched in lines)


@posix_only
def test_a_builder_killed_at_any_step_of_the_switch(tmp_path: Path) -> None:
    """Readers that never pause meet the old or the new version, whole; the next build leaves nothing behind."""
    killed = _kill_at_steps(tmp_path, every=150, every_of_the_switch=10)
    assert {switched for _, _, switched in killed} == {True, False}
    assert sum(part for _, part, _ in killed.elements()) >= 5


@pytest.mark.slow
@posix_only
def test_a_builder_killed_at_every_step(tmp_path: Path) -> None:
    """The same at each call with which the build reads or changes the disk."""
    killed = _kill_at_steps(tmp_path, every=1, every_of_the_switch=1)
    print(f"{killed.total()} kills, {sum(part for _, part, _ in killed.elements())} in the switch", killed)  # noqa: T201
    assert killed.total() > 300
    assert {name for name, part, _ in killed if part} >= {"replace", "fsync", "write", "mkdir", "rmdir", "unlink"}


def _publish_between_steps(root: Path, every: int) -> int:
    """Open with three new generations before one of its steps, for every so manieth of them; how many there were."""
    build_two(root)
    version = 2

    def publish_three() -> None:
        nonlocal version
        publish_elsewhere(root, range(version + 1, version + 4))  # here it would wait for what the reader holds
        version += 3

    for openings, at in enumerate(itertools.count(0, every)):
        before = version
        with at_step(at, publish_three), opened(root) as generation:
            sys.setprofile(None)
            assert before <= version_of(generation) <= version
        if version == before:  # it was open before it came to that step
            return openings
    raise AssertionError


def test_a_slow_reader_opens_one_version(tmp_path: Path) -> None:
    """Whatever it was about to read when three builds came between, it opens the old or the newest, whole."""
    assert _publish_between_steps(tmp_path, every=9) > 3


@pytest.mark.slow
def test_a_reader_slow_at_any_step_opens_one_version(tmp_path: Path) -> None:
    """The same at each of its steps."""
    assert _publish_between_steps(tmp_path, every=1) > 25


@posix_only
def test_a_stopped_reader_goes_on(tmp_path: Path) -> None:
    """A process that sleeps while generations come and go wakes up without noticing."""
    build_two(tmp_path)
    with readers(tmp_path, 1) as stopped:
        for version in range(3, 7):
            for reader in stopped:
                reader.send_signal(signal.SIGSTOP)
            put(tmp_path, version)
            update(tmp_path)
            for reader in stopped:
                reader.send_signal(signal.SIGCONT)
            time.sleep(0.003 * version)
    assert version_in(tmp_path) == 6
    assert left_over(tmp_path) == set()


def test_an_open_generation_outlives_its_files(tmp_path: Path) -> None:
    """What was opened answers alike after five builds have removed it, and its disk space is not held by a lock."""
    build_two(tmp_path)
    with opened(tmp_path) as generation:
        for version in range(3, 8):
            put(tmp_path, version)
            update(tmp_path)
        assert not (tmp_path / "embeddings" / "generations" / generation.id).exists()
        assert version_of(generation) == 2


def test_what_is_open_elsewhere_is_removed_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where open files cannot be deleted, a build succeeds all the same, and the next one clears up."""
    build_two(tmp_path)
    real = os.unlink

    def refuse(path: str | Path, **options: int) -> None:
        if Path(path).name.endswith(("documents.sqlite", "vectors.faiss")):
            raise PermissionError(13, "used by another process", str(path))
        real(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", refuse)
        for version in (3, 4):
            put(tmp_path, version)
            update(tmp_path)
        assert version_in(tmp_path) == 4
        assert len(left_over(tmp_path)) == 2
    assert update(tmp_path).chunks_embedded == 0
    assert left_over(tmp_path) == set()
    assert version_in(tmp_path) == 4


@pytest.mark.parametrize(("refusals", "ends_well"), [(3, True), (1000, False)])
def test_a_rename_that_is_refused_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusals: int, ends_well: bool
) -> None:
    """Windows does not rename what somebody is just reading: it is tried again for a moment, not for ever."""
    monkeypatch.setattr(durable, "_PATIENCE_S", 0.2)
    left = iter(range(refusals))
    real = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(left, None) is not None:
            raise PermissionError(13, "used by another process", str(self))
        return real(self, target)

    path = tmp_path / "tmp" / "CURRENT"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", replace)
    if ends_well:
        durable.replace_durably(path, b"new")
    else:
        with pytest.raises(PermissionError):
            durable.replace_durably(path, b"new")
    assert path.read_bytes() == (b"new" if ends_well else b"old")
    assert [file.name for file in path.parent.iterdir()] == ["CURRENT"]


def test_a_generation_published_but_not_switched_to_is_removed(tmp_path: Path) -> None:
    """What a builder left that was killed just before the switch goes, though nothing is to be built any more."""
    build_two(tmp_path)
    generations = tmp_path / "embeddings" / "generations"
    before = {path.name for path in generations.iterdir()}
    time.sleep(0.02)  # folders tell their age in ticks
    shutil.copytree(next(generations.iterdir()), generations / ("0" * 16))
    os.utime(generations / ("0" * 16))
    assert update(tmp_path).chunks_embedded == 0
    assert {path.name for path in generations.iterdir()} == before
