r"""The reader's recipe: the baseline's fp16 weights and the mix of reader_data.py -> better weights, in one timed leg.

    OMP_WAIT_POLICY=PASSIVE nice -n 19 python training/train_reader.py \
        --base training/runs/base --data DATA --minutes 97 --run training/runs/reader --bfloat16

and the same with `--resume` to go on after an interruption. With `--teacher` it trains the larger model of teacher.py
instead; with `--labels FILE` it also learns from what label_windows.py wrote of that model's views. Every knob stands
at the top of reader_draws.py.

The learning rate falls to zero at the end of `--minutes` of training whatever the throughput, so a leg always ends
annealed; a resumed leg goes on with the minutes that are left. The same file runs on two cores or on a GPU. Written
into `--run`: `settings.json` (a line a start: knobs, data sums, versions), `log.jsonl`, `state.pt` (every ten minutes),
`after-N-minutes/` (the weights at each look), `final/` and `mean/` (the mean of the weights in the leg's second half),
each a Hugging Face folder, to be averaged with average_weights.py. Export with export_reader.py, measure with
evaluate_reader.py.

Input `[CLS] question [SEP] window [SEP]`; loss: cross entropy of start and of end over [CLS] (= no answer) and the
window's tokens; for questions with competing passages also over a window of each of them together.
"""

import argparse
import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from random import Random
from typing import Any

import torch
from half_products import multiply_in_half
from reader_authored import FOLDER
from reader_data import CALIBRATE, SQUAD2, USED, gold_questions, sha256_of
from reader_draws import Draws, Knobs, settings_of, teachers_knobs
from reader_taught import Taught
from reader_windows import MAX_ANSWER_TOKENS, Encoded, batches, parts, windows
from teacher import Teacher
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForQuestionAnswering


def loss_of(
    model: torch.nn.Module, batch: list[Encoded], device: str, taught: Taught | None = None, share: float = 0.0
) -> Tensor:
    """The sum over the batch's questions; scalar. A step divides it by the batch's windows.

    Of a question about one passage: cross entropy of start and of end over [CLS] and the window's tokens, halved. Of
    one with competing passages: its own window's, the mean of the others', and `joint_loss` over a window of each.
    Of a window that the teacher has seen the `share` of its cross entropy is that with the teacher's view.
    """
    rows = [window for example in batch for window in example.windows]
    ids, types, mask, closed = tensors_of(rows)
    out = model(input_ids=ids.to(device), token_type_ids=types.to(device), attention_mask=mask.to(device))
    weights = torch.tensor([w for e in batch for w in (1.0, *(1 / len(e.others) for _ in e.others))], device=device)
    loss = torch.zeros((), device=device)
    for side, (logits, golds) in enumerate(
        (
            (out.start_logits, [window.start for window in rows]),
            (out.end_logits, [window.end for window in rows]),
        )
    ):
        masked = logits.float().masked_fill(closed.to(device), -1e4)
        each = cross_entropy(masked, torch.tensor(golds, device=device), reduction="none")
        if taught is not None:
            soft, known = taught.loss(masked, rows, side)
            each = torch.where(known, share * soft + (1 - share) * each, each)
        loss = loss + (each * weights).sum() + joint_loss(masked, golds, batch)
    return loss / 2


