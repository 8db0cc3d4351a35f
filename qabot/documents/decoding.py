"""Bytes become text here, and only here; from here on offsets count.

What is stated (a byte-order mark) or certain (valid UTF-8) is decoded without a word. Anything else is a guess, and
the note says so. ``raw.decode(encoding)`` always gives exactly ``text``: a mark is no character.
"""

# ruff: noqa: RUF001, RUF003 - these signs are what is counted

from __future__ import annotations

import codecs
from typing import NamedTuple

from qabot.errors import DocumentError

_SAVE_AS_UTF8 = "Save it as UTF-8."

# UTF-32 LE first: its mark begins with that of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = b"\t\n\v\f\r\x1a\x1b\x85"
_CONTROLS = bytes(code for code in range(32) if code not in _TEXT_CONTROLS)
_WESTERN_LETTERS = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŸŠšŽž")
_WESTERN_SIGNS = frozenset("“”‘’‚„«»‹›–—…•·€£¥¢§©®™°±²³µ¹½¼¾×ªº¿¡´¶†‡‰\xa0\xad")
_APOSTROPHES = frozenset("’‘´–—·…\xad")  # signs that stand between two letters in good text: don’t, 9–to–5


class Decoded(NamedTuple):
    """A file's text and how it was found."""

    text: str
    encoding: str  # a codec name: ``raw.decode(encoding) == text``
    note: str | None  # what a person should check


def decode(raw: bytes) -> Decoded:
    """The text of a plain-text file.

    Raises:
        DocumentError: if the bytes are no text, are damaged, or no encoding fits them. The message begins with "is"
            or "holds", to follow the file's name.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode_stated(raw, encoding)
    _refuse_binary(raw)
    try:
        return Decoded(raw.decode("utf-8"), "utf-8", None)
    except UnicodeDecodeError as error:
        _refuse_damaged_utf8(raw, error)
    return _guessed(raw)


def _decode_stated(raw: bytes, encoding: str) -> Decoded:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        problem = f"is not the {encoding.upper()} that its first bytes promise: byte {error.start} does not fit"
        raise DocumentError(problem, remedy=_SAVE_AS_UTF8) from None
    if "\0" in text:
        raise DocumentError("holds NUL characters, which no text has", remedy=_SAVE_AS_UTF8)
    return Decoded(text, encoding, None)


def _refuse_binary(raw: bytes) -> None:
    if b"\0" in raw:
        raise DocumentError(
            "holds NUL bytes: it is no text, or UTF-16 without a byte-order mark",
            remedy="Save it as UTF-8, or move it out of seeds/.",
        )
    controls = len(raw) - len(raw.translate(None, _CONTROLS))
    if controls > len(raw) // 50:
        raise DocumentError("holds control bytes: it is no text", remedy="Move it out of seeds/.")


def _refuse_damaged_utf8(raw: bytes, error: UnicodeDecodeError) -> None:
    """Refuse UTF-8 with a few bad bytes; decoded as anything else it would be full of "â€™"."""
    text = raw.decode("utf-8", errors="replace")
    bad = text.count("�")
    good = sum(not character.isascii() for character in text) - bad
    if good > bad:
        line = raw.count(b"\n", 0, error.start) + 1
        problem = f"is UTF-8 but for {bad} damaged place{'s' * (bad > 1)}, the first in line {line}"
        raise DocumentError(problem, remedy="Mend that line and save the file as UTF-8.")


def _guessed(raw: bytes) -> Decoded:
    """Windows-1252 where the result reads like a Western language, else what charset-normalizer finds."""
    encoding = "windows-1252" if _reads_western(raw) else _detected(raw)
    text = raw.decode(encoding)
    return Decoded(text, encoding, f"its encoding is not stated; read as {encoding}, a guess: save it as UTF-8")


def _reads_western(raw: bytes) -> bool:
    """Whether the non-ASCII characters under windows-1252 are such as Western text has, where it has them.

    Detectors take a few accented letters for Cyrillic or Greek code pages. The tell-tale of a wrong windows-1252 is a
    sign between two letters ("za³o¿yæ" for Polish "założyć") or words that are mostly accented letters (Cyrillic).
    """
    try:
        text = raw.decode("windows-1252")
    except UnicodeDecodeError:
        return False
    accented = sum(character in _WESTERN_LETTERS for character in text)
    plain = sum(character.isascii() and character.isalpha() for character in text)
    odd = sum(_out_of_place(text, at) for at, character in enumerate(text) if not character.isascii())
    signs = sum(not character.isascii() for character in text) - accented
    return accented <= max(1, plain // 4) and odd * 10 <= accented + signs


def _out_of_place(text: str, at: int) -> bool:
    character = text[at]
    if character in _WESTERN_LETTERS or character in _APOSTROPHES:
        return False
    between_letters = text[at - 1 : at].isalpha() and text[at + 1 : at + 2].isalpha()
    return between_letters or character not in _WESTERN_SIGNS


def _detected(raw: bytes) -> str:
    from charset_normalizer import from_bytes  # 20 ms to import, and most files never come here

    best = from_bytes(raw).best()
    if best is None or _has_stray_controls(raw.decode(best.encoding, errors="replace")):
        raise DocumentError("is in no encoding that could be recognised", remedy=_SAVE_AS_UTF8)
    return best.encoding


def _has_stray_controls(text: str) -> bool:
    """Whether control or unassigned characters or failures show that the guess was wrong (latin-1 takes any byte)."""
    import unicodedata  # one megabyte of tables, for guessed encodings only

    suspects = {character for character in set(text) if unicodedata.category(character) in ("Cc", "Cn", "Co")}
    return "�" in text or bool(suspects - set("\t\n\v\f\r\x1a\x1b\x85"))
