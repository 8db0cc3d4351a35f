"""The watcher: whatever happens under seeds/ is taken up once it has settled, once, and told."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from line_engine import LOCKED, LineEngine, LineReport
from small_index import part_of, update, write_seeds

from qabot.datatypes import Problem, Progress, silent
from qabot.errors import ConfigError, IndexNotWritten
from qabot.watching import (
    Blind,
    Failed,
    Notice,
    Rebuilt,
    Recovered,
    TakenOver,
    Waiting,
    Watcher,
    notice_as_json,
    notice_text,
)
from qabot.watching.parts import PartsOnDisk
from qabot.watching.pending import Pending
from qabot.watching.watcher import Followed

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other files and links")
FULL = IndexNotWritten("the disk is full", remedy="Free space there.")
LONG_S = 30.0  # within which something must happen on a busy machine


class FolderEngine(LineEngine):
    """Reads the .txt files at each refresh, which takes ``slow_s``, and counts."""

    refreshes = 0
    finished = 0
    rebuilds = 0
    repairs = 0
    slow_s = 0.0
    error: Exception | None = None

    def refresh(self, progress: Progress = silent, *, repair: bool = False, patient: bool = False) -> LineReport | None:
        """As the real one; ``slow_s`` in steps that tell of their progress."""
        del patient
        self.refreshes += 1
        self.repairs += repair
        if self.error is not None:
            raise self.error
        if not self.seeds.is_dir():
            raise ConfigError("seeds/ cannot be listed", remedy="Create it.")
        until = time.monotonic() + self.slow_s
        while time.monotonic() < until:
            progress("embedding", 0, 1)
            time.sleep(0.01)
        report = self._read_again()
        self.rebuilds += report is not None
        self.finished += 1
        return report


class Watched:
    """A running watcher over a folder, and what it told."""

    def __init__(self, root: Path, *, sweep_s: float = 3_600.0) -> None:
        self.seeds = root / "seeds"
        self.seeds.mkdir(exist_ok=True)
        self.told: list[Notice] = []
        self.engine = FolderEngine(self.seeds)
        self.engine.refresh()
        self.engine.rebuilds = 0
        self.watcher = Watcher(self.engine, Followed(self.seeds, root / "embeddings", sweep_s), self.told.append)
        self.future = self.watcher.start()
        self.until(lambda: self.engine.finished >= 2)  # the first look

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until ``holds``."""
        end = time.monotonic() + LONG_S
        while not holds():
            assert time.monotonic() < end, (self.told, sorted(self.engine.texts))
            assert not self.future.done() or self.watcher._stop.is_set(), self.future.exception()
            time.sleep(0.01)

    def knows(self, **texts: str | None) -> None:
        """Wait until the engine has these texts (by stem), or has not (None)."""
        self.until(lambda: all(self.engine.texts.get(f"{name}.txt") == text for name, text in texts.items()))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """Sweeps come so rarely that only events can be the reason of a rebuild."""
    running = Watched(tmp_path)
    yield running
    assert running.watcher.stop()


def _plain(folder: Path) -> None:
    (folder / "a.txt").write_text("v: 1")


def _renamed_over(folder: Path) -> None:
    (folder / "a.txt").write_text("v: 0")
    (folder / ".a.txt.swp").write_text("x")
    (folder / "a.txt~").write_text("v: 0")
    (folder / "4913").touch()
    (folder / "#a.txt#").write_text("v: 1")
    (folder / "a.txt.tmp").write_text("v: 1")
    (folder / "a.txt.tmp").replace(folder / "a.txt")


def _several_writes(folder: Path) -> None:
    with (folder / "a.txt").open("w") as file:
        for part in ("v", ":", " ", "1"):
            file.write(part)
            file.flush()
            time.sleep(0.02)


def _deep(folder: Path) -> None:
    (folder / "new" / "deep").mkdir(parents=True)
    (folder / "new" / "deep" / "b.txt").write_text("v: 2")
    (folder / "a.txt").write_text("v: 1")


@pytest.mark.parametrize("save", [_plain, _renamed_over, _several_writes, _deep])
def test_each_way_to_save_is_noticed(watched: Watched, save: Callable[[Path], None]) -> None:
    """Written in place, in parts, beside and renamed over, or in a new folder: the new text is taken up."""
    save(watched.seeds)
    watched.knows(a="v: 1")
    watched.until(lambda: watched.engine.rebuilds > 0)  # counted a moment after it is known
    assert watched.engine.rebuilds == 1


