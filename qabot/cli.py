"""The command line: arguments, output, exit codes; nothing else.

Results go to stdout, everything else to stderr. Exit codes: 0 answered, 1 no answer, 2 wrong usage or configuration,
3 the index or a model cannot be used; 130 after Ctrl-C, 141 when the reader of our output went away.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, Protocol

from qabot.arguments import parse
from qabot.chat import AskingEngine, Chat, typed_lines
from qabot.config import Config
from qabot.datatypes import Answer, Candidate, Document, Filters
from qabot.errors import QabotError, UsageError
from qabot.incoming import input_bytes, stdin_lines
from qabot.listing import sources_as_json, sources_text
from qabot.names import find_collection, find_source
from qabot.progress import News, Progress
from qabot.render import as_json, as_text, json_line
from qabot.terminal import Screen, one_line, shortened, visible

if TYPE_CHECKING:  # it would bring the libraries of the index
    from qabot.own_calibration import OwnCalibration

ANSWERED, NO_ANSWER, UNUSABLE, INTERRUPTED, READER_GONE = 0, 1, 3, 130, 141

_ECHO_COLUMNS = 200  # of a question above its answer, where there is no terminal whose width would say


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
    """How an Engine is opened; tests bring their own."""

    def __call__(self, config: Config, *, progress: Callable[[str, int, int], None], full: bool) -> OpenedEngine:
        """Open the engine over the configured folder, with an index that is up to date (``full``: built anew)."""


def main(
    argv: Sequence[str] | None = None,
    *,
    open_engine: EngineFactory | None = None,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Run one command and return its exit code; never a traceback for what a person can mend."""
    try:
        _prepare_streams()
        return _run(_parsed(argv), open_engine or _open_engine, environ)
    except QabotError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return READER_GONE


