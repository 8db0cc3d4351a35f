"""Building: what is embedded, taken over, reported and left alone."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_index import (
    IDENTITY,
    LATER,
    HashedWords,
    listing,
    opened,
    other_encoder,
    part_of,
    sentences,
    update,
    write_seeds,
)

from qabot.datatypes import Chunk
from qabot.documents import read_document
from qabot.errors import ConfigError, IndexMismatch, ModelError
from qabot.index import Generation, needs_update
from qabot.sentences import sentence_spans

CATS, DOGS = sentences(about="cat", count=12), sentences(about="dog", count=12)


def _later() -> float:
    return time.time() + LATER


def test_chunks_cover_the_documents_and_slice_back(tmp_path: Path) -> None:
    """Every document stands in the index as it was read, and its chunks rebuild it."""
    write_seeds(tmp_path, {"cats.txt": CATS, "sub/dogs.txt": DOGS})
    report = update(tmp_path)
    with opened(tmp_path) as generation:
        assert generation.id == report.generation
        assert [document.id for document in generation.documents()] == ["cats.txt", "sub/dogs.txt"]
        for document in generation.documents():
            text = generation.document(document.id).text
            rows = [row for row in range(generation.chunk_count) if generation.chunk(row).document_id == document.id]
            covered = set()
            for chunk, passage in generation.passages(rows):
                assert passage == text[chunk.span.start : chunk.span.end]
                covered.update(range(chunk.span.start, chunk.span.end))
            assert covered == set(range(len(text)))
            assert len(rows) == document.chunks > 1


def test_a_document_comes_back_equal(tmp_path: Path) -> None:
    """What the extractor gave is what the index gives, blocks, date, notes and odd characters included."""
    text = "date 2022-03-23 Zoë has a café\r\nhas 😀 e\u0301 and İ.\n\n- one item\n- two items\n\nThe end. Not yet"
    seeds = write_seeds(tmp_path, {"a.txt": text.encode("utf-8-sig"), "b.md": f"# Title\n\n{text}"})
    update(tmp_path)
    with opened(tmp_path) as generation:
        for name in ("a.txt", "b.md"):
            document = read_document(seeds, name, max_bytes=100_000)
            assert generation.document(name) == document
            assert generation.sentences(name) == sentence_spans(document)


def test_nothing_changed_writes_nothing(tmp_path: Path) -> None:
    """A build without changes embeds nothing, keeps the generation and leaves its files alone."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS})
    first = update(tmp_path)
    before = listing(tmp_path / "embeddings" / "generations")
    encoder = HashedWords()
    second = update(tmp_path, encoder)
    assert (second.generation, second.unchanged, second.chunks_embedded) == (first.generation, 1, 0)
    assert (second.added, second.changed, second.removed, encoder.encoded) == ((), (), (), [])
    assert listing(tmp_path / "embeddings" / "generations") == before
    with opened(tmp_path) as generation:
        assert not needs_update(seeds, generation)


def test_only_the_changed_file_is_embedded(tmp_path: Path) -> None:
    """After an edit the other file's vectors are taken over, bit for bit."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS, "dogs.txt": DOGS})
    update(tmp_path, clock=_later)
    with opened(tmp_path) as generation:
        old = {passage: generation.vector(row) for row, (_, passage) in enumerate(_passages(generation))}
        write_seeds(tmp_path, {"dogs.txt": sentences(about="wolf", count=12)})
        assert needs_update(seeds, generation)
    encoder = HashedWords()
    report = update(tmp_path, encoder)
    assert (report.changed, report.unchanged) == (("dogs.txt",), 1)
    assert report.chunks_embedded == len(encoder.encoded) > 0
    assert all("wolf" in text for text in encoder.encoded)
    with opened(tmp_path) as generation:
        passages = _passages(generation)
        assert report.chunks_reused == sum("cat" in passage for _, passage in passages)
        for row, (_, passage) in enumerate(passages):
            if "cat" in passage:
                assert generation.vector(row).tobytes() == old[passage].tobytes()


def test_a_touch_rebuilds_nothing(tmp_path: Path) -> None:
    """Another mtime with the same bytes is no change."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS})
    first = update(tmp_path, clock=_later)
    os.utime(seeds / "cats.txt", (1, 1))
    with opened(tmp_path) as generation:
        assert not needs_update(seeds, generation)
    assert update(tmp_path).generation == first.generation


