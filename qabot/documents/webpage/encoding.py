"""Which encoding a web page is in: its byte-order mark, then what it states, then a guess.

Follows https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding, but never replaces a
byte that does not fit: what is stated and wrong gives way to the guess, with a note.
"""

from __future__ import annotations

import codecs
import re

from qabot.documents.decoding import Decoded, decode
from qabot.documents.webpage.tree import parse

_SEARCHED_BYTES = 100_000  # browsers look at 1,024, then still obey a later meta element while they parse
_MARKS = (
    codecs.BOM_UTF8,
    codecs.BOM_UTF16_LE,
    codecs.BOM_UTF16_BE,
)  # those of UTF-32 begin with one of these or hold NULs
_XML_ENCODING = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})[\"']", re.ASCII)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE | re.ASCII)
_UTF_16 = "utf-8"  # a page whose ASCII letters could be read is not in UTF-16, whatever it says

# Python's names of the encodings that the web knows, and the wider ones that browsers read them as. No others: "rot13"
# and "unicode_escape" are codecs, too.
_READ_AS = {
    "utf-8": "utf-8", "utf-16": _UTF_16, "utf-16-le": _UTF_16, "utf-16-be": _UTF_16,
    "ascii": "windows-1252", "iso8859-1": "windows-1252", "cp1252": "windows-1252",
    "iso8859-9": "windows-1254", "cp1254": "windows-1254", "iso8859-11": "cp874", "tis-620": "cp874", "cp874": "cp874",
    "iso8859-2": "iso8859-2", "iso8859-3": "iso8859-3", "iso8859-4": "iso8859-4", "iso8859-5": "iso8859-5",
    "iso8859-6": "iso8859-6", "iso8859-7": "iso8859-7", "iso8859-8": "iso8859-8", "iso8859-10": "iso8859-10",
    "iso8859-13": "iso8859-13", "iso8859-14": "iso8859-14", "iso8859-15": "iso8859-15", "iso8859-16": "iso8859-16",
    "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1253": "windows-1253", "cp1255": "windows-1255",
    "cp1256": "windows-1256", "cp1257": "windows-1257", "cp1258": "windows-1258", "cp866": "cp866",
    "koi8-r": "koi8-r", "koi8-u": "koi8-u", "mac-roman": "mac-roman", "mac-cyrillic": "mac-cyrillic",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "big5hkscs": "big5hkscs",
    "euc_jp": "euc_jp", "iso2022_jp": "iso2022_jp", "shift_jis": "cp932", "cp932": "cp932",
    "euc_kr": "cp949", "cp949": "cp949",
}  # fmt: skip
_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gbk",
    "macintosh": "mac-roman",
    "x-mac-roman": "mac-roman",
}


def decode_page(raw: bytes) -> Decoded:
    """The text of a web page, its markup included.

    Raises:
        DocumentError: as ``decode`` does.
    """
    stated = None if raw.startswith(_MARKS) or b"\0" in raw else stated_encoding(raw)
    if stated is None or stated == "utf-8":
        return decode(raw)
    if not raw.isascii() and _is_utf8(raw):
        return Decoded(raw.decode("utf-8"), "utf-8", f"it says that it is {stated}, but is UTF-8 and read as that")
    try:
        return Decoded(raw.decode(stated), stated, None)
    except UnicodeDecodeError:
        return decode(raw)


def stated_encoding(raw: bytes) -> str | None:
    """The encoding that the page's own meta element or XML declaration names; None without a known one."""
    head = parse(raw[:_SEARCHED_BYTES].decode("latin-1"))
    for meta in head.css("meta[charset], meta[http-equiv]"):
        label = meta.attributes.get("charset")
        if label is None and (meta.attributes.get("http-equiv") or "").lower() == "content-type":
            match = _CHARSET.search(meta.attributes.get("content") or "")
            label = match[1] if match else None
        known = _known(label) if label else None
        if known is not None:
            return known
    declared = _XML_ENCODING.match(raw)
    return _known(declared[1].decode("ascii")) if declared else None


def _known(label: str) -> str | None:
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return None
    return _READ_AS.get(name)


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
