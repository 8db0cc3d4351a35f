"""An engine for calibration tests: it says what it is told to say, as sure as it is told to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from line_engine import LineCalibration
from results import answer, no_answer, quote

from qabot.answerer import DATE_NOTES
from qabot.config import Config
from qabot.datatypes import Answer, Document, Filters, NoAnswer, Problem
from qabot.documents.plain import plain_blocks

Said = tuple[str, float]  # an answer and the shipped probability that it is right


@dataclass
class ScriptedEngine:
    """``says``: question -> answer; what is not in it is refused. ``dates``: questions answered with a stated date."""

    says: Mapping[str, Said] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    dates: frozenset[str] = frozenset()
    generation_id: str = "g1"
    own_calibration: LineCalibration = field(default_factory=LineCalibration)
    configs: list[Config] = field(default_factory=list)
    asked: list[tuple[str, Filters]] = field(default_factory=list)
    aside: bool = False
    closed: bool = False

    def open(self, config: Config) -> "ScriptedEngine":
        """Remember what it was opened with."""
        self.configs.append(config)
        return self

    def set_calibration_aside(self) -> None:
        """Shipped probabilities from now on."""
        self.aside = True

    def ask(self, question: str, *, filters: Filters, top: int) -> Answer | NoAnswer:
        """The scripted answer."""
        assert self.aside, "what is kept must not be fitted on itself"
        assert top == 1
        self.asked.append((question, filters))
        if question not in self.says:
            return no_answer("no_candidates", confidence=0.0)
        text, confidence = self.says[question]
        notes = DATE_NOTES if question in self.dates else ("1 passage read",)
        return answer(quote(text, (0, len(text))), confidence=confidence, notes=notes)

    def candidates(self, question: str, k: int) -> tuple[()]:
        """Not asked for."""
        raise NotImplementedError

    def document(self, document_id: str) -> Document:
        """A document with its blocks."""
        text = self.texts[document_id]
        return Document(document_id, text, "a" * 64, "utf-8", "plain", plain_blocks(text, 0))

    def documents(self) -> tuple[Any, ...]:
        """All of them."""
        return tuple(self.document(one) for one in self.texts)

    def problems(self) -> tuple[Problem, ...]:
        """None."""
        return ()

    def close(self) -> None:
        """Remember it."""
        self.closed = True
