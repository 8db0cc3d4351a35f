"""Parsers of untrusted files run in a process of their own, where a crash, a loop or a bomb costs one file.

The child is started for the first file that needs it, reads the following ones too, and ends with the sandbox. After
a crash, a time-out or an answer that cannot be true it is killed, and the next file gets a fresh one. What comes back
is checked as if the file itself had written it (sandbox_wire). The limits are the child's own (sandbox_child).
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import qabot
from qabot.config import SeedsConfig
from qabot.datatypes import Document
from qabot.documents.sandbox_wire import (
    Frame,
    Garbage,
    Stream,
    believed,
    believed_refusal,
    max_answer_bytes,
    receive,
    send,
)
from qabot.errors import DocumentError, ReadingStopped

_START_S = 60.0  # on a machine that is doing something else
_END_S = 5.0
_LOOK_S = 0.5  # how often to see whether the child is still there
_PASSED_ON = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # what Python itself may need; no secrets
_SAVE_ANEW = "Save it anew with the program it comes from, or remove it."
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from qabot.documents.sandbox_child import main; main()"
)


class _ChildFailed(Exception):
    """The child did not answer as it must; it is dead now. Never leaves the module."""

    def __init__(self, said: str, *, remedy: str = _SAVE_ANEW, inheritable: bool = True) -> None:
        super().__init__(said)
        self.said = said  # follows the file's id
        self.remedy = remedy
        self.inheritable = inheritable  # whether what the child had read before may be the cause


class Sandbox:
    """Reads files in a child process within ``limits``, which starts with the first one. Not for several threads."""

    def __init__(self, limits: SeedsConfig, command: Sequence[str] | None = None) -> None:
        self.limits = limits
        self._command = command
        self._child: _Child | None = None

    def read(self, id_: str, raw: bytes) -> Document:
        """The document that the extractor for ``id_`` makes of the bytes.

        Raises:
            DocumentError: if the extractor refuses the file, or its text is above the limit.
            ReadingStopped: if the extractor crashes, takes too long or answers what cannot be.
        """
        used_before = self._child is not None
        try:
            return self._read(id_, raw)
        except _ChildFailed as failure:
            error = self._refusal(id_, failure)
            if not (used_before and failure.inheritable):
                raise error from None
        try:  # in a fresh child, where nothing is left of another file
            return self._read(id_, raw)
        except _ChildFailed as failure:
            raise self._refusal(id_, failure) from None

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _read(self, id_: str, raw: bytes) -> Document:
        done = False
        try:
            if self._child is None:
                self._child = _Child.start(self._command or python_command(), self.limits)
                self._child.greet()
            answer = self._child.ask(Frame({"id": id_}, raw), max_s=self.limits.max_read_s)
            document = self._document(answer, id_, raw)
            done = True
        except DocumentError:
            done = True
            raise
        except Garbage:
            raise _ChildFailed("made its reader answer nonsense") from None
        finally:
            if not done:
                self.close()
        return document

    def _document(self, answer: Frame, id_: str, raw: bytes) -> Document:
        if answer.head.get("out_of_memory") is True:
            raise _ChildFailed(
                f"needs more than {self.limits.max_memory_bytes:,} bytes of memory to be read",
                remedy="Split it, or raise max_memory_bytes under [seeds] in qabot.toml.",
            )
        if isinstance(answer.head.get("too_long"), int):
            raise too_long(id_, self.limits)
        refusal = believed_refusal(answer, id_)
        if refusal is not None:
            raise refusal
        return believed(answer, id_, raw, max_text_chars=self.limits.max_text_chars)

    def _refusal(self, id_: str, failure: _ChildFailed) -> ReadingStopped:
        return ReadingStopped(f"{id_} {failure.said}", remedy=failure.remedy)


def too_long(id_: str, limits: SeedsConfig) -> DocumentError:
    """That a file holds more text than is read."""
    problem = f"{id_} holds more text than the limit of {limits.max_text_chars:,} characters"
    return DocumentError(problem, remedy="Split it, or raise max_text_chars under [seeds] in qabot.toml.")


class _Child:
    """A running child and its two pipes. A thread talks, since Windows cannot wait for a pipe with a time limit."""

    def __init__(self, process: subprocess.Popen[bytes], limits: SeedsConfig) -> None:
        self._process = process
        self._limits = limits

    @classmethod
    def start(cls, command: Sequence[str], limits: SeedsConfig) -> Self:
        """Start it; ``greet`` comes next."""
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=os.path.abspath(os.sep),  # noqa: PTH100 - a string; never seeds/
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                start_new_session=True,  # so that what it starts dies with it, and Ctrl-C is ours to answer
            )
        except OSError as error:
            raise _not_started(str(error.strerror)) from None
        return cls(process, limits)

    def greet(self) -> None:
        """Wait until the child has limited itself."""
        try:
            self.ask(Frame(_limits_head(self._limits)), max_s=_START_S)
        except (_ChildFailed, Garbage) as error:
            raise _not_started(str(error)) from None

    def ask(self, request: Frame, *, max_s: float) -> Frame:
        """What the child answers within the time.

        Raises:
            _ChildFailed: if it does not.
            Garbage: if the answer is no frame.
        """
        answers: queue.SimpleQueue[Frame | Exception] = queue.SimpleQueue()
        threading.Thread(target=self._talk, args=(request, answers), daemon=True, name="qabot-sandbox").start()
        answer = self._first(answers, max_s)
        if answer is None:
            raise _ChildFailed(
                f"took longer than {max_s:g} s to read",
                remedy="Split it, or raise max_read_s under [seeds] in qabot.toml.",
                inheritable=False,
            )
        if isinstance(answer, (OSError, EOFError)):
            raise _ChildFailed(f"made its reader crash{self._how()}")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _first(self, answers: queue.SimpleQueue[Frame | Exception], max_s: float) -> Frame | Exception | None:
        """What comes within the time; None if nothing does."""
        until = time.monotonic() + max_s
        while (left_s := until - time.monotonic()) > 0:
            ended = self._process.poll() is not None  # before looking: its last words are in the pipe already
            with contextlib.suppress(queue.Empty):
                return answers.get(timeout=min(left_s, _LOOK_S))
            if ended:  # and what it started holds the pipe open
                return EOFError()
        return None

    def _talk(self, request: Frame, answers: queue.SimpleQueue[Frame | Exception]) -> None:
        try:
            send(_pipe(self._process.stdin), request)
            limit = max_answer_bytes(self._limits.max_text_chars)
            answers.put(receive(_pipe(self._process.stdout), max_body_bytes=limit))
        except (OSError, EOFError, ValueError) as error:  # ValueError: garbage, or closed meanwhile
            answers.put(error)

    def _how(self) -> str:
        """The name of the signal that ended the child, if one did."""
        with contextlib.suppress(subprocess.TimeoutExpired, ValueError):
            code = self._process.wait(_END_S)
            return f" ({signal.Signals(-code).name})" if code < 0 else ""
        return ""

    def kill(self) -> None:
        """End the child and what it may have started. Never waits long: some systems take their time to free memory."""
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _not_started(why: str) -> _ChildFailed:
    remedy = "Look whether memory or processes are short, then run `qabot index`."
    return _ChildFailed(f"cannot be read: its reader does not start ({why})", remedy=remedy, inheritable=False)


def _limits_head(limits: SeedsConfig) -> Mapping[str, float]:
    return {
        "max_memory_bytes": limits.max_memory_bytes,
        "max_read_s": limits.max_read_s,
        "max_text_chars": limits.max_text_chars,
    }


def python_command() -> Sequence[str]:
    """This Python, ignoring environment and current folder, with the packages that this process has."""
    own = str(Path(qabot.__file__).resolve().parent.parent)
    found = [path for path in sys.path if os.path.isabs(path)]  # noqa: PTH117 - strings
    return (sys.executable, "-I", "-B", "-c", _BOOT, json.dumps(found if own in found else [own, *found]))


def _pipe(pipe: object) -> Stream:
    """A pipe of the child, known to be there and raw."""
    return pipe  # type: ignore[return-value]
