"""`qabot index --clean` removes what nobody uses, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock
from line_engine import LineEngine
from small_index import opened, sentences, update, write_seeds

from qabot.cleaning import clean
from qabot.cli import main
from qabot.config import Config
from qabot.errors import ConfigError, IndexLocked, IndexNotWritten
from qabot.index.opening import current_id
from qabot.index_command import index_command


@pytest.fixture
def embeddings(tmp_path: Path) -> Path:
    """Two generations, and what a killed builder left."""
    for version in (1, 2):
        write_seeds(tmp_path, {"a.txt": sentences(about=f"thing of v{version}", count=5)})
        update(tmp_path)
    left = tmp_path / "embeddings" / "building-1-dead"
    left.mkdir()
    (left / "part").write_bytes(b"x" * 1000)
    return tmp_path / "embeddings"


def test_only_what_is_in_service_stays(embeddings: Path) -> None:
    """The older generation and the left-over go, their bytes are counted, and a second time nothing is left to do."""
    assert len(list((embeddings / "generations").iterdir())) == 2
    cleaned = clean(embeddings)
    assert cleaned.folders == 2
    assert cleaned.size_bytes > 1000
    assert [folder.name for folder in (embeddings / "generations").iterdir()] == [current_id(embeddings)]
    assert clean(embeddings).folders == 0
    with opened(embeddings.parent) as generation:
        assert generation.documents()


def test_where_nothing_is_in_service_all_stays(embeddings: Path) -> None:
    """A build may still take over the parts of a generation that CURRENT does not name any more."""
    (embeddings / "CURRENT").unlink()
    clean(embeddings)
    assert len(list((embeddings / "generations").iterdir())) == 2
    (embeddings / "CURRENT").write_text("0123456789abcdef\n")
    clean(embeddings)
    assert len(list((embeddings / "generations").iterdir())) == 2


def test_whoever_reads_goes_on(embeddings: Path) -> None:
    """A generation that is open answers after its folder was removed."""
    with opened(embeddings.parent) as generation:
        write_seeds(embeddings.parent, {"a.txt": "Something else stands here."})
        update(embeddings.parent)
        clean(embeddings)
        assert not (embeddings / "generations" / generation.id).exists()
        assert "v2" in generation.document("a.txt").text


def test_a_builder_is_waited_for(embeddings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody builds nothing is removed."""
    monkeypatch.setattr("qabot.cleaning._WAIT_S", 0.05)
    with FileLock(embeddings / "build.lock"), pytest.raises(IndexLocked):
        clean(embeddings)
    assert (embeddings / "building-1-dead").exists()


def test_what_the_update_lacked_room_for_is_tried_again(embeddings: Path) -> None:
    """On a full disk the command that frees space does so first, and then the update succeeds."""
    config = Config.load(embeddings.parent, {})
    engine = LineEngine(config.seeds_dir)
    engine.last_failure = IndexNotWritten("the disk is full", remedy="Free space there.")
    written: list[str] = []
    assert index_command(engine, config, as_json=False, cleaning=True, write=written.append) == 0
    assert "seeds changed: 1 added" in written[0].lower()
    assert "\nCleaned: 2 folders, " in written[0]


@pytest.mark.parametrize("as_json", [False, True])
def test_an_update_that_fails_does_not_keep_it_from_cleaning(embeddings: Path, *, as_json: bool) -> None:
    """Without seeds/ the error and its exit code are as ever, after what was cleaned."""
    config = Config.load(embeddings.parent, {})
    engine = LineEngine(config.seeds_dir)
    engine.last_failure = ConfigError("seeds cannot be listed", remedy="Create it.")
    written: list[str] = []
    with pytest.raises(ConfigError):
        index_command(engine, config, as_json=as_json, cleaning=True, write=written.append)
    assert (json.loads(written[0])["cleaned"]["folders"] == 2) if as_json else written[0].startswith("Cleaned: 2 ")
    assert not list(embeddings.glob("building-*"))


def test_it_cleans_where_no_index_can_be_opened(embeddings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A build that fails with nothing to answer from, too, keeps nobody from cleaning."""

    def refused(*_: object, **__: object) -> NoReturn:
        raise IndexNotWritten("the disk is full", remedy="Free space there.")

    assert main(["--root", str(embeddings.parent), "index", "--clean"], open_engine=refused, environ={}) == 3
    out, err = capsys.readouterr()
    assert out.startswith("Cleaned: 2 folders, ")
    assert err == "qabot: the disk is full. Free space there.\n"
    assert not list(embeddings.glob("building-*"))
    assert main(["--root", str(embeddings.parent), "index"], open_engine=refused, environ={}) == 3


@pytest.mark.parametrize("opens", [False, True])
def test_cleaning_that_fails_hides_no_failure(
    embeddings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, opens: bool
) -> None:
    """Each is told in a line, and the code is that of the update, whether an older index answers or none."""
    engine = LineEngine(embeddings.parent / "seeds")
    engine.last_failure = ConfigError("seeds cannot be listed", remedy="Create it.")

    def opened_or_refused(*_: object, **__: object) -> LineEngine:
        if opens:
            return engine
        assert engine.last_failure is not None
        raise engine.last_failure

    monkeypatch.setattr("qabot.cleaning._WAIT_S", 0.05)
    with FileLock(embeddings / "build.lock"):
        arguments = ["--root", str(embeddings.parent), "index", "--clean"]
        assert main(arguments, open_engine=opened_or_refused, environ={}) == ConfigError.exit_code
    out, err = capsys.readouterr()
    first, second = err.splitlines()
    assert first.startswith("qabot: --clean failed: ")
    assert second == "qabot: seeds cannot be listed. Create it."
    assert not out


def test_a_folder_without_seeds_stays_empty(tmp_path: Path) -> None:
    """Where nothing can be listed, no folder for an index is made."""
    with pytest.raises(ConfigError):
        update(tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_command_tells(embeddings: Path) -> None:
    """In words and as data."""
    config = Config.load(embeddings.parent, {})
    engine = LineEngine(config.seeds_dir)
    engine.refresh()
    written: list[str] = []
    copy = shutil.copytree(embeddings, embeddings.parent / "copy")
    assert index_command(engine, config, as_json=False, cleaning=True, write=written.append) == 0
    assert index_command(engine, config, as_json=False, cleaning=True, write=written.append) == 0
    shutil.rmtree(embeddings)
    copy.rename(embeddings)
    assert index_command(engine, config, as_json=True, cleaning=True, write=written.append) == 0
    assert index_command(engine, config, as_json=True, cleaning=False, write=written.append) == 0
    assert "\nCleaned: 2 folders, " in written[0]
    assert written[1].endswith("\nNothing to clean: only the index in service is there.")
    assert json.loads(written[2])["cleaned"]["folders"] == 2
    assert json.loads(written[3])["cleaned"] is None
