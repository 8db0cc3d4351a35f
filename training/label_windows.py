"""The teacher's view of the windows that a leg of the small reader will draw, written for it to learn from.

    OMP_WAIT_POLICY=PASSIVE python training/label_windows.py training/runs/teacher/final --data DATA \
        --minutes 30 --out training/labels/teacher.safetensors --bfloat16

Goes on behind what `--out` holds, if that was made for the same draws. What the small reader's knobs and the questions
in training/questions say must not change between this and the leg.
"""

import argparse
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from half_products import multiply_in_half
from reader_draws import Draws, Knobs, settings_of
from reader_taught import KEPT, Taught, key_of_window, likeliest
from reader_windows import Encoded
from teacher import Teacher
from tokenizers import Tokenizer
from torch import Tensor
from train_reader import tensors_of

TOKENS = 1536  # of a pass, with padding
TOGETHER = 4  # refills that are sorted by length together


def passes(windows: list[Encoded]) -> Iterator[list[Encoded]]:
    """The windows in groups of like length, at most `TOKENS` with padding."""
    group: list[Encoded] = []
    for window in sorted(windows, key=lambda w: len(w.ids)):
        if group and (len(group) + 1) * len(window.ids) > TOKENS:
            yield group
            group = []
        group.append(window)
    if group:
        yield group


class Labeller:
    """As many passes at a time as there are threads; the model is shared."""

    def __init__(self, weights: Path, *, threads: int, bfloat16: bool) -> None:
        self.model: Any = Teacher.from_pretrained(weights, dtype=torch.float32).eval()
        if bfloat16:
            multiply_in_half(self.model)
        self.pool = ThreadPoolExecutor(threads)

    def view(self, windows: list[Encoded]) -> tuple[list[int], Tensor, Tensor]:
        """(keys, positions, levels) of the windows, each once."""
        once = list({key_of_window(window): window for window in windows}.values())
        groups = list(passes(once))
        seen = list(self.pool.map(self._view, groups))
        keys = [key_of_window(window) for group in groups for window in group]
        return keys, torch.cat([positions for positions, _ in seen]), torch.cat([levels for _, levels in seen])

    @torch.no_grad()
    def _view(self, group: list[Encoded]) -> tuple[Tensor, Tensor]:
        ids, types, mask, closed = tensors_of(group)
        out = self.model(input_ids=ids, token_type_ids=types, attention_mask=mask)
        sides = [likeliest(logits.masked_fill(closed, -1e4)) for logits in (out.start_logits, out.end_logits)]
        return torch.stack([p for p, _ in sides], 1), torch.stack([levels for _, levels in sides], 1)


def main() -> None:
    """Draw, view, write; again until the minutes are used up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="the teacher: a Hugging Face folder")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16; only for processors that do so")
    args = parser.parse_args()
    torch.set_num_threads(1)  # the threads are the labeller's
    began, knobs = time.monotonic(), Knobs()
    tokenizer = Tokenizer.from_file(str(args.weights / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    labeller = Labeller(args.weights, threads=args.threads, bfloat16=args.bfloat16)
    draws = Draws(args.data, tokenizer, knobs)
    nothing = torch.zeros((0, 2, KEPT), dtype=torch.uint8)
    taught = Taught({}, nothing, nothing, 0, settings_of(knobs))
    if args.out.exists():
        taught = Taught.load(args.out, settings_of(knobs))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for number in range(taught.refills):
        draws.refill(number)
    while time.monotonic() - began < args.minutes * 60:
        numbers = range(taught.refills, taught.refills + TOGETHER)
        drawn = [window for number in numbers for example in draws.refill(number) for window in example.windows]
        new = [window for window in drawn if key_of_window(window) not in taught.rows]
        taught = taught.more(*(labeller.view(new) if new else ([], nothing, nothing)), TOGETHER)
        taught.save(args.out)
        print(f"{taught.refills} refills, {len(taught.rows)} windows, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
