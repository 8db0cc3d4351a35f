"""`qabot index --check`: what is wrong with an index is found, named and left as it is."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cli_shell import Shell
from corpus import make_root
from small_index import IDENTITY, listing, part_of, sentences, update, write_seeds

from qabot.documents import scan
from qabot.engine import Engine
from qabot.index.changes import fingerprint_of
from qabot.index.checking import IndexCheck, check_index
from qabot.index.manifest import MANIFEST_NAME, Manifest, generation_id
from qabot.index.opening import current_id
from qabot.index.segment import part_names
from qabot.index.texts_writer import TEXTS_NAME

CATS = sentences(about="cat", count=30)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of two files and one that cannot be read, with a built index."""
    write_seeds(tmp_path, {"cats.txt": CATS, "sub/dogs.txt": "A dog barks. Another one sleeps.", "photo.jpg": b"x"})
    update(tmp_path)
    return tmp_path


def checked(root: Path) -> IndexCheck:
    """The check, which leaves every file as it was."""
    before = listing(root)
    found = check_index(root / "seeds", root / "embeddings", IDENTITY)
    assert listing(root) == before
    return found


def folder_of(root: Path) -> Path:
    """The generation in service."""
    return root / "embeddings/generations" / current_id(root / "embeddings")


def test_a_sound_index_is_sound(root: Path) -> None:
    """Everything is as it was written; the file that cannot be read is named with its remedy all the same."""
    found = checked(root)
    assert (found.state, found.faults, found.remedy, found.documents) == ("sound", (), "", 2)
    assert [(problem.id, bool(problem.remedy)) for problem in found.problems] == [("photo.jpg", True)]


def test_every_damaged_part_is_named(root: Path) -> None:
    """One flipped byte in each of three files gives three faults, not only the first."""
    parts = part_names(1)
    for name in parts:
        path = folder_of(root) / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    found = checked(root)
    assert (found.state, found.generation) == ("damaged", current_id(root / "embeddings"))
    assert sorted(found.faults) == [f"{name} of the index differs from its checksum" for name in sorted(parts)]
    assert found.remedy.startswith("Run qabot index")


def test_a_missing_part_and_a_damaged_manifest_are_named(root: Path) -> None:
    """What cannot be read is a fault like any other."""
    part_of(root, "vectors.faiss").unlink()
    assert checked(root).faults == ("1-vectors.faiss of the index cannot be read: No such file or directory",)
    with (folder_of(root) / MANIFEST_NAME).open("ab") as file:
        file.write(b" ")
    assert checked(root).faults == ("manifest.json of the index differs from its checksum",)
    (root / "embeddings/CURRENT").write_text("nothing\n", encoding="ascii")
    assert checked(root).faults == ("CURRENT of the index does not name a generation",)


