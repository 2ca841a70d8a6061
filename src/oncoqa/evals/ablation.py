"""The same questions and judgements with a part of the search at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from oncoqa.evals.gold import Place
from oncoqa.evals.ranking import Covers, ranking_scores
from oncoqa.types import Hit, Passage

Rankings = Mapping[str, Sequence[Place]]
METRICS = ("recall@1", "recall@5", "recall@20", "mrr@10", "ndcg@10")


def rankings(hits: Sequence[Hit], read: Sequence[Passage]) -> Rankings:
    """What dense search, BM25, both fused, and the whole path put first.

    A hit carries its rank in each search that was fused, so one deep search tells them all. `read`
    holds the passages that an answer cites, in its order; the other hits follow.
    """
    dense = sorted((h for h in hits if h.dense_rank), key=lambda h: h.dense_rank or 0)
    lexical = sorted((h for h in hits if h.lexical_rank), key=lambda h: h.lexical_rank or 0)
    order = {passage: rank for rank, passage in enumerate(dict.fromkeys(p.id for p in read))}
    reread = sorted(hits, key=lambda h: order.get(h.passage.id, len(order)))
    named = {"dense": dense, "lexical": lexical, "hybrid": hits, "hybrid + reader": reread}
    return {name: [_place(hit) for hit in ranked] for name, ranked in named.items()}


def _place(hit: Hit) -> Place:
    return Place(hit.passage.release.id, hit.passage.start, hit.passage.end)


def ablate(
    questions: Iterable[tuple[str, Callable[[Sequence[Place]], Covers], int]],
    rank: Callable[[str], Rankings],
) -> dict[str, dict[str, float]]:
    """The mean of each metric for each ranking.

    A question comes with what a ranking of places covers of what is wanted, and how much that is.
    """
    scores: dict[str, list[dict[str, float]]] = {}
    for question, covers, wanted in questions:
        for name, places in rank(question).items():
            scores.setdefault(name, []).append(ranking_scores(covers(places), wanted))
    return {name: _means(rows) for name, rows in scores.items()}


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {metric: round(sum(row[metric] for row in rows) / len(rows), 6) for metric in METRICS}
