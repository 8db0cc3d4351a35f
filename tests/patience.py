"""A test that would otherwise wait for ever."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def no_longer_than(seconds: int) -> Iterator[None]:
    """Fail if the block takes longer. For POSIX: it rests on an alarm signal."""

    def too_long(*_: object) -> None:
        pytest.fail(f"it still waits after {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