def test_no_index_is_missing(tmp_path: Path) -> None:
    """Where nothing was built there is nothing to check, and no folder is made for it."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    found = checked(tmp_path)
    assert (found.state, found.remedy) == ("missing", "Run qabot index.")


def test_an_index_of_other_settings_is_no_match(root: Path) -> None:
    """Sound in itself, but not what these settings would build: both are named."""
    found = check_index(root / "seeds", root / "embeddings", replace(IDENTITY, max_tokens=99))
    assert (found.state, found.faults) == (
        "mismatch",
        ("the index was built with other settings (max_tokens: 24, not 99)",),
    )


def test_files_that_changed_are_named_by_kind(root: Path) -> None:
    """Added, changed, renamed and removed ones, as the next build will name them."""
    write_seeds(root, {"bears.txt": "A bear eats.", "cats.txt": "Cats changed."})
    (root / "seeds/sub/dogs.txt").rename(root / "seeds/wolves.txt")
    found = checked(root)
    assert found.state == "outdated"
    assert (found.changes.added, found.changes.changed) == (("bears.txt",), ("cats.txt",))
    assert found.changes.renamed == (("sub/dogs.txt", "wolves.txt"),)
    (root / "seeds/wolves.txt").unlink()
    assert checked(root).changes.removed == ("sub/dogs.txt",)


def test_a_change_without_a_trace_is_found(root: Path) -> None:
    """Bytes that rotted on the disk, with the size and times that are recorded: only reading them tells."""
    (root / "seeds/cats.txt").write_bytes(CATS.replace("7", "8").encode())
    now = {file.id: fingerprint_of(file) for file in scan(root / "seeds").files}
    records = tuple(replace(record, fingerprint=now[record.id]) for record in manifest_of(root).files)
    put_manifest(root, replace(manifest_of(root), files=records))
    assert checked(root).changes.changed == ("cats.txt",)


def test_another_unreadable_file_is_out_of_date(root: Path) -> None:
    """A new problem changes what `sources` must say, and so does one that was solved."""
    write_seeds(root, {"song.mp3": b"x"})
    found = checked(root)
    assert (found.state, [problem.id for problem in found.problems]) == ("outdated", ["photo.jpg", "song.mp3"])
    (root / "seeds/song.mp3").unlink()
    (root / "seeds/photo.jpg").unlink()
    assert checked(root).state == "outdated"


def manifest_of(root: Path) -> Manifest:
    """The manifest of the generation in service."""
    return Manifest.from_bytes((folder_of(root) / MANIFEST_NAME).read_bytes())


def put_manifest(root: Path, manifest: Manifest) -> None:
    """Replace it, with the names that follow from its sum."""
    folder, data = folder_of(root), manifest.to_bytes()
    (folder / MANIFEST_NAME).write_bytes(data)
    folder.rename(folder.with_name(generation_id(data)))
    (root / "embeddings/CURRENT").write_text(f"{generation_id(data)}\n", encoding="ascii")


def forge(root: Path, statement: str) -> None:
    """Rewrite the documents' part and every sum above it, as only a defect of the builder could."""
    path = part_of(root, TEXTS_NAME)
    with closing(sqlite3.connect(path)) as texts:
        texts.execute(statement)
        texts.commit()
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    manifest = manifest_of(root)
    parts = tuple(
        replace(part, size_bytes=len(data), sha256=digest) if part.path == path.name else part
        for part in manifest.parts
    )
    put_manifest(root, replace(manifest, parts=parts))


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update documents set text_sha256 = 'x' where id = 'cats.txt'", "has another text than its sum says"),
        ("update documents set sha256 = 'x' where id = 'cats.txt'", "is of another file than its manifest says"),
        ("update documents set chars = 5 where id = 'cats.txt'", "has another length than is recorded"),
        ("update texts set sentences = x'0500000003000000'", "cannot be unpacked: a span needs 0 <= start < end"),
        ("update texts set sentences = x'0000000000ffffff'", "has sentences out of order or beyond its end"),
        ("update texts set blocks = '[[\"paragraph\", 0, 999999, 0]]'", "has blocks out of order or beyond its end"),
        ("update chunks set end = end - 1", "has chunks that are not the ones embedded"),
        ("update documents set pages = '[0, 999999]'", "has pages beyond its end"),
        ("update documents set date_span = '[0, 999999]'", "has its date beyond its end"),
        ("update documents set id = 'birds.txt' where id = 'cats.txt'", "does not hold cats.txt as the manifest says"),
    ],
)
def test_an_index_that_was_built_wrong_is_damaged(root: Path, statement: str, said: str) -> None:
    """Sums prove only that the bytes are those written; what they say is compared too."""
    forge(root, statement)
    found = checked(root)
    assert found.state == "damaged"
    assert any(said in fault for fault in found.faults), found.faults


def test_the_command_tells_state_and_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the real models: missing, sound, out of date, damaged, each in words and with its code; nothing is built."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n", "photo.jpg": b"x"})
    shell = Shell(tmp_path, capsys)
    assert shell("index", "--check")[:2] == (
        3,
        f"There is no index.\n  there is no index in {config.embeddings_dir} yet\nRun qabot index.\n",
    )
    Engine.open(config).close()
    code, out, err = shell("index", "--check")
    assert (code, out.split("\n")[0], err) == (0, "The index is sound and up to date: 1 document, 1 chunk.", "")
    assert "  left out  photo.jpg: files of type .jpg are not read. Save it as" in out
    make_root(tmp_path, {"more.md": "More."})
    code, out, _ = shell("index", "--check")
    assert code == 1
    assert out.startswith("The index is sound but out of date: 1 added since it was built.\n  added     more.md\n")
    part_of(tmp_path, "vectors.faiss").write_bytes(b"")
    code, out, _ = shell("index", "--check", "--json")
    data = json.loads(out)
    assert (code, data["state"], data["faults"]) == (
        3,
        "damaged",
        ["1-vectors.faiss of the index differs from its checksum"],
    )
    assert shell.engines == []
    assert shell("index", "--check", "--full")[0] == 2
