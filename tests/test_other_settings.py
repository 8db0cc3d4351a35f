"""Two processes with different settings do not rebuild one index in turns: what qabot.toml says now decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_engine import TOML, open_small, question_about, quotes_of, small_models, text_of

from qabot.config import Config
from qabot.engine import Engine
from qabot.errors import IndexMismatch
from qabot.failed_rebuild import kept_failure
from qabot.index.opening import current_id
from qabot.other_settings import leave_to_others

CHANGED = f"{TOML}[seeds]\nmax_file_bytes = 1000\n"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Engine]:
    """An engine over one document, as a process that runs for long has it."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "garden.txt").write_text(text_of("garden", "blue"), encoding="utf-8")
    with small_models():
        engine = open_small(tmp_path)
        yield engine
        engine.close()


def _ask_once(root: Path, toml: str) -> str:
    """What a command does that begins after qabot.toml was written; the generation that it leaves."""
    (root / "qabot.toml").write_text(toml, encoding="utf-8")
    Engine.open(Config.load(root, {}), threads=1).close()
    return current_id(root / "embeddings")


def test_what_was_built_after_a_change_of_qabot_toml_is_left_alone(running: Engine, tmp_path: Path) -> None:
    """The process with the old settings says that it must be restarted, answers on, and does not build them back."""
    theirs = _ask_once(tmp_path, CHANGED)
    assert theirs != running.generation_id
    for repair in (False, True):
        with pytest.raises(IndexMismatch, match=r"qabot.toml changed .* Restart this one to use them\."):
            running.refresh(repair=repair)
    assert current_id(tmp_path / "embeddings") == theirs
    assert isinstance(running.last_failure, IndexMismatch)
    assert kept_failure(tmp_path / "embeddings") is None
    assert quotes_of(running.ask(question_about("garden")))


def test_who_agrees_with_qabot_toml_builds(running: Engine, tmp_path: Path) -> None:
    """Changed and changed back: the running process is right again, takes the index over, and nothing failed."""
    theirs = _ask_once(tmp_path, CHANGED)
    (tmp_path / "qabot.toml").write_text(TOML, encoding="utf-8")
    running.refresh()
    assert running.last_failure is None
    assert current_id(tmp_path / "embeddings") == running.generation_id != theirs


def test_settings_that_the_index_does_not_depend_on_change_nothing(running: Engine, tmp_path: Path) -> None:
    """Another threshold or time between sweeps gives the same index, which both processes keep up."""
    _ask_once(tmp_path, "[answers]\nthreshold = 0.5\n[seeds]\nsweep_s = 5\n")
    (tmp_path / "seeds" / "river.txt").write_text(text_of("river", "wide"), encoding="utf-8")
    running.refresh(patient=True)
    assert running.last_failure is None


def test_a_build_that_began_first_is_not_undone(
    running: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process has built while this one waited for its turn counts as well."""
    (tmp_path / "seeds" / "river.txt").write_text(text_of("river", "wide"), encoding="utf-8")
    theirs: list[str] = []

    def then_another_builds(*given: Any, **named: Any) -> None:
        leave_to_others(*given, **named)
        if not theirs and named["serving"] is not None:
            theirs.append(_ask_once(tmp_path, CHANGED))

    monkeypatch.setattr("qabot.upkeep.leave_to_others", then_another_builds)
    with pytest.raises(IndexMismatch, match=r"qabot.toml changed"):
        running.refresh()
    assert theirs == [current_id(tmp_path / "embeddings")]


def test_another_version_is_named(running: Engine, tmp_path: Path) -> None:
    """Where qabot.toml is the same, another qabot built the index: it is left to that one, too."""
    folder = tmp_path / "embeddings"
    config, identity = Config.load(tmp_path, {}), running._upkeep.identity()
    older = replace(identity, chunker="another")
    assert current_id(folder) == running.generation_id
    with pytest.raises(IndexMismatch, match=r"another version of qabot built the index \(chunker: .*, not another\)"):
        leave_to_others(config, lambda: older, serving="0" * 16)
    leave_to_others(config, lambda: older, serving=None)
    leave_to_others(config, lambda: older, serving=running.generation_id)
    leave_to_others(config, lambda: identity, serving="0" * 16)
