"""Hostile documents made from a seed: files that mislead, exhaust or steer whoever reads, indexes or shows them."""

# ruff: noqa: S311 - nothing here is a secret

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from random import Random
from types import MappingProxyType

from hostile_texts import (
    DEEP,
    Made,
    Maker,
    bound,
    deep_page,
    deep_text,
    encoded,
    endless,
    large,
    markdown,
    nothing,
    page,
    rst,
    sentence,
    table,
    text,
)
from pdf_files import of_objects
from word_files import paragraph, with_parts, zipped

_IN_NAMES = (
    "", "", "", " with space", "\nline", "\r", "\t", "\u202efdp", "\u200b", "İ", "e\u0301", "@here", "`x`",
    "**b**", "[x](javascript:1)", "<@1>", "\x1b[31m", "\x07", "'\"$(x)", "%00", "..", "--help", "\\up", "🏴",
    "x" * 150, "\u2028", "\x85", "ж", "#1", "~", "\udcff",
)  # fmt: skip
_FOLDERS = (
    "",
    "",
    "rules/",
    "a b/c/",
    "@everyone/",
    "שלום/",
    "new\nline/",
    "deep/er/and/deeper/still/",
    "\x1b[1m/",
    "a..\u2024/",
)


def hostile_files(count: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """``count`` files, names under seeds/ and contents, each kind of hostility in turn."""
    makers = list(MAKERS.values())
    for number in range(count):
        random = Random(f"{seed}.{number}")
        suffix, raw = makers[number % len(makers)](random)
        suffix = suffix.upper() if random.random() < 0.1 else suffix
        yield f"{random.choice(_FOLDERS)}{number:04d}{random.choice(_IN_NAMES)}{suffix}", raw


def _deep_word(random: Random) -> Made:
    opening, closing = random.choice((
        ("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"), ("<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<w:ins>", "</w:ins>"), ("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>"),
    ))  # fmt: skip
    depth = random.choice((20, 60, 200, DEEP))
    return ".docx", with_parts(opening * depth + paragraph("bottom") + closing * depth + paragraph(sentence(random)))


def _deep_pdf(random: Random) -> Made:
    deep = random.choice((b"[" * DEEP, b"<<" * DEEP, b"<</Kids[2 0 R]/Type/Pages/Count 1>>", b"(" * DEEP))
    return ".pdf", of_objects([b"<</Type/Catalog/Pages 2 0 R>>", deep, b"<</Type/Page/Parent 2 0 R>>"])


def _bomb(random: Random) -> Made:
    packed = b" " * random.choice((11_000_000, 11_000_000, 11_000_000, 60_000_000))
    members: dict[str, str | bytes] = {"word/document.xml": packed, "[Content_Types].xml": "<Types/>"}
    raw = zipped(members)
    return ".docx", _with_lying_sizes(raw) if random.random() < 0.5 else raw


def _with_lying_sizes(raw: bytes) -> bytes:
    """The package with every size in its directory given as ten bytes."""
    changed = bytearray(raw)
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", changed, at + 24, 10)
        at = raw.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def _many_members(random: Random) -> Made:
    names = ("../../evil", "/etc/x", "word/document.xml/", "word/")
    members: dict[str, str | bytes] = {f"{random.choice(names)}{n}": "x" for n in range(random.choice((10, 2_000)))}
    return ".docx", zipped({**members, "word/document.xml": "<x/>"})


def _entities(random: Random) -> Made:
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    dtd = f'<!DOCTYPE x [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file:///etc/passwd">{layers}]>'
    xml = f"<?xml version='1.0'?>{dtd}<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>&l9;&f;</w:document>"
    if random.random() < 0.5:
        return ".docx", zipped({"word/document.xml": xml, "[Content_Types].xml": "<Types/>"})
    return ".html", f"{dtd}<p>&l9;&f; {sentence(random)}".encode()


def _lying(random: Random) -> Made:
    signs = (
        b"%PDF-1.7\n",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"MZ\0",
        b"\x7fELF",
        b"{\\rtf1",
        b"GIF89a",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"<html>",
    )
    raw = random.choice(signs) + text(random)[1] if random.random() < 0.5 else _whole(random)[1]
    return random.choice((".txt", ".md", ".rst", ".html", ".docx", ".pdf", ".csv", ".exe", "")), raw


def _damaged(random: Random) -> Made:
    suffix, whole = _whole(random)
    raw = bytearray(whole)
    for _ in range(random.choice((1, 3, 30))):
        at, size = random.randrange(len(raw)), random.choice((1, 4, 200))
        how = random.randrange(4)
        if how == 0:
            raw[at] ^= 1 << random.randrange(8)
        elif how == 1:
            raw[at : at + size] = random.randbytes(size)
        elif how == 2:
            del raw[at : at + size]
        else:
            raw[at:at] = raw[max(0, at - size) : at]
        raw = raw or bytearray(b"x")
    return suffix, bytes(raw)


def _truncated(random: Random) -> Made:
    suffix, raw = _whole(random)
    return suffix, raw[: random.randrange(len(raw))]


def _noise(random: Random) -> Made:
    return random.choice((".txt", ".md", ".html", ".pdf", ".docx")), random.randbytes(random.choice((10, 500, 20_000)))


def _whole(random: Random) -> Made:
    return random.choice((text, markdown, rst, page, bound, bound, bound))(random)


MAKERS: Mapping[str, Maker] = MappingProxyType({
    "text": text, "damaged": _damaged, "markdown": markdown, "page": page, "bound": bound, "deep text": deep_text,
    "rst": rst, "lying": _lying, "truncated": _truncated, "deep page": deep_page, "encoded": encoded,
    "bound again": bound, "table": table, "nothing": nothing, "damaged again": _damaged, "endless": endless,
    "deep word": _deep_word, "noise": _noise, "bomb": _bomb, "text again": text, "deep pdf": _deep_pdf,
    "truncated again": _truncated, "entities": _entities, "many members": _many_members, "large": large,
})  # fmt: skip
