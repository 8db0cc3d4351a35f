"""Questions made from the documents themselves, by rules and without a language model: for want of anything better.

Answerable ones: a sentence with the words that answer taken out and a question word put in (cloze, as in Lewis, Denoyer
and Riedel 2019), a cell of a table, a term and its definition, a heading that is a question. Unanswerable ones: the
same kinds with the document hidden that says it, or with a name or number exchanged for another one of the documents
that does not stand there; not where a passage of any document has that one and half of the question's other words, for
it may well answer. What a hidden document answers is left out if another one is found to say it (`runs.py`).

They share their words with the documents more than what people type, and nobody judged them: an estimate, no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from qabot.datatypes import Block, Document, Span
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.metrics import holds_words, normalised
from qabot.rows import headed_rows
from qabot.sentences import sentence_spans

MOST = 100  # answerable ones, and as many others; more would only say more exactly what they cannot say
_SEED = 0
_MOST_DOCUMENTS = 200
_SENTENCE_WORDS = range(5, 26)
_MOST_CELL_WORDS = 8
_NAME = r"[A-Z][\w\u2019'-]+(?: (?:of |the |de |van )?[A-Z][\w\u2019'-]+){1,3}"
_VERB = r"(?:is|are|was|were|has|have|had|can|may|must|will|would|did|does|\w{3,}ed|\w{3,}[a-z]s)"
_SUBJECT = re.compile(rf"(?:The )?(?P<answer>{_NAME})(?P<rest> {_VERB} .+)[.]")
_AMOUNT = re.compile(r"(?<![\w.,-])(?P<answer>\d+(?:[.,]\d+)*)(?P<unit> [a-z]{3,}s)\b")
_TIME = re.compile(
    r"\b(?P<when>(?:in|on|at|since|until|before|after) (?:(?:January|February|March|April|May|June|July|August"
    r"|September|October|November|December) )?(?:\d{1,2}(?:, \d{4}|:\d\d| [ap]m)|\d{4}))(?![\w:])"
)
_DEFINITION = re.compile(
    r"[*_`]*(?P<term>[A-Z][^\s:.;?!|*_`]+(?: [^\s:.;?!|*_`]+){0,3})[*_`]*: +(?P<answer>[^|]{8,150})"
)
# Of a list: nobody types it, and with another one the question asks the same.
_MARK = re.compile(r"^(?:[-*+•]|\d{1,3}[.)]|[a-z][.)]) ")
_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)*(?![\w-])")
_MOST_TRIED = 5  # names or numbers to put in; one that no passage has with the rest of the question is soon found
_ASKING = frozenset(
    "who what which when where how many is are was were did does do has have had of in on at by to or and for".split()
)
_NAMES = re.compile(rf"\b{_NAME}")


@dataclass(frozen=True, slots=True)
class Made:
    """A question, the document it was made from, and whether that is hidden when it is asked."""

    question: Question
    document_id: str
    hidden: bool = False


def made_questions(documents: Iterable[Document]) -> list[Made]:
    """At most MOST answerable and as many unanswerable questions, always the same of the same documents."""
    random = Random(_SEED)  # noqa: S311 - no secret
    known = list(documents)
    if len(known) > _MOST_DOCUMENTS:
        known = random.sample(known, _MOST_DOCUMENTS)
    answerable = _distinct(made for document in known for made in _of_document(document))
    random.shuffle(answerable)
    asked = answerable[: min(MOST, (len(answerable) + 1) // 2)]
    others = _unanswerable([*answerable[len(asked) : 3 * MOST], *asked], known, random)
    return [_as_typed(made, at) for at, made in enumerate([*asked, *others[: len(asked)]])]


def _of_document(document: Document) -> Iterator[Made]:
    """All that the rules make of a document."""
    for text, answers in (*_of_sentences(document), *_of_rows(document), *_of_headings(document)):
        golds = tuple(Gold(answer) for answer in answers if normalised(answer))
        if golds and not any(holds_words(text, gold.text) for gold in golds):
            yield Made(Question(text, golds, f"made from {document.id}"), document.id)


def _of_sentences(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """One question for each sentence that a rule fits."""
    prose = [block.span for block in document.blocks if block.kind in ("paragraph", "item")]
    for span in sentence_spans(document):
        sentence = _MARK.sub("", " ".join(span.of(document.text).split()))
        if any(one.contains(span) for one in prose) and len(sentence.split()) in _SENTENCE_WORDS:
            made = _of_sentence(sentence)
            if made is not None:
                yield made[0], (made[1],)


def _of_sentence(sentence: str) -> tuple[str, str] | None:
    """Question and answer by the first rule that fits."""
    if (found := _DEFINITION.fullmatch(sentence)) is not None:
        return f"What is {found['term']}?", found["answer"].rstrip(".")
    if (found := _SUBJECT.fullmatch(sentence)) is not None:
        return f"Who or what{found['rest']}?", found["answer"]
    if (found := _AMOUNT.search(sentence)) is not None:
        return _with(sentence, found.span(), f"how many{found['unit']}"), found["answer"]
    if (found := _TIME.search(sentence)) is not None:
        return _with(sentence, found.span(), "when"), found["when"].partition(" ")[2]
    return None


def _with(sentence: str, place: tuple[int, int], words: str) -> str:
    return f"{sentence[: place[0]]}{words}{sentence[place[1] :]}".rstrip(".!;") + "?"


def _of_rows(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """For each row of a table: what stands in one of its columns, in turn, for what its first cell names."""
    whole = Span(0, len(document.text)) if document.text else None
    for at, row in enumerate(headed_rows(document, whole) if whole else ()):
        first, *cells = (" ".join(cell.of(document.text).split()) for cell in row.cells)
        if not cells or not re.search(r"[^\W\d]", first):
            continue
        chosen = at % len(cells)
        column, cell = row.names[1 + chosen], cells[chosen]
        if column and len(cell.split()) <= _MOST_CELL_WORDS:
            yield f"What is the {column} of {first}?", (cell,)


def _of_headings(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Headings that are questions, as in a FAQ; any sentence of the first paragraph below is right."""
    below = zip(document.blocks, document.blocks[1:], strict=False)
    asked = [
        (block.span.of(document.text).lstrip("# ").strip(), after) for block, after in below if _heads(block, after)
    ]
    sentences = sentence_spans(document) if any(text.endswith("?") for text, _ in asked) else ()
    for text, after in asked:
        if text.endswith("?"):
            yield text, tuple(one.of(document.text) for one in sentences if after.span.contains(one))


