"""What lies in a folder and is no readable file: named, never followed out, never waited for."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from left_out import GOOD, built
from small_index import opened, update, write_seeds

from qabot.datatypes import Problem
from qabot.documents import scan
from qabot.index.settling import LONGEST_S
from qabot.listing import report_text

OUTSIDE = "the words that lie outside"

posix = pytest.mark.skipif(os.name != "posix", reason="other systems have no such files")


def nowhere_in(embeddings: Path, words: str) -> bool:
    """Whether no file of the index holds the words."""
    return not any(words.encode() in path.read_bytes() for path in embeddings.rglob("*") if path.is_file())


@posix
def test_links_that_lead_out(tmp_path: Path) -> None:
    """Whatever way a link takes out of seeds/, its file is named and nothing of it gets into the index."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text(OUTSIDE)
    seeds = write_seeds(tmp_path, {"real/a.txt": GOOD})
    (seeds / "file.txt").symlink_to(outside / "secret.txt")
    (seeds / "relative.txt").symlink_to(Path("..", "outside", "secret.txt"))
    (seeds / "folder").symlink_to(outside)
    (seeds / "through.txt").symlink_to(seeds / "folder" / "secret.txt")
    (seeds / "chain.txt").symlink_to(seeds / "chain2.txt")
    (seeds / "chain2.txt").symlink_to(seeds / "file.txt")
    (seeds / "device.txt").symlink_to("/dev/zero")
    (seeds / "circle.txt").symlink_to(seeds / "circle2.txt")
    (seeds / "circle2.txt").symlink_to(seeds / "circle.txt")
    problems = built(tmp_path)
    out = {"file.txt", "relative.txt", "folder", "through.txt", "chain.txt", "chain2.txt", "device.txt"}
    assert {id_ for id_ in problems if problems[id_].reason == "it is a link that leads out of seeds/"} == out
    assert {id_: problems[id_].reason for id_ in problems.keys() - out} == {
        "circle.txt": "it is a link that leads in a circle",
        "circle2.txt": "it is a link that leads in a circle",
    }
    assert nowhere_in(tmp_path / "embeddings", OUTSIDE)


@posix
@pytest.mark.parametrize("back", [False, True], ids=["swapped in", "and back"])
def test_a_link_swapped_in_while_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, back: bool) -> None:
    """A file that becomes a link between looking and opening is not read, not even if it is a file again at once."""
    (tmp_path / "secret.txt").write_text(OUTSIDE)
    seeds = write_seeds(tmp_path, {"good.txt": GOOD, "a.txt": "Harmless text."})
    real = os.open

    def swapping(path: str, *rest: int) -> int:
        if not str(path).endswith("a.txt"):
            return real(path, *rest)
        (seeds / "a.txt").rename(seeds / ".kept")
        (seeds / "a.txt").symlink_to(tmp_path / "secret.txt")
        descriptor = real(path, *rest)
        if back:
            (seeds / ".kept").rename(seeds / "a.txt")
        return descriptor

    monkeypatch.setattr(os, "open", swapping)
    report = update(tmp_path)
    if back:  # it looks like a file that is being written to, which is waited for, though not for ever
        assert (report.failed, report.unsettled) == ((), ("a.txt",))
        report = update(tmp_path, clock=lambda: time.time() + LONGEST_S + 1)
    (problem,) = report.failed
    # It is tried again at once, and then known for a link, unless somebody changes it back each time.
    assert problem.reason == (
        "it was exchanged while it was opened" if back else "it is a link that leads out of seeds/"
    )
    assert nowhere_in(tmp_path / "embeddings", OUTSIDE)


def test_hard_links_are_files(tmp_path: Path) -> None:
    """Two names of one file are two documents."""
    seeds = write_seeds(tmp_path, {"a.txt": GOOD})
    (seeds / "b.txt").hardlink_to(seeds / "a.txt")
    assert built(tmp_path) == {}
    with opened(tmp_path) as generation:
        assert [document.id for document in generation.documents()] == ["a.txt", "b.txt", "good.txt"]


@posix
def test_what_is_no_regular_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pipes, sockets and devices are named without being opened, which could take for ever."""
    seeds = write_seeds(tmp_path, {})
    os.mkfifo(seeds / "pipe.txt")
    monkeypatch.chdir(seeds)  # the path of a socket may have a hundred characters only
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind("socket.txt")
        expected = {"pipe.txt", "socket.txt"}
        with contextlib.suppress(PermissionError):  # the superuser's right
            os.mknod(seeds / "device.txt", 0o20644, os.makedev(1, 5))
            expected.add("device.txt")
        problems = built(tmp_path)
    assert {id_: problem.reason for id_, problem in problems.items()} == dict.fromkeys(
        expected, "it is no regular file"
    )


def refuse(function: Callable[..., object], name: str, error: OSError) -> Callable[..., object]:
    """The function, but for paths that end in ``name``; tests may run as the superuser, whom nothing is refused."""

    def refusing(path: object, *rest: object) -> object:
        if str(path).endswith(name):
            raise error
        return function(path, *rest)

    return refusing


def test_missing_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file or folder that may not be read is named, and its neighbours are indexed."""
    write_seeds(tmp_path, {"a.txt": GOOD, "closed/b.txt": GOOD, "open/c.txt": GOOD})
    denied = PermissionError(13, "Permission denied")
    monkeypatch.setattr(os, "open", refuse(os.open, "a.txt", denied))
    monkeypatch.setattr(os, "scandir", refuse(os.scandir, "closed", denied))
    problems = built(tmp_path)
    assert problems == {
        "a.txt": Problem("a.txt", "it may not be read", "Give qabot the right to read it."),
        "closed/": Problem("closed/", "it cannot be listed: Permission denied", "Give qabot the right to read it."),
    }


