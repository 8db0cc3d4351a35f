"""The model files are what was released, and open quietly."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qabot.errors import ModelError
from qabot.weights import (
    MODELS_DIR,
    SUMS_NAME,
    count_tokens,
    load_tokenizer,
    model_sha256,
    onnx_session,
    verified_bytes,
)

SHIPPED = sorted(path.name for path in MODELS_DIR.iterdir() if path.suffix in {".onnx", ".json"})


@pytest.fixture
def copied_models(tmp_path: Path) -> Path:
    """The shipped model files in a folder that a test may damage."""
    return Path(shutil.copytree(MODELS_DIR, tmp_path / "models"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_model_file_has_its_listed_sum(name: str) -> None:
    """Each model file in the package is listed in SHA256SUMS and has that sum."""
    assert hashlib.sha256(verified_bytes(name)).hexdigest() == model_sha256(name)


def test_nothing_else_is_listed() -> None:
    """SHA256SUMS lists the model files and nothing that is gone."""
    listed = [line.partition("  ")[2] for line in (MODELS_DIR / SUMS_NAME).read_text("ascii").splitlines()]
    assert listed == SHIPPED
    assert {"encoder.onnx", "reader.onnx", "tokenizer.json"} <= set(listed)


@pytest.mark.parametrize("position", [0, 10_000_000, -1])
def test_a_flipped_bit_is_refused(copied_models: Path, position: int) -> None:
    """One wrong bit anywhere in a model gives an error that names the file and says to reinstall."""
    path = copied_models / "encoder.onnx"
    damaged = bytearray(path.read_bytes())
    damaged[position] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ModelError, match=r"encoder\.onnx is damaged.*Reinstall qabot"):
        onnx_session("encoder.onnx", folder=copied_models)


def test_a_shortened_tokenizer_is_refused(copied_models: Path) -> None:
    """A tokenizer file that lost its end is an error, also after the shipped one was loaded."""
    load_tokenizer()
    path = copied_models / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        load_tokenizer(copied_models)


@pytest.mark.parametrize("name", ["reader.onnx", SUMS_NAME])
def test_a_missing_file_is_named(copied_models: Path, name: str) -> None:
    """A file that is gone gives an error that names it and says to reinstall."""
    (copied_models / name).unlink()
    with pytest.raises(ModelError, match=rf"{name} cannot be read.*Reinstall qabot"):
        verified_bytes("reader.onnx", copied_models)


def test_an_unlisted_file_is_refused(copied_models: Path) -> None:
    """A model that SHA256SUMS does not know is not loaded, even if it is there."""
    (copied_models / "other.onnx").write_bytes(b"anything")
    with pytest.raises(ModelError, match=r"does not list the model file other\.onnx"):
        verified_bytes("other.onnx", copied_models)


def test_the_tokenizer_neither_cuts_nor_pads() -> None:
    """A text keeps all of its tokens and gets no more, with offsets into it."""
    tokenizer = load_tokenizer()
    assert count_tokens(tokenizer, "") == 0
    assert count_tokens(tokenizer, "one two three") == 3
    assert count_tokens(tokenizer, "word " * 1000) == 1000
    assert tokenizer.encode("one two").tokens == ["[CLS]", "one", "two", "[SEP]"]
    assert tokenizer.encode("one two").offsets[1:3] == [(0, 3), (4, 7)]


def test_a_session_does_not_spin() -> None:
    """Threads sleep between two runs, and there are as many as asked for."""
    options = onnx_session("reader.onnx", threads=1).get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert options.intra_op_num_threads == 1


def test_the_reader_takes_the_inputs_of_its_card() -> None:
    """The reader maps three int64 inputs of one shape to two logits for each token."""
    row = np.array([[101, 2040, 102, 2016, 2234, 102]], dtype=np.int64)
    session = onnx_session("reader.onnx")
    feeds = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
    start, end = session.run(["start_logits", "end_logits"], feeds)
    assert start.shape == end.shape == row.shape


def test_loading_prints_nothing() -> None:
    """A process that loads everything leaves standard output and standard error empty."""
    script = (
        "from qabot.weights import load_tokenizer, onnx_session\n"
        "load_tokenizer(), onnx_session('encoder.onnx'), onnx_session('reader.onnx')"
    )
    environ = os.environ | {"PYTHONPATH": str(MODELS_DIR.parents[1])}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False, env=environ
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
