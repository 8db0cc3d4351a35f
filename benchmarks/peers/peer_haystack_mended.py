"""The same pipeline as kindly set up as one can: ten documents to read, and token types for the model.

Ten is the retriever's own default. Without token types a BERT reader cannot tell the question from the passage; no
option of Haystack gives them, so the model is wrapped.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from asking import Ask, Models, Peer, run
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader
from peer_haystack import asking, build

RETRIEVED = 10
SEPARATOR = 102  # [SEP] in the vocabulary that every peer gets


class WithTokenTypes:
    """The model, told where the question ends: at the first separator."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def __call__(self, *, input_ids: Any, attention_mask: Any) -> Any:
        """What the model puts out."""
        separators = (input_ids == SEPARATOR).int()
        before = torch.cumsum(separators, dim=1) - separators
        types = (before > 0).long() * attention_mask
        return self._model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=types)


def load(index: Path, models: Models) -> Ask:
    """Open the store and the reader."""
    reader = TransformersExtractiveReader(model=models.reader)
    reader.warm_up()
    reader.model = WithTokenTypes(reader.model)
    return asking(index, models, reader, retrieved=RETRIEVED)


if __name__ == "__main__":
    run(Peer(build, load))
