"""The engine with a calibration kept beside its index: other words about how sure it is, the same answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from corpus import make_root

from qabot.calibrating.seen import seen_documents
from qabot.calibration import Recalibration
from qabot.config import Config
from qabot.datatypes import Answer, NoAnswer
from qabot.doctor import examine
from qabot.engine import Engine
from qabot.own_calibration import KEPT_NAME

RULES = "# Pool rules\n\nThe pool opens at 9 am.\n\nDogs are not allowed at the pool.\n"
QUESTION = "When does the pool open?"
DOUBTFUL = Recalibration(1.0, 1.0, -1.5, threshold=0.01)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A document, its index, and a calibration that believes less."""
    made = make_root(tmp_path_factory.mktemp("pool"), {"rules.md": RULES})
    engine = Engine.open(made)
    engine.own_calibration.keep(DOUBTFUL, {"basis": "labelled", "questions": 77})
    engine.close()
    return made


@pytest.fixture
def engine(config: Config) -> Iterator[Engine]:
    """The engine over it."""
    opened = Engine.open(config)
    yield opened
    opened.close()


def test_the_same_answer_is_stated_less_surely(engine: Engine) -> None:
    """Set aside, the shipped probability comes back; the curve leads from it to the stated one."""
    stated = engine.ask(QUESTION)
    engine.set_calibration_aside()
    shipped = engine.ask(QUESTION)
    assert isinstance(stated, Answer)
    assert isinstance(shipped, Answer)
    assert (stated.text, stated.quotes) == (shipped.text, shipped.quotes) == ("9 am", shipped.quotes)
    assert stated.confidence == pytest.approx(DOUBTFUL.stated(shipped.confidence))
    assert stated.confidence < shipped.confidence


def test_the_configured_threshold_is_of_what_is_stated(config: Config, engine: Engine) -> None:
    """answers.threshold wins over the kept one, and is compared with the stated probability."""
    stated = engine.ask(QUESTION)
    for threshold, kind in ((stated.confidence - 0.01, Answer), (stated.confidence + 0.01, NoAnswer)):
        over = Engine.open(replace(config, answers=replace(config.answers, threshold=threshold)))
        result = over.ask(QUESTION)
        over.close()
        assert isinstance(result, kind)
        assert result.confidence == stated.confidence


def test_a_rebuild_keeps_it(config: Config, engine: Engine) -> None:
    """A changed document is no reason to forget it, nor is a full build."""
    (config.seeds_dir / "news.txt").write_text("The sauna opens at noon.", encoding="utf-8")
    engine.refresh(full=True)
    assert engine.own_calibration.ignored is None
    assert engine.own_calibration.threshold == DOUBTFUL.stated(0.01)


def test_the_doctor_tells_of_it(config: Config) -> None:
    """Used: what it was found on. Not used: why, and what helps; the index is no problem for that."""
    texts = {check.text: check for check in examine(config.root, {})}
    assert texts["confidence is calibrated on these documents (77 labelled questions)"].state == "ok"
    path = config.embeddings_dir / KEPT_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    [found] = [check for check in examine(config.root, {}) if KEPT_NAME in check.text and check.group == "index"]
    path.write_bytes(whole)
    assert found.state == "warning"
    assert found.text.endswith("is not used, the shipped one is: it is damaged, or of another version of qabot")
    assert found.remedy == "Run qabot calibrate FILE again, or qabot calibrate --reset to remove it."


@pytest.mark.parametrize(
    ("unchanged", "state", "said"),
    [
        (2, "ok", "on these documents (77 labelled questions)"),
        (1, "ok", "on an earlier state of the documents (77 labelled questions): 1 of 2 are unchanged"),
        (0, "warning", "on an earlier state of the documents (77 labelled questions): 0 of 2 are unchanged"),
    ],
)
def test_the_doctor_tells_whether_the_documents_are_still_those(
    tmp_path: Path, unchanged: int, state: str, said: str
) -> None:
    """Changed and replaced ones are counted; where less than half are as they were, that is a warning."""
    config = make_root(tmp_path, {"rules.md": RULES, "news.txt": "The sauna opens at noon."})
    engine = Engine.open(config)
    seen = seen_documents(document.sha256 for document in engine.documents())
    engine.own_calibration.keep(DOUBTFUL, {"basis": "labelled", "questions": 77, "documents": seen})
    for name in ("news.txt", "rules.md")[: 2 - unchanged]:
        (config.seeds_dir / name).write_text("All is different now.")
    engine.refresh(full=True)
    engine.close()
    [found] = [check for check in examine(config.root, {}) if "is calibrated" in check.text]
    assert (found.state, found.text) == (state, f"confidence is calibrated {said}")


@pytest.mark.parametrize("promise", [{"alpha": 0.1}, None])
def test_the_doctor_warns_of_a_void_promise(config: Config, promise: dict[str, float] | None) -> None:
    """A configured threshold overrides the promised one, if there is one."""
    path = config.embeddings_dir / KEPT_NAME
    whole = path.read_bytes()
    engine = Engine.open(config)
    engine.own_calibration.keep(DOUBTFUL, {"basis": "labelled", "questions": 77, "promise": promise})
    engine.close()
    (config.root / "qabot.toml").write_text("[answers]\nthreshold = 0.7\n")
    checks = [check for check in examine(config.root, {}) if "promise" in check.text]
    (config.root / "qabot.toml").unlink()
    silent = [check for check in examine(config.root, {}) if "promise" in check.text]
    path.write_bytes(whole)
    assert silent == []
    assert [check.state for check in checks] == (["warning"] if promise else [])
    assert all(check.text.startswith("answers.threshold = 0.7 in qabot.toml overrides") for check in checks)


def test_found_with_other_settings_it_is_not_used(config: Config) -> None:
    """Another number of passages gives other scores: the shipped calibration answers, and it is said."""
    over = Engine.open(replace(config, answers=replace(config.answers, max_passages=2)))
    assert "it was found with another answers.max_passages" in str(over.own_calibration.ignored)
    result = over.ask(QUESTION)
    over.close()
    assert isinstance(result, Answer)
    assert result.confidence > DOUBTFUL.stated(result.confidence)
