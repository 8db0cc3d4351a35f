"""The engine keeps answering, and says why, when its index is damaged, gone, or on a disk that refuses."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from corpus import make_root
from small_index import unwritable

from qabot.config import Config
from qabot.datatypes import Answer
from qabot.engine import Engine
from qabot.errors import IndexDamaged, IndexNotWritten
from qabot.index.opening import current_id

RULES = "# Pool rules\n\nThe pool opens at 9 am.\n\nDogs are not allowed at the pool.\n"
QUESTION = "When does the pool open?"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """One document, indexed."""
    config = make_root(tmp_path, {"rules.md": RULES})
    Engine.open(config).close()
    return config


def _said(engine: Engine) -> str | None:
    result = engine.ask(QUESTION)
    return result.text if isinstance(result, Answer) else None


def test_a_read_only_index_that_is_up_to_date(config: Config) -> None:
    """It answers, and there is nothing to complain about."""
    with unwritable(config.embeddings_dir):
        engine = Engine.open(config)
        assert _said(engine) == "9 am"
        assert engine.refresh() is None
    assert (engine.last_failure, engine.last_repair) == (None, None)
    engine.close()


def test_a_read_only_index_that_is_outdated(config: Config, tmp_path: Path) -> None:
    """The old index answers, it is said that it could not be updated, and no quote is shown that no longer stands."""
    make_root(tmp_path, {"new.md": "# Sauna\n\nThe sauna opens at noon.\n"})
    with unwritable(config.embeddings_dir):
        engine = Engine.open(config)
        assert isinstance(engine.last_failure, IndexNotWritten)
        assert "writing there is not allowed" in str(engine.last_failure)
        assert _said(engine) == "9 am"
        with pytest.raises(IndexNotWritten):
            engine.refresh()
        make_root(tmp_path, {"rules.md": RULES.replace("9 am", "11 am")})
        assert _said(engine) is None
    assert engine.refresh() is not None
    assert _said(engine) == "11 am"
    engine.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are mapped")
def test_an_index_that_vanishes_under_a_running_engine(config: Config) -> None:
    """Questions go on without a gap, and the next refresh builds the index anew."""
    engine = Engine.open(config)
    shutil.rmtree(config.embeddings_dir)
    assert _said(engine) == "9 am"
    engine.refresh()
    assert current_id(config.embeddings_dir) == engine.generation_id
    assert _said(engine) == "9 am"
    engine.close()


def _damage_and_open(config: Config, name: str) -> None:
    embeddings = config.embeddings_dir
    parts = (embeddings / "generations" / current_id(embeddings)).rglob(f"*{name}")
    path = embeddings / name if name == "CURRENT" else next(parts)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    engine = Engine.open(config)
    assert isinstance(engine.last_repair, IndexDamaged)
    assert _said(engine) == "9 am"
    engine.close()
    again = Engine.open(config)
    assert again.last_repair is None
    again.close()


def test_damage_to_a_part_is_repaired(config: Config) -> None:
    """Opening notices it, builds again from seeds/, and answers; the next opening finds nothing wrong."""
    _damage_and_open(config, "documents.sqlite")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["CURRENT", "manifest.json", "vectors.faiss", "terms.bin"])
def test_damage_to_any_part_is_repaired(config: Config, name: str) -> None:
    """The same for each kind of file."""
    _damage_and_open(config, name)
