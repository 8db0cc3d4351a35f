"""`qabot eval` and `qabot calibrate`: a file of questions in, what was measured out. They open engines of their own."""

from __future__ import annotations

import argparse
import os
import sys

from qabot.config import Config
from qabot.incoming import input_bytes
from qabot.opening import EngineFactory, OpenedEngine
from qabot.progress import News, Progress
from qabot.render import json_line
from qabot.streams import say, write


def eval_command(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> None:
    """Ask the questions of a file and write how the answers did, as files what else is wanted.

    Raises:
        QabotError: if the file is malformed, or the index, a model or the place of a file to write cannot be used.
    """
    from qabot import evaluation

    def opened(over: Config) -> OpenedEngine:
        with Progress(sys.stderr) as progress:
            engine = open_engine(over, progress=progress, full=False)
        if over.root == config.root:
            News(engine, say).tell_opening()
        return engine

    wanted = evaluation.Wanted(
        *_named_input(arguments.file),
        arguments.mode,
        arguments.limit,
        arguments.threshold,
        keyed=arguments.predictions is not None,
    )
    report = None if arguments.report is None else evaluation.prepared(arguments.report)
    answers = None if arguments.predictions is None else evaluation.writable(arguments.predictions)
    with Progress(sys.stderr) as progress:
        made = evaluation.evaluate(wanted, config, open_engine=opened, progress=progress)
    write(json_line(evaluation.as_json(made)) if arguments.json else evaluation.as_text(made))
    if answers is not None:
        say(f"predictions: {evaluation.write_predictions(made.outcomes, made.threshold, answers)}")
    if report is not None:
        say(f"report: {evaluation.write_report(made, report)}")


def calibrate_command(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> None:
    """Fit confidence and threshold to a file of questions, estimate them without one, or go back to the shipped ones.

    Raises:
        QabotError: if the file is malformed, or the index or a model cannot be used.
    """
    from qabot import calibrating

    if arguments.reset:
        calibrating.reset_command(config, as_json=arguments.json, write=write)
        return
    data = None if arguments.file is None else calibrating.Labelled(*_named_input(arguments.file))
    calibrating.calibrate_command(data, config, as_json=arguments.json, open_engine=open_engine, write=write, say=say)


def _named_input(file: str) -> tuple[str, bytes]:
    """What to call a file of questions, and what it holds."""
    return "stdin" if file == "-" else os.path.basename(file), input_bytes(file, say)  # noqa: PTH119 - as typed
