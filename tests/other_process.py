"""Readers and builders in processes of their own, to be watched, stopped or killed.

Run as a program it is one of them; the functions above ``if __name__`` start it.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from disk_steps import at_step
from small_index import update
from versions import build_two, put, version_in

import qabot
from qabot.index import building
from qabot.index.opening import current_id

TELL = 100  # the file descriptor by which a fork tells something
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(qabot.__file__).parents[1]), "OMP_NUM_THREADS": "1"}


@contextlib.contextmanager
def started(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program of tests/ beside the block, from its "ready" on; killed if the block fails."""
    command = [sys.executable, str(Path(__file__).with_name(program)), *map(str, arguments)]
    environment = ENVIRONMENT | {"TMPDIR": tempfile.gettempdir()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:  # noqa: S603 - ours
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        except BaseException:
            process.kill()
            raise


@contextlib.contextmanager
def killed_at_the_end(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """The same, killed after the block."""
    with started(program, *arguments) as process:
        try:
            yield process
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL


@contextlib.contextmanager
def readers(root: Path, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """So many processes that open and ask all the time; at the end each must have done so without a fault."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(started("other_process.py", "read", root)) for _ in range(count)]
        yield found
        (root / "stop").touch()
        for reader in found:
            times, _ = reader.communicate(timeout=60)
            assert reader.returncode == 0
            assert int(times) > 0
    (root / "stop").unlink()


def _read(root: Path) -> None:
    """Open and ask until ``root``/stop is there; print how often."""
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    times = 0
    while not (root / "stop").exists():
        times += version_in(root) is not None
    print(times)  # noqa: T201 - the parent reads it


def publish_elsewhere(root: Path, versions: Iterable[int]) -> None:
    """Publish these versions one after the other, in a process that shares nothing with this one."""
    command = [sys.executable, __file__, "publish", str(root), *map(str, versions)]
    subprocess.run(command, env=ENVIRONMENT, check=True)  # noqa: S603 - ours


def _publish(root: Path, *versions: int) -> None:
    for version in versions:
        put(root, version)
        update(root)


def _kill_at_steps(root: Path, every: int, every_of_the_switch: int) -> None:
    """Kill one builder after the other, each some steps later than the one before; first anywhere, then in the switch.

    Prints for each: the name of the call that it did not come to make, whether that was part of the switch, and
    whether another generation was in service after.
    """
    private = Path(tempfile.mkdtemp(dir=root))  # what killed builders leave there, readers would remove in an hour
    tempfile.tempdir = str(private)
    _import_what_a_build_needs()
    print("ready", flush=True)  # noqa: T201
    assert _forked(lambda: build_two(root)) == 0
    version = 2
    for build, step in ((_build_stopped_at, every), (_switch_stopped_at, every_of_the_switch)):
        for at in itertools.count(0, step):
            version += 1
            put(root, version)
            before = current_id(root / "embeddings")
            name = _told(partial(build, root, at))
            for left in private.iterdir():  # each would be one more step for the next
                shutil.rmtree(left)
            assert _forked(partial(version_in, root)) == 0, (build, at, name)
            if not name:  # it came to its end
                break
            print(name, build is _switch_stopped_at, current_id(root / "embeddings") != before, flush=True)  # noqa: T201


def _import_what_a_build_needs() -> None:
    """So that no fork has to: else most steps would be those of imports."""

    def build() -> str:
        with tempfile.TemporaryDirectory() as folder:
            build_two(Path(folder))
        return " ".join(name for name in sys.modules if name != "__main__")

    for name in _told(build).split():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _build_stopped_at(root: Path, at: int) -> str:
    with _killed_at(at):
        update(root)
    return ""


def _switch_stopped_at(root: Path, at: int) -> str:
    publish = building.publish

    def stopped(*arguments: Any) -> str:
        with _killed_at(at):
            return publish(*arguments)

    building.publish = stopped  # in a fork that ends soon
    update(root)
    return ""


@contextlib.contextmanager
def _killed_at(at: int) -> Iterator[None]:
    """End this process when it is about to make call number ``at`` to the disk, and tell the name of that call."""

    def die() -> None:
        os.write(TELL, steps.name.encode())
        os.kill(os.getpid(), signal.SIGKILL)

    with at_step(at, die) as steps:
        yield


def _told(act: Callable[[], str]) -> str:
    """What a fork returns, or wrote to TELL before it was killed."""
    reading, writing = os.pipe()

    def tell() -> None:
        os.dup2(writing, TELL)
        os.write(TELL, act().encode())

    ended = _forked(tell)
    os.close(writing)
    with os.fdopen(reading) as words:
        said = words.read()
    assert ended == (-signal.SIGKILL if said and " " not in said else 0), (ended, said)
    return said


def _forked(act: Callable[[], object]) -> int:
    """Do it in a fork, which need not import anything; its exit status, negative for a signal."""
    child = os.fork()
    if child != 0:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = 1
    try:
        act()
        status = 0
    except BaseException:  # noqa: BLE001 - a fork must not go on with its parent's work
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    if what == "read":
        _read(Path(where))
    elif what == "publish":
        _publish(Path(where), *map(int, numbers))
    else:
        _kill_at_steps(Path(where), *map(int, numbers))
