"""Parsers of untrusted files run in a child process: what it may, what is believed of it, what a failure costs."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import hostile_reader
import pytest

from qabot.config import SeedsConfig
from qabot.datatypes import Document
from qabot.documents.extraction import EXTRACTORS
from qabot.documents.sandbox import Sandbox, python_command
from qabot.errors import DocumentError, ReadingStopped

LIMITS = SeedsConfig(max_text_chars=50_000, max_read_s=1.0, max_memory_bytes=150_000_000)
PATIENT = replace(LIMITS, max_read_s=20.0)
COMMAND = (*python_command()[:3], hostile_reader.__file__, python_command()[-1])
RAW = b"---\ntitle: Honest\ndate: 2024-05-06\n---\n\n# Rules\n\nThe first rule stands here.\n\n- an item\n"
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such limits, signals or forks")


@pytest.fixture
def hostile() -> Iterator[Sandbox]:
    """A sandbox whose child misbehaves as the file's name says, with time to do so."""
    with Sandbox(PATIENT, COMMAND) as sandbox:
        yield sandbox


def honest(id_: str = "a.md", raw: bytes = RAW) -> Document:
    """What the extractor makes of the bytes in this process."""
    return EXTRACTORS[Path(id_).suffix].extract(id_, raw)


def pid_of(sandbox: Sandbox) -> int:
    """The child's process id."""
    assert sandbox._child is not None
    return sandbox._child._process.pid


@pytest.mark.parametrize("id_", ["a.md", "b/c.rst", "naïve \u202e name\n.txt"])
def test_the_child_reads_as_the_parent_does(id_: str) -> None:
    """Title, date, notes, blocks and sums arrive as the extractor made them."""
    with Sandbox(PATIENT) as sandbox:
        assert sandbox.read(id_, RAW) == honest(id_)
        guessed = "Café crème à la carte, s'il vous plaît. ".encode("windows-1252")
        assert sandbox.read(id_, guessed) == honest(id_, guessed)


def test_a_refusal_arrives_in_the_same_words() -> None:
    """What the extractor refuses is refused with its problem and remedy, and costs no child."""
    with Sandbox(PATIENT) as sandbox:
        with pytest.raises(DocumentError) as caught:
            sandbox.read("a.md", b" \n ")
        with pytest.raises(DocumentError) as direct:
            honest(raw=b" \n ")
        assert caught.value.args == direct.value.args
        assert type(caught.value) is DocumentError
        child = pid_of(sandbox)
        sandbox.read("b.md", RAW)
        assert pid_of(sandbox) == child


def test_nothing_starts_before_the_first_file_and_nothing_stays() -> None:
    """The child is started once, for the first file, and is gone after the block."""
    with Sandbox(PATIENT) as sandbox:
        assert sandbox._child is None
        sandbox.read("a.md", RAW)
        process = sandbox._child._process  # type: ignore[unreachable]
        sandbox.read("b.md", RAW)
        assert sandbox._child._process is process
    assert process.poll() is not None


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        pytest.param("allocate", "needs more than 150,000,000 bytes of memory", marks=posix),
        pytest.param("segfault", "made its reader crash", id="segfault"),
        ("stop", "made its reader crash"),
        pytest.param("kill", r"made its reader crash \(SIGKILL\)", marks=posix),
        ("raise", "made its reader crash"),
        ("answer", "made its reader answer nonsense"),
        ("promise", "made its reader answer nonsense"),
        ("beyond", "made its reader answer nonsense"),
        ("twice", "made its reader answer nonsense"),
        ("dated", "made its reader answer nonsense"),
        ("paged", "made its reader answer nonsense"),
        ("other", "made its reader answer nonsense"),
        pytest.param("grandchild", "made its reader crash", marks=posix),
    ],
)
def test_a_failure_costs_one_file(hostile: Sandbox, deed: str, said: str) -> None:
    """Whatever the parser does, the file is named with a remedy, and the next one is read by a fresh child."""
    hostile.read("before.md", RAW)
    failed = pid_of(hostile)
    with pytest.raises(ReadingStopped, match=f"^{deed}.md {said}") as caught:
        hostile.read(f"{deed}.md", RAW)
    assert caught.value.remedy.endswith(".")
    assert hostile._child is None
    assert hostile.read("after.md", RAW) == honest("after.md")
    assert pid_of(hostile) != failed


