"""An index that grew by many small builds answers, bit for bit, as one that was built at once."""

from __future__ import annotations

import errno
import itertools
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from corpus import make_root
from disk_steps import at_step, may_fail
from small_index import IDENTITY, HashedWords, opened, part_of, update, write_seeds
from versions import left_over

from qabot.datatypes import Answer, Filters
from qabot.engine import Engine
from qabot.errors import IndexDamaged, QabotError
from qabot.index import Generation, VisiblePart, folding, merge, ranking
from qabot.index.checking import check_index
from qabot.index.manifest import Manifest
from qabot.index.open_segments import open_segments
from qabot.index.opening import current_id

WORDS = [f"{a}{b}{c}" for a in "bdgklmnr" for b in "aeo" for c in ("st", "nd", "rk", "ll", "mp")]
FILTERS = (
    Filters(),
    Filters(collections=frozenset({"sub"})),
    Filters(excluded=frozenset({"sub"}), since="2001-01-01"),
    Filters(sources=frozenset({"1.txt", "sub/2.txt"})),
)


@contextmanager
def _never_folding(*, at_most: int = 99) -> Iterator[None]:
    """Leave each build its own segment, as in a large index; merge from so many on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "_CHEAP_CHUNKS", 0)
        patch.setattr(folding, "_CHUNKS_PER_FILE", 0)
        patch.setattr(folding, "_MANY", at_most)
        patch.setattr(folding, "_TOO_MANY", at_most * 2)
        patch.setattr(folding, "_TOO_DEAD", 0.9)
        patch.setattr(ranking, "_FREQUENT", 2)  # so that some terms are rare in a small corpus
        yield


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - no secret


def _text(chance: random.Random) -> str:
    """Some sentences of few words, so that scores are often equal; now and then a copy of a fixed one, or a date."""
    head = f"date {chance.randrange(1999, 2004)}-05-0{chance.randrange(1, 9)} " if chance.random() < 0.3 else ""
    sentences = [" ".join(chance.choices(WORDS, k=chance.randrange(3, 20))) for _ in range(chance.randrange(1, 8))]
    if chance.random() < 0.3:
        sentences += ["the same sentence stands in many files here"] * 3
    return head + " ".join(f"{sentence.capitalize()}." for sentence in sentences)


def _edit(seeds: Path, chance: random.Random) -> None:
    """Create, change, rename, move or remove some files."""
    for _ in range(chance.randrange(1, 5)):
        path = seeds / chance.choice(["", "sub", "other"]) / f"{chance.randrange(12)}.txt"
        path.parent.mkdir(exist_ok=True)
        there = sorted(seeds.rglob("*.txt"))
        kind = chance.randrange(4)
        if kind == 0 and there:
            chance.choice(there).unlink()
        elif kind == 1 and there:
            chance.choice(there).replace(path)
        else:
            path.write_text(_text(chance), encoding="utf-8")


def _everything(generation: Generation, chance: random.Random) -> list[Any]:
    """What can be asked of a generation, as plain values."""
    questions = [
        " ".join(chance.choices([*WORDS, "the", "same", "absent"], k=chance.randrange(1, 6))) for _ in range(6)
    ]
    hidden = VisiblePart(generation, Filters(excluded=frozenset({"other"}), sealed=True))
    rows = range(generation.chunk_count)
    found: list[Any] = [
        generation.chunk_count,
        generation.documents(),
        [generation.document(one.id) for one in generation.documents()],
        [generation.sentences(one.id) for one in generation.documents()],
        [generation.entry(one.id) for one in generation.documents()],
        generation.passages(rows),
        [generation.chunk(row) for row in rows],
        [generation.vector(row).tobytes() for row in rows],
        generation.vocabulary(),
        hidden.vocabulary(),
        hidden.id,
    ]
    for question in questions:
        vector, stems = HashedWords().encode(question), generation.analyse(question)
        for searched in (generation, hidden):
            for filters in FILTERS:
                among = searched.rows_of(filters)
                found += [None if among is None else among.tolist(), searched.occurring(stems, among)]
                for k in (1, 5, 1000):
                    found += [searched.dense(vector, k, among), searched.lexical(stems, k, among)]
    return found


def _compare_with_a_full_build(root: Path, seed: int) -> None:
    aside = root / "aside"
    aside.mkdir()
    (aside / "seeds").symlink_to(root / "seeds", target_is_directory=True)
    update(aside)
    with opened(root) as grown, opened(aside) as whole:
        assert len(whole.manifest.segments) <= 1
        assert _everything(grown, _chance(seed)) == _everything(whole, _chance(seed))
    shutil.rmtree(aside)


def _edit_and_compare(root: Path, *, seed: int, rounds: int) -> list[int]:
    """Edit and build again and again; how many segments there were after each round."""
    chance, segments = _chance(seed), []
    seeds = write_seeds(root, {f"{number}.txt": _text(chance) for number in range(8)})
    for number in range(rounds):
        _edit(seeds, chance)
        update(root)
        if chance.random() < 0.3:
            merge(root / "embeddings", IDENTITY)
        _compare_with_a_full_build(root, seed=number)
        with opened(root) as generation:
            segments.append(len(generation.manifest.segments))
    return segments


def test_random_edits_end_in_what_a_full_build_gives(tmp_path: Path) -> None:
    """Rows, documents, texts, vectors, scores, order, filters, words and visible parts are equal after each edit."""
    with _never_folding(at_most=4):
        segments = _edit_and_compare(tmp_path, seed=1, rounds=12)
    assert max(segments) > 3
    assert min(segments[4:]) < max(segments)  # merged now and then


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_random_edits_end_in_what_a_full_build_gives(tmp_path: Path, seed: int) -> None:
    """The same for ten other courses of 40 edits, some of which never merge or always fold."""
    if seed % 3 == 0:
        _edit_and_compare(tmp_path, seed=seed, rounds=40)
        return
    with _never_folding(at_most=4 if seed % 3 == 1 else 99):
        _edit_and_compare(tmp_path, seed=seed, rounds=40)


def test_a_change_writes_a_small_segment_and_links_the_rest(tmp_path: Path) -> None:
    """Files of the unchanged segment are the same files as before; a rename embeds nothing."""
    chance = _chance(3)
    seeds = write_seeds(tmp_path, {f"{n}.txt": _text(chance) for n in range(30)})
    with _never_folding():
        update(tmp_path)
        before = _inodes(tmp_path)
        write_seeds(tmp_path, {"3.txt": _text(chance)})
        update(tmp_path)
        after = _inodes(tmp_path)
        assert {name: after[name] for name in before} == before
        assert {name.split("-")[0] for name in after} == {"1", "2"}
        (seeds / "4.txt").rename(seeds / "new.txt")
        report = update(tmp_path)
    assert (report.renamed, report.chunks_embedded) == ((("4.txt", "new.txt"),), 0)
    manifest = _manifest(tmp_path)
    assert [segment.documents for segment in manifest.segments] == [30, 1, 1]
    assert manifest.counts.documents == 30


def test_a_removal_writes_no_segment(tmp_path: Path) -> None:
    """The document is dead in the old segment, and nothing finds it any more."""
    seeds = write_seeds(tmp_path, {"a.txt": "The zebra runs.", "b.txt": "A lion sleeps."})
    update(tmp_path)
    (seeds / "a.txt").unlink()
    assert update(tmp_path).removed == ("a.txt",)
    assert [segment.number for segment in _manifest(tmp_path).segments] == [1]
    with opened(tmp_path) as generation:
        assert [one.id for one in generation.documents()] == ["b.txt"]
        assert generation.lexical(["zebra"], 5) == []
        assert len(generation.dense(HashedWords().encode("The zebra runs."), 5)) == 1
        assert "zebra" not in generation.vocabulary()


def test_a_segment_without_living_documents_goes(tmp_path: Path) -> None:
    """Once everything in it is dead, its files are not taken over."""
    seeds = write_seeds(tmp_path, {"a.txt": "One zebra.", "b.txt": "Two lions."})
    update(tmp_path)
    for path in seeds.iterdir():
        path.unlink()
    update(tmp_path)
    assert (_manifest(tmp_path).segments, _manifest(tmp_path).parts) == ((), ())
    with opened(tmp_path) as generation:
        assert (generation.documents(), generation.vocabulary(), generation.lexical(["zebra"], 3)) == ((), (), [])


def test_merging_gives_one_segment_and_the_same_answers(tmp_path: Path) -> None:
    """A merge needs neither seeds/ nor an encoder, and is a new generation; where nothing is due it does nothing."""
    chance = _chance(4)
    write_seeds(tmp_path, {f"{n}.txt": _text(chance) for n in range(10)})
    with _never_folding(at_most=4):
        for number in range(6):
            write_seeds(tmp_path, {f"{number}.txt": _text(chance)})
            before = update(tmp_path).generation
        assert len(_manifest(tmp_path).segments) == 6
        shutil.move(tmp_path / "seeds", tmp_path / "away")
        merged = merge(tmp_path / "embeddings", IDENTITY)
        shutil.move(tmp_path / "away", tmp_path / "seeds")
        assert merged not in (None, before)
        assert len(_manifest(tmp_path).segments) <= 4
        assert merge(tmp_path / "embeddings", IDENTITY) is None
    assert update(tmp_path).generation == merged
    _compare_with_a_full_build(tmp_path, seed=4)


def test_generations_share_their_segments_in_memory(tmp_path: Path) -> None:
    """Two generations that are open at a time hold one copy of what they share; closed, they leave nothing."""
    chance = _chance(5)
    open_before = len(open_segments)
    write_seeds(tmp_path, {f"{n}.txt": _text(chance) for n in range(10)})
    with ExitStack() as stack, _never_folding():
        for number in range(3):
            write_seeds(tmp_path, {f"{number}.txt": _text(chance)})
            update(tmp_path)
            stack.enter_context(opened(tmp_path))
        assert len(open_segments) == open_before + 3
    assert len(open_segments) == open_before


def test_where_links_fail_segments_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without links costs time, nothing else."""

    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with _never_folding():
        assert max(_edit_and_compare(tmp_path, seed=6, rounds=4)) > 1


