"""What FAISS offers, at one size; and whether generated vectors are as hard as real ones."""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss  # noqa: TID253
import numpy as np

from bench import growth_corpus
from bench.growth_size import Figures, exactly, memory, recall, sample, timed
from oncoqa.retrieval.dense import CANDIDATES, PROBED, DenseIndex, Lists
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.mapped import joined, trim
from oncoqa.retrieval.search import DEPTH

KINDS = (
    "Flat", "SQfp16", "SQ8", "PQ192x4fs", "IVF{lists},Flat", "IVF{lists},SQ8",
    "IVF{lists},PQ192x4fs", "HNSW16_SQ8",
)  # fmt: skip
HNSW_UP_TO = 100_000  # ten times as many take a quarter of an hour
TRAINED_ON = 40_000


def measured(folder: Path, passages: int) -> list[Figures]:
    """What each kind of index takes and finds."""
    vectors = joined(growth_corpus.vectors_of(folder, passages), scattered=True)
    asked = sample(list(np.load(folder / "asked.npy")))
    exact = [exactly(vectors, vector) for vector in asked]
    names = [kind.format(lists=math.isqrt(passages)) for kind in KINDS]
    if passages > HNSW_UP_TO:
        names = [name for name in names if not name.startswith("HNSW")]
    return [{"passages": passages, **_one(name, vectors, asked, exact)} for name in names]


def _one(
    name: str, vectors: Floats, asked: Sequence[Floats], exact: Sequence[Sequence[int]]
) -> Figures:
    """The best of what codes find are looked at again, as exactly as `DenseIndex` does."""
    trim()
    before, start = memory(), time.perf_counter()
    index: Any = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
    index.train(np.ascontiguousarray(vectors[:: max(len(vectors) // TRAINED_ON, 1)]))
    for row in range(0, len(vectors), TRAINED_ON):
        index.add(vectors[row : row + TRAINED_ON])
    seconds = time.perf_counter() - start
    trim()
    after = memory()
    if name.startswith("IVF"):
        index.nprobe = PROBED
    if name.startswith("HNSW"):
        index.hnsw.efSearch = CANDIDATES
    whole = DenseIndex(vectors, exact_up_to=len(vectors))
    candidates = CANDIDATES if "PQ" in name else 4 * DEPTH

    def find(vector: Floats) -> Sequence[int]:
        if name.endswith("Flat"):
            return [int(row) for row in index.search(vector[None], DEPTH)[1][0]]
        rows = index.search(vector[None], candidates)[1][0]
        return whole.search(vector, DEPTH, within=np.sort(rows[rows >= 0]))

    times, found = timed(find, asked)
    return {
        "index": name,
        "build_s": seconds,
        **times,
        "recall@10": recall(found, exact, 10),
        "bytes": after["own"] - before["own"],
    }


def control(real: growth_corpus.Real, cloud: growth_corpus.Cloud) -> list[Figures]:
    """Whether the lists find less among real vectors than among as many generated ones."""
    chance = np.random.default_rng(2)
    generated = cloud.draw(chance.permutation(len(real.vectors)), chance)
    figures = []
    for candidates in (10, 20, 50, 100):
        shares = {}
        for name, vectors in (("real", real.vectors), ("generated", generated)):
            lists = Lists(vectors)
            exact = [exactly(vectors, v)[:10] for v in real.asked]
            found = [lists.candidates(v, candidates, None).tolist() for v in real.asked]
            pairs = zip(found, exact, strict=True)
            shares[name] = float(np.mean([len({*f} & {*e}) / 10 for f, e in pairs]))
        figures.append({"candidates": candidates, **shares})
    return figures
