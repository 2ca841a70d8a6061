"""The reader: question and sentence read together by every layer, to say whether the sentence
answers and which words do.

    python -m training.reader --base WEIGHTS --tokenizer TOKENIZER --data DATA --out FOLDER

It learns from PIAF's own questions (`near_misses.py`) and from questions written for it on PIAF's
passages and on invented press releases (`written.py`); `windows.py` says what it reads.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from oncoqa.evals.abstention import auroc
from oncoqa.retrieval.encoder import load_encoder as product_encoder
from training import piaf
from training.encoder import HIDDEN, load_encoder
from training.near_misses import PiafGroups, shown
from training.windows import Group, Window, Windows, batches_of, batches_of_groups, padded, spliced
from training.written import PiafWritten, ReleaseGroups, TalkGroups, all_series, opened

Source = ReleaseGroups | TalkGroups | PiafWritten


@dataclass(frozen=True, slots=True)
class Plan:
    split: int = 5
    epochs: int = 3
    rate: float = 6e-5
    piaf: float = 0.5  # share of PIAF's own questions seen in a pass
    span: float = 0.5
    dropout: float = 0.1
    seed: int = 7


class Reader(nn.Module):
    """Logits: (rows,) that the sentence answers; (rows, width) twice, where the answer begins and
    ends."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.mix, self.says = nn.Linear(2 * HIDDEN, HIDDEN), nn.Linear(HIDDEN, 1)
        self.span = nn.Linear(HIDDEN, 2)

    def forward(self, ids: Tensor, mask: Tensor, held: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        with torch.no_grad():
            lower = self.encoder.lower(ids, mask)
        x = self.encoder.upper(lower, mask).float()
        weight = held.float().unsqueeze(-1)
        own = (x * weight).sum(1) / weight.sum(1).clamp(min=1)
        says = self.says(torch.tanh(self.mix(torch.cat([x[:, 0], own], -1)))).squeeze(-1)
        start, end = self.span(x).masked_fill(~held.unsqueeze(-1).bool(), -1e4).unbind(-1)
        return says, start, end


class Trainer:
    def __init__(
        self, plan: Plan, base: Path, tokenizer: Path, data: Path, cache: Path, start: Path | None
    ) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.rng = plan, random.Random(plan.seed)  # noqa: S311
        self.data = piaf.load(data / "piaf-v1.1-squad.json")
        self.windows = Windows(Tokenizer.from_file(str(tokenizer)))
        encoder = load_encoder(base, plan.split, plan.dropout)
        self.piaf = PiafGroups(self.data, self.windows, encoder, cache, plan.seed)
        product = product_encoder("embedded")
        self.learnt: list[Source] = [PiafWritten(self.data, "train", encoder, self.windows)]
        for folder in all_series("train"):
            with opened(folder, product) as series:
                self.learnt += [
                    ReleaseGroups(series, self.windows),
                    TalkGroups(series, self.windows),
                ]
        self.held_out: dict[str, list[Source]] = {
            "written on PIAF": [PiafWritten(self.data, "dev", encoder, self.windows)],
            "releases": [],
            "conversations": [],
        }
        for folder in all_series("dev"):
            with opened(folder, product) as series:
                self.held_out["releases"].append(ReleaseGroups(series, self.windows))
                self.held_out["conversations"].append(TalkGroups(series, self.windows))
        self.reader = Reader(encoder)
        self.start = start

    def epoch(self) -> list[list[Group]]:
        """Batches of groups, in no order."""
        numbers = [n for n, q in enumerate(self.data.questions) if q.part == "train"]
        numbers = self.rng.sample(numbers, round(self.plan.piaf * len(numbers)))
        groups = [self.piaf.group(n) for n in numbers]
        groups += [group for own in self.learnt for group in own.groups(self.rng)]
        self.rng.shuffle(groups)
        batches = batches_of_groups(groups)
        self.rng.shuffle(batches)
        return batches

    def loss(self, groups: Sequence[Group]) -> tuple[Tensor, Tensor, Tensor]:
        """Which of a group answers; whether each does; where."""
        flat = [window for group in groups for window in group.windows]
        ids, mask, held = padded(flat)
        with torch.autocast("cpu", torch.bfloat16):
            says, start, end = self.reader(ids, mask, held)
        says = says[: len(flat)]
        firsts, listwise, at = [], [says.sum() * 0], 0
        for group in groups:
            if group.answered:
                firsts.append(at)
                listwise.append(-F.log_softmax(says[at : at + len(group.windows)], 0)[0])
            at += len(group.windows)
        labels = torch.zeros(len(flat))
        labels[firsts] = 1.0
        weights = torch.where(labels > 0, 1.5, 0.7)
        absolute = F.binary_cross_entropy_with_logits(says, labels, weight=weights)
        known = [i for i in firsts if flat[i].answer[0] >= 0]
        if not known:
            return torch.stack(listwise).mean(), absolute, start.sum() * 0
        where = torch.tensor([flat[i].answer for i in known])
        span = F.cross_entropy(start[known], where[:, 0]) + F.cross_entropy(end[known], where[:, 1])
        return torch.stack(listwise).mean(), absolute, span

    def fit(self, out: Path) -> None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "plan.json").write_text(json.dumps(asdict(self.plan), indent=1), encoding="utf-8")
        upper = [
            p for layer in self.reader.encoder.layers[self.plan.split :] for p in layer.parameters()
        ]
        head = [
            p
            for module in (self.reader.mix, self.reader.says, self.reader.span)
            for p in module.parameters()
        ]
        optimizer = torch.optim.AdamW(
            [
                {"params": upper, "lr": self.plan.rate, "weight_decay": 0.01},
                {"params": head, "lr": 10 * self.plan.rate, "weight_decay": 0.0},
            ]
        )
        epochs = [self.epoch() for _ in range(self.plan.epochs)]
        if self.start is not None:
            weights = load_file(self.start)
            self.reader.load_state_dict({k: v.float() for k, v in weights.items()})
        total = sum(len(batches) for batches in epochs)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda s: min(1.0, (s + 1) / (0.06 * total)) * max(0.02, 1 - s / total)
        )
        step, start = 0, time.time()
        for number, batches in enumerate(epochs):
            self.reader.train()
            seen = []
            for groups in batches:
                parts = self.loss(groups)
                optimizer.zero_grad()
                (parts[0] + parts[1] + self.plan.span * parts[2] / 2).backward()
                nn.utils.clip_grad_norm_([*upper, *head], 1.0)
                optimizer.step()
                schedule.step()
                seen.append([float(p.detach()) for p in parts])
                step += 1
                if step % 40 == 0:
                    print(
                        f"  step {step} of {total}: {np.mean(seen[-40:], 0).round(3).tolist()}, "
                        f"{time.time() - start:.0f} s",
                        flush=True,
                    )
            save(self.reader, out / "weights-fp16.safetensors")
            print(f"epoch {number + 1}: {self.measure('dev')} {self.measure_written()}", flush=True)

    @torch.inference_mode()
    def says(self, windows: Sequence[Window]) -> np.ndarray:
        self.reader.eval()
        scores = np.empty(len(windows), np.float32)
        for rows in batches_of(windows):
            ids, mask, held = padded([windows[i] for i in rows])
            with torch.autocast("cpu", torch.bfloat16):
                scores[rows] = self.reader(ids, mask, held)[0][: len(rows)].float().numpy()
        return scores

    def measure_written(self) -> dict[str, float]:
        """On questions written and held out: `first`, the answer's sentence is the best of those
        set against it; `auroc`, it scores more than the sentence that seems to answer a near-miss;
        `control`, the same with both questions put to a sentence of another question (about .5)."""
        found: dict[str, float] = {}
        for name, sources in self.held_out.items():
            rng = random.Random(1)  # noqa: S311
            groups = [group for source in sources for group in source.groups(rng)]
            scores = iter(self.says([w for group in groups for w in group.windows]))
            own = [[next(scores) for _ in group.windows] for group in groups]
            yes = np.array([max(s) for s, g in zip(own, groups, strict=True) if g.answered])
            no = np.array([max(s) for s, g in zip(own, groups, strict=True) if not g.answered])
            first = [s[0] == max(s) for s, g in zip(own, groups, strict=True) if g.answered]
            strange = self.says(
                [spliced(g.windows[0], rng.choice(groups).windows[0]) for g in groups]
            )
            can = np.array([group.answered for group in groups])
            found |= {
                f"{name}, control": round(auroc(strange[can], strange[~can]), 3),
                f"{name}, first": round(float(np.mean(first)), 3),
                f"{name}, auroc": round(auroc(yes, no), 3),
                f"{name}, no at 5 %": round(float((no < np.quantile(yes, 0.05)).mean()), 3),
            }
        return found

    def measure(self, part: str, most: int = 300) -> dict[str, float]:
        """`first`: the answering sentence scores best of its passage. AUROC of the answering window
        against: `passage`, the best other of its passage; `outside`, the best of three near ones of
        other passages; `changed` and `altered`, itself under a changed question; `other`, a
        control: the near-miss of `passage` and the answering window under the question of another
        passage (about .5)."""
        rng = random.Random(1)  # noqa: S311
        made, of, data = self.piaf, self.windows.of, self.data
        numbers = [
            n
            for n, q in enumerate(data.questions)
            if q.part == part and made.inside[n] and made.outside[n]
        ]
        numbers = rng.sample(numbers, min(most, len(numbers)))
        names = ("right", "passage", "outside", "changed", "altered", "control", "control_near")
        kinds: dict[str, list[list[Window]]] = {name: [] for name in names}
        for n in numbers:
            q = data.questions[n]
            here = shown(data, q.sentence)
            stranger = data.questions[rng.choice(numbers)].text
            changed = piaf.swapped(data, q, rng, made.near[q.passage])
            change = made.change(q, rng)
            kinds["right"].append([of(q.text, here)])
            kinds["passage"].append([of(q.text, shown(data, s)) for s in made.inside[n]])
            kinds["outside"].append([of(q.text, shown(data, s)) for s in made.outside[n][:3]])
            kinds["changed"].append([of(changed, here)] if changed else [])
            kinds["altered"].append([of(change.made_in(q.text), here)] if change else [])
            kinds["control"].append([of(stranger, here)])
            kinds["control_near"].append([of(stranger, shown(data, made.inside[n][0]))])
        scores = iter(self.says([w for groups in kinds.values() for g in groups for w in g]))
        b = {
            kind: np.array(
                [max((next(scores) for _ in group), default=-np.inf) for group in groups]
            )
            for kind, groups in kinds.items()
        }
        found = {
            "first": float((b["right"] > b["passage"]).mean()),
            "passage": auroc(b["right"], b["passage"]),
            "outside": auroc(b["right"], b["outside"]),
            "changed": auroc(b["right"], b["changed"][np.isfinite(b["changed"])]),
            "altered": auroc(b["right"], b["altered"][np.isfinite(b["altered"])]),
            "other": auroc(b["control"], b["control_near"]),
            "said": float((b["right"] > 0).mean()),
        }
        return {k: round(v, 3) for k, v in found.items()}


def save(reader: Reader, path: Path) -> None:
    state = reader.state_dict()
    save_file({name: t.half().contiguous() for name, t in state.items()}, path)


def load(path: Path) -> Reader:
    from training.encoder import Encoder

    reader = Reader(Encoder())
    reader.load_state_dict({name: t.float() for name, t in load_file(path).items()})
    return reader.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--cache", type=Path, default=Path("training/data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights of a reader to go on from")
    parser.add_argument("--threads", type=int, default=2)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    args = vars(parser.parse_args())
    torch.set_flush_denormal(True)
    plan = Plan(**{k: args[k] for k in asdict(Plan())})
    trainer = Trainer(
        plan, args["base"], args["tokenizer"], args["data"], args["cache"], args["start"]
    )
    torch.set_num_threads(args["threads"])  # after the product, whose FAISS sets it to one
    trainer.fit(args["out"])
    print(f"test: {trainer.measure('test', 10_000)}")


if __name__ == "__main__":
    main()
