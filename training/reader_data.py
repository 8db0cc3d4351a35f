"""Training examples for the span reader: files -> sources -> an endless, seeded mix of (question, passage, answer).

Knows the data files, the split of the articles, and what is never trained on; knows nothing of tensors or models.
Offsets are code points of the example's own passage; `start == end == 0` means that the passage does not answer.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from reader_authored import (
    Asked,
    Retrieved,
    Tempting,
    Written,
    about_squad1,
    as_shown,
    by_shared_words,
    community,
    contrasts_about_squad1,
    guessed,
    in_words,
    key_of,
    nearest_other,
    retrieved,
    tempting,
    title_line,
)
from reader_choices import choice_among, tempting_spans
from reader_community import made_document
from reader_guesses import guesses
from reader_questions import content_words, made_false, typed_carelessly
from reader_structure import as_list, as_rows, context_line, sentence_bounds

REPORT = frozenset(
    "Rhine Oxygen Islamism European_Union_law Civil_disobedience Scottish_Parliament Steam_engine".split()
)
CALIBRATE = frozenset(("Ctenophora", "Force", "Fresno,_California", "Imperialism"))
SQUAD1 = "squad-train-v1.1.json.gz"
SQUAD1_DEV = "squad-dev-v1.1-34-articles.json.gz"
SQUAD2 = "squad-dev-v2.0-21-articles.json.gz"
QED = "qed-nq-train.json.gz"
QAMR = "qamr-dev.json.gz"
COMMUNITY_TITLES = ("Handbook", "House rules", "FAQ", "Notice board", "Members guide", "Settings", "Minutes", "Readme")
OTHERS = 2  # competing passages beside the one that answers
USED = (SQUAD1, SQUAD2, QED, QAMR)


@dataclass(frozen=True, slots=True)
class Example:
    """One question about one passage; `passage[start:end]` answers it, or start == end == 0.

    `others`: passages that compete for the same question; they do not answer it, or hardly ever.
    """

    question: str
    passage: str
    start: int
    end: int
    title: str
    kind: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """All that one title holds: its passages, and its examples, each with the number of its passage."""

    title: str
    passages: tuple[str, ...]
    examples: tuple[tuple[int, Example], ...]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, to be written beside the weights that it made."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_articles(path: Path, *, kind: str, keep: Callable[[str], bool] = lambda _: True) -> list[Article]:
    """The articles of a SQuAD-format file whose title `keep` accepts; the first of several gold answers is taken."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        data = json.load(stream)["data"]
    articles = []
    for entry in data:
        if not keep(entry["title"]):
            continue
        passages = tuple(p["context"] for p in entry["paragraphs"])
        examples = [
            (n, _example(qa, passages[n], entry["title"], kind))
            for n, paragraph in enumerate(entry["paragraphs"])
            for qa in paragraph["qas"]
        ]
        articles.append(Article(entry["title"], passages, tuple(examples)))
    return articles


def _example(qa: dict[str, object], passage: str, title: str, kind: str) -> Example:
    answers = qa["answers"]
    if not isinstance(answers, list) or not answers:
        return Example(str(qa["question"]).strip(), passage, 0, 0, title, kind)
    start, text = int(answers[0]["answer_start"]), str(answers[0]["text"])
    return Example(str(qa["question"]).strip(), passage, start, start + len(text), title, kind)


def detokenised(example: Example) -> Example:
    """Natural Questions' spacing undone as well as rules can; the answer is carried along between two marks."""
    p, s, e = example.passage, example.start, example.end
    text = f"{p[:s]}\x01{p[s:e]}\x02{p[e:]}"
    for pattern, new in (
        (r"`` ?", '"'), (r" ?''", '"'), (r" ([,.;:?!%)\]])", r"\1"), (r"([(\[$£]) ", r"\1"),
        (r" (n't|'s|'re|'ve|'ll|'d)\b", r"\1"),
        (r"(\w) - (\w)", r"\1-\2"), (r" -- ", " \u2013 "), (r"(\d), (\d{3})\b", r"\1,\2"),
    ):  # fmt: skip
        text = re.sub(pattern, new, text)
    start, end = text.index("\x01"), text.index("\x02") - 1
    return replace(example, passage=text.replace("\x01", "").replace("\x02", ""), start=start, end=end)


