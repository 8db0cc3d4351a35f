"""The words of a heading without the signs that mark it as one, for each format.

Apart from the readers, since a question under a heading needs this and a cold start should not pay for them.
"""

from __future__ import annotations

import re

from qabot.documents.folder import suffix_of

ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1+")


def heading_words(id_: str, heading: str) -> str:
    """A heading of the document ``id_`` in one line: ``## The *first* [rule](#r) ##`` gives "The first rule"."""
    words = {".md": _of_markdown, ".rst": _of_rst, ".txt": _without_adornment}.get(suffix_of(id_), str)
    return " ".join(words(heading).split())


def _of_markdown(heading: str) -> str:
    heading = re.sub(r"^[ \t]{0,3}#{1,6}(?=[ \t])|[ \t]#+[ \t]*$", "", _without_adornment(heading))
    heading = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])", r"\1", heading)  # links keep their words
    return re.sub(r"(?<!\w)[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?!\w)|`+", "", heading)


def _of_rst(heading: str) -> str:
    words = _without_adornment(heading)
    return re.sub(r":\w[\w:.-]*:(?=`)|``?|\*\*|(?<!\w)\*|\*(?!\w)", "", words)


def _without_adornment(heading: str) -> str:
    """The lines but those of one repeated sign under or over the words."""
    lines = [line.strip() for line in re.split(r"\r\n|\r|\n", heading)]
    return " ".join(line for line in lines if not ADORNMENT.fullmatch(line))
