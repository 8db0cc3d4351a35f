"""Calibrations from the questions to what is kept: with few questions, with many, with none, and with made ones."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from corpus import make_root
from scripted_engine import ScriptedEngine

from qabot.calibrating import Calibrated, Labelled, calibrate
from qabot.calibrating.seen import MOST_SUMS, seen_documents, still_there
from qabot.calibrating.showing import as_json, as_text
from qabot.calibration import AS_SHIPPED, Calibration
from qabot.config import Config
from qabot.errors import UsageError
from qabot.own_calibration import KEPT_NAME

Row = tuple[str, list[str] | None]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A folder without documents."""
    (tmp_path / "embeddings").mkdir()
    return make_root(tmp_path, {})


def labelled(rows: Sequence[Row]) -> Labelled:
    """A file of questions with their answers."""
    lines = [json.dumps({"question": question, "answers": answers}) for question, answers in rows]
    return Labelled("q.jsonl", "\n".join(lines).encode())


def world(count: int, *, seed: int = 0) -> tuple[ScriptedEngine, list[Row]]:
    """Questions whose sure answers are right more often than is said, and the others less often."""
    random = np.random.default_rng(seed)
    says, rows = {}, list[Row]()
    for number, shipped in enumerate(random.beta(2.0, 1.0, count)):
        right = random.random() < (min(shipped + 0.2, 1.0) if shipped > 0.7 else shipped / 3)
        says[f"question {number}?"] = ("yes" if right else "no", float(shipped))
        rows.append((f"question {number}?", ["yes"] if right or number % 2 else None))
    return ScriptedEngine(says), rows


def run(engine: ScriptedEngine, rows: Sequence[Row], config: Config) -> Calibrated:
    """One calibration."""
    return calibrate(labelled(rows), config, open_engine=engine.open)


def test_a_promise_is_found_and_kept(config: Config) -> None:
    """Enough good answers: a threshold with its counts, better probabilities, both kept with what they are of."""
    engine, rows = world(600)
    found = run(engine, rows, config)
    assert found.promise is not None
    assert found.promise.wrong <= 0.1 * found.promise.answers
    assert (found.after.answers, found.after.answers - found.after.right) == (
        found.promise.answers,
        found.promise.wrong,
    )
    assert found.after.log_loss is not None
    assert found.after.log_loss < (found.before.log_loss or 0.0)
    [(kept, found_on)] = engine.own_calibration.kept
    assert kept == found.recalibration
    assert kept.threshold == found.promise.threshold
    assert (found_on["basis"], found_on["questions"], found_on["generation"]) == ("labelled", 600, "g1")
    assert found_on["documents"] == {"count": 0, "sums": []}


def test_the_documents_are_kept_by_their_sums() -> None:
    """Of many a sample that says about the same share; nothing is said of what an older version kept."""
    sums = [sha256(str(n).encode()).hexdigest() for n in range(5_000)]
    found_on = {"documents": seen_documents(sums)}
    assert len(json.dumps(found_on)) < 4_000
    assert still_there(found_on, sums) == (MOST_SUMS, MOST_SUMS)
    left, of = still_there(found_on, sums[:2_500]) or (0, 1)
    assert 0.4 < left / of < 0.6
    assert still_there(found_on, [None]) == (0, MOST_SUMS)
    assert still_there({}, sums) is still_there({"documents": {"sums": 3}}, sums) is None


def test_the_engine_refuses_nothing_and_is_closed(config: Config) -> None:
    """What the threshold in use would hide is seen, and what is kept already is set aside."""
    engine, rows = world(30)
    run(engine, rows, config)
    assert [over.answers.threshold for over in engine.configs] == [0.0]
    assert engine.aside
    assert engine.closed


def test_three_questions_change_nothing(config: Config) -> None:
    """Too few to conclude anything: nothing is kept, what was kept before stays, and the text says so."""
    (config.embeddings_dir / KEPT_NAME).write_text("as before")
    engine, rows = world(3)
    found = run(engine, rows, config)
    assert (found.recalibration, found.tested, engine.own_calibration.kept) == (None, (), [])
    assert (config.embeddings_dir / KEPT_NAME).read_text() == "as before"
    said = "Nothing was changed: the best answers, shown or refused, are 3; fewer than 20 say too little."
    assert said in as_text(found)


def test_no_answer_at_all(config: Config) -> None:
    """One question that is refused: no share of no answers is made up."""
    found = run(ScriptedEngine(), [("q", None)], config)
    assert found.recalibration is None
    assert as_text(found).split("\n")[4].split(maxsplit=1) == [
        "precision",
        "n/a (of none)                 n/a (of none)",
    ]
    assert as_json(found)["before"]["precision"] is None


