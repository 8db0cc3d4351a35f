"""qabot itself, as it ships: the engine over a folder of seeds, asked for its best answer at any confidence."""

from __future__ import annotations

from pathlib import Path

from asking import Ask, Documents, Models, Peer, Said, run

from qabot.calibration import Calibration
from qabot.config import Config
from qabot.datatypes import NoAnswer
from qabot.engine import Engine
from qabot.evaluation.asking import refusing_nothing


def build(documents: Documents, index: Path, models: Models) -> None:
    """Write the documents as seeds and build their index; the models are those in the package."""
    del models
    for source, text in documents.items():
        path = index / "seeds" / source
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    Engine.open(Config.load(index)).close()


def load(index: Path, models: Models) -> Ask:
    """Open the engine; what is shown by default is told from what is known."""
    del models
    threshold = Calibration.load().threshold
    engine = Engine.open(refusing_nothing(Config.load(index)))

    def ask(question: str) -> Said:
        result = engine.ask(question, top=1)
        if isinstance(result, NoAnswer):
            return Said(None)
        span = result.quotes[0].answer
        assert span is not None  # noqa: S101 - an Answer's first quote marks it
        shown = result.confidence >= threshold
        return Said(result.text, result.confidence, shown, result.quotes[0].source, span.start, span.end)

    return ask


if __name__ == "__main__":
    run(Peer(build, load))
