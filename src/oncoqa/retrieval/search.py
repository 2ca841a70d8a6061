"""Hybrid search: what a dense and a lexical ranking find, by the sum of both scores."""

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np

from oncoqa.retrieval.dense import Rows
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.index import SearchIndex
from oncoqa.retrieval.layer import Floats
from oncoqa.text import terms
from oncoqa.types import Filters, Hit, Query, Release

DEPTH = 50  # how far each ranking is read
# What a cosine weighs beside a BM25 score. Cosines of this encoder lie within .2 of each other, so
# that weights from 50 to 130 do as well. Against reciprocal ranks: nDCG@10 on PIAF .855 to .880.
COSINE = 70.0


def fuse(
    index: SearchIndex, rows: Rows, vectors: Sequence[Floats], words: Sequence[Sequence[str]]
) -> list[tuple[int, float]]:
    """Rows, given in order, each with the sum of its best scores; best first, equals in order."""
    cosines = np.max([index.dense.vectors[rows] @ vector for vector in vectors], axis=0)
    lexical = np.max([index.lexical.scores_of(own, rows) for own in words], axis=0)
    scores = COSINE * cosines + lexical
    return [(int(rows[i]), float(scores[i])) for i in np.argsort(-scores, kind="stable")]


class HybridSearch:
    def __init__(self, index: SearchIndex, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

    def search(self, query: Query, k: int) -> list[Hit]:
        """The `k` best passages of the releases that the query's filters accept."""
        if not self._index.passages:  # each is withdrawn, or under embargo
            return []
        within = self._rows(query.filters)
        vectors = [self._encoder.encode_query(text).vector for text in query.search_texts]
        words = [terms(text, query.language) for text in query.search_texts]
        dense = [self._index.dense.search(vector, DEPTH, within=within) for vector in vectors]
        lexical = [self._index.lexical.search(own, DEPTH, within=within) for own in words]
        rows = np.unique(np.concatenate([*dense, *lexical]).astype(np.int64))
        found = fuse(self._index, rows, vectors, words)
        if query.latest:  # half of them the newest found, whatever their rank
            found = [*found[: k // 2], *sorted(found[k // 2 : DEPTH], key=self._newest_first)]
        return [
            Hit(self._index.passages[row], score, _rank(row, dense), _rank(row, lexical))
            for row, score in found[:k]
        ]

    def _newest_first(self, found: tuple[int, float]) -> int:
        published = self._index.passages[found[0]].release.published
        return -published.toordinal() if published else 0

    def _rows(self, filters: Filters) -> Rows | None:
        if filters == Filters():
            return None
        releases, lengths = self._releases
        accepted = [filters.accept(release) for release in releases]
        return np.flatnonzero(np.repeat(accepted, lengths))

    @cached_property
    def _releases(self) -> tuple[list[Release], list[int]]:
        """Each release, and how many passages in a row are its: a filter asks it once."""
        runs = [list(run) for _, run in groupby(self._index.passages, lambda p: p.release.id)]
        return [run[0].release for run in runs], [len(run) for run in runs]


def _rank(row: int, rankings: Sequence[Sequence[int]]) -> int | None:
    """The best 1-based rank of a row over several rankings."""
    return min((r.index(row) + 1 for r in rankings if row in r), default=None)
