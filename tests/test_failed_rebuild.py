"""A rebuild that fails is remembered beside the index until one succeeds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from corpus import make_root
from filelock import FileLock
from small_index import unwritable

from qabot.doctor.index import index_checks
from qabot.engine import Engine
from qabot.errors import ConfigError, IndexLocked, IndexNotWritten
from qabot.failed_rebuild import FAILURE_NAME, forget_failure, keep_failure, kept_failure


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Problem and remedy are those of the error; after forgetting there is nothing."""
    keep_failure(tmp_path, ConfigError("it is broken", remedy="Mend it."))
    kept = kept_failure(tmp_path)
    assert kept is not None
    assert (kept.problem, kept.remedy) == ("it is broken", "Mend it.")
    forget_failure(tmp_path)
    assert kept_failure(tmp_path) is None


def test_what_the_disk_has_no_room_for_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk gives a name and no bytes: that name goes again, since nobody would ever remove it."""

    def full(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    keep_failure(tmp_path, ConfigError("it is broken", remedy="Mend it."))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "written", [b"", b"[]", b'{"problem": 1}', b"\xff", b'{"problem":"a","remedy":"b","at_s":"c"}']
)
def test_a_note_that_is_none_is_passed_over(tmp_path: Path, written: bytes) -> None:
    """Whatever stands in the file, reading it is no error."""
    (tmp_path / FAILURE_NAME).write_bytes(written)
    assert kept_failure(tmp_path) is None


def test_the_engine_keeps_it_up(tmp_path: Path) -> None:
    """A folder that vanished fails the refresh, which says so until it is back; answers go on."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    engine = Engine.open(config)
    config.seeds_dir.rename(tmp_path / "away")
    with pytest.raises(ConfigError):
        engine.refresh()
    assert isinstance(engine.last_failure, ConfigError)
    kept = kept_failure(config.embeddings_dir)
    assert kept is not None
    assert "cannot be listed" in kept.problem
    (told,) = [
        check for check in index_checks(config, settings_known=True) if "the last rebuild failed, 2" in check.text
    ]
    assert (told.state, told.remedy) == ("warning", kept.remedy)
    (tmp_path / "away").rename(config.seeds_dir)
    engine.refresh()
    assert (engine.last_failure, kept_failure(config.embeddings_dir)) == (None, None)
    engine.close()


def test_a_lock_is_no_failure_to_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who holds it builds, and tells how that ended; the engine itself knows why it could not."""
    monkeypatch.setattr("qabot.engine._WAIT_S", 0.05)
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    engine = Engine.open(config)
    make_root(tmp_path, {"new.md": "The sauna opens at noon.\n"})
    with FileLock(tmp_path / "embeddings" / "build.lock"), pytest.raises(IndexLocked):
        engine.refresh()
    assert isinstance(engine.last_failure, IndexLocked)
    assert kept_failure(config.embeddings_dir) is None
    engine.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    """The refusal is told as ever; that it could not be kept as well is no error."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    engine = Engine.open(config)
    make_root(tmp_path, {"new.md": "The sauna opens at noon.\n"})
    with unwritable(config.embeddings_dir), pytest.raises(IndexNotWritten):
        engine.refresh()
    assert kept_failure(config.embeddings_dir) is None
    engine.close()
