"""What is listed under seeds/, what is named as a problem, and that nothing outside is read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qabot.documents import line_of, read_document, scan
from qabot.errors import ConfigError, DocumentError

LIMIT = 1_000


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """An empty seeds folder with a file beside it that must never be read."""
    (tmp_path / "secret.txt").write_text("secret")
    folder = tmp_path / "seeds"
    folder.mkdir()
    return folder


def put(seeds: Path, id_: str, content: bytes = b"Some text.") -> Path:
    """A file under seeds."""
    path = seeds / id_
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_files_are_listed_by_posix_id(seeds: Path) -> None:
    """Files of the known types in all folders are listed, sorted, as the file system spells them."""
    decomposed = "cafe\u0301.md"
    for id_ in ("z.TXT", "a/b/c.rst", decomposed):
        put(seeds, id_)
    found = scan(seeds)
    assert [file.id for file in found.files] == ["a/b/c.rst", decomposed, "z.TXT"]
    assert found.problems == ()
    state = (seeds / "z.TXT").stat()
    assert found.files[2][1:] == (10, state.st_mtime_ns, state.st_ctime_ns, state.st_ino)


@pytest.mark.parametrize(
    "id_", [".DS_Store", "~$letter.txt", "notes.txt~", ".notes.txt.swp", "#notes.txt#", ".git/a.txt", "Thumbs.db"]
)
def test_hidden_and_temporary_files_are_passed_over(seeds: Path, id_: str) -> None:
    """Hidden files and those of editors are neither listed nor worth a word."""
    put(seeds, id_)
    assert scan(seeds) == ((), ())
    with pytest.raises(DocumentError):
        read_document(seeds, id_, max_bytes=LIMIT)


@pytest.mark.parametrize("id_", ["scan.xyz", "README"])
def test_unsupported_types_are_named(seeds: Path, id_: str) -> None:
    """A file of another type is a problem with a remedy, in the listing and when it is read."""
    put(seeds, id_)
    (problem,) = scan(seeds).problems
    assert problem.id == id_
    assert ".txt" in problem.remedy
    with pytest.raises(DocumentError) as caught:
        read_document(seeds, id_, max_bytes=LIMIT)
    assert caught.value.remedy == problem.remedy


@pytest.mark.parametrize(
    "id_", ["../secret.txt", "a/../../secret.txt", "./a.txt", "a//b.txt", "", "/etc/passwd", "a\0.txt"]
)
def test_ids_cannot_climb(seeds: Path, id_: str) -> None:
    """An id that could lead out of seeds names no document."""
    put(seeds, "a.txt")
    with pytest.raises(DocumentError, match="names no document"):
        read_document(seeds, id_, max_bytes=LIMIT)


def test_links_leading_out_are_problems(seeds: Path) -> None:
    """A link to a file or folder outside is a problem, and its content cannot be read by any id."""
    outside = seeds.parent / "outside"
    put(outside, "x.txt", b"secret")
    (seeds / "file.txt").symlink_to(seeds.parent / "secret.txt")
    (seeds / "folder").symlink_to(outside)
    found = scan(seeds)
    assert found.files == ()
    assert {problem.id for problem in found.problems} == {"file.txt", "folder"}
    for id_ in ("file.txt", "folder/x.txt"):
        with pytest.raises(DocumentError, match="leads out of seeds"):
            read_document(seeds, id_, max_bytes=LIMIT)


def test_links_inside_are_read_once(seeds: Path) -> None:
    """A link to a file in seeds is a document; a link to a folder in seeds is not followed, so no loop can form."""
    put(seeds, "deep/a.txt", b"Inside.")
    (seeds / "b.txt").symlink_to(seeds / "deep" / "a.txt")
    (seeds / "deep" / "loop").symlink_to(seeds)
    found = scan(seeds)
    assert [file.id for file in found.files] == ["b.txt", "deep/a.txt"]
    assert found.problems == ()
    assert read_document(seeds, "b.txt", max_bytes=LIMIT).text == "Inside."


def test_a_link_to_nothing_is_a_problem(seeds: Path) -> None:
    """A broken link inside seeds is named."""
    (seeds / "a.txt").symlink_to(seeds / "gone.txt")
    assert [problem.reason for problem in scan(seeds).problems] == ["it is a link to nothing"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes in folders are a POSIX thing")
def test_pipes_do_not_block(seeds: Path) -> None:
    """A pipe is a problem, and reading it ends at once."""
    os.mkfifo(seeds / "pipe.txt")
    assert [problem.reason for problem in scan(seeds).problems] == ["it is no regular file"]
    with pytest.raises(DocumentError, match="no regular file"):
        read_document(seeds, "pipe.txt", max_bytes=LIMIT)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b" \n\t\r\n", "only white space"), (b"x" * (LIMIT + 1), "limit of 1,000"), (b"a\0b", "NUL")],
)
def test_unreadable_content_names_the_file(seeds: Path, content: bytes, words: str) -> None:
    """Empty, too large and binary files are refused with their name, the reason and a remedy."""
    put(seeds, "a.txt", content)
    with pytest.raises(DocumentError, match=words) as caught:
        read_document(seeds, "a.txt", max_bytes=LIMIT)
    assert str(caught.value).startswith("a.txt ")


def test_a_file_at_the_limit_is_read(seeds: Path) -> None:
    """The limit itself is allowed."""
    put(seeds, "a.txt", b"x" * LIMIT)
    assert len(read_document(seeds, "a.txt", max_bytes=LIMIT).text) == LIMIT


def test_the_size_is_exact_unless_the_file_grows(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the file system says is told as it is; of a file that grows while it is read only a lower bound is known."""
    path = put(seeds, "a.txt", b"x" * (LIMIT + 500))
    with pytest.raises(DocumentError, match=r"a\.txt has 1,500 bytes, above the limit of 1,000"):
        read_document(seeds, "a.txt", max_bytes=LIMIT)
    put(seeds, "a.txt", b"x" * LIMIT)
    monkeypatch.setattr("qabot.documents.folder._require_readable", lambda *_: path.write_bytes(b"x" * (LIMIT + 500)))
    with pytest.raises(DocumentError, match=r"a\.txt has 1,001 bytes or more, above the limit of 1,000"):
        read_document(seeds, "a.txt", max_bytes=LIMIT)


