"""What is kept with the index: whole or not used, used only with what it was found with, and removed when told to."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from small_index import IDENTITY, unwritable

from qabot.calibration import AS_SHIPPED, Calibration, Recalibration
from qabot.config import AnswersConfig
from qabot.errors import IndexNotWritten
from qabot.own_calibration import (
    KEPT_NAME,
    OwnCalibration,
    _sum,
    binding,
    forget_calibration,
    keep_calibration,
    kept_calibration,
)

FOUND = Recalibration(log_right=0.75, log_wrong=0.8, intercept=-0.5, threshold=0.62)
FOUND_ON = {"basis": "labelled", "questions": 120}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An index's folder with a calibration."""
    opened(tmp_path).keep(FOUND, FOUND_ON)
    return tmp_path


def opened(folder: Path, **answers: Any) -> OwnCalibration:
    """The calibration of an index with the identity of the small index."""
    own = OwnCalibration(folder, AnswersConfig(**answers))
    own.follow(IDENTITY)
    return own


def test_what_is_kept_comes_back(folder: Path) -> None:
    """Curve, threshold and what they were found on survive the way through the file, to the last digit."""
    kept = kept_calibration(folder, binding(IDENTITY, max_passages=AnswersConfig().max_passages))
    assert (kept.recalibration, kept.found_on, kept.ignored) == (FOUND, FOUND_ON, None)
    assert [path.name for path in folder.iterdir()] == [KEPT_NAME]


def test_it_is_used(folder: Path) -> None:
    """Probabilities are stated by its curve, and answers shown from its threshold on, in stated units."""
    own = opened(folder)
    assert own.ignored is None
    assert own.in_use().stated(0.5) == pytest.approx(1 / (1 + 2.718281828 ** (0.5 - 0.05 * 0.6931472)))
    assert own.threshold == own.in_use().stated(0.62) == FOUND.stated(0.62)


def test_what_is_used_is_told_with_its_sum(folder: Path, tmp_path: Path) -> None:
    """The sum is the file's own; where the shipped one is used there is nothing to tell."""
    stored = json.loads((folder / KEPT_NAME).read_bytes())
    assert opened(folder).kept_in_use() == {**asdict(FOUND), "found_on": FOUND_ON, "sha256": stored["sha256"]}
    assert opened(folder, max_passages=7).kept_in_use() is None
    assert opened(tmp_path / "none").kept_in_use() is None


def test_without_one_the_shipped_one_answers(tmp_path: Path) -> None:
    """Nothing is ignored, and every probability is stated as it is."""
    own = opened(tmp_path / "none")
    assert (own.ignored, own.in_use(), own.threshold) == (None, Calibration.load(), Calibration.load().threshold)
    assert own.in_use().stated(0.123) == 0.123


def test_a_kept_curve_without_a_threshold_shows_the_same_answers(tmp_path: Path) -> None:
    """The shipped threshold stays what it is, stated otherwise."""
    opened(tmp_path).keep(Recalibration(0.5, 0.6, -1.0), FOUND_ON)
    shipped = Calibration.load().threshold
    assert opened(tmp_path).threshold == Recalibration(0.5, 0.6, -1.0).stated(shipped) != shipped


def test_set_aside_it_is_not_used(folder: Path) -> None:
    """To find a new one the shipped probabilities are needed; the file stays."""
    own = opened(folder)
    own.set_aside()
    own.follow(IDENTITY)
    assert (own.in_use(), own.ignored) == (Calibration.load(), None)
    assert (folder / KEPT_NAME).exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda bound: bound.update(reader_sha256="0" * 64), "it was found with another reader."),
        (lambda bound: bound["features"].append("luck"), "it was found with another set of features."),
        (lambda bound: bound["index"].update(max_tokens=99), "another encoder, chunks or version of what reads"),
        (lambda bound: bound.pop("calibration_sha256"), "another version of qabot's own calibration."),
    ],
)
def test_with_another_reader_it_is_not_used(folder: Path, change: Callable[[Any], None], said: str) -> None:
    """What it was found with is named, and what to do."""
    bound_to = binding(IDENTITY, max_passages=AnswersConfig().max_passages)
    change(bound_to)
    keep_calibration(folder, FOUND, bound_to=bound_to, found_on=FOUND_ON)
    own = opened(folder)
    assert own.in_use() == Calibration.load()
    assert said in str(own.ignored)
    assert str(own.ignored).endswith("Run qabot calibrate FILE again, or qabot calibrate --reset to remove it.")


def test_another_number_of_passages_is_another_system(folder: Path) -> None:
    """answers.max_passages changes what is found; the limits of files do not."""
    assert "answers.max_passages" in str(opened(folder, max_passages=3).ignored)
    own = OwnCalibration(folder, AnswersConfig())
    own.follow(replace(IDENTITY, max_file_bytes=1, max_read_s=1.0))
    assert own.ignored is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda raw: raw[:-20],
        lambda raw: raw.replace(b"0.75", b"0.85"),
        lambda raw: raw.replace(b'"schema": 1', b'"schema": 2'),
        lambda _: b"[]",
        lambda _: b"[" * 50_000,
        lambda _: b"\xff\xfe",
        lambda raw: raw + b" " * 200_000,
    ],
)
def test_a_damaged_file_is_not_used(folder: Path, damage: Callable[[bytes], bytes]) -> None:
    """Whatever happened to it, the shipped calibration answers and the damage is told."""
    path = folder / KEPT_NAME
    path.write_bytes(damage(path.read_bytes()))
    own = opened(folder)
    assert own.in_use() == Calibration.load()
    assert "it is damaged, or of another version of qabot. Run qabot calibrate FILE again" in str(own.ignored)


@pytest.mark.parametrize("weight", [0.0, "1", None])
def test_a_sum_does_not_make_nonsense_sensible(folder: Path, weight: object) -> None:
    """A file that was edited with its sum is still checked for what it says."""
    stored = json.loads((folder / KEPT_NAME).read_text())
    stored["calibration"]["log_right"] = weight
    stored["sha256"] = _sum(stored["calibration"])
    (folder / KEPT_NAME).write_text(json.dumps(stored))
    assert "damaged" in str(opened(folder).ignored)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a pipe")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    """Neither a pipe nor a folder stops the engine from opening."""
    os.mkfifo(tmp_path / KEPT_NAME)
    assert "it cannot be read: it is no regular file" in str(opened(tmp_path).ignored)
    (tmp_path / KEPT_NAME).unlink()
    (tmp_path / KEPT_NAME).mkdir()
    assert "it cannot be read" in str(opened(tmp_path).ignored)


def test_forgotten_it_is_gone(folder: Path) -> None:
    """Removing it says whether there was one."""
    assert forget_calibration(folder) is True
    assert forget_calibration(folder) is False
    assert forget_calibration(folder / "none") is False
    assert opened(folder).in_use().own == AS_SHIPPED


def test_a_disk_that_refuses_is_told(folder: Path) -> None:
    """The old calibration stays, whole, and the cause is said."""
    with unwritable(folder), pytest.raises(IndexNotWritten, match="writing there is not allowed"):
        opened(folder).keep(AS_SHIPPED, {})
    assert opened(folder).in_use().own == FOUND
