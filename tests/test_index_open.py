"""Opening: verified, without a trace on the disk, and never from a mix or from damaged parts."""

from __future__ import annotations

import random
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from small_index import IDENTITY, listing, opened, part_of, sentences, unwritable, update, write_seeds

from qabot.errors import IndexDamaged, IndexMismatch, IndexMissing
from qabot.index import open_current, opening
from qabot.index.manifest import Manifest, generation_id
from qabot.index.opening import current_id
from qabot.index.segment import part_names

CATS = sentences(about="cat", count=30)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A corpus of two files with a built index."""
    write_seeds(tmp_path, {"cats.txt": CATS, "sub/dogs.md": "# Dogs\n\nA dog barks. Another one sleeps."})
    update(tmp_path)
    return tmp_path


def _ask_everything(root: Path) -> None:
    with opened(root) as generation:
        assert generation.document("cats.txt").text == CATS
        assert generation.lexical(["cat"], 3)
        assert generation.dense(generation.vector(0), 3)[0][1] == pytest.approx(1.0)


def _folder(root: Path) -> Path:
    return root / "embeddings" / "generations" / current_id(root / "embeddings")


def test_opening_writes_nothing(root: Path) -> None:
    """Names, modes, times and content under embeddings/ are the same after opening and searching."""
    before = listing(root / "embeddings")
    _ask_everything(root)
    assert listing(root / "embeddings") == before


def test_opening_works_where_nothing_may_be_written(root: Path) -> None:
    """A read-only embeddings/ can be asked."""
    with unwritable(root / "embeddings"):
        with pytest.raises(PermissionError):
            (root / "embeddings" / "probe").touch()
        _ask_everything(root)


def test_an_open_generation_needs_nothing_from_the_disk(root: Path) -> None:
    """It answers after embeddings/ was removed."""
    with opened(root) as generation:
        expected = generation.lexical(["cat"], 5)
        shutil.rmtree(root / "embeddings")
        assert generation.lexical(["cat"], 5) == expected
        assert generation.document("cats.txt").text == CATS
        assert generation.document("sub/dogs.md").title == "Dogs"


def test_without_an_index_it_says_how_to_build_one(tmp_path: Path) -> None:
    """No CURRENT is another error than a damaged one."""
    with pytest.raises(IndexMissing, match="qabot index"):
        open_current(tmp_path / "embeddings", IDENTITY)


@pytest.mark.parametrize("content", [b"", b"../../etc\n", b"0123456789abcdef\n", b"\xff\xfe", b"0123456789ABCDEF\n"])
def test_a_current_that_names_nothing_is_damage(root: Path, content: bytes) -> None:
    """Neither a cut file, nor a path, nor the name of a generation that is not there is followed."""
    (root / "embeddings" / "CURRENT").write_bytes(content)
    with pytest.raises(IndexDamaged, match="qabot index"):
        open_current(root / "embeddings", IDENTITY)


def _every_file(root: Path) -> list[Path]:
    files = [path for path in _folder(root).rglob("*") if path.is_file()]
    assert {"manifest.json", *part_names(1)} == {path.name for path in files}
    return [root / "embeddings" / "CURRENT", *sorted(files)]


def _flip_and_open(root: Path, positions: int, seed: int) -> None:
    """Flip one bit at that many places of every file, one at a time; each must be noticed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for path in _every_file(root):
        sound = path.read_bytes()
        ends = [0, len(sound) - 1]
        for position in [*ends, *(chance.randrange(len(sound)) for _ in range(positions - len(ends)))]:
            broken = bytearray(sound)
            broken[position] ^= 1 << chance.randrange(8)
            path.write_bytes(broken)
            with pytest.raises(IndexDamaged, match="qabot index"):
                open_current(root / "embeddings", IDENTITY)
        path.write_bytes(sound)
    _ask_everything(root)


def test_a_flipped_bit_is_noticed(root: Path) -> None:
    """In every file of a generation and in CURRENT, wherever the bit lies."""
    _flip_and_open(root, positions=6, seed=1)


