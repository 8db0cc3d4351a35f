"""Evaluations from the file to the figures: with the line engine, and over small files with the shipped models."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from corpus import SEED, make_root
from line_engine import LineCalibration, LineEngine

from qabot.calibration import Calibration, GivenCalibration
from qabot.config import Config
from qabot.datatypes import Candidate, Chunk, Span
from qabot.engine import Engine
from qabot.errors import UsageError
from qabot.evaluation import Evaluation, Wanted, as_json, as_text, evaluate
from qabot.evaluation.datasets import Gold, Question
from qabot.evaluation.given import PassageAsker, as_document, seen_twice
from qabot.evaluation.runs import Mode
from qabot.evaluation.searching import rank_among
from qabot.evaluation.showing import notes
from qabot.reader import Reading, ScoredSpan

EVEN = GivenCalibration(margin=1.0, again=1.0, intercept=0.0, threshold=0.5)
VILLAGE = Path(__file__).parent / "data/evaluation/village.json"


def squad(*passages: tuple[str, list[tuple[str, str]]]) -> bytes:
    """A file of one article: passages, each with questions and one answer ("": unanswerable)."""
    paragraphs = [
        {
            "context": context,
            "qas": [
                {"question": question, "answers": [{"text": a, "answer_start": context.find(a)}] if a else []}
                for question, a in asked
            ],
        }
        for context, asked in passages
    ]
    return json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}).encode()


def jsonl(*rows: tuple[str, list[str] | None, str | None]) -> bytes:
    """A file of questions, answers and sources."""
    made = [{"question": question, "answers": answers, "source": source} for question, answers, source in rows]
    return "\n".join(map(json.dumps, made)).encode()


class Opener:
    """Opens line engines and remembers them with their configurations."""

    def __init__(self) -> None:
        self.engines: list[LineEngine] = []
        self.configs: list[Config] = []

    def __call__(self, config: Config) -> LineEngine:
        """Open one more."""
        self.configs.append(config)
        self.engines.append(LineEngine.open(config, progress=lambda *_: None))
        return self.engines[-1]


@pytest.fixture
def opener() -> Opener:
    """None opened yet."""
    return Opener()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Two documents."""
    return make_root(tmp_path, {"facts.txt": "capital: Paris\nriver: Seine\n", "law/code.txt": "capital: Lyon\n"})


def test_the_own_index_is_asked(config: Config, opener: Opener) -> None:
    """Each question goes through the engine; right answers, wrong ones and refusals are told apart."""
    rows = jsonl(
        ("what is the river?", ["Seine"], None),
        ("what is the capital?", ["Madrid"], None),
        ("who is the mayor?", None, None),
    )
    made = evaluate(Wanted("q.jsonl", rows, "index"), config, open_engine=opener)
    assert [outcome.right for outcome in made.outcomes] == [True, False, False]
    values = {name: (figure.value, figure.count) for name, figure in made.figures.items()}
    assert (values["precision"], values["coverage"], values["refusal"]) == ((0.5, 2), (0.5, 2), (1.0, 1))
    assert opener.engines[0].closed
    assert made.corpus is not None
    assert (made.corpus.documents, made.corpus.unread, made.corpus.changed) == (2, 0, False)


def test_a_source_restricts_what_counts_as_right(config: Config, opener: Opener) -> None:
    """The engine searches everything, but only a quote from the named document is right; names are as people type."""
    ask = "what is the capital?"
    rows = jsonl((ask, ["Paris"], "seeds/facts.txt"), (ask, ["Paris"], "code"), (ask, ["Paris"], None))
    made = evaluate(Wanted("q.jsonl", rows, "index"), config, open_engine=opener)
    assert [outcome.right for outcome in made.outcomes] == [True, False, True]
    assert not any(filters.restricts for _, filters, _ in opener.engines[0].asked)


