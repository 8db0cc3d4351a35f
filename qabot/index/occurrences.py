"""How often each of many names occurs in each of many rows: what both stems in chunks and words in documents are.

Stored name by name in the order of the names, the rows of each ascending, so that two of them can be joined and thinned
out by arithmetic alone, without looking at a text again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qabot.index.arrays import Numbers, smallest

_Ints = NDArray[np.integer[Any]]


class Occurrences:
    """Read only: threads may share it."""

    def __init__(self, *, names: bytes, ends: Numbers, starts: Numbers, rows: Numbers, counts: Numbers) -> None:
        """Assign.

        Args:
            names: UTF-8, one after the other without a mark between, sorted.
            ends: shape (names,), where each ends in ``names``.
            starts: shape (names + 1,), where the rows of each begin in ``rows``.
            rows: the rows of the first name, then of the second ...
            counts: how often it occurs in that row; same shape as ``rows``.

        Raises:
            ValueError: if the arrays do not fit together.
        """
        if len(starts) != len(ends) + 1 or len(rows) != len(counts) or int(starts[-1]) != len(rows):
            raise ValueError("the arrays of occurrences do not fit together")
        self._names, self._ends = names, ends
        self._starts, self._rows, self._counts = starts, rows, counts

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Numbers], prefix: str) -> Occurrences:
        """Those that ``OccurrencesWriter.arrays`` gave under the same prefix.

        Raises:
            KeyError: if one is missing.
            ValueError: if they do not fit together.
        """
        mine = {name: arrays[f"{prefix}_{name}"] for name in ("names", "ends", "starts", "rows", "counts")}
        return cls(**(mine | {"names": mine["names"].tobytes()}))  # type: ignore[arg-type]

    def of(self, name: str) -> tuple[Numbers, Numbers]:
        """The rows that hold ``name``, ascending, and how often each does."""
        wanted = name.encode("utf-8", "surrogatepass")
        number = bisect_left(range(len(self._ends)), wanted, key=self._name)
        if number == len(self._ends) or self._name(number) != wanted:
            return self._rows[:0], self._counts[:0]
        held = slice(int(self._starts[number]), int(self._starts[number + 1]))
        return self._rows[held], self._counts[held]

    def names(self) -> list[str]:
        """Every name, in order."""
        return [self._name(number).decode("utf-8") for number in range(len(self._ends))]

    def totals(self, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How often each name occurs in those rows that are marked; ``rows`` of shape (rows,)."""
        if not len(self._ends):
            return np.empty(0, dtype=np.int64)
        marked = self._counts.astype(np.int64) * rows[self._rows]
        return np.add.reduceat(marked, self._starts[:-1].astype(np.int64))  # every name occurs: no range is empty

    def entries(self) -> tuple[_Ints, Numbers, Numbers]:
        """Number of the name, row and count of each occurrence."""
        starts = self._starts.astype(np.int64)
        return np.repeat(np.arange(len(self._ends)), starts[1:] - starts[:-1]), self._rows, self._counts

    def _name(self, number: int) -> bytes:
        return self._names[int(self._ends[number - 1]) if number else 0 : int(self._ends[number])]


class OccurrencesWriter:
    """Gathers occurrences, counted one by one or taken from others."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._counted = (array("I"), array("I"), array("I"))
        self._taken: list[tuple[list[str], _Ints, _Ints, _Ints]] = []

    def add(self, row: int, counts: Mapping[str, int]) -> None:
        """What stands in one row."""
        names, rows, often = self._counted
        names.extend(self._numbers.setdefault(name, len(self._numbers)) for name in counts)
        rows.extend([row] * len(counts))
        often.extend(counts.values())

    def take(self, other: Occurrences, new_rows: NDArray[np.int64]) -> None:
        """What stands in others' rows; ``new_rows``, shape (rows,), says which they become, -1 for those left out."""
        names, rows, counts = other.entries()
        become = new_rows[rows]
        kept = become >= 0
        self._taken.append((other.names(), names[kept], become[kept], counts[kept]))

    def arrays(self, prefix: str) -> dict[str, Numbers]:
        """All of it, as Occurrences keeps it."""
        names, rows, counts = (np.frombuffer(numbers, dtype=np.uintc) for numbers in self._counted)
        blocks = [(list(self._numbers), names, rows, counts), *self._taken]
        sorted_names, renumbered = _joined_names([(known, number) for known, number, _, _ in blocks])
        rows = np.concatenate([rows for _, _, rows, _ in blocks])
        order = np.lexsort((rows, renumbered))
        ends = np.cumsum([len(name) for name in sorted_names], dtype=np.int64)
        occurring = np.bincount(renumbered, minlength=len(sorted_names))
        arrays: dict[str, Numbers] = {
            "names": np.frombuffer(b"".join(sorted_names), dtype=np.uint8),
            "ends": smallest(ends),
            "starts": smallest(np.concatenate([[0], np.cumsum(occurring)])),
            "rows": smallest(rows[order]),
            "counts": smallest(np.concatenate([counts for _, _, _, counts in blocks])[order]),
        }
        return {f"{prefix}_{name}": numbers for name, numbers in arrays.items()}


def _joined_names(blocks: list[tuple[list[str], _Ints]]) -> tuple[list[bytes], NDArray[np.int64]]:
    """The names that any block uses, sorted, and the number among them of each occurrence."""
    used = [np.unique(numbers) for _, numbers in blocks]
    names = {known[number] for (known, _), numbers in zip(blocks, used, strict=True) for number in numbers.tolist()}
    order = sorted(name.encode("utf-8", "surrogatepass") for name in names)
    place = {name: number for number, name in enumerate(order)}
    renumbered = []
    for (known, numbers), present in zip(blocks, used, strict=True):
        new = np.zeros(len(known), dtype=np.int64)
        new[present] = [place[known[number].encode("utf-8", "surrogatepass")] for number in present.tolist()]
        renumbered.append(new[numbers])
    return order, np.concatenate(renumbered)