def test_an_empty_index_answers_nothing(config: Config) -> None:
    """Every question is refused: no answers, no conclusion, and all unanswerable ones count as refused."""
    found = run(ScriptedEngine(), [(f"q{n}", None if n % 2 else ["x"]) for n in range(50)], config)
    assert (found.recalibration, found.before.answers, found.before.refused) == (None, 0, 25)


NEVER: list[Row] = [(f"refused {n}", None) for n in range(50)]  # no engine here has an answer to these


@pytest.mark.parametrize("gold", [["yes"], None])
def test_all_right_or_none(config: Config, gold: list[str] | None) -> None:
    """Where every answer is right the threshold that shows all is promised; where none is, there is no promise."""
    engine = ScriptedEngine({f"q{n}": ("yes", 0.3 + n / 200) for n in range(100)})
    found = run(engine, [*((f"q{n}", gold) for n in range(100)), *NEVER], config)
    assert found.recalibration is not None
    assert (found.promise is not None) is (gold is not None)
    assert found.recalibration.threshold == (0.3 if gold else None)
    assert (found.recalibration.stated(0.5) > 0.5) is (gold is not None)
    assert np.isfinite(found.after.log_loss or 0.0)


@pytest.mark.parametrize(
    ("answerable", "unanswerable", "promised"),
    [(40, 0, False), (40, 21, False), (40, 22, True), (222, 24, False), (216, 24, True)],
)
def test_a_promise_needs_unanswerable_questions(
    config: Config, answerable: int, unanswerable: int, promised: bool
) -> None:
    """22 of them and one question in ten: without them everything could be answered, and hardly one answer is wrong."""
    engine = ScriptedEngine({f"q{n}": ("yes", 0.3 + n / 800) for n in range(answerable)})
    found = run(engine, [*((f"q{n}", ["yes"]) for n in range(answerable)), *NEVER[:unanswerable]], config)
    assert (found.promise is not None) is promised
    assert (found.after.shipped_threshold == found.before.shipped_threshold) is not promised
    said = f"{unanswerable} of the {answerable + unanswerable} questions are unanswerable"
    assert (said in as_text(found)) is not promised
    assert ('Add questions that the documents do not answer ("answers": null).' in as_text(found)) is not promised


def test_nothing_is_loosened_for_nothing(config: Config) -> None:
    """All right answers are above the shipped threshold, sure refusals below: it stays, now with its promise."""
    right = {f"q{n}": ("yes", 0.9) for n in range(100)}
    engine = ScriptedEngine({**right, **{f"u{n}": ("yes", 0.1 if n else 0.3) for n in range(30)}})
    rows = [*((question, ["yes"]) for question in right), *((f"u{n}", None) for n in range(30))]
    found = run(engine, rows, config)
    assert [one.threshold for one in found.tested if one.holds][-1] < 0.3
    assert found.promise is not None
    assert found.promise.threshold == found.after.shipped_threshold == Calibration.load().threshold
    assert (found.after.right, found.after.refused) == (found.before.right, found.before.refused) == (100, 30)


def test_without_a_promise_the_same_answers_are_shown(config: Config) -> None:
    """The shipped threshold stays, stated otherwise, and the text says why there is no other."""
    engine = ScriptedEngine({f"q{n}": ("yes" if n % 3 else "no", 0.9) for n in range(90)})
    found = run(engine, [*((f"q{n}", ["yes"]) for n in range(90)), *NEVER], config)
    shipped = Calibration.load().threshold
    assert (found.before.shipped_threshold, found.after.shipped_threshold) == (shipped, shipped)
    assert (found.before.answers, found.before.right) == (found.after.answers, found.after.right) == (90, 60)
    assert found.after.threshold != shipped
    assert "the shipped one stays: of the 90 surest answers 30 are wrong." in as_text(found)


def test_what_is_no_better_is_not_kept(config: Config) -> None:
    """Where the shipped probabilities are true they stay, and an earlier calibration is removed."""
    (config.embeddings_dir / KEPT_NAME).write_text("as before")
    engine = ScriptedEngine({f"q{n}": ("yes" if n % 2 else "no", 0.5) for n in range(400)})
    found = run(engine, [(f"q{n}", ["yes"]) for n in range(400)], config)
    assert (found.recalibration, engine.own_calibration.kept) == (AS_SHIPPED, [])
    assert not (config.embeddings_dir / KEPT_NAME).exists()
    assert "The shipped calibration stays" in as_text(found)
    assert as_json(found)["kept"] is False