def tensors_of(rows: list[Encoded]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(ids, types, mask, closed) of windows, each (windows, tokens); closed where no answer may begin or end."""
    width = max(len(window.ids) for window in rows)
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    closed = torch.ones((len(rows), width), dtype=torch.bool)
    for row, window in enumerate(rows):
        size = len(window.ids)
        ids[row, :size] = torch.tensor(window.ids)
        types[row, window.passage_at : size] = 1
        mask[row, :size] = 1
        closed[row, window.passage_at : size - 1] = False
    closed[:, 0] = False
    return ids, types, mask, closed


def joint_loss(logits: Tensor, golds: list[int], batch: list[Encoded]) -> Tensor:
    """Over the questions with competing passages: -log share of the gold position among all windows' and "no answer".

    A gold position of 0 is that "no answer", whose logit is 0. Each logit is counted from its own window's [CLS], as
    `Reading.margin` in qabot/reader.py counts the sum of two. `logits`: (windows, tokens), of start or end, -1e4 where
    no answer may begin; `golds`: a position a window, in that order. A scalar is returned. Source: the shared
    normalisation of Clark and Gardner 2018, here with one "no answer" for all windows.
    """
    inside = logits.masked_fill(torch.arange(logits.shape[1], device=logits.device) == 0, -1e4) - logits[:, :1]
    loss, row = logits.new_zeros(()), 0
    for example in batch:
        if example.others:
            relative = inside[row : row + len(example.windows)].flatten()
            loss = loss + torch.logsumexp(torch.cat((relative, relative.new_zeros(1))), 0)
            if golds[row]:
                loss = loss - inside[row, golds[row]]
        row += len(example.windows)
    return loss


def rate(progress: float, knobs: Knobs) -> float:
    """The share of the peak learning rate at `progress` (0 to 1): up in a line, then down in a line to zero."""
    return min(progress / knobs.warm_share, max(0.0, 1 - progress) / (1 - knobs.warm_share), 1.0)


class Leg:
    """Model, optimiser, data and clock of one leg, and how they are saved."""

    def __init__(self, args: argparse.Namespace, knobs: Knobs) -> None:
        self.args, self.knobs = args, knobs
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer = Tokenizer.from_file(str(args.base / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        kind: Any = Teacher if args.teacher else AutoModelForQuestionAnswering
        self.model: Any = kind.from_pretrained(
            args.base,
            dtype=torch.float32,
            hidden_dropout_prob=knobs.dropout,
            attention_probs_dropout_prob=knobs.dropout,
        ).to(self.device)
        frozen = ("embeddings.", "encoder.relative_", *(f"encoder.layer.{n}." for n in range(knobs.frozen_layers)))
        for name, parameter in self.model.base_model.named_parameters():
            parameter.requires_grad_(knobs.frozen_layers < 0 or not name.startswith(frozen))
        if args.bfloat16:
            multiply_in_half(self.model)
        # One thread a replica, each at its own share of a batch: on shared cores an operation split over two threads
        # waits for the thread whose core is taken. The replicas share the weights and have gradients of their own.
        self.replicas = [self.model, *(deepcopy(self.model) for _ in range(args.threads - 1))]
        for replica in self.replicas[1:]:
            for mine, theirs in zip(self.model.parameters(), replica.parameters(), strict=True):
                theirs.data = mine.data
        self.pool = ThreadPoolExecutor(args.threads)
        self.free = SimpleQueue()
        for replica in self.replicas:
            replica.train()
            self.free.put(replica)
        plain = [p for p in self.model.parameters() if p.ndim < 2]
        heavy = [p for p in self.model.parameters() if p.ndim >= 2]
        groups = [{"params": heavy, "weight_decay": knobs.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=knobs.peak_lr, betas=(0.9, 0.98), fused=True)
        self.draws = Draws(args.data, self.tokenizer, knobs)
        self.taught = Taught.load(args.labels, settings_of(knobs)) if args.labels else None
        self.trained_s, self.steps, self.refills, self.tokens = 0.0, 0, 0, 0
        self.mean: dict[str, Tensor] = {}
        self.meant = 0

    def save(self) -> None:
        """Write the state aside, then put it in place."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "cursors": self.draws.mix.cursors,
            "mean": self.mean,
        }
        counts = {"trained_s": self.trained_s, "steps": self.steps, "refills": self.refills, "tokens": self.tokens}
        counts["meant"] = self.meant
        aside = self.args.run / "state.pt.new"
        torch.save(state | counts, aside)
        aside.replace(self.args.run / "state.pt")

    def save_weights(self, name: str, weights: dict[str, Tensor]) -> None:
        """A Hugging Face folder of these weights."""
        self.model.save_pretrained(self.args.run / name, state_dict=dict(weights))
        self.tokenizer.save(str(self.args.run / name / "tokenizer.json"))

    def restore(self) -> None:
        """Go on from state.pt; kinds added since begin at their first question, changed files go in a new order.

        The mean begins here if the state has none.
        """
        state = torch.load(self.args.run / "state.pt", map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        cursors = self.draws.mix.cursors
        cursors |= {kind: at for kind, at in state["cursors"].items() if kind in cursors}
        self.trained_s, self.steps = state["trained_s"], state["steps"]
        self.refills, self.tokens = state["refills"], state["tokens"]
        self.mean, self.meant = state.get("mean", {}), state.get("meant", 0)

    def log(self, **values: object) -> None:
        """One line of JSON to the log and to the terminal."""
        line = json.dumps({"minutes": round(self.trained_s / 60, 2), "steps": self.steps, **values})
        print(line, flush=True)
        with (self.args.run / "log.jsonl").open("a") as stream:
            stream.write(line + "\n")

    def step(self, batch: list[Encoded], budget_s: float) -> float:
        """One update; returns its loss."""
        share = rate(self.trained_s / budget_s, self.knobs)
        for group in self.optimiser.param_groups:
            group["lr"] = self.knobs.peak_lr * share
        whole = sum(len(e.windows) for e in batch)
        losses = list(self.pool.map(lambda part: self.gradients(part, whole), parts(batch, self.knobs.parts_of_batch)))
        for replica in self.replicas[1:]:
            for mine, theirs in zip(self.model.parameters(), replica.parameters(), strict=True):
                if theirs.grad is not None:
                    mine.grad = theirs.grad if mine.grad is None else mine.grad.add_(theirs.grad)
                    theirs.grad = None
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.knobs.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.steps += 1
        self.tokens += sum(len(w.ids) for e in batch for w in e.windows)
        if self.steps % self.knobs.mean_every == 0 and self.trained_s >= self.knobs.mean_from * budget_s:
            self.into_mean()
        return sum(losses)

    @torch.no_grad()
    def into_mean(self) -> None:
        """Take the weights as they are into `mean`, that of all that were taken so far."""
        self.meant += 1
        for name, weights in self.model.state_dict().items():
            if name in self.mean:
                self.mean[name].lerp_(weights, 1 / self.meant)
            else:
                self.mean[name] = weights.clone()

    def gradients(self, part: list[Encoded], whole: int) -> float:
        """A part of a batch of `whole` windows through a free replica; its share of the loss is returned."""
        replica = self.free.get()
        loss = loss_of(replica, part, self.device, self.taught, self.knobs.taught_share) / whole
        loss.backward()
        self.free.put(replica)
        return float(loss.detach())

    def train(self) -> None:
        """Until the minutes are used up; a checkpoint every ten minutes, a look every `--look` minutes."""
        budget_s = self.args.minutes * 60
        if self.trained_s < self.knobs.mean_from * budget_s:
            self.mean, self.meant = {}, 0  # a leg that had ended goes on
        saved_s = looked_s = self.trained_s
        began = time.monotonic() - self.trained_s
        losses: list[float] = []
        while self.trained_s < budget_s:
            rng = Random(f"{self.knobs.seed} batches {self.refills}")  # noqa: S311 - no secret
            ready = self.draws.refill(self.refills % self.taught.refills if self.taught else self.refills)
            self.refills += 1
            for batch in batches(ready, rng, batch_tokens=self.knobs.batch_tokens):
                losses.append(self.step(batch, budget_s))
                self.trained_s = time.monotonic() - began
                if self.trained_s >= budget_s:
                    break
            if self.refills % 8 == 0:
                self.log(loss=round(sum(losses) / max(1, len(losses)), 4), tokens=self.tokens)
                losses = []
            if self.trained_s - saved_s > 600:
                self.save()
                saved_s = self.trained_s
            if self.trained_s - looked_s > self.args.look * 60:
                self.log(calibrate=self.look())
                self.save_weights(f"after-{self.trained_s / 60:.0f}-minutes", self.model.state_dict())
                looked_s = self.trained_s
        self.log(calibrate=self.look(), tokens=self.tokens)

    @torch.no_grad()
    def look(self, sample: int = 160) -> dict[str, float]:
        """On a few calibrate questions: exact spans of the answerable, AUC of span minus null score."""
        self.model.eval()
        questions = list(gold_questions(self.args.data / SQUAD2, keep=lambda t: t in CALIBRATE))
        Random(0).shuffle(questions)  # noqa: S311 - no secret
        right, margins = [], {True: [], False: []}
        for question in questions[:sample]:
            text, margin = self.answer(question.question, question.passage)
            margins[bool(question.answers)].append(margin)
            if question.answers:
                right.append(text in question.answers)
        self.model.train()
        above = [float(a > b) for a in margins[True] for b in margins[False]]
        return {
            "exact": round(sum(right) / len(right), 3),
            "auc": round(sum(above) / len(above), 3),
            "questions": sample,
        }

    def answer(self, question: str, passage: str) -> tuple[str, float]:
        """The best span of a passage and its score minus the smallest null score over the windows."""
        best, text, null = -1e9, "", 1e9
        for ids, at, offsets in windows(self.tokenizer, question, passage):
            row = torch.tensor([ids], device=self.device)
            types = torch.zeros_like(row)
            types[:, at:] = 1
            out = self.model(input_ids=row, token_type_ids=types, attention_mask=torch.ones_like(row))
            starts, ends = out.start_logits[0].cpu(), out.end_logits[0].cpu()
            null = min(null, float(starts[0] + ends[0]))
            inside = slice(at, at + len(offsets))
            pairs = (starts[inside, None] + ends[None, inside]).triu().tril(MAX_ANSWER_TOKENS - 1)
            pairs = pairs.masked_fill(pairs == 0, -1e9)
            if float(pairs.max()) > best:
                best = float(pairs.max())
                i, j = divmod(int(pairs.argmax()), len(offsets))
                text = passage[offsets[i][0] : offsets[j][1]]
        return text, best - null


def settings(args: argparse.Namespace, knobs: Knobs) -> dict[str, object]:
    """What made the weights: knobs, sums of data and base, versions."""
    base = args.base / "model.safetensors"
    return {
        "knobs": asdict(knobs),
        "minutes": args.minutes,
        "bfloat16": args.bfloat16,
        "data_sha256": {name: sha256_of(args.data / name) for name in USED},
        "questions_sha256": {path.name: sha256_of(path) for path in sorted(FOLDER.glob("*.jsonl"))},
        "base_sha256": sha256_of(base),
        "labels_sha256": sha256_of(args.labels) if args.labels else None,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "started": time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()),
    }