@pytest.mark.parametrize("when", ["open", "scandir"])
def test_what_vanishes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """A file that is gone when it is opened is named once; a folder that is gone when it is listed is no news."""
    seeds = write_seeds(tmp_path, {"a.txt": GOOD, "folder/b.txt": GOOD})
    gone = FileNotFoundError(2, "No such file or directory")
    name = "a.txt" if when == "open" else "folder"
    with monkeypatch.context() as patch:
        patch.setattr(os, when, refuse(getattr(os, when), name, gone))
        problems = built(tmp_path)
    expected = {"a.txt": Problem("a.txt", "it vanished while it was read", "Nothing to do if that was meant.")}
    assert problems == (expected if when == "open" else {})
    (seeds / "a.txt").unlink()
    assert built(tmp_path) == {}


def test_a_file_that_never_settles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is written to while it is read, each time, is no problem: it is left, and after a minute taken up."""
    seeds = write_seeds(tmp_path, {"good.txt": GOOD, "log.txt": "A line.\n"})
    real = os.open

    def writing(path: str, *rest: int) -> int:
        if str(path).endswith("log.txt"):
            with (seeds / "log.txt").open("a") as file:
                file.write("Another line.\n")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", writing)
    report = update(tmp_path)
    assert (report.added, report.failed, report.unsettled) == (("good.txt",), (), ("log.txt",))
    report = update(tmp_path, clock=lambda: time.time() + LONGEST_S + 1)
    assert (report.added, report.failed, report.unsettled) == (("log.txt",), (), ())


STRANGE = (
    "line\nbreak.txt",
    "escape\x1b[2J.txt",
    "tab\there.txt",
    "turned\u202etxt.exe.txt",
    "two\u2028lines.txt",
    " .txt",
)


@posix
def test_strange_names_are_read_and_shown_safely(tmp_path: Path) -> None:
    """Names with line ends, control and direction characters stay as they are and are harmless where they are shown."""
    problems = built(tmp_path, dict.fromkeys(STRANGE, GOOD) | {f"bad{name}": b"" for name in STRANGE})
    assert problems.keys() == {f"bad{name}" for name in STRANGE}
    with opened(tmp_path) as generation:
        documents = generation.documents()
        assert {document.id for document in documents} == {*STRANGE, "good.txt"}
        shown = report_text(None, documents, generation.problems, unsettled=())
    assert all(line.isprintable() for line in shown.split("\n"))
    assert len(shown.split("\n")) == len(STRANGE) + 2


def same_file_system_name(folder: Path, one: str, other: str) -> bool:
    """Whether the file system takes the two names for one."""
    (folder / one).write_text("")
    try:
        return (folder / other).exists()
    finally:
        (folder / one).unlink()


@pytest.mark.parametrize(("one", "other"), [("Rules.txt", "rules.TXT"), ("caf\u00e9.txt", "cafe\u0301.txt")])
def test_names_that_look_alike_are_two_documents(tmp_path: Path, one: str, other: str) -> None:
    """Names that differ in case or in their way to write an accent are kept apart, as the file system does."""
    if same_file_system_name(tmp_path, one, other):
        pytest.skip("this file system takes them for one")
    assert built(tmp_path, {one: "The first of the two.", other: "The second of the two."}) == {}
    with opened(tmp_path) as generation:
        texts = {document.id: generation.document(document.id).text for document in generation.documents()}
    assert (texts[one], texts[other]) == ("The first of the two.", "The second of the two.")


def test_suffixes(tmp_path: Path) -> None:
    """A suffix counts in any case; none, an unknown one and a leading dot are told apart."""
    names = ("A.TXT", "B.Md", "C.rSt", "README", "notes.xyz", "dot.", ".hidden.txt", "archive.txt.gz")
    problems = built(tmp_path, dict.fromkeys(names, GOOD))
    assert {id_: problem.reason for id_, problem in problems.items()} == {
        "README": "it has no suffix that tells its type",
        "archive.txt.gz": "files of type .gz are not read",
        "dot.": "it has no suffix that tells its type",
        "notes.xyz": "files of type .xyz are not read",
    }


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A folder below which folders go 1,100 levels deep, further than any call stack and path."""
    seeds = write_seeds(tmp_path, {})
    before = os.open(".", os.O_RDONLY)
    os.chdir(seeds)
    try:
        for level in range(1_100):
            if level % 100 == 0:
                Path("a.txt").write_text(f"The file at level {level}.")
            Path("sub").mkdir()
            os.chdir("sub")
        yield tmp_path
        for _ in range(1_100):  # pytest could not remove it
            os.chdir("..")
            for path in Path().iterdir():
                path.rmdir() if path.name == "sub" else path.unlink()
    finally:
        os.chdir(before)
        os.close(before)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere paths are shorter, or cannot be made so")
def test_very_deep_folders(deep: Path) -> None:
    """Files are read as deep as the system lets paths go; what lies deeper is named with a remedy."""
    problems = built(deep)
    with opened(deep) as generation:
        documents = generation.documents()
    depths = sorted(document.id.count("/") for document in documents)
    assert depths == [0, *range(0, 1_001, 100)][: len(depths)]
    assert len(depths) > 9
    (problem,) = problems.values()
    assert problem.reason.endswith(": File name too long")
    assert problem.remedy == "Move it out of some of its folders, or shorten their names."


def test_a_folder_with_ten_thousand_files(tmp_path: Path) -> None:
    """Many files in one folder, half of them unreadable types, are all listed."""
    seeds = write_seeds(tmp_path, {})
    for number in range(10_000):
        (seeds / f"{number}.{'txt' if number % 2 else 'xyz'}").touch()
    found = scan(seeds)
    assert (len(found.files), len(found.problems)) == (5_000, 5_000)
