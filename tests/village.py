"""A village in two documents, questions about it, and the modules of benchmarks/peers/: for tests of the comparison."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from qabot.datatypes import Span
from qabot.evaluation.datasets import Gold, Question

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
VILLAGE = {
    "hall.md": "# Hall\n\nThe hall opens at nine. The key is with Ann Hill.\n",
    "notes/pond.txt": "The pond is 3 metres deep.\nDucks live there. The pond froze in 1963.\n",
}


@contextmanager
def scripts() -> Iterator[Any]:
    """A function that imports a module of benchmarks/peers/ by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        patch.syspath_prepend(str(BENCHMARKS / "peers"))

        def load(name: str) -> ModuleType:
            return import_module(name)

        yield load


def letters(texts: Sequence[str]) -> Any:
    """An encoder by the letters' counts, each vector of length 1: texts of the same words are near."""
    counted = np.array([[text.lower().count(chr(at)) for at in range(97, 123)] for text in texts], dtype=np.float64)
    return counted / np.maximum(np.linalg.norm(counted, axis=1, keepdims=True), 1e-9)


def asked(script: Any, ident: str, text: str = "?", **golds: str) -> Any:
    """A question about the village: ``hall`` and ``pond`` say which words of which document answer it."""
    places = {"hall": "hall.md", "pond": "notes/pond.txt"}
    forms = []
    for name, words in golds.items():
        start = VILLAGE[places[name]].index(words)
        gold = Gold(words, Span(start, start + len(words)))
        forms.append(Question(text, (gold,), ident, id=ident, source=places[name]))
    return script("subsets").Asked(ident, text, tuple(forms) or (Question(text, (), ident, id=ident),))


def village(script: Any, *questions: Any) -> Any:
    """The village's documents with some questions."""
    return script("subsets").Subset("village", VILLAGE, questions)


def said(ident: str, answer: str | None, *, source: str | None = None, start: int | None = None) -> dict[str, Any]:
    """A peer's line."""
    end = None if start is None or answer is None else start + len(answer)
    about = {"answer": answer, "score": 0.7, "shown": True, "source": source, "start": start, "end": end}
    return {"id": ident, **about, "seconds": 0.01}


def judged(script: Any, tmp_path: Path, subset: Any, *lines: dict[str, Any]) -> list[Any]:
    """What the judge makes of some lines."""
    for source, text in subset.documents.items():
        (tmp_path / source).parent.mkdir(exist_ok=True)
        (tmp_path / source).write_bytes(text.encode("utf-8"))
    return list(script("judging").Judge(subset, tmp_path)(lines))
