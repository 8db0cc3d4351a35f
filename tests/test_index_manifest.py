"""The manifest, the identity and the report as values."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_index import IDENTITY

from qabot.config import ChunksConfig, SeedsConfig
from qabot.datatypes import Problem
from qabot.index.identity import IndexIdentity
from qabot.index.manifest import (
    Counts,
    FileRecord,
    Fingerprint,
    Manifest,
    PartRecord,
    SchemaDiffers,
    SegmentRecord,
    generation_id,
)
from qabot.index.report import file_changes

_names = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_numbers = st.integers(min_value=0, max_value=2**63)
_problems = st.builds(Problem, _names, _names, _names)
_manifests = st.builds(
    Manifest,
    identity=st.just(IDENTITY),
    segments=st.lists(st.builds(SegmentRecord, _numbers, _numbers, _numbers), max_size=3).map(tuple),
    files=st.lists(
        st.builds(
            FileRecord,
            _names,
            st.builds(Fingerprint, _numbers, _numbers, _numbers, _numbers),
            st.none() | st.just("a" * 64),
            _numbers,
            _numbers,
            st.sampled_from(["", "pypdfium2 5.0"]),
            st.none() | _problems,
            _numbers,
            _numbers,
        ),
        max_size=4,
    ).map(tuple),
    scan_problems=st.lists(_problems, max_size=3).map(tuple),
    parts=st.lists(st.builds(PartRecord, _names, _numbers, st.just("b" * 64)), max_size=3).map(tuple),
    scanned_ns=_numbers,
    created_ns=_numbers,
)


@given(_manifests)
def test_a_manifest_comes_back_equal(manifest: Manifest) -> None:
    """Bytes and back lose nothing, and equal manifests have equal bytes and so equal names."""
    data = manifest.to_bytes()
    assert Manifest.from_bytes(data) == manifest
    assert Manifest.from_bytes(data).to_bytes() == data


def test_a_generation_is_named_by_its_manifest() -> None:
    """The name is the first 16 hex digits of the SHA-256 of the bytes."""
    assert generation_id(b"abc") == hashlib.sha256(b"abc").hexdigest()[:16] == "ba7816bf8f01cfea"


def test_only_readable_files_count() -> None:
    """What can be asked is what the records say, whatever else lies dead in the segments."""
    mark = Fingerprint(1, 2, 3, 4)
    files = (
        FileRecord("a.txt", mark, "a" * 64, chunks=2, segment=1),
        FileRecord("b.txt", mark, None, problem=Problem("b.txt", "it is empty", "Write.")),
    )
    assert Manifest(IDENTITY, (SegmentRecord(1, 5, 9),), files, (), (), 1, 2).counts == Counts(documents=1, chunks=2)


@pytest.mark.parametrize("body", ["[]", "{}", '{"schema": 1}', "1"])
def test_another_schema_is_told_apart(body: str) -> None:
    """What another version wrote is not read at all."""
    with pytest.raises(SchemaDiffers):
        Manifest.from_bytes(body.encode())


@pytest.mark.parametrize("key", ["identity", "segments", "files", "parts", "scanned_ns"])
def test_a_manifest_without_a_key_is_an_error(key: str) -> None:
    """A right schema with a missing part is no manifest."""
    manifest = Manifest(IDENTITY, (), (), (), (), 1, 2)
    body = json.loads(manifest.to_bytes())
    del body[key]
    with pytest.raises(ValueError, match="not a manifest"):
        Manifest.from_bytes(json.dumps(body).encode())


def test_the_identity_tells_reading_from_embedding() -> None:
    """Another model leaves the chunks valid, another chunker the vectors; the difference is named."""
    other_model = dataclasses.replace(IDENTITY, encoder=dataclasses.replace(IDENTITY.encoder, model="other"))
    other_chunker = dataclasses.replace(IDENTITY, chunker="test 2")
    assert (IDENTITY.reads_like(other_model), IDENTITY.embeds_like(other_model)) == (True, False)
    assert (IDENTITY.reads_like(other_chunker), IDENTITY.embeds_like(other_chunker)) == (False, True)
    assert IDENTITY.differences(other_chunker) == "chunker: test 1, not test 2"


def test_the_identity_of_this_installation() -> None:
    """It follows the configuration and names every extractor."""
    identity = IndexIdentity.of(IDENTITY.encoder, chunks=ChunksConfig(100, 150), seeds=SeedsConfig(5))
    assert (identity.min_tokens, identity.max_tokens, identity.max_file_bytes) == (100, 150, 5)
    assert {".txt", ".md", ".rst"} <= {suffix for suffix, _ in identity.extractors}


def _record(name: str, content: str, *, readable: bool = True) -> FileRecord:
    problem = None if readable else Problem(name, "broken", "mend it")
    return FileRecord(name, Fingerprint(1, 1, 1, 1), content, problem=problem)


def test_the_report_tells_files_apart() -> None:
    """Added, changed, renamed, removed and unchanged are disjoint and complete."""
    before = [_record(name, name) for name in ("kept", "edited", "moved", "deleted", "broken")]
    after = [_record("kept", "kept"), _record("edited", "new"), _record("new place", "moved"), _record("new", "n")]
    changes = file_changes(before, [*after, _record("broken", "x", readable=False)])
    assert changes.added == ("new",)
    assert changes.changed == ("edited",)
    assert changes.renamed == (("moved", "new place"),)
    assert changes.removed == ("deleted",)
    assert changes.unchanged == 1


def test_copies_are_not_renames() -> None:
    """Of equal files each old name is used for one new name only, in order; a copy beside its original is new."""
    twins = [_record("a", "same"), _record("b", "same")]
    moved = [_record("c", "same"), _record("d", "same"), _record("e", "same")]
    changes = file_changes(twins, moved)
    assert (changes.renamed, changes.added) == ((("a", "c"), ("b", "d")), ("e",))
    assert file_changes(twins[:1], twins).added == ("b",)
