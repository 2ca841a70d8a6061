"""Print what an encoder is worth: `python -m training.measure model.onnx other.safetensors ...`."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rank_bm25 import BM25Okapi
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

from training import piaf
from training.encoder import OnnxRunner, Runs, Tokens, TorchRunner, load_encoder, tokenize
from training.late import Bank, Recipe
from training.text import fold, sentences, stems

DATA = Path("data")
TOP = 5  # passages whose sentences compete


@dataclass(frozen=True, slots=True)
class Model:
    tokenizer: Tokenizer
    runner: Runs

    def encode(self, texts: Sequence[str], kind: str) -> tuple[list[Tokens], np.ndarray, list[np.ndarray]]:
        tokens = tokenize(self.tokenizer, texts, kind)
        return tokens, *self.runner.run(tokens)


def ndcg10(ranking: Sequence[int], gold: set[int]) -> float:
    gain = sum(1 / np.log2(rank + 2) for rank, i in enumerate(ranking[:10]) if i in gold)
    return float(gain / sum(1 / np.log2(rank + 2) for rank in range(min(10, len(gold)))))


def fuse(first: Sequence[int], second: Sequence[int], k: int = 60) -> list[int]:
    """Reciprocal rank fusion of two rankings, ties by index."""
    score: dict[int, float] = {}
    for ranking in (first, second):
        for rank, i in enumerate(ranking[:100]):
            score[i] = score.get(i, 0.0) + 1 / (k + rank + 1)
    return sorted(score, key=lambda i: (-score[i], i))


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    return float(roc_auc_score([1] * len(positive) + [0] * len(negative), [*positive, *negative]))


def let_through(positive: Sequence[float], negative: Sequence[float], needless: float = 0.05) -> float:
    """The share of answerless questions that pass at the threshold that stops `needless` of the answerable."""
    return float((np.asarray(negative) >= np.quantile(positive, needless)).mean())


class Lexical:
    """rank-bm25 over stems; rankings computed once per set of questions, they do not change with the encoder."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.bm25 = BM25Okapi([stems(t) or [""] for t in texts])

    def rank(self, question: str) -> list[int]:
        scores = self.bm25.get_scores(stems(question))
        order = np.argsort(-scores, kind="stable")[:100]
        return [int(i) for i in order if scores[i] > 0]


def retrieval(model: Model, documents: Sequence[str], lexical: Sequence[list[int]], questions: Sequence[str], gold: Sequence[set[int]]) -> tuple[dict[str, float], list[list[int]]]:
    """nDCG@10 of dense, BM25 and both; and the fused rankings."""
    rows, asked = model.encode(documents, "passage")[1], model.encode(questions, "query")[1]
    dense = [[int(i) for i in row] for row in np.argsort(-(asked @ rows.T), axis=1, kind="stable")[:, :100]]
    both = [fuse(d, x) for d, x in zip(dense, lexical, strict=True)]
    means = {name: float(np.mean([ndcg10(r, g) for r, g in zip(ranking, gold, strict=True)]))
             for name, ranking in (("dense", dense), ("bm25", lexical), ("rrf", both))}  # fmt: skip
    return means, both


