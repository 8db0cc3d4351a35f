"""Asking the pinned questions, and comparing with the last time, which is kept beside the index."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from qabot.datatypes import Answer, Filters, NoAnswer
from qabot.pinned.questions import Pin, Pins, load_pins

RESULTS_NAME = "pinned.json"
_SCHEMA = 1
_TOP = 3  # quotes of the answer, any of which may hold what is wanted


class AskedEngine(Protocol):
    """What is needed of the Engine."""

    @property
    def generation_id(self) -> str:
        """The index in service."""

    def ask(self, question: str, *, filters: Filters, top: int) -> Answer | NoAnswer:
        """Answer one question."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one question did. ``said``: the short answer with its document, or the reason of the refusal."""

    pin: Pin
    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class PinnedReport:
    """All questions over one generation; ``broken`` and ``mended`` since they were asked before."""

    generation: str
    outcomes: tuple[Outcome, ...]
    broken: tuple[Outcome, ...] = ()
    mended: tuple[Outcome, ...] = ()

    @property
    def failing(self) -> tuple[Outcome, ...]:
        """Those that do not hold, the broken ones included."""
        return tuple(outcome for outcome in self.outcomes if not outcome.holds)


@dataclass(frozen=True, slots=True)
class PinnedQuestions:
    """A file of questions, and the folder of the index beside which the results are kept."""

    path: Path
    embeddings: Path
    _told: dict[Pin, bool] = field(default_factory=dict)  # whether each held, when this process asked the last time

    def run(self, engine: AskedEngine, *, stopped: Callable[[], bool] = lambda: False) -> PinnedReport | None:
        """Ask them all, unless they were asked of this very generation; None without a file, or once ``stopped``.

        What was broken and mended is told by comparing with what this process knew; at first, with what is kept.

        Raises:
            ConfigError: if the file is malformed.
            QabotError: whatever the engine raises.
        """
        pins = load_pins(self.path)
        if pins is None:
            return None
        generation = engine.generation_id
        known = kept_report(self.embeddings, pins)
        if known is not None and known.generation == generation:
            return self._compared(known, self._told)
        outcomes = []
        for pin in pins.pins:
            if stopped():
                return None
            outcomes.append(_outcome(pin, engine.ask(pin.question, filters=Filters(), top=_TOP)))
        before = {outcome.pin: outcome.holds for outcome in _kept(self.embeddings)}
        self._keep(generation, pins, outcomes)
        return self._compared(PinnedReport(generation, tuple(outcomes)), self._told or before)

    def _compared(self, report: PinnedReport, before: Mapping[Pin, bool]) -> PinnedReport:
        """With what changed since ``before``; another process may have asked them, and told nobody who listens here."""
        told = replace(
            report,
            broken=tuple(one for one in report.outcomes if not one.holds and before.get(one.pin) is True),
            mended=tuple(one for one in report.outcomes if one.holds and before.get(one.pin) is False),
        )
        self._told.clear()
        self._told.update({one.pin: one.holds for one in report.outcomes})
        return told

    def _keep(self, generation: str, pins: Pins, outcomes: list[Outcome]) -> None:
        """Without room or right to write, the next run only does not know what changed."""
        kept = {
            "schema": _SCHEMA,
            "generation": generation,
            "sha256": pins.sha256,
            "outcomes": [{**asdict(one.pin), "holds": one.holds, "said": one.said} for one in outcomes],
        }
        aside = self.embeddings / f"{RESULTS_NAME}.tmp"
        try:
            aside.write_text(json.dumps(kept), encoding="utf-8")
            aside.replace(self.embeddings / RESULTS_NAME)
        except OSError:  # a full disk may have given the file and no room for what it should hold
            with suppress(OSError):
                aside.unlink()


def kept_report(embeddings: Path, pins: Pins) -> PinnedReport | None:
    """How these questions did when they were last asked; None if they were not."""
    kept = _read(embeddings)
    if kept is None or kept.get("sha256") != pins.sha256:
        return None
    return PinnedReport(str(kept.get("generation")), tuple(_kept(embeddings)))


def _kept(embeddings: Path) -> list[Outcome]:
    kept = _read(embeddings)
    try:
        return [
            Outcome(Pin(one["question"], one["quote"], one["source"]), bool(one["holds"]), str(one["said"]))
            for one in (kept or {})["outcomes"]
        ]
    except (KeyError, TypeError):
        return []


def _read(embeddings: Path) -> dict[str, Any] | None:
    path = embeddings / RESULTS_NAME
    try:
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and kept.get("schema") == _SCHEMA else None


def _outcome(pin: Pin, result: Answer | NoAnswer) -> Outcome:
    if isinstance(result, NoAnswer):
        return Outcome(pin, pin.quote is None, f"no answer ({result.reason})")
    said = f"{_flat(result.text)} ({result.quotes[0].source})"
    if pin.quote is None:
        return Outcome(pin, holds=False, said=said)
    wanted = _flat(pin.quote)
    holds = any(
        wanted in _flat(quote.text) and (pin.source is None or quote.source == pin.source) for quote in result.quotes
    )
    return Outcome(pin, holds, said)


def _flat(text: str) -> str:
    return " ".join(text.split())
