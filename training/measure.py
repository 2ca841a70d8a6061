"""Print what an encoder is worth: `python -m training.measure model.onnx other.safetensors ...`."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rank_bm25 import BM25Okapi
from tokenizers import Tokenizer

from oncoqa.evals.abstention import auroc
from training import piaf
from training.encoder import OnnxRunner, Runs, Tokens, TorchRunner, load_encoder, tokenize
from training.late import Bank, Recipe, views
from training.text import fold, sentences, stems

DATA = Path("data")
TOP = 5  # passages whose sentences compete


Encoded = tuple[list[Tokens], np.ndarray, list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class Model:
    """An encoder with what it has encoded: several tasks read the same passages."""

    tokenizer: Tokenizer
    runner: Runs
    known: dict[tuple[str, ...], Encoded] = field(default_factory=dict)

    def encode(self, texts: Sequence[str], kind: str) -> Encoded:
        """Tokens, pooled vectors and token vectors."""
        key = (kind, *texts)
        if key not in self.known:
            tokens = tokenize(self.tokenizer, texts, kind)
            self.known[key] = (tokens, *self.runner.run(tokens))
        return self.known[key]


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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


def let_through(
    positive: Sequence[float], negative: Sequence[float], needless: float = 0.05
) -> float:
    """The share of answerless questions that pass at the threshold that stops `needless` of the
    answerable."""
    return float((np.asarray(negative) >= np.quantile(positive, needless)).mean())


class Lexical:
    """rank-bm25 over stems; rankings computed once per set of questions, they do not change with
    the encoder."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.bm25 = BM25Okapi([stems(t) or [""] for t in texts])

    def rank(self, question: str) -> list[int]:
        scores = self.bm25.get_scores(stems(question))
        order = np.argsort(-scores, kind="stable")[:100]
        return [int(i) for i in order if scores[i] > 0]


def retrieval(
    model: Model,
    documents: Sequence[str],
    lexical: Sequence[list[int]],
    questions: Sequence[str],
    gold: Sequence[set[int]],
) -> tuple[dict[str, float], list[list[int]]]:
    """nDCG@10 of dense, BM25 and both; and the fused rankings."""
    rows, asked = model.encode(documents, "passage")[1], model.encode(questions, "query")[1]
    dense = [
        [int(i) for i in row]
        for row in np.argsort(-(asked @ rows.T), axis=1, kind="stable")[:, :100]
    ]
    both = [fuse(d, x) for d, x in zip(dense, lexical, strict=True)]
    means = {
        name: float(np.mean([ndcg10(r, g) for r, g in zip(ranking, gold, strict=True)]))
        for name, ranking in (("dense", dense), ("bm25", lexical), ("rrf", both))
    }
    return means, both


def bank_of(
    model: Model,
    texts: Sequence[str],
    fronts: Sequence[int],
    ranges: Sequence[Sequence[tuple[int, int]]],
) -> tuple[Bank, np.ndarray]:
    """The sentences `ranges` of passages encoded with a heading of `fronts` characters, and the
    passages' pooled vectors."""
    tokens, pooled, vectors = model.encode(texts, "passage")
    return Bank(
        [views(t, front, r) for t, front, r in zip(tokens, fronts, ranges, strict=True)], vectors
    ), pooled


def piaf_bank(model: Model, data: piaf.Piaf) -> Bank:
    ranges = [
        [(data.sentences[s].start, data.sentences[s].end) for s in ids] for ids in data.sentence_ids
    ]
    return bank_of(model, data.passage_texts(), [len(t) + 1 for t in data.titles], ranges)[0]