@pytest.mark.parametrize("young", [True, False])
def test_a_change_behind_an_equal_fingerprint_is_found_while_young(tmp_path: Path, young: bool) -> None:
    """A file changed within two seconds of the build is compared by content; an old one is trusted."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS})
    update(tmp_path, clock=time.time if young else _later)
    with opened(tmp_path) as generation:
        (record,) = generation.manifest.files
        forged = replace(record, sha256="f" * 64)  # as if other bytes had been read under this fingerprint
        generation.manifest = replace(generation.manifest, files=(forged,))
        assert needs_update(seeds, generation) is young


def test_a_rename_embeds_nothing(tmp_path: Path) -> None:
    """A moved file is reported as renamed, keeps its vectors, and is found under its new name only."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS, "dogs.txt": DOGS})
    update(tmp_path)
    (seeds / "animals").mkdir()
    (seeds / "cats.txt").rename(seeds / "animals" / "cats.txt")
    encoder = HashedWords()
    report = update(tmp_path, encoder)
    assert (report.renamed, report.added, report.removed) == ((("cats.txt", "animals/cats.txt"),), (), ())
    assert (encoder.encoded, report.chunks_embedded) == ([], 0)
    with opened(tmp_path) as generation:
        assert [document.id for document in generation.documents()] == ["animals/cats.txt", "dogs.txt"]


def test_a_deleted_file_is_gone_with_the_next_generation(tmp_path: Path) -> None:
    """Nothing of a deleted document can be found any more."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS, "dogs.txt": DOGS})
    update(tmp_path)
    (seeds / "cats.txt").unlink()
    report = update(tmp_path)
    assert (report.removed, report.chunks_embedded) == (("cats.txt",), 0)
    with opened(tmp_path) as generation:
        assert not generation.occurring(["cat"])
        assert {chunk.document_id for chunk, _ in _passages(generation)} == {"dogs.txt"}


def test_equal_chunks_are_embedded_once(tmp_path: Path) -> None:
    """Three files with the same text cost as much as one, and each has its rows."""
    write_seeds(tmp_path, {"a.txt": CATS, "b.txt": CATS, "c.txt": CATS})
    encoder = HashedWords()
    report = update(tmp_path, encoder)
    assert len(set(encoder.encoded)) == len(encoder.encoded) == report.chunks_embedded
    assert report.chunks_reused == 2 * report.chunks_embedded
    with opened(tmp_path) as generation:
        for row in range(generation.chunk_count):
            first = generation.vector(row % report.chunks_embedded)
            assert generation.vector(row).tobytes() == first.tobytes()


def test_full_takes_nothing_over(tmp_path: Path) -> None:
    """``full`` embeds everything again but still tells what changed."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    first = update(tmp_path)
    report = update(tmp_path, full=True)
    assert report.chunks_embedded == first.chunks_embedded
    assert (report.unchanged, report.added, report.changed) == (1, (), ())


def test_changes_are_told_against_what_was_in_service(tmp_path: Path) -> None:
    """Where a part of that is damaged its list of files still counts, not that of an older index that is sound."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    assert not update(tmp_path).compared
    write_seeds(tmp_path, {"dogs.txt": DOGS})
    assert update(tmp_path).added == ("dogs.txt",)
    for part in part_of(tmp_path, ".sqlite").parent.glob("*.sqlite"):
        part.unlink()
        part.write_bytes(b"")
    report = update(tmp_path)
    assert (report.compared, report.unchanged, report.added) == (True, 2, ())


@pytest.mark.parametrize("lost", ["CURRENT", "manifest.json"])
def test_nothing_is_a_change_where_no_list_of_files_is_left(tmp_path: Path, lost: str) -> None:
    """An older index says nothing of what changed since the one that was in service."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    update(tmp_path)
    write_seeds(tmp_path, {"dogs.txt": DOGS})
    update(tmp_path)
    (tmp_path / "embeddings" / lost if lost == "CURRENT" else part_of(tmp_path, lost)).unlink()
    report = update(tmp_path)
    assert (report.compared, report.added, report.unchanged) == (False, ("cats.txt", "dogs.txt"), 0)


