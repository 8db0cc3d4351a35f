"""Files that are being written to: left out of an update while the others are taken up, and not for ever."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from line_engine import LineEngine
from small_engine import open_small, question_about, quotes_of, small_models, text_of
from small_index import IDENTITY, opened, sentences, update, write_seeds

from qabot.documents import SeedFile
from qabot.index import IndexIdentity, reading
from qabot.index.changes import Comparison
from qabot.index.report import BuildReport
from qabot.index.settling import LONGEST_S, UNSETTLED_NAME, Settling
from qabot.progress import News

OLD = sentences(about="old", count=3)
NEW = sentences(about="new", count=3)
MORE = " And this sentence came later."


@contextmanager
def between_looks(act: Callable[[], object]) -> Iterator[list[float]]:
    """Inside of the block ``act`` is what happens between the two looks at a young file; counts how often."""
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        act()

    with patch("qabot.index.settling.time", SimpleNamespace(sleep=sleep)):
        yield waits


@contextmanager
def while_read(path: Path) -> Iterator[None]:
    """Inside of the block the file grows each time that it is read."""

    def read(seeds: Path, id_: str, **options: Any) -> Any:
        document = read_document(seeds, id_, **options)
        if id_ == path.name:
            grow(path)
        return document

    read_document = reading.read_document
    with patch.object(reading, "read_document", read):
        yield


def grow(path: Path, at_s: float | None = None) -> None:
    """One sentence more, written at a time (seconds since the epoch; None: now)."""
    with path.open("a", encoding="utf-8") as file:
        file.write(MORE)
    if at_s is not None:
        os.utime(path, (at_s, at_s))


def young(path: Path) -> None:
    """As if it were written in this moment, however busy the machine is."""
    os.utime(path, (time.time() + 100, time.time() + 100))


def texts(root: Path, identity: IndexIdentity = IDENTITY) -> dict[str, str]:
    """What the index holds."""
    with opened(root, identity) as generation:
        return {one.id: generation.document(one.id).text for one in generation.documents()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An index of two files, both of which changed since."""
    write_seeds(tmp_path, {"a.txt": OLD, "b.txt": OLD + MORE})
    update(tmp_path)
    seeds = write_seeds(tmp_path, {"a.txt": NEW, "b.txt": NEW + MORE})
    young(seeds / "a.txt")
    return tmp_path


def test_a_file_that_is_written_to_keeps_its_last_version(root: Path) -> None:
    """The other file is taken up at once, this one when it has settled, and then nothing is noted any more."""
    path = root / "seeds" / "a.txt"
    with between_looks(lambda: grow(path)):
        report = update(root)
    assert (report.changed, report.unsettled, report.failed) == (("b.txt",), ("a.txt",), ())
    assert texts(root) == {"a.txt": OLD, "b.txt": NEW + MORE}
    assert (root / "embeddings" / UNSETTLED_NAME).exists()
    report = update(root)
    assert (report.changed, report.unsettled) == (("a.txt",), ())
    assert texts(root)["a.txt"] == NEW + MORE
    assert not (root / "embeddings" / UNSETTLED_NAME).exists()


def test_a_new_file_that_is_written_to_is_absent_until_it_has_settled(root: Path) -> None:
    """It is neither added nor named as unreadable, also where everything is built again."""
    path = write_seeds(root, {"c.txt": NEW}) / "c.txt"
    for full in (False, True):
        young(path)
        with between_looks(lambda: grow(path)):
            report = update(root, full=full)
        assert (report.unsettled, report.failed) == (("c.txt",), ())
        assert set(texts(root)) == {"a.txt", "b.txt"}
    assert update(root).added == ("c.txt",)
    assert texts(root)["c.txt"] == NEW + 2 * MORE


REBUILDS = pytest.mark.parametrize("options", [{"full": True}, {"identity": replace(IDENTITY, chunker="test 2")}])


@REBUILDS
def test_where_all_is_built_again_what_the_index_holds_is_not_lost(root: Path, options: dict[str, Any]) -> None:
    """No text of it may be taken over, so it is read as it is, named, and read again once it has settled."""
    path = root / "seeds" / "a.txt"
    with between_looks(lambda: grow(path)):
        report = update(root, **options)
    assert (report.changed, report.removed, report.unsettled) == (("a.txt", "b.txt"), (), ("a.txt",))
    identity = {"identity": options.get("identity", IDENTITY)}
    assert texts(root, **identity)["a.txt"] == NEW + MORE
    grow(path)
    report = update(root, **identity)
    assert (report.changed, report.unsettled) == (("a.txt",), ())
    assert texts(root, **identity)["a.txt"] == NEW + 2 * MORE


