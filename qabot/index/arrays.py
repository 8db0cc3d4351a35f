"""Named one-dimensional arrays in one piece of bytes: a line of JSON that lists them, then their numbers.

Opening copies nothing: the arrays look into the bytes they came from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALIGNED = 8  # numbers that begin at a multiple of their size are read faster
_KINDS = ("|u1", "<u2", "<u4", "<u8")

Numbers = NDArray[np.unsignedinteger[Any]]


def pack(arrays: Mapping[str, Numbers]) -> bytes:
    """The arrays as bytes; equal arrays give equal bytes.

    Raises:
        ValueError: unless each is one-dimensional and of an unsigned little-endian type.
    """
    for name, array in arrays.items():
        if array.ndim != 1 or array.dtype.str not in _KINDS:
            raise ValueError(f"expected unsigned numbers of shape (n,), got {name}: {array.dtype} {array.shape}")
    listing = json.dumps({name: [array.dtype.str, len(array)] for name, array in arrays.items()}).encode("ascii")
    pieces = [_padded(listing + b"\n", b" ")]
    pieces += [_padded(array.tobytes(), b"\0") for array in arrays.values()]
    return b"".join(pieces)


def unpack(data: bytes) -> dict[str, Numbers]:
    """The inverse of ``pack``.

    Raises:
        ValueError: if these are not such bytes.
    """
    end = data.index(b"\n") + 1
    at, arrays = end + -end % _ALIGNED, {}
    for name, (kind, length) in json.loads(data[:end]).items():
        if kind not in _KINDS:
            raise ValueError(f"the array {name} is of the unknown kind {kind}")
        array = np.frombuffer(data, dtype=kind, count=length, offset=at)
        arrays[name] = array
        at += array.nbytes + -array.nbytes % _ALIGNED
    return arrays


def smallest(numbers: NDArray[Any]) -> Numbers:
    """The same numbers, none negative, in the smallest type that holds them."""
    largest = int(numbers.max()) if len(numbers) else 0
    kind = next(kind for kind in _KINDS if largest <= np.iinfo(kind).max)
    return np.asarray(numbers, dtype=kind)


def _padded(data: bytes, filling: bytes) -> bytes:
    return data + filling * (-len(data) % _ALIGNED)