class PiafTask:
    """PIAF's held-out articles: passages, sentences, near-misses."""

    def __init__(self, part: str = "test") -> None:
        self.data = piaf.load(DATA / "piaf-v1.1-squad.json")
        self.questions = [q for q in self.data.questions if q.part == part]
        bm25 = Lexical(self.data.passage_texts())
        self.lexical = [bm25.rank(q.text) for q in self.questions]
        rng = random.Random(piaf.SEED)  # noqa: S311
        self.swaps = [
            piaf.swapped(self.data, q, rng, r[:10])
            for q, r in zip(self.questions, self.lexical, strict=True)
        ]

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        data, gold = self.data, [{q.passage} for q in self.questions]
        found, rankings = retrieval(
            model, data.passage_texts(), self.lexical, [q.text for q in self.questions], gold
        )
        figures = {f"piaf {name} nDCG@10": value for name, value in found.items()}
        bank = piaf_bank(model, data)
        asked, _, asked_vectors = model.encode([q.text for q in self.questions], "query")
        numbers = [n for n, s in enumerate(self.swaps) if s]
        swapped, _, swapped_vectors = model.encode([self.swaps[n] or "" for n in numbers], "query")
        for name, recipe in recipes.items():
            seen = [
                self._one(n, asked[n], asked_vectors[n], bank, rankings[n], recipe)
                for n in range(len(asked))
            ]
            figures |= {f"{name}{k}": v for k, v in _summary(seen).items()}
            own = [seen[n]["top_best"] for n in numbers]
            pools = [self._pool(n, rankings[n]) for n in numbers]
            other = [
                float(bank.scores(t, v, p, recipe).max())
                for t, v, p in zip(swapped, swapped_vectors, pools, strict=True)
            ]
            figures[f"{name}swapped AUROC"] = auroc(own, other)
        return figures

    def _pool(self, n: int, ranking: Sequence[int]) -> list[int]:
        return [s for p in ranking[:TOP] for s in self.data.sentence_ids[p]]

    def _one(
        self,
        n: int,
        tokens: Tokens,
        vectors: np.ndarray,
        bank: Bank,
        ranking: Sequence[int],
        recipe: Recipe,
    ) -> dict[str, float]:
        question, inside = (
            self.questions[n],
            list(self.data.sentence_ids[self.questions[n].passage]),
        )
        outside = [s for s in self._pool(n, ranking) if s not in set(inside)]
        found = question.passage in ranking[:TOP]
        scores = bank.scores(tokens, vectors, inside + outside, recipe)
        gold = inside.index(question.sentence)
        answers = [a for a in question.answers if len(a) > 3]
        barren = np.array(
            [
                s != question.sentence
                and not any(a in fold(self.data.sentences[s].text) for a in answers)
                for s in inside + outside
            ]
        )
        within = scores[: len(inside)]
        return {
            "within_rank": float((within > within[gold]).sum()),
            "top_rank": float((scores > scores[gold]).sum()) if found else 99.0,
            "within_best": float(within.max()),
            "top_best": float(scores.max() if found else scores[len(inside) :].max()),
            "within_near": float(within[barren[: len(inside)]].max(initial=-1)),
            "top_near": float(scores[barren].max(initial=-1)),
        }


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


class EnglishTask:
    """44 questions of PIAF's held-out articles put into English by hand (`english.json`, by
    question number), against the same of French."""

    def __init__(self) -> None:
        self.data = piaf.load(DATA / "piaf-v1.1-squad.json")
        self.rows = {
            int(n): text
            for n, text in json.loads(
                (Path(__file__).parent / "english.json").read_text(encoding="utf-8")
            ).items()
        }

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        questions = [self.data.questions[n] for n in self.rows]
        rows, bank, figures = (
            model.encode(self.data.passage_texts(), "passage")[1],
            piaf_bank(model, self.data),
            {},
        )
        for language, texts in (
            ("en", list(self.rows.values())),
            ("fr", [q.text for q in questions]),
        ):
            asked, pooled, asked_vectors = model.encode(texts, "query")
            dense = np.argsort(-(pooled @ rows.T), axis=1, kind="stable")[:, :100]
            figures[f"44 questions, {language}: dense nDCG@10"] = float(
                np.mean(
                    [ndcg10(r, {q.passage}) for r, q in zip(dense.tolist(), questions, strict=True)]
                )
            )
            for name, recipe in recipes.items():
                hits = []
                for n, q in enumerate(questions):
                    pool = list(self.data.sentence_ids[q.passage])
                    hits.append(
                        pool[int(bank.scores(asked[n], asked_vectors[n], pool, recipe).argmax())]
                        == q.sentence
                    )
                figures[f"{name}44 questions, {language}: sentence first in its passage"] = float(
                    np.mean(hits)
                )
        return figures


