"""Fine-tune the encoder for passages, sentences and abstention together: `python -m training.train --base weights.safetensors ...`.

The lower layers stay as they are: every text passes them once, and the steps run the rest. A batch is a few clusters of like passages
with all their sentences and some of their questions, so that each question meets every sentence of the batch, the near ones included.
"""

from __future__ import annotations

import argparse
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

from training import measure, piaf
from training.encoder import HIDDEN, Encoder, Tokens, TorchRunner, batches, load_encoder, padded, pool, save_encoder, tokenize
from training.late import Recipe, idf_of, weights_of
from training.text import fold


@dataclass(frozen=True, slots=True)
class Plan:
    """One training run. The weights of the losses are those of `losses()`, in its order."""

    split: int = 6
    epochs: int = 8
    rate: float = 5e-5
    clusters: int = 4
    per_cluster: int = 4
    per_passage: int = 3
    match: float = 1.0
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
    """Texts of one kind with their tokens, what the lower layers make of them (fp16) and the untrained pooled vectors."""

    @torch.inference_mode()
    def __init__(self, encoder: Encoder, tokenizer: Tokenizer, texts: Sequence[str], kind: str) -> None:
        self.tokens = tokenize(tokenizer, texts, kind)
        self.states: list[Tensor] = [torch.empty(0)] * len(texts)
        self.before = torch.empty(len(texts), HIDDEN)
        for group in batches(self.tokens):
            ids, mask = (torch.from_numpy(a) for a in padded([self.tokens[i] for i in group]))
            with torch.autocast("cpu", torch.bfloat16):
                lower = encoder.lower(ids, mask)
                self.before[group] = pool(encoder.upper(lower, mask), mask)
            for row, i in enumerate(group):
                self.states[i] = lower[row, : len(self.tokens[i].ids)].half().clone()

    def run(self, encoder: Encoder, chosen: Sequence[int]) -> tuple[Tensor, list[Tensor]]:
        """Pooled vectors and token vectors of the chosen texts, with gradients, in the order given."""
        pooled: list[Tensor] = [torch.empty(0)] * len(chosen)
        vectors: list[Tensor] = [torch.empty(0)] * len(chosen)
        for group in batches([self.tokens[i] for i in chosen], 3072):
            lengths = torch.tensor([len(self.states[chosen[g]]) for g in group])
            x = nn.utils.rnn.pad_sequence([self.states[chosen[g]].float() for g in group], batch_first=True)
            mask = (torch.arange(x.shape[1]) < lengths[:, None]).long()
            with torch.autocast("cpu", torch.bfloat16):
                out = encoder.upper(x, mask)
            out = out.float()
            means = pool(out, mask)
            for row, g in enumerate(group):
                pooled[g], vectors[g] = means[row], out[row, : lengths[row]]
        return torch.stack(pooled), vectors


