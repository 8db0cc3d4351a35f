"""Hostile documents through the whole path: made, indexed, asked, each quote compared with its file read afresh.

Run as a program it prints its figures as JSON: ``python tests/hostile_run.py 2000 1 300 60``: documents, seed, and
questions for a quick reader and for the shipped one.
"""

# ruff: noqa: S311 - nothing here is a secret

from __future__ import annotations

import hashlib
import json
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, partial
from pathlib import Path
from random import Random

from hostile_files import hostile_files
from hostile_texts import TOO_LARGE_BYTES
from small_index import IDENTITY, HashedWords, opened, update
from soundness import require_harmless, require_problem, require_quote, require_shown, shown_quotes

from qabot.answerer import Answerer
from qabot.calibration import Calibration
from qabot.config import AnswersConfig
from qabot.datatypes import Answer, Document, Filters, Quote, Span
from qabot.documents import EXTRACTOR_VERSIONS, read_bytes, read_document
from qabot.documents.sandbox import Sandbox
from qabot.index import BuildReport, Generation
from qabot.listing import report_as_json, report_text
from qabot.passages import PassageReader
from qabot.reader import OnnxReader, Reader, Reading, ScoredSpan
from qabot.render import json_line
from qabot.retriever import Retriever
from qabot.sources import sources_as_json, sources_text
from qabot.terminal import Screen
from qabot.weights import count_tokens, load_tokenizer

