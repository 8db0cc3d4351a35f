"""The vectors of a new generation: taken from the previous one where the text is the same, else computed, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qabot.encoder import Encoder
from qabot.errors import ModelError
from qabot.index.generation import Generation


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
    previous: Generation | None,
    progress: Callable[[int, int], None],
) -> Embedded:
    """One vector for each text key.

    Args:
        keys: the text key of each row.
        texts_of: gives row and text of each of the rows asked for, which ascend.
        encoder: what computes.
        previous: a generation whose vectors the same encoder made.
        progress: called with how many are done and how many there are to compute.

    Raises:
        ModelError: if the encoder gives anything but finite float32 numbers of its dimension.
    """
    dim = encoder.identity.dim
    vectors = np.zeros((len(keys), dim), dtype=np.float32)
    known = {} if previous is None else {key: row for row, key in enumerate(previous.texts.text_keys())}
    first_rows: dict[bytes, int] = {}
    missing: list[int] = []
    for row, key in enumerate(keys):
        if previous is not None and key in known:
            vectors[row] = previous.vector(known[key])
        elif first_rows.setdefault(key, row) == row:
            missing.append(row)
    if missing:
        progress(0, len(missing))
    for done, (row, text) in enumerate(texts_of(missing), start=1):
        if text.strip():  # a chunk of white space means nothing: its vector stays zero, near to no question
            vectors[row] = _checked(encoder.encode(text), dim)
        progress(done, len(missing))
    for row, key in enumerate(keys):
        if key in first_rows:
            vectors[row] = vectors[first_rows[key]]
    return Embedded(vectors, len(missing))


def _checked(vector: NDArray[np.float32], dim: int) -> NDArray[np.float32]:
    if vector.shape != (dim,) or vector.dtype != np.float32 or not np.isfinite(vector).all():
        raise ModelError(
            f"the encoder gave {vector.dtype} {vector.shape} instead of {dim} finite float32 numbers",
            remedy="Name another model in encoder.model of qabot.toml, or leave the key out.",
        )
    return vector