def _heads(block: Block, after: Block) -> bool:
    return block.kind == "heading" and after.kind == "paragraph"


def _unanswerable(made: Sequence[Made], documents: Sequence[Document], random: Random) -> list[Made]:
    """By turns hidden and exchanged, where the one or the other can be done."""
    texts = {document.id: document.text for document in documents}
    said = [(text, _words(text)) for document in documents for text in _passages(document)]
    names = sorted({name for text in texts.values() for name in _NAMES.findall(text)})
    numbers = sorted({number for text in texts.values() for number in _NUMBER.findall(text)})
    others: list[Made] = []
    for at, one in enumerate(made):
        exchanged = (
            _exchanged(one, texts[one.document_id], said, (names, numbers), random)
            if at % 2 or len(documents) == 1
            else None
        )
        if exchanged is not None:
            others.append(exchanged)
        elif len(documents) > 1:
            others.append(replace(one, hidden=True))
    return others


def _exchanged(
    one: Made,
    own: str,
    said: Sequence[tuple[str, frozenset[str]]],
    known: tuple[Sequence[str], Sequence[str]],
    random: Random,
) -> Made | None:
    """The question about another name or number, ``known`` from elsewhere, to which no passage may be an answer.

    None if it has neither, or none was found; ``own``: its document's text; ``said``: all passages with their words.
    """
    asked = one.question.text
    for pattern, others in zip((_NAMES, _NUMBER), known, strict=True):
        place = pattern.search(asked)
        foreign = [other for other in others if other not in own]
        if place is None or not foreign:
            continue
        rest = _words(asked[: place.start()] + " " + asked[place.end() :])
        for other in random.sample(foreign, min(_MOST_TRIED, len(foreign))):
            if not _may_answer(said, other, rest):
                text = asked[: place.start()] + other + asked[place.end() :]
                return replace(one, question=replace(one.question, text=text, golds=()))
    return None


def _may_answer(said: Sequence[tuple[str, frozenset[str]]], other: str, rest: frozenset[str]) -> bool:
    """Whether a passage holds this name or number and half of the other words that are asked with."""
    return any(other in text and 2 * len(rest & words) >= len(rest) for text, words in said)


def _passages(document: Document) -> Iterator[str]:
    """Each block with the heading above it, which may say what it is about."""
    heading = ""
    for block in document.blocks:
        text = block.span.of(document.text)
        heading = text if block.kind == "heading" else heading
        yield f"{heading}\n{text}"


def _words(text: str) -> frozenset[str]:
    """What is asked for, or said, without the words that ask."""
    return frozenset(normalised(text).split()) - _ASKING


def _as_typed(made: Made, at: int) -> Made:
    """Every second one as people type: in lower case, without a question mark."""
    text = made.question.text.lower().rstrip("?") if at % 2 else made.question.text
    return replace(made, question=replace(made.question, text=text))


def _distinct(made: Iterable[Made]) -> list[Made]:
    first: dict[str, Made] = {}
    for one in made:
        first.setdefault(one.question.text.casefold(), one)
    return list(first.values())