@pytest.mark.parametrize("deed", ["sleep", "spin"])
def test_time_is_limited(deed: str) -> None:
    """A file that takes longer than the limit is given up then, and its child is dead."""
    with Sandbox(LIMITS, COMMAND) as sandbox:
        sandbox.read("before.md", RAW)
        child = sandbox._child._process  # type: ignore[union-attr]
        started = time.monotonic()
        with pytest.raises(ReadingStopped, match=rf"^{deed}.md took longer than 1 s to read\. .*max_read_s"):
            sandbox.read(f"{deed}.md", RAW)
        assert 1.0 <= time.monotonic() - started < 5.0  # the remainder is the machine's
        assert child.poll() is not None
        assert sandbox.read("after.md", RAW) == honest("after.md")


def test_a_long_text_is_refused() -> None:
    """A file that expands beyond the limit of characters is named with the key that raises it; the limit is allowed."""
    with Sandbox(LIMITS) as sandbox:
        with pytest.raises(DocumentError, match=r"^a.md holds more text than the limit of 50,000.*max_text_chars"):
            sandbox.read("a.md", b"x" * 50_001)
        assert len(sandbox.read("a.md", b"x" * 50_000).text) == 50_000


def test_printing_is_harmless(hostile: Sandbox) -> None:
    """A library that prints megabytes to both streams neither blocks nor confuses the answer."""
    assert hostile.read("print.md", RAW) == honest("print.md")


def test_sums_and_origin_are_the_parents_own(hostile: Sandbox) -> None:
    """A child that lies about sum, encoding and extractor changes none of them."""
    assert hostile.read("lie.md", RAW) == honest("lie.md")


def test_metadata_is_cut_and_cleaned(hostile: Sandbox) -> None:
    """Title, address, date and notes reach people on one short line each, without a control or direction character."""
    document = hostile.read("decorate.md", RAW)
    assert document.title is not None
    assert document.title.startswith("[31mRed title xx")
    assert len(document.title) <= 500
    assert (document.url, document.date) == (None, None)
    assert len(document.notes) == 20
    assert all(note.startswith("note ") and len(note) <= 500 for note in document.notes)