@REBUILDS
def test_nor_is_it_lost_when_it_changes_while_it_is_read(root: Path, options: dict[str, Any]) -> None:
    """As it was read last; a new file is left out as ever."""
    with while_read(root / "seeds" / "a.txt"):
        report = update(root, **options)
    assert (report.changed, report.removed, report.unsettled) == (("a.txt", "b.txt"), (), ("a.txt",))
    identity = {"identity": options.get("identity", IDENTITY)}
    assert texts(root, **identity)["a.txt"] == NEW + 3 * MORE
    new = write_seeds(root, {"c.txt": NEW}) / "c.txt"
    with while_read(new):
        report = update(root, full=True, **identity)
    assert (report.changed, report.removed, report.unsettled) == (("a.txt",), (), ("c.txt",))


def test_alone_it_is_no_change(root: Path) -> None:
    """Nothing is built while the only file that changed is being written to."""
    update(root)
    path = root / "seeds" / "a.txt"
    grow(path)
    young(path)
    with between_looks(lambda: grow(path)), opened(root) as before:
        report = update(root)
        assert (report.generation, report.unsettled) == (before.id, ("a.txt",))


def _always_written(root: Path, after_s: float) -> BuildReport:
    """An update at that time, during which a.txt is written to."""
    now = time.time() + 1_000 + after_s
    path = root / "seeds" / "a.txt"
    grow(path, now)
    with between_looks(lambda: grow(path, now + 0.05)):
        return update(root, clock=lambda: now)


def test_what_is_always_written_to_is_taken_up_at_last(root: Path) -> None:
    """After a minute it is read as it is, whoever looked meanwhile; then it has a minute again."""
    left, taken = ("a.txt",), ()
    for after_s, expected in ((0.0, left), (LONGEST_S - 1, left), (LONGEST_S + 1, taken), (LONGEST_S + 2, left)):
        before = texts(root)["a.txt"]
        report = _always_written(root, after_s)
        assert report.unsettled == expected, after_s
        assert (texts(root)["a.txt"] == before) == bool(expected)


@pytest.mark.parametrize("now_holds", [OLD, None])
def test_a_wait_that_came_to_nothing_is_forgotten(root: Path, now_holds: str | None) -> None:
    """A file that is as it was indexed, or gone, is not waited for: written to again later, it has its whole minute."""
    path = root / "seeds" / "a.txt"
    assert _always_written(root, 0.0).unsettled == ("a.txt",)
    path.unlink()
    if now_holds is not None:
        path.write_text(now_holds, encoding="utf-8")
    update(root, clock=lambda: time.time() + 1_010)
    assert not (root / "embeddings" / UNSETTLED_NAME).exists()
    assert _always_written(root, LONGEST_S + 1).unsettled == ("a.txt",)


def test_a_clock_that_was_set_back_holds_nothing_up(root: Path) -> None:
    """What seems to wait since tomorrow is read."""
    assert _always_written(root, 86_400.0).unsettled == ("a.txt",)
    assert _always_written(root, 0.0).changed == ("a.txt",)


@pytest.mark.parametrize("name", ["a.txt", "c.txt"])
def test_a_file_that_changes_while_it_is_read_is_left(root: Path, name: str) -> None:
    """Read twice, then left as it was: its old text is written again beside the other's new one, or it is absent."""
    path = write_seeds(root, {name: NEW}) / name
    before = texts(root).get(name)
    with while_read(path):
        report = update(root)
    assert (report.unsettled, report.failed) == ((name,), ())
    assert path.read_text(encoding="utf-8") == NEW + 2 * MORE
    assert texts(root).get(name) == before
    assert texts(root)["b.txt"] == NEW + MORE
    assert update(root).unsettled == ()
    assert texts(root)[name] == NEW + 2 * MORE


