"""From the bytes of a file to its questions: SQuAD-format JSON (1.1, 2.0) or JSONL, packed with gzip or not.

This module knows both formats and names what is malformed by its place; it refuses to guess what was meant.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any

from qabot.datatypes import Span
from qabot.errors import UsageError
from qabot.evaluation.datasets import Dataset, Gold, Question, with_words

MAX_UNPACKED_BYTES = 100_000_000  # as of a file that is not packed; SQuAD's training part has 42 million
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # the marks that it may begin with
_GZIP = b"\x1f\x8b"
_SURROGATE = re.compile("[\ud800-\udfff]")  # half of a character, which no document can hold
_MOST_LINES_NAMED = 5
_MOST_OF_A_KEY = 50  # characters that are shown
_JSONL_FORM = '{"question": "...", "answers": ["...", ...] or null, "source": document or left out}'
_JSONL_REMEDY = f"Each line must be an object like {_JSONL_FORM};"
_OF_EVAL = "SQuAD-format JSON needs --given or --open."
_SQUAD_REMEDY = "--given and --open need SQuAD-format JSON; JSONL is evaluated without either."


_KEYS = ("question", "answers", "source")
_KNOWN = frozenset({*_KEYS, "id", "kind", "part", "title"})  # the last three are for people, and not looked at
_ALIKE = 0.85  # from that on a key is taken for a misspelt one: "answer", "sources", "qestion"


class _MalformedError(ValueError):
    """A part of a file is not what its format says; the message is a clause that begins with its place."""


def text_of(name: str, raw: bytes) -> str:
    """The text of a file, unpacked if it is gzip, whatever it is called; UTF-16 if it begins with the mark of that.

    Raises:
        UsageError: if it cannot be unpacked, unpacks to more than 100 MB, or is no UTF-8.
    """
    try:
        if raw.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(MAX_UNPACKED_BYTES + 1)
        if len(raw) > MAX_UNPACKED_BYTES:
            raise UsageError(f"{name} unpacks to more than {MAX_UNPACKED_BYTES:,} bytes", remedy="Give it in parts.")
        return raw.decode("utf-16" if raw.startswith(_UTF16) else "utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{name} cannot be unpacked: {error}", remedy="Fetch or pack it again.") from None
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if raw.startswith(_UTF16) else "UTF-8"
        raise UsageError(
            f"{name} is no {encoding}: {error.reason} at byte {error.start}", remedy="Convert it."
        ) from None


def jsonl_dataset(name: str, text: str, *, otherwise: str = _OF_EVAL) -> Dataset:
    """The questions of a JSONL file, one a line; blank lines are passed over, and unknown keys too, but counted.

    Whoever gives another format is told ``otherwise``, a sentence.

    Raises:
        UsageError: naming the lines that hold no question, or if there is none in the file.
    """
    questions, faults, unknown = [], [], Counter[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                row = _parsed(line, f"line {number}")
                questions.append(_jsonl_question(row, f"line {number}"))
                unknown.update(_string(key) for key in row if key not in _KNOWN)
        except _MalformedError as fault:
            faults.append((number, str(fault)))
    if faults:
        more = ", ".join(str(number) for number, _ in faults[1 : 1 + _MOST_LINES_NAMED])
        more += f" and {len(faults) - 1 - _MOST_LINES_NAMED} more" if len(faults) > 1 + _MOST_LINES_NAMED else ""
        also = f" (line{'s' * (len(faults) > 2)} {more} cannot be used either)" if more else ""
        raise UsageError(f"{name}: {faults[0][1]}{also}", remedy=f"{_JSONL_REMEDY} {otherwise}")
    return Dataset(_some(name, questions), unknown_keys=dict(unknown.most_common()))


def _some(name: str, questions: list[Question]) -> tuple[Question, ...]:
    """The questions, one at least: a file that was lost on the way must not pass for a good result."""
    if not questions:
        raise UsageError(f"{name} holds no question", remedy="Give the file that has them.")
    return tuple(questions)


def squad_dataset(name: str, text: str) -> Dataset:
    """The questions of a SQuAD-format file; equal passages are one document.

    Raises:
        UsageError: naming the place of what is not SQuAD's format, or if there is no question in the file.
    """
    questions: list[Question] = []
    contradicted = 0
    ids: dict[str, str] = {}  # passage -> document id
    try:
        articles = _member(_parsed(text, "the file"), "data", list, "the file")
        for at, article in enumerate(articles):
            paragraphs = _member(article, "paragraphs", list, f"data[{at}]")
            title = _text_or_none(article.get("title"))
            for n, paragraph in enumerate(paragraphs):
                place = f"data[{at}].paragraphs[{n}]"
                passage = _string(_member(paragraph, "context", str, place))
                source = ids.setdefault(passage, f"{len(ids):06}.txt")
                for q, qa in enumerate(_member(paragraph, "qas", list, place)):
                    questions.append(_squad_question(qa, f"{place}.qas[{q}]", passage, source, title))
                    contradicted += qa.get("is_impossible") is questions[-1].answerable
    except _MalformedError as fault:
        raise UsageError(f"{name} is not in SQuAD format: {fault}", remedy=_SQUAD_REMEDY) from None
    passages = {source: passage for passage, source in ids.items()}
    return Dataset(_some(name, questions), passages, contradicted=contradicted)


def _jsonl_question(row: Mapping[str, Any], place: str) -> Question:
    _no_misspelt(row, place)
    text, answers = _member(row, "question", str, place), row.get("answers", ...)
    if not text.strip():
        raise _MalformedError(f'{place}: "question" is empty')
    if answers is not None and not (isinstance(answers, list) and all(isinstance(a, str) for a in answers)):
        raise _MalformedError(f'{place}: "answers" must be a list of strings, or null')
    source = row.get("source")
    if source is not None and not (isinstance(source, str) and source):
        raise _MalformedError(f'{place}: "source" must be the name of a document')
    golds = with_words(Gold(_string(answer)) for answer in answers or ())
    return Question(_string(text), golds, place, id=_text_or_none(row.get("id")), source=source)


def _no_misspelt(row: Mapping[str, Any], place: str) -> None:
    """A key that is almost one of ours would be passed over, and what it says with it."""
    for key in sorted(row.keys() - _KNOWN):
        written, shown = key.casefold().strip(), _string(key[:_MOST_OF_A_KEY])
        for meant in get_close_matches(written, _KEYS, n=1, cutoff=_ALIKE):
            if meant not in row:
                raise _MalformedError(f'{place}: "{shown}" must be "{meant}"')
            if not _goes_on(written, meant):
                raise _MalformedError(f'{place}: "{shown}" stands beside "{meant}", and one of them must go')


def _goes_on(key: str, ours: str) -> bool:
    """Whether it is one of ours and a word more, ``questionId``, rather than a slip of the hand."""
    return key.startswith(ours) and len(key) > len(ours) + 1


def _squad_question(qa: Any, place: str, passage: str, source: str, title: str | None) -> Question:
    text, answers = _member(qa, "question", str, place), _member(qa, "answers", list, place)
    golds = with_words(_squad_gold(one, f"{place}.answers[{n}]", passage) for n, one in enumerate(answers))
    return Question(_string(text), golds, place, id=_text_or_none(qa.get("id")), source=source, article=title)


def _squad_gold(answer: object, place: str, passage: str) -> Gold:
    """An answer with its place if it stands there; files of others count bytes, or from elsewhere."""
    text, start = _string(_member(answer, "text", str, place)), _member(answer, "answer_start", int, place)
    stands = bool(text) and start >= 0 and passage[start : start + len(text)] == text
    return Gold(text, Span(start, start + len(text)) if stands else None)


def _parsed(text: str, place: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=partial(_object, place))
    except _MalformedError:
        raise
    except (json.JSONDecodeError, RecursionError):
        raise _MalformedError(f"{place} is no JSON") from None
    except ValueError:  # what is left: more digits than Python makes a number of
        raise _MalformedError(f"{place} has a number with too many digits") from None
    if not isinstance(value, dict):
        raise _MalformedError(f"{place} is no JSON object")
    return value


def _object(place: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise _MalformedError(f'{place}: "{_string(twice[:_MOST_OF_A_KEY])}" stands twice in one object')
    return made


def _member(value: object, key: str, kind: type, place: str) -> Any:
    """``value[key]``, which is of this kind (a bool is no int)."""
    found = value.get(key) if isinstance(value, dict) else None
    if type(found) is not kind:
        kinds = {str: "a string", int: "a whole number", list: "a list"}
        raise _MalformedError(f'{place}: "{key}" must be {kinds[kind]}')
    return found


def _text_or_none(value: object) -> str | None:
    """An id or a title, which some files write as numbers."""
    return None if value is None else _string(str(value))


def _string(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)
