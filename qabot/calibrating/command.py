"""`qabot calibrate`: from options to lines. The questions are asked with a bar, and the result is written once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Protocol

from qabot.calibrating.observing import CalibratedEngine, Kept
from qabot.calibrating.runs import Labelled, calibrate
from qabot.calibrating.showing import as_json as found_as_json
from qabot.calibrating.showing import as_text, removed_as_json, removed_as_text
from qabot.config import Config
from qabot.own_calibration import forget_calibration
from qabot.progress import News, Progress, UpdatedEngine, UsedCalibration
from qabot.render import json_line


class Own(Kept, UsedCalibration, Protocol):
    """The calibration of the documents."""


class OpenedEngine(CalibratedEngine, UpdatedEngine, Protocol):
    """What is needed of the Engine."""

    @property
    def own_calibration(self) -> Own:
        """Told of at the opening, then kept anew."""


class EngineFactory(Protocol):
    """How an Engine is opened."""

    def __call__(self, config: Config, *, progress: Progress, full: bool) -> OpenedEngine:
        """Open the engine over the configured folder, with an index that is up to date."""


def calibrate_command(
    data: Labelled | None,
    config: Config,
    *,
    as_json: bool,
    open_engine: EngineFactory,
    write: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Calibrate on labelled questions, or estimate on made ones if there is no ``data``, and write what was found."""

    def opened(over: Config) -> OpenedEngine:
        with Progress(sys.stderr) as progress:
            engine = open_engine(over, progress=progress, full=False)
        News(engine, say).tell_opening()
        return engine

    with Progress(sys.stderr) as progress:
        found = calibrate(data, config, open_engine=opened, progress=progress)
    write(json_line(found_as_json(found)) if as_json else as_text(found))


def reset_command(config: Config, *, as_json: bool, write: Callable[[str], None]) -> None:
    """Remove what is kept and write whether there was anything."""
    removed = forget_calibration(config.embeddings_dir)
    write(json_line(removed_as_json(removed)) if as_json else removed_as_text(removed))
