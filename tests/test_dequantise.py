"""The shipped reader can be taken apart again: others load its weights with transformers, and train on from them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from transformers import AutoModelForQuestionAnswering

from qabot.reader import READER_NAME, OnnxReader
from qabot.weights import MODELS_DIR

TOP = Path(__file__).parent.parent


def test_the_written_folder_reads_like_the_shipped_file(tmp_path: Path) -> None:
    """The float model points at the same words as the int8 file, with logits that rise and fall together."""
    script = TOP / "training" / "dequantise.py"
    command = [sys.executable, str(script), str(MODELS_DIR / READER_NAME), str(tmp_path), "--dtype", "float32"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - our own script
    model = AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval()
    reader = OnnxReader.load(threads=1)
    question = reader._encode("Who opened the bridge?").ids
    passage = reader._encode("The bridge was opened by Ann Hill in May 1999. It is 90 metres long.").ids
    expected = reader._logits(question, passage)
    cls, sep = reader.tokenizer.token_to_id("[CLS]"), reader.tokenizer.token_to_id("[SEP]")
    ids = torch.tensor([[cls, *question, sep, *passage, sep]])
    types = torch.tensor([[0] * (len(question) + 2) + [1] * (len(passage) + 1)])
    with torch.no_grad():
        output = model(input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=types)
    for mine, its in zip(expected, (output.start_logits[0], output.end_logits[0]), strict=True):
        assert np.argmax(mine) == int(its.argmax())
        assert np.corrcoef(mine, its.numpy())[0, 1] > 0.98
