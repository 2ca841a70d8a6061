"""The reader: question and sentence read together by every layer, to say whether the sentence
answers and which words do.

    python -m training.reader --base WEIGHTS --tokenizer TOKENIZER --data DATA --out FOLDER

A window is `<s> query: Q </s> heading, sentence before </s> sentence </s>`. A group is the window
that answers, natural near-misses (other sentences of its passage and of passages on the subject,
hardest first by the encoder's cosine, none that holds an accepted answer), and the answering window
under the question with one year, name or number changed, and with one plain word changed for a word
of like meaning that its passage does not hold ("la population" becomes "la superficie").

Nothing about a window alone tells its label: every sentence of PIAF answers some questions and not
others. Nor does a changed question: where the window holds the word too, one positive in two is
made by changing it on both sides.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

from training import piaf
from training.encoder import HIDDEN, TorchRunner, load_encoder, tokenize
from training.text import fold, words

START, PAD, END = 0, 1, 2
MOST = {"question": 48, "before": 40, "sentence": 112}  # tokens
WIDTHS = (48, 64, 80, 96, 112, 128, 160, 208)
TOKENS = 3072  # of a batch with its padding
HARD = 6  # negatives are drawn from the so many nearest


@dataclass(frozen=True, slots=True)
class Plan:
    split: int = 5
    epochs: int = 3
    rate: float = 6e-5
    inside: int = 1
    outside: int = 1
    span: float = 0.5
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Window:
    """`ids` with `held`, where the sentence's own tokens stand in it, and `answer`, the first and
    last of those that answer, or -1, -1."""

    ids: list[int]
    held: tuple[int, int]
    answer: tuple[int, int] = (-1, -1)


@dataclass(frozen=True, slots=True)
class Change:
    """One word for another."""

    old: str
    new: str

    def made_in(self, text: str) -> str:
        return re.sub(rf"(?<!\w){re.escape(self.old)}(?!\w)", self.new, text)


class Alike:
    """Words of like meaning and ending, from all questions: what a plain word may change for."""

    def __init__(self, data: piaf.Piaf, encoder: nn.Module, tokenizer: Tokenizer) -> None:
        counts = Counter(word for q in data.questions for word in plain_words(q.text))
        self.words = sorted(word for word, count in counts.items() if count > 1)
        vectors, _ = TorchRunner(encoder).run(tokenize(tokenizer, self.words, "query"))
        like = vectors @ vectors.T
        self.near: dict[str, list[str]] = {}
        for row, word in enumerate(self.words):
            order = [self.words[i] for i in np.argsort(-like[row])[1:400]]
            same = [other for other in order if other[-2:] == word[-2:] and not akin(word, other)]
            self.near[word] = same[3:30]  # the very nearest may be synonyms


def plain_words(text: str) -> list[str]:
    """Content words in small letters."""
    found = (text[word.start : word.end] for word in words(text) if word.kind == "content")
    return [word for word in found if word.isalpha() and word.islower() and len(word) > 3]


def akin(one: str, other: str) -> bool:
    return fold(one)[:5] == fold(other)[:5]


class Windows:
    def __init__(self, data: piaf.Piaf, tokenizer: Tokenizer) -> None:
        self.data, self.tokenizer = data, tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()

    def of(
        self,
        question: str,
        sentence: int,
        answers: Sequence[str] = (),
        change: Change | None = None,
    ) -> Window:
        """`change` is made in the sentence and what stands before it, not in the question."""
        data = self.data
        here = data.sentences[sentence]
        first = data.sentence_ids[here.passage][0]
        heading = data.titles[here.passage]
        before = data.sentences[sentence - 1].text if sentence > first else ""
        text = here.text
        if change is not None:
            heading, before, text = (change.made_in(t) for t in (heading, before, text))
        asked = self._ids(f"query: {question}")[: MOST["question"]]
        around = self._ids(f"{heading}\n{before}".strip())[-MOST["before"] :]
        encoding = self.tokenizer.encode(text, add_special_tokens=False)
        own = encoding.ids[: MOST["sentence"]]
        ids = [START, *asked, END, *around, END, *own, END]
        begin = len(ids) - 1 - len(own)
        answer = (-1, -1)
        for answer_text in answers:
            at = text.find(answer_text)
            inside = [
                i
                for i, (a, b) in enumerate(encoding.offsets[: MOST["sentence"]])
                if at >= 0 and a < at + len(answer_text) and b > at
            ]
            if inside:
                answer = (begin + inside[0], begin + inside[-1])
                break
        return Window(ids, (begin, begin + len(own)), answer)

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)


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


def padded(windows: Sequence[Window]) -> tuple[Tensor, Tensor, Tensor]:
    width = next(w for w in WIDTHS if w >= max(len(window.ids) for window in windows))
    # A CPU kernel is compiled for each new shape, which costs more than empty rows do.
    ids = torch.full((max(TOKENS // width, len(windows)), width), PAD)
    mask, held = torch.zeros_like(ids), torch.zeros_like(ids)
    mask[:, 0] = 1
    for row, window in enumerate(windows):
        ids[row, : len(window.ids)] = torch.tensor(window.ids)
        mask[row, : len(window.ids)] = 1
        held[row, slice(*window.held)] = 1
    return ids, mask, held


class Neighbours:
    """For each question the sentences nearest to it that do not answer: of its passage, and of the
    others of its part."""

    def __init__(self, data: piaf.Piaf, encoder: nn.Module, tokenizer: Tokenizer) -> None:
        runner = TorchRunner(encoder)
        texts = [piaf.headed(data.titles[s.passage], s.text) for s in data.sentences]
        held, _ = runner.run(tokenize(tokenizer, texts, "passage"))
        asked, _ = runner.run(tokenize(tokenizer, [q.text for q in data.questions], "query"))
        parts = np.array([data.parts[s.passage] for s in data.sentences])
        of_passage = np.array([s.passage for s in data.sentences])
        folded = [fold(s.text) for s in data.sentences]
        self.inside: list[list[int]] = []
        self.outside: list[list[int]] = []
        for question, vector in zip(data.questions, asked, strict=True):
            order = np.argsort(-(held @ vector))
            order = [
                int(s)
                for s in order[parts[order] == question.part][:80]
                if not any(a in folded[s] for a in question.answers)
            ]
            mine = [
                s
                for s in data.sentence_ids[question.passage]
                if s != question.sentence and not any(a in folded[s] for a in question.answers)
            ]
            near = sorted(mine, key=lambda s: -float(held[s] @ vector))
            self.inside.append(near[:HARD])
            self.outside.append([s for s in order if of_passage[s] != question.passage][:HARD])


class Trainer:
    def __init__(
        self,
        plan: Plan,
        base: Path,
        tokenizer: Path,
        data: Path,
        cache: Path,
        start: Path | None = None,
    ) -> None:
        torch.manual_seed(plan.seed)
        self.plan, self.rng = plan, random.Random(plan.seed)  # noqa: S311
        self.data = piaf.load(data / "piaf-v1.1-squad.json")
        self.windows = Windows(self.data, Tokenizer.from_file(str(tokenizer)))
        encoder = load_encoder(base, plan.split)
        file = cache / "neighbours.json"
        if not file.exists():
            near = Neighbours(self.data, encoder, Tokenizer.from_file(str(tokenizer)))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps([near.inside, near.outside]), encoding="utf-8")
        self.inside, self.outside = json.loads(file.read_text(encoding="utf-8"))
        file = cache / "alike.json"
        if not file.exists():
            alike = Alike(self.data, encoder, Tokenizer.from_file(str(tokenizer)))
            file.write_text(json.dumps(alike.near, ensure_ascii=False), encoding="utf-8")
        self.alike: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
        self.reader = Reader(encoder)
        if start is not None:
            self.reader.load_state_dict({k: v.float() for k, v in load_file(start).items()})
        by_article: dict[int, list[int]] = {}
        for passage, article in enumerate(self.data.articles):
            by_article.setdefault(article, []).append(passage)
        self.near = [by_article[article] for article in self.data.articles]

    def group(self, number: int) -> list[Window]:
        """The window that answers, then those that do not."""
        question, of = self.data.questions[number], self.windows.of
        drawn = self.rng.sample(
            self.inside[number], min(self.plan.inside, len(self.inside[number]))
        ) + self.rng.sample(self.outside[number], min(self.plan.outside, len(self.outside[number])))
        change = self.change(question, self.rng)
        altered = change.made_in(question.text) if change else question.text
        both = (
            change is not None and self._on_both_sides(question, change) and self.rng.random() < 0.5
        )
        group = [
            of(altered, question.sentence, question.spans, change)
            if both
            else of(question.text, question.sentence, question.spans)
        ]
        group += [of(question.text, sentence) for sentence in drawn]
        if change is not None:
            group.append(of(altered, question.sentence))
        changed = piaf.swapped(self.data, question, self.rng, self.near[question.passage])
        if changed:
            group.append(of(changed, question.sentence))
        return group

    def change(self, question: piaf.Question, rng: random.Random) -> Change | None:
        """A plain word of the question for one of like meaning that its passage does not hold."""
        passage = {fold(word)[:5] for word in plain_words(self.data.passages[question.passage])}
        old = [word for word in plain_words(question.text) if self.alike.get(word)]
        if not old:
            return None
        word = rng.choice(old)
        new = [other for other in self.alike[word] if fold(other)[:5] not in passage]
        return Change(word, rng.choice(new)) if new else None

    def _on_both_sides(self, question: piaf.Question, change: Change) -> bool:
        text = self.data.sentences[question.sentence].text
        held = change.made_in(text) != text
        return held and not any(change.old in span for span in question.spans)

    def epoch(self) -> list[list[list[Window]]]:
        """Batches of groups of like width, at most `TOKENS` with their padding."""
        numbers = [n for n, q in enumerate(self.data.questions) if q.part == "train"]
        self.rng.shuffle(numbers)
        groups = [self.group(n) for n in numbers]
        batches, waiting = [], {width: [] for width in WIDTHS}
        for group in groups:
            width = next(w for w in WIDTHS if w >= max(len(x.ids) for x in group))
            if (sum(map(len, waiting[width])) + len(group)) * width > TOKENS:
                batches.append(waiting[width])
                waiting[width] = []
            waiting[width].append(group)
        batches += [groups for groups in waiting.values() if groups]
        self.rng.shuffle(batches)
        return batches

    def loss(self, groups: Sequence[Sequence[Window]]) -> tuple[Tensor, Tensor, Tensor]:
        """Which of a group answers; whether each does; where."""
        flat = [window for group in groups for window in group]
        ids, mask, held = padded(flat)
        with torch.autocast("cpu", torch.bfloat16):
            says, start, end = self.reader(ids, mask, held)
        says = says[: len(flat)]
        firsts, listwise, at = [], [], 0
        for group in groups:
            firsts.append(at)
            listwise.append(-F.log_softmax(says[at : at + len(group)], 0)[0])
            at += len(group)
        labels = torch.zeros(len(flat))
        labels[firsts] = 1.0
        weights = torch.where(labels > 0, 1.5, 0.7)
        absolute = F.binary_cross_entropy_with_logits(says, labels, weight=weights)
        known = [i for i in firsts if flat[i].answer[0] >= 0]
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
            print(f"epoch {number + 1}: {self.measure('dev')}", flush=True)

    @torch.inference_mode()
    def says(self, windows: Sequence[Window]) -> np.ndarray:
        self.reader.eval()
        scores = np.empty(len(windows), np.float32)
        for rows in _batches(windows):
            ids, mask, held = padded([windows[i] for i in rows])
            with torch.autocast("cpu", torch.bfloat16):
                scores[rows] = self.reader(ids, mask, held)[0][: len(rows)].float().numpy()
        return scores

    def measure(self, part: str, most: int = 300) -> dict[str, float]:
        """`first`: the answering sentence scores best of its passage. AUROC of the answering window
        against: `passage`, the best other of its passage; `outside`, the best of three near ones of
        other passages; `changed` and `altered`, itself under a changed question; `other`, a control: the near-miss
        of `passage` and the answering window under the question of another passage (about .5)."""
        rng = random.Random(1)  # noqa: S311
        numbers = [
            n
            for n, q in enumerate(self.data.questions)
            if q.part == part and self.inside[n] and self.outside[n]
        ]
        numbers = rng.sample(numbers, min(most, len(numbers)))
        kinds: dict[str, list[list[Window]]] = {
            k: []
            for k in (
                "right",
                "passage",
                "outside",
                "changed",
                "altered",
                "control",
                "control_near",
            )
        }
        for n in numbers:
            q = self.data.questions[n]
            stranger = self.data.questions[rng.choice(numbers)].text
            changed = piaf.swapped(self.data, q, rng, self.near[q.passage])
            of = self.windows.of
            kinds["right"].append([of(q.text, q.sentence)])
            kinds["passage"].append([of(q.text, s) for s in self.inside[n]])
            kinds["outside"].append([of(q.text, s) for s in self.outside[n][:3]])
            kinds["changed"].append([of(changed, q.sentence)] if changed else [])
            change = self.change(q, rng)
            kinds["altered"].append([of(change.made_in(q.text), q.sentence)] if change else [])
            kinds["control"].append([of(stranger, q.sentence)])
            kinds["control_near"].append([of(stranger, self.inside[n][0])])
        flat = [w for groups in kinds.values() for group in groups for w in group]
        scores, at, best = self.says(flat), 0, {}
        for kind, groups in kinds.items():
            best[kind] = []
            for group in groups:
                best[kind].append(scores[at : at + len(group)].max(initial=-np.inf))
                at += len(group)
        b = {k: np.array(v) for k, v in best.items()}
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


def auroc(right: np.ndarray, wrong: np.ndarray) -> float:
    greater = (right[:, None] > wrong[None, :]).mean()
    return float(greater + 0.5 * (right[:, None] == wrong[None, :]).mean())


def _batches(windows: Sequence[Window]) -> Iterator[list[int]]:
    rows: list[int] = []
    for i in sorted(range(len(windows)), key=lambda i: len(windows[i].ids)):
        width = next(w for w in WIDTHS if w >= len(windows[i].ids))
        if rows and (len(rows) + 1) * width > TOKENS:
            yield rows
            rows = []
        rows.append(i)
    if rows:
        yield rows


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
    torch.set_num_threads(args["threads"])
    plan = Plan(**{k: args[k] for k in asdict(Plan())})
    trainer = Trainer(
        plan, args["base"], args["tokenizer"], args["data"], args["cache"], args["start"]
    )
    trainer.fit(args["out"])
    print(f"test: {trainer.measure('test', 10_000)}")


if __name__ == "__main__":
    main()