def test_folders_come_move_and_go(watched: Watched) -> None:
    """A folder that is moved takes its files along, what is saved in it then is noticed, and a deleted one goes."""
    (watched.seeds / "x" / "y").mkdir(parents=True)
    (watched.seeds / "x" / "y" / "b.txt").write_text("v: 1")
    watched.until(lambda: "x/y/b.txt" in watched.engine.texts)
    (watched.seeds / "x").rename(watched.seeds / "z")
    watched.until(lambda: set(watched.engine.texts) == {"z/y/b.txt"})
    (watched.seeds / "z" / "y" / "b.txt").write_text("v: 2")
    watched.until(lambda: watched.engine.texts == {"z/y/b.txt": "v: 2"})
    shutil.rmtree(watched.seeds / "z")
    watched.until(lambda: not watched.engine.texts)


def test_a_folder_made_again_is_watched_again(watched: Watched) -> None:
    """Removed and made again under its name at once, it is another folder: what comes later in it is noticed too."""
    (watched.seeds / "x").mkdir()
    (watched.seeds / "x" / "b.txt").write_text("v: 1")
    watched.until(lambda: "x/b.txt" in watched.engine.texts)
    shutil.rmtree(watched.seeds / "x")
    (watched.seeds / "x").mkdir()
    watched.until(lambda: not watched.engine.texts)
    (watched.seeds / "x" / "b.txt").write_text("v: 2")
    watched.until(lambda: watched.engine.texts == {"x/b.txt": "v: 2"})


def test_what_a_refresh_left_is_looked_at_again(watched: Watched) -> None:
    """What the engine found being written to is pending until a refresh leaves nothing, with no further event."""
    watched.engine.unsettled = ("a.txt",)
    _plain(watched.seeds)
    watched.knows(a="v: 1")
    before = watched.engine.finished
    watched.until(lambda: watched.engine.finished >= before + 2)
    watched.engine.unsettled = ()
    watched.until(lambda: not watched.watcher._pending)


def test_a_thousand_files_are_one_rebuild(watched: Watched) -> None:
    """As many as a checkout brings: one rebuild while they come without a pause, and few on a machine that stutters."""
    for n in range(1_000):
        folder = watched.seeds / f"{n % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"{n}.txt").write_text(f"v: {n}")
    watched.until(lambda: len(watched.engine.texts) == 1_000)
    assert watched.engine.rebuilds <= 3


def test_a_file_that_is_always_written_holds_nobody_up(watched: Watched) -> None:
    """While one file grows without end another one is taken up, without a rebuild for each line that it grows."""
    end = threading.Event()

    def grow() -> None:
        with (watched.seeds / "log.txt").open("a") as file:
            while not end.wait(0.01):
                file.write("v: 0\n")
                file.flush()

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        time.sleep(0.3)
        (watched.seeds / "a.txt").write_text("v: 1")
        watched.knows(a="v: 1")
        assert watched.engine.rebuilds <= 2
    finally:
        end.set()
        writer.join()


@POSIX
def test_seeds_that_vanish_and_come_back(watched: Watched) -> None:
    """Told as a failure, once each time; what comes in its place is followed, and so is a link, also one that turns."""
    _plain(watched.seeds)
    watched.knows(a="v: 1")
    away = watched.seeds.rename(watched.seeds.parent / "away")
    watched.until(lambda: any(isinstance(one, Failed) for one in watched.told))
    away.rename(watched.seeds)
    watched.until(lambda: watched.told[-1] == Recovered(watched.engine.generation_id))
    watched.seeds.rename(away)
    watched.until(lambda: isinstance(watched.told[-1], Failed))
    watched.seeds.symlink_to(away)
    (away / "b.txt").write_text("v: 2")
    watched.knows(a="v: 1", b="v: 2")
    other = watched.seeds.parent / "other"
    other.mkdir()
    (other / "c.txt").write_text("v: 3")
    (other / "link").symlink_to(other)
    watched.seeds.unlink()
    watched.seeds.symlink_to(other)
    watched.knows(a=None, b=None, c="v: 3")
    (other / "c.txt").write_text("v: 4")
    watched.knows(c="v: 4")
    assert sum(isinstance(one, Failed) for one in watched.told) == 2


@pytest.mark.parametrize("refusal", [OSError("OS file watch limit reached."), RuntimeError("broken")])
def test_without_events_sweeps_find_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    """A system that refuses to watch is told of once, and changes are found by looking."""

    def refuse(*_: object, **__: object) -> None:
        raise refusal

    monkeypatch.setattr("watchfiles._rust_notify.RustNotify", refuse)
    running = Watched(tmp_path, sweep_s=0.3)
    _plain(running.seeds)
    running.knows(a="v: 1")
    (running.seeds / "a.txt").unlink()
    running.knows(a=None)
    assert running.watcher.stop()
    assert [one for one in running.told if isinstance(one, Blind)] == [Blind(str(refusal).rstrip("."), 0.3)]


