"""`qabot index --clean` removes what nobody uses, and nothing else."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from line_engine import LineEngine
from small_index import opened, sentences, update, write_seeds

from qabot.cleaning import clean
from qabot.config import Config
from qabot.errors import IndexLocked
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
