"""Every kind of damage to every kind of file of a generation: noticed when it is opened, mended by the next build."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import no_longer_than
from small_index import part_of, update
from versions import build_two, left_over, put, version_in

from qabot.errors import IndexDamaged
from qabot.index.opening import current_id

KINDS = ("CURRENT", "manifest.json", "documents.sqlite", "vectors.faiss", "terms.bin")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="pipes with names and alarms are POSIX")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two generations of three files."""
    build_two(tmp_path)
    return tmp_path


def _files(root: Path) -> list[Path]:
    """CURRENT and every file of the generation in service."""
    embeddings = root / "embeddings"
    files = (embeddings / "generations" / current_id(embeddings)).rglob("*")
    found = [embeddings / "CURRENT", *sorted(path for path in files if path.is_file())]
    assert all(any(path.name.endswith(kind) for path in found) for kind in KINDS)
    return found


def _noticed_and_mended(root: Path, version: int = 2) -> None:
    with pytest.raises(IndexDamaged, match="qabot index"):
        version_in(root)
    update(root)
    assert version_in(root) == version


def _flip(path: Path, position: int, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.unlink()  # so that what has this file mapped keeps the old bytes
    path.write_bytes(data)


def _flip_and_mend(root: Path, positions: int) -> dict[str, int]:
    """Flip one bit in one file, mend it by a build, and so on; how often in each kind of file."""
    chance, done = random.Random(positions), {}  # noqa: S311 - no secret
    for number in range(len(_files(root))):
        for _ in range(positions):
            path = _files(root)[number]  # each build gives them new names
            _flip(path, chance.randrange(path.stat().st_size), chance.randrange(8))
            _noticed_and_mended(root)
            done[path.suffix or path.name] = done.get(path.suffix or path.name, 0) + 1
    assert left_over(root) == set()
    return done


def test_a_flipped_bit_is_mended(root: Path) -> None:
    """In every file of a generation and in CURRENT."""
    _flip_and_mend(root, 1)


@pytest.mark.slow
def test_200_flipped_bits_of_each_file_are_mended(root: Path) -> None:
    """The same at 200 random places of each file."""
    done = _flip_and_mend(root, 200)
    print(done)  # noqa: T201
    assert min(done.values()) >= 200


def _cut_to(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _replace_by(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def act(path: Path) -> None:
        path.unlink()
        make(path)

    return act


DAMAGE: dict[str, Callable[[Path], None]] = {
    "emptied": _cut_to(0.0),
    "halved": _cut_to(0.5),
    "one byte short": lambda path: os.truncate(path, path.stat().st_size - 2),
    "one byte long": _append,
    "a folder": _replace_by(Path.mkdir),
    "a link to nothing": _replace_by(lambda path: path.symlink_to("nothing")),
    "a link to itself": _replace_by(lambda path: path.symlink_to(path)),
    "an endless device": _replace_by(lambda path: path.symlink_to("/dev/zero")),
    "a pipe": _replace_by(lambda path: os.mkfifo(path)),  # noqa: PLW0108 - Windows has none
}


@posix_only
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_to_a_part(root: Path, damage: Callable[[Path], None]) -> None:
    """Whatever has become of a part is called damage, at once, and what else is sound is taken over."""
    parts = _files(root)[1:]
    for path in parts:
        kept = shutil.copytree(root / "embeddings", root / "kept")
        damage(path)
        with no_longer_than(60), pytest.raises(IndexDamaged, match="qabot index"):
            version_in(root)
        shutil.rmtree(root / "embeddings")
        kept.rename(root / "embeddings")
    damage(parts[0])
    with no_longer_than(60):
        _noticed_and_mended(root)
    assert left_over(root) == set()


@posix_only
@pytest.mark.parametrize("damage", [_replace_by(os.mkfifo), _replace_by(lambda path: path.symlink_to("/dev/zero"))])
def test_current_is_never_waited_for(root: Path, damage: Callable[[Path], None]) -> None:
    """A pipe or a device in the place of CURRENT is damage, and the switch of the next build takes its place."""
    damage(root / "embeddings" / "CURRENT")
    with no_longer_than(60):
        _noticed_and_mended(root)
    assert (root / "embeddings" / "CURRENT").is_file()


@posix_only
def test_links_to_the_right_bytes_are_read(root: Path) -> None:
    """A backup or a mounted volume may show every file as a link: right sums are right."""
    for path in _files(root):
        hidden = path.with_name(f"{path.name}-hidden")
        path.rename(hidden)
        path.symlink_to(hidden.name)
    assert version_in(root) == 2


@pytest.mark.parametrize("name", ["documents.sqlite", "vectors.faiss", "manifest.json", "terms.bin"])
def test_a_part_of_the_generation_before(root: Path, name: str) -> None:
    """A part that is sound in itself but belongs to another build is refused and replaced."""
    put(root, 3)
    update(root)
    here = part_of(root, name)
    others = (path for path in (root / "embeddings" / "generations").rglob(f"*{name}") if path.parent != here.parent)
    shutil.copy(next(others), here)
    _noticed_and_mended(root, version=3)


def test_a_generation_without_its_folder(root: Path) -> None:
    """If what CURRENT names is gone, the generation before it saves the work."""
    shutil.rmtree(root / "embeddings" / "generations" / current_id(root / "embeddings"))
    _noticed_and_mended(root)
    assert left_over(root) == set()