class Mix:
    """An endless stream of examples: for each draw a kind by its weight, then that kind's next question.

    `cursors` is all its state; each kind walks its own shuffled order, so nothing repeats before everything was seen,
    as long as the files stay as they are.
    """

    def __init__(
        self, data: Path, *, weights: dict[str, float], careless_share: float, other_passage_share: float, seed: int
    ) -> None:
        """Read the files under `data`; raises ValueError where an article that is measured on slipped in."""
        self._weights, self._careless_share, self._seed = weights, careless_share, seed
        self._other_passage_share = other_passage_share
        squad1 = load_articles(data / SQUAD1, kind="squad1")
        squad2 = load_articles(data / SQUAD2, kind="squad2", keep=lambda t: t not in REPORT | CALIBRATE)
        qed = [_detokenised_article(a) for a in load_articles(data / QED, kind="qed")]
        qamr = load_articles(data / QAMR, kind="qamr")
        reported = {a.title for a in load_articles(data / SQUAD1_DEV, kind="")} - {a.title for a in squad2}
        slipped = {a.title for a in squad1 + squad2} & (reported | REPORT | CALIBRATE)
        if slipped or len(squad2) != 10:
            raise ValueError(f"articles that are measured on are among the training data: {sorted(slipped)}")
        self._pools = {"squad1": squad1, "squad2": squad2, "qed": qed, "qamr": qamr}
        self._orders = {name: self._order(name) for name in self._pools}
        self._written = {
            "written": community(),
            "hard": community("hard_community_*.jsonl"),
            "eighth": community("eighth_community_*.jsonl"),
            "ninth": community("ninth_community_*.jsonl"),
            "tenth": community("tenth_community_*.jsonl"),
            "eleventh": community("eleventh_community_*.jsonl"),
            "thirteenth": community("thirteenth_community_*.jsonl"),
            "fourteenth": community("fourteenth_community_*.jsonl"),
        }
        newest_first = ("fourteenth", "thirteenth", "eleventh", "tenth", "ninth", "eighth")
        worlds = [w for name in newest_first for w in self._written[name] if w.world]
        self._worlds = {
            "world/community": [w for w in worlds if w.answer],
            "world/unanswered": [w for w in worlds if not w.answer],
        }
        self._anew = {
            "written": asked_anew(squad1, about_squad1()),
            "hard": asked_anew(squad1, contrasts_about_squad1("hard_squad1_*.jsonl")),
            "eighth": asked_anew(squad1, contrasts_about_squad1("eighth_squad1_*.jsonl")),
            "ninth": asked_anew(squad1, contrasts_about_squad1("ninth_squad1_*.jsonl")),
            "tenth": asked_anew(squad1, contrasts_about_squad1("tenth_squad1_*.jsonl")),
            "eleventh": asked_anew(squad1, contrasts_about_squad1("eleventh_squad1_*.jsonl")),
            "thirteenth": asked_anew(squad1, contrasts_about_squad1("thirteenth_squad1_*.jsonl")),
            "fourteenth": asked_anew(squad1, contrasts_about_squad1("fourteenth_squad1_*.jsonl")),
        }
        anew = [example for listed in self._anew.values() for example in listed]
        ours = [about_ours(written) for listed in self._written.values() for written in listed]
        contested_squad1 = contested(squad1, retrieved())
        self._guesses = guesses(ours, anew, contested_squad1, guessed())
        in_worlds = [w for listed in self._written.values() for w in listed if w.world]
        self._world_of: dict[str, list[Written]] = {}
        for one in in_worlds:
            self._world_of.setdefault(one.world, []).append(one)
        self._tempting_spans = tempting_spans(self._guesses)
        self._articles = {p: article for article in squad2 + squad1 for p in article.passages}
        self._to_choose = {
            "choice/community": in_worlds,
            "choice/squad": [
                *(example for name in newest_first for example in self._anew[name]),
                *(example for example, _ in contested_squad1),
                *(example for article in [*squad2, *squad1[::4]] for _, example in article.examples),
            ],
        }
        self._competing = {
            "retrieved/squad1": contested_squad1,
            "tempting/squad": _tempting(squad1 + squad2, anew, tempting()),
        }
        for listed in (
            *self._written.values(),
            *self._anew.values(),
            *self._worlds.values(),
            *self._competing.values(),
            *self._guesses.values(),
            *self._to_choose.values(),
        ):
            Random(seed).shuffle(listed)  # noqa: S311 - no secret
        self.cursors: dict[str, int] = dict.fromkeys(weights, 0)

    def _order(self, pool: str) -> list[tuple[int, int]]:
        order = [(a, i) for a, article in enumerate(self._pools[pool]) for i in range(len(article.examples))]
        Random(f"{self._seed} {pool}").shuffle(order)  # noqa: S311 - no secret
        return order

    def draw(self, count: int, *, refill: int) -> list[Example]:
        """`count` examples; the same `cursors`, seed and `refill` give the same ones."""
        rng = Random(f"{self._seed} {refill}")  # noqa: S311 - no secret
        kinds, weights = list(self._weights), list(self._weights.values())
        drawn: list[Example] = []
        while len(drawn) < count:
            kind = rng.choices(kinds, weights)[0]
            example = self._next(kind, rng)
            if example is not None:
                drawn.append(self._dressed(example, rng))
        return drawn

    def _next(self, kind: str, rng: Random) -> Example | None:
        if kind == "made/community":
            question, passage, start, end = made_document(rng)
            return Example(question, passage, start, end, rng.choice(COMMUNITY_TITLES), kind)
        pool, _, subject = kind.partition("/")
        if kind in self._worlds or kind in self._to_choose:
            return self._among_its_world(kind, rng) if kind in self._worlds else self._choice(kind, rng)
        if kind in self._competing or kind in self._guesses:
            return self._found_by_reader(kind, rng)
        if pool in self._written and subject == "community":
            return self._written_example(self._written[pool], kind, rng)
        if pool in self._anew:
            example = self._anew[pool][self._turn(kind) % len(self._anew[pool])]
            return replace(_real(example, 0, Article("", (), ()), rng), kind=kind)
        order = self._orders[pool]
        # Kinds of one pool begin at different places of its order, so a short leg does not ask the same question twice.
        offset = sum(map(ord, kind)) * 7919
        article_number, number = order[(self.cursors[kind] + offset) % len(order)]
        self._turn(kind)
        article = self._pools[pool][article_number]
        passage_number, example = article.examples[number]
        made = MAKERS[kind](example, passage_number, article, rng)
        return made and replace(made, kind=kind)

    def _turn(self, kind: str) -> int:
        """The number of the question whose turn it is."""
        self.cursors[kind] += 1
        return self.cursors[kind] - 1

    def _written_example(self, listed: list[Written], kind: str, rng: Random) -> Example:
        """A question about a passage of our own; a share is put to another passage, of its world if it has one."""
        written = listed[self._turn(kind) % len(listed)]
        passage, start, end = as_shown(written, rng)
        if rng.random() < self._other_passage_share:
            passages = sorted({w.passage for w in listed if w.world == written.world})
            passage, start, end = nearest_other(written.question, written.passage, passages, rng), 0, 0
        return Example(written.question, passage, start, end, written.title, kind)

    def _among_its_world(self, kind: str, rng: Random) -> Example | None:
        """A question about a passage of a world, with others of that world; None if its answer's line was left out."""
        listed = self._worlds[kind]
        written = listed[self._turn(kind) % len(listed)]
        passage, start, end = as_shown(written, rng)
        if start == end and written.answer:
            return None
        world = {w.passage: w for w in listed if w.world == written.world and w.passage != written.passage}
        near = by_shared_words(written.question, sorted(world))[: OTHERS + 1]
        others = [as_shown(replace(world[p], answer=None), rng)[0] for p in rng.sample(near, min(OTHERS, len(near)))]
        return Example(written.question, passage, start, end, written.title, kind, tuple(others))

    def _found_by_reader(self, kind: str, rng: Random) -> Example:
        """A guess, or a question with the paragraphs that competed with its own when all were searched."""
        if kind in self._guesses:
            return self._guesses[kind][self._turn(kind) % len(self._guesses[kind])].shown(rng)
        example, others = self._competing[kind][self._turn(kind) % len(self._competing[kind])]
        cut = _real(example, 0, Article("", (), ()), rng) or example
        shown = [
            (context_line(title, rng) if rng.random() < 0.3 else "") + passage
            for title, passage in rng.sample(others, min(OTHERS, len(others)))
        ]
        return replace(cut, kind=kind, others=tuple(shown))

    def _choice(self, kind: str, rng: Random) -> Example | None:
        """A question over pieces of its passage, and of others of its world or article."""
        listed = self._to_choose[kind]
        one = listed[self._turn(kind) % len(listed)]
        if isinstance(one, Example):
            line = context_line(one.title, rng) if rng.random() < 0.3 else ""
            lines = dict.fromkeys(self._articles[one.passage].passages, line)
            return choice_among(replace(one, kind=kind), lines, self._tempting_spans, rng)
        shown = rng.random() < 0.7
        lines = {w.passage: f"{title_line(w)}\n" if shown else "" for w in self._world_of[one.world]}
        return choice_among(replace(about_ours(one), kind=kind), lines, self._tempting_spans, rng)

    def _dressed(self, example: Example, rng: Random) -> Example:
        """The example with a careless question, or a context line in front of its passage, on a share of all."""
        if rng.random() < self._careless_share:
            example = replace(example, question=typed_carelessly(example.question, rng))
        # QAMR's titles are numbers of sentences, which no chunk would show; passages of our own have a line already.
        ready = (
            example.kind in self._worlds or example.kind.startswith("choice/") or example.kind.endswith("/community")
        )
        if not ready and not example.kind.startswith("qamr") and rng.random() < 0.3:
            line = context_line(example.title, rng)
            shift = len(line) if example.end > example.start else 0
            example = replace(
                example, passage=line + example.passage, start=example.start + shift, end=example.end + shift
            )
        return example


