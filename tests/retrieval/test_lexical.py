"""Lexical search against rank-bm25, which defines its scores."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from oncoqa.retrieval.lexical import LexicalIndex, TermCounts
from oncoqa.text import terms
from oncoqa.types import Passage

TERMS = st.sampled_from("essai patient centre 13800 oncolink her2 recherche prix".split())
DOCUMENTS = st.lists(st.lists(TERMS, min_size=1, max_size=12), min_size=1, max_size=8)
QUESTION = st.lists(TERMS | st.just("absent"), max_size=6)


@given(DOCUMENTS, QUESTION)
def test_scores_are_those_of_rank_bm25(documents: list[list[str]], question: list[str]) -> None:
    found = LexicalIndex.build(documents).get_scores(question)
    expected = BM25Okapi(documents).get_scores(question)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_scores_over_the_releases_are_those_of_rank_bm25(passages: Sequence[Passage]) -> None:
    documents = [terms(passage.text) for passage in passages]
    lexical, oracle = LexicalIndex.build(documents), BM25Okapi(documents)
    for document in documents[::5]:
        found = lexical.get_scores(document)
        np.testing.assert_allclose(found, oracle.get_scores(document), rtol=1e-4)


def test_a_score_is_the_formula() -> None:
    documents = [["a", "a", "b"], ["c"], ["c"], ["d"]]
    idf = np.log((4 - 1 + 0.5) / (1 + 0.5))  # of "a": in one document of four
    norm = 1 - 0.75 + 0.75 * 3 / (6 / 4)
    expected = idf * 2 * (1.5 + 1) / (2 + 1.5 * norm)
    assert LexicalIndex.build(documents).get_scores(["a"]) == pytest.approx([expected, 0, 0, 0])


@given(DOCUMENTS, QUESTION, st.integers(1, 10))
def test_the_best_come_first_and_equals_in_order_of_row(
    documents: list[list[str]], question: list[str], k: int
) -> None:
    lexical = LexicalIndex.build(documents)
    scores = lexical.get_scores(question)
    sharing = [row for row, document in enumerate(documents) if set(question) & set(document)]
    ranked = sorted(sharing, key=lambda row: (-scores[row], row))
    assert lexical.search(question, k) == ranked[:k]
    within = np.arange(0, len(documents), 2)
    assert lexical.search(question, k, within=within) == [r for r in ranked if r % 2 == 0][:k]


def test_among_many_the_best_are_those_of_rank_bm25() -> None:
    chance = np.random.default_rng(0)
    documents = [[f"t{n}" for n in chance.zipf(1.4, size=12) if n < 200] for _ in range(3_000)]
    lexical, oracle = LexicalIndex.build(documents), BM25Okapi(documents)
    for question in (["t1", "t2"], ["t1", "t150"], ["t3", "t3", "t40"], ["t1"], ["t199"]):
        found = lexical.search(question, 50)
        scores = oracle.get_scores(question)
        np.testing.assert_allclose(scores[found], np.sort(scores)[::-1][: len(found)], rtol=1e-5)


@given(st.lists(DOCUMENTS, max_size=4))
def test_releases_apart_or_in_one_give_the_same_index(parts: list[list[list[str]]]) -> None:
    apart = LexicalIndex.from_counts([TermCounts.build(part) for part in parts])
    whole = LexicalIndex.build([document for part in parts for document in part])
    assert apart.vocabulary == whole.vocabulary
    np.testing.assert_array_equal(apart.scores.toarray(), whole.scores.toarray())
    np.testing.assert_array_equal(apart.idf, whole.idf)


def test_a_passage_that_shares_no_term_is_left_out() -> None:
    lexical = LexicalIndex.build([["a"], ["b"], ["c"], ["a", "d"]])
    assert lexical.search(["a", "absent"], 10) == [0, 3]
    assert lexical.search(["absent"], 10) == lexical.search([], 10) == []


def test_only_the_rows_within_are_searched() -> None:
    lexical = LexicalIndex.build([["a"], ["b"], ["c"], ["a", "d"]])
    assert lexical.search(["a"], 10, within=np.array([1, 3])) == [3]
    assert lexical.search(["a"], 10, within=np.array([], dtype=np.int64)) == []


def test_a_term_of_no_passage_is_the_rarest() -> None:
    lexical = LexicalIndex.build([["a", "b"], ["a"], ["c"], ["c"], ["c"]])
    assert lexical.idf_of("absent") == pytest.approx(np.log(5.5 / 0.5))
    assert lexical.idf_of("absent") > lexical.idf_of("b") > lexical.idf_of("a")
    assert ("a" in lexical, "absent" in lexical) == (True, False)


def test_the_scores_of_some_passages_are_those_of_all() -> None:
    documents = [["un", "deux"], ["deux", "deux", "trois"], ["quatre"], ["un", "trois"]]
    index = LexicalIndex.build(documents)
    asked = ["deux", "un", "absent", "deux"]
    rows = np.array([0, 2, 3])
    np.testing.assert_array_equal(index.scores_of(asked, rows), index.get_scores(asked)[rows])