_LIMITED = """
import sys, threading
from pathlib import Path
try:
    Path("/proc/sys/user", sys.argv[1]).write_text(sys.argv[2])
except OSError:
    sys.exit("cannot be lowered")
from qabot.watching.events import Events
events = Events(Path(sys.argv[3]), threading.Event())
events.wait(0.1)
print(events.blind)
events.close()
"""


@pytest.mark.parametrize(
    ("limit", "count", "said"),
    [
        ("max_inotify_watches", "3", "OS file watch limit reached"),
        ("max_inotify_instances", "0", "Error creating recommended watcher: Too many open files (os error 24)"),
        ("max_inotify_watches", "30", "None"),
    ],
)
def test_the_limits_of_the_system_are_noticed(tmp_path: Path, limit: str, count: str, said: str) -> None:
    """The real ones, lowered in a namespace of our own: fewer watches than folders, and no watcher at all."""
    alone = ["unshare", "--user", "--map-root-user"]
    if shutil.which("unshare") is None:
        pytest.skip("this system has no namespaces")
    for n in range(10):
        (tmp_path / f"{n}").mkdir()
    command = [*alone, sys.executable, "-c", _LIMITED, limit, count, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)  # noqa: S603 - ourselves
    if "unshare" in ran.stderr or "cannot be lowered" in ran.stderr:
        pytest.skip("this system lets nobody lower its limits in a namespace")
    assert ran.stderr == ""
    assert ran.stdout.strip() == said


def test_sweeps_find_what_no_event_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system that never tells of anything the next sweep takes the change up."""
    monkeypatch.setattr("qabot.watching.events._matters", lambda _: False)
    running = Watched(tmp_path, sweep_s=0.3)
    _plain(running.seeds)
    running.knows(a="v: 1")
    assert running.watcher.stop()


def test_a_failure_is_told_once_and_tried_again(watched: Watched) -> None:
    """However often the same happens; and after it is over the change is taken up."""
    watched.watcher._again_s = 0.1
    watched.engine.error = FULL
    _plain(watched.seeds)
    before = watched.engine.refreshes
    watched.until(lambda: watched.engine.refreshes >= before + 3)
    assert watched.told == [Failed(FULL.problem, FULL.remedy)]
    watched.engine.error = None
    watched.knows(a="v: 1")
    watched.until(lambda: len(watched.told) == 2)
    assert isinstance(watched.told[1], Rebuilt)


@pytest.mark.parametrize("theirs", [True, False])
def test_another_process_that_builds_is_no_failure(watched: Watched, *, theirs: bool) -> None:
    """It is said once who builds, then that the index is up to date, whether that process built another one or not."""
    watched.watcher._again_s = 0.1
    watched.engine.error = LOCKED
    (watched.seeds / "photo.jpg").touch()
    before = watched.engine.refreshes
    watched.until(lambda: watched.engine.refreshes >= before + 3)
    assert watched.told == [Waiting(LOCKED.problem)]
    watched.engine._read_again = lambda: None  # type: ignore[method-assign] - it finds nothing to do
    watched.engine.texts = {"theirs.txt": "v: 9"} if theirs else {}
    watched.engine.error = None
    over = TakenOver if theirs else Recovered
    watched.until(lambda: watched.told[1:] == [over(watched.engine.generation_id)])


def test_a_defect_ends_the_watcher_with_its_error(watched: Watched) -> None:
    """What nobody can act on is not tried again for ever: who started the watcher gets it."""
    watched.engine.error = ZeroDivisionError("defect")
    _plain(watched.seeds)
    assert isinstance(watched.future.exception(timeout=LONG_S), ZeroDivisionError)


def test_what_others_built_is_told_as_theirs(watched: Watched) -> None:
    """A generation that came without a build of ours is noticed, since lists made from the old one are wrong now."""
    watched.engine._read_again = lambda: None  # type: ignore[method-assign] - it finds nothing to do
    watched.engine.texts = {"theirs.txt": "v: 9"}
    (watched.seeds / "photo.jpg").touch()
    watched.until(lambda: watched.told == [TakenOver(watched.engine.generation_id)])


def test_a_stop_ends_a_build_in_the_middle(tmp_path: Path) -> None:
    """Within a moment, and not when the build is done; and a second stop is none."""
    running = Watched(tmp_path)
    running.engine.slow_s = 60.0
    before = running.engine.refreshes
    _plain(running.seeds)
    running.until(lambda: running.engine.refreshes > before)
    began = time.monotonic()
    assert running.watcher.stop()
    assert running.watcher.stop()
    assert time.monotonic() - began < 3.0
    assert running.engine.rebuilds == 0


def test_damage_on_the_disk_is_repaired(tmp_path: Path) -> None:
    """The next sweep notices a part that was changed and asks for a repair, although no document changed."""
    write_seeds(tmp_path, {"a.txt": "Some text is here."})
    update(tmp_path)
    running = Watched(tmp_path, sweep_s=0.2)
    part = next((tmp_path / "embeddings" / "generations").glob("*/*.sqlite"))
    part.write_bytes(part.read_bytes()[:-1] + b"?")
    running.until(lambda: running.engine.repairs > 0)
    assert running.watcher.stop()


def _summed(parts: PartsOnDisk, monkeypatch: pytest.MonkeyPatch, *, sums: bool = False) -> int:
    """How many parts a look reads, which finds nothing wrong."""
    read: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr("qabot.watching.parts.read_part", lambda folder, part: read.append(f"{folder}/{part.path}"))
        assert parts.damage(sums=sums, stopped=lambda: False) is None
    return len(read)


def test_parts_are_summed_only_if_they_are_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All at the first look, then none while sizes and times stay, one that was touched, and all if asked for."""
    write_seeds(tmp_path, {"a.txt": "Some text is here."})
    update(tmp_path)
    parts = PartsOnDisk(tmp_path / "embeddings")
    files = next((tmp_path / "embeddings" / "generations").glob("*"))
    every = len(list(files.iterdir())) - 1  # but for the manifest
    assert [_summed(parts, monkeypatch) for _ in range(2)] == [every, 0]
    assert _summed(parts, monkeypatch, sums=True) == every
    os.utime(next(files.glob("*.sqlite")), ns=(1, 1))
    assert [_summed(parts, monkeypatch) for _ in range(2)] == [1, 0]


