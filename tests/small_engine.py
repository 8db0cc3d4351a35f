"""The real Engine over real files, with an encoder that hashes words and a reader that knows one form of sentence.

``The code of KEY is VALUE.`` answers "What is the code of KEY?". Everything between is qabot's own: listing, building,
switching, searching, quoting, and comparing quotes with their files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from small_index import IDENTITY, HashedWords

from qabot.config import Config
from qabot.datatypes import Answer, NoAnswer, Quote, Span
from qabot.engine import Engine
from qabot.reader import Reading, ScoredSpan
from qabot.weights import load_tokenizer

# Words that the tokenizer knows, so that none is taken for a misspelt other one.
KEYS = ("garden", "window", "river", "mountain", "doctor", "bottle", "silver", "castle")
TOML = "[answers]\nthreshold = 0.0\n"


class CodeReader:
    """Finds the value behind the last word of the question."""

    def __init__(self) -> None:
        self.tokenizer = _tokenizer()

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """Every value that the passage has for that word."""
        del context
        key = re.findall(r"\w+", question)[-1]
        found = re.finditer(rf"code of {key} is (\w+)", passage)
        return Reading(tuple(ScoredSpan(Span(*one.span(1)), 12.0) for one in found), 0.0)

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """As each by itself."""
        return [self.read(question, text) for text, _ in pieces]


@cache
def _tokenizer() -> Any:
    return load_tokenizer()


class Forgetful(HashedWords):
    """Keeps no list of what it embedded, so that memory is the engine's alone."""

    def encode(self, text: str) -> NDArray[np.float32]:
        """As HashedWords."""
        vector = super().encode(text)
        self.encoded.clear()
        return vector


@contextmanager
def small_models() -> Iterator[None]:
    """Inside of the block engines are opened with the small models."""
    with (
        patch("qabot.engine.load_encoder", lambda *_, **__: Forgetful()),
        patch("qabot.upkeep.shipped_identity", lambda: IDENTITY.encoder),
        patch("qabot.engine.OnnxReader.load", lambda **_: CodeReader()),
    ):
        yield


def open_small(root: Path) -> Engine:
    """An engine over ``root``, inside of ``small_models``."""
    (root / "seeds").mkdir(parents=True, exist_ok=True)
    (root / "qabot.toml").write_text(TOML, encoding="utf-8")
    return Engine.open(Config.load(root, {}), threads=1)


def text_of(key: str, value: str) -> str:
    """A document that says one thing."""
    return f"The code of {key} is {value}.\n\nNothing else of any use stands on this page.\n"


def question_about(key: str) -> str:
    """What the document answers."""
    return f"What is the code of {key}?"


def quotes_of(result: Answer | NoAnswer) -> tuple[Quote, ...]:
    """Every quote that a person would see."""
    if isinstance(result, NoAnswer):
        return result.nearest
    return (*result.quotes, *(quote for other in result.others for quote in other.quotes))
