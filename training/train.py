"""Fine-tune the encoder for passages, sentences and abstention together: `python -m training.train
--base weights.safetensors ...`.

The lower layers stay as they are: every text passes them once, and the steps run the rest. A batch
is a few clusters of like passages
with all their sentences and some of their questions, so that each question meets every sentence of
the batch, the near ones included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training import piaf
from training.encoder import (
    HIDDEN,
    Encoder,
    Tokens,
    batches,
    block_of,
    blocks,
    load_encoder,
    padded,
    pool,
    save_encoder,
    tokenize,
)
from training.late import Recipe, View, idf_of, views, weights_of
from training.text import fold


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run. The weights of the losses are those of `losses()`, in its order."""

    split: int = 7
    epochs: int = 4
    rate: float = 8e-5
    clusters: int = 4
    per_cluster: int = 4
    per_passage: int = 4
    match: float = 0.5
    asking: float = 3.0
    pooled: float = 0.5
    listwise: float = 1.0
    absolute: float = 1.0
    keep: float = 1.0
    seed: int = 7

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.match, self.asking)


class Texts:
    """Texts of one kind with their tokens, what the lower layers make of them (fp16) and the
    untrained pooled vectors."""

    def __init__(
        self, encoder: Encoder, tokenizer: Tokenizer, texts: Sequence[str], kind: str, cache: Path
    ) -> None:
        self.tokens = tokenize(tokenizer, texts, kind)
        digest = hashlib.sha256("\0".join([kind, str(encoder.split), *texts]).encode()).hexdigest()[
            :16
        ]
        file = cache / f"states-{digest}.pt"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.save(self._lower(encoder), file)
        self.states, self.before = torch.load(file)

    @torch.inference_mode()
    def _lower(self, encoder: Encoder) -> tuple[list[Tensor], Tensor]:
        states: list[Tensor] = [torch.empty(0)] * len(self.tokens)
        before = torch.empty(len(self.tokens), HIDDEN)
        for group in batches(self.tokens):
            ids, mask = (torch.from_numpy(a) for a in padded([self.tokens[i] for i in group]))
            with torch.autocast("cpu", torch.bfloat16):
                lower = encoder.lower(ids, mask)
                before[group] = pool(encoder.upper(lower, mask), mask)
            for row, i in enumerate(group):
                states[i] = lower[row, : len(self.tokens[i].ids)].half().clone()
        return states, before