def contested(articles: list[Article], found: list[Retrieved]) -> list[tuple[Example, list[tuple[str, str]]]]:
    """Questions with (title, text) of the paragraphs that compete with their own."""
    places = {key_of(p): (article, n) for article in articles for n, p in enumerate(article.passages)}
    made = []
    for one in found:
        article, number = places[one.key]
        example = [e for n, e in article.examples if n == number][one.of]
        others = [(a.title, a.passages[n]) for a, n in (places[key] for key in one.others)]
        made.append((example, others))
    return made


def _tempting(
    articles: list[Article], anew: list[Example], found: list[Tempting]
) -> list[tuple[Example, list[tuple[str, str]]]]:
    """Questions that their own paragraph does not answer, with (title, text) of the others that seem to."""
    places = {key_of(p): (article.title, p) for article in articles for p in article.passages}
    asked = {
        (key_of(example.passage), key_of(example.question)): example
        for example in (*anew, *(e for article in articles for _, e in article.examples))
        if example.end == 0
    }
    return [(asked[one.key, one.asked], [places[key] for key in one.others]) for one in found]


def asked_anew(articles: list[Article], written: list[Asked]) -> list[Example]:
    """The written questions with the paragraphs that they are about."""
    places = {key_of(p): (article, n) for article in articles for n, p in enumerate(article.passages)}
    made = []
    for one in written:
        article, number = places[one.key]
        asked = [example.question for n, example in article.examples if n == number]
        made.append(_asked(article.passages[number], in_words(one.question, asked), one.answer, article.title))
    return made


