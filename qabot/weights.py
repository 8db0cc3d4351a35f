"""The shipped model files: read, checked against their sums, opened.

This module knows which bytes a model consists of and how a session runs; it refuses to know what the numbers mean.
Nothing is downloaded: a file that is missing or damaged is an error with a remedy.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qabot.errors import ModelError

if TYPE_CHECKING:  # the libraries cost up to 0.1 s each to import; a command that needs no model must not pay
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODELS_DIR = Path(__file__).parent / "models"
SUMS_NAME = "SHA256SUMS"
_REINSTALL = "Reinstall qabot with the command of its README; in a clone, git checkout qabot/models restores the file."
_ERRORS_ONLY = 3  # of ONNX Runtime's severities 0 (verbose) to 4 (fatal); what fails is raised, not only logged
# ONNX Runtime's fused Add and LayerNormalization takes five times as long on a CPU as the two apart (1.31, 142 tokens).
_SLOWER_FUSIONS = ["SkipLayerNormFusion"]


def verified_bytes(name: str, folder: Path = MODELS_DIR) -> bytes:
    """The bytes of one model file, which equal those that were released.

    Raises:
        ModelError: if the file is missing, not listed in SHA256SUMS, or not what SHA256SUMS says.
    """
    expected = model_sha256(name, folder)
    found = _read(name, folder)
    if hashlib.sha256(found).hexdigest() != expected:
        raise ModelError(f"the model file {name} is damaged: its SHA-256 differs from {SUMS_NAME}", remedy=_REINSTALL)
    return found


def model_sha256(name: str, folder: Path = MODELS_DIR) -> str:
    """The released SHA-256 of a model file, hexadecimal. Whether the file still has it, ``verified_bytes`` checks.

    Raises:
        ModelError: if SHA256SUMS is missing or does not list the file.
    """
    for line in _read(SUMS_NAME, folder).decode("ascii", errors="replace").splitlines():
        digest, _, listed = line.partition("  ")  # as written by sha256sum
        if listed == name:
            return digest
    raise ModelError(f"{SUMS_NAME} does not list the model file {name}", remedy=_REINSTALL)


@cache  # 30 ms a load, and three parts of a cold command need it
def load_tokenizer(folder: Path = MODELS_DIR) -> Tokenizer:
    """The one tokenizer of encoder, reader and chunker; it neither truncates nor pads. Shared: never change it.

    Raises:
        ModelError: if the file is missing or damaged.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_buffer(verified_bytes("tokenizer.json", folder))
    tokenizer.no_truncation()  # the file, kept as released, asks for both at 128 tokens
    tokenizer.no_padding()
    return tokenizer


def count_tokens(tokenizer: Tokenizer, text: str) -> int:
    """How many tokens the text has, without [CLS] and [SEP]."""
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def onnx_session(name: str, threads: int = 0, folder: Path = MODELS_DIR) -> InferenceSession:
    """A session over a verified model file, on the CPU, with ``threads`` threads (0: one for each core).

    Raises:
        ModelError: if the file is missing or damaged.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = _ERRORS_ONLY
    # Spinning threads burn the core that the bot's event loop needs between two questions.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        verified_bytes(name, folder), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER_FUSIONS
    )


def _read(name: str, folder: Path) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        problem = f"the model file {name} cannot be read: {error.strerror}"
        raise ModelError(problem, remedy=_REINSTALL) from None
