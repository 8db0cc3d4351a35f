"""The measures against cases computed by hand, and EM and F1 against the published rules written once more here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qabot.evaluation.metrics import (
    area_under_risk_coverage,
    expected_calibration_error,
    holds_words,
    normalised,
    scored,
)

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def official_words(text: str) -> list[str]:
    """Lower case; no punctuation; no articles; split at white space. Written from the rules, not from our code."""
    kept = "".join(character for character in text.lower() if character not in PUNCTUATION)
    words, word = [], ""
    for character in f"{kept} ":
        if character.isalnum():
            word += character
            continue
        words.append(" " if word in {"a", "an", "the"} else word)
        words.append(character)
        word = ""
    return "".join(words).split()


def official_f1(shown: str, gold: str) -> float:
    """2.0's rules: words in common with repetition; if either side has none, 1 if both have none."""
    said, wanted = official_words(shown), official_words(gold)
    if not said or not wanted:
        return 1.0 if said == wanted else 0.0
    left, common = list(wanted), 0
    for word in said:
        if word in left:
            left.remove(word)
            common += 1
    if common == 0:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def official(shown: str, golds: list[str]) -> tuple[float, float]:
    """The best over the golds that have a word; without one, the only gold is the empty answer."""
    wanted = [gold for gold in golds if official_words(gold)] or [""]
    exact = [float(official_words(shown) == official_words(gold)) for gold in wanted]
    return max(exact), max(official_f1(shown, gold) for gold in wanted)


PIECES = st.sampled_from(
    ["a", "an", "The", "THE", "Cat", "cat", "cats", "3.5", "35", "U.S.", "-", "--", "\u2013", "isn't", "caf\u00e9", " ",
     "\t", "\n", "\u00a0", "_", "a.b", "\u0130"]
)  # fmt: skip
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from(["", " ", "  "])), max_size=6).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_em_and_f1_follow_the_published_rules(shown: str, golds: list[str]) -> None:
    """Any answer gets what a second implementation of the official rules gives it."""
    assert scored(shown, golds) == pytest.approx(official(shown, golds), abs=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Cat's  hat.", "cats hat"),
        ("an  apple a day", "apple day"),
        ("theatre and Ana", "theatre and ana"),
        ("1,000", "1000"),
        ("well-known", "wellknown"),
        ("the \u2013 end\u201d", "\u2013 end\u201d"),
        ("The a an!", ""),
        ("", ""),
    ],
)
def test_normalised(text: str, words: str) -> None:
    """Case, ASCII punctuation, whole-word articles and white space go; other signs stay, as in the official script."""
    assert normalised(text) == words


@pytest.mark.parametrize(
    ("shown", "golds", "em", "f1"),
    [
        ("more than 953", ["More than 953"], 1, 1),
        ("953", ["More than 953"], 0, 0.5),  # 1 in common of 1 and 3: P 1, R 1/3
        ("953", ["More than 953", "953"], 1, 1),  # the best gold counts
        ("the red red cat", ["red cat cat"], 0, 2 / 3),  # red, cat: P 2/3, R 2/3
        ("cat", ["dog"], 0, 0),
        ("", ["dog"], 0, 0),
        ("", [], 1, 1),
        ("dog", [], 0, 0),
        ("", [""], 1, 1),
        ("dog", ["", "the"], 0, 0),
        ("the", [], 1, 1),  # shows no word; the official script scores it so too
        ("best cat", ["cat", "best"], 0, 2 / 3),  # EM and F1 need not come from one gold
        (None, ["dog"], 0, 0),
        (None, [], 0, 0),
    ],
)
def test_scored_by_hand(shown: str | None, golds: list[str], em: float, f1: float) -> None:
    """EM and F1 with several golds, empty ones, none, an empty answer and a missing one."""
    assert scored(shown, golds) == pytest.approx((em, f1))


@pytest.mark.parametrize(
    ("text", "words", "holds"),
    [
        ("More than 953 people", "953", True),
        ("in 1953", "953", False),
        ("the U.S. Army", "US army", True),
        ("a cat", "the", False),
        ("", "", False),
        ("red hot cat", "red cat", False),
        ("Designed by Adelheid Krog[1] in 1871.", "Adelheid Krog", True),
        ("Spelt;500 g;5.20;Tuesday, Friday", "Tuesday, Friday", True),
        ("Open/closed", "closed", True),
        ("It costs 3.50 now", "50", False),
        ("the well-known inn", "known inn", False),
        ("...", "-", False),
    ],
)
def test_holds_words(text: str, words: str, holds: bool) -> None:
    """Whole words in one run count, parts of words and no words at all do not."""
    assert holds_words(text, words) is holds


def test_the_risk_coverage_area_by_hand() -> None:
    """Right, wrong, right in order of confidence, not of the file: risks 0, 1/2, 1/3 and their mean 5/18."""
    confidence, wrong = np.array([0.2, 0.9, 0.5]), np.array([False, False, True])
    assert area_under_risk_coverage(confidence, wrong) == pytest.approx(5 / 18)
    assert area_under_risk_coverage(np.array([0.9, 0.2]), np.array([True, False])) == pytest.approx((1 + 1 / 2) / 2)


def test_equal_confidences_share_their_risk() -> None:
    """Among equals the order in the file does not matter: one wrong of two gives 1/2, 1/2; then a wrong one 2/3."""
    confidence = np.array([0.7, 0.7, 0.1])
    for wrong in ([True, False, True], [False, True, True]):
        assert area_under_risk_coverage(confidence, np.array(wrong)) == pytest.approx((1 / 2 + 1 / 2 + 2 / 3) / 3)


def test_the_risk_coverage_area_of_extremes() -> None:
    """All right 0, all wrong 1, nothing None."""
    confidence = np.linspace(0.1, 0.9, 7)
    assert area_under_risk_coverage(confidence, np.zeros(7, dtype=bool)) == 0.0
    assert area_under_risk_coverage(confidence, np.ones(7, dtype=bool)) == 1.0
    assert area_under_risk_coverage(np.array([]), np.array([], dtype=bool)) is None


def test_the_calibration_error_by_hand() -> None:
    """Fifteen bins of two: half of them say 0.9 and have one right of two (0.4 apart), the others are exact."""
    confidence = np.array([0.9] * 16 + [0.0] * 14)
    right = np.array([True, False] * 8 + [False] * 14)
    assert expected_calibration_error(confidence, right) == pytest.approx(16 / 30 * 0.4)


def test_calibration_bins_hold_equal_numbers() -> None:
    """Fifteen bins of one prediction each: the error is the mean distance; bins of equal width would be fewer."""
    confidence = np.linspace(0.501, 0.515, 15)
    right = np.array([True, False] * 7 + [True])
    expected = np.abs(confidence - right).mean()
    assert expected_calibration_error(confidence, right) == pytest.approx(expected)
    assert expected_calibration_error(np.array([]), np.array([], dtype=bool)) is None
