"""The vectors of a new generation: taken from the previous one where the text is the same, else computed, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qabot.encoder import Encoder
from qabot.errors import ModelError
from qabot.index.segment import Segment, key_array


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors row for row, float32 of shape (rows, dim), and how many of them were computed."""

    vectors: NDArray[np.float32]
    computed: int


def embed(
    keys: Sequence[bytes],
    texts_of: Callable[[list[int]], Iterable[tuple[int, str]]],
    encoder: Encoder,
    *,
    known: Iterable[Segment],
    progress: Callable[[int, int], None],
) -> Embedded:
    """One vector for each text key.

    Args:
        keys: the text key of each row.
        texts_of: gives row and text of each of the rows asked for, which ascend.
        encoder: what computes.
        known: segments whose vectors the same encoder made.
        progress: called with how many are done and how many there are to compute.

    Raises:
        ModelError: if the encoder gives anything but finite float32 numbers of its dimension.
    """
    dim = encoder.identity.dim
    vectors, found = _known(keys, known, dim)
    first_rows: dict[bytes, int] = {}
    missing = [row for row in np.flatnonzero(~found).tolist() if first_rows.setdefault(keys[row], row) == row]
    if missing:
        progress(0, len(missing))
    for done, (row, text) in enumerate(texts_of(missing), start=1):
        if text.strip():  # a chunk of white space means nothing: its vector stays zero, near to no question
            vectors[row] = _checked(encoder.encode(text), dim)
        progress(done, len(missing))
    for row in np.flatnonzero(~found).tolist():
        vectors[row] = vectors[first_rows[keys[row]]]
    return Embedded(vectors, len(missing))


def _known(
    keys: Sequence[bytes], segments: Iterable[Segment], dim: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """What earlier segments hold: vectors of shape (keys, dim), zero where there is none, and where there is one."""
    wanted = key_array(keys)
    vectors, found = np.zeros((len(keys), dim), dtype=np.float32), np.zeros(len(keys), dtype=bool)
    for segment in segments:
        open_ones = np.flatnonzero(~found)
        rows = segment.rows_of_keys(wanted[open_ones])
        held = rows >= 0
        if held.any():
            vectors[open_ones[held]] = segment.vectors.vectors(rows[held])
            found[open_ones[held]] = True
    return vectors, found


def _checked(vector: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    if vector.shape != (dim,) or vector.dtype != np.float32 or not np.isfinite(vector).all():
        raise ModelError(
            f"the encoder gave {vector.dtype} {vector.shape} instead of {dim} finite float32 numbers",
            remedy="Name another model in encoder.model of qabot.toml, or leave the key out.",
        )
    return vector
