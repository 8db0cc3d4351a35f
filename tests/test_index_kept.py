"""Unpacked documents are kept within a budget of number and characters."""

from __future__ import annotations

import pytest

from qabot.datatypes import Document, Span
from qabot.index.kept import Kept, Unpacked


class Shelf:
    """Documents as long as the number that names them; counts how often each is loaded."""

    def __init__(self) -> None:
        self.loaded: list[str] = []
        self.kept = Kept(self.load)

    def load(self, document_id: str) -> Unpacked:
        """A document of that many characters."""
        self.loaded.append(document_id)
        text = "x" * int(document_id)
        return Unpacked(Document(document_id, text, "0" * 64, "utf-8", "plain"), (Span(0, len(text)),))


@pytest.fixture
def shelf() -> Shelf:
    """Nothing was asked for yet."""
    return Shelf()


def test_a_document_is_unpacked_once(shelf: Shelf) -> None:
    """The second time it is the same object."""
    assert shelf.kept("7") is shelf.kept("7")
    assert shelf.loaded == ["7"]


def test_sixteen_are_kept(shelf: Shelf) -> None:
    """The seventeenth takes the place of the one that was asked for longest ago."""
    for number in [*range(1, 17), 1, 17, 1, 2]:
        shelf.kept(str(number))
    assert shelf.loaded == [*map(str, range(1, 18)), "2"]


def test_large_ones_go_early(shelf: Shelf) -> None:
    """Beyond four million characters together the oldest go, whatever their number; those that fit stay."""
    for number in (1, 3_000_000, 999_999, 3_000_000, 2, 999_999, 3_000_000):
        shelf.kept(str(number))
    assert shelf.loaded == ["1", "3000000", "999999", "2", "999999", "3000000"]


def test_a_giant_stays_until_the_next(shelf: Shelf) -> None:
    """A document over the whole budget is unpacked once for all passages of a question, and then let go."""
    for number in (5, 4_000_001, 4_000_001, 6, 4_000_001):
        shelf.kept(str(number))
    assert shelf.loaded == ["5", "4000001", "6", "4000001"]