def test_duplicates_are_asked_once(config: Config) -> None:
    """A question that comes again, but for case, signs, articles and white space, counts once: luck is not doubled."""
    engine, rows = world(30)
    again = [(f" The {text.upper()}".replace(" ", "  ").replace("?", " ?!"), gold) for text, gold in rows]
    found = run(engine, [*rows, *again], config)
    assert (len(engine.asked), found.duplicates, len(found.observed.right)) == (30, 30, 30)
    assert "30 questions worded like an earlier one were left out." in as_text(found)
    assert "\n1 question worded like an earlier one was left out." in as_text(replace(found, duplicates=1))


def test_unknown_keys_are_told(config: Config) -> None:
    """As by `qabot eval`: what they were meant to say was passed over."""
    raw = b'{"question": "who?", "answers": null, "note": 1}\n{"question": "why?", "answers": null, "note": 2}'
    found = calibrate(Labelled("q.jsonl", raw), config, open_engine=ScriptedEngine().open)
    said = 'Keys that mean nothing here, and in how many lines: "note" (2).'
    assert said in as_text(found).split("\n")
    assert said in as_json(found)["notes"]
    assert not any("Keys" in note for note in as_json(run(*world(3), config))["notes"])


def test_one_question_with_other_signs_buys_no_promise(config: Config) -> None:
    """Thirty spellings of one question are one piece of luck; questions of signs alone are told apart by them."""
    spellings = [f"who keeps {'.' * n} the key{'?' * n}" for n in range(30)]
    engine = ScriptedEngine(dict.fromkeys(spellings, ("yes", 0.9)))
    found = run(engine, [*((text, ["yes"]) for text in spellings), ("?", None), ("!", None), *NEVER], config)
    assert (found.promise, found.duplicates, len(found.observed.right)) == (None, 29, 3 + len(NEVER))


def test_a_stated_date_counts_for_the_threshold_only(config: Config) -> None:
    """It is shown at every threshold, so it is among the answers tested, but no probability of it was fitted."""
    engine = ScriptedEngine({f"q{n}": ("2022", 0.95) for n in range(40)}, dates=frozenset(f"q{n}" for n in range(40)))
    found = run(engine, [(f"q{n}", ["2021"]) for n in range(40)], config)
    assert (found.observed.weighed.sum(), found.before.answers, found.before.right) == (0, 40, 0)
    assert (found.observed.probability == 1.0).all()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"question": "x", "answers": ["y"]}\nno', "q.jsonl: line 2 is no JSON"),
        (b'{"question": "x", "answers": "y"}', '"answers" must be a list of strings, or null'),
        (b'{"question": "x", "answers": null, "source": "none.txt"}', "q.jsonl: line 1: "),
    ],
)
def test_a_malformed_file_is_named_by_its_line(config: Config, raw: bytes, said: str) -> None:
    """Nothing is asked and nothing kept."""
    engine = ScriptedEngine(texts={"a.txt": "A."})
    with pytest.raises(UsageError) as caught:
        calibrate(Labelled("q.jsonl", raw), config, open_engine=engine.open)
    assert said in str(caught.value)
    assert (engine.asked, engine.own_calibration.kept) == ([], [])


def test_progress_is_told(config: Config) -> None:
    """One step a question."""
    engine, rows = world(25)
    steps: list[tuple[str, int, int]] = []
    calibrate(labelled(rows), config, open_engine=engine.open, progress=lambda *step: steps.append(step))
    assert (steps[0], steps[-1], len(steps)) == (("answering", 1, 25), ("answering", 25, 25), 25)


def rows_of(found: Calibrated) -> dict[str, str]:
    """Each row of the table by its label."""
    labels = ("precision", "coverage", "refusal", "threshold", "log loss", "calibration error")
    lines = as_text(found).split("\n")
    return {label: next(line for line in lines if line.startswith(label)) for label in labels}


def test_each_row_says_what_its_figures_are_of(config: Config) -> None:
    """A threshold that the same questions chose is not shown as if others had tested it; the fit's own rows are."""
    found = run(*world(600), config)
    rows = rows_of(found)
    for label in ("precision", "coverage", "refusal"):
        assert rows[label].endswith("the questions that chose the threshold"), label
    for label in ("log loss", "calibration error"):
        assert rows[label].endswith("answers that the fit had not seen"), label
    assert any(
        note.startswith("Precision, coverage and refusal after are of the very") for note in as_json(found)["notes"]
    )


def test_what_nobody_chose_is_not_marked(config: Config) -> None:
    """Without a promise the same answers are shown before and after: nothing was chosen by the questions."""
    engine = ScriptedEngine({f"q{n}": ("yes" if n % 3 else "no", 0.9) for n in range(90)})
    found = run(engine, [*((f"q{n}", ["yes"]) for n in range(90)), *NEVER], config)
    assert rows_of(found)["precision"].endswith("66.7 % (60 of 90)")
    assert rows_of(found)["log loss"].endswith("answers that the fit had not seen")
    assert not any("the very questions" in note for note in as_json(found)["notes"])


