"""Search among more vectors than are looked at one by one, against numpy."""

import logging
import tempfile

import numpy as np
import pytest

from oncoqa.retrieval.dense import CANDIDATES, DenseIndex
from oncoqa.retrieval.encoder import unit_rows
from oncoqa.retrieval.layer import Floats
from oncoqa.retrieval.mapped import WORTH_A_FILE, joined, let_go

PASSAGES, DIM, TOPICS = 40_000, 32, 300


def drawn(count: int, seed: int) -> Floats:
    """Around a few topics, as texts are."""
    topics = np.random.default_rng(0).normal(size=(TOPICS, DIM))
    chance = np.random.default_rng(seed)
    return unit_rows(topics[chance.integers(TOPICS, size=count)] + chance.normal(size=(count, DIM)))


@pytest.fixture(scope="module")
def large() -> DenseIndex:
    return DenseIndex(drawn(PASSAGES, 1), exact_up_to=CANDIDATES)


def best(vectors: Floats, question: Floats, rows: np.ndarray, k: int = 10) -> list[int]:
    return [int(row) for row in rows[np.argsort(-(vectors[rows] @ question))[:k]]]


@pytest.mark.parametrize("share", [1, 0.5, 0.1])
def test_of_the_ten_best_hardly_any_is_missed(large: DenseIndex, share: float) -> None:
    rows = np.flatnonzero(np.random.default_rng(2).random(PASSAGES) < share)
    within = None if share == 1 else rows
    missed = 0
    for question in drawn(100, 3):
        found = large.search(question, 10, within=within)
        assert len(set(found)) == 10
        assert set(found) <= set(rows.tolist())
        scores = large.vectors[found] @ question
        assert (np.diff(scores) <= 1e-6).all()
        missed += len(set(best(large.vectors, question, rows)) - set(found))
    assert missed <= 20  # of a thousand


def test_a_filter_that_keeps_few_is_searched_exactly(large: DenseIndex) -> None:
    rows = np.arange(100, 100 + CANDIDATES)
    for question in drawn(50, 4):
        found = large.search(question, 10, within=rows)
        assert found == best(large.vectors, question, rows)


def test_a_passage_finds_itself_first(large: DenseIndex) -> None:
    assert [large.search(large.vectors[row], 1) for row in range(0, PASSAGES, 1_000)] == [
        [row] for row in range(0, PASSAGES, 1_000)
    ]


def test_the_same_vectors_give_the_same_answers(large: DenseIndex) -> None:
    again = DenseIndex(large.vectors.copy(), exact_up_to=CANDIDATES)
    for question in drawn(50, 5):
        assert again.search(question, 50) == large.search(question, 50)


def test_up_to_the_limit_search_is_exact() -> None:
    vectors = drawn(2_000, 6)
    index = DenseIndex(vectors, exact_up_to=2_000)
    for question in drawn(50, 7):
        assert index.search(question, 10) == best(vectors, question, np.arange(2_000))


ROWS = WORTH_A_FILE // (2 * 4 * DIM) + 1  # two blocks of them are worth a file
BLOCKS = [np.arange(ROWS * DIM, dtype=np.float32).reshape(ROWS, DIM)] * 2


def test_large_arrays_lie_in_a_file_as_they_are() -> None:
    array = joined(BLOCKS, scattered=True)
    assert not array.flags.writeable
    np.testing.assert_array_equal(array, np.concatenate(BLOCKS))
    let_go(array)
    np.testing.assert_array_equal(array[::1000], np.concatenate(BLOCKS)[::1000])


def test_vectors_in_a_file_are_searched_as_those_in_memory() -> None:
    array = joined(BLOCKS, scattered=True)
    for within in (None, np.arange(ROWS - 5, ROWS + 5)):
        found = [DenseIndex(a, exact_up_to=len(a)).search(a[3], 10, within=within)
                 for a in (array, np.concatenate(BLOCKS))]  # fmt: skip
        assert found[0] == found[1]


def test_without_room_for_a_file_they_stay_in_memory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    with caplog.at_level(logging.WARNING):
        np.testing.assert_array_equal(joined(BLOCKS), np.concatenate(BLOCKS))
    assert "kept in memory" in caplog.text
