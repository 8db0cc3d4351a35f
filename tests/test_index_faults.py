"""Whatever the disk refuses, whenever: a message with its remedy, a whole index in service, and nothing lost."""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from disk_steps import at_step, may_fail
from small_index import LATER, opened, update
from versions import build_two, left_over, put, version_in

from qabot.errors import IndexDamaged, IndexNotWritten, IndexUnusable, QabotError
from qabot.index import durable
from qabot.index.opening import current_id

REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE)


def _refuse(code: int) -> Callable[[], None]:
    def act() -> None:
        raise OSError(code, os.strerror(code), "some-file")

    return act


def _refuse_at_steps(root: Path, every: int) -> Counter[str]:
    """Let every so manieth call to the disk fail, one a build; what was said, counted."""
    build_two(root)
    said: Counter[str] = Counter()
    for version, at in enumerate(itertools.count(0, every), start=3):
        before = version_in(root)
        put(root, version)
        with at_step(at, _refuse(REFUSALS[version % len(REFUSALS)]), counts=may_fail) as steps:
            ended = _build_in_words(root)
        said[ended] += 1
        _check(root, before, version, unseen=ended.endswith("looked at"))
        if steps.count <= at:
            return said
    raise AssertionError


def _build_in_words(root: Path) -> str:
    try:
        report = update(root)
    except QabotError as error:
        return type(error).__name__ if error.remedy else "no remedy"
    return "built, but not all could be looked at" if report.failed else "built"


def _check(root: Path, before: int | None, version: int, *, unseen: bool) -> None:
    """Old or new is in service, but for what could not be looked at; and a good build mends all, whatever it was."""
    assert unseen or version_in(root) in (before, version)
    update(root)
    assert version_in(root) == version
    assert left_over(root) == set()
    for left in Path(tempfile.gettempdir()).iterdir():  # where removing failed; goes after an hour
        shutil.rmtree(left)


@pytest.fixture(autouse=True)
def _private_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that fail while a private folder is removed leave it to later readers: let it lie here."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def test_a_call_to_the_disk_that_fails(tmp_path: Path) -> None:
    """Each time another call fails for another reason: no other error than ours, and the next build mends all."""
    said = _refuse_at_steps(tmp_path, every=43)
    assert said.keys() >= {"built", "IndexNotWritten"}
    assert "no remedy" not in said


@pytest.mark.slow
@pytest.mark.parametrize("code", REFUSALS, ids=lambda code: errno.errorcode[code])
def test_any_call_to_the_disk_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """The same for each call and each reason."""
    monkeypatch.setattr("test_index_faults.REFUSALS", (code,))
    said = _refuse_at_steps(tmp_path, every=1)
    print(errno.errorcode[code], said.total(), "steps", said)  # noqa: T201
    assert said.total() > 150
    assert "no remedy" not in said


@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE, errno.EACCES], ids=lambda code: errno.errorcode[code])
def test_a_read_that_fails(tmp_path: Path, code: int) -> None:
    """Opening ends well or in words; too many open files are not taken for a damaged index."""
    build_two(tmp_path)
    seen: set[str] = set()
    for at in itertools.count():
        try:
            with at_step(at, _refuse(code), counts=may_fail) as steps, opened(tmp_path):
                seen.add("opened")
        except IndexUnusable as error:
            seen.add(type(error).__name__ if error.remedy else "no remedy")
        for left in (tmp_path / "tmp").iterdir():  # each would be one more to look at for the next
            shutil.rmtree(left)
        if steps.count <= at:
            break
    assert at > 15
    assert seen == {"opened", "IndexUnusable" if code == errno.EMFILE else "IndexDamaged"}
    assert version_in(tmp_path) == 2


@pytest.mark.parametrize(
    ("code", "cause", "remedy"),
    [
        (errno.ENOSPC, "the disk is full", "Free space there"),
        (errno.EDQUOT, "the disk quota is used up", "Free space there"),
        (errno.EROFS, "the file system is read-only", "Allow writing there"),
        (errno.EACCES, "writing there is not allowed", "Allow writing there"),
        (errno.EIO, "the disk reports an error", "Check the disk"),
        (errno.EMFILE, "too many files are open", "ulimit -n"),
        (errno.EXDEV, "on another file system", "Keep the folder on one file system"),
    ],
)
def test_the_cause_and_its_remedy_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, cause: str, remedy: str
) -> None:
    """A flush that fails is told in words that fit the reason; the old version answers and the new one leaves."""
    build_two(tmp_path)
    put(tmp_path, 3)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: _refuse(code)())
        with pytest.raises(IndexNotWritten, match=f"{cause}; the previous one.*{remedy}.*then run qabot index"):
            update(tmp_path)
    assert left_over(tmp_path) == set()
    assert version_in(tmp_path) == 2


def test_a_failed_switch_takes_its_generation_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is not filled with what was never put into service."""
    build_two(tmp_path)
    put(tmp_path, 3)
    before = current_id(tmp_path / "embeddings")
    monkeypatch.setattr("qabot.index.publishing.replace_durably", lambda *_: _refuse(errno.ENOSPC)())
    with pytest.raises(IndexNotWritten, match="the disk is full"):
        update(tmp_path)
    assert left_over(tmp_path) == set()
    assert len(list((tmp_path / "embeddings" / "generations").iterdir())) == 2
    assert current_id(tmp_path / "embeddings") == before


def test_a_flush_that_fails_after_the_switch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What CURRENT names is never removed, whatever is reported about it."""
    build_two(tmp_path)
    put(tmp_path, 3)
    real = durable.sync_folder
    embeddings = tmp_path / "embeddings"
    monkeypatch.setattr(durable, "sync_folder", lambda f: _refuse(errno.EIO)() if f == embeddings else real(f))
    with pytest.raises(IndexNotWritten, match="the disk reports an error"):
        update(tmp_path)
    assert version_in(tmp_path) == 3
    monkeypatch.undo()
    update(tmp_path)
    assert left_over(tmp_path) == set()


@pytest.mark.parametrize("content", [b"", b"..\n", b"/etc/passwd\n", b"x" * 100_000])
def test_a_spoilt_current_costs_no_work(tmp_path: Path, content: bytes) -> None:
    """The next build finds the generation itself and embeds nothing again."""
    build_two(tmp_path)
    (tmp_path / "embeddings" / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match="qabot index"):
        version_in(tmp_path)
    assert update(tmp_path).chunks_embedded == 0
    assert version_in(tmp_path) == 2
    assert left_over(tmp_path) == set()


def test_the_folder_may_lie_elsewhere(tmp_path: Path) -> None:
    """embeddings/ may be a link, also to another file system; the terms are then copied for reading."""
    other = Path("/dev/shm") if Path("/dev/shm").is_dir() else tmp_path  # noqa: S108 - a file system in memory
    with tempfile.TemporaryDirectory(dir=other) as elsewhere:
        (tmp_path / "embeddings").symlink_to(elsewhere)
        build_two(tmp_path)
        assert version_in(tmp_path) == 2
        assert left_over(tmp_path) == set()
        assert (tmp_path / "embeddings").is_symlink()


def test_a_clock_that_goes_back(tmp_path: Path) -> None:
    """Builds at any time of day follow the files, and the last one is in service."""
    times = iter([LATER * 1e6, 0.0, 0.0, -5.0, 1e9])
    for version, now in enumerate(times, start=1):
        put(tmp_path, version)
        update(tmp_path, clock=lambda now=now: now)
        assert version_in(tmp_path) == version
    assert left_over(tmp_path) == set()