def test_no_documents_is_a_valid_index(tmp_path: Path) -> None:
    """An empty folder gives a generation of 0 chunks that can be asked without error."""
    seeds = write_seeds(tmp_path, {})
    report = update(tmp_path)
    with opened(tmp_path) as generation:
        assert (generation.id, generation.chunk_count, generation.documents()) == (report.generation, 0, ())
        assert generation.dense(HashedWords().encode("cat"), 5) == []
        assert generation.lexical(["cat"], 5) == []
        assert not generation.occurring(["cat"])
        assert generation.vocabulary() == ()
        assert not needs_update(seeds, generation)


def test_missing_seeds_is_not_an_empty_corpus(tmp_path: Path) -> None:
    """If the folder cannot be listed, the index stays as it was."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS})
    first = update(tmp_path)
    seeds.rename(tmp_path / "away")
    with pytest.raises(ConfigError):
        update(tmp_path)
    with opened(tmp_path) as generation:
        assert generation.id == first.generation


def test_a_reason_does_not_name_the_file_again(tmp_path: Path) -> None:
    """What is wrong is a clause about a file that is named beside it, whether listing or reading found it."""
    files = {"empty.txt": b"", "nul.txt": b"a\0b", "photo.jpg": b"x", "big.txt": b"x" * 100_001}
    seeds = write_seeds(tmp_path, files)
    (seeds / "link.txt").symlink_to(seeds / "nothing.txt")
    reasons = {problem.id: problem.reason for problem in update(tmp_path).failed}
    assert reasons == {
        "big.txt": "it has 100,001 bytes, above the limit of 100,000",
        "empty.txt": "it is empty",
        "link.txt": "it is a link to nothing",
        "nul.txt": "it holds NUL bytes: it is no text, or UTF-16 without a byte-order mark",
        "photo.jpg": "files of type .jpg are not read",
    }


def test_an_unreadable_file_is_named_once_and_tried_again_when_it_changes(tmp_path: Path) -> None:
    """A problem is kept in the manifest with its remedy; it is no change until the file is another."""
    seeds = write_seeds(tmp_path, {"cats.txt": CATS, "big.txt": "x" * 200_000, "photo.jpg": b"\xff\xd8"})
    report = update(tmp_path)
    assert [problem.id for problem in report.failed] == ["big.txt", "photo.jpg"]
    assert all(problem.remedy for problem in report.failed)
    with opened(tmp_path) as generation:
        assert generation.problems == report.failed
        assert not needs_update(seeds, generation)
        write_seeds(tmp_path, {"big.txt": DOGS})
        assert needs_update(seeds, generation)
    again = update(tmp_path)
    assert (again.added, [problem.id for problem in again.failed]) == (("big.txt",), ["photo.jpg"])


def test_a_file_that_becomes_unreadable_leaves_the_index(tmp_path: Path) -> None:
    """Its old words are no longer answered from, and the report says why."""
    write_seeds(tmp_path, {"cats.txt": CATS, "dogs.txt": DOGS})
    update(tmp_path)
    write_seeds(tmp_path, {"cats.txt": CATS * 300})
    report = update(tmp_path)
    assert ([problem.id for problem in report.failed], report.removed) == (["cats.txt"], ())
    assert (report.unreadable, report.unchanged) == (("cats.txt",), 1)
    assert update(tmp_path).unreadable == ()
    with opened(tmp_path) as generation:
        assert [document.id for document in generation.documents()] == ["dogs.txt"]


def test_another_encoder_is_refused_and_rebuilt(tmp_path: Path) -> None:
    """Vectors of two models never mix; the chunks, which do not depend on the model, are taken over."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    first = update(tmp_path)
    encoder = other_encoder()
    identity = replace(IDENTITY, encoder=encoder.identity)
    with pytest.raises(IndexMismatch, match="encoder"), opened(tmp_path, identity):
        pass
    report = update(tmp_path, encoder, identity=identity)
    assert (report.chunks_embedded, report.unchanged) == (first.chunks_embedded, 1)
    with opened(tmp_path, identity) as generation:
        assert generation.manifest.identity == identity


