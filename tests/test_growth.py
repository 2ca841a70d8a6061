"""The generated corpus is what `bench/growth_corpus.py` says: as spread, as near, as worded."""

from pathlib import Path

import numpy as np
import pytest
from bench.growth_corpus import IN_A_RELEASE, Cloud, Real, counts_of, generate, nearest, vectors_of
from bench.growth_size import recall

from oncoqa.retrieval.encoder import unit_rows
from oncoqa.retrieval.layer import Floats

DIM, COUNT = 24, 400


@pytest.fixture(scope="module")
def vectors() -> Floats:
    """Around a few topics, and around one point together, as an encoder's are."""
    chance = np.random.default_rng(0)
    topics = chance.normal(size=(40, DIM))[chance.integers(40, size=COUNT)]
    return unit_rows(2 + topics + 0.5 * chance.normal(size=(COUNT, DIM)))


@pytest.fixture(scope="module")
def real(vectors: Floats) -> Real:
    words = [[f"mot{n % 7}", "essai", f"rare{n}"] for n in range(COUNT)]
    return Real(vectors, words, 50, ["Quel essai ?"], vectors[:1], {"p50": 1.0})


def test_generated_vectors_are_as_near_and_as_spread_as_real_ones(vectors: Floats) -> None:
    cloud, chance = Cloud.around(vectors), np.random.default_rng(1)
    drawn = cloud.draw(chance.integers(COUNT, size=COUNT), chance)
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(1, abs=1e-5)
    assert nearest(drawn) == pytest.approx(nearest(vectors), abs=0.01)
    assert drawn.var(axis=0).sum() == pytest.approx(vectors.var(axis=0).sum(), rel=0.1)


def test_a_small_corpus_is_the_beginning_of_a_large_one(real: Real, tmp_path: Path) -> None:
    generate(tmp_path, real, Cloud.around(real.vectors), 3 * IN_A_RELEASE)
    whole, small = (np.concatenate(vectors_of(tmp_path, n * IN_A_RELEASE)) for n in (3, 1))
    np.testing.assert_array_equal(whole[:IN_A_RELEASE], small)
    np.testing.assert_array_equal(whole, real.vectors[: 3 * IN_A_RELEASE])  # the real ones first


def test_a_passage_has_as_many_terms_as_the_real_one(real: Real, tmp_path: Path) -> None:
    generate(tmp_path, real, Cloud.around(real.vectors), 2 * IN_A_RELEASE)
    vocabulary = [f"t{n}" for n in range(500_000)]
    parts = list(counts_of(tmp_path, 2 * IN_A_RELEASE, vocabulary))
    assert [len(part.sizes) for part in parts] == [IN_A_RELEASE] * 2
    assert {size for part in parts for size in part.sizes} == {3}


def test_recall_is_the_share_of_the_exact_that_is_found() -> None:
    assert recall([[1, 2, 3]], [[3, 2, 9]], 2) == 0.5
    assert recall([[1, 2], [5, 6]], [[2, 1], [7, 8]], 2) == 0.5
