"""Retrieval metrics over one ranking, as pure functions; the same numbers as `ir-measures`.

A hit is given by what it covers: the set of wanted things that stand in it. For a benchmark with
judged documents each relevant document is one wanted thing; for a question of ours each group of
gold evidence is one, and every passage that holds an alternative of the group covers it. A hit
gains when it covers something that no hit above it did.
"""

import math
from collections.abc import Iterator, Sequence

Covers = Sequence[frozenset[int]]  # best hit first


def gains(ranked: Covers) -> Iterator[bool]:
    seen: set[int] = set()
    for covered in ranked:
        yield bool(covered - seen)
        seen |= covered


def recall_at(k: int, ranked: Covers, wanted: int) -> float:
    """Share of the wanted that the first k hits cover (Manning et al., 2008, §8.4)."""
    return len(frozenset().union(*ranked[:k])) / wanted


def reciprocal_rank(k: int, ranked: Covers) -> float:
    """1 / rank of the first relevant hit among k, else 0 (Voorhees, TREC-8, 1999)."""
    ranks = (rank for rank, covered in enumerate(ranked[:k], start=1) if covered)
    return 1 / next(ranks, math.inf)


def ndcg_at(k: int, ranked: Covers, wanted: int) -> float:
    """Σ gain / log2(rank + 1) over the first k, by that of the best order (Järvelin, 2002)."""
    found = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains(ranked[:k]), start=1))
    return found / sum(1 / math.log2(rank + 1) for rank in range(1, min(wanted, k) + 1))


def ranking_scores(ranked: Covers, wanted: int) -> dict[str, float]:
    """The metrics of the retrieval table, by their name there."""
    return {
        "recall@1": recall_at(1, ranked, wanted),
        "recall@5": recall_at(5, ranked, wanted),
        "recall@20": recall_at(20, ranked, wanted),
        "mrr@10": reciprocal_rank(10, ranked),
        "ndcg@10": ndcg_at(10, ranked, wanted),
    }
