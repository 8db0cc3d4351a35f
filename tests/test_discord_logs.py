"""The operator's log: one harmless line for each event."""

import io
import logging
from pathlib import Path

from qabot.discord_bot.logs import LineFormatter, logging_to

ROOT = Path(__file__).parent.parent


def _failure() -> ValueError:
    """An error that was raised, with a cause."""
    try:
        int("s3cret")
    except ValueError as cause:
        error = ValueError("two\nlines")
        error.__cause__ = cause
    return error


def test_log_lines_are_single_without_tokens_paths_and_tracebacks() -> None:
    """Whatever a library logs: one line, the causes with their places, no token, no folder of this machine."""
    stream = io.StringIO()
    with logging_to(stream, level="INFO", secrets=("s3cret",)):
        error = _failure()
        logging.getLogger("any.library").error("it failed with %s", "s3cret", exc_info=error)
        logging.getLogger("any.library").warning("POST http://x/webhooks/12/abcDEF/messages and {'token': 'abcDEF'}")
        logging.getLogger("any.library").info("how it loads")
        logging.getLogger("qabot.part").info("what it does")
    first, second, third = stream.getvalue().splitlines()
    assert "two" in first
    assert "<- ValueError: invalid literal for int() with base 10: '[token]' (at test_discord_logs." in first
    assert str(ROOT) not in first
    assert "Traceback" not in first
    assert "s3cret" not in first
    assert "abcDEF" not in second
    assert third.endswith("what it does")


def test_log_lines_cannot_instruct_a_terminal() -> None:
    """Escape sequences and carriage returns in the name of a file are shown, not obeyed."""
    stream = io.StringIO()
    with logging_to(stream, level="INFO", secrets=()):
        logging.getLogger("qabot").warning("%s", "a\x1b]0;mine\x07.txt\rb\x9b2J.txt\r\nc\u202e")
    said = stream.getvalue()
    assert said.endswith("a␛]0;mine␇.txt | b\ufffd2J.txt | c\ufffd\n")


def test_the_formatter_hides_a_traceback_that_another_handler_made() -> None:
    """A record that already carries a formatted traceback is told anew."""
    record = logging.LogRecord("x", logging.ERROR, "/somewhere/x.py", 1, "m", (), None)
    record.exc_text = 'Traceback: File "/somewhere/x.py"'
    assert "/somewhere" not in LineFormatter(()).format(record)