class PiafTask:
    """PIAF's held-out articles: passages, sentences, near-misses."""

    def __init__(self, part: str = "test") -> None:
        self.data = piaf.load(DATA / "piaf-v1.1-squad.json")
        self.questions = [q for q in self.data.questions if q.part == part]
        bm25 = Lexical(self.data.passage_texts())
        self.lexical = [bm25.rank(q.text) for q in self.questions]
        rng = random.Random(piaf.SEED)
        self.swaps = [piaf.swapped(self.data, q, rng, r[:10]) for q, r in zip(self.questions, self.lexical, strict=True)]

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        data, gold = self.data, [{q.passage} for q in self.questions]
        found, rankings = retrieval(model, data.passage_texts(), self.lexical, [q.text for q in self.questions], gold)
        figures = {f"piaf {name} nDCG@10": value for name, value in found.items()}
        tokens, _, vectors = model.encode(data.sentence_texts(), "sentence")
        bank = Bank(tokens, vectors)
        asked, _, asked_vectors = model.encode([q.text for q in self.questions], "query")
        numbers = [n for n, s in enumerate(self.swaps) if s]
        swapped, _, swapped_vectors = model.encode([self.swaps[n] or "" for n in numbers], "query")
        for name, recipe in recipes.items():
            seen = [self._one(n, asked[n], asked_vectors[n], bank, rankings[n], recipe) for n in range(len(asked))]
            figures |= {f"{name}{k}": v for k, v in _summary(seen).items()}
            own = [seen[n]["top_best"] for n in numbers]
            pools = [self._pool(n, rankings[n]) for n in numbers]
            other = [float(bank.scores(t, v, p, recipe).max()) for t, v, p in zip(swapped, swapped_vectors, pools, strict=True)]
            figures[f"{name}swapped AUROC"] = auroc(own, other)
        return figures

    def _pool(self, n: int, ranking: Sequence[int]) -> list[int]:
        return [s for p in ranking[:TOP] for s in self.data.sentence_ids[p]]

    def _one(self, n: int, tokens: Tokens, vectors: np.ndarray, bank: Bank, ranking: Sequence[int], recipe: Recipe) -> dict[str, float]:
        question, inside = self.questions[n], list(self.data.sentence_ids[self.questions[n].passage])
        outside = [s for s in self._pool(n, ranking) if s not in set(inside)]
        found = question.passage in ranking[:TOP]
        scores = bank.scores(tokens, vectors, inside + outside, recipe)
        gold = inside.index(question.sentence)
        answers = [a for a in question.answers if len(a) > 3]
        barren = np.array([s != question.sentence and not any(a in fold(self.data.sentences[s].text) for a in answers) for s in inside + outside])
        within = scores[: len(inside)]
        return {
            "within_rank": float((within > within[gold]).sum()),
            "top_rank": float((scores > scores[gold]).sum()) if found else 99.0,
            "within_best": float(within.max()), "top_best": float(scores.max() if found else scores[len(inside) :].max()),
            "within_near": float(within[barren[: len(inside)]].max(initial=-1)), "top_near": float(scores[barren].max(initial=-1)),
        }  # fmt: skip


def _summary(seen: Sequence[dict[str, float]]) -> dict[str, float]:
    column = {k: [s[k] for s in seen] for k in seen[0]}
    near = [x for x in column["within_near"] if x >= 0]
    return {
        "sentence first, in its passage": float(np.mean(np.array(column["within_rank"]) < 1)),
        "sentence first, top 5 passages": float(np.mean(np.array(column["top_rank"]) < 1)),
        "sentence in 3, top 5 passages": float(np.mean(np.array(column["top_rank"]) < 3)),
        "removed AUROC, in its passage": auroc(column["within_best"], near),
        "removed AUROC, top 5 passages": auroc(column["top_best"], column["top_near"]),
        "removed let through at 5%": let_through(column["top_best"], column["top_near"]),
    }


