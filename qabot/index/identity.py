"""What an index was built with: two builds may be mixed only where these agree.

This module compares; it refuses to know how any of the named parts works.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qabot.config import ChunksConfig, SeedsConfig
from qabot.encoder import EncoderIdentity

INDEX_SCHEMA = 4  # of the manifest and of every part; raised by whoever changes one of them


@dataclass(frozen=True, slots=True)
class IndexIdentity:
    """Engine, model, chunking and the versions of what read the files. Equal identities give equal indexes."""

    encoder: EncoderIdentity
    min_tokens: int
    max_tokens: int
    max_file_bytes: int
    max_text_chars: int
    max_read_s: float
    max_memory_bytes: int
    tokenizer_sha256: str  # of what counted the tokens of a chunk
    sentences: str
    chunker: str
    extractors: tuple[tuple[str, str], ...]  # suffix, extractor and version; sorted
    schema: int = INDEX_SCHEMA

    @classmethod
    def of(cls, encoder: EncoderIdentity, *, chunks: ChunksConfig, seeds: SeedsConfig) -> IndexIdentity:
        """The identity of an index that this installation would build.

        Raises:
            ModelError: if the sums of the shipped models cannot be read.
        """
        from qabot.chunker import CHUNKER_VERSION  # here: a reader of manifests does not pay for the libraries below
        from qabot.documents import EXTRACTOR_VERSIONS
        from qabot.sentences import SENTENCES_VERSION
        from qabot.weights import model_sha256

        return cls(
            encoder=encoder,
            min_tokens=chunks.min_tokens,
            max_tokens=chunks.max_tokens,
            max_file_bytes=seeds.max_file_bytes,
            max_text_chars=seeds.max_text_chars,
            max_read_s=float(seeds.max_read_s),
            max_memory_bytes=seeds.max_memory_bytes,
            tokenizer_sha256=model_sha256("tokenizer.json"),
            sentences=SENTENCES_VERSION,
            chunker=CHUNKER_VERSION,
            extractors=tuple(sorted(EXTRACTOR_VERSIONS.items())),
        )

    @property
    def limits(self) -> SeedsConfig:
        """What reading one file may cost."""
        return SeedsConfig(self.max_file_bytes, self.max_text_chars, self.max_read_s, self.max_memory_bytes)

    def reads_like(self, other: IndexIdentity) -> bool:
        """Whether both turn the same files into the same documents and chunks."""
        return dataclasses.replace(self, encoder=other.encoder) == other

    def embeds_like(self, other: IndexIdentity) -> bool:
        """Whether both turn the same text into the same vector."""
        return self.encoder == other.encoder

    def differences(self, other: IndexIdentity) -> str:
        """What differs, in words: ``encoder: A, not B; ...``."""
        pairs = ((f.name, getattr(self, f.name), getattr(other, f.name)) for f in dataclasses.fields(self))
        return "; ".join(f"{name}: {mine}, not {its}" for name, mine, its in pairs if mine != its)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> IndexIdentity:
        """The inverse of ``dataclasses.asdict``, also after a way through JSON.

        Raises:
            KeyError, TypeError, ValueError: if the values are not an identity's.
        """
        pairs = tuple((str(suffix), str(version)) for suffix, version in values["extractors"])
        return cls(**{**values, "encoder": EncoderIdentity(**values["encoder"]), "extractors": pairs})
