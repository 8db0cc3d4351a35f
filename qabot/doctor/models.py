"""The shipped models: whether their bytes are those that were released, and of one release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from qabot.calibration import CALIBRATION_NAME, Calibration
from qabot.doctor.check import Check
from qabot.errors import ModelError
from qabot.weights import MODELS_DIR, model_sha256, verified_bytes

_FILES = ("encoder.onnx", "reader.onnx", "tokenizer.json", CALIBRATION_NAME)
_MODELS = {"reader_sha256": "reader.onnx", "encoder_sha256": "encoder.onnx"}


def model_checks(folder: Path = MODELS_DIR) -> Iterator[Check]:
    """One check for each file that is not sound, or one for all; then whether they fit together."""
    faults = [error for name in _FILES if (error := _fault(name, folder)) is not None]
    for error in faults:
        yield Check("models", "problem", error.problem, error.remedy)
    if faults:
        return
    yield Check("models", "ok", f"{', '.join(_FILES)}: as released")
    yield _fitted(folder)


def _fault(name: str, folder: Path) -> ModelError | None:
    try:
        verified_bytes(name, folder)
    except ModelError as error:
        return error
    return None


def _fitted(folder: Path) -> Check:
    """Whether the probabilities were fitted to these very models; with others they would mean nothing."""
    Calibration.load(folder)
    fitted_on = json.loads(verified_bytes(CALIBRATION_NAME, folder))["fitted_on"]
    others = [name for key, name in _MODELS.items() if fitted_on.get(key) != model_sha256(name, folder)]
    if others:
        text = f"the probabilities were fitted to another {' and '.join(others)}"
        return Check("models", "problem", text, "Reinstall qabot, so that its models are of one release.")
    return Check("models", "ok", "the probabilities were fitted to this reader and encoder")