def test_recall_over_the_own_index(config: Config, opener: Opener) -> None:
    """The right passage is of the named document, or any with the words; it is kept for who wants to look at it."""
    ask = "what is the capital?"
    rows = jsonl((ask, ["Lyon"], None), (ask, ["Lyon"], "facts"), ("what?", ["Seine"], "facts.txt"), (ask, None, None))
    made = evaluate(Wanted("q.jsonl", rows, "index"), config, open_engine=opener)
    assert [outcome.rank for outcome in made.outcomes] == [2, 0, 2, None]
    assert [one.passage.text if one.passage else None for one in made.outcomes] == [
        "capital: Lyon",
        None,
        "river: Seine",
        None,
    ]
    found = {name: (figure.value, figure.count) for name, figure in made.figures.items()}
    assert (found["recall_at_1"], found["recall_at_5"]) == ((0.0, 3), (pytest.approx(2 / 3), 3))
    assert "1 answerable question names no document" in as_text(made)


def test_a_source_that_does_not_exist_is_named_by_its_line(config: Config, opener: Opener) -> None:
    """No question is asked, and the engine is closed."""
    rows = jsonl(("what?", ["x"], "facts"), ("what?", ["x"], "fatcs.txt"))
    with pytest.raises(UsageError, match=r"^q\.jsonl: line 2: there is no document fatcs\.txt\. The nearest: facts"):
        evaluate(Wanted("q.jsonl", rows, "index"), config, open_engine=opener)
    assert opener.engines[0].closed
    assert not opener.engines[0].asked


def test_what_would_be_refused_is_asked_for_too(config: Config, opener: Opener) -> None:
    """The engine gets the threshold 0; the configured one, the asked one or the fitted one decides what is shown."""
    rows = jsonl(("what is the river?", ["Seine"], None))  # the line engine is sure to 0.93
    strict = dataclasses.replace(config, answers=dataclasses.replace(config.answers, threshold=0.94))
    shown = {}
    for name, over, threshold in (("fitted", config, None), ("own", strict, None), ("asked", strict, 0.93)):
        made = evaluate(Wanted("q", rows, "index", threshold=threshold), over, open_engine=opener)
        shown[name] = (made.threshold, made.figures["coverage"].value)
        assert made.config is over
    assert shown == {"fitted": (Calibration.load().threshold, 1.0), "own": (0.94, 0.0), "asked": (0.93, 1.0)}
    assert {one.answers.threshold for one in opener.configs} == {0.0}


@pytest.mark.parametrize("mode", ["given", "open", "index"])
def test_no_questions_load_nothing(config: Config, opener: Opener, mode: Mode) -> None:
    """It is an error, before any index is built and any engine opened."""
    raw = b"\n" if mode == "index" else squad(("The cat sat.", []))
    with pytest.raises(UsageError, match="q holds no question"):
        evaluate(Wanted("q", raw, mode), config, open_engine=opener)
    assert not opener.engines


def test_what_is_left_out_is_told(config: Config, opener: Opener) -> None:
    """The sample, duplicates and files that are not in the index stand in the notes."""
    (config.seeds_dir / "scan.pdf").touch()
    rows = jsonl(*[("what is the river?", ["Seine"], None)] * 5)
    made = evaluate(Wanted("q", rows, "index", limit=3), config, open_engine=opener)
    assert len(made.outcomes) == 3
    assert as_json(made)["notes"] == [
        "A sample of 3 of 5 questions, seed 0.",
        "4 questions are worded like an earlier one; all are counted.",
        "3 answerable questions name no document: recall counts any passage with the words.",
        "1 file is not in the index: nothing in it can be found.",
        "An interval without width says only that no resample differed, not that the figure is certain.",
        "Few questions say little: read the intervals.",
    ]
    assert as_text(made).endswith("\n".join(as_json(made)["notes"]))