@pytest.mark.slow
def test_a_flipped_bit_is_noticed_at_200_places(root: Path) -> None:
    """The same at 200 positions of each file."""
    _flip_and_open(root, positions=200, seed=2)


def test_a_missing_part_is_noticed(root: Path) -> None:
    """Each file of a generation is needed."""
    for path in _every_file(root)[1:]:
        hidden = path.rename(path.with_name("hidden"))
        with pytest.raises(IndexDamaged):
            open_current(root / "embeddings", IDENTITY)
        hidden.rename(path)
    _ask_everything(root)


def test_parts_of_two_builds_do_not_open_together(root: Path) -> None:
    """A part taken from another generation, sound in itself, is refused."""
    first = part_of(root, "vectors.faiss")
    write_seeds(root, {"cats.txt": CATS + " One more cat."})
    update(root)
    shutil.copy(first, part_of(root, "vectors.faiss"))
    with pytest.raises(IndexDamaged, match=r"vectors\.faiss"):
        open_current(root / "embeddings", IDENTITY)


def test_row_counts_are_compared(root: Path) -> None:
    """Parts whose sums are right but whose rows are not the same are refused: all later answers would shift."""
    folder = _folder(root)
    manifest = Manifest.from_bytes((folder / "manifest.json").read_bytes())
    (segment,) = manifest.segments
    forged = replace(manifest, segments=(replace(segment, chunks=segment.chunks + 1),))
    _put(root, folder, forged.to_bytes())
    with pytest.raises(IndexDamaged, match="parts hold"):
        open_current(root / "embeddings", IDENTITY)


def test_another_layout_is_a_mismatch(root: Path) -> None:
    """An index that a later qabot wrote is not called damaged."""
    folder = _folder(root)
    _put(root, folder, b'{"schema":999}')
    with pytest.raises(IndexMismatch, match="999"):
        open_current(root / "embeddings", IDENTITY)
    update(root)
    _ask_everything(root)


def _put(root: Path, folder: Path, manifest: bytes) -> None:
    """Give a generation another manifest, with every sum right."""
    name = generation_id(manifest)
    folder.rename(folder.with_name(name))
    (folder.with_name(name) / "manifest.json").write_bytes(manifest)
    (root / "embeddings" / "CURRENT").write_text(f"{name}\n")


def test_a_generation_that_vanishes_while_it_is_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If two builds come between reading CURRENT and opening what it named, the newest is opened instead."""
    real, builds = opening.read_manifest, iter(["First.", "Second.", "Third."])

    def slow(folder: Path) -> Manifest:
        for text in builds:
            write_seeds(root, {"cats.txt": text})
            monkeypatch.setattr(opening, "read_manifest", real)
            update(root)
            monkeypatch.setattr(opening, "read_manifest", slow)
        return real(folder)

    monkeypatch.setattr(opening, "read_manifest", slow)
    with opened(root) as generation:
        assert generation.document("cats.txt").text == "Third."


def test_opening_while_generations_come_and_go(root: Path) -> None:
    """Readers that open again and again while a builder switches and cleans up never meet an error or a mix."""
    failures: list[BaseException] = []
    done = threading.Event()
    texts = {CATS, *(f"{CATS} Round {number}." for number in range(8))}

    def read() -> None:
        try:
            while not done.is_set():
                with opened(root) as generation:
                    assert generation.document("cats.txt").text in texts
                    rows = [row for row, _ in generation.lexical(["cat"], 50)]
                    assert all(
                        passage in generation.document(chunk.document_id).text
                        for chunk, passage in generation.passages(rows)
                    )
        except BaseException as error:  # noqa: BLE001 - carried to the main thread
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(8):
        write_seeds(root, {"cats.txt": f"{CATS} Round {number}."})
        update(root)
    done.set()
    for reader in readers:
        reader.join()
    assert failures == []