def test_what_is_left_may_lie_in_a_segment_that_stays(tmp_path: Path) -> None:
    """Other documents keep the segment: the old text is asked for once all the same."""
    path = write_seeds(tmp_path, {name: OLD + name for name in ("a.txt", "b.txt", "c.txt", "d.txt")}) / "a.txt"
    update(tmp_path)
    write_seeds(tmp_path, {"a.txt": NEW})
    with while_read(path):
        assert update(tmp_path).unsettled == ("a.txt",)
    with opened(tmp_path) as generation:
        assert [one.id for one in generation.documents()] == ["a.txt", "b.txt", "c.txt", "d.txt"]
        assert generation.document("a.txt").text == OLD + "a.txt"


def test_a_file_that_always_changes_while_it_is_read_is_taken_up_at_last(root: Path) -> None:
    """After a minute as it was when it was read."""
    path = root / "seeds" / "a.txt"
    now = time.time() + 1_000
    with while_read(path):
        assert update(root, clock=lambda: now).unsettled == ("a.txt",)
        assert update(root, clock=lambda: now + LONGEST_S + 1).changed == ("a.txt",)
    assert texts(root)["a.txt"] == NEW + 3 * MORE


def test_files_that_are_not_young_are_not_waited_for(root: Path) -> None:
    """Who changed a file a while ago pays nothing."""
    with between_looks(lambda: None) as waits:
        assert update(root, clock=lambda: time.time() + 1_000).changed == ("a.txt", "b.txt")
    assert not waits


@pytest.mark.parametrize("written", [False, True])
def test_a_listing_without_inodes_is_none_of_changes(tmp_path: Path, *, written: bool) -> None:
    """Windows lists files without them: what was just saved there is not taken for what is still written to."""
    path = write_seeds(tmp_path, {"a.txt": NEW}) / "a.txt"
    young(path)
    state = path.stat()
    file = SeedFile("a.txt", state.st_size, state.st_mtime_ns, state.st_ctime_ns, inode=0)
    fresh = Comparison(same=(), fresh=(file,), gone=(), scan_problems=(), scan_problems_differ=False)
    settling = Settling(path.parent, tmp_path, time.time)
    with between_looks((lambda: grow(path)) if written else lambda: None) as waits:
        seen = settling.leave_out(fresh, (), listed_ns=time.time_ns())
    assert len(waits) == 1
    assert seen.left == (("a.txt",) if written else ())


def test_a_note_that_is_spoilt_begins_the_wait_anew(root: Path) -> None:
    """It holds nothing up and stops no build."""
    _always_written(root, 0.0)
    (root / "embeddings" / UNSETTLED_NAME).write_bytes(b"?\n{}")
    assert _always_written(root, LONGEST_S + 1).unsettled == ("a.txt",)
    assert _always_written(root, 2 * LONGEST_S + 2).changed == ("a.txt",)


def test_an_engine_shows_nothing_of_a_half_written_file(tmp_path: Path) -> None:
    """Neither what stood there nor what stands there now; the engine names it, and answers once it has settled."""
    path = write_seeds(tmp_path, {"a.txt": text_of("river", "v1"), "b.txt": text_of("castle", "v1")}) / "a.txt"
    with small_models():
        engine = open_small(tmp_path)
        write_seeds(tmp_path, {"a.txt": "The code of river is v", "b.txt": text_of("castle", "v2")})
        young(path)
        with between_looks(lambda: grow(path)):
            engine.refresh()
            assert engine.unsettled == ("a.txt",)
            assert [one.text for one in quotes_of(engine.ask(question_about("castle")))[:1]] == [
                "The code of castle is v2."
            ]
            young(path)
            assert all(one.source != "a.txt" for one in quotes_of(engine.ask(question_about("river"))))
        path.write_text(text_of("river", "v3"), encoding="utf-8")
        engine.refresh()
        assert engine.unsettled == ()
        assert quotes_of(engine.ask(question_about("river")))[0].text == "The code of river is v3."
        engine.close()


def test_who_asks_is_told_once(tmp_path: Path) -> None:
    """A line names what was left when that is new, and not before each question."""
    engine = LineEngine(tmp_path)
    said: list[str] = []
    news = News(engine, said.append)
    for unsettled in (("a.txt", "b.txt"), ("b.txt",), (), ("b.txt",)):
        engine.unsettled = unsettled
        news.refresh()
    assert said == [
        "a.txt and 1 more not up to date in the index: still being written to. Ask again, or run qabot index.",
        "b.txt not up to date in the index: still being written to. Ask again, or run qabot index.",
    ]
    news = News(engine, said.append)
    news.tell_opening()
    assert said[2:] == said[1:2]
