"""A watcher beside another process that keeps the same index: it tells what that one changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_engine import open_small, small_models, text_of
from small_index import write_seeds

from qabot.watching import Notice, TakenOver, Watcher, notice_as_json, notice_text
from qabot.watching.parts import PartsOnDisk
from qabot.watching.watcher import Followed


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Callable[[], list[Notice]]]:
    """Have another process take up what changed in seeds/, and then the watcher look: what it tells."""
    texts = {f"{key}.txt": text_of(key, "v1") for key in ("river", "castle", "window")}
    write_seeds(tmp_path, {**texts, "photo.jpg": b"x"})
    with small_models():
        engine, other = open_small(tmp_path), open_small(tmp_path)
        notices: list[Notice] = []
        watcher = Watcher(engine, Followed(tmp_path / "seeds", tmp_path / "embeddings", 60.0), notices.append)
        watcher._files.changed_to(engine.generation_id)

        def look() -> list[Notice]:
            other.refresh()
            watcher._parts_due = True  # as after a sweep
            watcher._take_up()
            return notices

        yield look
        assert watcher.stop()
        engine.close()
        other.close()


def test_what_another_process_changed_is_named(tmp_path: Path, told: Callable[[], list[Notice]]) -> None:
    """How many files of each kind and the first two names; all of them in the JSON."""
    write_seeds(tmp_path, {f"new{n}.txt": text_of("doctor", f"v{n}") for n in range(4)})
    write_seeds(tmp_path, {"river.txt": text_of("river", "v2")})
    (tmp_path / "seeds" / "castle.txt").rename(tmp_path / "seeds" / "tower.txt")
    (notice,) = told()
    assert isinstance(notice, TakenOver)
    assert notice_text(notice) == (
        "another process or a question updated the index: 4 added (new0.txt, new1.txt and 2 more), "
        f"1 changed (river.txt), 1 renamed (castle.txt -> tower.txt); generation {notice.generation} answers now"
    )
    data = notice_as_json(notice)
    assert (data["event"], data["changed"], data["removed"]) == ("taken_over", ["river.txt"], [])
    assert data["added"] == ["new0.txt", "new1.txt", "new2.txt", "new3.txt"]
    assert data["renamed"] == [{"from": "castle.txt", "to": "tower.txt"}]


def test_what_another_process_built_is_not_told_as_ours(tmp_path: Path, told: Callable[[], list[Notice]]) -> None:
    """Where the files that are left out are others, too, this process has a report of its own, which names nothing."""
    (tmp_path / "seeds" / "photo.jpg").unlink()
    (tmp_path / "seeds" / "castle.txt").unlink()
    (notice,) = told()
    assert isinstance(notice, TakenOver)
    assert ": 1 removed (castle.txt); generation" in notice_text(notice)


def test_damage_is_told_though_another_process_built(
    tmp_path: Path, told: Callable[[], list[Notice]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was wrong with the index stands before what the other process changed, and in the JSON."""
    monkeypatch.setattr(PartsOnDisk, "damage", lambda *_, **__: "a part is damaged")
    (tmp_path / "seeds" / "castle.txt").unlink()
    (notice,) = told()
    assert isinstance(notice, TakenOver)
    assert notice_text(notice).startswith("a part is damaged; another process or a question updated the index: 1 rem")
    assert notice_as_json(notice)["repaired"] == "a part is damaged"


def test_what_cannot_be_compared_is_not_made_up() -> None:
    """Without the files of before nothing is said of changes, as text and as data."""
    assert notice_text(TakenOver("g")) == "another process or a question updated the index; generation g answers now"
    assert notice_as_json(TakenOver("g")).keys() == {"schema", "event", "generation"}
