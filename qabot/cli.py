"""The command line: arguments, output, exit codes; nothing else.

Results go to stdout, everything else to stderr. Exit codes: 0 answered, 1 no answer, 2 wrong usage or configuration,
3 the index or a model cannot be used; 130 after Ctrl-C, 141 when the reader of our output went away.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from qabot.arguments import parse
from qabot.chat import Chat, typed_lines
from qabot.config import Config
from qabot.datatypes import Answer, Filters
from qabot.errors import QabotError
from qabot.incoming import input_bytes, stdin_lines
from qabot.names import find_collection, find_source
from qabot.opening import EngineFactory, OpenedEngine, open_engine
from qabot.progress import News, Progress
from qabot.render import as_json, as_text, json_line
from qabot.sources import sources_as_json, sources_text
from qabot.streams import discard_stdout, flush_stdout, prepare_streams, say, write
from qabot.terminal import Screen, one_line, shortened

ANSWERED, NO_ANSWER, UNUSABLE, INTERRUPTED, READER_GONE = 0, 1, 3, 130, 141

_INSTALL = "Use the environment that qabot was installed into, or install it here: pip install . in its clone."
_ECHO_COLUMNS = 200  # of a question above its answer, where there is no terminal whose width would say


def main(
    argv: Sequence[str] | None = None,
    *,
    open_engine: EngineFactory = open_engine,
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Run one command and return its exit code; never a traceback for what a person can mend."""
    try:
        prepare_streams()
        return _run(_parsed(argv), open_engine, environ)
    except QabotError as error:
        say(str(error))
        return error.exit_code
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] == "qabot":
            raise  # ours, and nothing that installing mends
        say(f"the library {error.name} cannot be loaded. {_INSTALL}")
        return UNUSABLE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_stdout()
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
        flush_stdout()
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
    if arguments.command in ("eval", "calibrate"):
        return _measure(config, arguments, open_engine)
    if arguments.command == "index" and arguments.check:
        return _check(config, arguments)
    engine = _opened(config, arguments, open_engine)
    try:
        return _answered_by(engine, config, arguments, screen)
    finally:
        engine.close()


def _opened(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> OpenedEngine:
    """The engine. Where none can be had, --clean still frees the room that may be missing."""
    try:
        with Progress(sys.stderr) as progress:
            return open_engine(config, progress=progress, full=getattr(arguments, "full", False))
    except QabotError as error:
        if arguments.command == "index" and arguments.clean:
            from qabot.index_command import clean_only

            clean_only(config, error, as_json=arguments.json, write=write)
        raise


def _answered_by(engine: OpenedEngine, config: Config, arguments: argparse.Namespace, screen: Screen) -> int:
    """The commands over an open engine."""
    if arguments.command in ("index", "watch") and engine.own_calibration.ignored is not None:
        say(engine.own_calibration.ignored)  # the others tell it with their news
    if arguments.command == "index":
        from qabot.index_command import index_command

        return index_command(engine, config, as_json=arguments.json, cleaning=arguments.clean, write=write)
    if arguments.command == "watch":
        from qabot.watching.command import watch_command

        watch_command(engine, config, as_json=arguments.json, write=write, say=say)
        return ANSWERED
    if arguments.command == "chat":
        return _chat(engine, config, screen)
    return _COMMANDS[arguments.command](engine, arguments, screen)


def _ask(engine: OpenedEngine, arguments: argparse.Namespace, screen: Screen) -> int:
    news = News(engine, say)
    news.tell_opening()
    filters = _filters(arguments, engine)
    if not arguments.stdin:
        result = engine.ask(_well_formed(" ".join(arguments.question)), filters=filters, top=arguments.top)
        write(json_line(as_json(result)) if arguments.json else as_text(result, screen))
        return ANSWERED if isinstance(result, Answer) else NO_ANSWER
    for question in stdin_lines():
        news.refresh()
        result = engine.ask(question, filters=filters, top=arguments.top)
        heading = screen.paint(shortened(f"? {one_line(question)}", screen.width or _ECHO_COLUMNS), "strong")
        write(json_line(as_json(result)) if arguments.json else f"{heading}\n{as_text(result, screen)}\n")
    return ANSWERED


def _chat(engine: OpenedEngine, config: Config, screen: Screen) -> int:
    chat = Chat(engine, screen=screen, write=write, say=say)
    chat.tell_opening()
    at_terminal = sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()
    if at_terminal:
        from qabot.watching.command import following

        say(f"documents: {len(engine.documents()):,}; :help lists the commands, Ctrl-D ends")
        with following(engine, config, chat.hear):
            chat.run(typed_lines(), interruptible=True)
    else:  # before each line that comes in the files are looked at anyway
        chat.run(stdin_lines(), interruptible=False)
    return ANSWERED


def _sources(engine: OpenedEngine, arguments: argparse.Namespace, screen: Screen) -> int:
    News(engine, say).tell_opening(problems=False)
    documents, problems = engine.documents(), engine.problems()
    if arguments.json:
        write(json_line(sources_as_json(engine.generation_id, documents, problems, unsettled=engine.unsettled)))
    else:
        write(sources_text(documents, problems, screen, unsettled=engine.unsettled))
    return ANSWERED


def _bot(config: Config, arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    from qabot.discord_bot import invite_link, run_bot  # discord.py costs every other command half a second

    if not arguments.invite:
        return run_bot(config, environ)
    write(invite_link(environ, config.root, application_id=arguments.application_id))
    return ANSWERED


def _check(config: Config, arguments: argparse.Namespace) -> int:
    from qabot.index_command import check_index_command

    return check_index_command(config, as_json=arguments.json, write=write)


def _verify(config: Config, arguments: argparse.Namespace, screen: Screen) -> int:
    from qabot import verification

    checked = verification.check_answers(input_bytes(arguments.file, say), config.seeds_dir, config.seeds)
    for answer in checked:
        if answer.error is not None:
            say(str(answer.error) if len(checked) == 1 else f"line {answer.line}: {answer.error}")
        if arguments.json:
            write(json_line(verification.as_json(answer)))
        elif answer.error is None:
            write(f"{verification.as_text(answer, screen)}\n")
    if not arguments.json and any(answer.error is None for answer in checked):
        write(verification.summary(checked))
    return verification.exit_code(checked)


def _measure(config: Config, arguments: argparse.Namespace, open_engine: EngineFactory) -> int:
    from qabot.measuring_commands import calibrate_command, eval_command

    command = eval_command if arguments.command == "eval" else calibrate_command
    command(config, arguments, open_engine)
    return ANSWERED


def _doctor(arguments: argparse.Namespace, screen: Screen, environ: Mapping[str, str]) -> int:
    from qabot import doctor

    checks = doctor.examine(arguments.root, environ)
    code = doctor.exit_code(checks)
    write(json_line(doctor.as_json(checks, code)) if arguments.json else doctor.as_text(checks, screen))
    return code


_COMMANDS = {"ask": _ask, "sources": _sources}


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
