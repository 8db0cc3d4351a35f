"""What the teacher thinks of a window: some sixty bytes, which a leg of the small reader learns from.

A file holds, for each window that the first `refills` draws of a mix give, the likeliest starts and ends, with "no
answer" among the positions (0). A window is known by a hash of its token ids: the file has no text. It is a
safetensors file; what the draws depend on stands in its metadata, so that other draws are not learnt from it.

Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network".
"""

import json
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import torch
from reader_windows import Encoded
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

TEMPERATURE = 2.0
KEPT = 8  # positions of a start or an end
NATS = 1 / 16  # of the logarithm of a probability, a step of its byte
NOTHING = 255  # such a probability: the window has fewer positions


def key_of_window(window: Encoded) -> int:
    """64 bits that name the window's token ids."""
    ids = array("H", window.ids).tobytes()
    return int.from_bytes(blake2b(ids, digest_size=8).digest(), "little", signed=True)


def likeliest(logits: Tensor) -> tuple[Tensor, Tensor]:
    """(positions, levels) of the `KEPT` likeliest, uint8 and (windows, KEPT) both.

    `logits`: (windows, tokens) of start or of end, -1e4 where none may be. A level is the negated logarithm of the
    probability at `TEMPERATURE`, in steps of `NATS`.
    """
    logs = torch.log_softmax(logits / TEMPERATURE, -1)
    best, positions = logs.topk(min(KEPT, logits.shape[1]), -1)
    missing = KEPT - best.shape[1]
    levels = (best / -NATS).round().clamp(0, NOTHING)
    padded = [torch.nn.functional.pad(t, (0, missing), value=v) for t, v in ((positions, 0), (levels, NOTHING))]
    return padded[0].to(torch.uint8), padded[1].to(torch.uint8)


@dataclass(frozen=True)
class Taught:
    """The teacher's view of windows: `positions` and `levels` are (windows, 2, KEPT), starts before ends."""

    rows: Mapping[int, int]
    positions: Tensor
    levels: Tensor
    refills: int
    draws: Mapping[str, object]

    @classmethod
    def load(cls, path: Path, draws: Mapping[str, object]) -> "Taught":
        """The file's content.

        Raises:
            ValueError: if it was made for other draws than these.
        """
        with safe_open(path, "pt") as stored:
            about = json.loads(stored.metadata()["about"])
            keys = stored.get_tensor("keys").tolist()
            positions, levels = stored.get_tensor("positions"), stored.get_tensor("levels")
        if about["draws"] != draws:
            differing = sorted(k for k in draws if about["draws"].get(k) != draws[k])
            raise ValueError(f"{path.name} was made for other draws, of other {differing}: label these windows anew")
        return cls({key: row for row, key in enumerate(keys)}, positions, levels, about["refills"], draws)

    def more(self, keys: list[int], positions: Tensor, levels: Tensor, refills: int) -> "Taught":
        """This and further windows, all of so many further refills."""
        rows = dict(self.rows) | {key: len(self.positions) + row for row, key in enumerate(keys)}
        positions, levels = torch.cat((self.positions, positions)), torch.cat((self.levels, levels))
        return replace(self, rows=rows, positions=positions, levels=levels, refills=self.refills + refills)

    def save(self, path: Path) -> None:
        """Write it aside, then put it in place."""
        tensors = {
            "keys": torch.tensor(list(self.rows), dtype=torch.int64),
            "positions": self.positions,
            "levels": self.levels,
        }
        about = json.dumps({"refills": self.refills, "draws": self.draws}, sort_keys=True)
        aside = path.with_suffix(".new")
        save_file(tensors, aside, {"about": about})
        aside.replace(path)

    def loss(self, logits: Tensor, windows: list[Encoded], side: int) -> tuple[Tensor, Tensor]:
        """(loss, known), each (windows,): cross entropy with the teacher at `TEMPERATURE`, times its square.

        `logits`: (windows, tokens), -1e4 where none may be; `side`: 0 for starts, 1 for ends. What the teacher's
        positions leave is one more outcome. The loss of a window that the teacher did not see is 0.
        """
        at = [self.rows.get(key_of_window(window), -1) for window in windows]
        known = torch.tensor([row >= 0 for row in at], device=logits.device)
        rows = torch.tensor([max(row, 0) for row in at])
        levels = self.levels[rows, side].to(logits.device)
        there = levels != NOTHING
        wanted = torch.exp(levels.float() * -NATS) * there
        logs = torch.log_softmax(logits / TEMPERATURE, -1)
        given = logs.gather(1, self.positions[rows, side].to(logits.device).long().clamp(max=logits.shape[1] - 1))
        rest = torch.log((1 - (given.exp() * there).sum(1)).clamp(min=1e-6))
        cross = -(wanted * given).sum(1) - (1 - wanted.sum(1)).clamp(min=0) * rest
        return torch.where(known, cross * TEMPERATURE**2, torch.zeros_like(cross)), known
