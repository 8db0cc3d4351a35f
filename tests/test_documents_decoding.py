"""Bytes become text exactly once, and a guess is never silent."""

import codecs

import pytest

from qabot.documents import decode
from qabot.errors import DocumentError

TEXT = "Das Café öffnet um 9 Uhr — “sofort”. 日本 \U0001f600\r\nzweite Zeile\rdritte"


@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (b"", "utf-8", "utf-8"),
        (codecs.BOM_UTF8, "utf-8", "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
        (codecs.BOM_UTF32_LE, "utf-32-le", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32-be", "utf-32"),
    ],
)
def test_stated_encodings(mark: bytes, codec: str, name: str) -> None:
    """A stated or certain encoding gives the text unchanged, without its mark and without a note."""
    raw = mark + TEXT.encode(codec)
    assert decode(raw) == (TEXT, name, None)
    assert raw.decode(name) == TEXT


@pytest.mark.parametrize(
    "text",
    [
        "The café is open.",
        "“Today,” he said — it’s over… £5 or €6 at 20 °C.",  # noqa: RUF001 - the apostrophe is meant
        "Größe, Äpfel, Übermut und Straße sind deutsche Wörter.",
        "L'été dernier, nous avons été à la plage où le garçon a mangé.",
        "El niño comió piñas. ¿Dónde está la señora? ¡Aquí!",
        "naïve",
    ],
)
def test_western_text_is_windows_1252(text: str) -> None:
    """Western text without a mark is read as windows-1252, with a note that it was guessed."""
    raw = text.encode("windows-1252")
    decoded = decode(raw)
    assert decoded.text == text
    assert raw.decode(decoded.encoding) == text
    assert decoded.note is not None
    assert "guess" in decoded.note


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1251", "Правительство США обвинило российские вооружённые силы в военных преступлениях. " * 5),
        ("shift_jis", "日本国民は、正当に選挙された国会における代表者を通じて行動し、これを確定する。" * 5),
        ("cp1250", "Zażółć gęślą jaźń, potem założył płaszcz i wyszedł z domu, żeby kupić świeże bułki. " * 5),
    ],
)
def test_other_scripts_are_not_mojibake(codec: str, text: str) -> None:
    """Text that windows-1252 would garble is detected, and the guess is named."""
    decoded = decode(text.encode(codec))
    assert decoded.text == text
    assert decoded.note is not None
    assert text.encode(codec).decode(decoded.encoding) == decoded.text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"PK\x03\x04\x00\x00binary", "NUL"),
        ("UTF-16 without mark".encode("utf-16-le"), "NUL"),
        (bytes(range(1, 32)) * 10, "control"),
        (codecs.BOM_UTF16_LE + b"a", "UTF-16"),
        (codecs.BOM_UTF8 + b"caf\xe9", "UTF-8-SIG"),
        (codecs.BOM_UTF16_LE + "a\0b".encode("utf-16-le"), "NUL"),
        ("“Häuser” — naïve café.\n".encode() * 3 + b"\xff\n", "damaged place, the first in line 4"),
    ],
)
def test_what_is_no_text_is_refused(raw: bytes, words: str) -> None:
    """Binary, damaged and mislabelled bytes are refused with a reason and a remedy."""
    with pytest.raises(DocumentError, match=words) as caught:
        decode(raw)
    assert caught.value.remedy.endswith(".")