class Late(nn.Module):
    """The late-interaction score of every question against every sentence of a batch, as `late.Bank.scores`, with gradients;
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

    def forward(self, asked: Sequence[tuple[Tokens, Tensor]], sentences: Sequence[tuple[Tokens, Tensor]]) -> Tensor:
        kept = [v[torch.from_numpy(t.keep)] for t, v in sentences]
        flat = torch.cat(kept)
        if self.training:
            self.track(flat)
        lengths = torch.tensor([len(k) for k in kept])
        flat = F.normalize(flat - self.mean, dim=-1)
        vectors, weights, owners, stems = [], [], [], []
        for number, (tokens, states) in enumerate(asked):
            for word, weight in weights_of(tokens, self.idf, self.recipe):
                vectors.append(states[torch.from_numpy(tokens.owner == word)].mean(0))
                weights.append(weight)
                owners.append(number)
                stems.append(tokens.words[word].stem if tokens.words[word].kind == "content" else "")
        cosines = F.normalize(torch.stack(vectors) - self.mean, dim=-1) @ flat.T
        padded_cosines = nn.utils.rnn.pad_sequence(list(cosines.T.split(lengths.tolist())), batch_first=True, padding_value=-2.0)
        best = padded_cosines.amax(1).T  # words x sentences
        held = [frozenset(w.stem for w in t.words if w.kind == "content") for t, _ in sentences]
        met = torch.tensor([[stem in s for s in held] for stem in stems])
        best = torch.where(met, best + self.recipe.match * (1 - best), best)
        weight, owner = torch.tensor(weights), torch.tensor(owners)
        total = torch.zeros(len(asked)).index_add_(0, owner, weight)
        summed = torch.zeros(len(asked), len(sentences)).index_add_(0, owner, best * weight[:, None])
        return summed / total[:, None]


@dataclass(frozen=True, slots=True)
class Batch:
    passages: list[int]
    sentences: list[int]
    questions: list[int]
    swaps: list[int]


class Trainer:
    def __init__(self, plan: Plan, base: Path, tokenizer: Path, data: Path) -> None:
        self.plan, self.rng = plan, random.Random(plan.seed)
        torch.manual_seed(plan.seed)
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.encoder = load_encoder(base, plan.split)
        self.data = piaf.load(data / "piaf-v1.1-squad.json")
        self.train = [p for p, part in enumerate(self.data.parts) if part == "train"]
        self._prepare()
        self.late = Late(self.idf, plan.recipe)

    def _prepare(self) -> None:
        """Everything that the steps need, computed once: states of the lower layers, neighbours, swapped questions, masks."""
        start, data = time.time(), self.data
        texts = data.sentence_texts()
        train = set(self.train)
        self.passages = Texts(self.encoder, self.tokenizer, [t if p in train else "" for p, t in enumerate(data.passage_texts())], "passage")
        self.sentences = Texts(self.encoder, self.tokenizer, [t if s.passage in train else "" for s, t in zip(data.sentences, texts, strict=True)], "sentence")
        self.asked = [q for q in data.questions if q.part == "train"]
        self.questions = Texts(self.encoder, self.tokenizer, [q.text for q in self.asked], "query")
        close = self.passages.before @ self.passages.before.T
        near = close.argsort(dim=1, descending=True)
        self.near = {p: [int(i) for i in near[p].tolist() if i in train and i != p][:60] for p in self.train}
        pairs = [(n, piaf.swapped(data, q, self.rng, self.near[q.passage][:5])) for n, q in enumerate(self.asked)]
        self.swap_of = {n: k for k, (n, _) in enumerate([(n, t) for n, t in pairs if t])}
        self.swapped = Texts(self.encoder, self.tokenizer, [t for _, t in pairs if t], "query")
        self.idf = idf_of([frozenset(w.stem for w in t.words if w.kind == "content") for p in self.train for t in (self.sentences.tokens[s] for s in data.sentence_ids[p])])
        self.folded = [fold(s.text) for s in data.sentences]
        self.by_passage: dict[int, list[int]] = {}
        for n, q in enumerate(self.asked):
            self.by_passage.setdefault(q.passage, []).append(n)
        print(f"prepared in {time.time() - start:.0f} s: {len(self.asked)} questions, {len(self.swapped.tokens)} swapped", flush=True)

    def epoch(self) -> Iterator[Batch]:
        """Each training passage once, in batches of clusters; a cluster is a passage and its nearest that are still to come."""
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
            questions = [n for p in passages for n in self.rng.sample(self.by_passage.get(p, []), min(plan.per_passage, len(self.by_passage.get(p, []))))]
            if questions:
                sentences = [s for p in passages for s in self.data.sentence_ids[p]]
                yield Batch(passages, sentences, questions, [n for n in questions if n in self.swap_of])

    def losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Passages by pooled vectors; sentences by late interaction, as ranks; as probabilities; distance from the untrained model."""
        passages, _ = self.passages.run(self.encoder, batch.passages)
        _, sentences = self.sentences.run(self.encoder, batch.sentences)
        pooled, questions = self.questions.run(self.encoder, batch.questions)
        chosen = [self.asked[n] for n in batch.questions]
        gold_passage = torch.tensor([batch.passages.index(q.passage) for q in chosen])
        ranks = F.cross_entropy(pooled @ passages.T / 0.03, gold_passage)
        held = [(self.sentences.tokens[s], v) for s, v in zip(batch.sentences, sentences, strict=True)]
        asked = [(self.questions.tokens[n], v) for n, v in zip(batch.questions, questions, strict=True)]
        if batch.swaps:
            numbers = [self.swap_of[n] for n in batch.swaps]
            asked += [(self.swapped.tokens[k], v) for k, v in zip(numbers, self.swapped.run(self.encoder, numbers)[1], strict=True)]
        scores = self.late(asked, held)
        listwise, absolute = self._sentence_losses(scores, chosen, batch)
        kept = 2 - (pooled * self.questions.before[batch.questions]).sum(-1).mean() - (passages * self.passages.before[batch.passages]).sum(-1).mean()
        return ranks, listwise, absolute, kept

    def _sentence_losses(self, scores: Tensor, chosen: Sequence[piaf.Question], batch: Batch) -> tuple[Tensor, Tensor]:
        place = {s: i for i, s in enumerate(batch.sentences)}
        own = torch.tensor([[self.data.sentences[s].passage == q.passage for s in batch.sentences] for q in chosen])
        gold = torch.tensor([place[q.sentence] for q in chosen])
        rival = torch.tensor([[s != q.sentence and not any(a in self.folded[s] for a in q.answers) for s in batch.sentences] for q in chosen])
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

    def fit(self, out: Path, task: measure.PiafTask | None) -> None:
        plan = self.plan
        out.mkdir(parents=True, exist_ok=True)
        (out / "plan.json").write_text(json.dumps(asdict(plan), indent=1), encoding="utf-8")
        trained = [p for layer in self.encoder.layers[plan.split :] for p in layer.parameters()]
        optimizer = torch.optim.AdamW([{"params": trained, "lr": plan.rate, "weight_decay": 0.01},
                                       {"params": self.late.parameters(), "lr": 0.02, "weight_decay": 0.0}])  # fmt: skip
        total = plan.epochs * sum(1 for _ in self.epoch())
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, (s + 1) / (0.06 * total)) * max(0.02, 1 - s / total))
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
            affine = {"scale": float(self.late.scale), "shift": float(self.late.shift), "temperature": float(self.late.temperature)}
            print(f"epoch {epoch + 1}: {np.mean(seen, 0).round(3).tolist()} in {time.time() - start:.0f} s, step {step}, {affine}", flush=True)
            save_encoder(self.encoder, out / "weights-fp16.safetensors")
            (out / "affine.json").write_text(json.dumps(affine), encoding="utf-8")
            if task and (epoch % 4 == 3 or epoch + 1 == plan.epochs):
                figures = task.run(measure.Model(self.tokenizer, TorchRunner(self.encoder)), {"": plan.recipe})
                print("  dev " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=measure.DATA)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    args = vars(parser.parse_args())
    torch.set_num_threads(args["threads"])
    measure.DATA = args["data"]
    plan = Plan(**{k: args[k] for k in asdict(Plan())})
    Trainer(plan, args["base"], args["tokenizer"], args["data"]).fit(args["out"], measure.PiafTask("dev"))


if __name__ == "__main__":
    main()
