"""The terms' part of a generation: BM25 over the stems of each chunk, with Tantivy.

Row for row with the chunks. Questions become queries through the analyser's terms only, never through Tantivy's query
syntax: what members type is not a query (``parse_query`` raises on ``"x`` and ``a:b``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qabot.errors import IndexNotWritten
from qabot.index.durable import cause_of

if TYPE_CHECKING:
    import tantivy

TERMS_NAME = "terms"
_ANALYSER = "qabot_en"
_HEAP_BYTES = 50_000_000
_LONGEST_WORD_BYTES = 64
_COMPARED = 1000
_OS_ERROR = re.compile(r"\(os error ([0-9]+)\)")


class TermsWriter:
    """Fills a new folder with the terms of rows. One thread, so that the order of rows is the order of ``add``."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        folder.mkdir()
        self._folder = folder
        try:
            index = tantivy.Index(_schema(), path=str(folder))
            index.register_tokenizer(_ANALYSER, analyser())
            self._writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        except ValueError as error:
            raise self._refused(error) from error

    def add(self, rows: Iterable[tuple[int, str]]) -> None:
        """Index the text of each row.

        Raises:
            IndexNotWritten: if the disk refuses.
        """
        import tantivy

        for row, text in rows:
            document = tantivy.Document()
            document.add_text("body", text)
            document.add_unsigned("row", row)
            try:
                self._writer.add_document(document)
            except ValueError as error:
                raise self._refused(error) from error

    def finish(self) -> None:
        """Commit, and leave nothing in the folder but data.

        Raises:
            IndexNotWritten: if the disk refuses.
        """
        try:
            self._writer.commit()
            self._writer.wait_merging_threads()
        except ValueError as error:
            raise self._refused(error) from error
        for lock in self._folder.glob(".tantivy-*.lock"):
            lock.unlink()

    def _refused(self, error: ValueError) -> IndexNotWritten:
        # Tantivy words every failure of its own thread as a ValueError; at this point it is the disk's.
        number = _OS_ERROR.search(str(error))
        said = f"Tantivy says {error}", "Free space or allow writing there"
        cause, remedy = cause_of(OSError(int(number[1]), str(error))) if number else said
        return IndexNotWritten(
            f"the index could not be written to {self._folder.parent.parent}: {cause}; "
            "the previous one, if any, stays in service",
            remedy=f"{remedy}, then run qabot index.",
        )


class Terms:
    """Search over the terms of one generation. Thread-safe: a searcher is a fixed view."""

    def __init__(self, searcher: tantivy.Searcher, schema: tantivy.Schema) -> None:
        self._searcher = searcher
        self._schema = schema
        self._analyser = analyser()

    @classmethod
    def open(cls, folder: Path) -> Terms:
        """Open a folder that TermsWriter filled. Writes lock files there, so ``folder`` must be a private copy.

        Raises:
            ValueError: if Tantivy cannot make sense of it.
        """
        import tantivy

        index = tantivy.Index.open(str(folder))
        index.config_reader("manual")  # a generation never changes: nothing to watch for
        index.register_tokenizer(_ANALYSER, analyser())
        return cls(index.searcher(), index.schema)

    @property
    def count(self) -> int:
        """Rows."""
        return int(self._searcher.num_docs)

    def analyse(self, text: str) -> list[str]:
        """The stems of ``text`` as they are indexed, in order, repeated where the text repeats them."""
        return list(self._analyser.analyze(text))

    def search(self, terms: Sequence[str], k: int, rows: NDArray[np.int64] | None = None) -> list[tuple[int, float]]:
        """The ``k`` rows with the highest BM25 for any of ``terms`` (stems); best first, equal ones by row.

        Args:
            terms: stems from ``analyse``; repeated ones count once.
            k: how many at most; rows with none of the terms are not returned.
            rows: the only ones that may be returned, int64; None: every row.
        """
        import tantivy

        unique = list(dict.fromkeys(terms))
        if not unique or k <= 0 or self.count == 0 or (rows is not None and len(rows) == 0):
            return []
        should = [(tantivy.Occur.Should, self._term(term)) for term in unique]
        query = self._among(tantivy.Query.boolean_query(should), rows)
        hits = self._searcher.search(query, limit=min(k, self.count), count=False).hits
        found = self._searcher.fast_field_values("row", [address for _, address in hits])
        rows_found: list[int] = found  # type: ignore[assignment] # an unsigned field that every row has
        scored = [(row, float(score)) for row, (score, _) in zip(rows_found, hits, strict=True)]
        return sorted(scored, key=lambda hit: (-hit[1], hit[0]))

    def occurring(self, stems: Iterable[str], rows: NDArray[np.int64] | None = None) -> frozenset[str]:
        """Those of the stems that any of ``rows`` (None: any row) holds."""
        anywhere = frozenset(stem for stem in stems if self._searcher.doc_freq("body", stem))
        if rows is None or len(rows) == self.count:
            return anywhere
        mask = np.zeros(self.count, dtype=bool)
        mask[rows] = True
        return frozenset(stem for stem in anywhere if self._occurs_among(stem, mask))

    def _term(self, term: str) -> tantivy.Query:
        import tantivy

        return tantivy.Query.term_query(self._schema, "body", term, "freq")

    def _among(self, query: tantivy.Query, rows: NDArray[np.int64] | None) -> tantivy.Query:
        """Restrict a query to rows; the restriction adds nothing to the score (a bare Must would add its BM25)."""
        import tantivy

        if rows is None or len(rows) == self.count:
            return query
        allowed = tantivy.Query.term_set_query(self._schema, "row", rows.tolist())
        must = [query, tantivy.Query.const_score_query(allowed, 0.0)]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, part) for part in must])

    def _occurs_among(self, stem: str, mask: NDArray[np.bool_]) -> bool:
        """Whether a row of ``mask``, shape (count,), holds the stem.

        A query over a hundred thousand rows takes a tenth of a second. Rare stems can be compared row by row, and of
        a frequent one some row nearly always shows among the first.
        """
        first = self.search([stem], _COMPARED)
        if any(mask[row] for row, _ in first):
            return True
        return len(first) == _COMPARED and bool(self.search([stem], 1, np.flatnonzero(mask)))


def analyser() -> tantivy.TextAnalyzer:
    """Words at anything that is no letter or digit, lower case, without accents, stemmed (Porter's for English).

    The same for chunks and questions. Tantivy forgets analysers with the process: registered at each open.
    """
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


def _schema() -> tantivy.Schema:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", stored=False, tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_unsigned_field("row", indexed=True, fast=True)
    return builder.build()
