"""What the command line takes a terminal for: colour, width, columns, line breaks."""

import io
from collections.abc import Mapping

import pytest

from qabot.terminal import Screen, columns, shortened, visible, wrap


class Tty(io.StringIO):
    """A stream that says it is a terminal, of unknown size."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Screen(80, colour=True)),
        ({"COLUMNS": "60"}, Screen(60, colour=True)),
        ({"COLUMNS": "400"}, Screen(100, colour=True)),
        ({"COLUMNS": "3"}, Screen(20, colour=True)),
        ({"COLUMNS": "wide", "NO_COLOR": ""}, Screen(80, colour=True)),
        ({"NO_COLOR": "1"}, Screen(80, colour=False)),
        ({"TERM": "dumb"}, Screen(80, colour=False)),
    ],
)
def test_a_terminal_has_colour_and_a_width_unless_told_otherwise(environ: Mapping[str, str], expected: Screen) -> None:
    """COLUMNS, NO_COLOR (if not empty) and TERM=dumb are respected; the width stays readable."""
    assert Screen.of(Tty(), environ) == expected


def test_a_pipe_has_neither_colour_nor_width() -> None:
    """What is no terminal gets plain lines whatever the environment says."""
    assert Screen.of(io.StringIO(), {"COLUMNS": "60", "TERM": "xterm"}) == Screen(None, colour=False)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("plain", 5),
        ("\u65e5\u672c", 4),
        ("e\u0301", 1),
        ("a\u200bb", 2),
        ("\U0001f600", 2),
        ("\t", 4),
        ("", 0),
        ("\x1b", 1),
    ],
)
def test_columns_are_counted_as_a_terminal_counts_them(text: str, width: int) -> None:
    """Wide characters take two columns, combining and invisible ones none, neutralised ones one."""
    assert columns(text) == width


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", None, ["one two three"]),
        ("toolongword x", 4, ["toolongword", "x"]),
        ("\u65e5\u672c \u8a9e\u6587", 5, ["\u65e5\u672c", "\u8a9e\u6587"]),
        ("  indented words here", 12, ["  indented", "words here"]),
        ("a\n\nb\n", 9, ["a", "", "b"]),
        ("a\x0bb\u2028c", 9, ["a\x0bb\u2028c"]),
    ],
)
def test_lines_break_at_white_space_only(text: str, width: int | None, lines: list[str]) -> None:
    """A text is broken at its own line ends and between words, and a word wider than the line stays whole."""
    assert [text[start:end] for start, end in wrap(text, width)] == lines


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("fits", 4, "fits"),
        ("too long", 7, "too lo\u2026"),
        ("two words", 5, "two\u2026"),
        ("\u65e5\u672c\u8a9e", 5, "\u65e5\u672c\u2026"),
        ("\u65e5\u672c\u8a9e", 4, "\u65e5\u2026"),
        ("e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"),
        ("e\u0301e\u0301e\u0301", 2, "e\u0301\u2026"),
        ("", 3, ""),
    ],
)
def test_a_text_is_shortened_to_the_columns_there_are(text: str, width: int, expected: str) -> None:
    """What is too wide ends in an ellipsis and fits with it; what fits is unchanged."""
    assert shortened(text, width) == expected
    assert columns(expected) <= width


def test_neutralising_keeps_the_number_of_characters() -> None:
    """Every control character becomes exactly one symbol (tabs apart), so nothing disappears unseen."""
    controls = [
        chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
    ]
    for char in set(controls) - {"\t"}:
        shown = visible(f"a{char}b")
        assert len(shown) == 3
        assert char not in shown
    assert (
        visible("caf\u00e9 \u2013 \u05e9\u05dc\u05d5\u05dd\u200f") == "caf\u00e9 \u2013 \u05e9\u05dc\u05d5\u05dd\u200f"
    )
