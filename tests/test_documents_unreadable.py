"""What cannot be read is named with a reason and a remedy by a real build, and everything else is indexed."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import sqlite3
import struct
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import hostile_reader
import pytest
from left_out import GOOD, built
from small_index import IDENTITY, opened, update, write_seeds

from qabot.datatypes import Problem
from qabot.documents.formats import EXTRACTOR_VERSIONS
from qabot.documents.sandbox import python_command
from qabot.index import needs_update

ROOMY = replace(IDENTITY, max_file_bytes=2_000_000, max_text_chars=1_000_000)
HOSTILE = (*python_command()[:3], hostile_reader.__file__, python_command()[-1])
LARGE = "A text that needs a process of its own: " + "x" * 210_000


def zipped(*names: str, first: tuple[str, bytes] | None = None) -> bytes:
    """A zip archive of small files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in [*([first] if first else []), *((name, b"<x/>") for name in names)]:
            archive.writestr(name, content)
    return stream.getvalue()


def database(folder: Path) -> bytes:
    """An SQLite file."""
    with contextlib.closing(sqlite3.connect(folder / "x.sqlite")) as connection:
        connection.execute("create table t (a)")
        connection.commit()
    return (folder / "x.sqlite").read_bytes()


KINDS: dict[str, tuple[bytes, str]] = {
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "a PDF"),
    "word": (zipped("[Content_Types].xml", "word/document.xml"), "a Word document"),
    "excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel file"),
    "slides": (zipped("[Content_Types].xml", "ppt/presentation.xml"), "a PowerPoint file"),
    "odt": (
        zipped("content.xml", first=("mimetype", b"application/vnd.oasis.opendocument.text")),
        "an OpenDocument file",
    ),
    "epub": (zipped("a.xhtml", first=("mimetype", b"application/epub+zip")), "an EPUB book"),
    "zip": (zipped("a.txt"), "a zip archive"),
    "zip of passwords": (zipped("password/document.xml", "word/list.txt", "old-xl/workbook.xml"), "a zip archive"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Word, Excel or PowerPoint file"),
    "rtf": (b"{\\rtf1\\ansi Hello}", "an RTF document"),
    "html": (b"\xef\xbb\xbf<!-- saved from -->\n<!DOCTYPE html>\n<p>Hello</p>", "an HTML page"),
    "xhtml": (b'<?xml version="1.0"?>\n<html xmlns="x"><p>Hello</p></html>', "an HTML page"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(20), "a PNG picture"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG picture"),
    "gif": (b"GIF89a\1\0\1\0\0\0\0;", "a GIF picture"),
    "bmp": (b"BM" + struct.pack("<IHHI", 70, 0, 0, 54), "a BMP picture"),
    "webp": (b"RIFF\x24\0\0\0WEBPVP8 ", "a picture, recording or film"),
    "mp4": (b"\0\0\0\x18ftypmp42", "a picture, recording or film"),
    "gzip": (gzip.compress(b"hello"), "gzip-compressed"),
    "bzip2": (bz2.compress(b"hello"), "bzip2-compressed"),
    "xz": (lzma.compress(b"hello"), "xz-compressed"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "a 7-Zip archive"),
    "elf": (b"\x7fELF\2\1\1\0", "a program"),
    "exe": (b"MZ\x90\0\3\0\0\0", "a program"),
}


@pytest.mark.parametrize("suffix", [".txt", ".md", ".rst"])
def test_files_that_lie_about_their_type(tmp_path: Path, suffix: str) -> None:
    """A file of another kind than its name says is named by that kind, with a remedy that fits it."""
    files = {f"{name}{suffix}": content for name, (content, _) in KINDS.items()} | {f"db{suffix}": database(tmp_path)}
    problems = built(tmp_path, files)
    said = {name: problem.reason for name, problem in problems.items()}
    expected = {f"{name}{suffix}": f"it is {kind} by its content" for name, (_, kind) in KINDS.items()}
    assert said == expected | {f"db{suffix}": "it is an SQLite database by its content"}
    assert problems[f"word{suffix}"].remedy == "Rename it so that it ends in .docx."
    assert "Unpack it" in problems[f"gzip{suffix}"].remedy


@pytest.mark.parametrize("suffix", sorted(EXTRACTOR_VERSIONS.keys() - {".txt", ".md", ".rst"}))
def test_other_formats_may_lie_too(tmp_path: Path, suffix: str) -> None:
    """A picture or program that is called a document of any kind is named, and so is another kind of document."""
    own = {".docx": ("word",), ".pdf": ("pdf",), ".html": ("html", "xhtml"), ".htm": ("html", "xhtml")}[suffix]
    names = [name for name in KINDS if name not in own]
    problems = built(tmp_path, {f"{name}{suffix}": KINDS[name][0] for name in names})
    assert problems.keys() == {f"{name}{suffix}" for name in names}
    assert problems[f"png{suffix}"].reason == "it is a PNG picture by its content"


@pytest.mark.parametrize(
    "text",
    ["MZ is short for Mozambique.", "BM is short for Bermuda.", "GIF89a is a format.", "PK was his name.",
     "BZh9 is a name.", "RIFF and WAVE are words.", "<p>A page</p>", "a <html> tag", "II* and MM are marks."],
)  # fmt: skip
def test_texts_that_begin_like_other_kinds_are_read(tmp_path: Path, text: str) -> None:
    """The first letters alone condemn no text."""
    assert built(tmp_path, {"a.txt": text, "b.md": text, "c.rst": text}) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t", "holds only white space"),
        ("Text without a mark.".encode("utf-16-le"), "holds NUL bytes"),
        (b"text\0", "holds NUL bytes"),
        (b"\xff\xfe\0\0a\0", "is not the UTF-32"),
        (bytes(range(1, 32)) * 10, "holds control bytes"),
        (b"x" * 100_001, "has 100,001 bytes, above the limit of 100,000"),
    ],
    ids=["empty", "blank", "utf-16 without mark", "nul", "half a mark", "control", "too large"],
)
def test_content_that_is_no_text(tmp_path: Path, content: bytes, said: str) -> None:
    """Each reason is a clause of its own, and the same in each text format."""
    problems = built(tmp_path, dict.fromkeys(("a.txt", "b.md", "c.rst", "D.TXT"), content))
    assert problems.keys() == {"a.txt", "b.md", "c.rst", "D.TXT"}
    assert all(problem.reason.startswith(f"it {said}") for problem in problems.values())