def test_an_engine_tidies_up_while_it_answers(tmp_path: Path) -> None:
    """After many changes the pieces are merged, the engine goes over to what came of it, and a second time is idle."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    with _never_folding(at_most=3), closing(Engine.open(config)) as engine:
        for number in range(5):
            make_root(tmp_path, {f"{number}.md": f"The code of door {number} is {number}77.\n"})
            engine.refresh()
        before = engine.generation_id
        assert len(open_segments) >= 6
        assert engine.tidy()
        assert engine.generation_id == current_id(config.embeddings_dir) != before
        assert not engine.tidy()
        assert engine.refresh() is None
        found = engine.ask("When does the pool open?")
        assert isinstance(found, Answer)
        assert found.text == "9 am"


def test_an_engine_that_may_not_write_does_not_try_to_tidy(tmp_path: Path) -> None:
    """An index on a read-only disk that is up to date and in one piece is no failure."""
    config = make_root(tmp_path, {"rules.md": "The pool opens at 9 am.\n"})
    with closing(Engine.open(config)) as engine:
        (config.embeddings_dir / "build.lock").unlink(missing_ok=True)
        (config.embeddings_dir / "build.lock").mkdir()  # taking the lock would fail
        assert not engine.tidy()


def _manifest(root: Path) -> Manifest:
    with opened(root) as generation:
        return generation.manifest


def _inodes(root: Path) -> dict[str, int]:
    """The files of the generation in service but the manifest, by name."""
    current = (root / "embeddings" / "CURRENT").read_text().strip()
    folder = root / "embeddings" / "generations" / current
    return {path.name: path.stat().st_ino for path in folder.iterdir() if path.name != "manifest.json"}


def _grown(root: Path) -> Callable[[int], None]:
    """An index of four segments; gives a function that changes one file to another version."""
    chance = _chance(7)
    write_seeds(root, {f"{n}.txt": _text(chance) for n in range(6)})
    update(root)
    for number in range(3):
        write_seeds(root, {f"{number}.txt": _text(chance)})
        update(root)

    def change(version: int) -> None:
        write_seeds(root, {"5.txt": f"This is version {version} of the file. It says {version}."})

    return change


def _said(root: Path) -> str:
    with opened(root) as generation:
        assert len(generation.documents()) == 6
        assert len(generation.passages(range(generation.chunk_count))) == generation.chunk_count
        return generation.document("5.txt").text


def _interrupt_at_steps(root: Path, act: Callable[[], object], every: int, code: int | None) -> Counter[str]:
    """Change a file and build, or merge, while each so manieth call to the disk fails or is the last one."""
    change, ended = _grown(root), Counter[str]()
    for version, at in enumerate(itertools.count(0, every)):
        before = _said(root)
        change(version)
        try:
            with at_step(at, partial(_stop, code), counts=may_fail) as steps:
                report = act()
            if getattr(report, "failed", ()):  # it could not look at a file: the next build can
                update(root)
        except (QabotError, _PowerCutError) as error:
            ended[type(error).__name__] += 1
        assert _said(root) in (before, (root / "seeds" / "5.txt").read_text())
        if steps.count <= at:
            update(root)
            _compare_with_a_full_build(root, seed=version)
            assert left_over(root) == set()
            return ended
    raise AssertionError


class _PowerCutError(Exception):
    """Ends a build at a chosen step; nothing in the package catches it."""


def _stop(code: int | None) -> None:
    if code is None:
        raise _PowerCutError
    raise OSError(code, os.strerror(code), "some-file")


@pytest.mark.parametrize("code", [None, errno.ENOSPC, errno.EIO])
def test_an_update_beside_linked_segments_that_is_interrupted(tmp_path: Path, code: int | None) -> None:
    """Wherever it ends or the disk refuses, the old or the new version is in service, and the next build mends all."""
    with _never_folding():
        ended = _interrupt_at_steps(tmp_path, lambda: update(tmp_path), every=9, code=code)
    assert set(ended) & {"_PowerCutError", "IndexNotWritten"}


@pytest.mark.slow
@pytest.mark.parametrize("code", [None, errno.ENOSPC, errno.EIO, errno.EMFILE, errno.EACCES])
def test_an_update_beside_linked_segments_interrupted_at_every_step(tmp_path: Path, code: int | None) -> None:
    """The same at each call."""
    with _never_folding():
        assert _interrupt_at_steps(tmp_path, lambda: update(tmp_path), every=1, code=code).total() > 50


@pytest.mark.parametrize("code", [None, errno.ENOSPC])
def test_a_merge_that_is_interrupted(tmp_path: Path, code: int | None) -> None:
    """The same while segments are merged: answers are those of before."""
    with _never_folding(at_most=2):
        ended = _interrupt_at_steps(tmp_path, lambda: merge(tmp_path / "embeddings", IDENTITY), every=5, code=code)
    assert set(ended) & {"_PowerCutError", "IndexNotWritten"}


def test_damage_without_a_trace_is_mended_once_it_was_seen(tmp_path: Path) -> None:
    """A part that rotted under a running process, size and time as before, is believed only until somebody reads it."""
    write_seeds(tmp_path, {"a.txt": "One zebra runs."})
    update(tmp_path)
    path = part_of(tmp_path, "vectors.faiss")
    os.utime(path, ns=(10**18, 10**18))  # old enough to be known again
    with opened(tmp_path), opened(tmp_path):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
        os.utime(path, ns=(10**18, 10**18))
        with opened(tmp_path):
            pass  # nobody has looked
        assert check_index(tmp_path / "seeds", tmp_path / "embeddings", IDENTITY).state == "damaged"
        with pytest.raises(IndexDamaged), opened(tmp_path):
            pass
        update(tmp_path)
        assert check_index(tmp_path / "seeds", tmp_path / "embeddings", IDENTITY).state == "sound"
