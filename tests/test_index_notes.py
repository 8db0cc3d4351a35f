"""The small files beside the index: what is no such file holds nobody up."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from qabot.index.notes import read_note, write_note

VALUE = {"a.txt": 1}
SOON_S = 10.0  # what waits longer waits for ever


def _ends(*, path: Path, value: Any) -> None:
    """Write and read in a thread that nobody waits for at the end, and require that it ends."""

    def use() -> None:
        read_note(path)
        write_note(path, value)

    thread = Thread(target=use, daemon=True)
    thread.start()
    thread.join(SOON_S)
    assert not thread.is_alive()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """A note comes back as it was, and None takes it away."""
    path = tmp_path / "note.json"
    write_note(path, VALUE)
    assert read_note(path) == VALUE
    write_note(path, None)
    assert (read_note(path), list(tmp_path.iterdir())) == (None, [])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other pipes")
@pytest.mark.parametrize("name", ["note.json", "note.json.tmp"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    """In the place of the note or of what is written aside: it is no note, and the next one takes its place."""
    os.mkfifo(tmp_path / name)
    assert read_note(tmp_path / "other.json") is None
    _ends(path=tmp_path / "note.json", value=VALUE)
    assert read_note(tmp_path / "note.json") == VALUE


def test_a_folder_is_no_note(tmp_path: Path) -> None:
    """Nor is anything written there."""
    path = tmp_path / "note.json"
    path.mkdir()
    write_note(path, VALUE)
    assert read_note(path) is None
    assert path.is_dir()
