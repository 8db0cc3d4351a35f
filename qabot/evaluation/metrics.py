"""The measures themselves: pure functions of texts and numbers, each defined for empty input.

EM and F1 follow the published SQuAD evaluation: Rajpurkar et al. 2016 (1.1), Rajpurkar, Jia and Liang 2018 (2.0).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ECE_BINS = 15
ECE_LEAST = 500  # with fewer predictions the bins hold too few of them to say anything

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_WORD = re.compile(r"\w+(?:[.,:'\u2019-]\w+)*")  # "3.5", "10:30", "o'neil", "well-known" are one
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and superfluous white space; perhaps nothing is left."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split())


def scored(shown: str | None, golds: Iterable[str]) -> tuple[float, float]:
    """EM and F1 of what was shown, each the best over the gold answers.

    Gold answers without a word do not count. Where none is left, or there was none, the question is unanswerable: an
    empty ``shown`` scores 1, anything else 0. ``None`` is a prediction that is missing and scores 0 in any case.
    """
    if shown is None:
        return 0.0, 0.0
    wanted = [gold for gold in golds if normalised(gold)] or [""]
    return max(_exact(shown, gold) for gold in wanted), max(_f1(shown, gold) for gold in wanted)


def _exact(shown: str, gold: str) -> float:
    return float(normalised(shown) == normalised(gold))


def _f1(shown: str, gold: str) -> float:
    """Harmonic mean of the shares of words in common, counted with repetition; without words: whether both are so."""
    said, wanted = normalised(shown).split(), normalised(gold).split()
    if not said or not wanted:
        return float(said == wanted)
    return 2 * (Counter(said) & Counter(wanted)).total() / (len(said) + len(wanted))


def holds_words(text: str, words: str) -> bool:
    """Whether the normalised ``words``, one at least, stand in the normalised ``text``: whole words, one run.

    Also where normalising, which deletes punctuation, would glue them to a neighbour: "Krog[1]", "5.20;Tuesday".
    """
    return any(f" {wanted} " in f" {held} " for wanted, held in zip(_runs(words), _runs(text), strict=True) if wanted)


def _runs(text: str) -> tuple[str, str]:
    """The words with punctuation deleted, and with whatever does not belong to a word between them."""
    return normalised(text), " ".join(_ARTICLES.sub(" ", " ".join(_WORD.findall(text.lower()))).split())


def risks(confidence: Floats, wrong: Flags) -> Floats:
    """The risk-coverage curve, shape (n,): at k - 1 the share of wrong answers among the k most confident questions.

    Of questions with equal confidence, the wrong ones count as evenly spread. Both inputs have shape (n,). Source:
    Geifman and El-Yaniv 2017 (NIPS): Selective Classification for Deep Neural Networks.
    """
    _, group = np.unique(-confidence, return_inverse=True)  # 0: the most confident
    rate = np.bincount(group, wrong) / np.bincount(group)
    curve: Floats = np.cumsum(rate[np.sort(group)]) / np.arange(1, len(confidence) + 1)
    return curve


def area_under_risk_coverage(confidence: Floats, wrong: Flags) -> float | None:
    """The mean of the risk-coverage curve over all coverages; lower is better. Both inputs have shape (n,).

    Source: the curve of Geifman and El-Yaniv 2017, its area as in Geifman, Uziel and El-Yaniv 2019 (ICLR); over every
    question, as in Kamath, Jia and Liang 2020 (ACL).
    """
    return float(risks(confidence, wrong).mean()) if len(confidence) else None


def expected_calibration_error(confidence: Floats, right: Flags) -> float | None:
    """How far stated confidence and share of right ones are apart, on average over 15 bins of equal numbers.

    Both inputs have shape (n,). Source: Naeini, Cooper and Hauskrecht 2015 (AAAI), with bins of equal mass as in Nixon
    et al. 2019.
    """
    if not len(confidence):
        return None
    apart = (confidence - right)[np.argsort(confidence, kind="stable")]
    return sum(abs(float(bin_.sum())) for bin_ in np.array_split(apart, ECE_BINS)) / len(apart)