def run_upper(encoder: Encoder, states: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Pooled vectors and, one text after the other, token vectors of the texts, with gradients, in
    the order given.
    (Flat, because one slice per text costs a full-size gradient each.)"""
    order, means, flat = [], [], []
    for rows, width, group in blocks([len(s) for s in states]):
        x, mask = block_of([states[g] for g in group], rows, width)
        out = encoder.upper(x, mask)
        means.append(pool(out[: len(group)], mask[: len(group)]))
        flat.append(out.flatten(0, 1).index_select(0, mask.flatten().nonzero().squeeze(1)).float())
        order += group
    back = torch.tensor(order).argsort()
    sizes = torch.tensor([len(states[g]) for g in order])
    starts = sizes.cumsum(0) - sizes
    gather = torch.cat([torch.arange(int(starts[b]), int(starts[b] + sizes[b])) for b in back])
    return torch.cat(means)[back], torch.cat(flat)[gather]


class Late(nn.Module):
    """The late-interaction score of every question against every sentence of a batch, as
    `late.Bank.scores`, with gradients;
    and the affine that makes a probability of it."""

    def __init__(self, idf: dict[str, float], recipe: Recipe) -> None:
        super().__init__()
        self.idf, self.recipe = idf, recipe
        self.scale, self.shift = nn.Parameter(torch.tensor(12.0)), nn.Parameter(torch.tensor(-7.0))
        self.temperature = nn.Parameter(torch.tensor(25.0))
        self.register_buffer("mean", torch.zeros(HIDDEN))
        self.started = False

    def track(self, tokens: Tensor) -> None:
        """The running mean of sentence token vectors, that both sides are centred on."""
        now = tokens.detach().mean(0)
        self.mean = now if not self.started else 0.9 * self.mean + 0.1 * now
        self.started = True

    @torch.autocast("cpu", enabled=False)
    def forward(
        self, asked: Sequence[Tokens], asked_flat: Tensor, held: Sequence[View], held_flat: Tensor
    ) -> Tensor:
        """`held_flat` are the tokens of all passages, one after the other; the views' positions
        count from its start."""
        if self.training:
            self.track(held_flat)
        lengths = [len(view.positions) for view in held]
        vectors, weight, owner, stems = self._words(asked, asked_flat)
        every = (
            F.normalize(held_flat - self.mean, dim=-1) @ F.normalize(vectors - self.mean, dim=-1).T
        )
        cosines = every[torch.from_numpy(np.concatenate([view.positions for view in held]))]
        with torch.no_grad():  # where the best token is; then one gather, whose gradient is cheap
            place = nn.utils.rnn.pad_sequence(
                list(cosines.split(lengths)), batch_first=True, padding_value=-2.0
            ).argmax(1)
            place += (torch.tensor(lengths).cumsum(0) - torch.tensor(lengths))[:, None]
        best = cosines.gather(0, place).T.clamp_min(0)
        before, met = (
            torch.tensor([[stem in s for s in stands] for stem in stems])
            for stands in ([v.earlier for v in held], [v.held for v in held])
        )
        best = torch.where(before, best.clamp_min(self.recipe.earlier), best)
        best = torch.where(met, best + self.recipe.match * (1 - best), best)
        total = torch.zeros(len(asked)).index_add_(0, owner, weight)
        summed = torch.zeros(len(asked), len(held)).index_add_(0, owner, best * weight[:, None])
        return summed / total[:, None]

    def _words(
        self, asked: Sequence[Tokens], flat: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, list[str]]:
        """The words that count of all questions: mean token vectors, weights, the question of each,
        and stems ("" if it only asks)."""
        rows, groups, weights, owners, stems = [], [], [], [], []
        start = 0
        for number, tokens in enumerate(asked):
            for word, weight in weights_of(tokens, self.idf, self.recipe):
                positions = np.flatnonzero(tokens.owner == word)
                rows.append(start + positions)
                groups.append(np.full(len(positions), len(weights)))
                weights.append(weight)
                owners.append(number)
                stems.append(
                    tokens.words[word].stem if tokens.words[word].kind == "content" else ""
                )
            start += len(tokens.ids)
        row, group = (
            torch.from_numpy(np.concatenate(rows)),
            torch.from_numpy(np.concatenate(groups)),
        )
        sums = torch.zeros(len(weights), HIDDEN).index_add_(0, group, flat[row])
        return (
            sums / torch.bincount(group)[:, None],
            torch.tensor(weights),
            torch.tensor(owners),
            stems,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    passages: list[int]
    sentences: list[int]
    questions: list[int]
    swaps: list[int]


class Trainer:
    def __init__(self, plan: Plan, base: Path, tokenizer: Path, data: Path, cache: Path) -> None:
        self.plan, self.rng = plan, random.Random(plan.seed)  # noqa: S311
        torch.manual_seed(plan.seed)
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.encoder = load_encoder(base, plan.split)
        self.data = piaf.load(data / "piaf-v1.1-squad.json")
        self.train = [p for p, part in enumerate(self.data.parts) if part == "train"]
        self._prepare(cache)
        self.late = Late(self.idf, plan.recipe)

    def _prepare(self, cache: Path) -> None:
        """Everything that the steps need, computed once: states of the lower layers, neighbours,
        swapped questions, masks."""
        start, data = time.time(), self.data
        train = set(self.train)
        self.passages = Texts(
            self.encoder,
            self.tokenizer,
            [t if p in train else "" for p, t in enumerate(data.passage_texts())],
            "passage",
            cache,
        )
        self.views = [
            views(
                t, len(title) + 1, [(data.sentences[s].start, data.sentences[s].end) for s in ids]
            )
            for t, title, ids in zip(
                self.passages.tokens, data.titles, data.sentence_ids, strict=True
            )
        ]
        self.asked = [q for q in data.questions if q.part == "train"]
        self.questions = Texts(
            self.encoder, self.tokenizer, [q.text for q in self.asked], "query", cache
        )
        close = self.passages.before @ self.passages.before.T
        near = close.argsort(dim=1, descending=True)
        self.near = {
            p: [int(i) for i in near[p].tolist() if i in train and i != p][:60] for p in self.train
        }
        pairs = [
            (n, piaf.swapped(data, q, self.rng, self.near[q.passage][:5]))
            for n, q in enumerate(self.asked)
        ]
        self.swap_of = {n: k for k, (n, _) in enumerate([(n, t) for n, t in pairs if t])}
        self.swapped = Texts(
            self.encoder, self.tokenizer, [t for _, t in pairs if t], "query", cache
        )
        self.idf = idf_of([view.held for p in self.train for view in self.views[p]])
        self.folded = [fold(s.text) for s in data.sentences]
        self.by_passage: dict[int, list[int]] = {}
        for n, q in enumerate(self.asked):
            self.by_passage.setdefault(q.passage, []).append(n)
        counts = f"{len(self.asked)} questions, {len(self.swapped.tokens)} swapped"
        print(f"prepared in {time.time() - start:.0f} s: {counts}", flush=True)

    def epoch(self) -> Iterator[Batch]:
        """Each training passage once, in batches of clusters; a cluster is a passage and its
        nearest that are still to come."""
        plan, left = self.plan, list(self.train)
        self.rng.shuffle(left)
        waiting = dict.fromkeys(left)
        clusters = []
        while waiting:
            seed = next(iter(waiting))
            del waiting[seed]
            mates = [p for p in self.near[seed] if p in waiting][: plan.per_cluster - 1]
            for p in mates:
                del waiting[p]
            clusters.append([seed, *mates])
        self.rng.shuffle(clusters)
        for first in range(0, len(clusters), plan.clusters):
            passages = [p for c in clusters[first : first + plan.clusters] for p in c]
            questions = [
                n
                for p in passages
                for n in self.rng.sample(
                    self.by_passage.get(p, []),
                    min(plan.per_passage, len(self.by_passage.get(p, []))),
                )
            ]
            if questions:
                sentences = [s for p in passages for s in self.data.sentence_ids[p]]
                yield Batch(
                    passages, sentences, questions, [n for n in questions if n in self.swap_of]
                )

    @torch.autocast("cpu", torch.bfloat16)  # here, so that the weights are cast once a step
    def losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Passages by pooled vectors; sentences by late interaction, as ranks; as probabilities;
        distance from the untrained model."""
        numbers = [self.swap_of[n] for n in batch.swaps]
        chosen = [self.asked[n] for n in batch.questions]
        kinds = [
            [self.passages.states[p] for p in batch.passages],
            [self.questions.states[n] for n in batch.questions],
            [self.swapped.states[k] for k in numbers],
        ]
        every, flat = run_upper(self.encoder, [state for kind in kinds for state in kind])
        passages, pooled, _ = every.split([len(kind) for kind in kinds])
        held_flat, questions, swapped = flat.split(
            [sum(len(state) for state in kind) for kind in kinds]
        )
        gold_passage = torch.tensor([batch.passages.index(q.passage) for q in chosen])
        ranks = F.cross_entropy(pooled.float() @ passages.float().T / 0.03, gold_passage)
        asked = [self.questions.tokens[n] for n in batch.questions] + [
            self.swapped.tokens[k] for k in numbers
        ]
        scores = self.late(asked, torch.cat([questions, swapped]), self._views(batch), held_flat)
        listwise, absolute = self._sentence_losses(scores, chosen, batch)
        kept = (
            2
            - (pooled * self.questions.before[batch.questions]).sum(-1).mean()
            - (passages * self.passages.before[batch.passages]).sum(-1).mean()
        )
        return ranks, listwise, absolute, kept

    def _views(self, batch: Batch) -> list[View]:
        starts = np.cumsum([0] + [len(self.passages.states[p]) for p in batch.passages])
        return [
            View(view.positions + start, view.held, view.earlier)
            for p, start in zip(batch.passages, starts, strict=False)
            for view in self.views[p]
        ]

    def _sentence_losses(
        self, scores: Tensor, chosen: Sequence[piaf.Question], batch: Batch
    ) -> tuple[Tensor, Tensor]:
        place = {s: i for i, s in enumerate(batch.sentences)}
        own = torch.tensor(
            [[self.data.sentences[s].passage == q.passage for s in batch.sentences] for q in chosen]
        )
        gold = torch.tensor([place[q.sentence] for q in chosen])
        rival = torch.tensor(
            [
                [
                    s != q.sentence and not any(a in self.folded[s] for a in q.answers)
                    for s in batch.sentences
                ]
                for q in chosen
            ]
        )
        real, swapped = scores[: len(chosen)], scores[len(chosen) :]
        right = real.gather(1, gold[:, None])
        inside, outside = (real.masked_fill(~(rival & side), -1.0) for side in (own, ~own))
        every = torch.cat([right, inside, outside], 1) * self.late.temperature
        local = torch.cat([right, inside], 1) * self.late.temperature
        first = torch.zeros(len(chosen), dtype=torch.long)
        listwise = 0.5 * F.cross_entropy(every, first) + 0.5 * F.cross_entropy(local, first)
        absolute = F.softplus(-self._logit(right)).mean()
        wrong = [F.softplus(self._logit(x.amax(1))).mean() for x in (inside, outside)]
        if len(swapped):
            wrong.append(F.softplus(self._logit(swapped.amax(1))).mean())
        return listwise, absolute + torch.stack(wrong).mean()

    def _logit(self, score: Tensor) -> Tensor:
        return self.late.scale * score + self.late.shift

    def fit(self, out: Path) -> None:
        plan = self.plan
        out.mkdir(parents=True, exist_ok=True)
        (out / "plan.json").write_text(json.dumps(asdict(plan), indent=1), encoding="utf-8")
        trained = [p for layer in self.encoder.layers[plan.split :] for p in layer.parameters()]
        optimizer = torch.optim.AdamW(
            [
                {"params": trained, "lr": plan.rate, "weight_decay": 0.01},
                {"params": self.late.parameters(), "lr": 0.02, "weight_decay": 0.0},
            ]
        )
        total = plan.epochs * sum(1 for _ in self.epoch())
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda s: min(1.0, (s + 1) / (0.06 * total)) * max(0.02, 1 - s / total)
        )
        step, weights = 0, torch.tensor([plan.pooled, plan.listwise, plan.absolute, plan.keep])
        for epoch in range(plan.epochs):
            self.encoder.train()
            self.late.train()
            seen, start = [], time.time()
            for batch in self.epoch():
                parts = torch.stack(self.losses(batch))
                optimizer.zero_grad()
                (parts * weights).sum().backward()
                nn.utils.clip_grad_norm_(trained, 1.0)
                optimizer.step()
                schedule.step()
                seen.append(parts.detach().numpy())
                step += 1
                if step % 20 == 0:
                    losses = np.mean(seen[-20:], 0).round(3).tolist()
                    print(
                        f"  step {step} of {total}: {losses}, {time.time() - start:.0f} s",
                        flush=True,
                    )
            affine = {
                "scale": float(self.late.scale),
                "shift": float(self.late.shift),
                "temperature": float(self.late.temperature),
            }
            print(f"epoch {epoch + 1}: {np.mean(seen, 0).round(3).tolist()}, {affine}", flush=True)
            save_encoder(self.encoder, out / "weights-fp16.safetensors")
            (out / "affine.json").write_text(json.dumps(affine), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--cache", type=Path, default=Path("training/data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    args = vars(parser.parse_args())
    torch.set_flush_denormal(True)
    torch.set_num_threads(args["threads"])
    plan = Plan(**{k: args[k] for k in asdict(Plan())})
    Trainer(plan, args["base"], args["tokenizer"], args["data"], args["cache"]).fit(args["out"])


if __name__ == "__main__":
    main()