def test_a_configured_threshold_stays_in_force(tmp_path: Path) -> None:
    """The operator's word wins: the table shows what people then get, and nothing is promised."""
    engine, rows = world(600)
    found = run(engine, rows, make_root(tmp_path, {}, "[answers]\nthreshold = 0.97\n"))
    text, data = as_text(found), as_json(found)
    assert found.promise is not None
    assert "answers.threshold = 0.97 in qabot.toml stays in force, whatever was found: before and after" in text
    assert "Nothing is promised while answers.threshold is set in qabot.toml; without it" in text
    assert "Of the answers given" not in text
    assert data["promise"] is None
    assert (found.after.threshold, found.after.shipped_threshold) == (0.97, None)
    assert found.before.answers == (found.observed.probability >= 0.97).sum() < found.promise.answers
    assert found.recalibration is not None
    said = [found.recalibration.stated(float(one)) >= 0.97 for one in found.observed.probability]
    assert found.after.answers == sum(said) != found.before.answers


def test_at_a_configured_threshold_of_zero_refusals_stay_refusals(tmp_path: Path) -> None:
    """Questions without any answer are not shown, and dates that documents state are, at any threshold."""
    engine = ScriptedEngine({"date": ("2022", 0.3)}, dates=frozenset({"date"}))
    for threshold in (0.0, 0.999):
        over = make_root(tmp_path, {}, f"[answers]\nthreshold = {threshold}\n")
        found = run(engine, [("date", ["2022"]), *NEVER], over)
        assert (found.before.answers, found.before.right, found.before.refused) == (1, 1, len(NEVER))


def test_the_calibration_error_needs_five_hundred_answers(config: Config) -> None:
    """With fewer it is not defined, as in qabot eval."""
    few, many = (run(*world(count), config) for count in (499, 500))
    assert few.before.calibration_error is None
    assert "n/a (fewer than 500 answers)" in as_text(few)
    assert many.before.calibration_error is not None
    assert (many.after.calibration_error or 1.0) < many.before.calibration_error


def village() -> dict[str, str]:
    """Documents of which questions can be made."""
    tables = "| Room | Fee |\n|---|---|\n" + "".join(f"| Hall {n} | {n + 5} euros |\n" for n in range(40))
    people = "\n\n".join(f"Anna Berg{'x' * n} opened the mill number {n} in {1900 + n}." for n in range(30))
    return {"rooms.md": tables, "people.txt": people}


def test_made_questions_promise_nothing(config: Config) -> None:
    """They change nothing, whatever they show, what was kept before stays, and the text calls it an estimate."""
    (config.embeddings_dir / KEPT_NAME).write_text("as before")
    engine = ScriptedEngine(texts=village())
    calibrate(None, config, open_engine=engine.open)
    engine.says = {question: ("unlike anything", 0.8) for question, _ in engine.asked}
    found = calibrate(None, config, open_engine=engine.open)
    assert (found.tested, found.promise, found.recalibration, engine.own_calibration.kept) == ((), None, None, [])
    assert found.before == found.after
    assert (found.before.right, found.before.answers) == (0, len(found.observed.right))
    assert "Estimate of the shipped calibration, no guarantee" in as_text(found)
    assert (config.embeddings_dir / KEPT_NAME).read_text() == "as before"


def test_made_questions_can_be_read(config: Config) -> None:
    """The estimate is only as good as they are: an example of each in the text, all in the JSON."""
    found = calibrate(None, config, open_engine=ScriptedEngine(texts=village()).open)
    data = as_json(found)
    assert len(data["made"]) == data["data"]["questions"] > 0
    assert sum(one["answers"] is not None for one in data["made"]) == data["data"]["answerable"]
    assert set(data["made"][0]) == {"question", "answers", "document", "hidden"}
    assert f"Answerable: such as “{data['made'][0]['question']}”. Unanswerable: such as “" in as_text(found)
    assert as_json(run(*world(3), config))["made"] == []


def test_what_is_hidden_is_not_searched(config: Config) -> None:
    """A question whose document is hidden is asked of all the others."""
    engine = ScriptedEngine(texts=village())
    found = calibrate(None, config, open_engine=engine.open)
    hidden = [filters.sources for _, filters in engine.asked if filters.sources]
    assert hidden
    assert all(len(one) == 1 for one in hidden)
    answerable = found.observed.answerable.sum()
    assert 0 < answerable < len(found.observed.right)