class NomiraclTask:
    """NoMIRACL dev, French: ten passages that hold an answer, or none."""

    def __init__(self) -> None:
        self.rows = [json.loads(line) for kind in ("relevant", "non_relevant")
                     for line in (DATA / f"nomiracl_fr_{kind}_dev.jsonl").read_text(encoding="utf-8").splitlines()]  # fmt: skip
        self.texts: list[str] = []
        self.pools: list[list[int]] = []
        for row in self.rows:
            first = len(self.texts)
            for passage in row["passages"]:
                title, _, body = passage.partition(": ")
                self.texts += [piaf.headed(title, body[a:b]) for a, b in sentences(body)]
            self.pools.append(list(range(first, len(self.texts))))

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        tokens, pooled, vectors = model.encode(self.texts, "sentence")
        bank = Bank(tokens, vectors)
        asked, asked_pooled, asked_vectors = model.encode([r["question"] for r in self.rows], "query")
        figures = {}
        dense = [float((pooled[p] @ asked_pooled[n]).max()) for n, p in enumerate(self.pools)]
        for name, recipe in recipes.items():
            best = [float(bank.scores(asked[n], asked_vectors[n], p, recipe).max()) for n, p in enumerate(self.pools)]
            yes, no = _by(best, [r["answerable"] for r in self.rows])
            figures |= {f"{name}nomiracl AUROC": auroc(yes, no), f"{name}nomiracl let through at 11%": let_through(yes, no, 0.112)}
        figures["nomiracl AUROC, pooled"] = auroc(*_by(dense, [r["answerable"] for r in self.rows]))
        return figures


def _by(values: Sequence[float], truth: Sequence[bool]) -> tuple[list[float], list[float]]:
    return [v for v, t in zip(values, truth, strict=True) if t], [v for v, t in zip(values, truth, strict=True) if not t]


class CnilTask:
    """CNIL FAQ: citizens' wordings against institutional sheets."""

    def __init__(self) -> None:
        read = lambda name: [json.loads(line) for line in (DATA / "cnil_faq" / name).read_text(encoding="utf-8").splitlines()]  # noqa: E731
        sheets, questions = read("corpus.jsonl"), read("queries.jsonl")
        place = {s["_id"]: n for n, s in enumerate(sheets)}
        self.documents = [f"{s['title']}\n{s['text']}" for s in sheets]
        wanted: dict[str, set[int]] = {}
        for line in (DATA / "cnil_faq" / "qrels.tsv").read_text(encoding="utf-8").splitlines():
            query, sheet, _ = line.split("\t")
            wanted.setdefault(query, set()).add(place[sheet])
        self.questions = [q["text"] for q in questions if q["_id"] in wanted]
        self.gold = [wanted[q["_id"]] for q in questions if q["_id"] in wanted]
        bm25 = Lexical(self.documents)
        self.lexical = [bm25.rank(q) for q in self.questions]

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        means, _ = retrieval(model, self.documents, self.lexical, self.questions, self.gold)
        return {f"cnil {name} nDCG@10": value for name, value in means.items()}


def load_model(path: Path, tokenizer: Path) -> Model:
    runner: Runs = OnnxRunner(path) if path.suffix == ".onnx" else TorchRunner(load_encoder(path))
    return Model(Tokenizer.from_file(str(tokenizer)), runner)


def table(columns: dict[str, dict[str, float]]) -> str:
    """Markdown, one row a figure, one column a model."""
    names = list(dict.fromkeys(k for c in columns.values() for k in c))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {n} | " + " | ".join(f"{c[n]:.3f}" if n in c else "" for c in columns.values()) + " |" for n in names]
    return "\n".join(lines)


def main() -> None:
    global DATA
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, help="model.onnx or weights .safetensors")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--part", default="test", choices=["dev", "test"], help="of PIAF's held-out articles")
    parser.add_argument("--only", nargs="*", default=["piaf", "nomiracl", "cnil"])
    parser.add_argument("--recipe", nargs="*", default=["1,0"], help="match,asking pairs")
    args = parser.parse_args()
    DATA = args.data
    recipes = {("" if len(args.recipe) == 1 else f"[{r}] "): Recipe(*map(float, r.split(","))) for r in args.recipe}
    builders = {"piaf": lambda: PiafTask(args.part), "nomiracl": NomiraclTask, "cnil": CnilTask}
    tasks = [builders[name]() for name in args.only]
    columns = {}
    for path in args.models:
        model = load_model(path, args.tokenizer)
        columns[f"{path.parent.name}/{path.name}"] = {k: v for task in tasks for k, v in task.run(model, recipes).items()}
    print(table(columns))


if __name__ == "__main__":
    main()
