"""seeds/ on a disk that is not mounted: the last sound index goes on answering, and it is told."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_engine import TOML, open_small, question_about, small_models, text_of

from qabot.config import Config
from qabot.datatypes import Answer, NoAnswer
from qabot.engine import Engine
from qabot.errors import ConfigError


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A corpus of two documents; inside, engines are opened with the small models."""
    with small_models():
        (tmp_path / "seeds").mkdir()
        for name, key in (("a.txt", "river"), ("b.txt", "castle")):
            (tmp_path / "seeds" / name).write_text(text_of(key, f"v{name[0]}1"), encoding="utf-8")
        yield tmp_path


def said(engine: Engine, key: str) -> str | None:
    """The short answer, None if there is none."""
    result = engine.ask(question_about(key))
    return result.text if isinstance(result, Answer) else None


def test_a_running_process_goes_on(root: Path) -> None:
    """Questions are answered as before, with their quotes; each refresh says why it cannot follow."""
    engine = open_small(root)
    before = engine.ask(question_about("river"))
    assert isinstance(before, Answer)
    away = (root / "seeds").rename(root / "away")
    after = engine.ask(question_about("river"))
    assert isinstance(after, Answer)
    assert (after.text, after.quotes) == (before.text, before.quotes)
    with pytest.raises(ConfigError, match="Is its disk mounted"):
        engine.refresh()
    (away / "a.txt").write_text(text_of("river", "va2"), encoding="utf-8")
    away.rename(root / "seeds")
    assert said(engine, "river") == "va2"
    assert engine.last_failure is None
    engine.close()


def test_a_new_process_goes_on_with_the_index_that_is_there(root: Path) -> None:
    """A restart while the disk is away finds the index, tells why it could not look for changes, and answers."""
    open_small(root).close()
    (root / "seeds").rename(root / "away")
    engine = _reopened(root)
    assert isinstance(engine.last_failure, ConfigError)
    assert said(engine, "castle") == "vb1"
    engine.close()


def test_without_an_index_there_is_nothing_to_go_on_with(root: Path) -> None:
    """Neither documents nor an index: an error with its remedy."""
    shutil.rmtree(root / "seeds")
    with pytest.raises(ConfigError, match=r"cannot be listed: .*\. Is its disk mounted"):
        _reopened(root)


def test_an_emptied_folder_is_empty(root: Path) -> None:
    """A folder that is there and holds nothing is no disk that is away: nothing is quoted from it."""
    engine = open_small(root)
    for path in (root / "seeds").iterdir():
        path.unlink()
    result = engine.ask(question_about("river"))
    assert isinstance(result, NoAnswer)
    assert result.reason == "empty_corpus"
    engine.close()


def test_rules_that_cannot_be_read_end_no_question(root: Path) -> None:
    """A changed file cannot be taken up meanwhile, so it is not quoted; the other one is."""
    engine = open_small(root)
    (root / "seeds" / ".qabotignore").mkdir()
    (root / "seeds" / "a.txt").write_text(text_of("river", "va2"), encoding="utf-8")
    assert (said(engine, "river"), said(engine, "castle")) == (None, "vb1")
    assert isinstance(engine.last_failure, ConfigError)
    engine.close()


def _reopened(root: Path) -> Engine:
    """As ``open_small``, which would make the folder."""
    (root / "qabot.toml").write_text(TOML, encoding="utf-8")
    return Engine.open(Config.load(root, {}), threads=1)
