"""Text -> stems, the same for chunks and questions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tantivy

_LONGEST_WORD_BYTES = 64


def analyse(text: str) -> list[str]:
    """The stems of ``text`` in order, repeated where the text repeats them.

    Words at anything that is no letter or digit, lower case, without accents, stemmed (Porter's for English).
    """
    return list(_analyser().analyze(text))


@cache
def _analyser() -> tantivy.TextAnalyzer:
    import tantivy

    steps = (
        tantivy.Filter.remove_long(_LONGEST_WORD_BYTES),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    )
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in steps:
        builder = builder.filter(step)
    return builder.build()