def test_the_json_has_everything_to_repeat_it(config: Config, opener: Opener) -> None:
    """Data, configuration, models, index, bootstrap and version; and it is JSON without NaN."""
    raw = jsonl(("what is the river?", ["Seine"], None))
    made = as_json(evaluate(Wanted("q.jsonl", raw, "index"), config, open_engine=opener))
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    sections = {field.name for field in dataclasses.fields(config)} - {"root", "discord"}
    assert set(made["configuration"]) == sections
    assert all(made["configuration"][name] == dataclasses.asdict(getattr(config, name)) for name in sections)
    assert (made["data"]["name"], made["data"]["bytes"], len(made["data"]["sha256"])) == ("q.jsonl", len(raw), 64)
    assert made["generation"] == LineEngine.open(config, progress=lambda *_: None).generation_id
    assert set(made["models"]) == {"reader.onnx", "encoder.onnx", "tokenizer.json", "calibration.json"}
    assert made["figures"]["em"] == {
        "value": 1.0,
        "low": 0.2065,
        "high": 1.0,
        "method": "wilson",
        "n": 1,
        "missing": None,
    }
    assert made["bootstrap"] == {"by": "question", "groups": 1, "resamples": 2000, "seed": 0, "level": 0.95}


def test_the_first_question_is_asked_once_before(
    config: Config, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the models, which is no latency of an answer; with --given too."""
    evaluate(Wanted("q", jsonl(("a?", ["x"], None), ("b?", ["x"], None)), "index"), config, open_engine=opener)
    assert [question for question, _, _ in opener.engines[0].asked] == ["a?", "a?", "b?"]
    reader = CannedReader()
    monkeypatch.setattr("qabot.evaluation.runs.OnnxReader.load", lambda: reader)
    made = evaluate(
        Wanted("q", squad(("The cat sat.", [("say cat", "cat"), ("say sat", "sat")])), "given"),
        config,
        open_engine=opener,
    )
    assert reader.asked == ["say cat", "say cat", "say sat"]
    assert made.figures["latency_p50_ms"].count == 2


def test_versions_are_in_the_json(config: Config, opener: Opener) -> None:
    """The libraries that some figure may depend on; with sentence-transformers its own ones as well."""
    raw = jsonl(("what is the river?", ["Seine"], None))
    made = evaluate(Wanted("q", raw, "index"), config, open_engine=opener)
    packages = as_json(made)["packages"]
    assert {"onnxruntime", "tokenizers", "faiss-cpu", "tantivy", "numpy"} <= set(packages)
    assert all(re.match(r"\d+\.", found) for found in packages.values())
    other = dataclasses.replace(config, encoder=dataclasses.replace(config.encoder, engine="sentence-transformers"))
    assert {"torch", "sentence-transformers"} <= set(as_json(dataclasses.replace(made, config=other))["packages"])
    assert "torch" not in packages


def test_progress_counts_the_questions(config: Config, opener: Opener) -> None:
    """Every question is a step."""
    steps: list[tuple[str, int, int]] = []
    rows = jsonl(*[("what is the river?", ["Seine"], None)] * 3)
    evaluate(Wanted("q", rows, "index"), config, open_engine=opener, progress=lambda *step: steps.append(step))
    assert steps == [(stage, done, 3) for stage in ("answering", "searching") for done in (1, 2, 3)]


class CannedReader:
    """Answers each question with the word that it ends with, if the passage has it; surer when it looks again."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.read_texts: list[tuple[str, str]] = []
        self.together: list[list[tuple[str, str]]] = []

    def read(self, question: str, passage: str, *, context: str = "") -> Reading:
        """A span with the margin 2."""
        self.asked.append(question)
        self.read_texts.append((passage, context))
        return self._reading(question, passage, 5.0)

    def read_together(self, question: str, pieces: Sequence[tuple[str, str]]) -> list[Reading]:
        """Spans with the margin 3."""
        self.together.append(list(pieces))
        return [self._reading(question, text, 6.0) for text, _ in pieces]

    def _reading(self, question: str, text: str, score: float) -> Reading:
        at = text.find(question.rsplit(maxsplit=1)[-1])
        return Reading((ScoredSpan(Span(at, at + 3), score),) if at >= 0 else (), 3.0)


LONG = " ".join(["It rained.", "The cat sat.", "Nothing else was told of that day, nor of the next one." * 6])


def test_a_given_passage_is_read_twice_under_its_title() -> None:
    """Its best span is the answer, in whole sentences of the passage; the margins of both looks give the confidence."""
    ticks, reader = iter((1.0, 1.25, 2.0, 2.5)), CannedReader()
    asker = PassageAsker({"a.txt": LONG}, reader, EVEN, clock=lambda: next(ticks))
    asked = Question(" say cat ", (Gold("cat", Span(15, 18)),), "line 1", source="a.txt", article="Cats_of_Rome")
    outcome = asker(asked)
    assert outcome.prediction is not None
    assert outcome.prediction.quote is not None
    assert (outcome.prediction.text, outcome.prediction.quote.text) == ("cat", "The cat sat.")
    assert (outcome.right, outcome.prediction.elapsed_ms) == (True, 250.0)
    assert outcome.prediction.confidence == pytest.approx(0.9526, abs=1e-4)  # the logistic of 2 and 1
    assert reader.read_texts == [(LONG, "Cats of Rome")]
    assert reader.together == [[("It rained. The cat sat.", "Cats of Rome")]]
    nothing = asker(dataclasses.replace(asked, text="say dog")).prediction
    assert nothing is not None
    assert (nothing.text, nothing.quote, nothing.confidence) == ("", None, 0.0)


def test_a_passage_without_a_title_is_read_without_one() -> None:
    """Files need not have them."""
    reader = CannedReader()
    PassageAsker({"a.txt": "The cat sat."}, reader, EVEN)(Question("say cat", (), "line 1", source="a.txt"))
    assert reader.read_texts == [("The cat sat.", "")]


class Wavering(CannedReader):
    """Finds "one" before "two", then the other way round; "two cats" scores higher than "two", but is longer."""

    def _reading(self, question: str, text: str, score: float) -> Reading:
        assert question == "how many?"
        scores = (3.0, 2.0, 3.1) if score == 5.0 else (1.0, 4.0, 5.0)
        found = [ScoredSpan(span, score) for span, score in zip(spans_of(text), scores, strict=True)]
        return Reading(tuple(found), 0.0)


def spans_of(text: str) -> list[Span]:
    """Where "one", "two" and "two cats" stand."""
    return [Span(text.index(words), text.index(words) + len(words)) for words in ("one", "two", "two cats")]


def test_the_second_look_chooses_the_place_and_the_first_one_the_words() -> None:
    """Of spans that overlap the one that comes first at the first look stands for the others."""
    passage = "There was one dog. Then two cats came. " + "Nothing else was told of that day. " * 9
    found = PassageAsker({"a.txt": passage}, Wavering(), EVEN)(Question("how many?", (), "line 1", source="a.txt"))
    assert found.prediction is not None
    assert found.prediction.text == "two"
    assert found.prediction.confidence == pytest.approx(0.9933, abs=1e-4)  # the logistic of 5


def test_a_passage_that_the_second_look_would_fill_is_read_once() -> None:
    """There is nothing beside it; also a passage without a sentence is no fault."""
    reader = CannedReader()
    for passage in ("It rained. The cat sat.", " "):
        seen_twice(reader, "say cat", *as_document("a.txt", passage), title="")
    assert [text for text, _ in reader.read_texts] == ["It rained. The cat sat.", " "]
    assert not any(reader.together)


class Everywhere(CannedReader):
    """Finds "cat" wherever it stands, the first ones surest; at the second look it is surer by 2."""

    def _reading(self, question: str, text: str, score: float) -> Reading:
        assert question == "say cat"
        places = [found.span() for found in re.finditer("cat", text)]
        more = 2.0 * (score == 6.0)
        return Reading(tuple(ScoredSpan(Span(*at), 9.0 - n + more) for n, at in enumerate(places)), 0.0)


def test_what_is_not_read_again_gains_and_loses_nothing() -> None:
    """The second look is at three sentences, far from each other; the fourth keeps what it had."""
    passage = " ".join(f"Number {n} was a cat. " + "Long is the story that was told of it. " * 9 for n in range(4))
    reader = Everywhere()
    seen = seen_twice(reader, "say cat", *as_document("a.txt", passage), title="Cats")
    assert len(reader.together[0]) == 3
    assert all(context == "Cats" for _, context in reader.together[0])
    assert [one.margin for one in seen] == [9.0, 8.0, 7.0, 6.0]
    assert [one.again for one in seen] == [2.0, 3.0, 4.0, 0.0]


def test_given_passages_have_a_threshold_of_their_own(
    config: Config, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fitted one; in a file without unanswerable questions every answer counts, and a note says so."""
    monkeypatch.setattr("qabot.evaluation.runs.OnnxReader.load", CannedReader)
    both, able = (squad(("The cat sat.", [("say cat", "cat"), *more])) for more in ([("say dog", "")], []))

    def threshold(raw: bytes, wanted: float | None = None) -> tuple[float, bool]:
        made = evaluate(Wanted("q", raw, "given", threshold=wanted), config, open_engine=opener)
        return made.threshold, any("SQuAD 1.1" in note for note in notes(made))

    assert threshold(both) == (GivenCalibration.load().threshold, False)
    assert threshold(able) == (0.0, True)
    assert threshold(able, 0.7) == (0.7, False)
    assert 0.0 < GivenCalibration.load().threshold < 1.0


def candidate(source: str, start: int, text: str) -> Candidate:
    """A passage that was found."""
    return Candidate(0, Chunk(source, Span(start, start + len(text))), text, 0.5, 1.0, 0.1)


def test_a_passage_is_right_if_it_holds_a_whole_gold_of_its_document() -> None:
    """Another document with the same words is not right, nor a passage in which the gold is cut; words do without."""
    found = [candidate("b.txt", 0, "The cat"), candidate("a.txt", 0, "The c"), candidate("a.txt", 4, "cat sat")]
    question = Question("?", (Gold("cat", Span(4, 7)),), "line 1", source="a.txt")
    assert rank_among(found, question) == 3
    assert rank_among(found[:2], question) == 0
    assert rank_among(found, dataclasses.replace(question, golds=(Gold("cat"),))) == 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mode, bytes], Evaluation]:
    """Evaluates with the shipped models, over the first seed if it is the own index."""
    config = make_root(tmp_path_factory.mktemp("seed"), {SEED.name: SEED.read_bytes()})

    def evaluated(mode: Mode, raw: bytes, **options: Any) -> Evaluation:
        return evaluate(Wanted("f", raw, mode, **options), config, open_engine=Engine.open)

    return evaluated


PASSAGES = squad(
    (
        "date 2021-05-04 Edith Marlow opened the library on Quay Street.",
        [("Who opened the library?", "Edith Marlow"), ("Where is the library?", "on Quay Street")],
    ),
    ("The ferry costs fourteen pounds and leaves at two.", [("How much is the ferry?", "fourteen pounds")]),
    ("The ferry costs fourteen pounds and leaves at two.", [("Who invented the telescope?", "")]),
    ("\ufeffOak trees live for centuries.", [("How long do oak trees live?", "for centuries")]),
    ("", [("What is here?", "")]),
)


def test_open_over_all_passages(run: Callable[[Mode, bytes], Evaluation]) -> None:
    """Each passage is a document once, golds stand where the file counts them, and the index is gone afterwards."""
    made = run("open", PASSAGES)
    assert made.corpus is not None
    assert (made.corpus.documents, made.corpus.unread, len(made.outcomes)) == (3, 0, 6)
    assert [outcome.right for outcome in made.outcomes if outcome.question.answerable] == [True, True, True, True]
    assert [outcome.rank for outcome in made.outcomes] == [1, 1, 1, None, 1, None]
    assert made.figures["recall_at_1"].value == 1.0
    assert as_json(made)["encoder"]["engine"] == "onnx"


def test_given_reads_only_the_questions_own_passage(run: Callable[[Mode, bytes], Evaluation]) -> None:
    """The passage is the source of every quote; an empty one has no answer; nothing is searched."""
    made = run("given", PASSAGES)
    quotes = [outcome.prediction.quote for outcome in made.outcomes if outcome.prediction]
    sources = [quote.source if quote else None for quote in quotes]
    assert sources == ["000000.txt", "000000.txt", "000001.txt", "000001.txt", "000002.txt", None]
    assert [outcome.right for outcome in made.outcomes if outcome.question.answerable] == [True, True, True, True]
    assert (made.threshold, made.corpus, as_json(made)["generation"]) == (GivenCalibration.load().threshold, None, None)
    assert made.figures["recall_at_1"].value is None


def test_the_village_with_the_shipped_models(run: Callable[[Mode, bytes], Evaluation]) -> None:
    """Thirty questions of our own: with the passage most are answered; three articles are too few to draw."""
    made = run("given", VILLAGE.read_bytes())
    assert (made.groups.unit, len(made.groups.members), len(made.outcomes)) == ("question", 30, 30)
    assert any(note.startswith("3 articles are too few to draw from") for note in as_json(made)["notes"])
    assert (made.figures["f1_unrefused"].value or 0) > 0.7
    assert (made.figures["coverage"].value or 0) > 0.7


def test_the_own_index_with_the_shipped_models(run: Callable[[Mode, bytes], Evaluation]) -> None:
    """The engine that answers `qabot ask` is asked."""
    made = run("index", jsonl(("How many civilians have been killed?", ["More than 953"], SEED.stem)))
    assert [outcome.right for outcome in made.outcomes] == [True]


def test_the_threshold_is_the_one_in_use(config: Config) -> None:
    """What was fitted to the documents counts, unless the configuration or the command says another."""

    class Fitted(LineCalibration):
        threshold = 0.94

    def opened(over: Config) -> LineEngine:
        engine = LineEngine.open(over, progress=lambda *_: None)
        engine.own_calibration = Fitted()
        return engine

    configured = dataclasses.replace(config, answers=dataclasses.replace(config.answers, threshold=0.5))
    wanted = Wanted("q.jsonl", jsonl(("what is the river?", ["Seine"], None)), "index")
    made = [evaluate(one, over, open_engine=opened) for one, over in (
        (wanted, config), (wanted, configured), (dataclasses.replace(wanted, threshold=0.2), configured),
    )]  # fmt: skip
    assert [one.threshold for one in made] == [0.94, 0.5, 0.2]
    assert [one.figures["coverage"].value for one in made] == [0.0, 1.0, 1.0]


def test_a_kept_calibration_is_told(config: Config) -> None:
    """It stands in the JSON, and it is said when the questions are those that it was fitted to, byte for byte."""
    raw = jsonl(("what is the river?", ["Seine"], None))
    found_on = {"basis": "labelled", "sha256": hashlib.sha256(raw).hexdigest()}

    def opened(over: Config) -> LineEngine:
        engine = LineEngine.open(over, progress=lambda *_: None)
        engine.own_calibration.before = {"threshold": 0.2, "found_on": found_on}
        return engine

    same, other = (
        as_json(evaluate(Wanted("q.jsonl", one, "index"), config, open_engine=opened)) for one in (raw, raw + b"\n")
    )
    assert same["calibration"] == other["calibration"] == {"threshold": 0.2, "found_on": found_on}
    said = [[note for note in one["notes"] if "qabot calibrate" in note] for one in (same, other)]
    assert [len(one) for one in said] == [1, 1]
    assert "to this very file: the figures flatter" in said[0][0]
    assert "found on another file" in said[1][0]


def test_the_shipped_calibration_is_not_told(config: Config, opener: Opener) -> None:
    """There is nothing to say of it."""
    made = as_json(
        evaluate(Wanted("q", jsonl(("what is the river?", ["Seine"], None)), "index"), config, open_engine=opener)
    )
    assert made["calibration"] is None
    assert not any("calibrate" in note for note in made["notes"])


def test_unknown_keys_are_told(config: Config, opener: Opener) -> None:
    """Five of them by name with their lines, the rest as a count."""
    row = {"question": "what is the river?", "answers": ["Seine"], **dict.fromkeys("abcdef", 1)}
    raw = f'{json.dumps(row)}\n{{"question": "b?", "answers": null, "f": 1}}'.encode()
    made = as_json(evaluate(Wanted("q", raw, "index"), config, open_engine=opener))
    said = next(note for note in made["notes"] if note.startswith("Keys that mean nothing"))
    assert said.startswith('Keys that mean nothing here, and in how many lines: "f" (2), "')
    assert said.endswith(" and 1 more.")
    assert made["data"]["unknown_keys"] == {"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 2}