class NomiraclTask:
    """NoMIRACL dev, French: ten passages that hold an answer, or none."""

    def __init__(self) -> None:
        self.rows = [
            json.loads(line)
            for kind in ("relevant", "non_relevant")
            for line in (DATA / f"nomiracl_fr_{kind}_dev.jsonl")
            .read_text(encoding="utf-8")
            .splitlines()
        ]
        passages = [p.partition(": ") for row in self.rows for p in row["passages"]]
        self.texts = [piaf.headed(title, body) for title, _, body in passages]
        self.fronts = [len(title) + 1 for title, _, _ in passages]
        self.ranges = [sentences(body) for _, _, body in passages]

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        bank, pooled = bank_of(model, self.texts, self.fronts, self.ranges)
        asked, asked_pooled, asked_vectors = model.encode(
            [r["question"] for r in self.rows], "query"
        )
        figures = {}
        ends = np.cumsum([0] + [len(r) for r in self.ranges]).tolist()
        pools = [range(ends[10 * n], ends[10 * n + 10]) for n in range(len(self.rows))]
        dense = [
            float((pooled[10 * n : 10 * n + 10] @ asked_pooled[n]).max())
            for n in range(len(self.rows))
        ]
        for name, recipe in recipes.items():
            best = [
                float(bank.scores(asked[n], asked_vectors[n], p, recipe).max())
                for n, p in enumerate(pools)
            ]
            yes, no = _by(best, [r["answerable"] for r in self.rows])
            figures |= {
                f"{name}nomiracl AUROC": auroc(yes, no),
                f"{name}nomiracl let through at 11%": let_through(yes, no, 0.112),
            }
        figures["nomiracl AUROC, pooled"] = auroc(*_by(dense, [r["answerable"] for r in self.rows]))
        return figures


def _by(values: Sequence[float], truth: Sequence[bool]) -> tuple[list[float], list[float]]:
    return [v for v, t in zip(values, truth, strict=True) if t], [
        v for v, t in zip(values, truth, strict=True) if not t
    ]


class CnilTask:
    """CNIL FAQ: citizens' wordings against institutional sheets."""

    def __init__(self) -> None:
        folder = DATA / "cnil_faq"
        sheets, questions = (
            read_lines(folder / "corpus.jsonl"),
            read_lines(folder / "queries.jsonl"),
        )
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


