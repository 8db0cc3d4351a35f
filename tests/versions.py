"""A corpus that comes in versions, each of which says its number in every sentence: a mix of two would show."""

from __future__ import annotations

from pathlib import Path

from small_index import HashedWords, opened, update, versioned, write_seeds

from qabot.errors import IndexMissing
from qabot.index import Generation

NAMES = "abc"
TIDY = {"CURRENT", "generations", "build.lock"}  # what lies in embeddings/ when nobody builds


def put(root: Path, version: int) -> None:
    """Write that version of all files."""
    write_seeds(root, {f"{name}.txt": versioned(name, version) for name in NAMES})


def build_two(root: Path) -> None:
    """Versions 1 and 2, so that the next build has a generation to take over and one to remove."""
    for version in (1, 2):
        put(root, version)
        update(root)


def version_in(root: Path) -> int | None:
    """The version in service, read to its last character and found to be that one throughout; None: no index yet."""
    try:
        with opened(root) as generation:
            return version_of(generation)
    except IndexMissing:
        return None


def version_of(generation: Generation) -> int:
    """The version of an open generation: every document, passage, term row and vector is of that one."""
    texts = {document.id: generation.document(document.id).text for document in generation.documents()}
    (version,) = {int(text.split(" v")[1].split()[0]) for text in texts.values()}
    assert texts == {f"{name}.txt": versioned(name, version) for name in NAMES}
    rows = [row for row, _ in generation.lexical(["number"], 1000)]
    assert sorted(rows) == list(range(generation.chunk_count))
    for chunk, passage in generation.passages(rows):
        assert passage == texts[chunk.document_id][chunk.span.start : chunk.span.end]
        assert generation.dense(HashedWords().encode(passage), 1)[0][1] > 0.999
    return version


def left_over(root: Path) -> set[str]:
    """What lies under embeddings/ without need; the generation before the one in service is no left-over."""
    embeddings = root / "embeddings"
    generations = sorted(path.name for path in (embeddings / "generations").iterdir())
    return {path.name for path in embeddings.iterdir()} - TIDY | set(generations[2:])