def test_no_secret_and_no_folder_of_ours_reaches_the_child(hostile: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is empty but for what Python needs, the folder is the root, and standard input is no pipe."""
    monkeypatch.setenv("DISCORD_TOKEN", "secret")
    document = hostile.read("tell.md", RAW)
    assert document.title is not None
    environment, folder, read = json.loads(document.title)
    assert "DISCORD_TOKEN" not in environment
    assert set(environment) <= {"SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LC_CTYPE"}
    assert folder == Path(folder).anchor
    assert read == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of another process's limits")
def test_the_limits_are_in_force() -> None:
    """The child has what its configuration grants above what Python takes, and may write and start nothing."""
    import resource

    with Sandbox(PATIENT) as sandbox:
        sandbox.read("a.md", RAW)
        child = pid_of(sandbox)
        names = ("AS", "FSIZE", "NPROC", "CORE", "NOFILE", "CPU")
        limits = {name: resource.prlimit(child, getattr(resource, f"RLIMIT_{name}"))[0] for name in names}
        assert os.getpriority(os.PRIO_PROCESS, child) > os.getpriority(os.PRIO_PROCESS, 0)
    assert 0 < limits.pop("AS") - PATIENT.max_memory_bytes < 100_000_000
    assert 20 < limits.pop("CPU") < 30
    assert limits == {"FSIZE": 0, "NPROC": 0, "CORE": 0, "NOFILE": 64}


@posix
def test_the_child_writes_no_file(hostile: Sandbox) -> None:
    """A file that a parser opens to write stays empty."""
    document = hostile.read("write.md", RAW)
    Path(f"/tmp/written-{pid_of(hostile)}").unlink()  # noqa: S108 - the child cannot know a better place
    assert document.title == "OSError"


@posix
def test_what_a_child_started_dies_with_it(hostile: Sandbox) -> None:
    """A grandchild that holds the pipe does not live on, and one that escaped does not hold the build up."""
    for deed in ("grandchild", "escaped"):
        started = time.monotonic()
        with Sandbox(LIMITS, COMMAND) as sandbox, pytest.raises(ReadingStopped):
            sandbox.read(f"{deed}.md", RAW)
        assert time.monotonic() - started < 5.0
    hostile.read("before.md", RAW)
    assert hostile._child is not None
    assert hostile._child._process.stdout is not None
    held = os.dup(hostile._child._process.stdout.fileno())
    with pytest.raises(ReadingStopped):
        hostile.read("grandchild.md", RAW)
    with os.fdopen(held, "rb", buffering=0) as pipe:
        assert select.select([pipe], [], [], 5.0)[0] == [pipe]
        assert pipe.read(1) == b""  # nobody holds its other end


@posix
def test_the_child_ends_with_its_parent() -> None:
    """A child whose parent was killed ends by itself, also one in the middle of a file."""
    code = (
        "import sys, time; from qabot.config import SeedsConfig; from qabot.documents.sandbox import Sandbox;"
        f"sandbox = Sandbox(SeedsConfig(max_read_s=1.0), {COMMAND!r}); sandbox.read('a.md', b'text');"
        "print(sandbox._child._process.pid, flush=True);"
        "sandbox.read(sys.argv[1], b'text') if sys.argv[1] else time.sleep(600)"
    )
    for deed, patience_s in (("", 5.0), ("sleep.md", 12.0)):
        command = [sys.executable, "-c", code, deed]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": _path()}) as parent:  # noqa: S603
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            time.sleep(0.3)  # it has begun to read the file
            parent.kill()
        assert _ends(child, patience_s)


def _path() -> str:
    return os.pathsep.join(path for path in sys.path if path)


def _ends(pid: int, patience_s: float) -> bool:
    """Whether the process is gone, or dead and not yet buried, in time."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].startswith("Z"):
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    return False


def test_a_failure_that_an_earlier_file_may_have_caused_is_tried_in_a_fresh_child(tmp_path: Path) -> None:
    """A child that breaks at its second file, whatever that holds, loses nothing."""
    script = tmp_path / "second.py"
    script.write_text(
        "import json, sys; sys.path[:] = json.loads(sys.argv[1])\n"
        "import os; from qabot.documents.extraction import EXTRACTORS\n"
        "from qabot.documents.sandbox_child import serve\n"
        "read = []\n"
        "class Once:\n"
        "    def extract(self, id_, raw):\n"
        "        read.append(id_)\n"
        "        return EXTRACTORS['.md'].extract(id_, raw) if len(read) == 1 else os._exit(1)\n"
        "serve(lambda suffix: Once())\n"
    )
    with Sandbox(PATIENT, (*python_command()[:3], str(script), python_command()[-1])) as sandbox:
        assert [sandbox.read(id_, RAW) for id_ in ("a.md", "b.md")] == [honest("a.md"), honest("b.md")]


@pytest.mark.parametrize(
    "command", [("/no/such/python",), (sys.executable, "-c", "pass"), (sys.executable, "-c", "1/0")]
)
def test_a_child_that_does_not_start_is_said(command: tuple[str, ...]) -> None:
    """Without a working Python for the child each file says so, and none is taken for bad for ever."""
    with (
        Sandbox(PATIENT, command) as sandbox,
        pytest.raises(ReadingStopped, match=r"^a.md cannot be read: its reader does"),
    ):
        sandbox.read("a.md", RAW)


def test_threads_are_left_behind_by_no_file() -> None:
    """Reading many files leaves as many threads and open files as before."""
    threads = threading.active_count()
    with Sandbox(PATIENT) as sandbox:
        for number in range(50):
            sandbox.read(f"{number}.md", RAW)
        assert threading.active_count() <= threads + 1
    assert threading.active_count() <= threads
