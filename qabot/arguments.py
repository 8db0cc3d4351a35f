"""The command line's words: commands, options, help and examples. It parses; it does nothing.

docs/command-line.md describes the same; a test compares the two.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from qabot import __version__
from qabot.measuring_arguments import CALIBRATE_EPILOG, EVAL_EPILOG, add_calibrate, add_eval

_EPILOG = """\
examples:
  qabot ask "How many civilians have been killed?"
  qabot ask --json --source report "When does it end?"
  qabot ask --json --stdin < questions.txt
  qabot chat
  qabot index
  qabot sources
  qabot watch
  qabot verify answer.json
  qabot eval questions.jsonl
  qabot calibrate questions.jsonl
  qabot doctor

`qabot COMMAND --help` tells more. Documents lie in seeds/, the index is built in embeddings/, and settings may be in
qabot.toml.
"""

_ASK_EPILOG = """\
examples:
  qabot ask "Who accused Russia of war crimes?"
  qabot ask how many civilians have been killed
  qabot ask --source report.txt --source guide.md "Who signed it?"
  qabot ask --collection contracts --since 2021-01-01 --until 2021-12-31 "Who signed it?"
  qabot ask --json "When did the invasion start?"
  qabot ask --json --stdin < questions.txt

exit code: 0 answered, 1 no answer, 2 wrong usage or configuration, 3 the index or a model cannot be used.
With --stdin 0 means that every line got its object.
"""

_CHAT_EPILOG = """\
examples:
  qabot chat
  qabot --root ~/handbook chat

Type a question, or :more, :why, :sources, :help, :quit. Nothing typed is kept after the end.
"""

_INDEX_EPILOG = """\
examples:
  qabot index
  qabot index --full
  qabot index --json
  qabot index --check
  qabot index --clean

`ask` and `chat` update the index by themselves; this command is for doing it beforehand, or for seeing what changed.
Exit code 1: a pinned question does not get its answer. With --check nothing is built; exit code: 0 sound and up to
date, 1 sound but out of date, 3 damaged, missing, or built with other settings.
"""

_SOURCES_EPILOG = """\
examples:
  qabot sources
  qabot sources --json
"""

_WATCH_EPILOG = """\
examples:
  qabot watch
  qabot watch --json

Brings the index up to date whenever seeds/ changes, and says so, a line each time, until Ctrl-C or SIGTERM ends it.
`chat` and the bot do it by themselves.
"""

_VERIFY_EPILOG = """\
examples:
  qabot verify answer.json
  qabot verify < answer.json
  qabot verify --json answers.jsonl

FILE holds what `qabot ask --json` printed: one answer, or one a line. Tells for each quote whether it is unchanged,
moved, changed or deleted in the files as they are now.

exit code: 0 all unchanged or moved, 1 any changed or deleted, 2 FILE holds something else.
"""

_DOCTOR_EPILOG = """\
examples:
  qabot doctor
  qabot doctor --json

It changes nothing and never shows the token.

exit code: 0 no problem (warnings are none), 2 configuration, seeds/ or token, 3 installation, a model or the index.
"""

_BOT_EPILOG = """\
examples:
  qabot bot
  qabot --root ~/handbook bot
  qabot bot --invite --application-id 1100000000000000001

The token is read from DISCORD_TOKEN in the environment or in a .env file, and never printed.
"""


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The arguments of one run; ends the process with code 2 and a usage line where they make no sense."""
    parser = build_parser()
    arguments, rest = parser.parse_known_args(argv)
    if arguments.command == "ask" and not any(word.startswith("-") for word in rest):
        arguments.question += rest  # argparse takes the words before an option, and leaves those behind it
    elif rest:
        arguments.parser.error(f"unknown: {' '.join(rest)}")
    if arguments.command == "ask":
        _require_one_question(arguments.parser, arguments)
    if arguments.command == "bot" and arguments.application_id and not arguments.invite:
        arguments.parser.error("--application-id is for --invite")
    return arguments


