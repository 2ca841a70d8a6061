"""What searching costs at one size; `growth.py` says what the figures are."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import faiss  # noqa: TID253
import numpy as np

from bench import growth_corpus
from bench.machine import quantiles
from oncoqa.retrieval.dense import EXACT_UP_TO, DenseIndex
from oncoqa.retrieval.encoder import Encoded
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.lexical import LexicalIndex
from oncoqa.retrieval.mapped import joined, trim
from oncoqa.retrieval.search import DEPTH, HybridSearch, fuse
from oncoqa.text import terms
from oncoqa.types import Filters, Passage, Query, Release

SHARES = (0.5, 0.1, 0.01)  # of the passages, that a filter keeps
EXACT_ASKED = 100  # questions, where each takes a fifth of a second
READ = 16  # passages, of those found
FIRST_DAY = date(2000, 1, 1)

Figures = dict[str, Any]


class Passages(Sequence[Passage]):
    """Made when they are asked for: what a passage holds is no part of searching."""

    def __init__(self, count: int) -> None:
        self.releases = [release(row) for row in range(0, count, growth_corpus.IN_A_RELEASE)]
        self.rows = range(count)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, row: Any) -> Any:
        own = self.releases[self.rows[row] // growth_corpus.IN_A_RELEASE]
        return Passage(id=f"r#p-{row}", release=own, start=0, end=0)


def release(row: int) -> Release:
    number = row // growth_corpus.IN_A_RELEASE
    day = FIRST_DAY + timedelta(days=number)
    return Release(
        id=f"r{number}", title="", publisher="", published=day, language="fr", text="", sections=()
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Gives the vectors that the questions have."""

    vectors: dict[str, Floats]

    def encode_query(self, text: str) -> Encoded:
        return Encoded(self.vectors[text], np.empty((0, 0), np.float32), np.empty((0, 2), np.int32))


def timed(call: Callable[[Any], Any], values: Sequence[Any]) -> tuple[Figures, list[Any]]:
    """Percentiles of the time that each call takes, and what each gives."""
    call(values[0])
    times, found = [], []
    for value in values:
        start = time.perf_counter()
        found.append(call(value))
        times.append((time.perf_counter() - start) * 1000)
    return quantiles(times), found


def built(make: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    return make(), time.perf_counter() - start


def recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]], k: int) -> float:
    pairs = zip(found, exact, strict=False)
    return float(np.mean([len({*f[:k]} & {*e[:k]}) / len(e[:k]) for f, e in pairs]))


def sample(values: Sequence[Any]) -> Sequence[Any]:
    return values[:: max(len(values) // EXACT_ASKED, 1)]


def exactly(vectors: Floats, vector: Floats) -> list[int]:
    k = min(DEPTH, len(vectors))
    _, rows = faiss.knn(vector[None], vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    return [int(row) for row in rows[0]]


def measured(folder: Path, passages: int) -> Figures:
    """The figures of one size."""
    before = memory()
    words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
    questions, asked = words["questions"], list(np.load(folder / "asked.npy"))
    vectors = joined(growth_corpus.vectors_of(folder, passages), scattered=True)
    dense, dense_seconds = built(lambda: DenseIndex(vectors))
    parts = [list(growth_corpus.counts_of(folder, passages, words.pop("vocabulary")))]
    lexical, lexical_seconds = built(lambda: LexicalIndex.from_counts(parts.pop()))
    trim()  # as `index.load` does
    index: Any = SearchParts(Passages(passages), dense, lexical)
    search = HybridSearch(index, Asked(dict(zip(questions, asked, strict=True))))  # type: ignore[arg-type]
    few = sample(asked) if passages > EXACT_UP_TO else asked
    cold, _ = timed(lambda v: dense.search(v, DEPTH), asked)  # from the file, for the first time
    dense_times, dense_found = timed(lambda v: dense.search(v, DEPTH), asked)
    stems = [terms(question) for question in questions]
    lexical_times, lexical_found = timed(lambda t: lexical.search(t, DEPTH), stems)
    both = [np.unique([*d, *t]) for d, t in zip(dense_found, lexical_found, strict=True)]
    asked_of = list(zip(both, asked, stems, strict=True))
    fuse_times, _ = timed(lambda of: fuse(index, of[0], [of[1]], [of[2]]), asked_of)
    search_times, _ = timed(lambda q: search.search(query(q), READ), questions)
    after = memory()
    exact_times, exact = timed(lambda v: exactly(vectors, v), few)
    few_found = [dense.search(v, DEPTH) for v in few]
    postings = [sum(p.stop - p.start for p in lexical._postings(t)) for t in stems]
    scores = lexical.scores
    return {
        "passages": passages,
        "dense": {
            "exact": exact_times,
            "chosen": dense_times,
            "cold": cold,
            "recall@10": recall(few_found, exact, 10),
            "recall@50": recall(few_found, exact, 50),
            "build_s": dense_seconds,
            "bytes": vectors.nbytes,
            "cosines": [
                float(np.mean([vectors[rows[n]] @ v for rows, v in zip(exact, few, strict=True)]))
                for n in (0, 9)
            ],
        },
        "filtered": [
            filtered(search, dense, sample(list(zip(questions, asked, strict=True))), share)
            for share in SHARES
            if share * passages >= growth_corpus.IN_A_RELEASE
        ],
        "lexical": lexical_times
        | {
            "build_s": lexical_seconds,
            "bytes": scores.data.nbytes + scores.indices.nbytes + scores.indptr.nbytes,
            "postings": quantiles(postings),
        },
        "search": search_times | {"fuse": fuse_times},
        "memory": {"before": before["own"] + before["file"], **after},
    }


@dataclass(frozen=True, slots=True)
class SearchParts:
    """What `HybridSearch` uses of a `SearchIndex`."""

    passages: Sequence[Passage]
    dense: DenseIndex
    lexical: LexicalIndex


def query(question: str, filters: Filters | None = None) -> Query:
    return Query(
        question=question, language="fr", asks="other", meant=question,
        search_texts=(question,), filters=filters or Filters(),
    )  # fmt: skip


def filtered(
    search: HybridSearch, dense: DenseIndex, asked: Sequence[tuple[str, Floats]], share: float
) -> Figures:
    """The whole search, over the oldest releases alone."""
    kept = round(len(dense.vectors) * share)
    last = release(kept - 1).published
    times, _ = timed(lambda a: search.search(query(a[0], Filters(published_to=last)), READ), asked)
    within = np.arange(kept)
    found = [dense.search(vector, DEPTH, within=within) for _, vector in asked]
    exact = [exactly(dense.vectors[:kept], vector) for _, vector in asked]
    return {"share": share, **times, "recall@10": recall(found, exact, 10)}


def memory() -> dict[str, int]:
    """Bytes that this process holds: its own, those of files, and the most of both so far."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    held = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if " kB" in line}
    return {"own": held["RssAnon"], "file": held["RssFile"], "peak": held["VmHWM"]}