def main() -> None:
    """Read the arguments, train one leg, save the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True, help="training time of the whole leg")
    parser.add_argument("--run", type=Path, required=True, help="folder for everything that the leg writes")
    parser.add_argument("--base", type=Path, required=True, help="a Hugging Face folder to begin from")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the data files")
    parser.add_argument("--look", type=float, default=20, help="minutes between looks at the calibrate articles")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="multiply in bfloat16; only for processors that do so")
    parser.add_argument("--teacher", action="store_true", help="train the larger model of teacher.py")
    parser.add_argument("--labels", type=Path, help="learn from the teacher's view in this file, too")
    parser.add_argument("--resume", action="store_true", help="go on from state.pt")
    args = parser.parse_args()
    torch.set_num_threads(1)  # the threads are the replicas'
    knobs = teachers_knobs() if args.teacher else Knobs()
    torch.manual_seed(knobs.seed)
    args.run.mkdir(parents=True, exist_ok=True)
    leg = Leg(args, knobs)
    if args.resume:
        leg.restore()
    with (args.run / "settings.json").open("a") as stream:
        stream.write(json.dumps(settings(args, knobs)) + "\n")
    leg.train()
    leg.save()
    leg.save_weights("final", leg.model.state_dict())
    if leg.mean:
        leg.save_weights("mean", leg.mean)


if __name__ == "__main__":
    main()
