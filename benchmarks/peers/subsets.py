"""The questions and documents that all peers get: chosen once, by rule, and written down as ids and sums.

subsets.json holds no text. Whoever has the files gets the same questions about the same documents, or is told that the
texts differ. Three sets lie in this repository; the others are read from a folder of SQuAD-format files, packed or not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from gold import gold_spans, texts_under

from qabot.datatypes import Span
from qabot.evaluation.datasets import Dataset, Gold, Question
from qabot.evaluation.files import squad_dataset, text_of

TOP = Path(__file__).parent.parent.parent
WRITTEN = Path(__file__).parent / "subsets.json"
KINDS = TOP / "benchmarks/kinds"
MOST = 200  # questions of a set
SQUAD2_ARTICLES = "Rhine Oxygen Islamism European_Union_law Civil_disobedience Scottish_Parliament Steam_engine".split()
SQUAD1_ARTICLES = "Nikola_Tesla Kenya Teacher Victoria_and_Albert_Museum".split()
SQUAD1_STRANGERS = "Super_Bowl_50 Apollo_program Chloroplast Doctor_Who Genghis_Khan Martin_Luther".split()
QED_DOCUMENTS = 300


class SubsetError(Exception):
    """A set cannot be read as it is written down; the message ends with the remedy."""


@dataclass(frozen=True)
class Asked:
    """A question in as many forms as there are documents with an answer to it; without golds it is unanswerable."""

    id: str
    text: str
    forms: tuple[Question, ...]

    @property
    def answerable(self) -> bool:
        """Whether any document answers it."""
        return self.forms[0].answerable


@dataclass(frozen=True)
class Subset:
    """Some documents and the questions that are put to them, in the order in which a limit keeps them."""

    name: str
    documents: dict[str, str]
    questions: tuple[Asked, ...]

    def limited(self, limit: int | None) -> Subset:
        """The first questions only; all documents stay, so that finding them gets no easier."""
        return replace(self, questions=self.questions[:limit])

    def sum(self) -> str:
        """SHA-256 over every document, question and gold."""
        golds = [[(form.source, [gold.text for gold in form.golds]) for form in one.forms] for one in self.questions]
        asked = [(one.id, one.text, wanted) for one, wanted in zip(self.questions, golds, strict=True)]
        return hashlib.sha256(json.dumps([self.documents, asked], sort_keys=True).encode("ascii")).hexdigest()


@dataclass(frozen=True)
class Recipe:
    """How a set is chosen, and what a reader of the table should know of it."""

    about: str
    files: tuple[str, ...]  # under DATA, the first that is there is taken; none: it lies in this repository
    choose: Callable[[str, bytes], Subset]
    trained_on: bool = False  # whether the shipped reader has seen these questions


def spread(ids: Iterable[str]) -> list[str]:
    """The ids in an order that depends on them alone."""
    return sorted(ids, key=lambda one: hashlib.sha256(one.encode("utf-8")).hexdigest())


def mixed(asked: Sequence[Asked], *, answerable_for_one: int) -> tuple[Asked, ...]:
    """So many answerable ones, then an unanswerable one, and so on, at most ``MOST``: each limit keeps the mixture."""
    by_id = {one.id: one for one in asked}
    order = [by_id[one] for one in spread(by_id)]
    yes, no = ([one for one in order if one.answerable is kind] for kind in (True, False))
    turns = [yes[at : at + answerable_for_one] for at in range(0, len(yes), answerable_for_one)]
    both = (one for turn, refused in zip_longest(turns, no) for one in [*(turn or ()), refused] if one is not None)
    return tuple(both)[:MOST]


def community(name: str, raw: bytes) -> Subset:
    """Rules, price lists, minutes, manuals, news of made-up clubs: the half that nothing was tuned on."""
    return _own(name, raw, TOP / "tests/data/community/seeds", answerable_for_one=2)


def seed(name: str, raw: bytes) -> Subset:
    """A news report of a war, one long document."""
    return _own(name, raw, TOP / "seeds", answerable_for_one=1)


def kinds(name: str, raw: bytes) -> Subset:
    """Papers, policies, forum threads, news: four made-up worlds in one folder, of which nothing was ever tuned on."""
    seeds = KINDS / "seeds"
    read = texts_under(seeds)
    documents = {p.relative_to(seeds).as_posix(): "" for p in sorted(seeds.rglob("*")) if p.is_file()}
    documents = {path: read(path) for path in documents}
    asked = [_by_words(json.loads(line), documents) for line in raw.decode("utf-8").splitlines()]
    return Subset(name, documents, mixed(asked, answerable_for_one=1))


def _by_words(row: dict[str, Any], documents: dict[str, str]) -> Asked:
    """A question whose right answers are words of one document, wherever in it they stand."""
    source = row.get("source")
    if missing := [answer for answer in row["answers"] or () if answer not in documents[source]]:
        raise SubsetError(f"{missing[0]!r} does not stand in {source}: mend the answers of {row['id']}.")
    golds = tuple(Gold(answer, None) for answer in row["answers"] or ())
    return Asked(
        row["id"], row["question"], (Question(row["question"], golds, row["id"], id=row["id"], source=source),)
    )


def _own(name: str, raw: bytes, seeds: Path, *, answerable_for_one: int) -> Subset:
    rows = [json.loads(line) for line in raw.decode("utf-8").splitlines()]
    read = texts_under(seeds)
    paths = sorted(path.relative_to(seeds).as_posix() for path in seeds.rglob("*") if path.is_file())
    names = {path: path if path.endswith((".md", ".rst", ".txt")) else f"{path}.txt" for path in paths}
    documents = {names[path]: read(path) for path in paths}
    golds = [(row, gold_spans(row, read)) for row in rows if row["part"] == "report"]
    asked = [
        _forms(row["id"], row["question"], [(names[source], span) for source, span in places], documents)
        for row, places in golds
    ]
    return Subset(name, documents, mixed(asked, answerable_for_one=answerable_for_one))


def _forms(ident: str, text: str, places: Sequence[tuple[str, Span]], documents: dict[str, str]) -> Asked:
    forms = []
    for source in dict.fromkeys(source for source, _ in places):
        golds = tuple(Gold(span.of(documents[source]), span) for where, span in places if where == source)
        forms.append(Question(text, golds, ident, id=ident, source=source))
    return Asked(ident, text, tuple(forms) or (Question(text, (), ident, id=ident),))


def squad2(name: str, raw: bytes) -> Subset:
    """Wikipedia, seven articles that nothing was trained or tuned on; half of the questions unanswerable by design."""
    documents, asked = _articles(squad_dataset(name, text_of(name, raw)), SQUAD2_ARTICLES, placed=True)
    return Subset(name, documents, mixed(asked, answerable_for_one=1))


def squad1(name: str, raw: bytes) -> Subset:
    """Wikipedia, four other articles; the unanswerable questions are about articles that are not among the documents.

    Where an answer stands is not known there (the file names its first occurrence), so its words are compared.
    """
    dataset = squad_dataset(name, text_of(name, raw))
    documents, asked = _articles(dataset, SQUAD1_ARTICLES, placed=False)
    strangers = [_stranger(one) for one in dataset.questions if one.article in SQUAD1_STRANGERS]
    return Subset(name, documents, mixed([*asked, *strangers], answerable_for_one=2))


def qed(name: str, raw: bytes) -> Subset:
    """Real searches and the Wikipedia paragraph that answers each; for unanswerable ones that paragraph is left out."""
    dataset = squad_dataset(name, text_of(name, raw))
    order = spread(dataset.passages)
    documents = {source: dataset.passages[source] for source in order[:QED_DOCUMENTS]}
    left_out = set(order[QED_DOCUMENTS : 2 * QED_DOCUMENTS])
    asked = [Asked(str(one.id), one.text, (one,)) for one in dataset.questions if one.source in documents]
    strangers = [_stranger(one) for one in dataset.questions if one.source in left_out]
    return Subset(name, documents, mixed([*asked, *strangers], answerable_for_one=2))


def _articles(dataset: Dataset, titles: Sequence[str], *, placed: bool) -> tuple[dict[str, str], list[Asked]]:
    """Each article as one document, its paragraphs between blank lines."""
    documents, asked = {}, []
    for title in titles:
        mine = [one for one in dataset.questions if one.article == title]
        text, starts = "", {}
        for source in dict.fromkeys(str(one.source) for one in mine):
            starts[source] = len(text)
            text += dataset.passages[source] + "\n\n"
        documents[f"{title}.txt"] = text
        for one in mine:
            golds = tuple(_moved(gold, starts[str(one.source)], placed=placed) for gold in one.golds)
            form = replace(one, golds=golds, source=f"{title}.txt" if golds else None)
            asked.append(Asked(str(one.id), one.text, (form,)))
    return documents, asked


def _moved(gold: Gold, by: int, *, placed: bool) -> Gold:
    return Gold(gold.text, gold.span.shifted(by) if placed and gold.span else None)


def _stranger(question: Question) -> Asked:
    """The question without its answers."""
    bare = replace(question, golds=(), source=None)
    return Asked(str(question.id), question.text, (bare,))


RECIPES: dict[str, Recipe] = {
    "community": Recipe("rules, lists, minutes, manuals", (), community),
    "seed": Recipe("a news report", (), seed),
    "kinds": Recipe("papers, policies, forum, news", (), kinds),
    "squad2": Recipe("Wikipedia, near misses", ("squad-dev-v2.0-21-articles.json.gz", "dev-v2.0.json"), squad2),
    "squad1": Recipe("Wikipedia, and strangers", ("squad-dev-v1.1-34-articles.json.gz", "dev-v1.1.json"), squad1),
    "qed": Recipe("real searches, trained on", ("qed-nq-train.json.gz",), qed, trained_on=True),
}
OWN_FILES = {
    "community": TOP / "tests/data/community/questions.jsonl",
    "seed": TOP / "tests/data/seed_questions.jsonl",
    "kinds": KINDS / "questions.jsonl",
}


def source_of(name: str, data: Path | None) -> Path | None:
    """The file of a set; None where it is not there."""
    if name in OWN_FILES:
        return OWN_FILES[name]
    places = [data / file for file in RECIPES[name].files] if data else []
    return next((place for place in places if place.is_file()), None)


def read(name: str, source: Path, written: Path = WRITTEN) -> Subset:
    """A set as it is written down.

    Raises:
        SubsetError: if the rule gives other questions, or other texts, than those.
    """
    found = RECIPES[name].choose(name, source.read_bytes())
    expected = json.loads(written.read_text(encoding="utf-8"))["sets"][name]
    if [one.id for one in found.questions] != expected["questions"]:
        raise SubsetError(f"{source} gives other questions for {name}: take the file that subsets.json names.")
    if found.sum() != expected["sha256"]:
        raise SubsetError(f"{source} has other texts for {name} than subsets.json says: take the file that it names.")
    return found


def as_written(name: str, source: Path) -> dict[str, Any]:
    """What subsets.json says of a set: the file and its sum, and the ids."""
    raw = source.read_bytes()
    chosen = RECIPES[name].choose(name, raw)
    unpacked = hashlib.sha256(text_of(source.name, raw).encode("utf-8")).hexdigest()
    return {
        "file": source.name,
        "file_unpacked_sha256": unpacked,
        "sha256": chosen.sum(),
        "documents": list(chosen.documents),
        "questions": [one.id for one in chosen.questions],
    }


def write(data: Path, written: Path = WRITTEN) -> None:
    """Write the sets down anew; a comparison with earlier figures ends there.

    Raises:
        SubsetError: if a set's file is missing.
    """
    sets = {}
    for name, recipe in RECIPES.items():
        source = source_of(name, data)
        if source is None:
            raise SubsetError(f"{name} has no file in {data}: put one of {', '.join(recipe.files)} there.")
        sets[name] = as_written(name, source)
    written.write_text(json.dumps({"schema": 1, "sets": sets}, indent=1) + "\n", encoding="utf-8")
