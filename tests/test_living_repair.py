"""A running process whose index is damaged, or taken away, under it: it answers on, and builds it again by itself."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small_engine import open_small, question_about, small_models, text_of

from qabot.config import Config
from qabot.datatypes import Answer
from qabot.engine import Engine
from qabot.index import open_current
from qabot.watching import Failed, Notice, Rebuilt, TakenOver, notice_text
from qabot.watching.command import watcher_of

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps files that are open")
LONG_S = 30.0


def _flip(embeddings: Path) -> None:
    part = max((path for path in embeddings.glob("generations/*/**/*") if path.is_file()), key=_size)
    data = part.read_bytes()
    part.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def _size(path: Path) -> int:
    return path.stat().st_size


def _without_a_part(embeddings: Path) -> None:
    max((path for path in embeddings.glob("generations/*/**/*") if path.is_file()), key=_size).unlink()


def _without_current(embeddings: Path) -> None:
    (embeddings / "CURRENT").unlink()


def _require_answer(engine: Engine) -> None:
    result = engine.ask(question_about("river"))
    assert isinstance(result, Answer)
    assert result.text == "v1"


@pytest.mark.parametrize("harm", [_flip, _without_a_part, _without_current, shutil.rmtree])
def test_it_is_built_again(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """A flipped bit, a missing part, no CURRENT, nothing at all: answers go on, and the next process finds it sound."""
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.txt").write_text(text_of("river", "v1"), encoding="utf-8")
    (tmp_path / "seeds" / "b.txt").write_text(text_of("castle", "v2"), encoding="utf-8")
    told: list[Notice] = []
    with small_models():
        engine = open_small(tmp_path)
        (tmp_path / "qabot.toml").write_text("[answers]\nthreshold = 0.0\n[seeds]\nsweep_s = 1\n", encoding="utf-8")
        config = Config.load(tmp_path, {})
        watcher = watcher_of(engine, config, told.append)
        watcher.start()
        before = engine.generation_id
        end = time.monotonic() + LONG_S
        while watcher._parts._known is None:  # the first look at the parts, before the harm
            assert time.monotonic() < end, told
            time.sleep(0.02)
        harm(config.embeddings_dir)
        while engine.generation_id == before:
            assert time.monotonic() < end, told
            _require_answer(engine)
            time.sleep(0.05)
        _require_answer(engine)
        assert watcher.stop()
        open_current(config.embeddings_dir, engine._upkeep.identity()).close()
        assert not [one for one in told if isinstance(one, Failed)]
        (line,) = [notice_text(one) for one in told if isinstance(one, Rebuilt)]
        assert "the index was built again" in line
        assert "added" not in line  # no file came
        assert not [one for one in told if isinstance(one, TakenOver)]  # nobody else built it
        engine.close()