def test_another_chunking_keeps_the_vectors_that_still_fit(tmp_path: Path) -> None:
    """With other versions of splitters all files are read again; a chunk that comes out equal is not embedded again."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    update(tmp_path)
    report = update(tmp_path, identity=replace(IDENTITY, chunker="test 2"))
    assert (report.chunks_embedded, report.unchanged) == (0, 1)


def test_a_damaged_index_is_rebuilt(tmp_path: Path) -> None:
    """The build mends what opening refuses, from the previous generation where that is sound."""
    write_seeds(tmp_path, {"cats.txt": CATS})
    update(tmp_path)
    write_seeds(tmp_path, {"dogs.txt": DOGS})
    damaged = update(tmp_path).generation
    part = part_of(tmp_path, "vectors.faiss")
    part.write_bytes(part.read_bytes()[:-1])
    report = update(tmp_path)
    assert report.generation != damaged
    assert (report.added, report.unchanged) == ((), 2)  # counted from the damaged one, whose list of files is sound
    assert 0 < report.chunks_embedded < report.chunks_embedded + report.chunks_reused
    with opened(tmp_path) as generation:
        assert len(generation.documents()) == 2


def test_the_current_and_the_previous_generation_stay(tmp_path: Path) -> None:
    """Older ones are removed, and nothing else is left in the folder."""
    names = []
    for number in range(4):
        write_seeds(tmp_path, {"cats.txt": f"Version {number}."})
        names.append(update(tmp_path).generation)
    embeddings = tmp_path / "embeddings"
    assert {path.name for path in (embeddings / "generations").iterdir()} == set(names[-2:])
    assert (embeddings / "CURRENT").read_text() == f"{names[-1]}\n"
    assert {path.name for path in embeddings.iterdir()} == {"CURRENT", "generations", "build.lock"}


def test_words_follow_the_documents(tmp_path: Path) -> None:
    """After edits, deletes and renames the vocabulary and its order are those of an index built anew."""
    seeds = write_seeds(
        tmp_path, {"a.txt": "Apples and pears and plums.", "b.txt": "And one apple.", "c.txt": "Pears."}
    )
    update(tmp_path)
    write_seeds(tmp_path, {"a.txt": "Plums or apples or grapes or plums.", "d.txt": "Cherries, apples!"})
    (seeds / "b.txt").unlink()
    (seeds / "c.txt").rename(seeds / "e.txt")
    update(tmp_path)
    with opened(tmp_path) as generation:
        words = generation.vocabulary()
    update(tmp_path, full=True)
    with opened(tmp_path) as generation:
        assert generation.vocabulary() == words == ("apples", "plums", "cherries", "grapes", "pears")


def test_progress_counts_files_and_chunks(tmp_path: Path) -> None:
    """Both stages run from 0 to their total."""
    write_seeds(tmp_path, {"cats.txt": CATS, "dogs.txt": DOGS})
    calls: list[tuple[str, int, int]] = []
    report = update(tmp_path, progress=lambda stage, done, total: calls.append((stage, done, total)))
    assert [call for call in calls if call[0] == "reading"] == [("reading", n, 2) for n in range(3)]
    embedding = [call for call in calls if call[0] == "embedding"]
    total = report.chunks_embedded
    assert embedding == [("embedding", n, total) for n in range(total + 1)]


def test_blank_files_do_not_stop_a_build(tmp_path: Path) -> None:
    """A blank file needs no vector; whatever is readable is indexed beside it."""
    write_seeds(tmp_path, {"blank.txt": " \n\n\t ", "empty.txt": "", "cats.txt": CATS})
    update(tmp_path)
    with opened(tmp_path) as generation:
        assert "cats.txt" in [document.id for document in generation.documents()]
        assert generation.lexical(["cat"], 50)


def test_an_encoder_that_gives_something_else_is_refused(tmp_path: Path) -> None:
    """Not-a-number would make every comparison false; it never reaches the index."""

    class Broken(HashedWords):
        def encode(self, text: str) -> NDArray[np.float32]:
            return super().encode(text) * np.float32("nan")

    write_seeds(tmp_path, {"cats.txt": CATS})
    with pytest.raises(ModelError, match="finite"):
        update(tmp_path, Broken())
    assert not list((tmp_path / "embeddings").glob("building-*"))


def test_the_encoder_must_be_the_one_that_is_named(tmp_path: Path) -> None:
    """An identity that does not describe the encoder is a programming error, found at once."""
    write_seeds(tmp_path, {})
    with pytest.raises(ValueError, match="identity names"):
        update(tmp_path, other_encoder())


def _passages(generation: Generation) -> list[tuple[Chunk, str]]:
    return generation.passages(range(generation.chunk_count))
