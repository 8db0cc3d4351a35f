"""What looks at seeds/ cost: a file that was touched is read once, and an engine lists the folder once for a change."""

from __future__ import annotations

import os
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from small_engine import open_small, small_models, text_of
from small_index import IDENTITY, HashedWords, opened, sentences, update, write_seeds

from qabot.index import changes, keep_look, look, merge
from qabot.index.looks import LOOKED_NAME, kept_look

LONG_AGO = 1_000_000_000.0


def _later() -> float:
    return time.time() + 10.0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An index of three files, two of which were touched since, long enough ago to be trusted."""
    seeds = write_seeds(tmp_path, {f"{n}.txt": sentences(about=f"thing {n}", count=3) for n in range(3)})
    update(tmp_path, clock=_later)
    for name in ("0.txt", "1.txt"):
        os.utime(seeds / name, (LONG_AGO, LONG_AGO))
    return tmp_path


def _read(root: Path) -> int:
    """How many files a look reads; what it finds is kept."""
    with opened(root) as generation, patch.object(changes, "content_sum", wraps=changes.content_sum) as reading:
        seen = look(root / "seeds", root / "embeddings", generation, clock=_later)
        assert not seen.comparison.differs
        keep_look(root / "embeddings", seen)
        return reading.call_count


def test_a_touched_file_is_read_once(root: Path) -> None:
    """The second look knows the two files by what the first one found; a third that is touched costs one more."""
    assert [_read(root), _read(root)] == [2, 0]
    os.utime(root / "seeds" / "2.txt", (LONG_AGO, LONG_AGO))
    assert [_read(root), _read(root)] == [1, 0]


def test_a_changed_file_is_found_behind_what_was_kept(root: Path) -> None:
    """Other bytes with another time are a change, whatever was known of the file."""
    _read(root)
    (root / "seeds" / "0.txt").write_text("Something else stands here.", encoding="utf-8")
    with opened(root) as generation:
        seen = look(root / "seeds", root / "embeddings", generation, clock=_later)
    assert [file.id for file in seen.comparison.fresh] == ["0.txt"]


def test_a_young_file_is_not_trusted_yet(root: Path) -> None:
    """What was changed within two seconds of the look may change again without a trace: it is read again."""
    with opened(root) as generation:
        seen = look(root / "seeds", root / "embeddings", generation)
    assert not seen.comparison.touched
    keep_look(root / "embeddings", seen)
    assert not (root / "embeddings" / LOOKED_NAME).exists()


@pytest.mark.parametrize("harm", [lambda data: data[:-1], lambda data: data[:70] + b"?" + data[71:], lambda _: b""])
def test_a_note_that_is_spoilt_or_of_another_index_is_passed_over(root: Path, harm: object) -> None:
    """Then files are read, as without a note; so is one about another generation."""
    _read(root)
    path = root / "embeddings" / LOOKED_NAME
    with opened(root) as generation:
        assert set(kept_look(root / "embeddings", generation.id)) == {"0.txt", "1.txt"}
        assert kept_look(root / "embeddings", "0" * 16) == {}
        path.write_bytes(harm(path.read_bytes()))  # type: ignore[operator] - a function
        assert kept_look(root / "embeddings", generation.id) == {}
    assert _read(root) == 2


def test_the_next_build_keeps_what_files_are_known_by(root: Path) -> None:
    """A change elsewhere writes the present times of untouched files into the manifest: they are not read again."""
    (root / "seeds" / "2.txt").write_text("Something else stands here.", encoding="utf-8")
    update(root, HashedWords(), clock=_later)
    assert _read(root) == 0


def test_a_merge_keeps_what_looks_found(root: Path) -> None:
    """The merged generation holds the same files: what was touched and read before it is not read again after it."""
    assert _read(root) == 2
    with patch("qabot.index.merging.to_merge", lambda _: frozenset({1})):
        merged = merge(root / "embeddings", IDENTITY)
    with opened(root) as generation:
        assert generation.id == merged
        assert set(kept_look(root / "embeddings", generation.id)) == {"0.txt", "1.txt"}
    assert _read(root) == 0


def test_a_merge_without_notes_leaves_none(root: Path) -> None:
    """Where no look kept anything, nothing is written."""
    with patch("qabot.index.merging.to_merge", lambda _: frozenset({1})):
        assert merge(root / "embeddings", IDENTITY) is not None
    assert not (root / "embeddings" / LOOKED_NAME).exists()


def test_a_change_lists_the_folder_once(tmp_path: Path) -> None:
    """The look that finds the change is the one that the build goes by; a build without one lists by itself."""
    write_seeds(tmp_path, {"a.txt": text_of("river", "v1")})
    with small_models():
        engine = open_small(tmp_path)
        write_seeds(tmp_path, {"a.txt": text_of("river", "v2")})
        with (
            patch("qabot.index.looks.scan", wraps=changes.scan) as looking,
            patch("qabot.index.building.scan", wraps=changes.scan) as building,
        ):
            report = engine.refresh()
            assert (looking.call_count, building.call_count) == (1, 0)
            engine.refresh(full=True)
            assert (looking.call_count, building.call_count) == (1, 1)
        assert report is not None
        assert report.changed == ("a.txt",)
        engine.close()
