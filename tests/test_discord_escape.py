"""The escaper: nothing in a text takes effect in Discord, and nothing of it is lost."""

import re

import discord_standin  # noqa: F401 - imports discord.py, whose own warning at import is not ours
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qabot.discord_bot.escape import cells, escape, shows_codes, unescape, visible

SYNTAX = st.text(alphabet="\\`*_~|<>@#[]()!-+.:/1a \n\r\t⟨⟩U+200B\u200b\u202e\ufe0f❤\ud800", max_size=40)

HOSTILE = [
    "<@1>", "<@!1>", "<@&1>", "<#1>", "<t:1700000000:R>", "<:e:1>", "<a:e:1>", "</cmd:1>", "<id:guide>",
    "<https://evil.example>", "<a@b.example>", "<+15551234567>", "@everyone", "@here", "[x](https://evil.example)",
    "[x](<https://evil.example>)", "https://evil.example/x?y#z", "HTTP://EVIL.EXAMPLE", "steam://run/1",
    "discord://-/x", "mailto:a@b.example", "www.evil.example", "discord.gg/abc", "# h", "  ## h", "-# small", "- a",
    "* a", "+ a", "1. a", "12) a", "> q", ">>> q", "||spoiler||", "`code`", "``code``", "```py\nx\n```", "**b**",
    "*i*", "__u__", "_i_", "~~s~~", "a\n# h", "a\r- b", "a\n  1. b", ":smile:",
    ":+1:", ":100:", ":flag_de:", ":wave::skin-tone-2:", ":pi\u00f1ata:",
]  # fmt: skip

# What is alive in text that is written for Discord, after every escaped character was taken out.
ALIVE = re.compile(
    r"[<>@`*_~|\[\]]|[A-Za-z]:\S|:[\w+-]+:|www\.|\.[A-Za-z]{2,}/|#|(?:^|[\n\r])[^\S\n\r]*(?:[-+]|\d+[.)])",
)
ESCAPED = re.compile(r"\\[^0-9A-Za-z\s]")


def living(markdown: str) -> list[str]:
    """What Discord would give a meaning to: a placeholder letter stands for each escaped character."""
    return [found[0] for found in ALIVE.finditer(ESCAPED.sub("\N{FULL BLOCK}", markdown))]


@given(st.one_of(st.text(), SYNTAX, st.lists(st.sampled_from(HOSTILE)).map("".join)))
@example("⟨U+200B⟩ \u200b \\⟨")
@example("\\")
def test_escaping_loses_nothing(text: str) -> None:
    """unescape(escape(t)) == t for every text, lone surrogates and look-alikes of our own codes included."""
    assert unescape(escape(text)) == text


@given(st.one_of(st.text(), SYNTAX, st.lists(st.sampled_from(HOSTILE)).map(" ".join)))
def test_nothing_is_alive_after_escaping(text: str) -> None:
    """No construct of the grammar survives, whatever stands around it."""
    assert living(escape(text)) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_each_construct_is_alive_before_and_dead_after(text: str) -> None:
    """The check itself sees every hostile example before it is escaped."""
    assert living(text)
    assert not living(escape(text))


@given(SYNTAX, st.integers(0, 40))
def test_a_piece_shown_on_its_own_is_dead_too(text: str, at: int) -> None:
    """What starts at a break is treated as the start of a line."""
    escaped = cells(text, (at,))
    assert living("".join(escaped[at:])) == []
    assert unescape("".join(escaped)) == text


@pytest.mark.parametrize(
    "text", ["Mr. Putin said 3.5 million (or more) - at 12:30.", "e.g. No. 5; U.S.", "well-known & true!", "a\tb\r\nc"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Ordinary prose gets no backslash at all."""
    assert escape(text) == text


@pytest.mark.parametrize(
    "char",
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202e\u2066\u2069\u200f\u061c\u2028\u2029\x00\x1b\x85\u3164\u2800",
)
def test_invisible_characters_are_shown_by_their_code(char: str) -> None:
    """Characters that nobody sees, or that turn their neighbours round, never reach Discord."""
    assert escape(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"
    assert visible(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"
    assert shows_codes(f"a{char}b")


@pytest.mark.parametrize("text", ["❤\ufe0f", "1\ufe0f\u20e3", "👩\u200d🚀", "👍🏽", "é", "e\u0301"])
def test_emoji_and_accents_are_left_alone(text: str) -> None:
    """Joiners and selectors inside an emoji belong to its picture."""
    assert escape(text) == text
    assert not shows_codes(text)


def test_a_written_code_differs_from_a_shown_one() -> None:
    """A source that holds the characters of a code literally is told from one that holds the invisible character."""
    assert escape("⟨U+200B⟩") != escape("\u200b")
    assert unescape(escape("⟨U+200B⟩")) == "⟨U+200B⟩"