def test_what_is_linked_from_the_last_generation_is_not_summed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first look at a new generation costs what is new in it."""
    monkeypatch.setattr("qabot.index.folding._CHEAP_CHUNKS", 0)  # as if it were large: what was built stays as it is
    monkeypatch.setattr("qabot.index.folding._CHUNKS_PER_FILE", 0)
    write_seeds(tmp_path, {"a.txt": "Some text is here."})
    update(tmp_path)
    parts = PartsOnDisk(tmp_path / "embeddings")
    every = _summed(parts, monkeypatch)
    write_seeds(tmp_path, {"b.txt": "Another text is here."})
    update(tmp_path)
    assert _summed(parts, monkeypatch) == every
    assert _summed(parts, monkeypatch, sums=True) == 2 * every


def test_damage_before_the_first_look_is_found(tmp_path: Path) -> None:
    """A generation that was damaged after its build and before its first look is no measure of what is whole."""
    write_seeds(tmp_path, {"a.txt": "Some text is here."})
    update(tmp_path)
    parts = PartsOnDisk(tmp_path / "embeddings")
    assert parts.damage(sums=False, stopped=lambda: False) is None
    write_seeds(tmp_path, {"a.txt": "Another text is here."})
    update(tmp_path)
    os.truncate(part_of(tmp_path, ".sqlite"), 100)
    for _ in range(2):
        assert "differs from its checksum" in str(parts.damage(sums=False, stopped=lambda: False))
    update(tmp_path)
    assert parts.damage(sums=False, stopped=lambda: False) is None


def test_damage_is_found_until_it_is_mended(tmp_path: Path) -> None:
    """A repair that fails does not make the index whole; one that succeeds does. A missing index is no damage."""
    write_seeds(tmp_path, {"a.txt": "Some text is here."})
    update(tmp_path)
    parts = PartsOnDisk(tmp_path / "embeddings")
    assert parts.damage(sums=False, stopped=lambda: False) is None
    next((tmp_path / "embeddings" / "generations").glob("*/*.sqlite")).unlink()
    for _ in range(2):
        assert "cannot be read" in str(parts.damage(sums=False, stopped=lambda: False))
    update(tmp_path)
    assert parts.damage(sums=True, stopped=lambda: False) is None
    shutil.rmtree(tmp_path / "embeddings")
    assert parts.damage(sums=True, stopped=lambda: False) is None


def test_how_long_is_waited(tmp_path: Path) -> None:
    """Two equal looks; one that changes waits ten seconds, or one second if another has settled."""
    now = [0.0]
    pending = Pending(lambda: now[0])
    one, other = tmp_path / "one", tmp_path / "other"

    def look(at: float, *changed: Path) -> bool:
        now[0] = at
        one.write_text("x" * int(at * 10 + 1))
        pending.look(map(str, changed))
        return pending.due()

    other.touch()
    assert not pending.due()
    assert not look(0.0, other)
    assert look(0.1)  # settled
    pending.taken()
    assert not pending
    assert not look(1.0, one)
    assert not look(10.9)
    assert look(11.1)
    pending.taken()
    assert pending  # it is still written to
    assert not look(12.0, other)
    assert not look(12.9)
    assert look(13.1)


def _taken_at(path: Path, writes_s: Sequence[float], until_s: float) -> list[float]:
    """When a file is read that is written at these times (seconds), looked at ten times a second."""
    now = [0.0]
    pending = Pending(lambda: now[0])
    taken = []
    for step in range(int(until_s * 10)):
        now[0] = step / 10
        written = now[0] in writes_s
        if written:
            path.write_text("x" * (step + 1))
        pending.look([str(path)] if written else [])
        if pending.due():
            taken.append(now[0])
            pending.taken()
    return taken


def test_a_writer_with_pauses_is_waited_for(tmp_path: Path) -> None:
    """A file that changed soon after it was read, twice in a row, is read when it has been quiet for a second."""
    path = tmp_path / "log.txt"
    half_seconds = [step / 2 for step in range(13)]
    assert _taken_at(path, half_seconds, 9.0) == [0.1, 0.6, 7.0]


def test_a_writer_with_pauses_that_never_ends_is_read_now_and_then(tmp_path: Path) -> None:
    """Not for each of its lines: ten seconds after the first one that was not read."""
    taken = _taken_at(tmp_path / "log.txt", [step / 2 for step in range(80)], 40.0)
    assert len(taken) <= 6
    assert max(after - before for before, after in itertools.pairwise(taken)) <= 10.5


def test_saves_with_time_between_are_read_at_once(tmp_path: Path) -> None:
    """Who saves twice in a row, or every few seconds, waits for two equal looks only."""
    assert _taken_at(tmp_path / "a.txt", [0.0, 1.0, 6.0, 10.0, 14.0], 20.0) == [0.1, 1.1, 6.1, 10.1, 14.1]


def test_notices_in_words_and_as_data() -> None:
    """One line each, which names what happened and how much work it was."""
    report = LineReport(
        "g1", added=("a.txt",), unchanged=2, failed=(Problem("b.pdf", "it is damaged", "Mend it."),), chunks_embedded=3
    )
    notice = Rebuilt(report, "a part is damaged")
    assert notice_text(notice) == (
        "a part is damaged; the index was built again in 0.4 s; seeds changed: 1 added; 3 chunks embedded, 0 reused; "
        "files left out: 1"
    )
    data = notice_as_json(notice)
    assert data["unsettled"] == []
    assert (data["event"], data["added"], data["chunks_embedded"], data["repaired"]) == (
        "rebuilt",
        ["a.txt"],
        3,
        "a part is damaged",
    )
    assert data["failed"] == [{"id": "b.pdf", "reason": "it is damaged", "remedy": "Mend it."}]
    written = Rebuilt(LineReport("g1", changed=("a.txt",), unsettled=("b.txt", "c.txt")))
    assert notice_text(written).endswith("0 chunks embedded, 0 reused; files still being written to: 2")
    assert notice_as_json(written)["unsettled"] == ["b.txt", "c.txt"]
    for other, event in (
        (TakenOver("g"), "taken_over"),
        (Failed("p", "r"), "failed"),
        (Waiting("p"), "waiting"),
        (Recovered("g"), "recovered"),
        (Blind("x", 5.0), "no_events"),
    ):
        assert notice_as_json(other)["event"] == event
        assert "\n" not in notice_text(other)


def test_what_cannot_be_merged_is_told_once_and_is_no_failed_rebuild(tmp_path: Path) -> None:
    """Where the disk refuses to merge, the index is up to date all the same: nothing failed, and nothing recovers."""
    running = Watched(tmp_path, sweep_s=0.2)
    tried = []

    def refuse() -> bool:
        tried.append(1)
        raise IndexNotWritten("writing there is not allowed", remedy="Allow writing there.")

    running.engine.tidy = refuse  # type: ignore[method-assign] - a real one needs many changes
    running.until(lambda: len(tried) >= 4)
    assert running.watcher.stop()
    (told,) = [one for one in running.told if isinstance(one, Failed | Recovered)]
    assert isinstance(told, Failed)
    assert not told.index
    assert "could not be merged: writing there is not allowed" in notice_text(told)