def _asked(passage: str, question: str, answer: str | None, title: str) -> Example:
    start = passage.index(answer) if answer else 0
    return Example(question, passage, start, start + len(answer or ""), title, "written/squad1")


def about_ours(written: Written) -> Example:
    """The question with the whole passage, under its title and heading."""
    return _asked(written.passage, written.question, written.answer, title_line(written))


def _detokenised_article(article: Article) -> Article:
    examples = tuple((n, detokenised(e)) for n, e in article.examples if "\x01" not in e.passage)
    return Article(article.title, tuple(e.passage for _, e in examples), examples)


def _plain(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    """The example as it is, or, for half of the longer passages, only some sentences around its answer."""
    del number, article
    if example.end == example.start:
        return example
    bounds = sentence_bounds(example.passage)
    if len(bounds) < 4 or rng.random() < 0.4:
        return example
    holding = [i for i, (a, b) in enumerate(bounds) if a < example.end and example.start < b]
    first = max(0, holding[0] - rng.choice((0, 1, 1, 2)))
    last = min(len(bounds) - 1, holding[-1] + rng.choice((0, 1, 1, 2)))
    a, b = min(bounds[first][0], example.start), max(bounds[last][1], example.end)
    return replace(example, passage=example.passage[a:b], start=example.start - a, end=example.end - a)


def _real(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    """A question of SQuAD 2.0; half of the passages are cut to some sentences, so that no pass repeats the last."""
    if example.end > example.start:
        return _plain(example, number, article, rng)
    asked = content_words(example.question)
    return replace(example, passage=_best_sentences(example.passage, asked, rng))


def _near_passage(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    """The passage of the same article that shares most with the question, rare words first, and lacks the answer."""
    answer = example.passage[example.start : example.end].lower()
    asked = content_words(example.question)
    counts = dict.fromkeys(asked, 1)
    held = [(n, content_words(p) & asked) for n, p in enumerate(article.passages) if n != number]
    for _, words in held:
        for word in words:
            counts[word] += 1
    scored = sorted(((sum(1 / counts[w] ** 0.5 for w in words), n) for n, words in held), reverse=True)
    fitting = [n for score, n in scored[:6] if score > 0 and answer not in article.passages[n].lower()]
    if not fitting:
        return None
    passage = article.passages[rng.choice(fitting[:2])]
    return replace(example, passage=_best_sentences(passage, asked, rng), start=0, end=0)


def _best_sentences(passage: str, asked: frozenset[str], rng: Random) -> str:
    """The sentence nearest to the question and some around it, for most longer passages: more questions a minute."""
    bounds = sentence_bounds(passage)
    if len(bounds) < 4 or rng.random() < 0.4:
        return passage
    best = max(range(len(bounds)), key=lambda i: len(content_words(passage[slice(*bounds[i])]) & asked))
    first, last = max(0, best - rng.choice((0, 1, 1, 2))), min(len(bounds) - 1, best + rng.choice((0, 1, 1, 2)))
    return passage[bounds[first][0] : bounds[last][1]]


def _made_false(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    del number
    answer = example.passage[example.start : example.end]
    elsewhere = rng.choice(article.passages)
    changed = made_false(example.question, answer, example.passage, elsewhere, rng)
    if changed is None:
        return None
    cut = _plain(example, 0, article, rng) or example
    return replace(cut, question=changed, start=0, end=0)


def _removed(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    """The passage without the sentence that held the answer, where nothing else in it says the answer."""
    del number, article, rng
    if example.end == example.start:
        return None
    answer = example.passage[example.start : example.end].lower()
    bounds = sentence_bounds(example.passage)
    kept = [example.passage[a:b] for a, b in bounds if not (a < example.end and example.start < b)]
    rest = " ".join(kept)
    if not kept or answer in rest.lower():
        return None
    return replace(example, passage=rest, start=0, end=0)


def _listed(example: Example, number: int, article: Article, rng: Random) -> Example | None:
    """Sentences as a list, or questions and answers of the same passage as rows; a third lacks the answer."""
    unanswered = rng.random() < 0.33
    if rng.random() < 0.5:
        base = _removed(example, number, article, rng) if unanswered else example
        made = as_list(base.passage, base.start, base.end, article.title, rng) if base else None
    else:
        made = _rows(example, number, article, rng, unanswered=unanswered)
    return replace(example, passage=made[0], start=made[1], end=made[2]) if made else None


def _rows(
    example: Example, number: int, article: Article, rng: Random, *, unanswered: bool
) -> tuple[str, int, int] | None:
    same = [e for n, e in article.examples if abs(n - number) <= 1 and e.question != example.question]
    rows = [(e.question, e.passage[e.start : e.end]) for e in rng.sample(same, min(len(same), rng.randint(2, 8)))]
    answer = example.passage[example.start : example.end]
    if unanswered:
        return as_rows([r for r in rows if r[1].lower() != answer.lower()], None, article.title, rng)
    asked = rng.randint(0, len(rows))
    rows.insert(asked, (example.question, answer))
    return as_rows(rows, asked, article.title, rng)


MAKERS: dict[str, Callable[[Example, int, Article, Random], Example | None]] = {
    "squad1/plain": _plain,
    "squad1/near": _near_passage,
    "squad1/false": _made_false,
    "squad1/removed": _removed,
    "squad1/listed": _listed,
    "squad2/real": _real,
    "qed/plain": lambda example, *_: example,
    "qed/removed": _removed,
    "qamr/plain": lambda example, *_: example,
}


@dataclass(frozen=True, slots=True)
class Gold:
    """A question for measuring, with its passage and all gold answers; no gold answer = unanswerable."""

    id: str
    title: str
    question: str
    passage: str
    answers: tuple[str, ...]


def gold_questions(path: Path, *, keep: Callable[[str], bool]) -> Iterator[Gold]:
    """The questions of those articles of a SQuAD-format file whose title `keep` accepts."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        data = json.load(stream)["data"]
    for entry in data:
        for paragraph in entry["paragraphs"] if keep(entry["title"]) else ():
            for qa in paragraph["qas"]:
                answers = tuple(a["text"] for a in qa["answers"])
                yield Gold(qa["id"], entry["title"], qa["question"].strip(), paragraph["context"], answers)