def test_a_vanished_file_says_so(seeds: Path) -> None:
    """A file that is gone since the listing is told apart from one that cannot be read."""
    with pytest.raises(DocumentError, match="vanished"):
        read_document(seeds, "a.txt", max_bytes=LIMIT)


def test_missing_rights_are_named(seeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal becomes a DocumentError; the superuser, who may run the tests, never meets it."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    put(seeds, "a.txt")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(DocumentError, match="may not be read"):
        read_document(seeds, "a.txt", max_bytes=LIMIT)


def test_a_missing_folder_is_not_an_empty_one(seeds: Path) -> None:
    """An unmounted seeds folder is an error, so that no index is emptied by it."""
    with pytest.raises(ConfigError, match="cannot be listed"):
        scan(seeds / "gone")


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_names_that_are_no_utf8_are_problems(seeds: Path) -> None:
    """A name that cannot be written in JSON or SQLite is reported in a printable form."""
    try:
        Path(os.fsdecode(os.fsencode(seeds) + b"/caf\xe9.txt")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system refuses such names")
    (problem,) = scan(seeds).problems
    assert problem.reason == "its name is not valid UTF-8"
    assert problem.id.encode("utf-8")


def test_lines_end_where_editors_end_them() -> None:
    r"""Lines end at \n, \r\n and a lone \r, not at form feeds or U+2028; a line end belongs to its line."""
    text = "a\nb\r\nc\rd\fe\u2028f"
    assert [line_of(text, offset) for offset in range(len(text))] == [1, 1, 2, 2, 2, 3, 3, 4, 4, 4, 4, 4]


def test_listing_loads_no_parser(seeds: Path) -> None:
    """A cold start that finds nothing changed pays for no parser, detector or splitter."""
    put(seeds, "a.md", b"---\ntitle: A\n---\n# A\n")
    heavy = "qabot.documents.sandbox yaml markdown_it charset_normalizer nupunkt qabot.documents.extraction"
    code = (
        "import sys; from pathlib import Path; import qabot.chunker, qabot.index; from qabot.documents import scan;"
        f"found = scan(Path({str(seeds)!r}));"
        f"print(len(found.files), [n for n in {heavy.split()!r} if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stdout.strip() == "1 []"
