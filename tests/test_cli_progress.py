"""The progress bar of long builds."""

import io
import sys

import pytest

from qabot.progress import Progress


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


class Clock:
    """A clock that the test moves, in seconds."""

    now_s = 0.0

    def __call__(self) -> float:
        """The time now."""
        return self.now_s


def test_a_long_build_shows_a_bar_for_each_stage_and_removes_it() -> None:
    """After a second the stage and its numbers appear; at the end the line is empty again."""
    stream, clock = Tty(), Clock()
    with Progress(stream, clock=clock) as progress:
        progress("reading", 1, 4)
        assert stream.getvalue() == ""
        clock.now_s = 1.5
        progress("reading", 2, 4)
        progress("embedding", 30, 60)
        shown = stream.getvalue()
    assert "reading:" in shown
    assert "2/4" in shown
    assert "embedding:" in shown
    assert "30/60" in shown
    assert stream.getvalue().endswith("\r")


def test_a_short_build_shows_nothing() -> None:
    """Within the first second there is no bar."""
    stream, clock = Tty(), Clock()
    with Progress(stream, clock=clock) as progress:
        for done in range(5):
            clock.now_s += 0.1
            progress("embedding", done, 5)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("stream", [io.StringIO(), None])
def test_without_a_terminal_nothing_is_shown(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe, or with stderr closed, there is no bar and tqdm is not even imported."""
    monkeypatch.setitem(sys.modules, "tqdm", None)  # importing it would fail
    clock = Clock()
    with Progress(stream, clock=clock) as progress:
        progress("embedding", 0, 5)
        clock.now_s = 9.0
        progress("embedding", 1, 5)
    assert stream is None or stream.getvalue() == ""
