"""Sentence splitters on the labelled sets of tests/data/sentences: accuracy, import time and speed.

    python benchmarks/sentence_splitters.py

needs whichever of nupunkt, sentencex, syntok and pysbd should be compared (``pip install nupunkt sentencex syntok
pysbd``); those not installed are named. A case is right if every boundary of its paragraph is right and none is
invented. The sets are small and written by the authors: differences of one or two cases mean nothing.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from qabot.datatypes import Block, Document, Span

DATA = Path(__file__).parent.parent / "tests" / "data" / "sentences"
SPEED_CHARS = 200_000
IMPORTS = {
    "nupunkt": "from nupunkt import sent_spans; sent_spans('A b.')",
    "sentencex": "import sentencex; sentencex.segment('en', 'A b.')",
    "syntok": "import syntok.segmenter as s; list(s.analyze('A b.'))",
    "pysbd": "import pysbd; pysbd.Segmenter('en').segment('A b.')",
    "qabot": "import qabot.sentences as s; s.prose_starts('A b.')",
}

Split = Callable[[str], list[str]]


def _nupunkt() -> Split:
    from nupunkt import sent_spans

    return lambda text: [text[start:end] for start, end in sent_spans(text)]


def _sentencex() -> Split:
    import sentencex

    return lambda text: list(sentencex.segment("en", text))


def _syntok() -> Split:
    from syntok import segmenter

    def split(text: str) -> list[str]:
        sentences = [s for paragraph in segmenter.analyze(text) for s in paragraph]
        return [text[s[0].offset : s[-1].offset + len(s[-1].value)] for s in sentences]

    return split


def _pysbd() -> Split:
    import pysbd

    segmenter = pysbd.Segmenter(language="en", clean=False)
    return lambda text: list(segmenter.segment(text))


def _qabot() -> Split:
    from qabot.sentences import sentence_spans

    def split(text: str) -> list[str]:
        blocks = (Block("paragraph", Span(0, len(text))),)
        document = Document("a.txt", text, sha256="", encoding="utf-8", extractor="plain", blocks=blocks)
        return [span.of(text) for span in sentence_spans(document)]

    return split


CANDIDATES = {"nupunkt": _nupunkt, "sentencex": _sentencex, "syntok": _syntok, "pysbd": _pysbd, "qabot": _qabot}


def labelled(name: str) -> list[tuple[str, str, list[str]]]:
    """The cases of one set: kind, paragraph, its sentences."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    cases = []
    for line in lines:
        if line and not line.startswith("#"):
            kind, marked = line.replace("⏎", "\n").split("\t")
            cases.append((kind, marked.replace("‖", ""), [part.strip() for part in marked.split("‖")]))
    return cases


def starts(text: str, sentences: list[str]) -> list[int]:
    """Where each sentence begins, white space not counted, so that splitters that drop it can be compared."""
    del text
    counts = [len("".join(sentence.split())) for sentence in sentences]
    return [sum(counts[:n]) for n in range(len(counts)) if counts[n]]


def accuracy(split: Split, cases: list[tuple[str, str, list[str]]], *, show: bool) -> int:
    """How many cases come out exactly as labelled."""
    right = 0
    for kind, text, gold in cases:
        found = split(text)
        if starts(text, found) == starts(text, gold):
            right += 1
        elif show:
            print(f"    {kind}: {' ‖ '.join(part.strip() for part in found)}")
    return right


def import_ms(statement: str) -> float:
    """Median of five fresh processes from start to first split, less that of an empty one."""

    def run(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    empty = statistics.median(run("pass") for _ in range(5))
    return 1000 * (statistics.median(run(statement) for _ in range(5)) - empty)


def main() -> None:
    """Print one line a candidate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", metavar="SET", help="print the wrong cases of one set: tuning or reported")
    errors = parser.parse_args().errors
    sets = {name: labelled(f"{name}.txt") for name in ("tuning", "reported")}
    prose = " ".join(text.replace("\n", " ") for cases in sets.values() for _, text, _ in cases)
    prose = (prose + "\n\n") * (SPEED_CHARS // len(prose))
    print(f"{'splitter':10} {'tuning':>10} {'reported':>10} {'first split, ms':>16} {'chars/s':>12}")
    for name, load in CANDIDATES.items():
        if name != "qabot" and find_spec(name) is None:
            print(f"{name:10} not installed")
            continue
        split = load()
        right = [f"{accuracy(split, cases, show=errors == key)}/{len(cases)}" for key, cases in sets.items()]
        began = time.perf_counter()
        for paragraph in filter(None, prose.split("\n\n")):
            split(paragraph)
        speed = len(prose) / (time.perf_counter() - began)
        print(f"{name:10} {right[0]:>10} {right[1]:>10} {import_ms(IMPORTS[name]):16.0f} {speed:12,.0f}")


if __name__ == "__main__":
    main()
