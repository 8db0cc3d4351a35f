"""A larger reader to learn from: MPNet with a span head, asked exactly as the small reader is. It never ships.

all-mpnet-base-v2's vocabulary is BERT's behind four tokens of its own, so both readers cut a text into the same tokens
and a position of one is the same position of the other. Begun from the Hugging Face folder of all-mpnet-base-v2
(Apache 2.0; Song et al. 2020, "MPNet").
"""

from typing import Any

from torch import Tensor
from transformers import MPNetForQuestionAnswering

SHIFT = 4  # MPNet's own tokens, before BERT's
OF_ITS_OWN = {0: 1, 101: 0, 102: 2}  # BERT's [PAD], [CLS], [SEP] -> <pad>, <s>, </s>


class Teacher(MPNetForQuestionAnswering):
    """Takes BERT's token ids, `(windows, tokens)`; start and end logits have the same shape."""

    def forward(self, input_ids: Tensor, token_type_ids: Tensor, attention_mask: Tensor) -> Any:
        """The logits; MPNet has no token types."""
        del token_type_ids
        shifted = input_ids + SHIFT
        for of_bert, own in OF_ITS_OWN.items():
            shifted = shifted.masked_fill(input_ids == of_bert, own)
        return super().forward(input_ids=shifted, attention_mask=attention_mask)
