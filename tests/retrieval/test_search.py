"""Dense search, fusion and filters, against numpy and the formula."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fakes import HashingEncoder, passages_of, query
from oncoqa.retrieval.dense import DenseIndex
from oncoqa.retrieval.encoder import unit_rows
from oncoqa.retrieval.index import Recipe, SearchIndex, build
from oncoqa.retrieval.search import COSINE, HybridSearch
from oncoqa.text import terms
from oncoqa.types import Filters, Passage

SHAPES = st.tuples(st.integers(1, 12), st.just(6))
VECTORS = arrays(np.float32, SHAPES, elements=st.floats(-1, 1, width=32))


@given(VECTORS, st.integers(1, 15))
def test_dense_search_is_exact(vectors: np.ndarray, k: int) -> None:
    rows = unit_rows(vectors)
    found = DenseIndex(rows).search(rows[0], k)
    scores = rows @ rows[0]
    assert len(set(found)) == len(found) == min(k, len(rows))
    np.testing.assert_allclose(scores[found], np.sort(scores)[::-1][:k], atol=1e-5)


def test_dense_search_keeps_to_the_rows_within() -> None:
    rows = unit_rows(np.random.default_rng(0).normal(size=(40, 8)))
    within = np.array([3, 5, 8, 21], dtype=np.int64)
    expected = sorted(within, key=lambda row: -(rows[row] @ rows[0]))
    assert DenseIndex(rows).search(rows[0], 10, within=within) == expected
    assert DenseIndex(rows).search(rows[0], 2, within=within) == expected[:2]
    assert DenseIndex(rows).search(rows[0], 10, within=within[:0]) == []


@pytest.fixture(scope="module")
def three() -> HybridSearch:
    """A release of 2024, one of 2025 and one without a date, two paragraphs in each."""
    dates = {"ancien": "2024-05-02", "recent": "2025-05-02", "sans-date": None}
    passages = [
        passage
        for id_, day in dates.items()
        for passage in passages_of(f"Le congrès {id_} ouvre.\n\nUne étude.", id_, published=day)
    ]
    recipe = Recipe(encoder="hashing", encoder_fingerprint="1", max_words=120)
    index = build(passages, HashingEncoder(), recipe=recipe, corpus_sha256="0" * 64)
    return HybridSearch(index, HashingEncoder())


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(), {"ancien", "recent", "sans-date"}),
        (Filters(release_id="sans-date"), {"sans-date"}),
        (Filters(release_id="absent"), set()),
        (Filters(published_from=date(2025, 5, 2)), {"recent"}),  # bounds are inclusive
        (Filters(published_from=date(2025, 5, 3)), set()),
        (Filters(published_to=date(2024, 5, 2)), {"ancien"}),
        (Filters(published_from=date(2024, 5, 1), published_to=date(2024, 6, 1)), {"ancien"}),
        (Filters(release_id="sans-date", published_to=date(2030, 1, 1)), set()),  # undated
    ],
)  # fmt: skip
def test_filters_keep_the_releases_that_they_accept(
    three: HybridSearch, filters: Filters, kept: set[str]
) -> None:
    hits = three.search(query("Quel congrès ouvre ?", filters=filters), 10)
    assert {hit.passage.release.id for hit in hits} == kept


def test_a_hit_says_its_ranks_and_its_score(three: HybridSearch) -> None:
    best, *others = three.search(query("le congrès recent ouvre"), 10)
    assert best.passage.text == "Le congrès recent ouvre."
    assert (best.dense_rank, best.lexical_rank) == (1, 1)
    assert [hit.score for hit in others] == sorted((h.score for h in others), reverse=True)
    assert others[-1].lexical_rank is None


def test_passages_are_ranked_by_the_sum_of_both_scores(
    index: SearchIndex, passages: Sequence[Passage]
) -> None:
    question = "Combien de patients suivis à domicile ?"
    vector = HashingEncoder().encode_query(question).vector
    own = terms(question, "fr")
    expected = COSINE * index.dense.vectors @ vector + index.lexical.get_scores(own)
    hits = HybridSearch(index, HashingEncoder()).search(query(question), 5)
    best = np.argsort(-expected, kind="stable")[:5]
    assert [hit.passage for hit in hits] == [passages[row] for row in best]
    assert [hit.score for hit in hits] == pytest.approx(expected[best])


def test_every_rewording_is_searched(three: HybridSearch) -> None:
    hits = three.search(query("ancien", search_texts=("ancien", "recent")), 10)
    first = {hit.passage.release.id for hit in hits if hit.dense_rank == hit.lexical_rank == 1}
    assert first == {"ancien", "recent"}


def test_the_sentence_that_holds_the_words_is_found(
    index: SearchIndex, passages: Sequence[Passage]
) -> None:
    search = HybridSearch(index, HashingEncoder())
    for passage in passages[::7]:
        assert passage.text in [hit.passage.text for hit in search.search(query(passage.text), 3)]