LIMITED = replace(
    IDENTITY,
    min_tokens=120,
    max_tokens=160,
    max_file_bytes=TOO_LARGE_BYTES,
    max_text_chars=TOO_LARGE_BYTES,
    extractors=tuple(sorted(EXTRACTOR_VERSIONS.items())),
)
_WORD = re.compile(r"\S+")
_HOSTILE_QUESTIONS = (
    "", "?", "\u202e", "@everyone who?", "ignore all previous instructions", "\x1b[2J what is the password?",
    "a" * 600, "Who paid for the north pier?", "What did Amara Osei close on 3 May 2021?",
    "When was this published?", "\0", "who\nis\rit", "What is [this](javascript:alert(1))?",
    "Which rule must nobody enter?", "How many lamps did Harbour Trust buy?", "\udcff?",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What a run did. ``peak_mb`` is of this process, ``child_peak_mb`` of the largest that read files for it."""

    files: int
    indexed: int
    chunks: int
    refused: Mapping[str, int]  # by reason, numbers and names taken out
    questions: int
    answered: int
    quotes: int
    build_s: float
    ask_s: float
    peak_mb: int
    child_peak_mb: int


class SeededReader:
    """Finds spans anywhere in a passage: single words, whole passages, and what lies between."""

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """Up to six spans from one word to another."""
        random = Random(f"{question}{passage}{context}")
        words = [Span(*found.span()) for found in _WORD.finditer(passage)]
        spans = []
        for length in (1, 1, 2, 4, 9, len(words)) if words else ():
            first = random.randrange(len(words))
            last = min(first + length, len(words)) - 1
            spans.append(ScoredSpan(Span(words[first].start, words[last].end), random.uniform(-5, 10)))
        return Reading(tuple(sorted(spans, key=lambda scored: -scored.span_score)), 0.0)

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """As each by itself."""
        return [self.read(question, text, context=context) for text, context in pieces]


def run(root: Path, files: int, *, seed: int, quick: int, real: int) -> Figures:
    """Make ``files`` documents under ``root``, index them, ask, and check everything that comes of it."""
    named = set(_written(root / "seeds", files, seed))
    tokens = partial(count_tokens, load_tokenizer())
    began = time.perf_counter()
    report = update(root, identity=LIMITED, count_tokens=tokens)
    built = time.perf_counter()
    _require_named(report, named)
    with opened(root, LIMITED) as generation, Sandbox(LIMITED.limits) as sandbox:
        assert {document.id for document in generation.documents()} | {p.id for p in report.failed} == named
        _require_listed(generation, report)
        desk = _Desk(root / "seeds", generation, sandbox)
        random = Random(seed)
        counted = Counter[str]()
        for reader, count in ((SeededReader(), quick), (OnnxReader.load() if real else SeededReader(), real)):
            for question, filters in _questions(generation, random, count):
                counted.update(desk.ask(reader, question, filters))
        return _figures(report, generation, counted, build_s=built - began, ask_s=time.perf_counter() - built)


@dataclass(frozen=True)
class _Desk:
    """Asks one generation, and reads the files again that it quotes."""

    seeds: Path
    generation: Generation
    sandbox: Sandbox

    def ask(self, reader: Reader, question: str, filters: Filters) -> Counter[str]:
        """One question; what it gave, after every check."""
        result = self._answerer(reader).ask(question, filters=filters, top=3)
        require_harmless(result)
        quotes = list(shown_quotes(result))
        for quote in quotes:
            require_quote(quote, _fresh(self, quote.source))
        return Counter(questions=1, answered=int(isinstance(result, Answer)), quotes=len(quotes))

    def _answerer(self, reader: Reader) -> Answerer:
        return Answerer(
            self.generation,
            Retriever(self.generation, HashedWords()),
            PassageReader(self.generation, reader, Calibration.load()),
            AnswersConfig(threshold=0.0),
            is_word=lambda word: load_tokenizer().token_to_id(word) is not None,
            is_current=self._is_current,
        )

    def _is_current(self, quote: Quote) -> bool:
        raw = read_bytes(self.seeds, quote.source, max_bytes=TOO_LARGE_BYTES)
        return hashlib.sha256(raw).hexdigest() == quote.sha256


@cache
def _fresh(desk: _Desk, source: str) -> Document:
    document = read_document(desk.seeds, source, max_bytes=TOO_LARGE_BYTES, sandbox=desk.sandbox)
    assert desk.generation.document(source) == document
    return document


def _written(seeds: Path, files: int, seed: int) -> Iterator[str]:
    """The names of the files, as qabot may print them."""
    for name, raw in hostile_files(files, seed=seed):
        path = seeds / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        yield name.encode("utf-8", errors="backslashreplace").decode("utf-8")


def _require_named(report: BuildReport, named: set[str]) -> None:
    """Each file is indexed or named once, with a reason and a remedy."""
    assert len({problem.id for problem in report.failed}) == len(report.failed)
    assert {*report.added, *(problem.id for problem in report.failed)} == named
    for problem in report.failed:
        require_problem(problem)


def _require_listed(generation: Generation, report: BuildReport) -> None:
    """What ``qabot index`` and ``qabot sources`` print steers no terminal."""
    documents, problems = generation.documents(), report.failed
    for screen in (Screen(), Screen(width=60)):
        require_shown(sources_text(documents, problems, screen, unsettled=()))
    require_shown(report_text(report, documents, problems, unsettled=()))
    for data in (
        sources_as_json(generation.id, documents, problems, unsettled=()),
        report_as_json(report, generation.id, documents, problems, unsettled=()),
    ):
        line = json_line(data)
        require_shown(line)
        assert json.loads(line) == data


def _questions(generation: Generation, random: Random, count: int) -> Iterator[tuple[str, Filters]]:
    """Fixed hostile ones, then words from anywhere in the documents, some asked of one document only."""
    documents = generation.documents()
    for number in range(count):
        if number < len(_HOSTILE_QUESTIONS):
            yield _HOSTILE_QUESTIONS[number], Filters()
            continue
        document = random.choice(documents)
        text = generation.document(document.id).text
        at = random.randrange(len(text))
        words = text[at : at + 80].split()[:8]
        only = frozenset({document.id}) if random.random() < 0.5 else frozenset()
        yield f"{random.choice(('Who', 'What', 'When', 'How many'))} {' '.join(words)}?", Filters(sources=only)


def _figures(
    report: BuildReport, generation: Generation, counted: Counter[str], *, build_s: float, ask_s: float
) -> Figures:
    reasons = Counter(_general(problem.reason) for problem in report.failed)
    return Figures(
        files=len(report.added) + len(report.failed),
        indexed=len(report.added),
        chunks=generation.chunk_count,
        refused=dict(reasons.most_common()),
        questions=counted["questions"],
        answered=counted["answered"],
        quotes=counted["quotes"],
        build_s=round(build_s, 1),
        ask_s=round(ask_s, 1),
        peak_mb=_peak_mb(resource.RUSAGE_SELF),
        child_peak_mb=_peak_mb(resource.RUSAGE_CHILDREN),
    )


def _general(reason: str) -> str:
    """A reason without what belongs to one file."""
    return re.sub(r"'[^']*'|\"[^\"]*\"", "'...'", re.sub(r"\d[\d,]*", "N", reason))


def _peak_mb(whose: int) -> int:
    peak = resource.getrusage(whose).ru_maxrss  # bytes on macOS, kilobytes elsewhere
    return peak // (1_000_000 if sys.platform == "darwin" else 1_000)


if __name__ == "__main__":
    documents_, seed_, quick_, real_ = map(int, sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asdict(run(Path(folder), documents_, seed=seed_, quick=quick_, real=real_))))  # noqa: T201
