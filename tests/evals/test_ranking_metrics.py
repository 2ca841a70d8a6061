import random

import ir_measures
import pytest
from ir_measures import RR, R, nDCG

from oncoqa.evals.ranking import ndcg_at, ranking_scores, recall_at, reciprocal_rank


def covers(*hits: int | None) -> list[frozenset[int]]:
    return [frozenset() if hit is None else frozenset({hit}) for hit in hits]


def test_recall_counts_each_wanted_thing_once() -> None:
    assert recall_at(5, covers(0, 0, None, 1), wanted=4) == 0.5


def test_reciprocal_rank_is_of_the_first_relevant_hit_within_the_cut() -> None:
    assert reciprocal_rank(10, covers(None, None, 0)) == pytest.approx(1 / 3)
    assert reciprocal_rank(2, covers(None, None, 0)) == 0


def test_ndcg_gives_nothing_for_what_was_covered_before() -> None:
    # gains 1, 0 (again), 1 at ranks 1, 2, 3; best order gains at ranks 1 and 2
    assert ndcg_at(10, covers(0, 0, 1), wanted=2) == pytest.approx((1 + 0.5) / (1 + 0.63093), 1e-4)


def test_the_scores_are_those_of_ir_measures() -> None:
    rng = random.Random(7)  # noqa: S311 - fixed, to be repeated
    qrels, run, ours = {}, {}, []
    for query in range(40):
        relevant = rng.sample(range(30), rng.randint(1, 12))
        ranked = rng.sample(range(30), 25)
        qrels[f"q{query}"] = {f"d{d}": 1 for d in relevant}
        run[f"q{query}"] = {f"d{d}": 100.0 - rank for rank, d in enumerate(ranked)}
        hits = covers(*(d if d in relevant else None for d in ranked))
        ours.append(ranking_scores(hits, len(relevant)))
    theirs = ir_measures.calc_aggregate([R @ 1, R @ 5, R @ 20, RR @ 10, nDCG @ 10], qrels, run)
    names = {"R@1": "recall@1", "R@5": "recall@5", "R@20": "recall@20", "RR@10": "mrr@10"}
    for measure, value in theirs.items():
        name = names.get(str(measure), "ndcg@10")
        assert sum(scores[name] for scores in ours) / 40 == pytest.approx(value), name
