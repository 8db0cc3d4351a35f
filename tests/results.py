"""Results for tests of what is shown."""

from typing import Any

from qabot.datatypes import Answer, NoAnswer, OtherAnswer, Quote, Reason, Span

SENTENCE = "More than 953 civilians have been killed, the UN says."


def quote(text: str = SENTENCE, answer: tuple[int, int] | None = (0, 13), **changed: Any) -> Quote:
    """A quote that begins at character 100 of a.txt; ``answer`` counts in the quote."""
    fields: dict[str, Any] = {
        "source": "a.txt",
        "line_start": 3,
        "line_end": 3,
        "page": None,
        "heading": None,
        "date": "2022-03-23",
        "encoding": "utf-8-sig",
        "extractor": "plain",
        "sha256": "a" * 64,
        "text_sha256": "b" * 64,
    }
    marked = Span(*answer).shifted(100) if answer else None
    return Quote(text=text, span=Span(100, 100 + len(text)), answer=marked, **{**fields, **changed})


def answer(*quotes: Quote, **changed: Any) -> Answer:
    """An answer with the short answer of its first quote."""
    quotes = quotes or (quote(),)
    fields: dict[str, Any] = {"confidence": 0.93, "generation": "g1", "elapsed_ms": 12.3456}
    return Answer("How many?", str(quotes[0].answer_text), quotes=quotes, **{**fields, **changed})


def no_answer(reason: Reason = "below_threshold", **changed: Any) -> NoAnswer:
    """A refusal with one near passage."""
    fields: dict[str, Any] = {
        "confidence": 0.12,
        "generation": "g1",
        "elapsed_ms": 8.0,
        "nearest": (quote(answer=None),),
    }
    return NoAnswer("How many?", reason, **{**fields, **changed})


FULL_ANSWER = answer(
    quote(),
    quote(source="b.txt"),
    others=(OtherAnswer("977", 0.35, (quote("Some 977 died.", (5, 8), source="c.txt"),)),),
    question_understood="How many civilians?",
    notes=("2 passages read",),
)


# Escape sequences, C1, bidi overrides, what str.splitlines splits at, and a lone surrogate (a file name's odd byte).
HOSTILE = "a\x1b[2J\x1b]0;owned\x07b\x9b31mc\u202ed\u2066e\u2028f\u2029g\x85h\udce9i\x7fj\r\n\tk\u20ac"
