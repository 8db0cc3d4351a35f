"""Made-up documents of any number, with questions that they answer and questions that they do not.

A small grammar writes chronicles of towns that never were: openings, floods, factories, births and finds, with names,
numbers, dates and places, a line of weather between them. Equal arguments give equal texts. They are good for
measuring time and memory: the sentences are alike, so they say nothing about how often qabot is right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qabot.chunker import chunk_document
from qabot.config import ChunksConfig, SeedsConfig
from qabot.documents import read_document
from qabot.sentences import sentence_spans
from qabot.weights import count_tokens, load_tokenizer

FACTS_A_SECTION = 5
SECTIONS = (4, 16)  # a document has about as many chunks
_STARTS = "Ar Bel Cor Dun Es Fal Gar Hol Is Jar Kel Lor Mar Nor Ost Pel Quar Ros Sel Tor Ul Var Wen Yar Zel".split()
_MIDDLES = "a an ba da el en ga i in ka la le lo ma mi na o ra ri ro sa ta ti u va vi".split()
_ENDS = (
    "berg bridge burg dale field ford gate ham haven heim holm ley mere mouth port stead ton vale wick worth".split()
)
_FIRST = "Ada Anton Berta Carl Dora Emil Flora Georg Hanna Ivo Jana Karl Lena Max Nora Otto Petra Rolf Sara Tom".split()
_LAST_ENDS = "man sen ski mann ert ini ova ard well ick os er".split()
_MONTHS = "January February March April May June July August September October November December".split()
_BUILT = "bridge theatre library hospital school lighthouse museum harbour market hall observatory canal".split()
_GOODS = "bicycles clocks glass paper rope soap lamps boots pianos barrels bricks stoves".split()
_ANIMALS = "otters cranes beavers wolves storks lynxes herons falcons badgers swans".split()
_TRADES = "painter surgeon teacher printer botanist judge composer baker engineer farmer".split()
_WEATHER = (
    "The winter before had been mild, and the roads stayed open.",
    "Rain fell for most of that week, so few people travelled.",
    "It was a quiet season, and the newspapers wrote of little else.",
    "The harvest came in late, and prices rose in the whole valley.",
    "Older people still spoke of it many years afterwards.",
    "Nobody had expected this, and the council met twice about it.",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, questions with the answer that it gives, and near misses that it leaves open."""

    sentence: str
    answered: tuple[tuple[str, str], ...]
    unanswered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question about a corpus; ``answer`` is None if no document says it."""

    text: str
    answer: str | None


def write_corpus(seeds: Path, *, chunks: int, seed: int = 1) -> tuple[Question, ...]:
    """Write documents into ``seeds`` until they make at least ``chunks`` chunks; the questions that they allow.

    Questions come in a random order. Of those without an answer one half is a near miss about something that a document
    tells of, the other half is about people and places that no document knows.
    """
    chance = random.Random(seed)  # noqa: S311 - texts, no secrets
    strangers = random.Random(-seed - 1)  # noqa: S311 - likewise
    seeds.mkdir(parents=True, exist_ok=True)
    questions: list[Question] = []
    written = number = 0
    while written < chunks:
        name = f"{number // 100:03d}/{number:06d}.txt"
        text, facts = _document(chance)
        (seeds / name).parent.mkdir(exist_ok=True)
        (seeds / name).write_text(text, encoding="utf-8")
        questions += _questions(facts)
        questions += _unknown(strangers, count=sum(len(fact.unanswered) for fact in facts))
        written += chunk_count(seeds, name)
        number += 1
    chance.shuffle(questions)
    return tuple(questions)


def chunk_count(seeds: Path, name: str) -> int:
    """How many chunks one document makes with the default configuration."""
    tokenizer = load_tokenizer()
    document = read_document(seeds, name, max_bytes=SeedsConfig().max_file_bytes)
    chunks = chunk_document(
        document,
        sentence_spans(document),
        count_tokens=lambda text: count_tokens(tokenizer, text),
        min_tokens=ChunksConfig().min_tokens,
        max_tokens=ChunksConfig().max_tokens,
    )
    return len(chunks)


def _questions(facts: list[Fact]) -> Iterator[Question]:
    for fact in facts:
        yield from (Question(text, answer) for text, answer in fact.answered)
        yield from (Question(text, None) for text in fact.unanswered)


def _unknown(chance: random.Random, *, count: int) -> list[Question]:
    """Questions about what stands in no document."""
    facts = [chance.choice(_KINDS)(chance) for _ in range(count)]
    return [Question(chance.choice(fact.answered)[0], None) for fact in facts]


def _document(chance: random.Random) -> tuple[str, list[Fact]]:
    """A dated chronicle and its facts."""
    facts: list[Fact] = []
    paragraphs = []
    for _ in range(chance.randint(*SECTIONS)):
        section = [chance.choice(_KINDS)(chance) for _ in range(FACTS_A_SECTION)]
        lines = [line for fact in section for line in (fact.sentence, chance.choice(_WEATHER))]
        paragraphs.append(" ".join(lines[:-1]))
        facts += section
    date = f"{chance.randint(1990, 2024)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
    return f"date {date} A chronicle of {_place(chance)}.\n\n" + "\n\n".join(paragraphs) + "\n", facts


def _opening(chance: random.Random) -> Fact:
    what, place, who, day = chance.choice(_BUILT), _place(chance), _person(chance), _day(chance)
    guests = _number(chance)
    return Fact(
        f"The {what} of {place} was opened on {day} by {who}, and {guests} guests came.",
        (
            (f"Who opened the {what} of {place}?", who),
            (f"When was the {what} of {place} opened?", day),
            (f"How many guests came to the opening of the {what} of {place}?", guests),
        ),
        (f"How much did the {what} of {place} cost?", f"Who designed the {what} of {place}?"),
    )


def _flood(chance: random.Random) -> Fact:
    river, place, houses = _place(chance, "a"), _place(chance), _number(chance)
    when = f"{chance.choice(_MONTHS)} {_year(chance)}"
    return Fact(
        f"In {when} the river {river} flooded {place} and destroyed {houses} houses.",
        (
            (f"Which river flooded {place}?", river),
            (f"How many houses did the flood in {place} destroy?", houses),
            (f"When was {place} flooded?", when),
        ),
        (f"Who was the mayor of {place} during the flood?", f"How many people drowned in {place}?"),
    )


def _factory(chance: random.Random) -> Fact:
    owner, place, goods = _person(chance), _place(chance), chance.choice(_GOODS)
    workers, crowns = _number(chance), _number(chance)
    return Fact(
        f"The factory of {owner} in {place} made {goods} and employed {workers} workers, who earned {crowns} crowns.",
        (
            (f"What did the factory of {owner} make?", goods),
            (f"How many workers did the factory of {owner} employ?", workers),
            (f"Where was the factory of {owner}?", place),
        ),
        (f"Why did the factory of {owner} close?", f"In which year did {owner} found the factory?"),
    )


def _life(chance: random.Random) -> Fact:
    who, trade, place, died = _person(chance), chance.choice(_TRADES), _place(chance), _place(chance)
    year = _year(chance)
    return Fact(
        f"{who}, a {trade} from {place}, was born in {year} and died in {died}.",
        (
            (f"When was {who} born?", year),
            (f"Where did {who} die?", died),
            (f"What was the profession of {who}?", trade),
        ),
        (f"To whom was {who} married?", f"Of which illness did {who} die?"),
    )


def _find(chance: random.Random) -> Fact:
    who, animals, place, count = _person(chance), chance.choice(_ANIMALS), _place(chance), _number(chance)
    year = _year(chance)
    return Fact(
        f"In {year} {who} counted {count} {animals} in the forest near {place}.",
        (
            (f"How many {animals} did {who} count?", count),
            (f"Who counted the {animals} near {place}?", who),
            (f"Where did {who} count {animals}?", place),
        ),
        (f"Who paid {who} to count {animals}?", f"How old was {who} when counting {animals}?"),
    )


_KINDS = (_opening, _flood, _factory, _life, _find)


def _place(chance: random.Random, end: str = "") -> str:
    return chance.choice(_STARTS) + chance.choice(_MIDDLES) + chance.choice(_MIDDLES) + (end or chance.choice(_ENDS))


def _person(chance: random.Random) -> str:
    last = chance.choice(_STARTS) + chance.choice(_MIDDLES) + chance.choice(_MIDDLES) + chance.choice(_LAST_ENDS)
    return f"{chance.choice(_FIRST)} {last}"


def _number(chance: random.Random) -> str:
    return f"{chance.randint(11, 9999):,}"


def _year(chance: random.Random) -> str:
    return str(chance.randint(1750, 1985))


def _day(chance: random.Random) -> str:
    return f"{chance.randint(1, 28)} {chance.choice(_MONTHS)} {_year(chance)}"
