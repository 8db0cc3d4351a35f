"""Support for claims: the sentence that has every fact of a claim, and nothing where one differs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from small_index import HashedWords, opened, update, write_seeds

from qabot.config import Config
from qabot.datatypes import Filters
from qabot.engine import Engine
from qabot.retriever import Retriever
from qabot.support import Supported, Supporter, claims_of

COMMUNITY = Path(__file__).parent / "data" / "community"
TEXT = """The canal in Brenn was opened by Mayor Judith Osei on 6 May 2023.

Members must be at least 16 years old to join the rowing club. Dogs are never allowed in the club house.

Ada Quist took over the office from Bela Novak in March. The guest room costs 18 euros a night.

# For helpers

Broken lamps are paid by the guest. The office opens on Tuesday at noon.
"""


class AllAlike(HashedWords):
    """Takes everything for the same, as a real encoder nearly does with the days of the week."""

    def encode(self, text: str) -> NDArray[np.float32]:  # noqa: ARG002 - as its parent's
        """The same vector for each text."""
        return super().encode("alike")


def support(root: Path, claim: str, *, encoder: HashedWords | None = None, **options: object) -> tuple[Supported, ...]:
    """What is found for a message in the one document."""
    write_seeds(root, {"news.md": TEXT})
    update(root)
    with opened(root) as generation:
        encoder = encoder or HashedWords()
        found = Supporter(generation, Retriever(generation, encoder), encoder, is_current=lambda _quote: True)
        return found.find(claim, filters=Filters(**options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "claim",
    [
        "Members must be at least 16 years old to join the rowing club.",
        "The canal in Brenn was opened by Mayor Judith Osei on 6 May 2023",
        "The guest room costs 18 euros a night.",
        "Ada Quist took over the office from Bela Novak.",
        "For helpers broken lamps are paid by the guest.",
    ],
)
def test_what_the_documents_say_is_found(tmp_path: Path, claim: str) -> None:
    """The sentence with all facts of the claim is quoted."""
    (found,) = support(tmp_path, claim)
    assert found.quote is not None
    assert found.quote.text in TEXT


@pytest.mark.parametrize(
    "claim",
    [
        "Members must be at least 18 years old to join the rowing club.",
        "Members must be at most 16 years old to join the rowing club.",
        "Members must be at least 16 years old to join the chess club.",
        "The canal in Brenn was opened by Mayor Judith Osei on 7 May 2023",
        "The canal in Brenn was opened by Mayor Walter Osei on 6 May 2023",
        "The guest room costs 18 euros a week.",
        "Dogs are allowed in the club house.",
        "Bela Novak took over the office from Ada Quist.",
        "The guest room never costs 18 euros a night.",
        "Broken lamps are paid by the helpers.",
    ],
)
def test_one_changed_fact_is_not_supported(tmp_path: Path, claim: str) -> None:
    """A number, a name, a unit, who did it to whom, a heading's word, most for least, a "never" make another claim."""
    (found,) = support(tmp_path, claim)
    assert found.quote is None


def test_filters_and_messages_of_several_sentences(tmp_path: Path) -> None:
    """Each claim is looked for by itself, among the visible documents only; questions claim nothing."""
    message = "The guest room costs 18 euros a night. The guest room costs 19 euros a night. Does it? Yes!"
    both = support(tmp_path, message)
    assert [one.quote is not None for one in both] == [True, False]
    hidden = support(tmp_path, message, collections=frozenset({"elsewhere"}))
    assert [one.quote for one in hidden] == [None, None]


@pytest.mark.parametrize("message", ["", "   ", "Why?", "yes", "🙂🙂", "a" * 10_000])
def test_messages_without_a_claim(message: str) -> None:
    """Nothing to look for is no claim."""
    assert claims_of(message) == ()


def test_a_day_written_small_is_no_form_of_another(tmp_path: Path) -> None:
    """Words that are written alike and mean about the same are forms of one word, but "thursday" is not "Tuesday"."""
    day, another = (
        support(tmp_path / one, f"the office opens on {one} at noon", encoder=AllAlike())
        for one in ("tuesday", "thursday")
    )
    assert [one.quote is not None for one in (*day, *another)] == [True, False]


@pytest.mark.slow
def test_the_written_claims(tmp_path: Path) -> None:
    """Of the 20 true claims that the rule was made on at least 12 are found, and of the 20 false ones none is taken."""
    shutil.copytree(COMMUNITY / "seeds", tmp_path / "seeds")
    rows = [json.loads(line) for line in (COMMUNITY / "claims.jsonl").read_text(encoding="utf-8").splitlines()]
    # The part "report2" is for measuring only: a test that holds the rule to it would make it part of the tuning.
    known = [row for row in rows if row["part"] in {"tune", "report"}]
    engine = Engine.open(Config(root=tmp_path), threads=1)
    found = [(row["supported"], engine.find_source(row["claim"])[0].quote is not None) for row in known]
    engine.close()
    assert found.count((True, True)) >= 12
    assert found.count((False, True)) == 0