class CasesTask:
    """The reference questions on the releases, one half of them by a hash of the fact (the other
    half is not looked at here).
    All sentences of all releases compete; a sentence is right if a quotation of the evidence holds
    it, or is held by it."""

    def __init__(self, root: Path) -> None:
        self.texts: list[str] = []
        self.fronts: list[int] = []
        self.ranges: list[list[tuple[int, int]]] = []
        self.bodies: list[tuple[str, str]] = []
        for file in sorted((root / "corpus").glob("*.md")):
            if file.read_text(encoding="utf-8").startswith("---\n"):
                self._read(file)
        rows = [
            json.loads(line)
            for file in sorted((root / "evals/cases").glob("*.jsonl"))
            for line in file.read_text(encoding="utf-8").splitlines()
        ]
        rows = [
            r
            for r in rows
            if r["kind"] != "conversation"
            and hashlib.sha256(r["fact"].encode()).digest()[0] % 2 == 0
        ]
        self.answerable = [r for r in rows if r["kind"] == "answerable"]
        self.unanswerable = [
            r for r in rows if r["kind"] == "unanswerable" and r["class"] == "near"
        ]

    def _read(self, file: Path) -> None:
        _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
        title = next(
            line.removeprefix("title:").strip(' "')
            for line in front.splitlines()
            if line.startswith("title:")
        )
        for section in ("\n" + body).split("\n## "):
            heading, _, rest = section.partition("\n")
            block: list[str] = []
            for line in [*(x.strip() for x in rest.splitlines() if x.strip()), ""]:
                if block and (not line or sum(map(len, block)) + len(line) > 900):
                    self._add(file.stem, heading or title, "\n".join(block))
                    block = []
                block.append(line)

    def _add(self, release: str, heading: str, text: str) -> None:
        self.texts.append(piaf.headed(heading, text))
        self.fronts.append(len(heading) + 1)
        self.ranges.append(sentences(text))
        self.bodies += [(release, text[a:b].removeprefix("- ")) for a, b in self.ranges[-1]]

    def _right(self, row: dict) -> set[int]:
        quotes = [(e["release"], e["quote"]) for group in row["evidence"] for e in group]
        return {
            i
            for i, (release, body) in enumerate(self.bodies)
            if any(release == r and (body in q or q in body) and len(body) > 12 for r, q in quotes)
        }

    def run(self, model: Model, recipes: dict[str, Recipe]) -> dict[str, float]:
        bank, figures = bank_of(model, self.texts, self.fronts, self.ranges)[0], {}
        everything = range(len(self.bodies))
        yes = model.encode([r["question"] for r in self.answerable], "query")
        no = model.encode([r["question"] for r in self.unanswerable], "query")
        for name, recipe in recipes.items():
            scores = [
                bank.scores(t, v, everything, recipe) for t, v in zip(yes[0], yes[2], strict=True)
            ]
            right = [self._right(r) for r in self.answerable]
            rank = np.array(
                [
                    min(((s > s[i]).sum() for i in g), default=99)
                    for s, g in zip(scores, right, strict=True)
                ]
            )
            near = [
                float(bank.scores(t, v, everything, recipe).max())
                for t, v in zip(no[0], no[2], strict=True)
            ]
            best = [float(s.max()) for s in scores]
            figures[f"{name}cases near AUROC"] = auroc(best, near)
            figures[f"{name}cases near let through at 5%"] = let_through(best, near)
            for language in ("fr", "en"):
                mine = np.array([r["language"] == language for r in self.answerable])
                figures[f"{name}cases sentence first, {language}"] = float((rank[mine] < 1).mean())
                figures[f"{name}cases sentence in 3, {language}"] = float((rank[mine] < 3).mean())
        return figures


def load_model(path: Path, tokenizer: Path) -> Model:
    runner: Runs = OnnxRunner(path) if path.suffix == ".onnx" else TorchRunner(load_encoder(path))
    return Model(Tokenizer.from_file(str(tokenizer)), runner)


def table(columns: dict[str, dict[str, float]]) -> str:
    """Markdown, one row a figure, one column a model."""
    names = list(dict.fromkeys(k for c in columns.values() for k in c))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [
        f"| {n} | " + " | ".join(f"{c[n]:.3f}" if n in c else "" for c in columns.values()) + " |"
        for n in names
    ]
    return "\n".join(lines)


def main() -> None:
    global DATA
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, help="model.onnx or weights .safetensors")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument(
        "--part", default="test", choices=["dev", "test"], help="of PIAF's held-out articles"
    )
    parser.add_argument(
        "--only", nargs="*", default=["piaf", "nomiracl", "cnil", "english", "cases"]
    )
    parser.add_argument("--root", type=Path, default=Path(), help="where corpus/ and evals/ are")
    parser.add_argument("--recipe", nargs="*", default=["1,0"], help="match,asking pairs")
    args = parser.parse_args()
    DATA = args.data
    recipes = {
        ("" if len(args.recipe) == 1 else f"[{r}] "): Recipe(*map(float, r.split(",")))
        for r in args.recipe
    }
    builders = {
        "piaf": lambda: PiafTask(args.part),
        "nomiracl": NomiraclTask,
        "cnil": CnilTask,
        "english": EnglishTask,
        "cases": lambda: CasesTask(args.root),
    }
    tasks = {name: builders[name]() for name in args.only}
    columns: dict[str, dict[str, float]] = {}
    for path in args.models:
        model = load_model(path, args.tokenizer)
        figures = columns.setdefault(f"{path.parent.name}/{path.name}", {})
        for name, task in tasks.items():
            found = task.run(model, recipes)
            rounded = {k: round(v, 3) for k, v in found.items()}
            print(path, name, rounded, file=sys.stderr, flush=True)
            figures |= found
    print(table(columns))


if __name__ == "__main__":
    main()