def build_parser() -> argparse.ArgumentParser:
    """The parser; its commands are the sub-parsers."""
    parser = argparse.ArgumentParser(
        prog="qabot",
        description="Questions to a folder of documents, answered in the documents' own words.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"qabot {__version__}")
    _add_root(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_ask(_command(commands, "ask", "answer a question", _ASK_EPILOG))
    _command(commands, "chat", "ask one question after the other", _CHAT_EPILOG)
    index = _command(commands, "index", "build the index or bring it up to date", _INDEX_EPILOG)
    choice = index.add_mutually_exclusive_group()
    choice.add_argument("--full", action="store_true", help="build everything again, reusing nothing")
    choice.add_argument(
        "--check", action="store_true", help="only examine every part of it, and whether it is up to date"
    )
    choice.add_argument("--clean", action="store_true", help="also remove what an earlier build left and nobody uses")
    _add_json(index)
    _add_json(_command(commands, "sources", "list the documents, and the files that cannot be read", _SOURCES_EPILOG))
    _add_json(_command(commands, "watch", "keep the index up to date while documents change", _WATCH_EPILOG))
    verify = _command(
        commands, "verify", "tell whether the quotes of an answer still stand in the files", _VERIFY_EPILOG
    )
    verify.add_argument(
        "file", metavar="FILE", nargs="?", default="-", help="the answer's JSON (default, and -: stdin)"
    )
    _add_json(verify)
    evaluate = _command(commands, "eval", "measure the answers to a file of questions", EVAL_EPILOG)
    _add_json(add_eval(evaluate))
    calibrate = _command(commands, "calibrate", "fit confidence and threshold to these documents", CALIBRATE_EPILOG)
    _add_json(add_calibrate(calibrate))
    _add_json(_command(commands, "doctor", "look for what is wrong, and say what to do about it", _DOCTOR_EPILOG))
    _add_bot(_command(commands, "bot", "run the Discord bot, or invite it", _BOT_EPILOG))
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, what: str, epilog: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    # Suppressed: else the command's default would replace what stood before the command.
    _add_root(parser, default=argparse.SUPPRESS)
    parser.set_defaults(parser=parser)  # its usage line is the one to show
    return parser


def _add_root(parser: argparse.ArgumentParser, *, default: str | None) -> None:
    parser.add_argument(
        "--root",
        metavar="DIR",
        type=Path,
        default=default,
        help="the folder that holds seeds/ (default: QABOT_ROOT, else the current folder)",
    )


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question", metavar="QUESTION", nargs="*", help="the question, quoted or as several words")
    _add_json(parser)
    parser.add_argument("--stdin", action="store_true", help="read one question a line, answer them in order")
    parser.add_argument(
        "--source", metavar="NAME", action="append", default=[], help="search this document only (repeatable)"
    )
    parser.add_argument(
        "--collection", metavar="DIR", action="append", default=[], help="search this sub-folder only (repeatable)"
    )
    parser.add_argument("--since", metavar="DATE", type=_date, help="only documents of this date or later: YYYY-MM-DD")
    parser.add_argument("--until", metavar="DATE", type=_date, help="only documents of this date or earlier")
    parser.add_argument(
        "--top",
        metavar="N",
        type=_count,
        default=3,
        help="at most how many different answers, or nearest passages (default: 3)",
    )


def _add_bot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--invite",
        action="store_true",
        help="only print the address that invites the bot to a server; nothing is sent to Discord",
    )
    parser.add_argument(
        "--application-id",
        metavar="ID",
        help="with --invite: of this application (default: the one that the token is of)",
    )


def _require_one_question(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    if arguments.stdin and arguments.question:
        parser.error("give a question or --stdin, not both")
    if not arguments.stdin and not arguments.question:
        parser.error('ask what? For example: qabot ask "Who signed it?"; or --stdin to read questions, one a line')
    if arguments.since and arguments.until and arguments.since > arguments.until:
        parser.error(f"--since {arguments.since} is later than --until {arguments.until}")


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else _no_date(text)
    except ValueError:
        return _no_date(text)


def _no_date(text: str) -> str:
    raise argparse.ArgumentTypeError(f"{text} is no date; write it as YYYY-MM-DD")


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 to 100")
    return int(text)
