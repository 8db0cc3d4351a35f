"""What `qabot calibrate` found, kept beside the index as readable JSON with its sum, bound to what it was found with.

This module knows when a kept calibration may be used; it refuses to know how one is found. Whatever is wrong with it,
the shipped one answers, and it is said why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from qabot.calibration import AS_SHIPPED, CALIBRATION_NAME, Calibration, Features, Recalibration
from qabot.config import AnswersConfig
from qabot.index.durable import refusals_in_words, replace_durably, sync_folder
from qabot.index.identity import IndexIdentity
from qabot.index.parts import read_regular
from qabot.weights import MODELS_DIR, model_sha256

KEPT_NAME = "calibration.json"
SCHEMA = 1
_MAX_BYTES = 100_000
AGAIN = "Run qabot calibrate FILE again, or qabot calibrate --reset to remove it."
_LIMITS = ("max_file_bytes", "max_text_chars", "max_read_s", "max_memory_bytes")  # of the files; no answer differs
_WORDS = {
    "reader_sha256": "reader",
    "calibration_sha256": "version of qabot's own calibration",
    "features": "set of features",
    "max_passages": "answers.max_passages",
    "index": "encoder, chunks or version of what reads the files",
}


@dataclass(frozen=True, slots=True)
class KeptCalibration:
    """What is kept: the recalibration to use, what is told of how it was found, or why it is not used."""

    recalibration: Recalibration = AS_SHIPPED
    found_on: Mapping[str, Any] | None = None  # None: nothing is kept, or it is not used
    ignored: str | None = None  # a sentence without its end; what helps is AGAIN


class OwnCalibration:
    """The calibration in use for the documents of one folder: the kept one where it fits, else the shipped one."""

    def __init__(self, embeddings: Path, answers: AnswersConfig) -> None:
        self._embeddings = embeddings
        self._max_passages = answers.max_passages
        self._aside = False
        self._bound_to: dict[str, Any] = {}
        self._kept = KeptCalibration()

    @property
    def ignored(self) -> str | None:
        """Why a calibration that is there is not used, if so: a sentence with its remedy."""
        return None if self._kept.ignored is None else f"{self._kept.ignored}. {AGAIN}"

    @property
    def threshold(self) -> float:
        """The stated probability from which on answers are shown, unless the configuration says another."""
        return self.in_use().stated_threshold

    def kept_in_use(self) -> dict[str, Any] | None:
        """What is kept and used: curve, threshold, what it was found on, and its sum; None: the shipped one is used."""
        found_on, curve = self._kept.found_on, asdict(self._kept.recalibration)
        if found_on is None:
            return None
        stored = {**curve, "bound_to": self._bound_to, "found_on": found_on}
        return {**curve, "found_on": dict(found_on), "sha256": _sum(stored)}

    def in_use(self) -> Calibration:
        """What answers are weighed with.

        Raises:
            ModelError: if the shipped one cannot be used.
        """
        return replace(Calibration.load(), own=self._kept.recalibration)

    def follow(self, identity: IndexIdentity) -> None:
        """Take up what is kept for an index of this identity, which is about to answer."""
        self._bound_to = binding(identity, max_passages=self._max_passages)
        self._kept = KeptCalibration() if self._aside else kept_calibration(self._embeddings, self._bound_to)

    def set_aside(self) -> None:
        """From the next index on, use the shipped one whatever is kept."""
        self._aside = True

    def keep(self, recalibration: Recalibration, found_on: Mapping[str, Any]) -> None:
        """Keep what was found with the index that is followed; whoever opens it next answers with that.

        Raises:
            IndexNotWritten: if the disk refuses.
        """
        keep_calibration(self._embeddings, recalibration, bound_to=self._bound_to, found_on=found_on)


def binding(identity: IndexIdentity, *, max_passages: int, models: Path = MODELS_DIR) -> dict[str, Any]:
    """What a calibration depends on, as JSON has it: with anything else here its figures mean nothing.

    Raises:
        ModelError: if the sums of the shipped models cannot be read.
    """
    index = {name: value for name, value in asdict(identity).items() if name not in _LIMITS}
    bound = {
        "reader_sha256": model_sha256("reader.onnx", models),
        "calibration_sha256": model_sha256(CALIBRATION_NAME, models),
        "features": [field.name for field in fields(Features)],
        "max_passages": max_passages,
        "index": index,
    }
    return dict(json.loads(json.dumps(bound)))  # tuples as lists, as they come back


def keep_calibration(
    embeddings: Path, recalibration: Recalibration, *, bound_to: Mapping[str, Any], found_on: Mapping[str, Any]
) -> None:
    """Keep a calibration in one step, in place of the one before.

    Raises:
        IndexNotWritten: if the disk refuses.
    """
    kept = {**asdict(recalibration), "bound_to": bound_to, "found_on": found_on}
    stored = {"schema": SCHEMA, "sha256": _sum(kept), "calibration": kept}
    with refusals_in_words(embeddings):
        replace_durably(embeddings / KEPT_NAME, (json.dumps(stored, indent=2) + "\n").encode())


def forget_calibration(embeddings: Path) -> bool:
    """Remove the kept calibration; whether there was one.

    Raises:
        IndexNotWritten: if the disk refuses.
    """
    path = embeddings / KEPT_NAME
    with refusals_in_words(embeddings), suppress(FileNotFoundError):
        path.unlink()
        sync_folder(embeddings)
        return True
    return False


def kept_calibration(embeddings: Path, bound_to: Mapping[str, Any]) -> KeptCalibration:
    """The kept calibration if it is whole and was found with ``bound_to``; else the shipped one and why."""
    try:
        raw = read_regular(embeddings / KEPT_NAME, at_most_bytes=_MAX_BYTES)
        stored = json.loads(raw)
        kept = stored["calibration"]
        if len(raw) > _MAX_BYTES or stored["schema"] != SCHEMA or stored["sha256"] != _sum(kept):
            return _ignored("it is damaged, or of another version of qabot")
        differing = [word for key, word in _WORDS.items() if kept["bound_to"].get(key) != bound_to[key]]
        if differing:
            return _ignored(f"it was found with another {' and another '.join(differing)}")
        recalibration = Recalibration(kept["log_right"], kept["log_wrong"], kept["intercept"], kept["threshold"])
        return KeptCalibration(recalibration, dict(kept["found_on"]))
    except FileNotFoundError:
        return KeptCalibration()
    except OSError as error:
        return _ignored(f"it cannot be read: {error.strerror or error}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _ignored("it is damaged, or of another version of qabot")


def _ignored(why: str) -> KeptCalibration:
    return KeptCalibration(ignored=f"{KEPT_NAME} in the index's folder is not used, the shipped one is: {why}")


def _sum(kept: object) -> str:
    """The SHA-256 of a JSON value, whatever the white space and order it is written in."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