def test_more_text_than_allowed(tmp_path: Path) -> None:
    """A file whose text is above the limit of characters is named with the key that raises it."""
    problems = built(tmp_path, {"a.md": LARGE}, replace(ROOMY, max_text_chars=len(LARGE) - 1))
    assert problems["a.md"].reason == f"it holds more text than the limit of {len(LARGE) - 1:,} characters"
    assert "max_text_chars" in problems["a.md"].remedy
    assert built(tmp_path, {}, replace(ROOMY, max_text_chars=len(LARGE))) == {}


@pytest.mark.parametrize("deed", ["segfault", "answer", "sleep"])
def test_a_parser_that_fails_costs_its_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    """Files before and after one that crashes, confuses or holds up its reader are indexed."""
    monkeypatch.setattr("qabot.documents.sandbox.python_command", lambda: HOSTILE)
    files = {f"a-{deed}.md": LARGE, f"{deed}.md": LARGE, f"z-{deed}.md": LARGE}
    problems = built(tmp_path, files, replace(ROOMY, max_read_s=2.0))
    assert problems.keys() == {f"{deed}.md"}


def test_what_was_stopped_is_tried_again_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passing cause is not remembered for ever, and a lasting one costs three tries, not one a question."""
    seeds = write_seeds(tmp_path, {"good.txt": GOOD, "stop.md": LARGE})
    started = time.time() + 1_000_000
    monkeypatch.setattr("qabot.documents.sandbox.python_command", lambda: HOSTILE)

    def asks(after_s: float) -> bool:
        with opened(tmp_path, ROOMY) as generation:
            return needs_update(seeds, generation, clock=lambda: started + after_s)

    def failed(after_s: float) -> list[str]:
        report = update(tmp_path, identity=ROOMY, clock=lambda: started + after_s)
        return [problem.id for problem in report.failed]

    assert failed(0) == ["stop.md"]
    assert [asks(after) for after in (1, 599, 601)] == [False, False, True]
    assert failed(601) == ["stop.md"]
    assert [asks(after) for after in (1_100, 1_202)] == [False, True]
    assert failed(1_202) == ["stop.md"]
    assert not asks(10_000_000)
    monkeypatch.undo()
    assert failed(10_000_001) == ["stop.md"]  # remembered
    (seeds / "stop.md").write_text(LARGE + " Changed.")
    assert failed(10_000_002) == []


def test_a_passing_failure_heals_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the disk or a busy machine withheld is indexed by a later build, without anyone touching it."""
    started = time.time() + 1_000_000
    real = os.open

    def fail(path: str, *rest: int) -> int:
        if str(path).endswith("a.txt"):
            raise OSError(5, "Input/output error")
        return real(path, *rest)

    write_seeds(tmp_path, {"a.txt": "The disk failed once."})
    monkeypatch.setattr(os, "open", fail)
    (problem,) = update(tmp_path, clock=lambda: started).failed
    assert problem == Problem("a.txt", "it cannot be read: Input/output error", "Check the disk and the file.")
    monkeypatch.undo()
    assert update(tmp_path, clock=lambda: started + 1).failed == (problem,)
    assert update(tmp_path, clock=lambda: started + 601).failed == ()


def test_raised_limits_read_again(tmp_path: Path) -> None:
    """A file above a limit is read as soon as the limit is raised, since limits belong to the identity."""
    small = replace(IDENTITY, max_file_bytes=100)
    assert built(tmp_path, {"a.txt": GOOD * 10}, small).keys() == {"a.txt"}
    assert built(tmp_path) == {}
    for changed in ({"max_text_chars": 5}, {"max_read_s": 5.0}, {"max_memory_bytes": 500_000_000}):
        assert not replace(IDENTITY, **changed).reads_like(IDENTITY)  # type: ignore[arg-type]
