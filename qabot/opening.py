"""What the command line needs of an engine, and how it opens one; tests bring their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from qabot.chat import AskingEngine
from qabot.config import Config
from qabot.datatypes import Candidate, Document

if TYPE_CHECKING:  # it would bring the libraries of the index
    from qabot.own_calibration import OwnCalibration


class OpenedEngine(AskingEngine, Protocol):
    """What the command line needs of the Engine."""

    @property
    def generation_id(self) -> str:
        """The index that answers."""

    def candidates(self, question: str, k: int) -> Sequence[Candidate]:
        """The passages most worth reading, best first."""

    def document(self, document_id: str) -> Document:
        """A document as it was read."""

    @property
    def own_calibration(self) -> OwnCalibration:
        """Of the documents that it answers from."""

    def set_calibration_aside(self) -> None:
        """Answer with the shipped probabilities from now on."""

    def tidy(self) -> bool:
        """As WatchedEngine says."""

    def close(self) -> None:
        """Let go of files and threads."""


class EngineFactory(Protocol):
    """How an Engine is opened."""

    def __call__(self, config: Config, *, progress: Callable[[str, int, int], None], full: bool) -> OpenedEngine:
        """Open the engine over the configured folder, with an index that is up to date (``full``: built anew)."""


def open_engine(config: Config, *, progress: Callable[[str, int, int], None], full: bool) -> OpenedEngine:
    """The Engine itself, as EngineFactory says."""
    from qabot.engine import Engine  # usage errors and --help do not wait for it

    return Engine.open(config, progress=progress, full=full)