def run() -> NoReturn:
    """The console command: ``main``, then out at once.

    Taking the libraries of models and index apart would cost each cold question 50 ms; nothing of ours needs it, since
    every command closes what it opened.
    """
    try:
        code = main()
    except KeyboardInterrupt:  # while main() was telling what had ended it
        code = INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):  # whoever read it went away
                stream.flush()
    os._exit(code)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; help is flushed here, where a reader that went away is noticed."""
    try:
        return parse(argv)
    except SystemExit:
        _put("")
        raise


def _run(arguments: argparse.Namespace, open_engine: EngineFactory, environ: Mapping[str, str]) -> int:
    screen = Screen.of(sys.stdout, environ)
    if arguments.command == "doctor":
        return _doctor(arguments, screen, environ)  # also where there is no valid configuration
    config = Config.load(arguments.root, environ)
    if arguments.command == "bot":
        return _bot(config, arguments, environ)
    if arguments.command == "verify":
        return _verify(config, arguments, screen)
    if arguments.command in _MEASURING:
        return _MEASURING[arguments.command](config, arguments, open_engine)
    if arguments.command == "index" and arguments.check:
        return _check(config, arguments)
    with Progress(sys.stderr) as progress:
        engine = open_engine(config, progress=progress, full=getattr(arguments, "full", False))
    try:
        return _answered_by(engine, config, arguments, screen)
    finally:
        engine.close()


def _answered_by(engine: OpenedEngine, config: Config, arguments: argparse.Namespace, screen: Screen) -> int:
    """The commands over an open engine."""
    if arguments.command == "index":
        from qabot.index_command import index_command

        return index_command(engine, config, as_json=arguments.json, cleaning=arguments.clean, write=_write)
    if arguments.command == "watch":
        from qabot.watching.command import watch_command

        watch_command(engine, config, as_json=arguments.json, write=_write, say=_say)
        return ANSWERED
    if arguments.command == "chat":
        return _chat(engine, config, screen)
    return _COMMANDS[arguments.command](engine, arguments, screen)


def _ask(engine: OpenedEngine, arguments: argparse.Namespace, screen: Screen) -> int:
    news = News(engine, _say)
    news.tell_opening()
    filters = _filters(arguments, engine)
    if not arguments.stdin:
        result = engine.ask(_well_formed(" ".join(arguments.question)), filters=filters, top=arguments.top)
        _write(json_line(as_json(result)) if arguments.json else as_text(result, screen))
        return ANSWERED if isinstance(result, Answer) else NO_ANSWER
    for question in stdin_lines():
        news.refresh()
        result = engine.ask(question, filters=filters, top=arguments.top)
        heading = screen.paint(shortened(f"? {one_line(question)}", screen.width or _ECHO_COLUMNS), "strong")
        _write(json_line(as_json(result)) if arguments.json else f"{heading}\n{as_text(result, screen)}\n")
    return ANSWERED


def _chat(engine: OpenedEngine, config: Config, screen: Screen) -> int:
    chat = Chat(engine, screen=screen, write=_write, say=_say)
    chat.tell_opening()
    at_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if at_terminal:
        from qabot.watching.command import following

        _say(f"documents: {len(engine.documents()):,}; :help lists the commands, Ctrl-D ends")
        with following(engine, config, chat.hear):
            chat.run(typed_lines(), interruptible=True)
    else:  # before each line that comes in the files are looked at anyway
        chat.run(stdin_lines(), interruptible=False)
    return ANSWERED


def _sources(engine: OpenedEngine, arguments: argparse.Namespace, screen: Screen) -> int:
    News(engine, _say).tell_opening(problems=False)
    documents, problems = engine.documents(), engine.problems()
    if arguments.json:
        _write(json_line(sources_as_json(engine.generation_id, documents, problems)))
    else:
        _write(sources_text(documents, problems, screen))
    return ANSWERED


def _bot(config: Config, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from qabot.discord_bot import invite_link, run_bot  # discord.py costs every other command half a second

    if not arguments.invite:
        return run_bot(config, environ)
    _write(invite_link(environ, config.root, application_id=arguments.application_id))
    return ANSWERED


def _check(config: Config, arguments: argparse.Namespace) -> int:
    from qabot.index_command import check_index_command

    return check_index_command(config, as_json=arguments.json, write=_write)


def _verify(config: Config, arguments: argparse.Namespace, screen: Screen) -> int:
    from qabot import verification

    checked = verification.check_answers(input_bytes(arguments.file, _say), config.seeds_dir, config.seeds)
    for answer in checked:
        if answer.error is not None:
            _say(str(answer.error) if len(checked) == 1 else f"line {answer.line}: {answer.error}")
        if arguments.json:
            _write(json_line(verification.as_json(answer)))
        elif answer.error is None:
            _write(f"{verification.as_text(answer, screen)}\n")
    if not arguments.json and any(answer.error is None for answer in checked):
        _write(verification.summary(checked))
    return verification.exit_code(checked)


def _eval(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> int:
    from qabot import evaluation

    def opened(over: Config) -> OpenedEngine:
        with Progress(sys.stderr) as progress:
            engine = open_engine(over, progress=progress, full=False)
        if over.root == config.root:
            News(engine, _say).tell_opening()
        return engine

    wanted = evaluation.Wanted(
        *_named_input(arguments.file),
        arguments.mode,
        arguments.limit,
        arguments.threshold,
    )
    report = None if arguments.report is None else evaluation.prepared(arguments.report)
    with Progress(sys.stderr) as progress:
        made = evaluation.evaluate(wanted, config, open_engine=opened, progress=progress)
    _write(json_line(evaluation.as_json(made)) if arguments.json else evaluation.as_text(made))
    if report is not None:
        _say(f"report: {evaluation.write_report(made, report)}")
    return ANSWERED


def _calibrate(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> int:
    from qabot import calibrating

    if arguments.reset:
        calibrating.reset_command(config, as_json=arguments.json, write=_write)
        return ANSWERED
    data = None if arguments.file is None else calibrating.Labelled(*_named_input(arguments.file))
    calibrating.calibrate_command(data, config, as_json=arguments.json, open_engine=open_engine, write=_write, say=_say)
    return ANSWERED


_MEASURING = {"eval": _eval, "calibrate": _calibrate}  # they open engines of their own


def _named_input(file: str) -> tuple[str, bytes]:
    """What to call a file of questions, and what it holds."""
    return "stdin" if file == "-" else os.path.basename(file), input_bytes(file, _say)  # noqa: PTH119 - as typed


def _doctor(arguments: argparse.Namespace, screen: Screen, environ: Mapping[str, str]) -> int:
    from qabot import doctor

    checks = doctor.examine(arguments.root, environ)
    code = doctor.exit_code(checks)
    _write(json_line(doctor.as_json(checks, code)) if arguments.json else doctor.as_text(checks, screen))
    return code


_COMMANDS = {"ask": _ask, "sources": _sources}


def _open_engine(config: Config, *, progress: Callable[[str, int, int], None], full: bool) -> OpenedEngine:
    from qabot.engine import Engine  # usage errors and --help do not wait for it

    return Engine.open(config, progress=progress, full=full)


def _filters(arguments: argparse.Namespace, engine: OpenedEngine) -> Filters:
    """The options as filters, with names resolved to ids.

    Raises:
        UsageError: if a name fits no document or collection, or several documents.
    """
    if not (arguments.source or arguments.collection):
        return Filters(since=arguments.since, until=arguments.until)
    ids = [document.id for document in engine.documents()]
    collections = [find_collection(name, ids) for name in arguments.collection]
    return Filters(
        sources=frozenset(find_source(name, ids, engine.problems()) for name in arguments.source),
        collections=frozenset() if "" in collections else frozenset(collections),
        since=arguments.since,
        until=arguments.until,
    )


def _well_formed(text: str) -> str:
    """``text`` without lone surrogates, which stand for bytes of an argument that are not UTF-8."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _prepare_streams() -> None:
    """Results are UTF-8 whatever the locale says; a closed stdout (``>&-``) swallows them."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")


def _write(text: str) -> None:
    """One result to stdout, at once: whoever reads from a pipe is waiting for it."""
    _put(f"{text}\n")


def _put(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_stdout()
        raise UsageError(
            f"the result cannot be written: {error.strerror}", remedy="Free space, or write it elsewhere."
        ) from None


def _discard_stdout() -> None:
    """Point stdout at the null device, so that Python does not fail once more when it flushes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _say(message: str) -> None:
    """Tell the person something apart from the results."""
    if sys.stderr is not None:
        sys.stderr.write(f"qabot: {visible(message)}\n")
        sys.stderr.flush()
