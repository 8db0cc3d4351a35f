"""What parent and child of the sandbox say to each other: whole frames, and only what can be is believed."""

from pathlib import Path
from typing import Any

import pytest

from qabot.datatypes import Document
from qabot.documents.extraction import EXTRACTORS
from qabot.documents.sandbox_wire import Frame, Garbage, believed, believed_refusal, packed, receive, send

RAW = b"---\ntitle: Honest\ndate: 2024-05-06\n---\n\n# Rules\n\nThe first rule stands here.\n\n- an item\n"


def honest(id_: str = "a.md", raw: bytes = RAW) -> Document:
    """What the extractor makes of the bytes in this process."""
    return EXTRACTORS[Path(id_).suffix].extract(id_, raw)


class Pipe:
    """A pipe in memory that gives and takes at most seven bytes at once."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = bytearray(data)

    def write(self, data: memoryview) -> int:
        """Take some."""
        self.data += data[:7]
        return len(data[:7])

    def readinto(self, buffer: memoryview) -> int:
        """Give some."""
        count = min(7, len(buffer), len(self.data))
        buffer[:count] = self.data[:count]
        del self.data[:count]
        return count


def test_frames_survive_narrow_pipes() -> None:
    """A frame arrives whole in whatever pieces the pipe passes on, and an end in between is an end."""
    pipe = Pipe()
    frame = Frame({"id": "naïve\n\ud800", "numbers": [1, 2]}, b"body" * 100)
    send(pipe, frame)
    whole = bytes(pipe.data)
    received = receive(pipe, max_body_bytes=400)
    assert (received.head, bytes(received.body)) == (frame.head, frame.body)
    for cut in (0, 5, 20, len(whole) - 1):
        with pytest.raises(EOFError):
            receive(Pipe(whole[:cut]), max_body_bytes=400)
    with pytest.raises(Garbage):
        receive(Pipe(whole), max_body_bytes=399)


@pytest.mark.parametrize("head", [b"[" * 100_000, b"[]", b"{", b"1" * 5_000, b"\xff"], ids=lambda head: repr(head[:4]))
def test_what_is_no_frame_is_garbage(head: bytes) -> None:
    """JSON that is none, or none of ours, or would take the parser's stack, is told apart without harm."""
    with pytest.raises(Garbage):
        receive(Pipe(len(head).to_bytes(4, "big") + bytes(8) + head), max_body_bytes=0)


@pytest.mark.parametrize(
    "changed",
    [
        {"text_bytes": -1}, {"text_bytes": True}, {"text_bytes": "9"}, {"text_bytes": None}, {"text_bytes": 0},
        {"text_bytes": 10}, {"text_bytes": 10**9}, {"title": 3}, {"url": []}, {"date_span": [1]}, {"date_span": [2, 1]},
        {"date_span": [0, 10**6]}, {"date_span": "ab"}, {"pages": None}, {"pages": [1]}, {"pages": [0, 10**6]},
        {"pages": [0.0]}, {"notes": "note"}, {"notes": [1]}, {"notes": None},
    ],
    ids=str,
)  # fmt: skip
def test_impossible_answers_are_not_believed(changed: dict[str, Any]) -> None:
    """Each field is checked for type and place; nothing but Garbage comes of it."""
    frame = packed(honest())
    assert believed(frame, "a.md", RAW, max_text_chars=1_000) == honest()
    with pytest.raises(Garbage):
        believed(Frame({**frame.head, **changed}, frame.body), "a.md", RAW, max_text_chars=1_000)


def test_the_parent_cleans_for_itself() -> None:
    """A child that leaves control characters and other addresses in has them taken out."""
    frame = packed(honest())
    said = {"title": "a\x1b\u202e\ud800b", "url": "file:///etc", "date": "2024-5-6", "notes": ["", "\n", "c"]}
    document = believed(Frame({**frame.head, **said}, frame.body), "a.md", RAW, max_text_chars=1_000)
    assert (document.title, document.url, document.date, document.notes) == ("a b", None, None, ("c",))


def test_blocks_are_whole_and_in_order() -> None:
    """Half a block, an unknown kind and an empty block are garbage, and so is a text above the limit."""
    frame = packed(honest())
    for body in (frame.body + b"x", frame.body[:-11] + b"\xff" + frame.body[-10:], frame.body + bytes(11)):
        with pytest.raises(Garbage):
            believed(Frame(frame.head, body), "a.md", RAW, max_text_chars=1_000)
    with pytest.raises(Garbage):
        believed(frame, "a.md", RAW, max_text_chars=10)


def test_a_refusal_cannot_speak_for_another_file() -> None:
    """What a child says of a file is cut, cleaned, and always said of that file."""
    error = believed_refusal(Frame({"problem": "\x1b[2Jb.md is fine\n" + "x" * 9_999, "remedy": "\n"}), "a.md")
    assert error is not None
    assert error.problem.startswith("a.md [2Jb.md is fine xx")
    assert len(error.problem) < 600
    assert error.remedy == "Remove it from seeds/."
    assert believed_refusal(Frame({"problem": 1, "remedy": ""}), "a.md") is None
