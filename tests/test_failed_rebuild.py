"""A rebuild that fails is remembered beside the index until one succeeds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import make_root
from filelock import FileLock
from small_engine import open_small, small_models
from small_index import unwritable

from qabot.config import Config
from qabot.doctor.examination import _isolated
from qabot.doctor.index import index_checks
from qabot.engine import Engine
from qabot.errors import ConfigError, IndexLocked, IndexNotWritten, IndexUnusable
from qabot.failed_rebuild import FAILURE_NAME, forget_failure, keep_failure, kept_failure
from qabot.index.lock import LOCK_NAME
from qabot.index.opening import current_id


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


@pytest.fixture
def outdated(tmp_path: Path) -> Iterator[Config]:
    """An index of one document, and a second document."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    with small_models():
        open_small(tmp_path).close()
        make_root(tmp_path, {"new.md": "The sauna opens at noon.\n"})
        yield config


def _index_findings(config: Config) -> list[tuple[str, str]]:
    return [(one.text, one.remedy) for one in _isolated("index", lambda: index_checks(config, settings_known=False))]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_folder_that_may_not_be_used_is_no_damage(outdated: Config) -> None:
    """To build again is no remedy where the rights are missing: the folder is named that they are missing on."""
    folder = outdated.embeddings_dir
    with unwritable(folder):
        folder.chmod(0)
        remedy = f"Give qabot the right to read and write {folder}."
        for act in (lambda: open_small(outdated.root), lambda: current_id(folder)):
            with pytest.raises(IndexUnusable) as raised:
                act()
            assert str(raised.value) == f"CURRENT of the index cannot be read: Permission denied. {remedy}"
        assert remedy in [one for _, one in _index_findings(outdated)]
        folder.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_a_lock_that_may_not_be_opened_is_named(outdated: Config) -> None:
    """By the update that fails and by doctor, whose other checks still run."""
    lock = outdated.embeddings_dir / LOCK_NAME
    lock.touch()
    with unwritable(lock):
        lock.chmod(0)
        engine = open_small(outdated.root)
        assert "build.lock" in str(engine.last_failure)
        engine.close()
        found = _index_findings(outdated)
        assert any(text.startswith("build.lock of the index may not be opened") for text, _ in found)
        assert any(text.startswith("files changed since the index was built") for text, _ in found)
        lock.chmod(0o600)


def test_no_index_is_not_called_the_previous_one(tmp_path: Path) -> None:
    """Where something else stands in the place of the folder there is none that could stay in service."""
    make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    (tmp_path / "embeddings").write_text("a file", encoding="utf-8")
    with (
        small_models(),
        pytest.raises(IndexNotWritten, match=r"stands in the way\. Move embeddings away"),
    ):
        open_small(tmp_path)
