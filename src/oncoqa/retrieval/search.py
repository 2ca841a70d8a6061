"""Hybrid search: a dense and a lexical ranking, fused by rank."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

import numpy as np

from oncoqa.retrieval.dense import Rows
from oncoqa.retrieval.encoder import Encoder
from oncoqa.retrieval.index import SearchIndex
from oncoqa.text import terms
from oncoqa.types import Filters, Hit, Query, Release

DEPTH = 50  # how far each ranking is read before they are fused
RRF_K = 60  # Cormack et al., 2009


def fuse(rankings: Sequence[Sequence[int]], *, k: int = RRF_K) -> list[tuple[int, float]]:
    """Reciprocal rank fusion, best first; equal scores keep the order of rows."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] += 1 / (k + rank)
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


class HybridSearch:
    def __init__(self, index: SearchIndex, encoder: Encoder) -> None:
        self._index = index
        self._encoder = encoder

    def search(self, query: Query, k: int) -> list[Hit]:
        """The `k` best passages of the releases that the query's filters accept."""
        if not self._index.passages:  # each is withdrawn, or under embargo
            return []
        within = self._rows(query.filters)
        dense = [self._dense(text, within) for text in query.search_texts]
        lexical = [
            self._index.lexical.search(terms(text, query.language), DEPTH, within=within)
            for text in query.search_texts
        ]
        found = fuse([*dense, *lexical])
        if query.latest:  # half of them the newest found, whatever their rank
            found = [*found[: k // 2], *sorted(found[k // 2 : DEPTH], key=self._newest_first)]
        return [
            Hit(self._index.passages[row], score, _rank(row, dense), _rank(row, lexical))
            for row, score in found[:k]
        ]

    def _newest_first(self, found: tuple[int, float]) -> int:
        published = self._index.passages[found[0]].release.published
        return -published.toordinal() if published else 0

    def _dense(self, text: str, within: Rows | None) -> Sequence[int]:
        return self._index.dense.search(
            self._encoder.encode_query(text).vector, DEPTH, within=within
        )

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
